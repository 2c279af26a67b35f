/* SPDX-License-Identifier: MIT */
/*
 * Reclaim: getting pages back when they run short. What can be given up without anybody noticing:
 * slabs without objects.
 */
#include "internal.h"

#include <kernel/sched/task.h>

bool reclaim_is_active(void)
{
    return current->flags & TASKF_MEMALLOC;
}

unsigned long pages_reclaim_direct(gfp_t gfp, unsigned int order)
{
    unsigned long freed;

    vm_counter_inc(ALLOCSTALL);
    current->flags |= TASKF_MEMALLOC;
    freed = slab_shrink();
    current->flags &= ~TASKF_MEMALLOC;
    return freed;
}

void kswapd_wake(struct zone *zone)
{
    WRITE_ONCE(zone->alloc_failed, true);
}
