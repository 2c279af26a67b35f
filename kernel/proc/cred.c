// SPDX-License-Identifier: MIT
/* Credentials: copied to change, published as a whole, read by anyone under RCU (credentials(7)).
 */
#include <kernel/proc/cred.h>

#include "user.h"

#include <abi/linux/errno.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

static struct group_info no_groups = {.count = ATOMIC_INIT(1), .nr = 0};

struct cred init_cred = {
    .count = ATOMIC_INIT(1),
    .cap_permitted = CAP_FULL_SET,
    .cap_effective = CAP_FULL_SET,
    .cap_bounding = CAP_FULL_SET,
    .groups = &no_groups,
};

void group_info_put(struct group_info *groups)
{
    if (atomic_dec_and_test(&groups->count))
        kvfree(groups);
}

static void cred_free_rcu(struct rcu_head *head)
{
    struct cred *cred = container_of(head, struct cred, rcu);

    group_info_put(cred->groups);
    kfree(cred);
}

void cred_put(const struct cred *cred)
{
    struct cred *c = (struct cred *)cred;

    if (atomic_dec_and_test(&c->count))
        call_rcu(&c->rcu, cred_free_rcu);
}

const struct cred *current_cred(void)
{
    return current->cred;
}

struct cred *cred_prepare(void)
{
    struct cred *cred = kmemdup(current->cred, sizeof(*cred), GFP_KERNEL);

    if (!cred)
        return NULL;
    atomic_set(&cred->count, 1);
    atomic_inc(&cred->groups->count);
    return cred;
}

void cred_abort(struct cred *new_cred)
{
    cred_put(new_cred);
}

void cred_commit(struct cred *new_cred)
{
    const struct cred *old = current->cred;

    /* Who gains or changes identity is not to be looked into by its former self. */
    if (current->mm && (old->euid != new_cred->euid || old->egid != new_cred->egid ||
                        old->fsuid != new_cred->fsuid || old->fsgid != new_cred->fsgid))
        current->mm->dumpable = false;
    /* The task counts against its new user from now on; without memory to say so, against none. */
    if (old->uid != new_cred->uid) {
        (void)user_tasks_inc(new_cred->uid);
        user_tasks_dec(old->uid);
    }
    rcu_assign_pointer(current->cred, new_cred);
    cred_put(old);
}

bool cred_has_cap(const struct cred *cred, int cap)
{
    return cred->cap_effective & BIT_ULL(cap);
}

bool capable(int cap)
{
    if (!cred_has_cap(current->cred, cap))
        return false;
    current->flags |= TASKF_SUPERPRIV;
    return true;
}

bool group_info_has(const struct group_info *groups, gid_t gid)
{
    int low = 0, high = groups->nr - 1;

    while (low <= high) {
        int middle = (low + high) / 2;

        if (groups->gid[middle] == gid)
            return true;
        if (groups->gid[middle] < gid)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return false;
}

bool in_group(gid_t gid)
{
    const struct cred *cred = current->cred;

    return cred->fsgid == gid || group_info_has(cred->groups, gid);
}
