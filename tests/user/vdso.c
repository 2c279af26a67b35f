// SPDX-License-Identifier: MIT
// The vDSO: there is one, and its clocks are the kernel's.
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "ktap.h"

static long long nanoseconds(const struct timespec *ts)
{
    return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

TEST(the_auxiliary_vector_names_an_elf_image)
{
    const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);

    ASSERT_NE((uintptr_t)image, 0);
    EXPECT_EQ(memcmp(image, "\177ELF", 4), 0);
    EXPECT_DEATH(*(volatile char *)image = 0);
    EXPECT_DEATH(*(volatile char *)(image - 4096) = 0);
}

TEST(its_clocks_agree_with_the_calls)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
                                       CLOCK_PROCESS_CPUTIME_ID};

    for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        struct timespec before, between, after;

        EXPECT_EQ(syscall(SYS_clock_gettime, clocks[i], &before), 0);
        EXPECT_EQ(clock_gettime(clocks[i], &between), 0);
        EXPECT_EQ(syscall(SYS_clock_gettime, clocks[i], &after), 0);
        EXPECT_TRUE(nanoseconds(&before) <= nanoseconds(&between));
        EXPECT_TRUE(nanoseconds(&between) <= nanoseconds(&after));
    }
    EXPECT_EQ(clock_gettime(4711, &(struct timespec){}), -1);
}

TEST(time_of_day_is_real_time)
{
    struct timespec real;
    struct timeval tv;

    clock_gettime(CLOCK_REALTIME, &real);
    EXPECT_EQ(gettimeofday(&tv, NULL), 0);
    EXPECT_TRUE(tv.tv_sec - real.tv_sec <= 1);
    EXPECT_TRUE(time(NULL) - real.tv_sec <= 1);
}

TEST(the_processor_is_one_of_those_allowed)
{
    cpu_set_t set;

    ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
    EXPECT_TRUE(CPU_ISSET(sched_getcpu(), &set));
}
