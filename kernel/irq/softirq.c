// SPDX-License-Identifier: MIT
/*
 * Softirqs and tasklets. A raised softirq runs on the same CPU: when the outermost interrupt
 * ends, when bottom halves come back on, or in ksoftirqd. A pass that was raised again RESTART_MAX
 * times or took longer than BUDGET_NS leaves the rest to ksoftirqd, so that tasks get their turn.
 */
#include <kernel/irq/softirq.h>

#include "vectors.h"

#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/irq/stat.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/preempt.h>
#include <kernel/time/clock.h>

#define RESTART_MAX 10
#define BUDGET_NS   2000000

static void (*actions[NR_SOFTIRQS])(void);
static DEFINE_PER_CPU(u32, pending);
static DEFINE_PER_CPU(u32, counts[NR_SOFTIRQS]);
static DEFINE_PER_CPU(struct task *, ksoftirqd);

const char *const softirq_names[NR_SOFTIRQS] = {"HI",       "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
                                                "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};

void softirq_open(enum softirq nr, void (*action)(void))
{
    actions[nr] = action;
}

u32 softirq_count(enum softirq nr, unsigned int cpu)
{
    return per_cpu(counts[nr], cpu);
}

bool softirq_pending(void)
{
    return this_cpu_read(pending);
}

/* Interrupts off. */
static void run_once(void)
{
    u32 todo = this_cpu_read(pending);

    this_cpu_write(pending, 0);
    local_irq_enable();
    while (todo) {
        unsigned int nr = __builtin_ctz(todo), count = preempt_count();

        todo &= todo - 1;
        this_cpu_inc(counts[nr]);
        actions[nr]();
        if (unlikely(preempt_count() != count))
            panic("softirq %s changed the preemption count from %x to %x", softirq_names[nr], count,
                  preempt_count());
    }
    local_irq_disable();
}

/* Entered and left with interrupts off. */
void softirq_run_pending(void)
{
    u64 end = ktime_ns() + BUDGET_NS;

    this_cpu_add(preempt_count_word, SOFTIRQ_OFFSET);
    for (int i = 0; softirq_pending(); i++) {
        if (i == RESTART_MAX || (i && ktime_ns() > end)) {
            struct task *task = this_cpu_read(ksoftirqd);

            if (task)
                wake_up_task(task);
            break;
        }
        run_once();
    }
    this_cpu_sub(preempt_count_word, SOFTIRQ_OFFSET);
}

void softirq_raise(enum softirq nr)
{
    unsigned long flags = local_irq_save();

    this_cpu_or(pending, 1U << nr);
    /* Outside of interrupts nothing would run it soon. */
    if (!in_interrupt()) {
        struct task *task = this_cpu_read(ksoftirqd);

        if (task)
            wake_up_task(task);
    }
    local_irq_restore(flags);
}

void local_bh_disable(void)
{
    this_cpu_add(preempt_count_word, SOFTIRQ_DISABLE_OFFSET);
    barrier();
}

void local_bh_enable(void)
{
    barrier();
    if (softirq_pending() &&
        (preempt_count() & (SOFTIRQ_MASK | HARDIRQ_MASK)) == SOFTIRQ_DISABLE_OFFSET &&
        !irqs_disabled()) {
        /* Keep preemption off across the change so that the softirqs run here. */
        this_cpu_sub(preempt_count_word, SOFTIRQ_DISABLE_OFFSET - PREEMPT_OFFSET);
        local_irq_disable();
        softirq_run_pending();
        local_irq_enable();
        preempt_enable();
        return;
    }
    this_cpu_sub(preempt_count_word, SOFTIRQ_DISABLE_OFFSET);
    preempt_check_resched();
}

static int ksoftirqd_main(void *arg)
{
    while (!kthread_should_stop()) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (!softirq_pending()) {
            schedule();
            continue;
        }
        set_current_state(TASK_RUNNING);
        local_irq_disable();
        if (softirq_pending())
            softirq_run_pending();
        local_irq_enable();
        cond_resched();
    }
    set_current_state(TASK_RUNNING);
    return 0;
}

void softirq_start_thread(unsigned int cpu)
{
    struct task *task = kthread_create(ksoftirqd_main, NULL, "ksoftirqd/%u", cpu);

    if (IS_ERR(task))
        panic("no memory for ksoftirqd/%u", cpu);
    kthread_bind(task, cpu);
    per_cpu(ksoftirqd, cpu) = task;
    wake_up_task(task);
}

/* --- tasklets: functions run by SOFTIRQ_TASKLET, each on one CPU at a time --- */

#define TASKLET_SCHEDULED 0x1
#define TASKLET_RUNNING   0x2

static DEFINE_PER_CPU(struct tasklet *, tasklets);

void tasklet_init(struct tasklet *t, void (*fn)(struct tasklet *t))
{
    t->next = NULL;
    t->state = 0;
    t->fn = fn;
}

void tasklet_schedule(struct tasklet *t)
{
    unsigned long flags;

    if (__atomic_fetch_or(&t->state, TASKLET_SCHEDULED, __ATOMIC_ACQ_REL) & TASKLET_SCHEDULED)
        return;
    flags = local_irq_save();
    t->next = this_cpu_read(tasklets);
    this_cpu_write(tasklets, t);
    softirq_raise(SOFTIRQ_TASKLET);
    local_irq_restore(flags);
}

static void tasklets_run(void)
{
    struct tasklet *list;

    local_irq_disable();
    list = this_cpu_read(tasklets);
    this_cpu_write(tasklets, NULL);
    local_irq_enable();
    while (list) {
        struct tasklet *t = list;

        list = t->next;
        /* Running on another CPU: try again later. */
        if (__atomic_fetch_or(&t->state, TASKLET_RUNNING, __ATOMIC_ACQ_REL) & TASKLET_RUNNING) {
            local_irq_disable();
            t->next = this_cpu_read(tasklets);
            this_cpu_write(tasklets, t);
            local_irq_enable();
            softirq_raise(SOFTIRQ_TASKLET);
            continue;
        }
        __atomic_fetch_and(&t->state, ~TASKLET_SCHEDULED, __ATOMIC_ACQ_REL);
        t->fn(t);
        __atomic_fetch_and(&t->state, ~TASKLET_RUNNING, __ATOMIC_RELEASE);
    }
}

void tasklet_kill(struct tasklet *t)
{
    while (READ_ONCE(t->state))
        sleep_ns(NSEC_PER_MSEC);
}

static int __init softirq_init(void)
{
    softirq_open(SOFTIRQ_TASKLET, tasklets_run);
    return 0;
}
initcall(INIT_CORE, softirq_init);
