/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update. A reader marks its section; whoever unlinks an object frees it only after a
 * grace period: every CPU has passed a point outside any such section. Readers turn preemption
 * off, so that a context switch, the idle loop and user mode are such points.
 */
#ifndef KERNEL_SYNC_RCU_H
#define KERNEL_SYNC_RCU_H

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

/* Calls func(head) after a grace period, from softirq context. Any context. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Waits for a grace period. May sleep. */
void synchronize_rcu(void);
/* Waits until every callback queued so far has run. May sleep. */
void rcu_barrier(void);
/* kfree(ptr) after a grace period; field is the rcu_head's name in *ptr. */
#define kfree_rcu(ptr, field) kfree_rcu_head(&(ptr)->field, offsetof(typeof(*(ptr)), field))
void kfree_rcu_head(struct rcu_head *head, size_t offset);
#endif
