/* SPDX-License-Identifier: MIT */
/*
 * Signals, and what a thread group shares (struct signal_state).
 *
 * A signal is sent to a thread (task->pending) or to a thread group (signal->shared). Sending
 * queues it and wakes a thread that does not block it; the thread takes it out on its way to user
 * mode (do_signal()), where it is handled, ignored, or does what it does by default.
 *
 * Locking: signal->lock (interrupts off) protects everything marked (s). Order: tasklist_lock >
 * signal->lock > sighand->lock, and > run queue locks. The structure lives as long as any task
 * structure that points to it, so a counted or RCU-protected task is enough to take its lock.
 */
#ifndef KERNEL_PROC_SIGNAL_H
#define KERNEL_PROC_SIGNAL_H

#include <abi/linux/resource.h>
#include <abi/linux/signal.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/lib/refcount.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal_types.h>
#include <kernel/sched/task.h>
#include <kernel/sync/spinlock.h>
#include <kernel/sync/wait.h>
#include <kernel/time/timer.h>
#include <kernel/types.h>

struct cred;
struct posix_timer;
struct pt_regs;
struct task;
struct tty;

/* --- sets --- */

static inline u64 sigmask(int sig)
{
    return 1ULL << (sig - 1);
}
static inline bool sigset_has(const sigset_t *set, int sig)
{
    return set->bits & sigmask(sig);
}
static inline void sigset_add(sigset_t *set, int sig)
{
    set->bits |= sigmask(sig);
}
static inline void sigset_del(sigset_t *set, int sig)
{
    set->bits &= ~sigmask(sig);
}
static inline bool sig_valid(int sig)
{
    return sig >= 1 && sig <= NSIG;
}

#define SIGSET_STOP \
    (1ULL << (SIGSTOP - 1) | 1ULL << (SIGTSTP - 1) | 1ULL << (SIGTTIN - 1) | 1ULL << (SIGTTOU - 1))
/* Nobody blocks, ignores or handles these. */
#define SIGSET_UNMASKABLE (1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1))
/* By default these do nothing. */
#define SIGSET_IGNORED \
    (1ULL << (SIGCONT - 1) | 1ULL << (SIGCHLD - 1) | 1ULL << (SIGWINCH - 1) | 1ULL << (SIGURG - 1))
/* By default these leave a core file. */
#define SIGSET_CORE                                                                                \
    (1ULL << (SIGQUIT - 1) | 1ULL << (SIGILL - 1) | 1ULL << (SIGTRAP - 1) |                        \
     1ULL << (SIGABRT - 1) | 1ULL << (SIGFPE - 1) | 1ULL << (SIGSEGV - 1) | 1ULL << (SIGBUS - 1) | \
     1ULL << (SIGSYS - 1) | 1ULL << (SIGXCPU - 1) | 1ULL << (SIGXFSZ - 1))
/* Caused by the instruction that the thread is at: delivered before others. */
#define SIGSET_SYNCHRONOUS                                                                         \
    (1ULL << (SIGSEGV - 1) | 1ULL << (SIGBUS - 1) | 1ULL << (SIGILL - 1) | 1ULL << (SIGTRAP - 1) | \
     1ULL << (SIGFPE - 1) | 1ULL << (SIGSYS - 1))

/* --- what to do with a signal --- */

struct signal_action {
    unsigned long handler; /* user address, SIG_DFL or SIG_IGN */
    unsigned long flags;   /* SA_* */
    unsigned long restorer;
    sigset_t mask;
};

/* Shared by CLONE_SIGHAND. lock: the actions. */
struct sighand {
    refcount_t count;
    spinlock_t lock;
    struct signal_action action[NSIG]; /* [sig - 1] */
};

/* --- what a thread group shares --- */

/* signal_state.flags */
#define SIGNAL_STOPPED       0x01 /* the whole group is stopped */
#define SIGNAL_CONTINUED     0x02 /* continued, and wait(WCONTINUED) has not seen it */
#define SIGNAL_GROUP_EXIT    0x04 /* everybody exits with group_exit_code */
#define SIGNAL_CLD_STOPPED   0x10 /* the parent is still to be told */
#define SIGNAL_CLD_CONTINUED 0x20
#define SIGNAL_UNKILLABLE    0x40 /* init: what it does not handle does nothing to it */

