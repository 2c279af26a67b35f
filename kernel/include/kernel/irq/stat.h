/* SPDX-License-Identifier: MIT */
/* Counts for /proc/softirqs; start of the per-CPU softirq threads. */
#ifndef KERNEL_IRQ_STAT_H
#define KERNEL_IRQ_STAT_H

#include <kernel/irq/softirq.h>

extern const char *const softirq_names[NR_SOFTIRQS];
u32 softirq_count(enum softirq nr, unsigned int cpu);
/* Makes ksoftirqd/cpu. Task context. */
void softirq_start_thread(unsigned int cpu);
#endif
