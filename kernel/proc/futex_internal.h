/* SPDX-License-Identifier: MIT */
/* Shared by the files of futex(2): keys, buckets, waiters. See futex.c. */
#ifndef PROC_FUTEX_INTERNAL_H
#define PROC_FUTEX_INTERNAL_H

#include <kernel/lib/list.h>
#include <kernel/sync/spinlock.h>
#include <kernel/types.h>

struct task;

/* What a futex word is: the same key in whichever way it is reached. */
struct futex_key {
    u64 space;  /* number of the address space, or of the mapped object */
    u64 offset; /* of the word, in bytes: in the address space, or in the object */
};

struct futex_bucket {
    spinlock_t lock;
    struct list_head waiters; /* lock; in order of arrival, real-time tasks before others */
};

/* On the stack of the sleeping task. */
struct futex_waiter {
    struct list_head link;
    struct task *task;
    struct futex_key key;        /* bucket's lock */
    struct futex_bucket *bucket; /* whose list it is on; NULL: woken. Changes under the lock of the
                                    bucket it names */
    u32 bitset;
};

/* Tasks to wake when no bucket is locked any more. Holds a reference to each. */
#define WAKE_BATCH 16
struct wake_batch {
    unsigned int nr;
    struct task *tasks[WAKE_BATCH];
};

static inline bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
    return a->space == b->space && a->offset == b->offset;
}

/* 0; -EINVAL: not aligned; -EFAULT: no user address, or (shared) nothing is mapped there. */
int __must_check futex_key_get(u32 __user *address, bool shared, struct futex_key *key);
struct futex_bucket *futex_bucket_of(const struct futex_key *key);
/* Both, in an order that all agree on; they may be the same. */
void futex_lock_pair(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_pair(struct futex_bucket *a, struct futex_bucket *b);

/* Takes the waiter off its bucket, which is locked, and notes its task. */
void futex_wake_one(struct futex_waiter *waiter, struct wake_batch *batch);
void wake_batch_run(struct wake_batch *batch);
/* Wakes up to nr in the locked bucket; how many. */
int futex_wake_locked(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset,
                      struct wake_batch *batch);
void futex_enqueue(struct futex_bucket *bucket, struct futex_waiter *waiter);

/* The word as it is now, without sleeping; -EFAULT when its page is not there. */
int __must_check futex_read_nofault(u32 *value, u32 __user *address);
/* Brings the word's page in, and makes sure that it may be written. 0 or -EFAULT. */
int __must_check futex_fault_in_writable(u32 __user *address);

#endif
