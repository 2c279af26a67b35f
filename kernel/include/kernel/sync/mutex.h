/* SPDX-License-Identifier: MIT */
/*
 * Mutexes: one owner, who must be the one to unlock, and who may sleep while holding it.
 * Context: task, may sleep.
 */
#ifndef KERNEL_SYNC_MUTEX_H
#define KERNEL_SYNC_MUTEX_H

#include <kernel/lib/list.h>
#include <kernel/sync/spinlock.h>

struct task;

struct mutex {
    u64 owner; /* struct task pointer, bit 0: there are waiters, bit 1: handed to the owner */
    spinlock_t wait_lock;
    struct list_head waiters; /* protected by wait_lock */
    LOCK_MAP_FIELD
};

#define MUTEX_INIT(n)                                             \
    {                                                             \
        .owner = 0, .wait_lock = SPINLOCK_INIT(n.wait_lock),      \
        .waiters = LIST_HEAD_INIT((n).waiters), LOCK_MAP_INIT(#n) \
    }
#define DEFINE_MUTEX(n) struct mutex n = MUTEX_INIT(n)
#define mutex_init(m)                                    \
    do {                                                 \
        static struct lock_class __class = {.name = #m}; \
        mutex_init_class((m), &__class);                 \
    } while (0)
void mutex_init_class(struct mutex *m, struct lock_class *class);
void mutex_lock(struct mutex *m);
/* For two mutexes of one class (parent before child: subclass 0, then 1). */
void mutex_lock_nested(struct mutex *m, unsigned int subclass);
/* 0 or -EINTR. */
int __must_check mutex_lock_interruptible(struct mutex *m);
int __must_check mutex_lock_killable(struct mutex *m);
bool __must_check mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(const struct mutex *m);
bool mutex_is_mine(const struct mutex *m);
#endif
