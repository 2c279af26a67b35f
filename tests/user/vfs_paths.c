// SPDX-License-Identifier: MIT
// Path resolution (path_resolution(7)), and the errors of the calls that take paths.
#define _GNU_SOURCE
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include "vfs.h"

TEST(components_are_directories)
{
    enter_fresh_dir();
    touch("file");
    EXPECT_ERRNO(open("file/x", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("file/", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("file/.", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("none/x", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("none", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("", O_RDONLY), ENOENT);
    EXPECT_ERRNO(mkdir("file/x", 0755), ENOTDIR);
    EXPECT_ERRNO(stat("file/..", &(struct stat){0}), ENOTDIR);
    EXPECT_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
}

TEST(slashes_and_dots_mean_nothing_where_they_may_stand)
{
    struct stat a, b;

    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(mkdir("d/e", 0755));
    EXPECT_OK(stat("d/e", &a));
    EXPECT_OK(stat(".//d///.//e/../e//", &b));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_OK(stat("/", &a));
    EXPECT_OK(stat("/../..//", &b));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_EQ(a.st_dev, b.st_dev);
}

TEST(names_have_a_longest)
{
    char name[NAME_MAX + 2], path[PATH_MAX + 2];

    enter_fresh_dir();
    memset(name, 'n', sizeof(name));
    name[NAME_MAX] = '\0';
    EXPECT_OK(mkdir(name, 0755));
    EXPECT_OK(rmdir(name));
    name[NAME_MAX] = 'n';
    name[NAME_MAX + 1] = '\0';
    EXPECT_ERRNO(mkdir(name, 0755), ENAMETOOLONG);
    EXPECT_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    memset(path, '/', sizeof(path));
    path[PATH_MAX - 1] = '\0';
    EXPECT_OK(access(path, F_OK));
    path[PATH_MAX - 1] = '/';
    path[PATH_MAX] = '\0';
    EXPECT_ERRNO(access(path, F_OK), ENAMETOOLONG);
    EXPECT_ERRNO(access((const char *)-4096L, F_OK), EFAULT);
    EXPECT_ERRNO(open((const char *)16, O_RDONLY), EFAULT);
}

TEST(names_of_every_length_are_found)
{
    char name[64];

    enter_fresh_dir();
    for (int len = 1; len < 60; len++) {
        memset(name, 'a' + len % 26, len);
        name[len] = '\0';
        EXPECT_OK(touch(name));
    }
    for (int len = 1; len < 60; len++) {
        memset(name, 'a' + len % 26, len);
        name[len] = '\0';
        EXPECT_OK(access(name, F_OK));
        name[len - 1]++;
        EXPECT_ERRNO(access(name, F_OK), ENOENT);
    }
}

TEST(symlinks_are_followed_up_to_forty)
{
    char from[16], to[16];
    struct stat st;

    enter_fresh_dir();
    write_text("l0", "end");
    for (int i = 1; i <= 41; i++) {
        snprintf(from, sizeof(from), "l%d", i);
        snprintf(to, sizeof(to), "l%d", i - 1);
        EXPECT_OK(symlink(to, from));
    }
    EXPECT_OK(stat("l40", &st));
    EXPECT_ERRNO(stat("l41", &st), ELOOP);
    EXPECT_OK(lstat("l41", &st));
    EXPECT_OK(symlink("self", "self"));
    EXPECT_ERRNO(open("self", O_RDONLY), ELOOP);
    EXPECT_ERRNO(open("self/x", O_RDONLY), ELOOP);
    EXPECT_STREQ(read_text("l7"), "end");
}

TEST(symlinks_lead_through_directories)
{
    enter_fresh_dir();
    EXPECT_OK(mkdir("a", 0755));
    EXPECT_OK(mkdir("a/b", 0755));
    write_text("a/b/f", "deep");
    EXPECT_OK(symlink("a/b", "ab"));
    EXPECT_STREQ(read_text("ab/f"), "deep");
    EXPECT_STREQ(read_text("ab/../b/f"), "deep");
    EXPECT_OK(symlink("../ab/f", "a/back"));
    EXPECT_STREQ(read_text("a/back"), "deep");
    EXPECT_OK(symlink("ab", "abab"));
    EXPECT_STREQ(read_text("abab/../back"), "deep");
    EXPECT_OK(symlink("ab/", "slash"));
    EXPECT_STREQ(read_text("slash/f"), "deep");
    EXPECT_OK(symlink("/", "root"));
    EXPECT_OK(access("root/tmp", F_OK));
    EXPECT_OK(symlink("//tmp/.", "tmp"));
    EXPECT_OK(access("tmp/..", F_OK));
    EXPECT_OK(symlink("none", "dangling"));
    EXPECT_ERRNO(open("dangling", O_RDONLY), ENOENT);
    EXPECT_ERRNO(mkdir("dangling", 0755), EEXIST);
    EXPECT_ERRNO(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
    EXPECT_OK(close(open("dangling", O_CREAT | O_RDWR, 0644)));
    EXPECT_OK(access("none", F_OK));
    EXPECT_ERRNO(symlink("", "empty"), ENOENT);
}

TEST(a_trailing_slash_follows_the_link)
{
    struct stat st;

    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(symlink("d", "l"));
    touch("f");
    EXPECT_OK(symlink("f", "lf"));
    EXPECT_OK(lstat("l", &st));
    EXPECT_TRUE(S_ISLNK(st.st_mode));
    EXPECT_OK(lstat("l/", &st));
    EXPECT_TRUE(S_ISDIR(st.st_mode));
    EXPECT_ERRNO(lstat("lf/", &st), ENOTDIR);
    EXPECT_ERRNO(rmdir("l"), ENOTDIR);
    EXPECT_ERRNO(rmdir("l/"), ENOTDIR);
    EXPECT_ERRNO(unlink("l/"), ENOTDIR);
    EXPECT_OK(unlink("l"));
}

TEST(opening_symlinks_without_following)
{
    struct stat st;
    char body[8] = "";
    int fd;

    enter_fresh_dir();
    touch("f");
    EXPECT_OK(symlink("f", "l"));
    EXPECT_ERRNO(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
    fd = open("l", O_PATH | O_NOFOLLOW);
    ASSERT_GE(fd, 0);
    EXPECT_OK(fstat(fd, &st));
    EXPECT_TRUE(S_ISLNK(st.st_mode));
    EXPECT_EQ(st.st_size, 1);
    EXPECT_EQ(readlinkat(fd, "", body, sizeof(body)), 1);
    EXPECT_ERRNO(read(fd, body, 1), EBADF);
    EXPECT_ERRNO(syscall(SYS_fchmod, fd, 0600), EBADF);
    EXPECT_ERRNO(ioctl(fd, FIONREAD, &st), EBADF);
    EXPECT_OK(close(fd));
    EXPECT_ERRNO(open("l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
    EXPECT_ERRNO(readlink("f", body, sizeof(body)), EINVAL);
    EXPECT_ERRNO(syscall(SYS_readlink, "l", body, 0), EINVAL);
    EXPECT_EQ(readlink("l", body, 1), 1);
}

TEST(opening_checks_what_is_there)
{
    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERRNO(open("d", O_WRONLY), EISDIR);
    EXPECT_ERRNO(open("d", O_RDWR), EISDIR);
    EXPECT_ERRNO(open("d", O_RDONLY | O_TRUNC), EISDIR);
    EXPECT_ERRNO(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
    EXPECT_ERRNO(open("d/", O_RDWR | O_CREAT, 0644), EISDIR);
    EXPECT_ERRNO(open("new/", O_RDWR | O_CREAT, 0644), EISDIR);
    EXPECT_ERRNO(open("d/.", O_RDWR | O_CREAT, 0644), EISDIR);
    EXPECT_ERRNO(open("d", O_RDONLY | O_CREAT | O_EXCL, 0644), EEXIST);
    EXPECT_ERRNO(open("x", O_CREAT | O_DIRECTORY | O_RDWR, 0644), EINVAL);
    EXPECT_ERRNO(open("none/x", O_CREAT | O_RDWR, 0644), ENOENT);
    EXPECT_OK(close(open("d", O_RDONLY | O_DIRECTORY)));
    EXPECT_ERRNO(creat("d", 0644), EISDIR);
}

TEST(the_mode_is_the_umask_s_to_cut)
{
    struct stat st;
    int fd;

    enter_fresh_dir();
    umask(027);
    fd = open("f", O_CREAT | O_RDWR, 06777);
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_mode, S_IFREG | 06750);
    close(fd);
    EXPECT_OK(mkdir("d", 07777));
    EXPECT_OK(stat("d", &st));
    EXPECT_EQ(st.st_mode & ~S_ISGID, S_IFDIR | 01750);
    EXPECT_EQ(umask(0), 027);
    /* A file that was just made may be written whatever its mode says. */
    fd = open("none", O_CREAT | O_RDWR, 0);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(write(fd, "x", 1), 1);
    close(fd);
}

TEST(relative_to_descriptors)
{
    struct stat a, b;
    int d, f;

    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    d = open("d", O_RDONLY | O_DIRECTORY);
    f = openat(d, "f", O_CREAT | O_RDWR, 0644);
    ASSERT_GE(f, 0);
    EXPECT_OK(stat("d/f", &a));
    EXPECT_OK(fstatat(d, "f", &b, 0));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_OK(fstatat(f, "", &b, AT_EMPTY_PATH));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_OK(fstatat(AT_FDCWD, "", &b, AT_EMPTY_PATH));
    EXPECT_TRUE(S_ISDIR(b.st_mode));
    EXPECT_ERRNO(fstatat(f, "x", &b, 0), ENOTDIR);
    EXPECT_ERRNO(fstatat(999, "x", &b, 0), EBADF);
    EXPECT_OK(fstatat(999, "/tmp", &b, 0));
    EXPECT_ERRNO(fstatat(d, "", &b, 0), ENOENT);
    EXPECT_ERRNO(fstatat(d, "f", &b, 0x40000000), EINVAL);
    EXPECT_OK(mkdirat(d, "e", 0755));
    EXPECT_OK(symlinkat("e", d, "s"));
    EXPECT_OK(renameat(d, "s", AT_FDCWD, "t"));
    EXPECT_OK(linkat(d, "f", AT_FDCWD, "hard", 0));
    EXPECT_OK(unlinkat(d, "e", AT_REMOVEDIR));
    EXPECT_ERRNO(unlinkat(d, "f", AT_REMOVEDIR), ENOTDIR);
    EXPECT_ERRNO(unlinkat(d, "f", 1), EINVAL);
    EXPECT_OK(unlinkat(d, "f", 0));
    EXPECT_ERRNO(openat(AT_FDCWD, "d", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    close(f);
    f = openat(d, ".", O_TMPFILE | O_RDWR, 0600);
    EXPECT_GE(f, 0);
    EXPECT_OK(fstat(f, &b));
    EXPECT_EQ(b.st_nlink, 0);
    close(f);
    close(d);
}

TEST(making_and_removing_directories)
{
    char buf[PATH_MAX];
    struct stat st;

    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERRNO(mkdir("d", 0755), EEXIST);
    EXPECT_ERRNO(mkdir("d/", 0755), EEXIST);
    EXPECT_ERRNO(mkdir("/", 0755), EEXIST);
    EXPECT_ERRNO(mkdir(".", 0755), EEXIST);
    EXPECT_ERRNO(mkdir("d/..", 0755), EEXIST);
    EXPECT_OK(mkdir("e/", 0755));
    EXPECT_OK(touch("d/f"));
    EXPECT_ERRNO(rmdir("d"), ENOTEMPTY);
    EXPECT_ERRNO(rmdir("d/f"), ENOTDIR);
    EXPECT_ERRNO(rmdir("."), EINVAL);
    EXPECT_ERRNO(rmdir("d/."), EINVAL);
    EXPECT_ERRNO(rmdir("d/.."), ENOTEMPTY);
    EXPECT_ERRNO(rmdir("/"), EBUSY);
    EXPECT_ERRNO(rmdir("none"), ENOENT);
    EXPECT_ERRNO(unlink("d"), EISDIR);
    EXPECT_ERRNO(unlink("none"), ENOENT);
    EXPECT_ERRNO(unlink("d/f/"), ENOTDIR);
    EXPECT_ERRNO(unlink("d/."), EISDIR);
    EXPECT_OK(stat("d", &st));
    EXPECT_EQ(st.st_nlink, 2);
    EXPECT_OK(mkdir("d/sub", 0755));
    EXPECT_OK(stat("d", &st));
    EXPECT_EQ(st.st_nlink, 3);
    /* A removed directory that somebody stands in takes nothing new. */
    EXPECT_OK(chdir("e"));
    EXPECT_OK(rmdir("../e"));
    EXPECT_ERRNO(getcwd(buf, sizeof(buf)) ? 0 : -1, ENOENT);
    EXPECT_ERRNO(mkdir("x", 0755), ENOENT);
    EXPECT_ERRNO(open("x", O_CREAT | O_RDWR, 0644), ENOENT);
    EXPECT_ERRNO(symlink("x", "y"), ENOENT);
    EXPECT_OK(stat(".", &st));
    EXPECT_EQ(st.st_nlink, 0);
}

TEST(links)
{
    struct stat a, b;

    enter_fresh_dir();
    write_text("f", "text");
    EXPECT_OK(link("f", "g"));
    EXPECT_OK(stat("f", &a));
    EXPECT_OK(stat("g", &b));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_EQ(a.st_nlink, 2);
    EXPECT_ERRNO(link("f", "g"), EEXIST);
    EXPECT_ERRNO(link("none", "h"), ENOENT);
    EXPECT_ERRNO(link("f", "h/"), ENOENT);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERRNO(link("d", "h"), EPERM);
    EXPECT_ERRNO(link("f", "/dev/vfs-x"), EXDEV);
    EXPECT_OK(symlink("f", "s"));
    EXPECT_OK(link("s", "s2"));
    EXPECT_OK(lstat("s2", &b));
    EXPECT_TRUE(S_ISLNK(b.st_mode));
    EXPECT_OK(linkat(AT_FDCWD, "s", AT_FDCWD, "h", AT_SYMLINK_FOLLOW));
    EXPECT_OK(lstat("h", &b));
    EXPECT_TRUE(S_ISREG(b.st_mode));
    EXPECT_ERRNO(linkat(AT_FDCWD, "f", AT_FDCWD, "i", 1), EINVAL);
    EXPECT_OK(unlink("f"));
    EXPECT_STREQ(read_text("g"), "text");
}

TEST(special_files)
{
    struct stat st;

    enter_fresh_dir();
    EXPECT_OK(mknod("fifo", S_IFIFO | 0644, 0));
    EXPECT_OK(mknod("sock", S_IFSOCK | 0644, 0));
    EXPECT_OK(mknod("reg", 0644, 0));
    EXPECT_OK(mknod("null", S_IFCHR | 0666, 0x103));
    EXPECT_OK(stat("null", &st));
    EXPECT_EQ(st.st_rdev, 0x103);
    EXPECT_TRUE(S_ISCHR(st.st_mode));
    EXPECT_OK(stat("reg", &st));
    EXPECT_TRUE(S_ISREG(st.st_mode));
    EXPECT_ERRNO(mknod("dir", S_IFDIR | 0755, 0), EPERM);
    EXPECT_ERRNO(mknod("lnk", S_IFLNK | 0755, 0), EINVAL);
    EXPECT_ERRNO(mknod("fifo", S_IFIFO | 0644, 0), EEXIST);
    EXPECT_ERRNO(open("sock", O_RDWR), ENXIO);
    EXPECT_OK(mknod("nobody", S_IFCHR | 0666, makedev(250, 77)));
    EXPECT_ERRNO(open("nobody", O_RDWR), ENXIO);
}

TEST(where_a_task_stands)
{
    char a[PATH_MAX], b[PATH_MAX];
    int fd;

    enter_fresh_dir();
    EXPECT_TRUE(getcwd(a, sizeof(a)) != NULL);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(symlink("d", "l"));
    EXPECT_OK(chdir("l"));
    EXPECT_TRUE(getcwd(b, sizeof(b)) != NULL);
    strcat(a, "/d");
    EXPECT_STREQ(a, b);
    EXPECT_EQ(syscall(SYS_getcwd, b, sizeof(b)), (long)strlen(a) + 1);
    errno = 0;
    EXPECT_EQ(syscall(SYS_getcwd, b, strlen(a)), -1);
    EXPECT_EQ(errno, ERANGE);
    EXPECT_OK(touch("f"));
    EXPECT_ERRNO(chdir("f"), ENOTDIR);
    EXPECT_ERRNO(chdir("none"), ENOENT);
    fd = open("..", O_RDONLY);
    EXPECT_OK(fchdir(fd));
    EXPECT_OK(access("d/f", F_OK));
    close(fd);
    fd = open("d/f", O_RDONLY);
    EXPECT_ERRNO(fchdir(fd), ENOTDIR);
    EXPECT_ERRNO(fchdir(-1), EBADF);
    /* The path follows the directory when it is renamed. */
    EXPECT_OK(chdir("d"));
    EXPECT_OK(rename("../d", "../e"));
    a[strlen(a) - 1] = 'e';
    EXPECT_TRUE(getcwd(b, sizeof(b)) != NULL);
    EXPECT_STREQ(a, b);
}

TEST(chroot_is_a_root)
{
    struct stat st;

    enter_fresh_dir();
    EXPECT_OK(mkdir("new", 0755));
    EXPECT_OK(mkdir("new/inside", 0755));
    EXPECT_OK(symlink("/inside", "new/l"));
    EXPECT_OK(chroot("new"));
    EXPECT_OK(chdir("/"));
    EXPECT_OK(stat("/inside", &st));
    EXPECT_OK(stat("/l", &st));
    EXPECT_OK(stat("/../../inside", &st));
    EXPECT_ERRNO(stat("/tmp", &st), ENOENT);
}

struct how {
    unsigned long long flags, mode, resolve;
};

static long openat2(int dfd, const char *path, unsigned long long flags, unsigned long long resolve)
{
    struct how how = {.flags = flags, .resolve = resolve};

    return syscall(SYS_openat2, dfd, path, &how, sizeof(how));
}

#define NO_XDEV       1
#define NO_MAGICLINKS 2
#define NO_SYMLINKS   4
#define BENEATH       8
#define IN_ROOT       16

TEST(openat2_keeps_to_its_bounds)
{
    struct how big[2] = {{.flags = O_RDONLY}};
    int d;

    enter_fresh_dir();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(mkdir("d/e", 0755));
    write_text("d/f", "in");
    write_text("f", "out");
    EXPECT_OK(symlink("../f", "d/up"));
    EXPECT_OK(symlink("/f", "d/abs"));
    EXPECT_OK(symlink("f", "d/l"));
    d = open("d", O_RDONLY | O_DIRECTORY);
    EXPECT_GE(openat2(d, "f", O_RDONLY, BENEATH), 0);
    EXPECT_GE(openat2(d, "e/../f", O_RDONLY, BENEATH), 0);
    EXPECT_GE(openat2(d, "l", O_RDONLY, BENEATH), 0);
    EXPECT_ERRNO(openat2(d, "../f", O_RDONLY, BENEATH), EXDEV);
    EXPECT_ERRNO(openat2(d, "up", O_RDONLY, BENEATH), EXDEV);
    EXPECT_ERRNO(openat2(d, "abs", O_RDONLY, BENEATH), EXDEV);
    EXPECT_ERRNO(openat2(d, "/tmp", O_RDONLY, BENEATH), EXDEV);
    EXPECT_GE(openat2(d, "abs", O_RDONLY, IN_ROOT), 0);
    EXPECT_GE(openat2(d, "up", O_RDONLY, IN_ROOT), 0);
    EXPECT_GE(openat2(d, "/../f", O_RDONLY, IN_ROOT), 0);
    EXPECT_ERRNO(openat2(d, "l", O_RDONLY, NO_SYMLINKS), ELOOP);
    EXPECT_GE(openat2(d, "f", O_RDONLY, NO_SYMLINKS), 0);
    EXPECT_ERRNO(openat2(AT_FDCWD, "/proc/self", O_RDONLY, NO_XDEV), EXDEV);
    EXPECT_ERRNO(openat2(d, "f", O_RDONLY, 1 << 20), EINVAL);
    EXPECT_ERRNO(openat2(d, "f", O_RDONLY, BENEATH | IN_ROOT), EINVAL);
    EXPECT_ERRNO(openat2(d, "f", 1ULL << 40, 0), EINVAL);
    EXPECT_ERRNO(openat2(d, "f", O_PATH | O_RDWR, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_openat2, d, "f", big, 16), EINVAL);
    EXPECT_GE(syscall(SYS_openat2, d, "f", big, sizeof(big)), 0);
    big[1].mode = 1;
    EXPECT_ERRNO(syscall(SYS_openat2, d, "f", big, sizeof(big)), E2BIG);
}

TEST(permission_is_looked_at_on_the_way)
{
    enter_fresh_dir();
    EXPECT_OK(mkdir("closed", 0700));
    EXPECT_OK(mkdir("search", 0711));
    EXPECT_OK(mkdir("list", 0744));
    EXPECT_OK(touch("closed/f"));
    EXPECT_OK(write_text("search/f", "x"));
    EXPECT_OK(touch("list/f"));
    EXPECT_OK(chmod("search/f", 0600));
    EXPECT_OK(mkdir("sticky", 01777));
    EXPECT_OK(chmod("sticky", 01777));
    EXPECT_OK(touch("sticky/roots"));
    EXPECT_OK(chmod("sticky/roots", 0666));
    EXPECT_OK(chmod(".", 0755));
    ASSERT_EQ(setgid(12345), 0);
    ASSERT_EQ(setuid(12345), 0);
    EXPECT_ERRNO(access("closed/f", F_OK), EACCES);
    EXPECT_ERRNO(open("closed", O_RDONLY), EACCES);
    EXPECT_OK(access("search/f", F_OK));
    EXPECT_ERRNO(open("search", O_RDONLY), EACCES);
    EXPECT_ERRNO(open("search/f", O_RDONLY), EACCES);
    EXPECT_ERRNO(access("search/f", R_OK), EACCES);
    EXPECT_OK(close(open("list", O_RDONLY)));
    EXPECT_ERRNO(access("list/f", F_OK), EACCES);
    EXPECT_ERRNO(mkdir("new", 0755), EACCES);
    EXPECT_ERRNO(unlink("search/f"), EACCES);
    EXPECT_ERRNO(chdir("closed"), EACCES);
    EXPECT_ERRNO(chmod("search", 0777), EPERM);
    EXPECT_ERRNO(chown("search", 12345, 12345), EPERM);
    EXPECT_ERRNO(unlink("sticky/roots"), EPERM);
    EXPECT_ERRNO(rename("sticky/roots", "sticky/mine"), EPERM);
    EXPECT_OK(touch("sticky/mine"));
    EXPECT_ERRNO(rename("sticky/mine", "sticky/roots"), EPERM);
    EXPECT_OK(unlink("sticky/mine"));
    EXPECT_OK(utimes("sticky/roots", NULL));
    EXPECT_ERRNO(utimes("sticky/roots", (struct timeval[2]){{1, 0}, {1, 0}}), EPERM);
    EXPECT_ERRNO(mknod("sticky/dev", S_IFCHR | 0666, 0x103), EPERM);
    EXPECT_ERRNO(chroot("."), EPERM);
}
