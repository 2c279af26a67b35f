// SPDX-License-Identifier: MIT
// mount(2), umount2(2), pivot_root(2), and what mounts do to paths.
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "vfs.h"

/* Everything is mounted below a tmpfs of the test's own, private where mounts propagate. */
static int begin(void)
{
    enter_fresh_dir();
    if (geteuid() || mount("base", ".", "tmpfs", 0, "mode=755")) {
        ktap_note("mount: %s", strerror(errno));
        return 0;
    }
    char here[64];

    snprintf(here, sizeof(here), "/tmp/vfs-%d", (int)getpid());
    mount(NULL, here, NULL, MS_PRIVATE, NULL);
    return chdir(here) == 0;
}

#define BEGIN_OR_SKIP()            \
    do {                           \
        if (!begin()) {            \
            SKIP("may not mount"); \
            return;                \
        }                          \
    } while (0)

static dev_t dev_of(const char *path)
{
    struct stat st;

    return stat(path, &st) ? 0 : st.st_dev;
}

TEST(a_mount_hides_what_is_below)
{
    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("m", 0755));
    write_text("m/below", "b");
    EXPECT_OK(mount("src", "m", "tmpfs", 0, "size=1m,mode=700"));
    EXPECT_ERRNO(access("m/below", F_OK), ENOENT);
    EXPECT_NE(dev_of("m"), dev_of("."));
    EXPECT_EQ(dev_of("m/.."), dev_of("."));
    write_text("m/above", "a");
    EXPECT_ERRNO(rmdir("m"), EBUSY);
    EXPECT_ERRNO(rename("m", "n"), EBUSY);
    EXPECT_ERRNO(rename("m/above", "x"), EXDEV);
    EXPECT_ERRNO(link("m/above", "x"), EXDEV);
    EXPECT_OK(mount("src2", "m", "tmpfs", 0, NULL)); /* on top */
    EXPECT_ERRNO(access("m/above", F_OK), ENOENT);
    EXPECT_OK(umount("m"));
    EXPECT_OK(access("m/above", F_OK));
    EXPECT_OK(umount("m"));
    EXPECT_OK(access("m/below", F_OK));
    EXPECT_ERRNO(umount("m"), EINVAL);
    EXPECT_ERRNO(umount("none"), ENOENT);
    EXPECT_ERRNO(mount("x", "none", "tmpfs", 0, NULL), ENOENT);
    EXPECT_ERRNO(mount("x", "m", "nosuchfs", 0, NULL), ENODEV);
    EXPECT_ERRNO(mount("x", "m", NULL, 0, NULL), EINVAL);
    EXPECT_ERRNO(mount("x", "m", "tmpfs", 0, "nonsense=1"), EINVAL);
    EXPECT_ERRNO(mount("x", "m", "tmpfs", 0, "size=abc"), EINVAL);
    EXPECT_ERRNO(mount("/dev/null", "m", "ext4", 0, NULL), ENOTBLK);
    EXPECT_ERRNO(mount("none", "m", "ext4", 0, NULL), ENOENT);
    EXPECT_ERRNO(umount2("m", 0x100), EINVAL);
}

TEST(busy_mounts_stay_unless_detached)
{
    int fd;

    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("m", 0755));
    EXPECT_OK(mount("s", "m", "tmpfs", 0, NULL));
    write_text("m/f", "text");
    fd = open("m/f", O_RDONLY);
    EXPECT_ERRNO(umount("m"), EBUSY);
    EXPECT_OK(mkdir("m/in", 0755));
    EXPECT_OK(mount("t", "m/in", "tmpfs", 0, NULL));
    EXPECT_OK(umount2("m", MNT_DETACH));
    EXPECT_ERRNO(access("m/f", F_OK), ENOENT);
    char buf[8] = "";
    EXPECT_EQ(read(fd, buf, 8), 4); /* still there for who has it open */
    close(fd);
    EXPECT_OK(mount("s", "m", "tmpfs", 0, NULL));
    EXPECT_ERRNO(umount2("m", MNT_EXPIRE), EAGAIN);
    EXPECT_OK(umount2("m", MNT_EXPIRE));
    EXPECT_ERRNO(umount2("m", MNT_EXPIRE | MNT_DETACH), EINVAL);
}

TEST(bind_mounts_show_the_same_files)
{
    struct stat a, b;

    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("a", 0755));
    EXPECT_OK(mkdir("a/sub", 0755));
    EXPECT_OK(mkdir("b", 0755));
    write_text("a/f", "same");
    touch("file");
    EXPECT_OK(mount("a", "b", NULL, MS_BIND, NULL));
    EXPECT_STREQ(read_text("b/f"), "same");
    EXPECT_OK(stat("a/f", &a));
    EXPECT_OK(stat("b/f", &b));
    EXPECT_EQ(a.st_ino, b.st_ino);
    EXPECT_EQ(a.st_dev, b.st_dev);
    EXPECT_ERRNO(rename("a/f", "b/g"), EXDEV); /* not through two mounts */
    EXPECT_ERRNO(link("a/f", "b/g"), EXDEV);
    EXPECT_OK(mount("a/f", "file", NULL, MS_BIND, NULL));
    EXPECT_STREQ(read_text("file"), "same");
    EXPECT_ERRNO(unlink("file"), EBUSY);
    EXPECT_ERRNO(mount("a", "file", NULL, MS_BIND, NULL), ENOTDIR);
    EXPECT_ERRNO(mount("file", "a", NULL, MS_BIND, NULL), ENOTDIR);
    EXPECT_OK(umount("file"));
    EXPECT_OK(mount("t", "a/sub", "tmpfs", 0, NULL));
    touch("a/sub/mounted");
    EXPECT_ERRNO(access("b/sub/mounted", F_OK), ENOENT); /* bound before, and not recursive */
    EXPECT_OK(umount("b"));
    EXPECT_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
    EXPECT_OK(access("b/sub/mounted", F_OK));
    EXPECT_ERRNO(umount("b"), EBUSY);
    EXPECT_OK(umount2("b", MNT_DETACH));
    EXPECT_ERRNO(mount("none", "b", NULL, MS_BIND, NULL), ENOENT);
}

