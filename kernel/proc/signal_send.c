/* SPDX-License-Identifier: MIT */
/*
 * Sending signals.
 *
 * Three things happen under the receiver's signal->lock: what the mere arrival does (SIGCONT ends
 * stops and drops stop signals, and the other way round; what is ignored goes no further), the
 * queueing, and the choice of a thread to wake. A signal that will kill the group does so at once:
 * every thread gets SIGKILL and the group's exit code is set, so that no thread goes on in user
 * mode after kill(2) returned.
 */
#include "signal_internal.h"

#include <kernel/err.h>
#include <kernel/proc/cred.h>
#include <kernel/sched/sched.h>

struct signal_action signal_action_get(struct signal_state *signal, int sig)
{
    struct sighand *hand = signal->sighand;
    struct signal_action action;

    spin_lock(&hand->lock);
    action = hand->action[sig - 1];
    spin_unlock(&hand->lock);
    return action;
}

unsigned long signal_handler_get(struct signal_state *signal, int sig)
{
    return READ_ONCE(signal->sighand->action[sig - 1].handler);
}

static bool handler_ignores(unsigned long handler, int sig)
{
    return handler == SIG_IGN || (handler == SIG_DFL && (sigmask(sig) & SIGSET_IGNORED));
}

bool signal_is_ignored(struct task *task, int sig)
{
    return handler_ignores(signal_handler_get(task->signal, sig), sig);
}

bool signal_is_blocked_or_ignored(int sig)
{
    return sigset_has(&current->blocked, sig) ||
           signal_handler_get(current->signal, sig) == SIG_IGN;
}

