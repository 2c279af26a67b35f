/* SPDX-License-Identifier: MIT */
/* The host stands in for the processor: one CPU, interrupts always "on", no privileged
 * instructions. */
#ifndef KERNEL_ARCH_CPU_H
#define KERNEL_ARCH_CPU_H

#include <kernel/compiler.h>
#include <kernel/lib/barrier.h>
#include <kernel/types.h>

#define NR_CPUS_MAX 64

static inline unsigned long local_save_flags(void)
{
    return 0;
}

static inline void local_irq_disable(void)
{
}

static inline void local_irq_enable(void)
{
}

static inline bool irqs_disabled(void)
{
    return false;
}

static inline unsigned long local_irq_save(void)
{
    return 0;
}

static inline void local_irq_restore(unsigned long flags)
{
}

#endif
