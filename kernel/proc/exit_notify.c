/* SPDX-License-Identifier: MIT */
/*
 * How the family learns of an end or a stop: zombies, SIGCHLD, new parents for orphans, and what
 * becomes of process groups that nobody can continue any more.
 *
 * A thread that has exited is EXIT_DEAD at once, and released, unless it leads its group: then it
 * stays as EXIT_ZOMBIE until the other threads are released too, its parent is told, and the parent
 * waits for it (or has said that it never will). Only group leaders are on their parent's list of
 * children. Everything here runs under tasklist_lock.
 */
#include "signal_internal.h"

#include <kernel/base/panic.h>
#include <kernel/lib/list_rcu.h>
#include <kernel/mm/mm.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/exit.h>
#include <kernel/sched/sched.h>
#include <kernel/time/time64.h>
#include <kernel/tty/tty.h>

#define NSEC_PER_TICK (NSEC_PER_SEC / 100)

/* --- telling the parent --- */

static void siginfo_fill_child(struct siginfo *info, struct task *task)
{
    u64 utime, stime;

    thread_group_times(task, &utime, &stime);
    info->si_signo = SIGCHLD;
    info->si_chld_pid = task->tgid;
    rcu_read_lock();
    info->si_chld_uid = rcu_dereference(task->cred)->uid;
    rcu_read_unlock();
    info->si_utime = (long)(utime / NSEC_PER_TICK);
    info->si_stime = (long)(stime / NSEC_PER_TICK);
}

static void siginfo_fill_exit(struct siginfo *info, int code)
{
    if (!(code & 0x7f)) {
        info->si_code = CLD_EXITED;
        info->si_status = code >> 8 & 0xff;
    } else {
        info->si_code = code & 0x80 ? CLD_DUMPED : CLD_KILLED;
        info->si_status = code & 0x7f;
    }
}

bool notify_parent(struct task *task, int sig)
{
    struct signal_state *parent = task->parent->signal;
    struct siginfo info = {};
    bool reap = false;
    unsigned long flags;

    siginfo_fill_child(&info, task);
    siginfo_fill_exit(&info, task->signal->group_exit_code);
    info.si_signo = sig;
    wake_up_all(&task_tgid(task)->wait);
    spin_lock_irqsave(&parent->lock, flags);
    if (sig == SIGCHLD) {
        struct signal_action action = signal_action_get(parent, sig);

        reap = action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT);
        if (action.handler == SIG_IGN)
            sig = 0;
    }
    if (sig_valid(sig))
        signal_send_locked(sig, &info, task->parent, PIDTYPE_TGID);
    wake_up_all(&parent->wait_child);
    spin_unlock_irqrestore(&parent->lock, flags);
    return reap;
}

void notify_parent_stop(struct task *task, int why)
{
    struct task *leader = task->group_leader;
    struct signal_state *parent = leader->parent->signal;
    struct siginfo info = {.si_code = why};
    struct signal_action action;
    unsigned long flags;

    siginfo_fill_child(&info, leader);
    info.si_status =
        why == CLD_CONTINUED ? SIGCONT : READ_ONCE(leader->signal->group_exit_code) & 0x7f;
    spin_lock_irqsave(&parent->lock, flags);
    action = signal_action_get(parent, SIGCHLD);
    if (action.handler != SIG_IGN && !(action.flags & SA_NOCLDSTOP))
        signal_send_locked(SIGCHLD, &info, leader->parent, PIDTYPE_TGID);
    wake_up_all(&parent->wait_child);
    spin_unlock_irqrestore(&parent->lock, flags);
}

/* --- orphaned process groups (POSIX, General Terminal Interface) --- */

static bool group_is_dead(const struct task *leader)
{
    return leader->exit_state && thread_group_empty(leader);
}

