// SPDX-License-Identifier: MIT
/*
 * RCU. A reader has preemption off, so a CPU that has switched tasks, or was idle or in user mode,
 * since a grace period began holds no reader from before it.
 *
 * Each CPU counts the quiescent points it passes (rcu_qs) and says when it idles. One thread runs
 * the grace periods: it collects the callbacks of all CPUs, notes every CPU's count, waits until
 * each count moved on or the CPU was seen idle (prodding those that keep it waiting), and then
 * calls the collected functions with bottom halves off.
 *
 * Idle and interrupts: the idle flag is off while an interrupt handler runs, since handlers may be
 * readers.
 */
#include <kernel/sync/rcu.h>

#include <abi/linux/errno.h>
#include <kernel/arch/smp.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/rcu_core.h>
#include <kernel/time/clock.h>

#define POLL_NS    (1 * NSEC_PER_MSEC)
#define PROD_NS    (10 * NSEC_PER_MSEC)
#define STALL_NS   (20 * NSEC_PER_SEC)
#define CALL_BATCH 64
/* An offset instead of a function (kfree_rcu): no function lies in the first page. */
#define MAX_OFFSET 4096

DEFINE_PER_CPU(unsigned long, rcu_qs_count);
DEFINE_PER_CPU(bool, rcu_idle);

struct callback_list {
    struct rcu_head *head, **tail;
};
static DEFINE_PER_CPU(struct callback_list, callbacks);
static DEFINE_WAIT_QUEUE(work_wait);
static bool rcu_running;
static u64 nr_grace_periods;

static void add_callback(struct rcu_head *head)
{
    unsigned long flags = local_irq_save();
    struct callback_list *list = this_cpu_ptr(&callbacks);
    bool first = !list->head;

    head->next = NULL;
    if (first)
        list->tail = &list->head;
    *list->tail = head;
    list->tail = &head->next;
    local_irq_restore(flags);
    if (first && rcu_running)
        wake_up(&work_wait);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
    head->func = func;
    add_callback(head);
}

void kfree_rcu_head(struct rcu_head *head, size_t offset)
{
    static_assert(sizeof(head->func) == sizeof(size_t), "an offset fits");
    DEBUG_ASSERT(offset < MAX_OFFSET);
    memcpy(&head->func, &offset, sizeof(offset));
    add_callback(head);
}

static void invoke(struct rcu_head *head)
{
    size_t offset = (size_t)head->func;

    if (offset < MAX_OFFSET)
        kfree((char *)head - offset);
    else
        head->func(head);
}

static bool have_callbacks(void)
{
    unsigned int cpu;

    for_each_possible_cpu (cpu) {
        if (READ_ONCE(per_cpu(callbacks, cpu).head))
            return true;
    }
    return false;
}

/* Takes a CPU's list. Runs on that CPU. */
struct collector {
    spinlock_t lock;
    struct rcu_head *head, **tail;
};

static void collect_here(void *arg)
{
    struct collector *all = arg;
    struct callback_list *list = this_cpu_ptr(&callbacks);

    if (!list->head)
        return;
    spin_lock(&all->lock);
    *all->tail = list->head;
    all->tail = list->tail;
    spin_unlock(&all->lock);
    list->head = NULL;
}

static struct rcu_head *collect(void)
{
    struct collector all = {.lock = SPINLOCK_INIT(collector.lock)};
    unsigned int cpu;
    u64 others = 0;

    all.head = NULL;
    all.tail = &all.head;
    preempt_disable();
    for_each_online_cpu (cpu) {
        if (cpu != smp_processor_id() && READ_ONCE(per_cpu(callbacks, cpu).head))
            others |= BIT_ULL(cpu);
    }
    local_irq_disable();
    collect_here(&all);
    local_irq_enable();
    if (others)
        smp_call_mask(others, collect_here, &all, true);
    preempt_enable();
    return all.head;
}

static bool cpu_quiescent(unsigned int cpu, unsigned long seen)
{
    return READ_ONCE(per_cpu(rcu_qs_count, cpu)) != seen || READ_ONCE(per_cpu(rcu_idle, cpu));
}

static void wait_for_cpu(unsigned int cpu, unsigned long seen)
{
    u64 start = ktime_ns(), prod = start + PROD_NS, stall = start + STALL_NS;

    while (!cpu_quiescent(cpu, seen)) {
        sleep_ns(POLL_NS);
        if (ktime_ns() > prod) {
            smp_send_reschedule(cpu);
            prod += PROD_NS;
        }
        if (ktime_ns() > stall) {
            pr_err("rcu: CPU %u has passed no quiescent point for %llu s\n", cpu,
                   (ktime_ns() - start) / NSEC_PER_SEC);
            stall += STALL_NS;
        }
    }
}

static void grace_period(void)
{
    unsigned long seen[NR_CPUS_MAX];
    unsigned int cpu;
    u64 mask;

    smp_mb();
    mask = READ_ONCE(cpu_online_mask);
    for_each_cpu (cpu, mask)
        seen[cpu] = READ_ONCE(per_cpu(rcu_qs_count, cpu));
    for_each_cpu (cpu, mask) {
        if (cpu != smp_processor_id()) /* this thread itself is no reader */
            wait_for_cpu(cpu, seen[cpu]);
    }
    smp_mb();
    nr_grace_periods++;
}

static void invoke_all(struct rcu_head *head)
{
    while (head) {
        local_bh_disable();
        for (int i = 0; head && i < CALL_BATCH; i++) {
            struct rcu_head *next = head->next;

            invoke(head);
            head = next;
        }
        local_bh_enable();
        cond_resched();
    }
}

static int rcu_thread(void *arg)
{
    for (;;) {
        (void)__wait_event(&work_wait, have_callbacks(), TASK_IDLE, false, TIMEOUT_NONE);
        {
            struct rcu_head *head = collect();

            grace_period();
            invoke_all(head);
        }
    }
    return 0;
}

struct sync_request {
    struct rcu_head head;
    struct completion done;
};

static void sync_done(struct rcu_head *head)
{
    complete(&container_of(head, struct sync_request, head)->done);
}

void rcu_barrier(void)
{
    struct sync_request request;

    /* Callbacks of all CPUs are collected together, so one more behind them suffices, twice: those
     * collected before are being called now, those not yet collected come with this one. */
    for (int i = 0; i < 2 && rcu_running; i++) {
        completion_init(&request.done);
        call_rcu(&request.head, sync_done);
        wait_for_completion(&request.done);
    }
}

void synchronize_rcu(void)
{
    struct sync_request request;

    might_sleep();
    /* Alone: whoever may sleep here proves that no reader is under way. */
    if (READ_ONCE(cpu_online_mask) == BIT_ULL(0) || !rcu_running)
        return;
    completion_init(&request.done);
    call_rcu(&request.head, sync_done);
    wait_for_completion(&request.done);
}

static int __init rcu_init(void)
{
    struct task *task = kthread_create(rcu_thread, NULL, "rcu_sched");

    if (IS_ERR(task))
        panic("no memory for rcu_sched");
    rcu_running = true;
    wake_up_task(task);
    return 0;
}
initcall(INIT_CORE, rcu_init);
