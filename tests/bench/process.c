// SPDX-License-Identifier: MIT
/* Processes and threads: made, run and waited for. */
#define _GNU_SOURCE
#include "bench.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOUCHED (8UL << 20)

static void run_fork(unsigned long n)
{
    while (n--) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        BENCH_CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid);
    }
}

static int prepare_touched(void)
{
    char *memory = mmap(NULL, TOUCHED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return errno;
    memset(memory, 1, TOUCHED);
    return 0;
}

static void run_vfork_exec(unsigned long n)
{
    static char *const argv[] = {"true", NULL}, *const envp[] = {NULL};

    while (n--) {
        int status = 0;
        pid_t pid = vfork();

        if (pid == 0) {
            execve("/bin/true", argv, envp);
            _exit(127);
        }
        BENCH_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    }
}

static void *nothing(void *argument)
{
    return argument;
}

static int prepare_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);

    return error ? error : pthread_join(thread, NULL);
}

static void run_thread(unsigned long n)
{
    while (n--) {
        pthread_t thread;

        BENCH_CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0);
        BENCH_CHECK(pthread_join(thread, NULL) == 0);
    }
}

const struct bench process_benches[] = {
    {"fork-exit-wait", 50, NULL, run_fork},
    {"fork-exit-wait-8m", 10, prepare_touched, run_fork},
    {"vfork-exec-wait", 20, NULL, run_vfork_exec},
    {"thread-create-join", 50, prepare_thread, run_thread},
    {0},
};
