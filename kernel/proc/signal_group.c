/* SPDX-License-Identifier: MIT */
/*
 * The signal state of thread groups through their life: what fork gives, what exec resets, and how
 * a group ends.
 *
 * A group ends in one of two ways. exit_group(2), or a deadly signal, sets SIGNAL_GROUP_EXIT and
 * the exit code, and sends SIGKILL to every other thread. exec of a group with several threads sets
 * group_exec_task: the others die as well, and the thread in exec waits for the last of them, then
 * takes the leader's place and number.
 */
#include "signal_internal.h"

#include <abi/linux/sched.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/list_rcu.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/exit.h>
#include <kernel/sched/sched.h>
#include <kernel/tty/tty.h>

/* The idle task waits for nobody: its children, kernel threads, are collected as they end. */
struct sighand init_sighand = {
    .count = REFCOUNT_INIT(1),
    .lock = SPINLOCK_INIT(init_sighand.lock),
    .action = {[SIGCHLD - 1] = {.handler = SIG_IGN}},
};

struct signal_state init_signal = {
    .count = REFCOUNT_INIT(1),
    .lock = SPINLOCK_INIT(init_signal.lock),
    .threads = LIST_HEAD_INIT(init_signal.threads),
    .sighand = &init_sighand,
    .shared = {.queue = LIST_HEAD_INIT(init_signal.shared.queue)},
    .pids = {[PIDTYPE_TGID] = &pid_zero, [PIDTYPE_PGID] = &pid_zero, [PIDTYPE_SID] = &pid_zero},
    .wait_child = WAIT_QUEUE_INIT(init_signal.wait_child),
    .signalfd = WAIT_QUEUE_INIT(init_signal.signalfd),
    .posix_timers = LIST_HEAD_INIT(init_signal.posix_timers),
    .rlim =
        {
            [RLIMIT_CPU] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_STACK] = {8UL << 20, RLIM_INFINITY},
            [RLIMIT_CORE] = {0, RLIM_INFINITY},
            [RLIMIT_RSS] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_NPROC] = {4096, 4096},
            [RLIMIT_NOFILE] = {1024, 4096},
            [RLIMIT_MEMLOCK] = {8UL << 20, 8UL << 20},
            [RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_LOCKS] = {RLIM_INFINITY, RLIM_INFINITY},
            [RLIMIT_SIGPENDING] = {4096, 4096},
            [RLIMIT_MSGQUEUE] = {819200, 819200},
            [RLIMIT_NICE] = {0, 0},
            [RLIMIT_RTPRIO] = {0, 0},
            [RLIMIT_RTTIME] = {RLIM_INFINITY, RLIM_INFINITY},
        },
};

/* --- fork --- */

static struct sighand *sighand_create(void)
{
    struct sighand *hand = kzalloc(sizeof(*hand), GFP_KERNEL);

    if (!hand)
        return NULL;
    refcount_set(&hand->count, 1);
    spin_lock_init(&hand->lock);
    return hand;
}

static void sighand_put(struct sighand *hand)
{
    if (hand && refcount_dec_and_test(&hand->count))
        kfree(hand);
}

static void sighand_copy(struct sighand *to, struct sighand *from)
{
    spin_lock_irq(&current->signal->lock);
    spin_lock(&from->lock);
    memcpy(to->action, from->action, sizeof(to->action));
    spin_unlock(&from->lock);
    spin_unlock_irq(&current->signal->lock);
}

/* A new program, or CLONE_CLEAR_SIGHAND: only what is ignored stays so. */
static void sighand_reset(struct sighand *hand)
{
    for (int sig = 1; sig <= NSIG; sig++) {
        unsigned long handler = hand->action[sig - 1].handler;

        hand->action[sig - 1] = (struct signal_action){
            .handler = handler == SIG_IGN ? SIG_IGN : SIG_DFL,
        };
    }
}

static struct sighand *sighand_fork(u64 clone_flags)
{
    struct sighand *old = current->signal->sighand, *hand;

    if (clone_flags & CLONE_SIGHAND) {
        refcount_inc(&old->count);
        return old;
    }
    hand = sighand_create();
    if (!hand)
        return NULL;
    sighand_copy(hand, old);
    if (clone_flags & CLONE_CLEAR_SIGHAND)
        sighand_reset(hand);
    /* Not for the first program, though: what is ignored stays so over exec. */
    if (old == &init_sighand)
        hand->action[SIGCHLD - 1].handler = SIG_DFL;
    return hand;
}

