/* SPDX-License-Identifier: MIT */
/*
 * Accounts of user ids: a small hash table under one lock. Root's account is static, so that what
 * the kernel itself does never fails for want of one.
 */
#include <kernel/proc/user.h>

#include <kernel/lib/hash.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/spinlock.h>

#define USER_HASH_BITS 6

static DEFINE_SPINLOCK(user_lock);
static struct hlist_head user_hash[1 << USER_HASH_BITS]; /* user_lock */
static struct user_account root_user = {.count = REFCOUNT_INIT(1)};

static struct hlist_head *user_bucket(uid_t uid)
{
    return &user_hash[hash_32(uid, USER_HASH_BITS)];
}

static struct user_account *user_find_locked(uid_t uid)
{
    struct user_account *user;

    hlist_for_each_entry (user, user_bucket(uid), hash_node) {
        if (user->uid == uid) {
            refcount_inc(&user->count);
            return user;
        }
    }
    return NULL;
}

struct user_account *user_account_get(uid_t uid)
{
    struct user_account *user, *made;
    unsigned long flags;

    if (uid == 0) {
        refcount_inc(&root_user.count);
        return &root_user;
    }
    spin_lock_irqsave(&user_lock, flags);
    user = user_find_locked(uid);
    spin_unlock_irqrestore(&user_lock, flags);
    if (user)
        return user;
    made = kzalloc(sizeof(*made), GFP_ATOMIC);
    if (!made)
        return NULL;
    made->uid = uid;
    refcount_set(&made->count, 1);
    spin_lock_irqsave(&user_lock, flags);
    user = user_find_locked(uid);
    if (!user) {
        hlist_add_head(&made->hash_node, user_bucket(uid));
        user = made;
        made = NULL;
    }
    spin_unlock_irqrestore(&user_lock, flags);
    kfree(made);
    return user;
}

void user_account_put(struct user_account *user)
{
    unsigned long flags;

    if (!user || refcount_dec_not_one(&user->count))
        return;
    spin_lock_irqsave(&user_lock, flags);
    if (refcount_dec_and_test(&user->count))
        hlist_del(&user->hash_node);
    else
        user = NULL;
    spin_unlock_irqrestore(&user_lock, flags);
    kfree(user);
}
