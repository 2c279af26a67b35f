/* SPDX-License-Identifier: MIT */
/*
 * POSIX timers (timer_create(2)).
 *
 * A timer owns the one queue entry by which it sends its signal: while that is queued, further
 * expiries are not sent but counted, as POSIX says. So a periodic timer is not even started again
 * until its signal has been taken (posix_timer_dequeued()); the periods that went by meanwhile are
 * the overrun. A timer whose signal is ignored, or that sends none, goes on by itself.
 *
 * A timer is on signal->posix_timers, under signal->lock, from creation to deletion. The lock is
 * also what its function takes, so a timer is deleted by taking it off the list, cancelling, and
 * waiting for the function without the lock.
 */
#include <kernel/proc/itimer.h>

#include "signal_internal.h"

#include <kernel/err.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>

#define CLOCK_REALTIME       0
#define CLOCK_MONOTONIC      1
#define CLOCK_BOOTTIME       7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI            11

#define POSIX_TIMERS_MAX  32768
#define TIMER_OVERRUN_MAX 0x7fffffff

struct posix_timer {
    struct list_head link; /* signal->posix_timers */
    struct timer timer;
    struct signal_state *signal;
    struct pid *thread; /* SIGEV_THREAD_ID: to this thread alone; else NULL */
    struct sigqueue queue;
    int id, clock, notify;
    u64 interval_ns;
    u64 overrun; /* of the last signal taken */
    bool deleted;
};

static bool clock_has_timers(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

/* The timer's clock minus the one that kernel timers run by. */
static s64 clock_offset_ns(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME: return ktime_real_ns() - (s64)ktime_ns();
    case CLOCK_BOOTTIME: return (s64)(ktime_boot_ns() - ktime_ns());
    default: return 0;
    }
}

/* signal->lock held for all that take a timer. */
static struct posix_timer *timer_find(struct signal_state *signal, int id)
{
    struct posix_timer *timer;

    list_for_each_entry (timer, &signal->posix_timers, link) {
        if (timer->id == id)
            return timer;
    }
    return NULL;
}

static struct task *timer_target(struct posix_timer *timer)
{
    if (timer->thread)
        return pid_task(timer->thread, PIDTYPE_PID);
    return list_first_or_null_rcu(&timer->signal->threads, struct task, thread_link);
}

/* Whether a signal is on its way: then the next period waits for it to be taken. */
static bool timer_notify(struct posix_timer *timer)
{
    struct task *task;
    int sent;

    if (timer->notify == SIGEV_NONE)
        return false;
    task = timer_target(timer);
    if (!task || task->signal != timer->signal)
        return false;
    sent = signal_queue_send(&timer->queue, task, timer->thread ? PIDTYPE_PID : PIDTYPE_TGID);
    return sent != 0;
}

static bool posix_timer_fired(struct timer *t)
{
    struct posix_timer *timer = container_of(t, struct posix_timer, timer);
    unsigned long flags;
    bool again = false;
    u64 missed;

    rcu_read_lock();
    spin_lock_irqsave(&timer->signal->lock, flags);
    if (!timer->deleted && !timer_notify(timer) && timer->interval_ns) {
        t->expires_ns = timer_next_period(t->expires_ns, timer->interval_ns, ktime_ns(), &missed);
        again = true;
    }
    spin_unlock_irqrestore(&timer->signal->lock, flags);
    rcu_read_unlock();
    return again;
}

void posix_timer_dequeued(struct signal_state *signal, struct siginfo *info)
{
    struct posix_timer *timer = timer_find(signal, info->si_tid);
    u64 missed;

    info->si_sys_private = 0;
    if (!timer)
        return;
    timer->overrun = 0;
    if (timer->interval_ns && !timer_pending(&timer->timer)) {
        u64 next =
            timer_next_period(timer->timer.expires_ns, timer->interval_ns, ktime_ns(), &missed);

        timer->overrun = min(missed, (u64)TIMER_OVERRUN_MAX);
        timer_start(&timer->timer, next);
    }
    info->si_overrun = (int)timer->overrun;
}

/* --- creation --- */

static int sigevent_check(const struct linux_sigevent *event)
{
    if (event->sigev_notify == SIGEV_NONE)
        return 0;
    if (event->sigev_notify != SIGEV_SIGNAL && event->sigev_notify != SIGEV_THREAD_ID)
        return -EINVAL;
    return sig_valid(event->sigev_signo) ? 0 : -EINVAL;
}

/* SIGEV_THREAD_ID: a thread of the caller's own group. */
static int timer_bind_thread(struct posix_timer *timer, pid_t nr)
{
    struct task *task;
    int err = -EINVAL;

    rcu_read_lock();
    task = task_find(nr);
    if (task && task->signal == current->signal) {
        timer->thread = pid_get(task_pid(task));
        err = 0;
    }
    rcu_read_unlock();
    return err;
}

static void timer_fill(struct posix_timer *timer, int clock, const struct linux_sigevent *event)
{
    timer->signal = current->signal;
    timer->clock = clock;
    timer->notify = event->sigev_notify;
    INIT_LIST_HEAD(&timer->queue.link);
    timer->queue.timer = timer;
    timer->queue.info.si_signo = event->sigev_signo;
    timer->queue.info.si_code = SI_TIMER;
    timer->queue.info.si_timer_value = event->sigev_value;
    timer->queue.info.si_sys_private = 1;
    timer_init(&timer->timer, posix_timer_fired, 0);
}

