// SPDX-License-Identifier: MIT
// Pipes, FIFOs, and data moved inside the kernel (splice and its kin).
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "vfs.h"

#define PIPE_BUF_SIZE 4096

static int poll_events(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

    poll(&p, 1, 0);
    return p.revents;
}

TEST(sizes_of_pipes)
{
    static char big[70000];
    int p[2], n;

    EXPECT_OK(pipe2(p, O_NONBLOCK | O_CLOEXEC));
    EXPECT_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
    EXPECT_EQ(write(p[1], big, sizeof(big)), 65536);
    EXPECT_ERRNO(write(p[1], big, 1), EAGAIN);
    EXPECT_OK(ioctl(p[0], FIONREAD, &n));
    EXPECT_EQ(n, 65536);
    EXPECT_EQ(poll_events(p[1]), 0);
    EXPECT_EQ(read(p[0], big, 100), 100);
    EXPECT_ERRNO(write(p[1], big, 1), EAGAIN); /* no page has come free */
    EXPECT_EQ(read(p[0], big, 4000), 4000);
    EXPECT_EQ(write(p[1], big, 5000), 4096);
    EXPECT_EQ(fcntl(p[0], F_SETPIPE_SZ, 100000), 131072);
    EXPECT_ERRNO(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY);
    EXPECT_ERRNO(fcntl(p[0], F_SETPIPE_SZ, 0), EBUSY); /* a page, too */
    EXPECT_ERRNO(fcntl(p[0], F_SETPIPE_SZ, -1), EINVAL);
    EXPECT_EQ(write(p[1], big, 5000), 5000);
    while (read(p[0], big, sizeof(big)) > 0)
        ;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(fcntl(p[0], F_SETPIPE_SZ, 1), 4096);
    EXPECT_EQ(write(p[1], big, 5000), 4096);
    EXPECT_ERRNO(pipe2(p, 1), EINVAL);
    EXPECT_ERRNO(fcntl(open("/dev/null", O_RDONLY), F_GETPIPE_SZ), EBADF);
    EXPECT_ERRNO(syscall(SYS_pipe2, 16L, 0), EFAULT);
    EXPECT_ERRNO(lseek(p[0], 0, SEEK_SET), ESPIPE);
    EXPECT_ERRNO(pread(p[0], big, 1, 0), ESPIPE);
    EXPECT_ERRNO(read(p[1], big, 1), EBADF);
    EXPECT_ERRNO(write(p[0], big, 1), EBADF);
}

TEST(a_write_up_to_pipe_buf_is_whole)
{
    static char big[65536];
    char c;
    int p[2];

    EXPECT_OK(pipe2(p, O_NONBLOCK));
    EXPECT_EQ(write(p[1], big, 65536 - PIPE_BUF_SIZE + 1), 65536 - PIPE_BUF_SIZE + 1);
    /* One byte less than PIPE_BUF is free at the end of the last page. */
    EXPECT_ERRNO(write(p[1], big, PIPE_BUF_SIZE), EAGAIN);
    EXPECT_EQ(write(p[1], big, PIPE_BUF_SIZE - 1), PIPE_BUF_SIZE - 1);
    EXPECT_ERRNO(write(p[1], &c, 1), EAGAIN);
}

TEST(small_writes_share_pages)
{
    int p[2], n;

    EXPECT_OK(pipe2(p, O_NONBLOCK));
    for (n = 0; write(p[1], "x", 1) == 1; n++)
        ;
    EXPECT_EQ(n, 65536);
}

TEST(the_end_and_the_breaking_of_pipes)
{
    int p[2], q[2];
    char c;

    EXPECT_OK(pipe(p));
    EXPECT_EQ(poll_events(p[0]), 0);
    EXPECT_EQ(poll_events(p[1]), POLLOUT);
    EXPECT_EQ(write(p[1], "x", 1), 1);
    EXPECT_EQ(poll_events(p[0]), POLLIN);
    close(p[1]);
    EXPECT_EQ(poll_events(p[0]), POLLIN | POLLHUP);
    EXPECT_EQ(read(p[0], &c, 1), 1);
    EXPECT_EQ(read(p[0], &c, 1), 0);
    EXPECT_EQ(poll_events(p[0]), POLLHUP);
    EXPECT_OK(pipe(q));
    close(q[0]);
    EXPECT_EQ(poll_events(q[1]), POLLOUT | POLLERR);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_ERRNO(write(q[1], &c, 1), EPIPE);
    EXPECT_EQ(write(q[1], &c, 0), 0);
}

