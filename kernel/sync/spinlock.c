// SPDX-License-Identifier: MIT
/*
 * The slow side of the ticket spinlock: wait for one's number. Tickets make the lock fair; the wait
 * spins on the whole word, which the holder changes once when it leaves.
 */
#include <kernel/sync/spinlock.h>

void spin_lock_slow(spinlock_t *l, u16 ticket)
{
    while (READ_ONCE(l->owner) != ticket)
        cpu_relax();
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}
