/* SPDX-License-Identifier: MIT */
/* Bottom halves: run after the interrupt, interrupts on, on the same CPU; ksoftirqd takes over
 * when they do not end. */
#ifndef KERNEL_IRQ_SOFTIRQ_H
#define KERNEL_IRQ_SOFTIRQ_H

#include <kernel/types.h>

/* Order and names as /proc/softirqs shows them. */
enum softirq {
    SOFTIRQ_HI,
    SOFTIRQ_TIMER,
    SOFTIRQ_NET_TX,
    SOFTIRQ_NET_RX,
    SOFTIRQ_BLOCK,
    SOFTIRQ_IRQ_POLL,
    SOFTIRQ_TASKLET,
    SOFTIRQ_SCHED,
    SOFTIRQ_HRTIMER,
    SOFTIRQ_RCU,
    NR_SOFTIRQS,
};

void softirq_open(enum softirq nr, void (*action)(void));
void softirq_raise(enum softirq nr); /* any context */

struct tasklet {
    struct tasklet *next;
    u32 state;
    void (*fn)(struct tasklet *t);
};
void tasklet_init(struct tasklet *t, void (*fn)(struct tasklet *t));
void tasklet_schedule(struct tasklet *t); /* any context */
void tasklet_kill(struct tasklet *t);     /* may sleep */
#endif