/* Work of ITIMER_VIRTUAL and ITIMER_PROF, in nanoseconds of CPU time. */
struct cpu_itimer {
    u64 expires_ns; /* 0: off */
    u64 interval_ns;
};

/* Totals of what is not running any more. */
struct cpu_totals {
    u64 utime_ns, stime_ns;
    u64 min_faults, maj_faults;
    u64 nr_voluntary, nr_involuntary;
    u64 read_bytes, write_bytes;
    u64 maxrss_pages;
};

/*
 * (s) lock; (t) tasklist_lock, and RCU to read; (a) atomic; (i) does not change.
 */
struct signal_state {
    refcount_t count; /* (a) task structures, also of released tasks */
    spinlock_t lock;
    atomic_t live;                  /* threads that have not begun to exit */
    int nr_threads;                 /* (t) threads not released */
    struct list_head threads;       /* (t) task->thread_link */
    struct sighand *sighand;        /* (s) changes at exec only */
    struct sigpending shared;       /* (s) */
    struct pid *pids[NR_PID_TYPES]; /* (t) all but PIDTYPE_PID */

    struct wait_queue wait_child; /* parents in wait4(), waitid() */
    struct wait_queue signalfd;   /* readers of signalfd: woken for each signal sent */

    u32 flags;                    /* (s) SIGNAL_* */
    int group_exit_code;          /* (s) as wait4() gives it; or the signal of a stop */
    int group_stop_count;         /* (s) threads that are still to stop */
    struct task *group_exec_task; /* (s) a thread in exec, waiting for the others to die */
    struct task *current_target;  /* (s) who got the last shared signal */

    /* Job control. */
    bool leader;                                  /* (t) of its session */
    struct tty *tty;                              /* (s) controlling terminal, counted */
    struct pid *tty_old_pgrp;                     /* (s) */
    bool is_child_subreaper, has_child_subreaper; /* (t) */

    struct linux_rlimit rlim[RLIM_NLIMITS]; /* (s) to write; read without a lock, word by word */
    struct cpu_totals dead;                 /* (s) threads of this group that were released */
    struct cpu_totals children;             /* (s) children that were waited for, and theirs */
    u64 sum_exec_ns;                        /* (s) of dead threads */

    /* Timers. */
    struct timer real_timer;        /* ITIMER_REAL; (s) to set up */
    u64 real_interval_ns;           /* (s) */
    struct cpu_itimer cpu_timer[2]; /* (s) ITIMER_VIRTUAL, ITIMER_PROF */
    bool cpu_timer_armed;           /* (s) any of the two, or RLIMIT_CPU; read without a lock */
    struct list_head posix_timers;  /* (s) */
    int next_timer_id;              /* (s) */

    s16 oom_score_adj;
    s16 oom_score_adj_min;
};

/* task.jobctl (s) */
#define JOBCTL_STOP_DEQUEUED 0x01 /* took a stop signal out; SIGCONT since then clears it */
#define JOBCTL_STOP_PENDING  0x02 /* takes part in a group stop */
#define JOBCTL_STOP_CONSUME  0x04 /* and is still counted in group_stop_count */
#define JOBCTL_STOPPED       0x08 /* sleeps until continued or killed */
#define JOBCTL_STOP_MASK     (JOBCTL_STOP_DEQUEUED | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME)

/* Of task 0: init's parent. */
extern struct signal_state init_signal;
extern struct sighand init_sighand;

/* --- life, for fork, exec and exit. See each. --- */

/**
 * signal_fork() - gives @child, a fresh copy of current, its signal state: shared with
 * CLONE_THREAD, new otherwise; actions shared with CLONE_SIGHAND, copied otherwise, reset with
 * CLONE_CLEAR_SIGHAND. Pending signals and the alternate stack (unless CLONE_VM without
 * CLONE_VFORK) do as fork(2) says. The child is not yet on signal->threads: the caller does that,
 * under tasklist_lock, with signal_thread_link(). Returns 0 or -ENOMEM. Undone by task_free()
 * (signal_task_free()).
 */