static int timer_publish(struct posix_timer *timer)
{
    struct signal_state *signal = current->signal;
    int err = -EAGAIN;

    spin_lock_irq(&signal->lock);
    for (int tries = 0; tries < POSIX_TIMERS_MAX; tries++) {
        int id = signal->next_timer_id;

        signal->next_timer_id = (id + 1) % POSIX_TIMERS_MAX;
        if (!timer_find(signal, id)) {
            timer->id = id;
            timer->queue.info.si_tid = id;
            list_add_tail(&timer->link, &signal->posix_timers);
            err = 0;
            break;
        }
    }
    spin_unlock_irq(&signal->lock);
    return err;
}

static void timer_free(struct posix_timer *timer)
{
    pid_put(timer->thread);
    kfree(timer);
}

int posix_timer_create(int clock, const struct linux_sigevent *event, int *id)
{
    struct posix_timer *timer;
    int err = sigevent_check(event);

    if (err)
        return err;
    if (!clock_has_timers(clock))
        return clock < 0 || clock <= CLOCK_TAI ? -EOPNOTSUPP : -EINVAL;
    timer = kzalloc(sizeof(*timer), GFP_KERNEL);
    if (!timer)
        return -EAGAIN;
    timer_fill(timer, clock, event);
    if (event->sigev_notify == SIGEV_THREAD_ID)
        err = timer_bind_thread(timer, event->sigev_tid);
    if (!err)
        err = timer_publish(timer);
    if (err) {
        timer_free(timer);
        return err;
    }
    *id = timer->id;
    return 0;
}

void posix_timer_value_set(int id, linux_sigval_t value)
{
    struct signal_state *signal = current->signal;
    struct posix_timer *timer;

    spin_lock_irq(&signal->lock);
    timer = timer_find(signal, id);
    if (timer)
        timer->queue.info.si_timer_value = value;
    spin_unlock_irq(&signal->lock);
}

/* --- use --- */

static void timer_read(struct posix_timer *timer, struct itimer_setting *now)
{
    u64 expires = timer->timer.expires_ns, time = ktime_ns(), missed;
    bool waiting = !list_empty(&timer->queue.link);

    now->interval_ns = timer->interval_ns;
    now->value_ns = 0;
    if (waiting && timer->interval_ns)
        expires = timer_next_period(expires, timer->interval_ns, time, &missed);
    else if (!timer_pending(&timer->timer))
        return;
    now->value_ns = expires > time ? expires - time : 1;
}

/* Finds the timer and stops it, with signal->lock held on return. NULL: there is none, not locked.
 */
static struct posix_timer *timer_find_stopped(struct signal_state *signal, int id,
                                              struct itimer_setting *old)
{
    struct posix_timer *timer;

    for (;;) {
        spin_lock_irq(&signal->lock);
        timer = timer_find(signal, id);
        if (!timer)
            break;
        if (old)
            timer_read(timer, old);
        if (timer_try_cancel(&timer->timer) >= 0)
            return timer;
        spin_unlock_irq(&signal->lock);
        cpu_relax();
    }
    spin_unlock_irq(&signal->lock);
    return NULL;
}

int posix_timer_set(int id, bool absolute, const struct itimer_setting *set,
                    struct itimer_setting *old)
{
    struct signal_state *signal = current->signal;
    struct posix_timer *timer = timer_find_stopped(signal, id, old);
    u64 expires;

    if (!timer)
        return -EINVAL;
    timer->interval_ns = set->value_ns ? set->interval_ns : 0;
    timer->overrun = 0;
    if (set->value_ns) {
        expires = set->value_ns + ktime_ns();
        if (absolute) {
            s64 at = (s64)set->value_ns - clock_offset_ns(timer->clock);

            expires = at > 0 ? (u64)at : 1;
        }
        timer_start(&timer->timer, expires);
    }
    spin_unlock_irq(&signal->lock);
    return 0;
}

int posix_timer_get(int id, struct itimer_setting *now)
{
    struct signal_state *signal = current->signal;
    struct posix_timer *timer;

    spin_lock_irq(&signal->lock);
    timer = timer_find(signal, id);
    if (timer)
        timer_read(timer, now);
    spin_unlock_irq(&signal->lock);
    return timer ? 0 : -EINVAL;
}

int posix_timer_overrun(int id)
{
    struct signal_state *signal = current->signal;
    struct posix_timer *timer;
    int overrun = -EINVAL;

    spin_lock_irq(&signal->lock);
    timer = timer_find(signal, id);
    if (timer)
        overrun = (int)timer->overrun;
    spin_unlock_irq(&signal->lock);
    return overrun;
}

/* Its queue entry must be out of every queue before it is freed. signal->lock held. */
static void timer_unpublish(struct posix_timer *timer)
{
    struct signal_state *signal = timer->signal;
    int sig = timer->queue.info.si_signo;
    struct task *thread;

    timer->deleted = true;
    list_del(&timer->link);
    if (list_empty(&timer->queue.link))
        return;
    list_del_init(&timer->queue.link);
    if (!timer->thread) {
        signal_set_recount(&signal->shared, sig);
        return;
    }
    task_for_each_thread (thread, current)
        signal_set_recount(&thread->pending, sig);
}

int posix_timer_delete(int id)
{
    struct signal_state *signal = current->signal;
    struct posix_timer *timer;

    spin_lock_irq(&signal->lock);
    timer = timer_find(signal, id);
    if (timer)
        timer_unpublish(timer);
    spin_unlock_irq(&signal->lock);
    if (!timer)
        return -EINVAL;
    timer_cancel(&timer->timer);
    timer_free(timer);
    return 0;
}

void posix_timers_exit(struct signal_state *signal)
{
    struct posix_timer *timer;

    for (;;) {
        spin_lock_irq(&signal->lock);
        timer = list_first_entry_or_null(&signal->posix_timers, struct posix_timer, link);
        if (timer)
            timer_unpublish(timer);
        spin_unlock_irq(&signal->lock);
        if (!timer)
            return;
        timer_cancel(&timer->timer);
        timer_free(timer);
    }
}
