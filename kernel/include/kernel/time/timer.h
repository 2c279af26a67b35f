/* SPDX-License-Identifier: MIT */
/*
 * Timers: a function called at a time. Kept per CPU in a tree by expiry; exact to the hardware.
 * The function runs in the timer interrupt (TIMER_HARDIRQ) or in softirq (default).
 */
#ifndef KERNEL_TIME_TIMER_H
#define KERNEL_TIME_TIMER_H

#include <kernel/lib/rbtree.h>
#include <kernel/types.h>

struct timer;
/* Returns true to run again at timer->expires_ns (which it has moved on), false when done. */
typedef bool (*timer_fn_t)(struct timer *timer);

#define TIMER_HARDIRQ 0x1

struct timer {
    struct rb_node node;
    u64 expires_ns; /* by ktime_ns() */
    timer_fn_t fn;
    u8 flags;
    u8 state; /* private */
    u16 cpu;
};

void timer_init(struct timer *timer, timer_fn_t fn, unsigned int flags);
/* Starts or restarts it on this CPU. Any context. */
void timer_start(struct timer *timer, u64 expires_ns);
/* Stops it: 1 was waiting, 0 was not, -1 its function is running now. Any context. */
int timer_try_cancel(struct timer *timer);
/* Stops it and waits for a running function; not from the function, not with locks it takes. */
bool timer_cancel(struct timer *timer);
bool timer_pending(const struct timer *timer);
#endif
