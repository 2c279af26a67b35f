/* SPDX-License-Identifier: MIT */
/* What the parts of the signal code share among themselves. */
#ifndef KERNEL_PROC_SIGNAL_INTERNAL_H
#define KERNEL_PROC_SIGNAL_INTERNAL_H

#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>

struct user_account;

/* A queued signal. */
struct sigqueue {
    struct list_head link; /* sigpending.queue */
    struct siginfo info;
    struct user_account *user; /* NULL: not counted */
    struct posix_timer *timer; /* this is that timer's own: never freed here */
};

static inline bool siginfo_is_special(const struct siginfo *info)
{
    return info == SEND_SIG_NOINFO || info == SEND_SIG_PRIV;
}

/** sigqueue_alloc() - for the user of @task; NULL beyond its limit (unless @over_limit) or without
 * memory. */
struct sigqueue *sigqueue_alloc(const struct task *task, bool over_limit);
void sigqueue_free(struct sigqueue *queue);

/**
 * signal_queue_send() - sends an entry that the caller owns. 1 queued, 0 ignored, -EBUSY: is still
 * queued. signal->lock held.
 */
int signal_queue_send(struct sigqueue *queue, struct task *task, enum pid_type type);

/** signal_next() - the number to deliver first among @pending not in @blocked, or 0. */
int signal_next(const struct sigpending *pending, const sigset_t *blocked);

/** signal_set_recount() - an entry for @sig was taken off the list: the number goes when none is
 * left. */
void signal_set_recount(struct sigpending *pending, int sig);

/** signal_wake() - @task looks at its signals soon; @fatal wakes it from killable and stopped
 * sleep. signal->lock held. */
void signal_wake(struct task *task, bool fatal);

/** signal_stop_cancel() - @task does not stop. signal->lock held. */
void signal_stop_cancel(struct task *task);
/** signal_stop_join() - current has stopped or will not; true when it was the last: tell the
 * parent. */
bool signal_stop_join(struct task *task);

/** signal_action_get() - a copy of what to do with @sig. signal->lock held. */
struct signal_action signal_action_get(struct signal_state *signal, int sig);
/** signal_handler_get() - its handler alone. signal->lock held. */
unsigned long signal_handler_get(struct signal_state *signal, int sig);

/** signal_kill_threads() - every thread of @task's group but @task gets SIGKILL. signal->lock held.
 * How many. */
int signal_kill_threads(struct task *task);

/**
 * posix_timer_dequeued() - its signal was taken: writes the overruns into @info and starts the next
 * period. signal->lock held.
 */
void posix_timer_dequeued(struct signal_state *signal, struct siginfo *info);
/** real_timer_rearm() - SIGALRM was taken: the next period of ITIMER_REAL. signal->lock held. */
void real_timer_rearm(struct signal_state *signal);
/** itimers_init(), itimers_stop(), posix_timers_exit() - with the thread group. */
void itimers_init(struct signal_state *signal);
void itimers_stop(struct signal_state *signal);
void posix_timers_exit(struct signal_state *signal);

#endif
