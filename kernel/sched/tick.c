// SPDX-License-Identifier: MIT
/*
 * The tick: 250 times a second on a CPU that is not idle. It charges time, lets the class decide
 * whether somebody else should run, and looks for work to balance. Load averages are sampled
 * every five seconds by a timer of their own, so that they need no tick.
 */
#include "rq.h"

#include <kernel/arch/ptrace.h>
#include <kernel/base/initcall.h>
#include <kernel/irq/dispatch.h>
#include <kernel/proc/itimer.h>
#include <kernel/sched/idle.h>
#include <kernel/sync/rcu_core.h>
#include <kernel/time/clock.h>

/* Charges what passed since the last look to the task that ran. rq->lock held. */
void sched_account_tick(struct rq *rq, bool user)
{
    u64 now = ktime_ns(), delta = now - rq->times_stamp_ns;
    struct task *task = rq->curr;

    rq->times_stamp_ns = now;
    if (task == rq->idle) {
        if (atomic_read(&rq->nr_iowait) > 0)
            rq->times.iowait_ns += delta;
        else
            rq->times.idle_ns += delta;
    } else if (user) {
        *(task->nice > 0 ? &rq->times.nice_ns : &rq->times.user_ns) += delta;
        task->utime_ns += delta;
    } else {
        rq->times.system_ns += delta;
        task->stime_ns += delta;
    }
}

static bool sched_tick(struct timer *timer)
{
    struct rq *rq = this_rq();
    struct pt_regs *regs = irq_regs();
    bool user = regs && user_mode(regs), idle;

    if (user)
        rcu_quiescent();
    spin_lock(&rq->lock);
    rq_clock_update(rq);
    idle = rq->curr == rq->idle;
    sched_account_tick(rq, user);
    rq->curr->class->tick(rq, rq->curr);
    if (!idle)
        sched_balance_tick(rq);
    spin_unlock(&rq->lock);
    if (idle)
        return false;
    cpu_timers_tick(current);
    timer->expires_ns = max(timer->expires_ns + TICK_NS, ktime_ns() + TICK_NS / 2);
    return true;
}

void sched_tick_init(unsigned int cpu)
{
    timer_init(&cpu_rq(cpu)->tick, sched_tick, TIMER_HARDIRQ);
}

void cpu_times_get(unsigned int cpu, struct cpu_times *out)
{
    struct rq *rq = cpu_rq(cpu);
    unsigned long flags;

    spin_lock_irqsave(&rq->lock, flags);
    if (rq->curr == rq->idle)
        sched_account_tick(rq, false);
    *out = rq->times;
    spin_unlock_irqrestore(&rq->lock, flags);
}

/* --- load averages: exponentially damped over 1, 5 and 15 minutes, in 11-bit fixed point --- */

#define LOAD_PERIOD_NS (5 * (u64)NSEC_PER_SEC)
#define LOAD_ONE       2048UL

static unsigned long averages[3];
static struct timer load_timer;

/* 2048 * exp(-5 s / 1, 5, 15 min) */
static const unsigned long load_decay[3] = {1884, 2014, 2037};

static bool load_sample(struct timer *timer)
{
    long active = 0;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct rq *rq = cpu_rq(cpu);

        active += rq->nr_running + rq->nr_uninterruptible;
    }
    active = max(active, 0L) * (long)LOAD_ONE;
    for (int i = 0; i < 3; i++) {
        unsigned long sum =
            averages[i] * load_decay[i] + (unsigned long)active * (LOAD_ONE - load_decay[i]);

        if ((unsigned long)active >= averages[i])
            sum += LOAD_ONE - 1;
        averages[i] = sum / LOAD_ONE;
    }
    timer->expires_ns += LOAD_PERIOD_NS;
    return true;
}

void loadavg_get(unsigned long load[3])
{
    for (int i = 0; i < 3; i++)
        load[i] = READ_ONCE(averages[i]);
}

static int __init loadavg_init(void)
{
    timer_init(&load_timer, load_sample, 0);
    timer_start(&load_timer, ktime_ns() + LOAD_PERIOD_NS);
    return 0;
}
initcall(INIT_CORE, loadavg_init);
