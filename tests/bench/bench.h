/* SPDX-License-Identifier: MIT */
/*
 * A benchmark of one operation. Under `make bench` the virtual machine executes one instruction a
 * nanosecond and its time stamp counter counts nanoseconds, so a difference of counter values is
 * the exact number of instructions, those of the kernel and of interrupts included.
 *
 * prepare() sets up what run() needs and returns 0, or the errno that says why it cannot be had:
 * the operation is then reported as unsupported. run(n) does the operation n times. What prepare()
 * made goes away with the process: each benchmark has one of its own.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdint.h>

struct bench {
    const char *name;
    unsigned long iterations; /* in one of the batches, of which the least counts */
    int (*prepare)(void);     /* may be NULL */
    void (*run)(unsigned long n);
};

/* Each file of benchmarks has its table, ended by an entry without a name. */
extern const struct bench syscall_benches[], process_benches[], memory_benches[], ipc_benches[],
    file_benches[];

static inline uint64_t bench_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Ends the benchmark's process: an operation that worked in prepare() failed in run(). */
void bench_fail(const char *what) __attribute__((noreturn));

#define BENCH_CHECK(condition)      \
    do {                            \
        if (!(condition))           \
            bench_fail(#condition); \
    } while (0)

#endif
