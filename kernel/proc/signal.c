/* SPDX-License-Identifier: MIT */
/*
 * Receiving signals: what a thread does about them on its way to user mode.
 *
 * signal_take() loops until there is nothing to do, or a handler to run. Default actions are
 * carried out here: exit (the group's exit code is set and every thread follows), stop, nothing.
 *
 * A group stop: the thread that takes a stop signal out marks every thread of the group with
 * JOBCTL_STOP_PENDING and counts them in group_stop_count; each takes itself out of the count when
 * it stops (or exits), and the last sets SIGNAL_STOPPED and tells the parent. A stopped thread
 * sleeps while JOBCTL_STOPPED is set; SIGCONT and SIGKILL clear that and wake it.
 */
#include "signal_internal.h"

#include <kernel/err.h>
#include <kernel/sched/sched.h>

/* --- pending or not --- */

static bool signal_work_wanted(const struct task *task)
{
    u64 open = ~task->blocked.bits;

    return (task->jobctl & JOBCTL_STOP_PENDING) || (task->pending.set.bits & open) ||
           (task->signal->shared.set.bits & open);
}

void signal_work_update(void)
{
    if (signal_work_wanted(current))
        task_work_set(current, WORK_SIGPENDING);
    else
        task_work_clear(current, WORK_SIGPENDING);
}

void signal_work_update_for(struct task *task)
{
    if (signal_work_wanted(task))
        signal_wake(task, false);
}

bool fatal_signal_pending(const struct task *task)
{
    return signal_pending(task) && sigset_has(&task->pending.set, SIGKILL);
}

/* --- masks --- */

/* Shared signals that current now blocks may have woken only current: others shall look at them. */
static void signal_hand_over(u64 newly_blocked)
{
    struct signal_state *signal = current->signal;
    u64 orphans = signal->shared.set.bits & newly_blocked;
    struct task *thread;

    if (!orphans)
        return;
    task_for_each_thread (thread, current) {
        if (thread == current || (thread->flags & TASKF_EXITING))
            continue;
        if (!(orphans & ~thread->blocked.bits))
            continue;
        orphans &= thread->blocked.bits;
        if (!signal_pending(thread))
            signal_wake(thread, false);
        if (!orphans)
            return;
    }
}

void signal_mask_set(sigset_t set)
{
    struct signal_state *signal = current->signal;

    set.bits &= ~SIGSET_UNMASKABLE;
    if (current->blocked.bits == set.bits)
        return;
    spin_lock_irq(&signal->lock);
    if (signal_pending(current) && !thread_group_empty(current))
        signal_hand_over(set.bits & ~current->blocked.bits);
    current->blocked = set;
    signal_work_update();
    spin_unlock_irq(&signal->lock);
}

void signal_mask_suspend(sigset_t set)
{
    current->saved_mask = current->blocked;
    current->restore_mask = true;
    signal_mask_set(set);
}

void signal_mask_restore(void)
{
    if (!current->restore_mask)
        return;
    current->restore_mask = false;
    signal_mask_set(current->saved_mask);
}

/* --- group stop --- */

bool signal_stop_join(struct task *task)
{
    struct signal_state *signal = task->signal;
    bool counted = task->jobctl & JOBCTL_STOP_CONSUME;

    signal_stop_cancel(task);
    if (!counted || signal->group_stop_count || (signal->flags & SIGNAL_STOPPED))
        return false;
    signal->flags &= ~SIGNAL_CONTINUED;
    signal->flags |= SIGNAL_STOPPED;
    return true;
}

static bool thread_may_stop(const struct task *thread)
{
    return !(thread->flags & TASKF_EXITING) && !sigset_has(&thread->pending.set, SIGKILL);
}

/* Everybody in current's group is to stop. False: SIGCONT or the group's end came between. */
static bool group_stop_begin(int sig)
{
    struct signal_state *signal = current->signal;
    struct task *thread;

    if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || (signal->flags & SIGNAL_GROUP_EXIT) ||
        signal->group_exec_task)
        return false;
    if (!(signal->flags & SIGNAL_STOPPED))
        signal->group_exit_code = sig;
    signal->group_stop_count = 0;
    task_for_each_thread (thread, current) {
        if ((thread->jobctl & JOBCTL_STOPPED) || !thread_may_stop(thread))
            continue;
        thread->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
        signal->group_stop_count++;
        if (thread != current)
            signal_wake(thread, false);
    }
    return true;
}

static void stop_tell_parent(int why)
{
    spin_lock(&tasklist_lock);
    notify_parent_stop(current, why);
    spin_unlock(&tasklist_lock);
}

