// SPDX-License-Identifier: MIT
/*
 * Runs the benchmarks and prints a line for each:
 *     bench NAME ITERATIONS INSTRUCTIONS      per operation, with one decimal
 *     bench NAME unsupported ERRNO
 *     bench NAME failed WHAT
 * Arguments: names of benchmarks; all when none.
 */
#include "bench.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_BATCHES 5

static const char *running;

void bench_fail(const char *what)
{
    printf("bench %s failed %s (%s)\n", running, what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

/* What a batch's own loop costs is that of a loop around one instruction, measured here. */
static void run_nothing(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        __asm__ volatile("" : : : "memory");
}

/* The least cost of n operations over the batches: what interrupts add is left out. */
static uint64_t measure(void (*run)(unsigned long n), unsigned long n)
{
    uint64_t least = UINT64_MAX;

    for (int batch = 0; batch < NR_BATCHES; batch++) {
        uint64_t start = bench_now();
        run(n);
        uint64_t took = bench_now() - start;
        if (took < least)
            least = took;
    }
    return least;
}

static void run_bench(const struct bench *bench)
{
    unsigned long n = bench->iterations;
    int error = bench->prepare ? bench->prepare() : 0;
    uint64_t total, nothing;

    if (error) {
        printf("bench %s unsupported %s\n", bench->name, strerror(error));
        return;
    }
    bench->run(n / 8 + 1); /* caches, page tables and the kernel's pools fill up */
    total = measure(bench->run, n);
    nothing = measure(run_nothing, n);
    total = total > nothing ? total - nothing : 0;
    printf("bench %s %lu %llu.%llu\n", bench->name, n, (unsigned long long)(total / n),
           (unsigned long long)(total % n * 10 / n));
}

/* In a process of its own, so that one that goes wrong takes only itself away. */
static void run_apart(const struct bench *bench)
{
    int status = 0;
    pid_t pid;

    running = bench->name;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        alarm(120);
        run_bench(bench);
        fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WIFSIGNALED(status))
        printf("bench %s failed signal %d\n", bench->name, WTERMSIG(status));
}

static int is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return 1;
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    static const struct bench *const lists[] = {syscall_benches, file_benches, ipc_benches,
                                                process_benches, memory_benches};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (const struct bench *bench = lists[i]; bench->name; bench++) {
            if (is_wanted(bench->name, argc, argv))
                run_apart(bench);
        }
    }
    printf("bench end\n");
    return 0;
}