int __must_check signal_fork(struct task *child, u64 clone_flags);
/** signal_thread_link() - counts @task in its group. tasklist_lock held. */
void signal_thread_link(struct task *task);
/**
 * signal_fork_check() - under tasklist_lock, before the child becomes visible: -ERESTARTNOINTR when
 * current has a signal to look at first (so that a signal to the group does not miss the child).
 */
int __must_check signal_fork_check(void);
/**
 * signal_release() - the process tree's half of release_task(): takes @task, which has exited, out
 * of its thread list, the lists of its identifiers, its parent's children, and adds its totals up.
 * Takes tasklist_lock. Returns the leader of its group when that was a zombie waiting for this
 * thread alone and its parent does not care: to be released next; else NULL. The caller then gives
 * up the tree's reference to @task, after a grace period.
 */
struct task *signal_release(struct task *task);
/** signal_state_put() - drops a reference that was taken by refcount_inc(&signal->count). */
void signal_state_put(struct signal_state *signal);
/** signal_task_free() - drops what signal_fork() gave. Last reference to the task is gone. */
void signal_task_free(struct task *task);

/** signal_exec() - a new program: handlers become SIG_DFL, actions are unshared, timers go, the
 * alternate stack too. 0 or -ENOMEM. Called when the thread is alone in its group. */
int __must_check signal_exec(void);
/**
 * signal_kill_other_threads() - exec: every other thread dies; returns when current is alone and
 * leads the group, with its number. 0, or -EAGAIN when somebody else came first or current is
 * killed. May sleep.
 */
int __must_check signal_kill_other_threads(void);

/** signal_group_exit() - exit_group(2): the whole group exits with @code (as wait4() gives it). */
void signal_group_exit(int code) __noreturn;
/**
 * signal_exit() - do_exit() calls it first: current takes no part in shared signals any more;
 * others take over what it would have. @code becomes the group's when nobody set one. Returns true
 * for the last live thread of the group. Task context.
 */
bool signal_exit(int code);

/**
 * signal_exit_notify() - current has given everything back: becomes a zombie, tells the parent, and
 * moves its children to a new parent. Returns true when nobody waits for it: the caller does
 * release_task(current). Takes tasklist_lock.
 */
bool signal_exit_notify(void);

/**
 * notify_parent() - sends @task's exit_signal to its parent and wakes it, if its group is dead.
 * Returns true when the parent does not care (SIGCHLD ignored, SA_NOCLDWAIT): reap at once.
 * tasklist_lock held.
 */
bool notify_parent(struct task *task, int sig);
/** notify_parent_stop() - tells about a stop or continue (CLD_STOPPED, CLD_CONTINUED).
 * tasklist_lock held. */
void notify_parent_stop(struct task *task, int why);
/** pgrp_is_orphaned() - whether no member has a parent in the session, outside the group. */
bool pgrp_is_orphaned(struct pid *pgrp);

/* --- sending --- */

/* For siginfo, instead of a real one. */
#define SEND_SIG_NOINFO ((struct siginfo *)0UL) /* from current: SI_USER, its pid and uid */
#define SEND_SIG_PRIV   ((struct siginfo *)1UL) /* from the kernel: SI_KERNEL */

/**
 * signal_send() - to @task alone (PIDTYPE_PID) or to its group (PIDTYPE_TGID). No permission check.
 * 0, -ESRCH (gone), -EAGAIN (a real-time signal that cannot be queued). Context: any.
 */
int signal_send(int sig, struct siginfo *info, struct task *task, enum pid_type type);
int signal_send_locked(int sig, struct siginfo *info, struct task *task, enum pid_type type);
/** signal_send_checked() - the same after kill(2)'s permission check; sig 0 only checks. */
int signal_send_checked(int sig, struct siginfo *info, struct task *task, enum pid_type type);
/** kill_pid() - to the thread group of @pid, without a check. Any context. */
int kill_pid(struct pid *pid, int sig, bool from_kernel);
/** kill_pgrp() - to every group in process group @pgrp, without a check. Task context. */
int kill_pgrp(struct pid *pgrp, int sig, bool from_kernel);
int kill_pgrp_locked(struct pid *pgrp, int sig, struct siginfo *info, bool checked);

/** force_sig() - current cannot avoid it: if it blocks or ignores it, it gets SIG_DFL. Task
 * context. */
