/* SPDX-License-Identifier: MIT */
/* Points in time. */
#ifndef KERNEL_TIME_TIME64_H
#define KERNEL_TIME_TIME64_H

#include <kernel/types.h>

#define NSEC_PER_SEC  1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL
#define USEC_PER_SEC  1000000LL

struct timespec64 {
    s64 tv_sec;
    s64 tv_nsec; /* 0..999999999 */
};

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
    struct timespec64 ts = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};

    if (ts.tv_nsec < 0) {
        ts.tv_nsec += NSEC_PER_SEC;
        ts.tv_sec--;
    }
    return ts;
}

static inline s64 timespec64_to_ns(const struct timespec64 *ts)
{
    return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static inline int timespec64_compare(const struct timespec64 *a, const struct timespec64 *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

static inline bool timespec64_valid(const struct timespec64 *ts)
{
    return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < NSEC_PER_SEC;
}
#endif
