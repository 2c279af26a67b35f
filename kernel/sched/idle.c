// SPDX-License-Identifier: MIT
/*
 * The idle class: each CPU's idle task, which is never queued and runs when nothing else does. An
 * idle CPU has no tick: it sleeps until an interrupt comes (a device, a timer, another CPU).
 */
#include <kernel/sched/idle.h>

#include "rq.h"

#include <kernel/base/log.h>
#include <kernel/sync/rcu_core.h>
#include <kernel/time/clock.h>

static void idle_enqueue(struct rq *rq, struct task *task, unsigned int flags)
{
}

static void idle_yield(struct rq *rq)
{
}

static struct task *idle_pick(struct rq *rq)
{
    return rq->idle;
}

static void idle_set_next(struct rq *rq, struct task *task)
{
    task->se.exec_start_ns = rq->clock_ns;
}

static void idle_put_prev(struct rq *rq, struct task *task)
{
    sched_account_tick(rq, false);
    if (!timer_pending(&rq->tick))
        timer_start(&rq->tick, ktime_ns() + TICK_NS);
}

static void idle_tick(struct rq *rq, struct task *task)
{
}

static bool idle_preempts(struct rq *rq, struct task *task)
{
    return false;
}

static struct task *idle_steal(struct rq *rq, unsigned int to_cpu)
{
    return NULL;
}

static void idle_fork(struct task *child)
{
}

const struct sched_class idle_class = {
    .name = "idle",
    .enqueue = idle_enqueue,
    .dequeue = idle_enqueue,
    .yield = idle_yield,
    .pick = idle_pick,
    .set_next = idle_set_next,
    .put_prev = idle_put_prev,
    .tick = idle_tick,
    .preempts = idle_preempts,
    .steal = idle_steal,
    .fork = idle_fork,
};

void sched_idle_loop(void)
{
    preempt_disable();
    for (;;) {
        log_wake_pending();
        local_irq_disable();
        if (!need_resched()) {
            rcu_idle_enter();
            cpu_idle_wait();
            local_irq_disable();
            rcu_idle_exit();
        }
        local_irq_enable();
        if (need_resched())
            sched_idle_switch();
    }
}