static bool pgrp_orphaned_without(struct pid *pgrp, const struct task *ignored)
{
    struct task *task;

    pid_for_each_task(task, pgrp, PIDTYPE_PGID)
    {
        if (task == ignored || group_is_dead(task) || task->real_parent->tgid == 1)
            continue;
        if (task_pgrp(task->real_parent) != pgrp &&
            task_session(task->real_parent) == task_session(task))
            return false;
    }
    return true;
}

bool pgrp_is_orphaned(struct pid *pgrp)
{
    return pgrp_orphaned_without(pgrp, NULL);
}

static bool pgrp_has_stopped(struct pid *pgrp)
{
    struct task *task;

    pid_for_each_task(task, pgrp, PIDTYPE_PGID)
    {
        if (READ_ONCE(task->signal->flags) & SIGNAL_STOPPED)
            return true;
    }
    return false;
}

/*
 * @task's group may have lost its last tie to the session: @parent, which exits (or, when @task
 * itself does, its parent). If jobs of it are stopped they are hung up and continued.
 */
static void pgrp_orphan_check(struct task *task, struct task *parent, const struct task *ignored)
{
    struct pid *pgrp = task_pgrp(task);

    if (task_pgrp(parent) == pgrp || task_session(parent) != task_session(task))
        return;
    if (!pgrp_orphaned_without(pgrp, ignored) || !pgrp_has_stopped(pgrp))
        return;
    kill_pgrp_locked(pgrp, SIGHUP, SEND_SIG_PRIV, false);
    kill_pgrp_locked(pgrp, SIGCONT, SEND_SIG_PRIV, false);
}

/* --- new parents --- */

static struct task *live_thread(struct task *task)
{
    struct task *thread;

    task_for_each_thread (thread, task) {
        if (!(thread->flags & TASKF_EXITING))
            return thread;
    }
    return NULL;
}

/* Another thread of the group, the nearest ancestor that asked for it (PR_SET_CHILD_SUBREAPER), or
 * init. */
static struct task *reaper_find(struct task *father)
{
    struct task *thread = live_thread(father), *at;

    if (thread)
        return thread;
    if (father->signal->has_child_subreaper) {
        for (at = father->real_parent; at->pid != 0 && at->tgid != 1; at = at->real_parent) {
            if (at->signal->is_child_subreaper && (thread = live_thread(at)))
                return thread;
        }
    }
    at = task_find(1);
    thread = at ? live_thread(at) : NULL;
    return thread ? thread : &init_task;
}

static void task_reparent(struct task *leader, struct task *reaper)
{
    struct task *thread;

    task_for_each_thread (thread, leader) {
        thread->real_parent = reaper;
        if (!thread->ptrace)
            thread->parent = reaper;
        if (thread->pdeath_signal)
            signal_send(thread->pdeath_signal, SEND_SIG_NOINFO, thread, PIDTYPE_TGID);
    }
}

/* A child's new parent is in another group: what the old one would have noticed is told again. */
static void child_given_away(struct task *child, struct task *father, struct list_head *dead)
{
    if (child->exit_state == EXIT_DEAD)
        return;
    child->exit_signal = SIGCHLD;
    if (child->exit_state == EXIT_ZOMBIE && thread_group_empty(child) &&
        notify_parent(child, SIGCHLD)) {
        child->exit_state = EXIT_DEAD;
        list_move(&child->sibling, dead);
    }
    pgrp_orphan_check(child, father, NULL);
}

/* Children that nobody will wait for are moved to @dead. */
static void children_give_away(struct task *father, struct list_head *dead)
{
    struct task *reaper, *child, *next;

    if (list_empty(&father->children))
        return;
    reaper = reaper_find(father);
    list_for_each_entry_safe (child, next, &father->children, sibling) {
        task_reparent(child, reaper);
        if (reaper->signal != father->signal)
            child_given_away(child, father, dead);
    }
    list_splice_tail_init(&father->children, &reaper->children);
}

/* --- the end of current --- */

static void exec_wake(struct signal_state *signal)
{
    if (signal->group_exec_task)
        wake_up_task(signal->group_exec_task);
}