TEST(flags_of_mounts)
{
    struct statvfs st;

    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("m", 0755));
    EXPECT_OK(mkdir("ro", 0755));
    EXPECT_OK(mount("s", "m", "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL));
    write_text("m/prog", "#!/bin/sh\n");
    EXPECT_OK(chmod("m/prog", 0755));
    EXPECT_ERRNO(access("m/prog", X_OK), EACCES);
    EXPECT_ERRNO(execl("m/prog", "prog", (char *)0), EACCES);
    EXPECT_OK(mknod("m/null", S_IFCHR | 0666, 0x103));
    EXPECT_ERRNO(open("m/null", O_RDWR), EACCES);
    EXPECT_OK(statvfs("m", &st));
    EXPECT_EQ(st.f_flag & (ST_NODEV | ST_NOSUID | ST_NOEXEC | ST_RDONLY),
              ST_NODEV | ST_NOSUID | ST_NOEXEC);
    EXPECT_OK(mount("m", "ro", NULL, MS_BIND, NULL));
    EXPECT_OK(mount(NULL, "ro", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    EXPECT_ERRNO(open("ro/x", O_CREAT | O_RDWR, 0644), EROFS);
    EXPECT_ERRNO(open("ro/prog", O_RDWR), EROFS);
    EXPECT_OK(close(open("ro/prog", O_RDONLY)));
    EXPECT_ERRNO(mkdir("ro/d", 0755), EROFS);
    EXPECT_ERRNO(mkdir("ro/prog", 0755), EEXIST);
    EXPECT_ERRNO(unlink("ro/prog"), EROFS);
    EXPECT_ERRNO(chmod("ro/prog", 0), EROFS);
    EXPECT_ERRNO(truncate("ro/prog", 0), EROFS);
    EXPECT_ERRNO(rename("ro/prog", "ro/x"), EROFS);
    EXPECT_ERRNO(access("ro/prog", W_OK), EROFS);
    EXPECT_OK(touch("m/still-writable"));
    int fd = open("m/prog", O_RDWR);
    EXPECT_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
    close(fd);
    EXPECT_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    EXPECT_ERRNO(touch("m/no"), EROFS);
    EXPECT_OK(mount(NULL, "m", NULL, MS_REMOUNT, "size=2m"));
    EXPECT_OK(touch("m/yes"));
    EXPECT_ERRNO(mount(NULL, ".", NULL, MS_REMOUNT, "nonsense"), EINVAL);
    EXPECT_OK(mkdir("m/sub", 0755));
    EXPECT_ERRNO(mount(NULL, "m/sub", NULL, MS_REMOUNT, NULL), EINVAL);
}

TEST(tmpfs_keeps_its_limits)
{
    static char page[4096];
    int fd, n = 0;

    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("m", 0755));
    EXPECT_OK(mount("s", "m", "tmpfs", 0, "size=64k,nr_inodes=5"));
    fd = open("m/f", O_CREAT | O_RDWR, 0644);
    while (write(fd, page, 4096) == 4096)
        n++;
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_EQ(n, 16);
    EXPECT_OK(ftruncate(fd, 4096));
    EXPECT_EQ(pwrite(fd, page, 4096, 4096), 4096);
    EXPECT_OK(touch("m/a"));
    EXPECT_OK(touch("m/b"));
    EXPECT_OK(touch("m/c"));
    EXPECT_ERRNO(touch("m/d"), ENOSPC);
    EXPECT_OK(unlink("m/a"));
    EXPECT_OK(touch("m/d"));
    EXPECT_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, "size=4k"), EINVAL);
    close(fd);
    EXPECT_OK(umount("m"));
}

TEST(mounts_move)
{
    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("a", 0755));
    EXPECT_OK(mkdir("b", 0755));
    EXPECT_OK(mount("s", "a", "tmpfs", 0, NULL));
    touch("a/f");
    EXPECT_OK(mkdir("a/in", 0755));
    EXPECT_OK(mount("a", "b", NULL, MS_MOVE, NULL));
    EXPECT_OK(access("b/f", F_OK));
    EXPECT_ERRNO(access("a/f", F_OK), ENOENT);
    EXPECT_ERRNO(mount("b", "b/in", NULL, MS_MOVE, NULL), ELOOP);
    EXPECT_ERRNO(mount("b/in", "a", NULL, MS_MOVE, NULL), EINVAL);
    EXPECT_OK(umount("b"));
}

TEST(only_root_mounts)
{
    BEGIN_OR_SKIP();
    EXPECT_OK(mkdir("m", 0777));
    EXPECT_OK(mount("s", "m", "tmpfs", 0, NULL));
    ASSERT_EQ(setuid(12345), 0);
    EXPECT_ERRNO(mount("s", "m", "tmpfs", 0, NULL), EPERM);
    EXPECT_ERRNO(umount("m"), EPERM);
    EXPECT_ERRNO(syscall(SYS_pivot_root, "m", "m"), EPERM);
}
