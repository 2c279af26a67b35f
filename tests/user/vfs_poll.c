// SPDX-License-Identifier: MIT
// poll(2), select(2), epoll(7), eventfd(2), timerfd_create(2), signalfd(2).
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include "vfs.h"

static long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void later(int delay_ms, void (*act)(int), int arg)
{
    if (fork() == 0) {
        usleep(delay_ms * 1000);
        act(arg);
        _exit(0);
    }
}

static void write_byte(int fd)
{
    write(fd, "x", 1);
}

TEST(poll_waits_for_what_it_asks)
{
    struct pollfd p[3];
    int a[2], b[2];
    long start;

    pipe(a);
    pipe(b);
    p[0] = (struct pollfd){.fd = a[0], .events = POLLIN};
    p[1] = (struct pollfd){.fd = -1, .events = POLLIN, .revents = 7};
    p[2] = (struct pollfd){.fd = b[0], .events = POLLIN};
    start = now_ms();
    EXPECT_EQ(poll(p, 3, 50), 0);
    EXPECT_GE(now_ms() - start, 49);
    EXPECT_EQ(p[1].revents, 0);
    later(50, write_byte, b[1]);
    EXPECT_EQ(poll(p, 3, -1), 1);
    EXPECT_EQ(p[2].revents, POLLIN);
    EXPECT_EQ(p[0].revents, 0);
    p[1].fd = 999;
    EXPECT_EQ(poll(p, 3, 0), 2);
    EXPECT_EQ(p[1].revents, POLLNVAL);
    EXPECT_EQ(poll(NULL, 0, 10), 0);
    EXPECT_ERRNO(poll((void *)16, 1, 0), EFAULT);
    EXPECT_ERRNO(syscall(SYS_poll, p, 0x7fffffff, 0), EINVAL);
    enter_fresh_dir();
    p[0] = (struct pollfd){.fd = open(".", O_RDONLY), .events = POLLIN | POLLOUT};
    EXPECT_EQ(poll(p, 1, -1), 1); /* files are always ready */
    EXPECT_EQ(p[0].revents, POLLIN | POLLOUT);
    wait(NULL);
}

static volatile int signals;

static void count_signal(int sig)
{
    signals += sig == SIGUSR1;
}

TEST(ppoll_and_pselect_let_signals_through_at_once)
{
    struct sigaction sa = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct timespec second = {.tv_sec = 1}, bad = {.tv_nsec = -1};
    sigset_t set, none, now;

    sigaction(SIGUSR1, &sa, NULL);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    EXPECT_EQ(signals, 0);
    EXPECT_ERRNO(ppoll(NULL, 0, &second, &none), EINTR);
    EXPECT_EQ(signals, 1);
    sigprocmask(SIG_BLOCK, NULL, &now);
    EXPECT_TRUE(sigismember(&now, SIGUSR1));
    raise(SIGUSR1);
    EXPECT_ERRNO(pselect(0, NULL, NULL, NULL, &second, &none), EINTR);
    EXPECT_EQ(signals, 2);
    EXPECT_ERRNO(ppoll(NULL, 0, &bad, NULL), EINVAL);
}

TEST(select_marks_what_is_ready)
{
    struct timeval tv = {.tv_usec = 50000};
    fd_set in, out;
    int a[2], b[2], top;

    pipe(a);
    pipe(b);
    top = b[1] + 1;
    write_byte(b[1]);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(a[0], &in);
    FD_SET(b[0], &in);
    FD_SET(a[1], &out);
    EXPECT_EQ(select(top, &in, &out, NULL, NULL), 2);
    EXPECT_FALSE(FD_ISSET(a[0], &in));
    EXPECT_TRUE(FD_ISSET(b[0], &in));
    EXPECT_TRUE(FD_ISSET(a[1], &out));
    FD_ZERO(&in);
    FD_SET(a[0], &in);
    EXPECT_EQ(select(top, &in, NULL, NULL, &tv), 0);
    EXPECT_FALSE(FD_ISSET(a[0], &in));
    FD_ZERO(&in);
    FD_SET(top + 5, &in);
    tv = (struct timeval){0};
    EXPECT_ERRNO(select(top + 6, &in, NULL, NULL, &tv), EBADF);
    EXPECT_ERRNO(select(-1, NULL, NULL, NULL, &tv), EINVAL);
    tv.tv_usec = -1;
    EXPECT_ERRNO(select(0, NULL, NULL, NULL, &tv), EINVAL);
    close(b[1]);
    FD_ZERO(&in);
    FD_SET(b[0], &in);
    EXPECT_EQ(select(top, &in, NULL, NULL, NULL), 1); /* the end of file is readable */
}

