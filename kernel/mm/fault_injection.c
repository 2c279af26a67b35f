/* SPDX-License-Identifier: MIT */
/*
 * Allocation failures on purpose, for tests: the n-th allocation from now on fails. Debug kernel
 * only.
 *
 * The countdown holds for one task (or all), so that a sweep over one system call does not hit the
 * rest of the system. GFP_NOFAIL requests are not counted.
 */
#include <kernel/mm/fault_injection.h>

#if CONFIG_DEBUG
#include "internal.h"

#include <kernel/sched/task.h>

static atomic_long_t countdown; /* 0: off; 1: the next allocation fails */
static struct task *victim;
static atomic_long_t nr_failed;

void alloc_fault_arm(unsigned long nth, struct task *only)
{
    WRITE_ONCE(victim, only);
    atomic_long_set(&nr_failed, 0);
    atomic_long_set(&countdown, nth);
}

unsigned long alloc_fault_disarm(void)
{
    atomic_long_set(&countdown, 0);
    return atomic_long_read(&nr_failed);
}

bool alloc_fault_hit(gfp_t gfp)
{
    struct task *only;

    if (likely(atomic_long_read(&countdown) == 0) || gfp & GFP_NOFAIL)
        return false;
    only = READ_ONCE(victim);
    if (only && (only != current || in_interrupt()))
        return false;
    if (atomic_long_dec_return(&countdown) != 0)
        return false;
    atomic_long_inc(&nr_failed);
    return true;
}
#endif
