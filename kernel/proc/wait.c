/* SPDX-License-Identifier: MIT */
/*
 * Waiting for children.
 *
 * A wait looks through the children of every thread of the group (of the calling one alone with
 * __WNOTHREAD), under tasklist_lock, for one with news: it is a zombie, it stopped, it continued.
 * News is taken by the first who sees it, unless WNOWAIT: a zombie becomes EXIT_DEAD and is
 * released, a stop's group_exit_code and SIGNAL_CONTINUED are cleared. Whoever makes news wakes
 * signal->wait_child afterwards.
 */
#include <kernel/proc/wait.h>

#include <abi/linux/signal.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/exit.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/time64.h>

#define PAGE_KIB 4

static void timeval_fill(struct linux_timeval *tv, u64 ns)
{
    tv->tv_sec = (long)(ns / NSEC_PER_SEC);
    tv->tv_usec = (long)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

void rusage_fill(struct linux_rusage *rusage, const struct cpu_totals *totals)
{
    *rusage = (struct linux_rusage){
        .ru_maxrss = (long)(totals->maxrss_pages * PAGE_KIB),
        .ru_minflt = (long)totals->min_faults,
        .ru_majflt = (long)totals->maj_faults,
        .ru_inblock = (long)(totals->read_bytes / 512),
        .ru_oublock = (long)(totals->write_bytes / 512),
        .ru_nvcsw = (long)totals->nr_voluntary,
        .ru_nivcsw = (long)totals->nr_involuntary,
    };
    timeval_fill(&rusage->ru_utime, totals->utime_ns);
    timeval_fill(&rusage->ru_stime, totals->stime_ns);
}

static void child_identify(struct wait_request *request, struct task *child)
{
    struct cpu_totals totals;

    request->found = child->tgid;
    rcu_read_lock();
    request->uid = rcu_dereference(child->cred)->uid;
    rcu_read_unlock();
    thread_group_totals(child, &totals);
    cpu_totals_add(&totals, &child->signal->children);
    rusage_fill(&request->rusage, &totals);
}

/* What the child used up is from now on its parent's to account for. */
static void child_totals_collect(struct task *child)
{
    struct signal_state *mine = current->signal;
    struct cpu_totals totals;

    thread_group_totals(child, &totals);
    cpu_totals_add(&totals, &child->signal->children);
    spin_lock_irq(&mine->lock);
    cpu_totals_add(&mine->children, &totals);
    spin_unlock_irq(&mine->lock);
}

/* Each of the three: true when the child has such news; it is in @request then. */
static bool child_exited(struct wait_request *request, struct task *child, struct task **dead)
{
    int code = child->signal->group_exit_code;

    if (!(request->options & WEXITED))
        return false;
    child_identify(request, child);
    request->wait_status = code;
    if (code & 0x7f) {
        request->cause = code & 0x80 ? CLD_DUMPED : CLD_KILLED;
        request->status = code & 0x7f;
    } else {
        request->cause = CLD_EXITED;
        request->status = code >> 8 & 0xff;
    }
    if (!(request->options & WNOWAIT)) {
        child_totals_collect(child);
        child->exit_state = EXIT_DEAD;
        *dead = child;
    }
    return true;
}

static bool child_stopped(struct wait_request *request, struct task *child)
{
    struct signal_state *signal = child->signal;
    int code = 0;

    if (!(request->options & WUNTRACED))
        return false;
    spin_lock_irq(&signal->lock);
    if (signal->flags & SIGNAL_STOPPED) {
        code = signal->group_exit_code;
        if (!(request->options & WNOWAIT))
            signal->group_exit_code = 0;
    }
    spin_unlock_irq(&signal->lock);
    if (!code)
        return false;
    child_identify(request, child);
    request->cause = CLD_STOPPED;
    request->status = code;
    request->wait_status = code << 8 | 0x7f;
    return true;
}

static bool child_continued(struct wait_request *request, struct task *child)
{
    struct signal_state *signal = child->signal;
    bool continued;

    if (!(request->options & WCONTINUED))
        return false;
    spin_lock_irq(&signal->lock);
    continued = signal->flags & SIGNAL_CONTINUED;
    if (continued && !(request->options & WNOWAIT))
        signal->flags &= ~SIGNAL_CONTINUED;
    spin_unlock_irq(&signal->lock);
    if (!continued)
        return false;
    child_identify(request, child);
    request->cause = CLD_CONTINUED;
    request->status = SIGCONT;
    request->wait_status = 0xffff;
    return true;
}

/* Whether the caller means this child. "Clone" children are those that do not send SIGCHLD. */
static bool child_fits(const struct wait_request *request, const struct task *child)
{
    bool wants_clones = request->options & __WCLONE;

    if (request->type == P_PID && task_tgid(child) != request->pid)
        return false;
    if (request->type == P_PGID && task_pgrp(child) != request->pid)
        return false;
    return (request->options & __WALL) || (child->exit_signal != SIGCHLD) == wants_clones;
}

/* True when @child had news. *err becomes 0 when it may have some later. */
static bool child_consider(struct wait_request *request, struct task *child, int *err,
                           struct task **dead)
{
    if (child->exit_state == EXIT_DEAD || !child_fits(request, child))
        return false;
    if (child->exit_state == EXIT_ZOMBIE && thread_group_empty(child))
        return child_exited(request, child, dead);
    *err = 0;
    return child_stopped(request, child) || child_continued(request, child);
}

static bool children_scan(struct wait_request *request, struct task *parent, int *err,
                          struct task **dead)
{
    struct task *child;

    list_for_each_entry (child, &parent->children, sibling) {
        if (child_consider(request, child, err, dead))
            return true;
    }
    return false;
}

/* For one process there is no need to look through all children. */
static bool child_scan_one(struct wait_request *request, int *err, struct task **dead)
{
    struct task *child = pid_task(request->pid, PIDTYPE_TGID);

    if (!child)
        return false;
    if (request->options & __WNOTHREAD ? child->real_parent != current
                                       : child->real_parent->signal != current->signal)
        return false;
    return child_consider(request, child, err, dead);
}

static bool group_scan(struct wait_request *request, int *err, struct task **dead)
{
    struct task *thread;

    if (request->type == P_PID)
        return child_scan_one(request, err, dead);
    if (request->options & __WNOTHREAD)
        return children_scan(request, current, err, dead);
    task_for_each_thread (thread, current) {
        if (children_scan(request, thread, err, dead))
            return true;
    }
    return false;
}

/* One look. 1: found, 0: may come, -ECHILD. */
static int wait_look(struct wait_request *request, struct task **dead)
{
    int err = -ECHILD;
    bool found;

    if (request->type != P_ALL && !request->pid)
        return -ECHILD;
    spin_lock(&tasklist_lock);
    found = group_scan(request, &err, dead);
    spin_unlock(&tasklist_lock);
    return found ? 1 : err;
}

int wait_for_child(struct wait_request *request)
{
    struct wait_queue *queue = &current->signal->wait_child;
    struct task *dead = NULL;
    struct wait_entry entry;
    int interrupted, result;

    request->found = 0;
    wait_entry_init(&entry, wait_default);
    for (;;) {
        interrupted = prepare_to_wait(queue, &entry, TASK_INTERRUPTIBLE);
        result = wait_look(request, &dead);
        if (result || (request->options & WNOHANG))
            break;
        if (interrupted) {
            result = interrupted;
            break;
        }
        schedule();
    }
    finish_wait(queue, &entry);
    if (dead)
        release_task(dead);
    return result > 0 ? 0 : result;
}