/* --- epoll --- */

static int add(int ep, int fd, unsigned int events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};

    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int change(int ep, int fd, unsigned int events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};

    return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

TEST(epoll_levels_and_edges)
{
    struct epoll_event e[4];
    int ep = epoll_create1(EPOLL_CLOEXEC), a[2], b[2];
    char c[16];

    pipe(a);
    pipe(b);
    EXPECT_OK(add(ep, a[0], EPOLLIN));
    EXPECT_OK(add(ep, b[0], EPOLLIN | EPOLLET));
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 0);
    write_byte(a[1]);
    write_byte(b[1]);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 2);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 1); /* the level stays, the edge has passed */
    EXPECT_EQ(e[0].data.fd, a[0]);
    EXPECT_EQ(e[0].events, EPOLLIN);
    write_byte(b[1]);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 2);
    read(a[0], c, 16);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 0);
    EXPECT_OK(change(ep, b[0], EPOLLIN | EPOLLET)); /* asks anew */
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 1);
    EXPECT_OK(change(ep, a[0], EPOLLIN | EPOLLONESHOT));
    write_byte(a[1]);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 1);
    write_byte(a[1]);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 0);
    EXPECT_OK(change(ep, a[0], EPOLLIN | EPOLLONESHOT));
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 1);
    close(b[1]);
    EXPECT_EQ(epoll_wait(ep, e, 4, 0), 1);
    EXPECT_EQ(e[0].events, EPOLLIN | EPOLLHUP);
}

