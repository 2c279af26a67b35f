// SPDX-License-Identifier: MIT
// Descriptors, fcntl(2), positions, attributes, locks.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include "vfs.h"

TEST(descriptors_are_the_lowest)
{
    int a, b;

    enter_fresh_dir();
    a = open("/dev/null", O_RDONLY);
    b = open("/dev/null", O_RDONLY);
    EXPECT_GT(b, a);
    close(a);
    EXPECT_EQ(dup(b), a);
    EXPECT_ERRNO(dup(-1), EBADF);
    EXPECT_ERRNO(dup(1000000), EBADF);
    EXPECT_EQ(dup2(b, b), b);
    EXPECT_ERRNO(dup3(b, b, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_dup3, b, 60, 1), EINVAL);
    EXPECT_EQ(dup3(b, 60, O_CLOEXEC), 60);
    EXPECT_EQ(fcntl(60, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(b, F_DUPFD, 60), 61);
    EXPECT_EQ(fcntl(b, F_DUPFD_CLOEXEC, 500), 500);
    EXPECT_EQ(fcntl(500, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(fcntl(500, F_SETFD, 0));
    EXPECT_EQ(fcntl(500, F_GETFD), 0);
    EXPECT_ERRNO(fcntl(b, F_DUPFD, -1), EINVAL);
    EXPECT_ERRNO(fcntl(b, F_DUPFD, 0x7fffffff), EINVAL);
    EXPECT_ERRNO(dup2(b, -1), EBADF);
    EXPECT_ERRNO(dup2(b, 0x7fffffff), EBADF);
    EXPECT_ERRNO(dup2(999, 3), EBADF);
    EXPECT_OK(close(500));
    EXPECT_ERRNO(close(500), EBADF);
    EXPECT_ERRNO(fcntl(b, 9999), EINVAL);
    EXPECT_OK(syscall(SYS_close_range, 60, 61, 0));
    EXPECT_ERRNO(close(60), EBADF);
    EXPECT_ERRNO(syscall(SYS_close_range, 61, 60, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_close_range, 61, 62, 1), EINVAL);
    EXPECT_OK(syscall(SYS_close_range, b, ~0U, 4));
    EXPECT_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
}

TEST(the_limit_is_kept)
{
    struct rlimit limit = {.rlim_cur = 20, .rlim_max = 20};
    int last = 0, fd;

    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    EXPECT_EQ(errno, EMFILE);
    EXPECT_EQ(last, 19);
    EXPECT_ERRNO(dup(0), EMFILE);
    EXPECT_ERRNO(dup2(0, 20), EBADF);
    EXPECT_ERRNO(fcntl(0, F_DUPFD, 20), EINVAL);
    EXPECT_ERRNO(pipe((int[2]){0}), EMFILE);
    EXPECT_OK(close(19));
    EXPECT_ERRNO(pipe((int[2]){0}), EMFILE);
    EXPECT_EQ(dup(0), 19);
}

TEST(tables_grow)
{
    struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
    int fd = open("/dev/zero", O_RDONLY), last;
    char c = 1;

    setrlimit(RLIMIT_NOFILE, &limit);
    EXPECT_EQ(dup2(fd, 4000), 4000);
    EXPECT_EQ(read(4000, &c, 1), 1);
    EXPECT_EQ(c, 0);
    while ((last = dup(fd)) < 1500)
        ASSERT_GT(last, fd);
    if (fork() == 0) {
        /* A child has them all, and a table of its own. */
        _exit(read(1400, &c, 1) == 1 && read(4000, &c, 1) == 1 && close(1400) == 0 ? 0 : 1);
    }
    int status;
    wait(&status);
    EXPECT_EQ(status, 0);
    EXPECT_OK(close(1400));
}

TEST(positions)
{
    char buf[16];
    int fd, copy;

    enter_fresh_dir();
    write_text("f", "0123456789");
    fd = open("f", O_RDWR);
    copy = dup(fd);
    EXPECT_EQ(read(fd, buf, 3), 3);
    EXPECT_EQ(lseek(copy, 0, SEEK_CUR), 3);
    EXPECT_EQ(lseek(fd, -2, SEEK_END), 8);
    EXPECT_EQ(read(copy, buf, 16), 2);
    EXPECT_EQ(lseek(fd, 100, SEEK_SET), 100);
    EXPECT_EQ(read(fd, buf, 1), 0);
    EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
    EXPECT_ERRNO(lseek(fd, -200, SEEK_CUR), EINVAL);
    EXPECT_ERRNO(lseek(fd, 0, 99), EINVAL);
    EXPECT_ERRNO(lseek(99, 0, SEEK_SET), EBADF);
    EXPECT_EQ(lseek(fd, 3, SEEK_DATA), 3);
    EXPECT_EQ(lseek(fd, 3, SEEK_HOLE), 10);
    EXPECT_ERRNO(lseek(fd, 10, SEEK_DATA), ENXIO);
    EXPECT_ERRNO(pread(fd, buf, 1, -1), EINVAL);
    EXPECT_EQ(pread(fd, buf, 4, 8), 2);
    EXPECT_EQ(lseek(fd, 3, SEEK_SET), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
    EXPECT_ERRNO(read(fd, (void *)16, 4), EFAULT);
    EXPECT_ERRNO(write(fd, (void *)16, 4), EFAULT);
    EXPECT_ERRNO(read(fd, (void *)-4096L, 4), EFAULT);
    EXPECT_EQ(read(fd, (void *)16, 0), 0);
    close(fd);
    fd = open("f", O_WRONLY);
    EXPECT_ERRNO(read(fd, buf, 1), EBADF);
    close(fd);
    fd = open("f", O_RDONLY);
    EXPECT_ERRNO(write(fd, buf, 1), EBADF);
    EXPECT_ERRNO(ftruncate(fd, 0), EINVAL);
    close(fd);
    fd = open(".", O_RDONLY);
    EXPECT_ERRNO(read(fd, buf, 1), EISDIR);
    close(fd);
    EXPECT_ERRNO(read(-1, buf, 1), EBADF);
}

TEST(vectors)
{
    char a[4] = "", b[4] = "";
    struct iovec v[3] = {{a, 3}, {NULL, 0}, {b, 3}};
    int fd;

    enter_fresh_dir();
    write_text("f", "abcdefgh");
    fd = open("f", O_RDWR);
    EXPECT_EQ(readv(fd, v, 3), 6);
    EXPECT_STREQ(a, "abc");
    EXPECT_STREQ(b, "def");
    EXPECT_EQ(readv(fd, v, 3), 2);
    EXPECT_EQ(preadv(fd, v, 3, 5), 3);
    EXPECT_STREQ(a, "fgh");
    EXPECT_ERRNO(readv(fd, v, -1), EINVAL);
    EXPECT_ERRNO(readv(fd, v, 1025), EINVAL);
    EXPECT_EQ(readv(fd, v, 0), 0);
    v[0].iov_len = (size_t)-1;
    EXPECT_ERRNO(readv(fd, v, 1), EINVAL);
    EXPECT_ERRNO(readv(fd, (void *)16, 1), EFAULT);
    v[0].iov_len = 3;
    EXPECT_EQ(pwritev(fd, v, 1, 1), 3);
    EXPECT_STREQ(read_text("f"), "afghefgh");
    EXPECT_ERRNO(preadv(fd, v, 1, -1), EINVAL);
    EXPECT_ERRNO(syscall(SYS_preadv2, fd, v, 1, 0, 0, 0x10000), EOPNOTSUPP);
    EXPECT_EQ(syscall(SYS_pwritev2, fd, v, 1, 0, 0, 0x10), 3); /* append */
    EXPECT_STREQ(read_text("f"), "afghefghfgh");
}

TEST(flags_of_open_files)
{
    int fd, flags;

    enter_fresh_dir();
    write_text("f", "abc");
    fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC);
    flags = fcntl(fd, F_GETFL);
    EXPECT_EQ(flags & ~0100000, O_RDWR);
    EXPECT_OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_CREAT | O_TRUNC | O_WRONLY));
    EXPECT_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK);
    lseek(fd, 0, SEEK_SET);
    EXPECT_EQ(write(fd, "d", 1), 1);
    EXPECT_STREQ(read_text("f"), "abcd");
    EXPECT_OK(ioctl(fd, FIONBIO, &(int){0}));
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_OK(ioctl(fd, FIONCLEX));
    EXPECT_EQ(fcntl(fd, F_GETFD), 0);
    EXPECT_OK(ioctl(fd, FIOCLEX));
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    lseek(fd, 1, SEEK_SET);
    EXPECT_OK(ioctl(fd, FIONREAD, &flags));
    EXPECT_EQ(flags, 3);
    EXPECT_ERRNO(ioctl(fd, TCGETS, &flags), ENOTTY);
    EXPECT_ERRNO(ioctl(-1, FIONREAD, &flags), EBADF);
}

