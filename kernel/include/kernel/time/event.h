/* SPDX-License-Identifier: MIT */
/* Between the timer hardware (arch) and the time code. */
#ifndef KERNEL_TIME_EVENT_H
#define KERNEL_TIME_EVENT_H

#include <kernel/types.h>

/* The processor's timer went off. Hard interrupt context. */
void clock_event_interrupt(void);
/* Arms this processor's timer for a point of ktime_ns(); arch. Interrupts off. */
void apic_timer_arm_ns(u64 deadline_ns);

/* Cycles of the TSC in so many nanoseconds. */
u64 ns_to_tsc(u64 ns);
#endif
