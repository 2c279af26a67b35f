/* SPDX-License-Identifier: MIT */
/*
 * Queues of pending signals: a set of the numbers, and a list of those of which more is known.
 *
 * A number may be in the set without an entry in the list: then memory or the limit was short, or
 * it is SIGKILL, and the receiver gets a siginfo that says only the number. An entry in the list
 * always has its number in the set. A standard signal (below SIGRTMIN) is queued once at most, a
 * real-time signal as often as it is sent, in order. signal->lock protects the queues.
 */
#include "signal_internal.h"

#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/user.h>

/* The account is that of the receiver's real user. */
static struct user_account *sigqueue_charge(const struct task *task, bool over_limit)
{
    struct user_account *user;
    uid_t uid;

    rcu_read_lock();
    uid = rcu_dereference(task->cred)->uid;
    rcu_read_unlock();
    user = user_account_get(uid);
    if (!user)
        return NULL;
    if ((unsigned long)atomic_inc_return(&user->nr_sigpending) <=
            rlimit_get(task, RLIMIT_SIGPENDING) ||
        over_limit)
        return user;
    atomic_dec(&user->nr_sigpending);
    user_account_put(user);
    return NULL;
}

static void sigqueue_uncharge(struct user_account *user)
{
    if (!user)
        return;
    atomic_dec(&user->nr_sigpending);
    user_account_put(user);
}

struct sigqueue *sigqueue_alloc(const struct task *task, bool over_limit)
{
    struct user_account *user = sigqueue_charge(task, over_limit);
    struct sigqueue *queue;

    if (!user)
        return NULL;
    queue = kzalloc(sizeof(*queue), GFP_ATOMIC);
    if (!queue) {
        sigqueue_uncharge(user);
        return NULL;
    }
    queue->user = user;
    INIT_LIST_HEAD(&queue->link);
    return queue;
}

void sigqueue_free(struct sigqueue *queue)
{
    if (queue->timer)
        return;
    sigqueue_uncharge(queue->user);
    kfree(queue);
}

void signal_flush(struct sigpending *pending, u64 mask)
{
    struct sigqueue *queue, *next;

    if (!(pending->set.bits & mask))
        return;
    pending->set.bits &= ~mask;
    list_for_each_entry_safe (queue, next, &pending->queue, link) {
        if (sigmask(queue->info.si_signo) & mask) {
            list_del_init(&queue->link);
            sigqueue_free(queue);
        }
    }
}

int signal_next(const struct sigpending *pending, const sigset_t *blocked)
{
    u64 ready = pending->set.bits & ~blocked->bits;

    if (!ready)
        return 0;
    if (ready & SIGSET_SYNCHRONOUS)
        ready &= SIGSET_SYNCHRONOUS;
    return __builtin_ctzll(ready) + 1;
}

void signal_set_recount(struct sigpending *pending, int sig)
{
    struct sigqueue *queue;

    list_for_each_entry (queue, &pending->queue, link) {
        if (queue->info.si_signo == sig)
            return;
    }
    sigset_del(&pending->set, sig);
}

/* Takes the oldest entry for @sig; the number stays in the set while there are more. */
static void signal_collect(struct sigpending *pending, int sig, struct siginfo *info)
{
    struct sigqueue *queue, *first = NULL;
    bool more = false;

    list_for_each_entry (queue, &pending->queue, link) {
        if (queue->info.si_signo != sig)
            continue;
        if (first) {
            more = true;
            break;
        }
        first = queue;
    }
    if (!more)
        sigset_del(&pending->set, sig);
    if (!first) {
        *info = (struct siginfo){.si_signo = sig, .si_code = SI_USER};
        return;
    }
    *info = first->info;
    list_del_init(&first->link);
    sigqueue_free(first);
}

int signal_dequeue(struct task *task, const sigset_t *blocked, struct siginfo *info)
{
    struct signal_state *signal = task->signal;
    int sig = signal_next(&task->pending, blocked);

    if (sig) {
        signal_collect(&task->pending, sig, info);
    } else {
        sig = signal_next(&signal->shared, blocked);
        if (!sig)
            return 0;
        signal_collect(&signal->shared, sig, info);
        if (sig == SIGALRM)
            real_timer_rearm(signal);
    }
    if (info->si_code == SI_TIMER && info->si_sys_private)
        posix_timer_dequeued(signal, info);
    if (sigmask(sig) & SIGSET_STOP)
        task->jobctl |= JOBCTL_STOP_DEQUEUED;
    signal_work_update();
    return sig;
}