TEST(sizes_and_holes)
{
    struct stat st;
    int fd;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    EXPECT_OK(ftruncate(fd, 1 << 20));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_size, 1 << 20);
    EXPECT_EQ(st.st_blocks, 0);
    EXPECT_EQ(pwrite(fd, "x", 1, 500000), 1);
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_blocks, 8);
    EXPECT_EQ(lseek(fd, 0, SEEK_DATA), 500000 / 4096 * 4096);
    EXPECT_EQ(lseek(fd, 500000, SEEK_HOLE), 500000 / 4096 * 4096 + 4096);
    EXPECT_OK(ftruncate(fd, 100));
    EXPECT_OK(ftruncate(fd, 1 << 20));
    EXPECT_ERRNO(ftruncate(fd, -1), EINVAL);
    EXPECT_ERRNO(truncate("none", 1), ENOENT);
    EXPECT_ERRNO(truncate(".", 1), EISDIR);
    EXPECT_OK(truncate("f", 5));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_size, 5);
    EXPECT_OK(fallocate(fd, 0, 0, 10000));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_size, 10000);
    EXPECT_EQ(st.st_blocks, 24);
    EXPECT_OK(fallocate(fd, 1 | 2, 0, 4096)); /* punch */
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_blocks, 16);
    EXPECT_ERRNO(fallocate(fd, 2, 0, 4096), EOPNOTSUPP);
    EXPECT_ERRNO(fallocate(fd, 0, -1, 4096), EINVAL);
    EXPECT_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
    EXPECT_ERRNO(fallocate(open("f", O_RDONLY), 0, 0, 1), EBADF);
    EXPECT_OK(fsync(fd));
    EXPECT_OK(fdatasync(fd));
    EXPECT_ERRNO(fsync(-1), EBADF);
    sync();
    EXPECT_OK(syncfs(fd));
}

