/* SPDX-License-Identifier: MIT */
/* Timers of a thread group: setitimer(2), timer_create(2), RLIMIT_CPU. */
#ifndef KERNEL_PROC_ITIMER_H
#define KERNEL_PROC_ITIMER_H

#include <abi/linux/signal.h>
#include <abi/linux/timers.h>
#include <kernel/types.h>

struct signal_state;
struct task;

struct itimer_setting {
    u64 value_ns;    /* until it fires; 0: off */
    u64 interval_ns; /* from then on; 0: once */
};

/** itimer_exchange() - sets (unless @set is NULL) and tells what was before. 0 or -EINVAL. */
int itimer_exchange(int which, const struct itimer_setting *set, struct itimer_setting *old);

/** cpu_timers_tick() - the running @task's group: timers and limits on CPU time. From the
 * scheduler's tick, interrupts off. */
void cpu_timers_tick(struct task *task);
/** cpu_limit_changed() - RLIMIT_CPU of @signal was set. */
void cpu_limit_changed(struct signal_state *signal);

/**
 * timer_next_period() - the first moment after @now_ns of a timer that was due at @expires_ns, and
 * how many periods have gone by unnoticed. @interval_ns is not 0.
 */
u64 timer_next_period(u64 expires_ns, u64 interval_ns, u64 now_ns, u64 *nr_missed);

/* POSIX timers of current's group. Times by the timer's own clock. Each 0 or -errno. */
int posix_timer_create(int clock, const struct linux_sigevent *event, int *id);
/* What its signal carries. */
void posix_timer_value_set(int id, linux_sigval_t value);
int posix_timer_set(int id, bool absolute, const struct itimer_setting *set,
                    struct itimer_setting *old);
int posix_timer_get(int id, struct itimer_setting *now);
int posix_timer_overrun(int id);
int posix_timer_delete(int id);

#endif
