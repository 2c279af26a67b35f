// SPDX-License-Identifier: MIT
/* Mappings and page faults. Those named per-page do many pages at a time and are divided by them.
 */
#define _GNU_SOURCE
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define RUN  256UL /* pages that are mapped at a time: below the size of a huge page */

static int fd = -1;

static char *map(size_t size, int protection, int flags, int file)
{
    char *memory = mmap(NULL, size, protection, flags, file, 0);

    BENCH_CHECK(memory != MAP_FAILED);
    return memory;
}

static void run_mmap_munmap(unsigned long n)
{
    while (n--) {
        char *memory = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

        BENCH_CHECK(munmap(memory, 16 * PAGE) == 0);
    }
}

static char *protected;

static int prepare_mprotect(void)
{
    protected = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memset(protected, 1, 16 * PAGE);
    return 0;
}

/* Two calls: read-only, and back. */
static void run_mprotect(unsigned long n)
{
    while (n--) {
        BENCH_CHECK(mprotect(protected, PAGE * 16, PROT_READ) == 0);
        BENCH_CHECK(mprotect(protected, PAGE * 16, PROT_READ | PROT_WRITE) == 0);
    }
}

/* n pages: each is touched once; mapping and unmapping a run of them is part of it. */
static void run_anonymous(unsigned long n)
{
    for (unsigned long done = 0; done < n; done += RUN) {
        char *memory = map(RUN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

        for (unsigned long page = 0; page < RUN; page++)
            memory[page * PAGE] = 1;
        munmap(memory, RUN * PAGE);
    }
}

static char *shared;

static int prepare_cow(void)
{
    shared = map(RUN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memset(shared, 1, RUN * PAGE);
    return 0;
}

/* n pages: a child writes to what it shares with its parent. Its fork and exit are part of it. */
static void run_cow(unsigned long n)
{
    for (unsigned long done = 0; done < n; done += RUN) {
        pid_t pid = fork();

        if (pid == 0) {
            for (unsigned long page = 0; page < RUN; page++)
                shared[page * PAGE] = 2;
            _exit(0);
        }
        BENCH_CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid);
    }
}

static int prepare_file(void)
{
    char buffer[PAGE];

    fd = open("/usr/bin/busybox", O_RDONLY);
    if (fd < 0)
        return errno;
    while (read(fd, buffer, sizeof(buffer)) > 0)
        ;
    return 0;
}

/* n pages of a file that is in the page cache, read through a mapping. */
static void run_file(unsigned long n)
{
    volatile char sink;

    for (unsigned long done = 0; done < n; done += RUN) {
        char *memory = map(RUN * PAGE, PROT_READ, MAP_PRIVATE, fd);

        for (unsigned long page = 0; page < RUN; page++)
            sink = memory[page * PAGE];
        munmap(memory, RUN * PAGE);
    }
    (void)sink;
}

const struct bench memory_benches[] = {
    {"mmap-munmap", 500, NULL, run_mmap_munmap},
    {"mprotect-twice", 500, prepare_mprotect, run_mprotect},
    {"anonymous-fault-per-page", 4 * RUN, NULL, run_anonymous},
    {"cow-fault-per-page", 4 * RUN, prepare_cow, run_cow},
    {"file-fault-per-page", 4 * RUN, prepare_file, run_file},
    {0},
};
