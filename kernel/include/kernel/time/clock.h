/* SPDX-License-Identifier: MIT */
/* The clocks (clock_gettime(2)). Context of all: any, also NMI but for the setters. */
#ifndef KERNEL_TIME_CLOCK_H
#define KERNEL_TIME_CLOCK_H

#include <kernel/time/time64.h>

/* CLOCK_MONOTONIC: nanoseconds since the kernel's start. Works from the first log line on (0 until
 * the TSC is calibrated). */
u64 ktime_ns(void);
u64 ktime_boot_ns(void); /* CLOCK_BOOTTIME */
s64 ktime_real_ns(void); /* CLOCK_REALTIME, since 1970 */
struct timespec64 ktime_real(void);
struct timespec64 ktime_real_coarse(void);
u64 sched_clock_ns(void); /* this CPU's, cheap, for accounting */
/* 0 or -EINVAL. */
int clock_set_real(const struct timespec64 *ts);
/* Busy waits; for hardware only. */
void udelay(unsigned long us);
void ndelay(unsigned long ns);
/* Sleeps at least so long (uninterruptible). Task context. */
void sleep_ns(u64 ns);
static inline void msleep(unsigned int ms)
{
    sleep_ns((u64)ms * NSEC_PER_MSEC);
}

/* Raw counter and its rate, for boot-time accounts. */
u64 tsc_read(void);
u64 tsc_khz(void);
u64 tsc_to_ns(u64 cycles);
#endif
