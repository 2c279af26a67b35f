// SPDX-License-Identifier: MIT
/* Counting the tasks of users: each task holds a reference to its user's account. */
#include "user.h"

#include <abi/linux/errno.h>
#include <kernel/lib/atomic.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/user.h>

static atomic_t total;

int user_tasks_inc(uid_t uid)
{
    struct user_account *user = user_account_get(uid);

    if (!user)
        return -ENOMEM;
    atomic_inc(&user->nr_processes);
    atomic_inc(&total);
    return 0;
}

void user_tasks_dec(uid_t uid)
{
    struct user_account *user = user_account_get(uid);

    atomic_dec(&total);
    if (!user)
        return;
    atomic_dec(&user->nr_processes);
    user_account_put(user); /* this call's */
    user_account_put(user); /* the task's */
}

unsigned int user_tasks(uid_t uid)
{
    struct user_account *user = user_account_get(uid);
    unsigned int n = user ? (unsigned int)atomic_read(&user->nr_processes) : 0;

    user_account_put(user);
    return n;
}

unsigned int nr_threads_total(void)
{
    return (unsigned int)atomic_read(&total);
}