TEST(owner_mode_and_times)
{
    struct timespec ts[2] = {{100, 5}, {200, 6}};
    struct stat st;
    int fd;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    EXPECT_OK(fchmod(fd, 06755));
    EXPECT_OK(chown("f", 1, 2));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_mode & 07777, 0755); /* the set-id bits went */
    EXPECT_EQ(st.st_uid, 1);
    EXPECT_EQ(st.st_gid, 2);
    EXPECT_OK(fchown(fd, -1, 3));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_uid, 1);
    EXPECT_EQ(st.st_gid, 3);
    EXPECT_OK(futimens(fd, ts));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_atim.tv_sec, 100);
    EXPECT_EQ(st.st_atim.tv_nsec, 5);
    EXPECT_EQ(st.st_mtim.tv_sec, 200);
    EXPECT_EQ(st.st_mtim.tv_nsec, 6);
    ts[0].tv_nsec = UTIME_OMIT;
    ts[1].tv_nsec = UTIME_NOW;
    EXPECT_OK(utimensat(AT_FDCWD, "f", ts, 0));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_atim.tv_sec, 100);
    EXPECT_GT(st.st_mtim.tv_sec, 1000000);
    ts[0].tv_nsec = 1000000000;
    EXPECT_ERRNO(utimensat(AT_FDCWD, "f", ts, 0), EINVAL);
    EXPECT_ERRNO(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
    EXPECT_OK(symlink("none", "l"));
    EXPECT_OK(utimensat(AT_FDCWD, "l", NULL, AT_SYMLINK_NOFOLLOW));
    EXPECT_OK(lchown("l", 7, 7));
    EXPECT_OK(lstat("l", &st));
    EXPECT_EQ(st.st_uid, 7);
    EXPECT_EQ(st.st_mode, S_IFLNK | 0777);
    EXPECT_ERRNO(chmod("none", 0), ENOENT);
    EXPECT_OK(chmod("f", 04755));
    EXPECT_OK(fchown(fd, -1, -1));
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_mode & 07777, 0755);
}

TEST(writing_takes_the_set_id_bits_away)
{
    struct stat st;
    int fd;

    enter_fresh_dir();
    EXPECT_OK(chmod(".", 0777));
    fd = open("f", O_RDWR | O_CREAT, 0666);
    EXPECT_OK(fchmod(fd, 06777));
    ASSERT_EQ(setgid(12345), 0);
    ASSERT_EQ(setuid(12345), 0);
    EXPECT_EQ(write(fd, "x", 1), 1);
    EXPECT_OK(fstat(fd, &st));
    EXPECT_EQ(st.st_mode & 07777, 0777);
}

