// SPDX-License-Identifier: MIT
/*
 * The scheduler's core: run queues, switching, sleeping and waking.
 *
 * A task is on a run queue (on_rq) while it is runnable; it is on_cpu from the moment it is picked
 * until the switch away from it is complete, also when it sleeps already. A waker therefore waits
 * for on_cpu to clear before it puts the task on another CPU's queue.
 *
 * Sleep and wake-up: the sleeper sets its state, looks at its condition, and calls schedule(). The
 * waker changes the condition and calls wake_up_state(), which changes the state under pi_lock. If
 * the task is still on its run queue it just keeps running; schedule() looks at the state under the
 * run queue lock, so one of the two orders holds.
 *
 * The lock of the run queue is handed over in a switch: the next task releases what the previous
 * one took (finish_switch).
 */
#include "rq.h"

#include <abi/linux/errno.h>
#include <kernel/arch/context.h>
#include <kernel/arch/smp.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/block/bio.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/idle.h>
#include <kernel/sync/rcu_core.h>
#include <kernel/time/clock.h>
#include <kernel/time/start.h>

DEFINE_PER_CPU(struct rq, runqueues);
DEFINE_PER_CPU(struct task *, current_task);
DEFINE_PER_CPU(unsigned int, preempt_count_word) = PREEMPT_NEED_RESCHED_INVERTED;

const struct sched_class *const sched_classes[3] = {&rt_class, &fair_class, &idle_class};

static unsigned int class_rank(const struct sched_class *class)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_classes); i++) {
        if (sched_classes[i] == class)
            return i;
    }
    BUG();
}

/* Weight of a nice level: each step is about a tenth of the processor (sched(7)). */
u32 sched_weight(int nice)
{
    static const u32 weights[40] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705,
                                    14949, 11916, 9548,  7620,  6100,  4904,  3906,  3121,
                                    2501,  1991,  1586,  1277,  1024,  820,   655,   526,
                                    423,   335,   272,   215,   172,   137,   110,   87,
                                    70,    56,    45,    36,    29,    23,    18,    15};

    return weights[clamp(nice, -20, 19) + 20];
}

void rq_clock_update(struct rq *rq)
{
    u64 now = sched_clock_ns();

    if ((s64)(now - rq->clock_ns) > 0)
        rq->clock_ns = now;
}

/* Asks the CPU of rq to pass its scheduler. rq->lock held. */
void resched_curr(struct rq *rq)
{
    struct task *curr = rq->curr;

    if (curr->work & WORK_NEED_RESCHED)
        return;
    task_work_set(curr, WORK_NEED_RESCHED);
    if (rq->cpu == smp_processor_id())
        this_cpu_and(preempt_count_word, ~PREEMPT_NEED_RESCHED_INVERTED);
    else
        smp_send_reschedule(rq->cpu);
}

static void clear_resched(struct task *task)
{
    task_work_clear(task, WORK_NEED_RESCHED);
    this_cpu_or(preempt_count_word, PREEMPT_NEED_RESCHED_INVERTED);
}

/* The run queue that task is on, locked; task->pi_lock held or task known not to move. */
static struct rq *task_rq_lock(struct task *task)
{
    for (;;) {
        struct rq *rq = cpu_rq(READ_ONCE(task->cpu));

        spin_lock(&rq->lock);
        if (likely((int)rq->cpu == READ_ONCE(task->cpu)))
            return rq;
        spin_unlock(&rq->lock);
    }
}

static void enqueue_task(struct rq *rq, struct task *task, unsigned int flags)
{
    rq_clock_update(rq);
    task->class->enqueue(rq, task, flags);
    task->on_rq = true;
    task->wait_start_ns = rq->clock_ns;
    rq->nr_running++;
}

static void dequeue_task(struct rq *rq, struct task *task, unsigned int flags)
{
    rq_clock_update(rq);
    task->class->dequeue(rq, task, flags);
    task->on_rq = false;
    rq->nr_running--;
}

static void check_preempt(struct rq *rq, struct task *task)
{
    struct task *curr = rq->curr;

    if (task->class == curr->class) {
        if (task->class->preempts(rq, task))
            resched_curr(rq);
    } else if (class_rank(task->class) < class_rank(curr->class)) {
        resched_curr(rq);
    }
}

void sched_move_queued(struct rq *from, struct rq *to, struct task *task)
{
    dequeue_task(from, task, DEQUEUE_MOVED);
    WRITE_ONCE(task->cpu, (int)to->cpu);
    enqueue_task(to, task, ENQUEUE_MOVED);
    task_work_set(task, WORK_RSEQ);
    check_preempt(to, task);
}