TEST(epoll_control_checks)
{
    struct epoll_event e = {.events = EPOLLIN};
    int ep = epoll_create1(0), inner = epoll_create1(0), a[2], f;

    enter_fresh_dir();
    pipe(a);
    f = open("f", O_CREAT | O_RDWR, 0644);
    EXPECT_OK(add(ep, a[0], EPOLLIN));
    EXPECT_ERRNO(add(ep, a[0], EPOLLIN), EEXIST);
    EXPECT_OK(add(ep, dup(a[0]), EPOLLIN)); /* another descriptor is another item */
    EXPECT_ERRNO(change(ep, a[1], EPOLLIN), ENOENT);
    EXPECT_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, a[1], NULL), ENOENT);
    EXPECT_ERRNO(add(ep, f, EPOLLIN), EPERM);
    EXPECT_ERRNO(add(ep, ep, EPOLLIN), EINVAL);
    EXPECT_ERRNO(add(a[0], a[1], EPOLLIN), EINVAL);
    EXPECT_ERRNO(add(ep, 999, EPOLLIN), EBADF);
    EXPECT_ERRNO(add(999, a[0], EPOLLIN), EBADF);
    EXPECT_ERRNO(epoll_ctl(ep, 99, a[0], &e), EINVAL);
    EXPECT_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, a[1], (void *)16), EFAULT);
    EXPECT_OK(add(ep, a[1], EPOLLOUT | EPOLLEXCLUSIVE));
    EXPECT_ERRNO(change(ep, a[1], EPOLLOUT), EINVAL);
    EXPECT_ERRNO(add(ep, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    EXPECT_OK(add(ep, inner, EPOLLIN));
    EXPECT_ERRNO(add(inner, ep, EPOLLIN), ELOOP);
    EXPECT_OK(epoll_ctl(ep, EPOLL_CTL_DEL, a[1], NULL));
    EXPECT_ERRNO(epoll_wait(ep, &e, 0, 0), EINVAL);
    EXPECT_ERRNO(epoll_wait(ep, (void *)-4096L, 1, 0), EFAULT);
    EXPECT_ERRNO(epoll_wait(a[0], &e, 1, 0), EINVAL);
    EXPECT_ERRNO(epoll_create1(1), EINVAL);
    EXPECT_ERRNO(syscall(SYS_epoll_create, 0), EINVAL);
}

TEST(epoll_instances_nest)
{
    struct epoll_event e;
    struct pollfd p;
    int outer = epoll_create1(0), inner = epoll_create1(0), a[2], chain[8];
    char c;

    pipe(a);
    EXPECT_OK(add(inner, a[0], EPOLLIN));
    EXPECT_OK(add(outer, inner, EPOLLIN));
    EXPECT_EQ(epoll_wait(outer, &e, 1, 0), 0);
    later(50, write_byte, a[1]);
    EXPECT_EQ(epoll_wait(outer, &e, 1, -1), 1);
    EXPECT_EQ(e.data.fd, inner);
    p = (struct pollfd){.fd = outer, .events = POLLIN};
    EXPECT_EQ(poll(&p, 1, 0), 1);
    read(a[0], &c, 1);
    EXPECT_EQ(epoll_wait(outer, &e, 1, 0), 0);
    EXPECT_EQ(poll(&p, 1, 0), 0);
    for (int i = 0; i < 8; i++)
        chain[i] = epoll_create1(0);
    for (int i = 0; i < 4; i++)
        EXPECT_OK(add(chain[i], chain[i + 1], EPOLLIN));
    EXPECT_ERRNO(add(chain[4], chain[0], EPOLLIN), ELOOP);
    EXPECT_ERRNO(add(chain[5], chain[0], EPOLLIN), ELOOP); /* too deep */
    wait(NULL);
}

TEST(a_wake_up_passes_through_nested_instances)
{
    struct epoll_event e;
    int chain[4], a[2];

    pipe(a);
    for (int i = 0; i < 4; i++) {
        chain[i] = epoll_create1(0);
        EXPECT_OK(add(chain[i], i ? chain[i - 1] : a[0], EPOLLIN));
    }
    later(50, write_byte, a[1]);
    EXPECT_EQ(epoll_wait(chain[3], &e, 1, 2000), 1);
    EXPECT_EQ(e.data.fd, chain[2]);
    wait(NULL);
}

TEST(closed_files_leave_epoll)
{
    struct epoll_event e;
    int ep = epoll_create1(0), a[2], copy;

    pipe(a);
    EXPECT_OK(add(ep, a[0], EPOLLIN));
    write_byte(a[1]);
    copy = dup(a[0]);
    close(a[0]);
    EXPECT_EQ(epoll_wait(ep, &e, 1, 0), 1); /* the open file lives */
    close(copy);
    EXPECT_EQ(epoll_wait(ep, &e, 1, 0), 0);
    pipe(a);
    EXPECT_OK(add(ep, a[0], EPOLLIN));
    close(ep);
    write_byte(a[1]);
    close(a[0]);
}

TEST(epoll_gives_every_item_its_turn)
{
    struct epoll_event e[4];
    int ep = epoll_create1(0), seen[10] = {0}, pipes[10][2];

    for (int i = 0; i < 10; i++) {
        pipe(pipes[i]);
        struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};
        EXPECT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[i][0], &ev));
        write_byte(pipes[i][1]);
    }
    for (int round = 0; round < 5; round++) {
        int n = epoll_wait(ep, e, 4, 0);

        EXPECT_EQ(n, 4);
        for (int i = 0; i < n; i++)
            seen[e[i].data.u32]++;
    }
    for (int i = 0; i < 10; i++)
        EXPECT_EQ(seen[i], 2);
}

/* --- files that stand for events --- */

TEST(eventfd_counts)
{
    struct pollfd p;
    uint64_t v = 3;
    int fd = eventfd(2, EFD_NONBLOCK), s = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);

    EXPECT_EQ(write(fd, &v, 8), 8);
    EXPECT_EQ(read(fd, &v, 8), 8);
    EXPECT_EQ(v, 5);
    EXPECT_ERRNO(read(fd, &v, 8), EAGAIN);
    EXPECT_ERRNO(read(fd, &v, 4), EINVAL);
    EXPECT_ERRNO(write(fd, &v, 4), EINVAL);
    v = UINT64_MAX;
    EXPECT_ERRNO(write(fd, &v, 8), EINVAL);
    v = UINT64_MAX - 1;
    EXPECT_EQ(write(fd, &v, 8), 8);
    v = 1;
    EXPECT_ERRNO(write(fd, &v, 8), EAGAIN);
    p = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT};
    EXPECT_EQ(poll(&p, 1, 0), 1);
    EXPECT_EQ(p.revents, POLLIN);
    EXPECT_EQ(read(s, &v, 8), 8);
    EXPECT_EQ(v, 1);
    EXPECT_EQ(read(s, &v, 8), 8);
    EXPECT_ERRNO(read(s, &v, 8), EAGAIN);
    EXPECT_ERRNO(eventfd(0, 2), EINVAL);
}