/* Sleeps until continued or killed. signal->lock held, and dropped. */
static void stop_current(void)
{
    struct signal_state *signal = current->signal;
    bool last = signal_stop_join(current);

    current->jobctl |= JOBCTL_STOPPED;
    spin_unlock_irq(&signal->lock);
    if (last)
        stop_tell_parent(CLD_STOPPED);
    for (;;) {
        spin_lock_irq(&signal->lock);
        if (!(current->jobctl & JOBCTL_STOPPED))
            break;
        set_current_state(TASK_STOPPED | TASK_WAKEKILL);
        spin_unlock_irq(&signal->lock);
        schedule();
    }
    set_current_state(TASK_RUNNING);
    signal_work_update();
    spin_unlock_irq(&signal->lock);
}

/* --- taking --- */

/* A continue that the parent does not know of yet. signal->lock held, and dropped when true. */
static bool signal_tell_continued(void)
{
    struct signal_state *signal = current->signal;
    int why;

    if (likely(!(signal->flags & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED))))
        return false;
    why = signal->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
    signal->flags &= ~(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
    spin_unlock_irq(&signal->lock);
    stop_tell_parent(why);
    return true;
}

/* Takes one signal with its action. False: none. signal->lock held. */
static bool signal_take_one(struct signal_delivery *delivery)
{
    struct signal_state *signal = current->signal;
    int sig = signal_dequeue(current, &current->blocked, &delivery->info);
    struct signal_action *action;

    delivery->sig = sig;
    if (!sig)
        return false;
    spin_lock(&signal->sighand->lock);
    action = &signal->sighand->action[sig - 1];
    delivery->action = *action;
    if ((action->flags & SA_RESETHAND) && action->handler != SIG_IGN)
        action->handler = SIG_DFL;
    spin_unlock(&signal->sighand->lock);
    return true;
}

enum signal_fate { FATE_NOTHING, FATE_HANDLE, FATE_STOP, FATE_DIE };

static enum signal_fate signal_judge(const struct signal_delivery *delivery)
{
    u64 mask = sigmask(delivery->sig);

    if (delivery->action.handler == SIG_IGN)
        return FATE_NOTHING;
    if (delivery->action.handler != SIG_DFL)
        return FATE_HANDLE;
    if (mask & SIGSET_IGNORED)
        return FATE_NOTHING;
    if ((current->signal->flags & SIGNAL_UNKILLABLE) && !(mask & SIGSET_UNMASKABLE))
        return FATE_NOTHING;
    return mask & SIGSET_STOP ? FATE_STOP : FATE_DIE;
}

/*
 * The default of a stop signal. Terminal stops do nothing in an orphaned group: nobody there would
 * continue it. signal->lock held, and dropped when true.
 */
static bool signal_default_stop(int sig)
{
    struct signal_state *signal = current->signal;

    if (sig != SIGSTOP) {
        bool orphaned;

        spin_unlock_irq(&signal->lock);
        spin_lock(&tasklist_lock);
        orphaned = pgrp_is_orphaned(task_pgrp(current));
        spin_unlock(&tasklist_lock);
        spin_lock_irq(&signal->lock);
        if (orphaned)
            return false;
    }
    if (!group_stop_begin(sig))
        return false;
    stop_current();
    return true;
}

/* The group's end, when somebody has decided it. signal->lock held. */
static bool signal_group_dying(void)
{
    struct signal_state *signal = current->signal;

    return (signal->flags & SIGNAL_GROUP_EXIT) ||
           (signal->group_exec_task && signal->group_exec_task != current);
}

/* One round. Sets *fate when the loop is to end; false to start over, the lock dropped. */
static bool signal_take_locked(struct signal_delivery *delivery, enum signal_fate *fate)
{
    if (signal_tell_continued())
        return false;
    for (;;) {
        if (signal_group_dying()) {
            delivery->sig = SIGKILL;
            *fate = FATE_DIE;
            return true;
        }
        if (current->jobctl & JOBCTL_STOP_PENDING) {
            stop_current();
            return false;
        }
        *fate = FATE_NOTHING;
        if (!signal_take_one(delivery))
            return true;
        *fate = signal_judge(delivery);
        if (*fate == FATE_STOP && signal_default_stop(delivery->sig))
            return false;
        if (*fate == FATE_HANDLE || *fate == FATE_DIE)
            return true;
    }
}

bool signal_take(struct signal_delivery *delivery)
{
    enum signal_fate fate;

    do
        spin_lock_irq(&current->signal->lock);
    while (!signal_take_locked(delivery, &fate));
    spin_unlock_irq(&current->signal->lock);
    if (fate == FATE_DIE) {
        current->flags |= TASKF_SIGNALED;
        signal_group_exit(delivery->sig);
    }
    return fate == FATE_HANDLE;
}

void signal_delivered(const struct signal_delivery *delivery, bool ok)
{
    sigset_t blocked = current->blocked;

    if (!ok) {
        force_sigsegv(delivery->sig);
        return;
    }
    /* The frame carries the mask to return to. */
    current->restore_mask = false;
    blocked.bits |= delivery->action.mask.bits;
    if (!(delivery->action.flags & SA_NODEFER))
        sigset_add(&blocked, delivery->sig);
    signal_mask_set(blocked);
}