/* A blocked signal is kept even if it is ignored now: that may change before it is unblocked. */
static bool signal_drops(struct task *task, int sig, bool from_kernel)
{
    unsigned long handler = signal_handler_get(task->signal, sig);

    if (sigset_has(&task->blocked, sig) || sigset_has(&task->real_blocked, sig))
        return false;
    if ((task->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL &&
        !(from_kernel && (sigmask(sig) & SIGSET_UNMASKABLE)))
        return true;
    if (task->flags & TASKF_KTHREAD)
        return !from_kernel || handler_ignores(handler, sig);
    return handler_ignores(handler, sig);
}

void signal_wake(struct task *task, bool fatal)
{
    unsigned int mask = TASK_INTERRUPTIBLE;

    if (fatal) {
        mask |= TASK_WAKEKILL;
        task->jobctl &= ~JOBCTL_STOPPED;
    }
    task_work_set(task, WORK_SIGPENDING);
    if (!wake_up_state(task, mask))
        kick_task(task);
}

void signal_stop_cancel(struct task *task)
{
    struct signal_state *signal = task->signal;

    if ((task->jobctl & JOBCTL_STOP_CONSUME) && signal->group_stop_count > 0)
        signal->group_stop_count--;
    task->jobctl &= ~JOBCTL_STOP_MASK;
}

static void signal_flush_group(struct signal_state *signal, struct task *task, u64 mask)
{
    struct task *thread;

    signal_flush(&signal->shared, mask);
    task_for_each_thread (thread, task)
        signal_flush(&thread->pending, mask);
}

/* SIGCONT: whoever is stopped or about to stop goes on; the parent is told by the first that does.
 */
static void signal_continue_group(struct signal_state *signal, struct task *task)
{
    unsigned int why = 0;
    struct task *thread;

    signal_flush_group(signal, task, SIGSET_STOP);
    if (signal->flags & SIGNAL_STOPPED)
        why = SIGNAL_CLD_CONTINUED;
    else if (signal->group_stop_count)
        why = SIGNAL_CLD_STOPPED;
    task_for_each_thread (thread, task) {
        signal_stop_cancel(thread);
        if (thread->jobctl & JOBCTL_STOPPED) {
            thread->jobctl &= ~JOBCTL_STOPPED;
            wake_up_state(thread, TASK_STOPPED);
        }
    }
    if (!why)
        return;
    signal->flags &= ~(SIGNAL_STOPPED | SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
    signal->flags |= SIGNAL_CONTINUED | why;
    signal->group_stop_count = 0;
    signal->group_exit_code = 0;
}

/* What arrival alone does. False when there is nothing to queue. */
static bool signal_prepare(int sig, struct task *task, bool from_kernel)
{
    struct signal_state *signal = task->signal;

    if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
        if (sigmask(sig) & SIGSET_STOP)
            signal_flush_group(signal, task, sigmask(SIGCONT));
        else if (sig == SIGCONT)
            signal_continue_group(signal, task);
    }
    return !signal_drops(task, sig, from_kernel);
}

static bool signal_wanted_by(int sig, struct task *task)
{
    if (sigset_has(&task->blocked, sig) || (task->flags & TASKF_EXITING))
        return false;
    if (sig == SIGKILL)
        return true;
    if (task->jobctl & JOBCTL_STOPPED)
        return false;
    return task == current || !signal_pending(task);
}

/* Who takes a signal to the group: @task if it can, else the next who can after the last one. */
static struct task *signal_choose_thread(int sig, struct task *task)
{
    struct signal_state *signal = task->signal;
    struct task *thread, *first = NULL, *next = NULL;
    bool passed = false;

    if (signal_wanted_by(sig, task))
        return task;
    task_for_each_thread (thread, task) {
        if (!signal_wanted_by(sig, thread)) {
            passed |= thread == signal->current_target;
            continue;
        }
        if (!first)
            first = thread;
        if (passed && !next)
            next = thread;
        passed |= thread == signal->current_target;
    }
    if (next || first)
        signal->current_target = next ? next : first;
    return next ? next : first;
}

int signal_kill_threads(struct task *task)
{
    struct signal_state *signal = task->signal;
    struct task *thread;
    int count = 0;

    signal->group_stop_count = 0;
    task_for_each_thread (thread, task) {
        thread->jobctl &= ~JOBCTL_STOP_MASK;
        if (thread == task)
            continue;
        count++;
        if (thread->exit_state)
            continue;
        sigset_add(&thread->pending.set, SIGKILL);
        signal_wake(thread, true);
    }
    return count;
}

/* Whether it ends the group without a core file. */
static bool signal_kills(int sig, struct task *task)
{
    struct signal_state *signal = task->signal;
    u64 mask = sigmask(sig);

    if (signal->flags & SIGNAL_GROUP_EXIT)
        return false;
    if (sigset_has(&task->real_blocked, sig) || (task->ptrace && sig != SIGKILL))
        return false;
    return signal_handler_get(signal, sig) == SIG_DFL &&
           !(mask & (SIGSET_IGNORED | SIGSET_STOP | SIGSET_CORE));
}

static void signal_complete(int sig, struct task *task, enum pid_type type)
{
    struct signal_state *signal = task->signal;
    struct task *target = NULL;

    if (type != PIDTYPE_PID)
        target = signal_choose_thread(sig, task);
    else if (signal_wanted_by(sig, task))
        target = task;
    if (!target)
        return;
    if (signal_kills(sig, target)) {
        signal->flags = (signal->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
        signal->group_exit_code = sig;
        signal_kill_threads(target);
        sigset_add(&target->pending.set, SIGKILL);
        signal_wake(target, true);
        return;
    }
    signal_wake(target, sig == SIGKILL);
}

static void siginfo_fill(struct siginfo *to, int sig, const struct siginfo *info)
{
    if (!siginfo_is_special(info)) {
        *to = *info;
        return;
    }
    *to = (struct siginfo){.si_signo = sig, .si_code = SI_KERNEL};
    if (info == SEND_SIG_NOINFO) {
        to->si_code = SI_USER;
        to->si_pid = current->tgid;
        to->si_uid = current_cred()->uid;
    }
}

/* A signal that the program itself queued with a value must not lose it; others may. */
static int signal_enqueue(struct sigpending *pending, int sig, const struct siginfo *info,
                          struct task *task)
{
    bool special = siginfo_is_special(info);
    bool over_limit = sig < SIGRTMIN && (special || info->si_code >= 0);
    struct sigqueue *queue = sigqueue_alloc(task, over_limit);

    if (queue) {
        siginfo_fill(&queue->info, sig, info);
        list_add_tail(&queue->link, &pending->queue);
        return 0;
    }
    if (!special && sig >= SIGRTMIN && info->si_code != SI_USER)
        return -EAGAIN;
    return 0;
}

int signal_send_locked(int sig, struct siginfo *info, struct task *task, enum pid_type type)
{
    struct signal_state *signal = task->signal;
    struct sigpending *pending = type == PIDTYPE_PID ? &task->pending : &signal->shared;
    bool from_kernel = info == SEND_SIG_PRIV || (!siginfo_is_special(info) && info->si_code > 0);
    int err;

    if (!signal_prepare(sig, task, from_kernel))
        return 0;
    if (sig < SIGRTMIN && sigset_has(&pending->set, sig))
        return 0;
    if (sig != SIGKILL && !(task->flags & TASKF_KTHREAD)) {
        err = signal_enqueue(pending, sig, info, task);
        if (err)
            return err;
    }
    sigset_add(&pending->set, sig);
    if (wait_queue_active(&signal->signalfd))
        wake_up_all(&signal->signalfd);
    signal_complete(sig, task, type);
    return 0;
}

int signal_send(int sig, struct siginfo *info, struct task *task, enum pid_type type)
{
    unsigned long flags;
    int err = -ESRCH;

    spin_lock_irqsave(&task->signal->lock, flags);
    if (task->exit_state != EXIT_DEAD)
        err = signal_send_locked(sig, info, task, type);
    spin_unlock_irqrestore(&task->signal->lock, flags);
    return err;
}

int signal_queue_send(struct sigqueue *queue, struct task *task, enum pid_type type)
{
    struct signal_state *signal = task->signal;
    struct sigpending *pending = type == PIDTYPE_PID ? &task->pending : &signal->shared;
    int sig = queue->info.si_signo;

    if (!list_empty(&queue->link))
        return -EBUSY;
    if (!signal_prepare(sig, task, false))
        return 0;
    list_add_tail(&queue->link, &pending->queue);
    sigset_add(&pending->set, sig);
    if (wait_queue_active(&signal->signalfd))
        wake_up_all(&signal->signalfd);
    signal_complete(sig, task, type);
    return 1;
}

/* kill(2): the real or effective user of the sender is the real or saved user of the receiver. */
static bool signal_permitted_by_cred(const struct task *task)
{
    const struct cred *mine = current_cred(), *theirs;
    bool same;

    rcu_read_lock();
    theirs = rcu_dereference(task->cred);
    same = mine->euid == theirs->suid || mine->euid == theirs->uid || mine->uid == theirs->suid ||
           mine->uid == theirs->uid;
    rcu_read_unlock();
    return same || capable(CAP_KILL);
}

static int signal_check(int sig, const struct siginfo *info, const struct task *task)
{
    if (!siginfo_is_special(info) && info->si_code > 0)
        return 0;
    if (task->signal == current->signal || signal_permitted_by_cred(task))
        return 0;
    if (sig == SIGCONT && task_session_nr(task) == task_session_nr(current))
        return 0;
    return -EPERM;
}

int signal_send_checked(int sig, struct siginfo *info, struct task *task, enum pid_type type)
{
    int err;

    if (sig != 0 && !sig_valid(sig))
        return -EINVAL;
    err = signal_check(sig, info, task);
    if (err || sig == 0)
        return err;
    return signal_send(sig, info, task, type);
}

int kill_pid(struct pid *pid, int sig, bool from_kernel)
{
    struct task *task = pid_task_get(pid, PIDTYPE_TGID);
    int err;

    if (!task)
        return -ESRCH;
    err = signal_send(sig, from_kernel ? SEND_SIG_PRIV : SEND_SIG_NOINFO, task, PIDTYPE_TGID);
    task_put(task);
    return err;
}

int kill_pgrp_locked(struct pid *pgrp, int sig, struct siginfo *info, bool checked)
{
    bool any_sent = false;
    int err = -ESRCH;
    struct task *task;

    if (!pgrp)
        return -ESRCH;
    pid_for_each_task(task, pgrp, PIDTYPE_PGID)
    {
        int one = checked ? signal_send_checked(sig, info, task, PIDTYPE_TGID)
                          : signal_send(sig, info, task, PIDTYPE_TGID);

        any_sent |= one == 0;
        err = one;
    }
    return any_sent ? 0 : err;
}

int kill_pgrp(struct pid *pgrp, int sig, bool from_kernel)
{
    int err;

    spin_lock(&tasklist_lock);
    err = kill_pgrp_locked(pgrp, sig, from_kernel ? SEND_SIG_PRIV : SEND_SIG_NOINFO, false);
    spin_unlock(&tasklist_lock);
    return err;
}
