/* SPDX-License-Identifier: MIT */
/* How the scheduler, the idle loop and interrupt entry tell RCU of quiescent points. */
#ifndef KERNEL_SYNC_RCU_CORE_H
#define KERNEL_SYNC_RCU_CORE_H

#include <kernel/arch/percpu.h>

DECLARE_PER_CPU(unsigned long, rcu_qs_count);
DECLARE_PER_CPU(bool, rcu_idle);

/* This CPU holds no reader right now: context switch, tick in user mode. */
static inline void rcu_quiescent(void)
{
    this_cpu_inc(rcu_qs_count);
}
/* Around waiting for interrupts, interrupts off. */
static inline void rcu_idle_enter(void)
{
    smp_mb();
    this_cpu_write(rcu_idle, true);
}
static inline void rcu_idle_exit(void)
{
    this_cpu_write(rcu_idle, false);
    smp_mb();
}
#endif