/* What a new group takes over from its parent's. */
static void signal_state_inherit(struct signal_state *signal, struct signal_state *from)
{
    memcpy(signal->rlim, from->rlim, sizeof(signal->rlim));
    signal->cpu_timer_armed = signal->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;
    signal->oom_score_adj = from->oom_score_adj;
    signal->oom_score_adj_min = from->oom_score_adj_min;
    signal->has_child_subreaper = from->has_child_subreaper || from->is_child_subreaper;
    spin_lock_irq(&from->lock);
    signal->tty = tty_get(from->tty);
    spin_unlock_irq(&from->lock);
}

static struct signal_state *signal_state_create(u64 clone_flags)
{
    struct signal_state *signal = kzalloc(sizeof(*signal), GFP_KERNEL);

    if (!signal)
        return NULL;
    signal->sighand = sighand_fork(clone_flags);
    if (!signal->sighand) {
        kfree(signal);
        return NULL;
    }
    refcount_set(&signal->count, 1);
    spin_lock_init(&signal->lock);
    INIT_LIST_HEAD(&signal->threads);
    INIT_LIST_HEAD(&signal->shared.queue);
    INIT_LIST_HEAD(&signal->posix_timers);
    wait_queue_init(&signal->wait_child);
    wait_queue_init(&signal->signalfd);
    itimers_init(signal);
    signal_state_inherit(signal, current->signal);
    return signal;
}