void force_sig(int sig);
void force_sig_info(struct siginfo *info);
/** force_sig_fault() - for a fault at @addr with si_code @code. */
void force_sig_fault(int sig, int code, void __user *addr);
/** force_fatal_sig() - and cannot handle it either. */
void force_fatal_sig(int sig);
/** force_sigsegv() - a bad signal frame: when @sig was SIGSEGV itself, there is no handling it. */
void force_sigsegv(int sig);

/* --- receiving --- */

/* A signal to run a handler for. */
struct signal_delivery {
    int sig;
    struct signal_action action;
    struct siginfo info;
};
/**
 * signal_take() - takes what is pending out, carries out stops, exits and ignores; true with
 * *@delivery when a handler is to be run. Task context, on the way to user mode.
 */
bool signal_take(struct signal_delivery *delivery);
/** signal_delivered() - the frame is set up (@ok) or could not be: masks, SA_RESETHAND. */
void signal_delivered(const struct signal_delivery *delivery, bool ok);
/** signal_dequeue() - takes a signal of @mask's complement. signal->lock held. 0: none. */
int signal_dequeue(struct task *task, const sigset_t *blocked, struct siginfo *info);
/** signal_mask_set() - current's blocked set (SIGKILL and SIGSTOP taken out). */
void signal_mask_set(sigset_t set);
/** signal_mask_suspend() - blocks @set until the system call ends; handlers return to the mask of
 * now. */
void signal_mask_suspend(sigset_t set);
/** signal_mask_restore() - puts saved_mask back if signal_mask_suspend() was used and no handler
 * ran. */
void signal_mask_restore(void);
/** signal_work_update() - recomputes WORK_SIGPENDING of current. signal->lock held. */
void signal_work_update(void);
/** signal_work_update_for() - sets the flag (never clears) for another. signal->lock held. */
void signal_work_update_for(struct task *task);
/** signal_flush() - drops everything pending in @queue. signal->lock held. */
void signal_flush(struct sigpending *queue, u64 mask);
/** signal_is_ignored() - SIG_IGN, or SIG_DFL whose default is to do nothing. */
bool signal_is_ignored(struct task *task, int sig);
/** signal_is_blocked_or_ignored() - for SIGTTIN and SIGTTOU from current. */
bool signal_is_blocked_or_ignored(int sig);

/* User's siginfo_t is longer than ours. 0 or -EFAULT. */
int __must_check siginfo_to_user(void __user *to, const struct siginfo *info);
/* Also -E2BIG when what follows is not zero in a layout that we do not know. */
int __must_check siginfo_from_user(struct siginfo *info, const void __user *from);

/* --- the alternate stack of current; @sp is its user stack pointer --- */
/** altstack_is_at() - whether @sp is on it. */
bool altstack_is_at(unsigned long sp);
/** altstack_flags() - SS_DISABLE, SS_ONSTACK or 0. */
int altstack_flags(unsigned long sp);
void altstack_get(linux_stack_t *out, unsigned long sp);
/** altstack_set() - 0, -EPERM (in use), -EINVAL, -ENOMEM (too small). */
int __must_check altstack_set(const linux_stack_t *in, unsigned long sp);
void altstack_disarm(void);

/* --- threads --- */

/* Every thread of @task's group. tasklist_lock, signal->lock or RCU. */
#define task_for_each_thread(thread, task) \
    list_for_each_entry_rcu (thread, &(task)->signal->threads, thread_link)

static inline bool thread_group_empty(const struct task *task)
{
    return task->signal->nr_threads <= 1;
}

static inline unsigned long rlimit_get(const struct task *task, unsigned int limit)
{
    return READ_ONCE(task->signal->rlim[limit].rlim_cur);
}
static inline unsigned long rlimit_get_max(const struct task *task, unsigned int limit)
{
    return READ_ONCE(task->signal->rlim[limit].rlim_max);
}

/* --- CPU time of a group: living threads and dead ones --- */
void thread_group_times(struct task *task, u64 *utime_ns, u64 *stime_ns);
void thread_group_totals(struct task *task, struct cpu_totals *totals);
void cpu_totals_add(struct cpu_totals *to, const struct cpu_totals *from);

#endif