TEST(timerfd_expires)
{
    struct itimerspec t = {.it_value = {0, 30000000}, .it_interval = {0, 10000000}}, left;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t n;

    EXPECT_ERRNO(read(fd, &n, 8), EAGAIN);
    EXPECT_OK(timerfd_settime(fd, 0, &t, NULL));
    EXPECT_OK(timerfd_gettime(fd, &left));
    EXPECT_EQ(left.it_interval.tv_nsec, 10000000);
    EXPECT_GT(left.it_value.tv_nsec, 0);
    EXPECT_LE(left.it_value.tv_nsec, 30000000);
    EXPECT_EQ(poll(&p, 1, 1000), 1);
    EXPECT_EQ(read(fd, &n, 8), 8);
    EXPECT_GE(n, 1);
    usleep(60000);
    EXPECT_EQ(read(fd, &n, 8), 8);
    EXPECT_GE(n, 4);
    t = (struct itimerspec){.it_value = {0, 1}};
    EXPECT_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, &left)); /* long ago */
    usleep(10000);
    EXPECT_EQ(read(fd, &n, 8), 8);
    EXPECT_EQ(n, 1);
    t = (struct itimerspec){0};
    EXPECT_OK(timerfd_settime(fd, 0, &t, NULL));
    EXPECT_ERRNO(read(fd, &n, 4), EINVAL);
    t.it_value.tv_nsec = 1000000000;
    EXPECT_ERRNO(timerfd_settime(fd, 0, &t, NULL), EINVAL);
    EXPECT_ERRNO(timerfd_settime(0, 0, &left, NULL), EINVAL);
    EXPECT_ERRNO(timerfd_create(99, 0), EINVAL);
    EXPECT_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
}

static void send_usr1(int pid)
{
    kill(pid, SIGUSR1);
}

TEST(signalfd_reads_signals)
{
    struct signalfd_siginfo info;
    struct epoll_event e;
    sigset_t set;
    int fd, ep = epoll_create1(0);

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_NONBLOCK);
    ASSERT_GE(fd, 0);
    EXPECT_ERRNO(read(fd, &info, sizeof(info)), EAGAIN);
    EXPECT_ERRNO(read(fd, &info, 10), EINVAL);
    EXPECT_OK(add(ep, fd, EPOLLIN));
    later(30, send_usr1, getpid());
    EXPECT_EQ(epoll_wait(ep, &e, 1, 2000), 1);
    EXPECT_EQ(read(fd, &info, sizeof(info)), sizeof(info));
    EXPECT_EQ(info.ssi_signo, SIGUSR1);
    EXPECT_EQ(info.ssi_code, SI_USER);
    EXPECT_NE(info.ssi_pid, 0);
    EXPECT_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 42}));
    EXPECT_EQ(read(fd, &info, sizeof(info)), sizeof(info));
    EXPECT_EQ(info.ssi_int, 42);
    EXPECT_EQ(info.ssi_pid, getpid());
    EXPECT_ERRNO(signalfd(0, &set, 0), EINVAL);
    EXPECT_ERRNO(signalfd(-1, &set, 1), EINVAL);
    wait(NULL);
}

TEST(many_sleepers_one_wakes)
{
    int p[2], woken = 0, status;

    pipe(p);
    for (int i = 0; i < 5; i++) {
        if (fork() == 0) {
            char c;

            alarm(1);
            _exit(read(p[0], &c, 1) == 1 ? 0 : 1);
        }
    }
    usleep(100000);
    write(p[1], "xy", 2);
    while (wait(&status) > 0)
        woken += status == 0;
    EXPECT_EQ(woken, 2);
}
