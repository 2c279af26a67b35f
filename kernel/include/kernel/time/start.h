/* SPDX-License-Identifier: MIT */
/* Starting the clocks and timers, in order. */
#ifndef KERNEL_TIME_START_H
#define KERNEL_TIME_START_H

#include <kernel/types.h>

/* The rate is known: monotonic time counts from first_tsc. */
void clock_start(u64 first_tsc);
/* Per-CPU trees, once the areas exist. */
void timers_init(void);
/* This processor's timer hardware works: timers may fire. Interrupts off. */
void timers_start_cpu(void);
/* The earliest timer of this CPU, for tickless idle; ~0: none. Interrupts off. */
u64 timers_next_ns(void);
#endif