TEST(file_systems_tell_about_themselves)
{
    struct statvfs st;

    enter_fresh_dir();
    EXPECT_OK(statvfs(".", &st));
    EXPECT_EQ(st.f_namemax, 255);
    EXPECT_GT(st.f_bsize, 0);
    EXPECT_GE(st.f_blocks, st.f_bfree);
    EXPECT_ERRNO(statvfs("none", &st), ENOENT);
    EXPECT_ERRNO(fstatvfs(-1, &st), EBADF);
}

TEST(statx_tells_more)
{
    char buf[256];
    unsigned int mask;

    enter_fresh_dir();
    write_text("f", "abc");
    EXPECT_OK(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, buf));
    memcpy(&mask, buf, 4);
    EXPECT_EQ(mask & 0x7ff, 0x7ff);
    EXPECT_EQ(*(unsigned long long *)(buf + 0x28), 3); /* stx_size */
    EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000U, buf), EINVAL);
    EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, 0x7ff, buf), EINVAL);
    EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 1, 0x7ff, buf), EINVAL);
    EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, 16L), EFAULT);
}

/* --- locks --- */

static int lock(int fd, int cmd, int type, long start, long len)
{
    struct flock fl = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

    return fcntl(fd, cmd, &fl);
}

/* What another process is told when it asks for the lock: the type in the way. */
static struct flock asked_by_other(int type, long start, long len)
{
    struct flock fl = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    int p[2];

    pipe(p);
    if (fork() == 0) {
        int fd = open("f", O_RDWR);

        fcntl(fd, F_GETLK, &fl);
        write(p[1], &fl, sizeof(fl));
        _exit(0);
    }
    read(p[0], &fl, sizeof(fl));
    wait(NULL);
    close(p[0]);
    close(p[1]);
    return fl;
}

TEST(record_locks_split_and_merge)
{
    struct flock fl;
    int fd, ro;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 100));
    fl = asked_by_other(F_RDLCK, 50, 10);
    EXPECT_EQ(fl.l_type, F_WRLCK);
    EXPECT_EQ(fl.l_start, 0);
    EXPECT_EQ(fl.l_len, 100);
    EXPECT_EQ(fl.l_pid, getpid());
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 40, 20));
    EXPECT_EQ(asked_by_other(F_WRLCK, 40, 20).l_type, F_UNLCK);
    fl = asked_by_other(F_WRLCK, 60, 1);
    EXPECT_EQ(fl.l_start, 60);
    EXPECT_EQ(fl.l_len, 40);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 40, 20));
    fl = asked_by_other(F_WRLCK, 99, 1);
    EXPECT_EQ(fl.l_start, 0);
    EXPECT_EQ(fl.l_len, 100);
    EXPECT_OK(lock(fd, F_SETLK, F_RDLCK, 10, 10));
    EXPECT_EQ(asked_by_other(F_RDLCK, 10, 10).l_type, F_UNLCK);
    EXPECT_EQ(asked_by_other(F_WRLCK, 10, 10).l_type, F_RDLCK);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 1000, 0));
    fl = asked_by_other(F_WRLCK, 1 << 30, 1);
    EXPECT_EQ(fl.l_start, 1000);
    EXPECT_EQ(fl.l_len, 0);
    ro = open("f", O_RDONLY);
    EXPECT_ERRNO(lock(ro, F_SETLK, F_WRLCK, 0, 1), EBADF);
    EXPECT_ERRNO(lock(fd, F_SETLK, 77, 0, 1), EINVAL);
    EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, -5, 1), EINVAL);
    EXPECT_ERRNO(lock(-1, F_SETLK, F_WRLCK, 0, 1), EBADF);
    /* Closing any descriptor of the file drops all of them. */
    close(ro);
    EXPECT_EQ(asked_by_other(F_WRLCK, 0, 0).l_type, F_UNLCK);
}

TEST(record_locks_wait_and_end_with_their_owner)
{
    int fd, ready[2];
    char c;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    pipe(ready);
    if (fork() == 0) {
        lock(fd, F_SETLK, F_WRLCK, 0, 10);
        write(ready[1], "x", 1);
        usleep(100000);
        _exit(0); /* and with it the lock */
    }
    read(ready[0], &c, 1);
    EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
    EXPECT_OK(lock(fd, F_SETLKW, F_WRLCK, 5, 1));
    wait(NULL);
}

