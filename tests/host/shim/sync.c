// SPDX-License-Identifier: MIT
/* Locks of one thread: contention can only be a deadlock. */
#include <kernel/sync/spinlock.h>
#include <stdio.h>
#include <stdlib.h>

unsigned int shim_preempt_count;

void spin_lock_slow(spinlock_t *l, u16 ticket)
{
    printf("# deadlock: a spinlock is taken by its holder\n");
    fflush(stdout);
    abort();
}

void might_sleep(void)
{
    if (!shim_preempt_count)
        return;
    printf("# may sleep, but the preemption count is %u\n", shim_preempt_count);
    fflush(stdout);
    abort();
}