/* Still queued: it had not slept yet, or was preempted on the way. pi_lock held. */
static bool wake_up_queued(struct task *task)
{
    struct rq *rq = task_rq_lock(task);
    bool queued = task->on_rq;

    if (queued) {
        WRITE_ONCE(task->state, TASK_RUNNING);
        if (task != rq->curr) {
            rq_clock_update(rq);
            check_preempt(rq, task);
        }
    }
    spin_unlock(&rq->lock);
    return queued;
}

bool wake_up_state(struct task *task, unsigned int mask)
{
    unsigned long flags;
    bool woken = false;
    unsigned int cpu;
    struct rq *rq;

    spin_lock_irqsave(&task->pi_lock, flags);
    smp_mb();
    if (!(READ_ONCE(task->state) & mask))
        goto out;
    woken = true;
    if (READ_ONCE(task->on_rq) && wake_up_queued(task))
        goto out;
    while (smp_load_acquire(&task->on_cpu))
        cpu_relax();
    if (task->state & TASK_UNINTERRUPTIBLE && !(task->state & TASK_NOLOAD))
        __atomic_fetch_sub(&cpu_rq(task->cpu)->nr_uninterruptible, 1, __ATOMIC_RELAXED);
    cpu = sched_select_cpu(task);
    if ((int)cpu != task->cpu) {
        WRITE_ONCE(task->cpu, (int)cpu);
        task_work_set(task, WORK_RSEQ);
    }
    rq = cpu_rq(cpu);
    spin_lock(&rq->lock);
    WRITE_ONCE(task->state, TASK_RUNNING);
    enqueue_task(rq, task, ENQUEUE_WAKEUP);
    check_preempt(rq, task);
    spin_unlock(&rq->lock);
out:
    spin_unlock_irqrestore(&task->pi_lock, flags);
    return woken;
}

void wake_up_new_task(struct task *task)
{
    unsigned long flags;
    struct rq *rq;

    spin_lock_irqsave(&task->pi_lock, flags);
    WRITE_ONCE(task->state, TASK_RUNNING);
    task->cpu = (int)sched_select_cpu(task);
    rq = cpu_rq(task->cpu);
    spin_lock(&rq->lock);
    enqueue_task(rq, task, ENQUEUE_NEW);
    check_preempt(rq, task);
    spin_unlock(&rq->lock);
    spin_unlock_irqrestore(&task->pi_lock, flags);
}

void kick_task(struct task *task)
{
    preempt_disable();
    if (READ_ONCE(task->on_cpu) && task->cpu != (int)smp_processor_id())
        smp_send_reschedule(task->cpu);
    preempt_enable();
}

/* --- switching --- */

static void finish_switch(struct task *prev)
{
    struct rq *rq = this_rq();
    unsigned int prev_state = READ_ONCE(prev->state);
    struct mm *drop = NULL;

    if (!current->mm != !prev->mm && current->mm) {
        /* A program runs again: the space a kernel thread had borrowed goes back. */
        drop = prev->active_mm;
        prev->active_mm = NULL;
    }
    smp_store_release(&prev->on_cpu, 0);
    raw_spin_unlock(&rq->lock); /* switch_to() has told the lock-order checker */
    local_irq_enable();
    if (drop)
        mm_drop(drop);
    if (unlikely(prev_state == TASK_DEAD))
        task_put(prev);
}

/* First thing a new task does (entry.S). */
void schedule_tail(struct task *prev)
{
    finish_switch(prev);
    preempt_enable_no_resched();
    preempt_enable();
    if (current->set_child_tid)
        sched_announce_tid();
}

static void switch_mm(struct task *prev, struct task *next)
{
    if (!next->mm) {
        /* Kernel threads run in whatever space is there. */
        next->active_mm = prev->active_mm;
        if (prev->mm)
            mm_hold(prev->active_mm);
        else
            prev->active_mm = NULL;
    } else {
        arch_switch_mm(prev->active_mm, next->mm);
        next->active_mm = next->mm;
    }
}

static void switch_to(struct rq *rq, struct task *prev, struct task *next)
{
    rq->nr_switches++;
    rq->curr = next;
    next->on_cpu = 1;
    switch_mm(prev, next);
    arch_switch_prepare(prev, next);
    lock_order_release(&rq->lock.map, &rq->lock); /* next unlocks it */
    this_cpu_write(current_task, next);
    prev = switch_context(prev, next);
    barrier();
    finish_switch(prev);
}

static struct task *pick_next(struct rq *rq)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_classes); i++) {
        struct task *task = sched_classes[i]->pick(rq);

        if (task)
            return task;
    }
    BUG(); /* the idle class always has one */
}