TEST(record_locks_find_deadlocks)
{
    int fd, ready[2], status;
    char c;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    pipe(ready);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
    if (fork() == 0) {
        lock(fd, F_SETLK, F_WRLCK, 1, 1);
        write(ready[1], "x", 1);
        _exit(lock(fd, F_SETLKW, F_WRLCK, 0, 1) ? 1 : 0); /* waits for the parent */
    }
    read(ready[0], &c, 1);
    usleep(100000);
    EXPECT_ERRNO(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 1));
    wait(&status);
    EXPECT_EQ(status, 0);
}

TEST(locks_of_open_files)
{
    int a, b;

    enter_fresh_dir();
    a = open("f", O_RDWR | O_CREAT, 0644);
    b = open("f", O_RDWR);
    EXPECT_OK(lock(a, 37, F_WRLCK, 0, 10)); /* F_OFD_SETLK */
    EXPECT_ERRNO(lock(b, 37, F_WRLCK, 5, 1), EAGAIN);
    EXPECT_ERRNO(lock(b, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
    EXPECT_EQ(asked_by_other(F_WRLCK, 0, 1).l_pid, -1);
    close(open("f", O_RDONLY)); /* does not drop it */
    EXPECT_ERRNO(lock(b, 37, F_WRLCK, 5, 1), EAGAIN);
    close(a);
    EXPECT_OK(lock(b, 37, F_WRLCK, 5, 1));
}

TEST(whole_file_locks)
{
    int a, b, c;

    enter_fresh_dir();
    a = open("f", O_RDWR | O_CREAT, 0644);
    b = open("f", O_RDONLY);
    c = dup(a);
    EXPECT_OK(flock(a, LOCK_SH));
    EXPECT_OK(flock(b, LOCK_SH | LOCK_NB));
    EXPECT_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(flock(a, LOCK_UN));
    EXPECT_OK(flock(c, LOCK_EX | LOCK_NB)); /* b lost its lock when it tried for more */
    EXPECT_OK(flock(a, LOCK_EX | LOCK_NB)); /* the same open file */
    EXPECT_ERRNO(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    close(a);
    EXPECT_ERRNO(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    close(c);
    EXPECT_OK(flock(b, LOCK_EX | LOCK_NB));
    EXPECT_ERRNO(flock(b, 77), EINVAL);
    EXPECT_ERRNO(flock(-1, LOCK_SH), EBADF);
}

TEST(extended_attributes)
{
    char buf[64];
    int fd;

    enter_fresh_dir();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    if (setxattr("f", "trusted.a", "one", 3, 0) && errno == EPERM) {
        SKIP("trusted attributes are not for us here");
        return;
    }
    EXPECT_OK(fsetxattr(fd, "trusted.b", "two!", 4, XATTR_CREATE));
    EXPECT_ERRNO(setxattr("f", "trusted.a", "x", 1, XATTR_CREATE), EEXIST);
    EXPECT_ERRNO(setxattr("f", "trusted.c", "x", 1, XATTR_REPLACE), ENODATA);
    EXPECT_ERRNO(setxattr("f", "trusted.c", "x", 1, 8), EINVAL);
    EXPECT_EQ(getxattr("f", "trusted.b", buf, sizeof(buf)), 4);
    EXPECT_EQ(getxattr("f", "trusted.b", NULL, 0), 4);
    EXPECT_ERRNO(getxattr("f", "trusted.b", buf, 2), ERANGE);
    EXPECT_ERRNO(getxattr("f", "trusted.none", buf, 2), ENODATA);
    EXPECT_EQ(listxattr("f", NULL, 0), 20);
    EXPECT_EQ(listxattr("f", buf, sizeof(buf)), 20);
    EXPECT_OK(removexattr("f", "trusted.a"));
    EXPECT_ERRNO(removexattr("f", "trusted.a"), ENODATA);
    EXPECT_ERRNO(getxattr("none", "trusted.a", buf, 2), ENOENT);
    EXPECT_ERRNO(getxattr("f", "", buf, 2), ERANGE);
    EXPECT_ERRNO(setxattr("f", "nonsense", "x", 1, 0), EOPNOTSUPP);
}
