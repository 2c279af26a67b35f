// SPDX-License-Identifier: MIT
// Descriptors, pipes, directories and paths, on the tmpfs at /tmp and on the root.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include "ktap.h"

TEST(what_is_written_is_read)
{
    char buffer[64] = "";
    int fd = open("/tmp/file", O_CREAT | O_EXCL | O_RDWR, 0640);
    struct stat st;

    ASSERT_GE(fd, 0);
    EXPECT_EQ(write(fd, "hello world", 11), 11);
    EXPECT_EQ(pwrite(fd, "W", 1, 6), 1);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(read(fd, buffer, sizeof(buffer)), 11);
    EXPECT_STREQ(buffer, "hello World");
    EXPECT_EQ(read(fd, buffer, sizeof(buffer)), 0);
    EXPECT_EQ(fstat(fd, &st), 0);
    EXPECT_EQ(st.st_size, 11);
    EXPECT_EQ(st.st_mode, S_IFREG | 0640);
    EXPECT_EQ(st.st_nlink, 1);
    EXPECT_EQ(open("/tmp/file", O_CREAT | O_EXCL | O_RDWR, 0640), -1);
    EXPECT_EQ(errno, EEXIST);
    EXPECT_EQ(unlink("/tmp/file"), 0);
    EXPECT_EQ(fstat(fd, &st), 0);
    EXPECT_EQ(st.st_nlink, 0);
    EXPECT_EQ(pread(fd, buffer, 5, 0), 5);
    close(fd);
}

TEST(a_hole_reads_as_zeros)
{
    char byte = 1;
    int fd = open("/tmp/hole", O_CREAT | O_RDWR | O_TRUNC, 0600);

    EXPECT_EQ(pwrite(fd, "x", 1, 100000), 1);
    EXPECT_EQ(pread(fd, &byte, 1, 50000), 1);
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(ftruncate(fd, 10), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_END), 10);
    close(fd);
    unlink("/tmp/hole");
}

TEST(append_goes_to_the_end)
{
    int fd = open("/tmp/append", O_CREAT | O_WRONLY | O_APPEND | O_TRUNC, 0600);

    EXPECT_EQ(write(fd, "ab", 2), 2);
    lseek(fd, 0, SEEK_SET);
    EXPECT_EQ(write(fd, "cd", 2), 2);
    EXPECT_EQ(lseek(fd, 0, SEEK_END), 4);
    close(fd);
    unlink("/tmp/append");
}

TEST(directories_list_what_is_in_them)
{
    int found = 0, dots = 0;
    struct dirent *entry;
    char name[64];
    DIR *dir;

    ASSERT_EQ(mkdir("/tmp/dir", 0755), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/tmp/dir/entry-%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    EXPECT_EQ(rmdir("/tmp/dir"), -1);
    EXPECT_EQ(errno, ENOTEMPTY);
    dir = opendir("/tmp/dir");
    ASSERT_TRUE(dir != NULL);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            dots++;
        else
            found += entry->d_type == DT_REG;
    }
    closedir(dir);
    EXPECT_EQ(found, 200);
    EXPECT_EQ(dots, 2);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/tmp/dir/entry-%d", i);
        EXPECT_EQ(unlink(name), 0);
    }
    EXPECT_EQ(rmdir("/tmp/dir"), 0);
}

TEST(links_and_names_behave)
{
    char target[64] = "";
    struct stat st;

    close(open("/tmp/a", O_CREAT | O_WRONLY, 0600));
    EXPECT_EQ(link("/tmp/a", "/tmp/b"), 0);
    EXPECT_EQ(stat("/tmp/b", &st), 0);
    EXPECT_EQ(st.st_nlink, 2);
    EXPECT_EQ(symlink("b", "/tmp/c"), 0);
    EXPECT_EQ(readlink("/tmp/c", target, sizeof(target)), 1);
    EXPECT_EQ(lstat("/tmp/c", &st), 0);
    EXPECT_TRUE(S_ISLNK(st.st_mode));
    EXPECT_EQ(rename("/tmp/a", "/tmp/d"), 0);
    EXPECT_EQ(access("/tmp/a", F_OK), -1);
    EXPECT_EQ(stat("/tmp/c", &st), 0);
    unlink("/tmp/b");
    EXPECT_EQ(stat("/tmp/c", &st), -1);
    EXPECT_EQ(errno, ENOENT);
    unlink("/tmp/c");
    unlink("/tmp/d");
    EXPECT_EQ(symlink("loop", "/tmp/loop"), 0);
    EXPECT_EQ(open("/tmp/loop", O_RDONLY), -1);
    EXPECT_EQ(errno, ELOOP);
    unlink("/tmp/loop");
}