static void account_switch(struct rq *rq, struct task *prev, struct task *next, bool slept)
{
    if (slept)
        prev->nr_voluntary++;
    else
        prev->nr_involuntary++;
    next->nr_run++;
    next->wait_sum_ns += rq->clock_ns - next->wait_start_ns;
    next->last_ran_ns = rq->clock_ns;
    if (!slept)
        prev->wait_start_ns = rq->clock_ns;
}

/* The heart. Preemption off. preempted: the task did not ask, its state does not matter. */
static void schedule_locked_out(bool preempted)
{
    struct task *prev = current, *next;
    struct rq *rq;
    bool slept = false;

    local_irq_disable();
    rcu_quiescent();
    rq = this_rq();
    spin_lock(&rq->lock);
    rq_clock_update(rq);
    if (!preempted && READ_ONCE(prev->state) != TASK_RUNNING) {
        if (signal_pending_state(prev->state, prev)) {
            WRITE_ONCE(prev->state, TASK_RUNNING);
        } else {
            if (prev->state & TASK_UNINTERRUPTIBLE && !(prev->state & TASK_NOLOAD))
                __atomic_fetch_add(&rq->nr_uninterruptible, 1, __ATOMIC_RELAXED);
            dequeue_task(rq, prev, DEQUEUE_SLEEP);
            slept = true;
        }
    }
    if (!rq->nr_running)
        sched_balance_idle(rq);
    clear_resched(prev);
    next = pick_next(rq);
    if (next == prev) {
        spin_unlock(&rq->lock);
        local_irq_enable();
        return;
    }
    prev->class->put_prev(rq, prev);
    next->class->set_next(rq, next);
    account_switch(rq, prev, next, slept);
    if (!slept)
        task_work_set(prev, prev->rseq ? WORK_RSEQ : 0);
    /* The count: one from preempt_disable(), one from the lock, the same in every task here. */
    switch_to(rq, prev, next);
    preempt_enable_no_resched(); /* the lock's, given back by hand in finish_switch() */
}

void schedule(void)
{
    struct task *task = current;

#if CONFIG_DEBUG
    if (unlikely(preempt_count()))
        panic("schedule() with preemption count %x", preempt_count());
#endif
    if (task->plug && task->state != TASK_RUNNING)
        blk_plug_flush_current();
    do {
        preempt_disable();
        schedule_locked_out(false);
        preempt_enable_no_resched();
    } while (need_resched());
}

/* From preempt_enable(): somebody should run instead. */
void preempt_schedule(void)
{
    if (preempt_count() || irqs_disabled())
        return;
    do {
        preempt_disable();
        schedule_locked_out(true);
        preempt_enable_no_resched();
    } while (need_resched());
}

/* From the end of an interrupt that hit the kernel (entry.S); interrupts off before and after. */
void preempt_schedule_irq(void)
{
    do {
        preempt_disable();
        local_irq_enable();
        schedule_locked_out(true);
        local_irq_disable();
        preempt_enable_no_resched();
    } while (need_resched());
}

void sched_idle_switch(void)
{
    schedule_locked_out(false);
}

static bool wake_sleeper(struct timer *timer)
{
    struct sleeper *sleeper = container_of(timer, struct sleeper, timer);

    sleeper->fired = true;
    wake_up_state(sleeper->task, TASK_NORMAL | TASK_WAKEKILL);
    return false;
}

bool schedule_until_ns(u64 deadline_ns)
{
    struct sleeper sleeper = {.task = current};

    if (deadline_ns == TIMEOUT_NEVER) {
        schedule();
        return true;
    }
    timer_init(&sleeper.timer, wake_sleeper, TIMER_HARDIRQ);
    timer_start(&sleeper.timer, deadline_ns);
    schedule();
    timer_cancel(&sleeper.timer);
    return !sleeper.fired;
}

void io_schedule(void)
{
    struct rq *rq = cpu_rq(current->cpu);

    atomic_inc(&rq->nr_iowait);
    schedule();
    atomic_dec(&rq->nr_iowait);
}

void yield_cpu(void)
{
    struct rq *rq;

    preempt_disable();
    local_irq_disable();
    rq = this_rq();
    spin_lock(&rq->lock);
    rq_clock_update(rq);
    rq->curr->class->yield(rq);
    spin_unlock(&rq->lock);
    local_irq_enable();
    preempt_enable_no_resched();
    schedule();
}

bool signal_pending_state(unsigned int state, const struct task *task)
{
    if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(task))
        return false;
    return state & TASK_INTERRUPTIBLE || fatal_signal_pending(task);
}

/* --- changing a task's class, weight, CPUs --- */

static const struct sched_class *class_of(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR ? &rt_class : &fair_class;
}