static volatile int got_signal;

static void on_signal(int sig)
{
    got_signal = sig;
}

TEST(waiting_is_interrupted_or_goes_on)
{
    struct sigaction sa = {.sa_handler = on_signal};
    int p[2], status;
    char c;

    EXPECT_OK(pipe(p));
    sigaction(SIGALRM, &sa, NULL);
    ualarm(50000, 0);
    EXPECT_ERRNO(read(p[0], &c, 1), EINTR);
    EXPECT_EQ(got_signal, SIGALRM);
    sa.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &sa, NULL);
    if (fork() == 0) {
        usleep(150000);
        _exit(write(p[1], "z", 1) != 1);
    }
    ualarm(50000, 0);
    EXPECT_EQ(read(p[0], &c, 1), 1);
    EXPECT_EQ(c, 'z');
    wait(&status);
    EXPECT_EQ(status, 0);
}

TEST(much_data_arrives_in_order)
{
    enum { TOTAL = 3 << 20 };
    static unsigned char buf[10007];
    unsigned int at = 0, bad = 0;
    ssize_t n;
    int p[2];

    EXPECT_OK(pipe(p));
    if (fork() == 0) {
        close(p[0]);
        while (at < TOTAL) {
            size_t len = 1 + at % sizeof(buf);

            if (len > TOTAL - at)
                len = TOTAL - at;
            for (size_t i = 0; i < len; i++)
                buf[i] = (at + i) * 7 >> 3;
            if (write(p[1], buf, len) != (ssize_t)len)
                _exit(1);
            at += len;
        }
        _exit(0);
    }
    close(p[1]);
    while ((n = read(p[0], buf, 1 + at % 5003)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            bad += buf[i] != (unsigned char)((at + i) * 7 >> 3);
        at += n;
    }
    EXPECT_EQ(at, TOTAL);
    EXPECT_EQ(bad, 0);
    wait(NULL);
}

TEST(packets_stay_apart)
{
    char buf[64] = "";
    int p[2];

    EXPECT_OK(pipe2(p, O_DIRECT));
    EXPECT_EQ(write(p[1], "hello", 5), 5);
    EXPECT_EQ(write(p[1], "world!", 6), 6);
    EXPECT_EQ(read(p[0], buf, 3), 3); /* the rest of the packet is gone */
    EXPECT_EQ(read(p[0], buf, sizeof(buf)), 6);
    EXPECT_EQ(buf[5], '!');
}

TEST(fifos_wait_for_each_other)
{
    char buf[8] = "";
    int r, w, status;

    enter_fresh_dir();
    EXPECT_OK(mkfifo("f", 0644));
    EXPECT_ERRNO(open("f", O_WRONLY | O_NONBLOCK), ENXIO);
    r = open("f", O_RDONLY | O_NONBLOCK);
    EXPECT_GE(r, 0);
    EXPECT_EQ(poll_events(r), 0); /* nobody has hung up yet */
    EXPECT_EQ(read(r, buf, 1), 0);
    w = open("f", O_WRONLY | O_NONBLOCK);
    EXPECT_GE(w, 0);
    EXPECT_ERRNO(read(r, buf, 1), EAGAIN);
    EXPECT_EQ(write(w, "abc", 3), 3);
    close(w);
    EXPECT_EQ(poll_events(r), POLLIN | POLLHUP);
    EXPECT_EQ(read(r, buf, 8), 3);
    EXPECT_EQ(read(r, buf, 8), 0);
    close(r);
    if (fork() == 0) {
        w = open("f", O_WRONLY); /* waits for the reader */
        _exit(write(w, "child", 5) != 5);
    }
    usleep(20000);
    r = open("f", O_RDONLY);
    EXPECT_EQ(read(r, buf, 8), 5);
    EXPECT_EQ(read(r, buf, 8), 0);
    wait(&status);
    EXPECT_EQ(status, 0);
    r = open("f", O_RDWR); /* its own partner */
    EXPECT_EQ(write(r, "x", 1), 1);
    EXPECT_EQ(read(r, buf, 1), 1);
    close(r);
}

/* --- inside the kernel --- */

TEST(sendfile_copies)
{
    off_t at = 2;
    int in, out, p[2];

    enter_fresh_dir();
    write_text("in", "0123456789");
    in = open("in", O_RDONLY);
    out = open("out", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(sendfile(out, in, NULL, 4), 4);
    EXPECT_EQ(lseek(in, 0, SEEK_CUR), 4);
    EXPECT_EQ(sendfile(out, in, &at, 3), 3);
    EXPECT_EQ(at, 5);
    EXPECT_EQ(lseek(in, 0, SEEK_CUR), 4);
    EXPECT_STREQ(read_text("out"), "0123234");
    EXPECT_EQ(sendfile(out, in, NULL, 100), 6);
    EXPECT_EQ(sendfile(out, in, NULL, 100), 0);
    EXPECT_OK(pipe(p));
    EXPECT_EQ(sendfile(p[1], in, &(off_t){0}, 5), 5);
    EXPECT_ERRNO(sendfile(in, out, NULL, 5), EBADF);
    EXPECT_ERRNO(sendfile(out, -1, NULL, 5), EBADF);
    EXPECT_ERRNO(sendfile(open("out", O_WRONLY | O_APPEND), in, &(off_t){0}, 5), EINVAL);
    EXPECT_ERRNO(sendfile(out, p[0], &(off_t){0}, 5), ESPIPE);
}

TEST(splice_and_tee)
{
    char buf[32] = "";
    loff_t at = 3;
    int f, p[2], q[2];

    enter_fresh_dir();
    write_text("f", "0123456789");
    f = open("f", O_RDWR);
    EXPECT_OK(pipe2(p, O_NONBLOCK));
    EXPECT_OK(pipe2(q, O_NONBLOCK));
    EXPECT_EQ(splice(f, &at, p[1], NULL, 4, 0), 4);
    EXPECT_EQ(at, 7);
    EXPECT_EQ(tee(p[0], q[1], 100, 0), 4);
    EXPECT_EQ(read(q[0], buf, 32), 4);
    EXPECT_MEMEQ(buf, "3456", 4);
    EXPECT_EQ(splice(p[0], NULL, q[1], NULL, 2, 0), 2);
    EXPECT_EQ(read(q[0], buf, 32), 2);
    EXPECT_MEMEQ(buf, "34", 2);
    at = 0;
    EXPECT_EQ(splice(p[0], NULL, f, &at, 100, 0), 2);
    EXPECT_STREQ(read_text("f"), "5623456789");
    EXPECT_ERRNO(splice(p[0], NULL, f, NULL, 1, 2), EAGAIN);
    EXPECT_ERRNO(splice(f, NULL, f, NULL, 1, 0), EINVAL);
    EXPECT_ERRNO(splice(p[0], &at, f, NULL, 1, 0), ESPIPE);
    EXPECT_ERRNO(splice(p[0], NULL, p[1], NULL, 1, 0), EINVAL);
    EXPECT_ERRNO(tee(p[0], p[1], 1, 0), EINVAL);
    EXPECT_ERRNO(tee(f, p[1], 1, 0), EINVAL);
    EXPECT_EQ(vmsplice(p[1], &(struct iovec){"user", 4}, 1, 0), 4);
    EXPECT_EQ(read(p[0], buf, 32), 4);
    EXPECT_MEMEQ(buf, "user", 4);
    close(p[1]);
    EXPECT_EQ(splice(p[0], NULL, f, NULL, 1, 0), 0);
}

TEST(copy_file_range_stays_in_bounds)
{
    loff_t from = 2, to = 1;
    int a, b;

    enter_fresh_dir();
    write_text("a", "0123456789");
    a = open("a", O_RDWR);
    b = open("b", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(copy_file_range(a, &from, b, &to, 3, 0), 3);
    EXPECT_EQ(from, 5);
    EXPECT_EQ(to, 4);
    EXPECT_EQ(copy_file_range(a, NULL, b, NULL, 1000, 0), 10);
    EXPECT_STREQ(read_text("b"), "0123456789");
    EXPECT_EQ(copy_file_range(a, NULL, b, NULL, 1000, 0), 0);
    EXPECT_ERRNO(copy_file_range(a, &(loff_t){0}, a, &(loff_t){2}, 5, 0), EINVAL);
    EXPECT_ERRNO(copy_file_range(a, NULL, b, NULL, 5, 1), EINVAL);
    EXPECT_ERRNO(copy_file_range(a, NULL, open(".", O_RDONLY), NULL, 5, 0), EISDIR);
    EXPECT_ERRNO(copy_file_range(open("b", O_WRONLY), NULL, b, NULL, 5, 0), EBADF);
}
