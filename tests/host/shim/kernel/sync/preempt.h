/* SPDX-License-Identifier: MIT */
/* Nothing preempts a host test; the count is kept so that its balance can be checked. */
#ifndef KERNEL_SYNC_PREEMPT_H
#define KERNEL_SYNC_PREEMPT_H

#include <kernel/arch/percpu.h>

extern unsigned int shim_preempt_count;

static inline unsigned int preempt_count(void)
{
    return shim_preempt_count;
}

#define in_hardirq()         0U
#define in_serving_softirq() 0U
#define in_nmi()             0U
#define in_interrupt()       0U
#define in_task()            true
#define preemptible()        (shim_preempt_count == 0)

static inline void preempt_disable(void)
{
    shim_preempt_count++;
}

static inline void preempt_enable(void)
{
    shim_preempt_count--;
}

static inline void preempt_enable_no_resched(void)
{
    shim_preempt_count--;
}

static inline void local_bh_disable(void)
{
    shim_preempt_count++;
}

static inline void local_bh_enable(void)
{
    shim_preempt_count--;
}

/* Aborts the test when something is held that forbids sleeping. */
void might_sleep(void);

#endif
