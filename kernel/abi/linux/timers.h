/* SPDX-License-Identifier: MIT */
/* Interval timers and POSIX timers: setitimer(2), timer_create(2). */
#ifndef ABI_LINUX_TIMERS_H
#define ABI_LINUX_TIMERS_H

#include <abi/linux/resource.h>

#define ITIMER_REAL    0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF    2

struct linux_itimerval {
    struct linux_timeval it_interval;
    struct linux_timeval it_value;
};

struct linux_timespec {
    long tv_sec;
    long tv_nsec;
};

struct linux_itimerspec {
    struct linux_timespec it_interval;
    struct linux_timespec it_value;
};

#define TIMER_ABSTIME 1

#endif