TEST(paths_get_their_errno)
{
    char longest[NAME_MAX + 2], path[PATH_MAX + 1];

    EXPECT_EQ(open("", O_RDONLY), -1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(open("/etc/passwd/x", O_RDONLY), -1);
    EXPECT_EQ(errno, ENOTDIR);
    EXPECT_EQ(open("/etc", O_WRONLY), -1);
    EXPECT_EQ(errno, EISDIR);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    EXPECT_EQ(open(longest, O_RDONLY), -1);
    EXPECT_EQ(errno, ENAMETOOLONG);
    memset(path, '/', PATH_MAX);
    path[PATH_MAX] = '\0';
    EXPECT_EQ(open(path, O_RDONLY), -1);
    EXPECT_EQ(errno, ENAMETOOLONG);
    EXPECT_EQ(open("/etc/../etc/./passwd", O_RDONLY) < 0, 0);
    EXPECT_EQ(read(99, path, 1), -1);
    EXPECT_EQ(errno, EBADF);
}

TEST(a_pipe_carries_bytes_in_order_and_ends)
{
    char buffer[70000];
    size_t got = 0;
    int fds[2];
    bool same = true;

    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < sizeof(buffer); i++)
            buffer[i] = (char)(i * 7);
        _exit(write(fds[1], buffer, sizeof(buffer)) == sizeof(buffer) ? 0 : 1);
    }
    close(fds[1]);
    for (ssize_t n; (n = read(fds[0], buffer + got, sizeof(buffer) - got)) > 0;)
        got += (size_t)n;
    waitpid(pid, NULL, 0);
    EXPECT_EQ(got, sizeof(buffer));
    for (size_t i = 0; i < got; i++)
        same &= buffer[i] == (char)(i * 7);
    EXPECT_TRUE(same);
    close(fds[0]);
}

TEST(a_pipe_without_reader_is_broken)
{
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    close(fds[0]);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(write(fds[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
}

TEST(a_pipe_that_must_not_block_says_so)
{
    static char block[4096];
    struct pollfd ready;
    int fds[2];
    long total = 0;

    ASSERT_EQ(pipe2(fds, O_NONBLOCK), 0);
    EXPECT_EQ(read(fds[0], block, 1), -1);
    EXPECT_EQ(errno, EAGAIN);
    ready = (struct pollfd){.fd = fds[1], .events = POLLOUT};
    EXPECT_EQ(poll(&ready, 1, 0), 1);
    for (ssize_t n; (n = write(fds[1], block, sizeof(block))) > 0;)
        total += n;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(total, 65536);
    EXPECT_EQ(poll(&ready, 1, 0), 0);
}

TEST(descriptors_are_copied_and_lowest_first)
{
    int fd = open("/dev/null", O_RDONLY), copy;

    ASSERT_GE(fd, 3);
    copy = dup(fd);
    EXPECT_GT(copy, fd);
    EXPECT_EQ(dup2(fd, 50), 50);
    EXPECT_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 40), 40);
    EXPECT_EQ(fcntl(40, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(50, F_GETFD), 0);
    close(fd);
    EXPECT_EQ(dup(copy), fd);
    EXPECT_EQ(dup2(copy, -1), -1);
    EXPECT_EQ(errno, EBADF);
}

TEST(vectors_are_written_and_read_in_order)
{
    char a[3] = "", b[6] = "";
    struct iovec out[] = {{"abc", 3}, {"", 0}, {"defgh", 5}}, in[] = {{a, 3}, {b, 5}};
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    EXPECT_EQ(writev(fds[1], out, 3), 8);
    EXPECT_EQ(readv(fds[0], in, 2), 8);
    EXPECT_MEMEQ(a, "abc", 3);
    EXPECT_STREQ(b, "defgh");
    EXPECT_EQ(writev(fds[1], out, -1), -1);
    EXPECT_EQ(errno, EINVAL);
}

// Devices with the plain form of write and read see one segment after the other, empty ones too.
TEST(vectors_with_empty_segments_reach_devices)
{
    struct iovec v[4] = {{"", 0}, {"a", 1}, {NULL, 0}, {"\n", 1}};
    char x = 1, y = 1;
    struct iovec in[3] = {{NULL, 0}, {&x, 1}, {&y, 1}};
    int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);

    EXPECT_EQ(writev(null, v, 4), 2);
    EXPECT_EQ(writev(null, v, 1), 0);
    EXPECT_EQ(readv(zero, in, 3), 2);
    EXPECT_EQ(x + y, 0);
    close(null);
    close(zero);
}

TEST(the_root_is_ext4_and_tmp_is_tmpfs)
{
    struct statfs fs;

    ASSERT_EQ(statfs("/", &fs), 0);
    EXPECT_EQ(fs.f_type, 0xef53);
    EXPECT_EQ(fs.f_bsize, 4096);
    ASSERT_EQ(statfs("/tmp", &fs), 0);
    EXPECT_EQ(fs.f_type, 0x01021994);
}

TEST(devices_do_what_they_are_for)
{
    char buffer[16];
    int zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_WRONLY);
    int random = open("/dev/urandom", O_RDONLY);

    memset(buffer, 1, sizeof(buffer));
    EXPECT_EQ(read(zero, buffer, sizeof(buffer)), sizeof(buffer));
    EXPECT_EQ(buffer[15], 0);
    EXPECT_EQ(write(full, "x", 1), -1);
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_EQ(read(random, buffer, sizeof(buffer)), sizeof(buffer));
}
