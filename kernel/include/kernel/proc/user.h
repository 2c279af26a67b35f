/* SPDX-License-Identifier: MIT */
/*
 * What is counted for each user id, over all its processes: RLIMIT_SIGPENDING, RLIMIT_NPROC and
 * others are held against these.
 */
#ifndef KERNEL_PROC_USER_H
#define KERNEL_PROC_USER_H

#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/lib/refcount.h>
#include <kernel/types.h>

struct user_account {
    struct hlist_node hash_node;
    refcount_t count;
    uid_t uid;
    atomic_t nr_sigpending;
    atomic_t nr_processes;
    atomic64_t locked_pages;
    atomic64_t mqueue_bytes;
};

/** user_account_get() - the account of @uid, made when there is none. NULL: no memory. Any context.
 */
struct user_account *user_account_get(uid_t uid);
/** user_account_put() - NULL is fine. Any context. */
void user_account_put(struct user_account *user);

#endif
