/* SPDX-License-Identifier: MIT */
/*
 * Interval timers of a thread group (setitimer(2)), and RLIMIT_CPU.
 *
 * ITIMER_REAL is a kernel timer. A periodic one is started again when its SIGALRM is taken, not
 * when it fires, so that a program that does not keep up is not buried. ITIMER_VIRTUAL and
 * ITIMER_PROF count CPU time: the scheduler's tick looks at them (cpu_timers_tick()) while
 * cpu_timer_armed says that there is anything to look at. All under signal->lock.
 */
#include <kernel/proc/itimer.h>

#include "signal_internal.h"

#include <kernel/arch/cpu.h>
#include <kernel/err.h>
#include <kernel/time/clock.h>

#define CPU_ITIMER(which) ((which)-ITIMER_VIRTUAL)

static struct task *group_any_thread(struct signal_state *signal)
{
    return list_first_or_null_rcu(&signal->threads, struct task, thread_link);
}

static bool real_timer_fired(struct timer *timer)
{
    struct signal_state *signal = container_of(timer, struct signal_state, real_timer);
    struct task *task;
    unsigned long flags;

    rcu_read_lock();
    spin_lock_irqsave(&signal->lock, flags);
    task = group_any_thread(signal);
    if (task)
        signal_send_locked(SIGALRM, SEND_SIG_PRIV, task, PIDTYPE_TGID);
    spin_unlock_irqrestore(&signal->lock, flags);
    rcu_read_unlock();
    return false;
}

void itimers_init(struct signal_state *signal)
{
    timer_init(&signal->real_timer, real_timer_fired, 0);
}

void itimers_stop(struct signal_state *signal)
{
    spin_lock_irq(&signal->lock);
    signal->real_interval_ns = 0;
    signal->cpu_timer_armed = false;
    spin_unlock_irq(&signal->lock);
    timer_cancel(&signal->real_timer);
}

u64 timer_next_period(u64 expires_ns, u64 interval_ns, u64 now_ns, u64 *nr_missed)
{
    u64 late = now_ns >= expires_ns ? now_ns - expires_ns : 0;

    *nr_missed = late / interval_ns;
    return expires_ns + (*nr_missed + 1) * interval_ns;
}

void real_timer_rearm(struct signal_state *signal)
{
    u64 missed;

    if (!signal->real_interval_ns || timer_pending(&signal->real_timer))
        return;
    timer_start(&signal->real_timer,
                timer_next_period(signal->real_timer.expires_ns, signal->real_interval_ns,
                                  ktime_ns(), &missed));
}

static u64 real_timer_left(struct signal_state *signal)
{
    u64 now = ktime_ns(), expires = signal->real_timer.expires_ns;

    if (!timer_pending(&signal->real_timer))
        return 0;
    /* Due this moment is not off. */
    return expires > now ? expires - now : NSEC_PER_USEC;
}

static void real_timer_set(struct signal_state *signal, const struct itimer_setting *set,
                           struct itimer_setting *old)
{
    for (;;) {
        spin_lock_irq(&signal->lock);
        old->value_ns = real_timer_left(signal);
        old->interval_ns = signal->real_interval_ns;
        if (!set || timer_try_cancel(&signal->real_timer) >= 0)
            break;
        /* It fires this moment and wants the lock. */
        spin_unlock_irq(&signal->lock);
        cpu_relax();
    }
    if (set) {
        signal->real_interval_ns = set->value_ns ? set->interval_ns : 0;
        if (set->value_ns)
            timer_start(&signal->real_timer, ktime_ns() + set->value_ns);
    }
    spin_unlock_irq(&signal->lock);
}

/* --- CPU time --- */

/* What a CPU timer measures by now. */
static u64 cpu_timer_clock(struct task *task, int which)
{
    u64 utime, stime;

    thread_group_times(task, &utime, &stime);
    return which == ITIMER_VIRTUAL ? utime : utime + stime;
}

static bool cpu_timers_wanted(const struct signal_state *signal)
{
    return signal->cpu_timer[0].expires_ns || signal->cpu_timer[1].expires_ns ||
           signal->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;
}

static void cpu_timer_set(struct signal_state *signal, int which, const struct itimer_setting *set,
                          struct itimer_setting *old)
{
    struct cpu_itimer *timer = &signal->cpu_timer[CPU_ITIMER(which)];
    u64 now = cpu_timer_clock(current, which);

    spin_lock_irq(&signal->lock);
    old->interval_ns = timer->interval_ns;
    old->value_ns = 0;
    if (timer->expires_ns)
        old->value_ns = timer->expires_ns > now ? timer->expires_ns - now : NSEC_PER_USEC;
    if (set) {
        timer->expires_ns = set->value_ns ? now + set->value_ns : 0;
        timer->interval_ns = set->value_ns ? set->interval_ns : 0;
        signal->cpu_timer_armed = cpu_timers_wanted(signal);
    }
    spin_unlock_irq(&signal->lock);
}

void cpu_limit_changed(struct signal_state *signal)
{
    spin_lock_irq(&signal->lock);
    signal->cpu_timer_armed = cpu_timers_wanted(signal);
    spin_unlock_irq(&signal->lock);
}

static void cpu_timer_check(struct task *task, int which, int sig, u64 now)
{
    struct cpu_itimer *timer = &task->signal->cpu_timer[CPU_ITIMER(which)];
    u64 missed;

    if (!timer->expires_ns || now < timer->expires_ns)
        return;
    timer->expires_ns = timer->interval_ns
                            ? timer_next_period(timer->expires_ns, timer->interval_ns, now, &missed)
                            : 0;
    signal_send_locked(sig, SEND_SIG_PRIV, task, PIDTYPE_TGID);
}

/* The soft limit warns once a second, the hard one kills. */
static void cpu_limit_check(struct task *task, u64 used_ns)
{
    struct linux_rlimit *limit = &task->signal->rlim[RLIMIT_CPU];
    u64 used_s = used_ns / NSEC_PER_SEC;

    if (used_s >= limit->rlim_max) {
        signal_send_locked(SIGKILL, SEND_SIG_PRIV, task, PIDTYPE_TGID);
    } else if (used_s >= limit->rlim_cur) {
        limit->rlim_cur = used_s + 1;
        signal_send_locked(SIGXCPU, SEND_SIG_PRIV, task, PIDTYPE_TGID);
    }
}

void cpu_timers_tick(struct task *task)
{
    struct signal_state *signal = task->signal;
    u64 utime, stime;
    unsigned long flags;

    if (likely(!READ_ONCE(signal->cpu_timer_armed)) || (task->flags & TASKF_EXITING))
        return;
    thread_group_times(task, &utime, &stime);
    spin_lock_irqsave(&signal->lock, flags);
    cpu_timer_check(task, ITIMER_VIRTUAL, SIGVTALRM, utime);
    cpu_timer_check(task, ITIMER_PROF, SIGPROF, utime + stime);
    cpu_limit_check(task, utime + stime);
    signal->cpu_timer_armed = cpu_timers_wanted(signal);
    spin_unlock_irqrestore(&signal->lock, flags);
}

int itimer_exchange(int which, const struct itimer_setting *set, struct itimer_setting *old)
{
    struct signal_state *signal = current->signal;

    switch (which) {
    case ITIMER_REAL: real_timer_set(signal, set, old); return 0;
    case ITIMER_VIRTUAL:
    case ITIMER_PROF: cpu_timer_set(signal, which, set, old); return 0;
    default: return -EINVAL;
    }
}