int task_set_scheduler(struct task *task, int policy, int nice, int rt_priority)
{
    unsigned long flags;
    bool queued, running;
    struct rq *rq;

    spin_lock_irqsave(&task->pi_lock, flags);
    rq = task_rq_lock(task);
    queued = task->on_rq;
    running = rq->curr == task;
    if (queued)
        dequeue_task(rq, task, DEQUEUE_MOVED);
    if (running)
        task->class->put_prev(rq, task);
    task->policy = policy;
    task->nice = nice;
    task->rt_priority = rt_priority;
    task->class = class_of(policy);
    task->se.weight = policy == SCHED_IDLE ? 3 : sched_weight(nice);
    if (queued)
        enqueue_task(rq, task, ENQUEUE_MOVED);
    if (running)
        task->class->set_next(rq, task);
    if (queued)
        resched_curr(rq);
    spin_unlock(&rq->lock);
    spin_unlock_irqrestore(&task->pi_lock, flags);
    return 0;
}

int task_set_affinity(struct task *task, u64 mask)
{
    unsigned long flags;
    struct rq *rq;

    if (!(mask & READ_ONCE(cpu_online_mask)))
        return -EINVAL;
    spin_lock_irqsave(&task->pi_lock, flags);
    task->cpus_allowed = mask;
    rq = task_rq_lock(task);
    if (!(mask & BIT_ULL(task->cpu))) {
        if (task->on_rq && rq->curr != task) {
            struct rq *to = cpu_rq(__builtin_ctzll(mask & cpu_online_mask));

            /* Both locks, in order of CPU number. */
            if (to->cpu < rq->cpu) {
                spin_unlock(&rq->lock);
                spin_lock(&to->lock);
                spin_lock_nested(&rq->lock, 1);
            } else {
                spin_lock_nested(&to->lock, 1);
            }
            if (task->on_rq && rq->curr != task && task->cpu == (int)rq->cpu)
                sched_move_queued(rq, to, task);
            spin_unlock(&to->lock);
        } else if (rq->curr == task) {
            resched_curr(rq); /* the migration happens on its way: sched_migrate_self() */
        }
    }
    spin_unlock(&rq->lock);
    spin_unlock_irqrestore(&task->pi_lock, flags);
    if (task == current && !(mask & BIT_ULL(smp_processor_id())))
        sched_migrate_self();
    return 0;
}

/* --- start --- */

static void rq_init(struct rq *rq, unsigned int cpu)
{
    spin_lock_init(&rq->lock);
    rq->cpu = cpu;
    rq->fair.root = RB_ROOT_CACHED;
    for (unsigned int i = 0; i < NR_RT_PRIORITIES; i++)
        INIT_LIST_HEAD(&rq->rt.queue[i]);
    atomic_set(&rq->nr_iowait, 0);
    sched_tick_init(cpu);
}

void __init sched_init(void)
{
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        rq_init(cpu_rq(cpu), cpu);
    sched_make_idle(&init_task, 0);
}

void sched_fork(struct task *child)
{
    child->state = TASK_NEW;
    child->on_rq = false;
    child->on_cpu = 0;
    spin_lock_init(&child->pi_lock);
    if (child->reset_on_fork) {
        if (child->policy == SCHED_FIFO || child->policy == SCHED_RR)
            child->policy = SCHED_OTHER;
        child->nice = max(child->nice, 0);
        child->rt_priority = 0;
        child->reset_on_fork = false;
    }
    child->class = class_of(child->policy);
    child->nr_voluntary = child->nr_involuntary = child->nr_run = child->wait_sum_ns = 0;
    rt_class.fork(child);
    fair_class.fork(child);
}

/* A task becomes the idle task of a CPU and its current one. */
void sched_make_idle(struct task *task, unsigned int cpu)
{
    struct rq *rq = cpu_rq(cpu);

    task->class = &idle_class;
    task->cpu = (int)cpu;
    task->flags |= TASKF_KTHREAD | TASKF_IDLE;
    task->cpus_allowed = BIT_ULL(cpu);
    task->on_cpu = 1;
    task->state = TASK_RUNNING;
    rq->idle = rq->curr = task;
}

u64 nr_context_switches(void)
{
    u64 sum = 0;
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        sum += cpu_rq(cpu)->nr_switches;
    return sum;
}

unsigned int nr_running_tasks(void)
{
    unsigned int sum = 0, cpu;

    for_each_online_cpu (cpu)
        sum += READ_ONCE(cpu_rq(cpu)->nr_running);
    return sum;
}

unsigned int nr_iowait_tasks(void)
{
    unsigned int sum = 0, cpu;

    for_each_online_cpu (cpu)
        sum += (unsigned int)max(0, atomic_read(&cpu_rq(cpu)->nr_iowait));
    return sum;
}
