/* SPDX-License-Identifier: MIT */
/*
 * Sleeping reader-writer lock. Writers are not starved: a waiting writer stops new readers.
 * Context: task, may sleep.
 */
#ifndef KERNEL_SYNC_RWSEM_H
#define KERNEL_SYNC_RWSEM_H

#include <kernel/lib/list.h>
#include <kernel/sync/spinlock.h>

struct rwsem {
    s64 count; /* readers * 4 + waiters bit + writer bit; atomic */
    spinlock_t wait_lock;
    struct list_head waiters; /* in order of arrival, protected by wait_lock */
    LOCK_MAP_FIELD
};

#define RWSEM_INIT(n)                                             \
    {                                                             \
        .count = 0, .wait_lock = SPINLOCK_INIT(n.wait_lock),      \
        .waiters = LIST_HEAD_INIT((n).waiters), LOCK_MAP_INIT(#n) \
    }
#define DEFINE_RWSEM(n) struct rwsem n = RWSEM_INIT(n)
#define rwsem_init(s)                                    \
    do {                                                 \
        static struct lock_class __class = {.name = #s}; \
        rwsem_init_class((s), &__class);                 \
    } while (0)
void rwsem_init_class(struct rwsem *s, struct lock_class *class);
void rwsem_read_lock(struct rwsem *s);
void rwsem_read_unlock(struct rwsem *s);
bool __must_check rwsem_read_trylock(struct rwsem *s);
void rwsem_write_lock(struct rwsem *s);
void rwsem_write_lock_nested(struct rwsem *s, unsigned int subclass);
int __must_check rwsem_write_lock_killable(struct rwsem *s);
bool __must_check rwsem_write_trylock(struct rwsem *s);
void rwsem_write_unlock(struct rwsem *s);
/* The writer becomes a reader without letting another writer in. */
void rwsem_downgrade(struct rwsem *s);
bool rwsem_is_locked(const struct rwsem *s);
#endif