bool signal_exit_notify(void)
{
    struct task *task = current, *child, *next;
    struct signal_state *signal = task->signal;
    bool last = atomic_read(&signal->live) == 0, reap = true;
    LIST_HEAD(dead);

    spin_lock(&tasklist_lock);
    children_give_away(task, &dead);
    if (last)
        pgrp_orphan_check(task->group_leader, task->group_leader->real_parent, task->group_leader);
    task->exit_state = EXIT_ZOMBIE;
    if (task == task->group_leader)
        reap = thread_group_empty(task) && notify_parent(task, task->exit_signal);
    if (reap)
        task->exit_state = EXIT_DEAD;
    exec_wake(signal);
    spin_unlock(&tasklist_lock);
    list_for_each_entry_safe (child, next, &dead, sibling) {
        list_del_init(&child->sibling);
        release_task(child);
    }
    return reap;
}

/* --- the last trace --- */

static void totals_add_task(struct cpu_totals *to, const struct task *task)
{
    to->utime_ns += task->utime_ns;
    to->stime_ns += task->stime_ns;
    to->min_faults += task->min_faults;
    to->maj_faults += task->maj_faults;
    to->nr_voluntary += task->nr_voluntary;
    to->nr_involuntary += task->nr_involuntary;
    to->read_bytes += task->io_read_bytes;
    to->write_bytes += task->io_write_bytes;
}

static void signal_thread_unlink(struct task *task)
{
    struct signal_state *signal = task->signal;

    spin_lock_irq(&signal->lock);
    totals_add_task(&signal->dead, task);
    signal->sum_exec_ns += task->se.sum_exec_ns;
    signal_flush(&task->pending, ~0ULL);
    if (signal->current_target == task)
        signal->current_target = NULL;
    signal->nr_threads--;
    list_del_rcu(&task->thread_link);
    if (!signal->nr_threads)
        signal_flush(&signal->shared, ~0ULL);
    spin_unlock_irq(&signal->lock);
}

struct task *signal_release(struct task *task)
{
    struct task *leader = task->group_leader, *next = NULL;
    struct signal_state *signal = task->signal;

    spin_lock(&tasklist_lock);
    ASSERT(task->exit_state == EXIT_DEAD);
    if (task == leader) {
        pid_detach(task, PIDTYPE_TGID);
        pid_detach(task, PIDTYPE_PGID);
        pid_detach(task, PIDTYPE_SID);
        list_del_rcu(&task->tasks_link);
        list_del_init(&task->sibling);
    }
    pid_detach(task, PIDTYPE_PID);
    signal_thread_unlink(task);
    exec_wake(signal);
    if (leader != task && signal->nr_threads == 1 && leader->exit_state == EXIT_ZOMBIE &&
        notify_parent(leader, leader->exit_signal)) {
        leader->exit_state = EXIT_DEAD;
        next = leader;
    }
    spin_unlock(&tasklist_lock);
    return next;
}

/* --- totals --- */

void cpu_totals_add(struct cpu_totals *to, const struct cpu_totals *from)
{
    to->utime_ns += from->utime_ns;
    to->stime_ns += from->stime_ns;
    to->min_faults += from->min_faults;
    to->maj_faults += from->maj_faults;
    to->nr_voluntary += from->nr_voluntary;
    to->nr_involuntary += from->nr_involuntary;
    to->read_bytes += from->read_bytes;
    to->write_bytes += from->write_bytes;
    to->maxrss_pages = max(to->maxrss_pages, from->maxrss_pages);
}

void thread_group_totals(struct task *task, struct cpu_totals *totals)
{
    struct task *thread;

    *totals = task->signal->dead;
    rcu_read_lock();
    task_for_each_thread (thread, task)
        totals_add_task(totals, thread);
    rcu_read_unlock();
}

void thread_group_times(struct task *task, u64 *utime_ns, u64 *stime_ns)
{
    struct cpu_totals totals;

    thread_group_totals(task, &totals);
    *utime_ns = totals.utime_ns;
    *stime_ns = totals.stime_ns;
}