int signal_fork(struct task *child, u64 clone_flags)
{
    INIT_LIST_HEAD(&child->pending.queue);
    child->pending.set.bits = 0;
    child->real_blocked.bits = 0;
    child->jobctl = 0;
    child->restore_mask = false;
    task_work_clear(child, WORK_SIGPENDING);
    if ((clone_flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
        child->altstack = (struct altstack){.flags = SS_DISABLE};
    if (clone_flags & CLONE_THREAD) {
        refcount_inc(&current->signal->count);
        child->signal = current->signal;
        return 0;
    }
    child->signal = signal_state_create(clone_flags);
    return child->signal ? 0 : -ENOMEM;
}

int signal_fork_check(void)
{
    int err = 0;

    spin_lock_irq(&current->signal->lock);
    signal_work_update();
    if (signal_pending(current))
        err = -ERESTARTNOINTR;
    spin_unlock_irq(&current->signal->lock);
    return err;
}

void signal_thread_link(struct task *task)
{
    struct signal_state *signal = task->signal;

    spin_lock_irq(&signal->lock);
    list_add_tail_rcu(&task->thread_link, &signal->threads);
    signal->nr_threads++;
    atomic_inc(&signal->live);
    spin_unlock_irq(&signal->lock);
}

void signal_state_put(struct signal_state *signal)
{
    if (!refcount_dec_and_test(&signal->count))
        return;
    tty_put(signal->tty);
    pid_put(signal->tty_old_pgrp);
    sighand_put(signal->sighand);
    kfree(signal);
}

void signal_task_free(struct task *task)
{
    struct signal_state *signal = task->signal;
    unsigned long flags;

    if (!signal)
        return;
    spin_lock_irqsave(&signal->lock, flags);
    signal_flush(&task->pending, ~0ULL);
    if (refcount_read(&signal->count) == 1)
        signal_flush(&signal->shared, ~0ULL);
    spin_unlock_irqrestore(&signal->lock, flags);
    signal_state_put(signal);
}

/* --- exec --- */

int signal_exec(void)
{
    struct signal_state *signal = current->signal;
    struct sighand *old = signal->sighand, *hand = old;

    if (refcount_read(&old->count) != 1) {
        hand = sighand_create();
        if (!hand)
            return -ENOMEM;
        sighand_copy(hand, old);
    }
    posix_timers_exit(signal);
    spin_lock_irq(&signal->lock);
    sighand_reset(hand);
    signal->sighand = hand;
    spin_unlock_irq(&signal->lock);
    if (hand != old)
        sighand_put(old);
    current->altstack = (struct altstack){.flags = SS_DISABLE};
    return 0;
}

/* Sleeps until @done under tasklist_lock and signal->lock, which it holds on return. */
static int exec_wait(bool (*done)(struct signal_state *signal))
{
    struct signal_state *signal = current->signal;

    for (;;) {
        spin_lock(&tasklist_lock);
        spin_lock_irq(&signal->lock);
        if (done(signal))
            return 0;
        if (sigset_has(&current->pending.set, SIGKILL)) {
            signal->group_exec_task = NULL;
            spin_unlock_irq(&signal->lock);
            spin_unlock(&tasklist_lock);
            return -EAGAIN;
        }
        set_current_state(TASK_KILLABLE);
        spin_unlock_irq(&signal->lock);
        spin_unlock(&tasklist_lock);
        schedule();
        set_current_state(TASK_RUNNING);
    }
}

static bool exec_is_alone(struct signal_state *signal)
{
    struct task *leader = current->group_leader;

    if (leader == current)
        return signal->nr_threads == 1;
    return signal->nr_threads == 2 && leader->exit_state;
}

/* current, alone but for the zombie that leads the group, takes its place. Both locks held. */
static void exec_take_lead(struct task *leader)
{
    struct task *me = current;

    pid_exchange(me, leader);
    swap(me->pid, leader->pid);
    pid_transfer(leader, me, PIDTYPE_TGID);
    pid_transfer(leader, me, PIDTYPE_PGID);
    pid_transfer(leader, me, PIDTYPE_SID);
    list_replace_rcu(&leader->tasks_link, &me->tasks_link);
    list_replace_init(&leader->sibling, &me->sibling);
    me->group_leader = me;
    leader->group_leader = me;
    me->start_ns = leader->start_ns;
    me->start_boot_ns = leader->start_boot_ns;
    me->exit_signal = SIGCHLD;
    leader->exit_signal = -1;
    leader->exit_state = EXIT_DEAD;
}

int signal_kill_other_threads(void)
{
    struct signal_state *signal = current->signal;
    struct task *leader = current->group_leader;
    int err;

    spin_lock_irq(&signal->lock);
    if ((signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task) {
        spin_unlock_irq(&signal->lock);
        return -EAGAIN;
    }
    signal->group_exec_task = current;
    signal_kill_threads(current);
    spin_unlock_irq(&signal->lock);
    err = exec_wait(exec_is_alone);
    if (err)
        return err;
    if (leader != current)
        exec_take_lead(leader);
    current->exit_signal = SIGCHLD;
    signal->group_exec_task = NULL;
    spin_unlock_irq(&signal->lock);
    spin_unlock(&tasklist_lock);
    if (leader != current)
        release_task(leader);
    return 0;
}

/* --- exit --- */

void signal_group_exit(int code)
{
    struct signal_state *signal = current->signal;

    spin_lock_irq(&signal->lock);
    if (signal->flags & SIGNAL_GROUP_EXIT) {
        code = signal->group_exit_code;
    } else if (signal->group_exec_task && signal->group_exec_task != current) {
        code = 0;
    } else {
        signal->group_exit_code = code;
        signal->flags = (signal->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
        signal_kill_threads(current);
    }
    spin_unlock_irq(&signal->lock);
    do_exit(code);
}

/* Shared signals that woke current are looked at by somebody else. signal->lock held. */
static void signal_exit_hand_over(struct task *task)
{
    struct signal_state *signal = task->signal;
    u64 orphans = signal->shared.set.bits & ~task->blocked.bits;
    struct task *thread;

    if (!orphans)
        return;
    task_for_each_thread (thread, task) {
        if ((thread->flags & TASKF_EXITING) || !(orphans & ~thread->blocked.bits))
            continue;
        orphans &= thread->blocked.bits;
        signal_wake(thread, false);
    }
}

static bool signal_exit_locked(struct task *task, int code, bool *stopped)
{
    struct signal_state *signal = task->signal;

    task->flags |= TASKF_EXITING;
    if (atomic_dec_and_test(&signal->live)) {
        if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
            signal->flags = (signal->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
            signal->group_exit_code = code;
            signal->group_stop_count = 0;
        }
        return true;
    }
    if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
        signal_exit_hand_over(task);
        if (task->jobctl & JOBCTL_STOP_PENDING)
            *stopped = signal_stop_join(task);
    }
    return false;
}

bool signal_exit(int code)
{
    struct signal_state *signal = current->signal;
    bool stopped = false, last;

    spin_lock_irq(&signal->lock);
    last = signal_exit_locked(current, code, &stopped);
    spin_unlock_irq(&signal->lock);
    if (stopped) {
        spin_lock(&tasklist_lock);
        notify_parent_stop(current, CLD_STOPPED);
        spin_unlock(&tasklist_lock);
    }
    if (last) {
        if (current->tgid == 1)
            panic("init exited, status 0x%x", (unsigned int)signal->group_exit_code);
        itimers_stop(signal);
        posix_timers_exit(signal);
        tty_session_exit();
    }
    return last;
}
