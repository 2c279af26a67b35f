/* SPDX-License-Identifier: MIT */
/*
 * RCU with a grace period of no length: an object freed after a grace period is freed at once, so
 * that the sanitizer catches a writer that touches what it has given away.
 */
#ifndef KERNEL_SYNC_RCU_H
#define KERNEL_SYNC_RCU_H

#include <kernel/mm/slab.h>
#include <kernel/sync/preempt.h>

struct rcu_head {
    struct rcu_head *next;
    void (*func)(struct rcu_head *head);
};

static inline void rcu_read_lock(void)
{
    preempt_disable();
}

static inline void rcu_read_unlock(void)
{
    preempt_enable();
}

#define rcu_dereference(p)       READ_ONCE(p)
#define rcu_dereference_raw(p)   READ_ONCE(p)
#define rcu_assign_pointer(p, v) smp_store_release(&(p), (v))

static inline void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
    func(head);
}

static inline void synchronize_rcu(void)
{
}

static inline void rcu_barrier(void)
{
}

#define kfree_rcu(ptr, field) kfree(ptr)

#endif
