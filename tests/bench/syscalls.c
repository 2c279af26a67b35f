// SPDX-License-Identifier: MIT
/* Calls that do little: what entering and leaving the kernel costs, and the shortest paths in it.
 */
#define _GNU_SOURCE
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int fd = -1, event_fd = -1, epoll_fd = -1;
static struct pollfd polled[64];

static void run_getppid(unsigned long n)
{
    while (n--)
        syscall(SYS_getppid);
}

static void run_clock_gettime(unsigned long n)
{
    struct timespec now;

    while (n--)
        clock_gettime(CLOCK_MONOTONIC, &now);
}

static void run_sched_yield(unsigned long n)
{
    while (n--)
        sched_yield();
}

static int prepare_zero(void)
{
    fd = open("/dev/zero", O_RDONLY);
    return fd < 0 ? errno : 0;
}

static void run_read_one(unsigned long n)
{
    char byte;

    while (n--)
        BENCH_CHECK(read(fd, &byte, 1) == 1);
}

static int prepare_null(void)
{
    fd = open("/dev/null", O_WRONLY);
    return fd < 0 ? errno : 0;
}

static void run_write_one(unsigned long n)
{
    while (n--)
        BENCH_CHECK(write(fd, "x", 1) == 1);
}

static void run_fstat(unsigned long n)
{
    struct stat st;

    while (n--)
        BENCH_CHECK(fstat(fd, &st) == 0);
}

static void run_sigprocmask(unsigned long n)
{
    sigset_t set, old;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    while (n--)
        BENCH_CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
}

static volatile unsigned long nr_signals;

static void on_signal(int number)
{
    nr_signals += number != 0;
}

static int prepare_signal(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    return sigaction(SIGUSR1, &action, NULL) != 0 ? errno : 0;
}

static void run_signal(unsigned long n)
{
    pid_t pid = getpid();
    unsigned long wanted = nr_signals + n;

    while (n--)
        kill(pid, SIGUSR1);
    BENCH_CHECK(nr_signals == wanted);
}

static int prepare_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    event_fd = eventfd(0, 0);
    if (event_fd < 0)
        return errno;
    epoll_fd = epoll_create1(0);
    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) != 0)
        return errno;
    return 0;
}

static void run_epoll(unsigned long n)
{
    struct epoll_event event;
    uint64_t value;

    while (n--) {
        value = 1;
        BENCH_CHECK(write(event_fd, &value, sizeof(value)) == sizeof(value));
        BENCH_CHECK(epoll_wait(epoll_fd, &event, 1, -1) == 1);
        BENCH_CHECK(read(event_fd, &value, sizeof(value)) == sizeof(value));
    }
}

static int prepare_poll(void)
{
    for (int i = 0; i < 32; i++) {
        int fds[2];

        if (pipe(fds) != 0)
            return errno;
        polled[2 * i] = (struct pollfd){.fd = fds[0], .events = POLLIN};
        polled[2 * i + 1] = (struct pollfd){.fd = fds[1], .events = POLLIN};
    }
    return poll(polled, 64, 0) != 0 ? EIO : 0;
}

static void run_poll(unsigned long n)
{
    while (n--)
        BENCH_CHECK(poll(polled, 64, 0) == 0);
}

/* Not instructions, but nanoseconds beyond the asked 100 us, of which one is one instruction too.
 */
static void run_nanosleep(unsigned long n)
{
    const struct timespec asked = {.tv_nsec = 100000};

    while (n--)
        BENCH_CHECK(nanosleep(&asked, NULL) == 0);
}

const struct bench syscall_benches[] = {
    {"getppid", 2000, NULL, run_getppid},
    {"clock_gettime", 2000, NULL, run_clock_gettime},
    {"read-1-byte", 2000, prepare_zero, run_read_one},
    {"write-1-byte", 2000, prepare_null, run_write_one},
    {"fstat", 1000, prepare_zero, run_fstat},
    {"sigprocmask", 1000, NULL, run_sigprocmask},
    {"signal", 500, prepare_signal, run_signal},
    {"sched_yield", 1000, NULL, run_sched_yield},
    {"epoll-eventfd", 500, prepare_epoll, run_epoll},
    {"poll-64", 200, prepare_poll, run_poll},
    {"nanosleep-100us", 20, NULL, run_nanosleep},
    {0},
};
