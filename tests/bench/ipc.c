// SPDX-License-Identifier: MIT
/* Two processes or threads that wait for each other, and the bandwidth of a pipe. */
#define _GNU_SOURCE
#include "bench.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
/* futex(2); musl has no <linux/futex.h>. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

/* We write to `to`; what the other side answers comes in `from`. */
static int to = -1, from = -1;
static char chunk[CHUNK];

/* Starts `other` in a process that dies with this one. */
static int start(void (*other)(int in, int out), int in, int out)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to);
        close(from);
        other(in, out);
        _exit(0);
    }
    return pid < 0 ? errno : 0;
}

static void echo(int in, int out)
{
    char byte;

    while (read(in, &byte, 1) == 1) {
        if (write(out, &byte, 1) != 1)
            return;
    }
}

static int prepare_pipe(void)
{
    int there[2], back[2], error;

    if (pipe(there) != 0 || pipe(back) != 0)
        return errno;
    to = there[1];
    from = back[0];
    error = start(echo, there[0], back[1]);
    close(there[0]);
    close(back[1]);
    return error;
}

static int prepare_socket(void)
{
    int pair[2], error;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return errno;
    to = from = pair[0];
    error = start(echo, pair[1], pair[1]);
    close(pair[1]);
    return error;
}

static void run_round_trip(unsigned long n)
{
    char byte = 'x';

    while (n--)
        BENCH_CHECK(write(to, &byte, 1) == 1 && read(from, &byte, 1) == 1);
}

static void swallow(int in, int out)
{
    (void)out;
    while (read(in, chunk, CHUNK) > 0)
        ;
}

static int prepare_bandwidth(void)
{
    int there[2], error;

    if (pipe(there) != 0)
        return errno;
    to = there[1];
    error = start(swallow, there[0], -1);
    close(there[0]);
    return error;
}

static void run_bandwidth(unsigned long n)
{
    while (n--)
        BENCH_CHECK(write(to, chunk, CHUNK) == CHUNK);
}

/* Two words that both sides see: whose turn it is. */
static _Atomic int *turns;

static void futex_wait_for(_Atomic int *word, int old)
{
    while (*word == old)
        syscall(SYS_futex, word, FUTEX_WAIT, old, NULL, NULL, 0);
}

static void futex_set(_Atomic int *word, int value)
{
    *word = value;
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex_answer(int in, int out)
{
    int seen = 0;

    (void)in;
    (void)out;
    for (;;) {
        futex_wait_for(&turns[0], seen);
        seen = turns[0];
        futex_set(&turns[1], seen);
    }
}

static int prepare_futex(void)
{
    turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (turns == MAP_FAILED)
        return errno;
    if (syscall(SYS_futex, turns, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
        return errno;
    return start(futex_answer, -1, -1);
}

static void run_futex(unsigned long n)
{
    while (n--) {
        int seen = turns[1];

        futex_set(&turns[0], seen + 1);
        futex_wait_for(&turns[1], seen);
    }
}

const struct bench ipc_benches[] = {
    {"pipe-round-trip", 300, prepare_pipe, run_round_trip},
    {"socket-round-trip", 300, prepare_socket, run_round_trip},
    {"futex-round-trip", 300, prepare_futex, run_futex},
    {"pipe-64k", 50, prepare_bandwidth, run_bandwidth},
    {0},
};
