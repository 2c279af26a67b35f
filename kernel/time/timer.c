// SPDX-License-Identifier: MIT
/*
 * Timers. Each CPU has two trees ordered by expiry: timers whose function runs in the interrupt,
 * and those whose function runs in softirq. The hardware is armed for the earlier of both heads.
 *
 * A timer belongs to the CPU on which it was last started; whoever wants to change it takes that
 * CPU's lock and looks again whether it is still the right one. running names the timer whose
 * function is being called, so that cancel can wait for it; it is reset before the timer's memory
 * may go.
 */
#include <kernel/time/timer.h>

#include <kernel/arch/percpu.h>
#include <kernel/base/log.h>
#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/irq/softirq.h>
#include <kernel/sync/spinlock.h>
#include <kernel/time/clock.h>
#include <kernel/time/event.h>
#include <kernel/time/start.h>

#define TIMER_IDLE   0
#define TIMER_QUEUED 1

struct timer_tree {
    struct rb_root_cached root;
    struct timer *running;
};

struct timer_base {
    spinlock_t lock;
    struct timer_tree tree[2]; /* [0] softirq, [1] hard interrupt */
    u64 armed_ns;
    bool active;
    u16 cpu;
};

static DEFINE_PER_CPU(struct timer_base, timer_bases);

static struct timer_tree *tree_of(struct timer_base *base, const struct timer *timer)
{
    return &base->tree[timer->flags & TIMER_HARDIRQ ? 1 : 0];
}

void timer_init(struct timer *timer, timer_fn_t fn, unsigned int flags)
{
    RB_CLEAR_NODE(&timer->node);
    timer->expires_ns = 0;
    timer->fn = fn;
    timer->flags = flags;
    timer->state = TIMER_IDLE;
    timer->cpu = 0;
}

bool timer_pending(const struct timer *timer)
{
    return READ_ONCE(timer->state) == TIMER_QUEUED;
}

static bool expires_before(struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, struct timer, node)->expires_ns <
           rb_entry(b, struct timer, node)->expires_ns;
}

static struct timer *tree_first(struct timer_tree *tree)
{
    struct rb_node *node = rb_first_cached(&tree->root);

    return node ? rb_entry(node, struct timer, node) : NULL;
}

static u64 base_next_ns(struct timer_base *base)
{
    u64 next = ~0ULL;

    for (int i = 0; i < 2; i++) {
        struct timer *first = tree_first(&base->tree[i]);

        if (first && first->expires_ns < next)
            next = first->expires_ns;
    }
    return next;
}

/* lock held, interrupts off, on the base's CPU. */
static void base_arm(struct timer_base *base)
{
    u64 next = base_next_ns(base);

    if (next == base->armed_ns || next == ~0ULL || !base->active)
        return;
    base->armed_ns = next;
    apic_timer_arm_ns(next);
}

static struct timer_base *lock_base(struct timer *timer, unsigned long *flags)
{
    for (;;) {
        unsigned int cpu = READ_ONCE(timer->cpu);
        struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);

        spin_lock_irqsave(&base->lock, *flags);
        if (likely(timer->cpu == cpu))
            return base;
        spin_unlock_irqrestore(&base->lock, *flags);
    }
}

static void dequeue(struct timer_base *base, struct timer *timer)
{
    rb_erase_cached(&timer->node, &tree_of(base, timer)->root);
    timer->state = TIMER_IDLE;
}

static void enqueue(struct timer_base *base, struct timer *timer)
{
    rb_add_cached(&timer->node, &tree_of(base, timer)->root, expires_before);
    timer->state = TIMER_QUEUED;
}

void timer_start(struct timer *timer, u64 expires_ns)
{
    unsigned long flags;
    struct timer_base *base = lock_base(timer, &flags), *here = this_cpu_ptr(&timer_bases);

    if (timer->state == TIMER_QUEUED)
        dequeue(base, timer);
    /* A running function finishes where it is; else the timer moves here. */
    if (base != here && tree_of(base, timer)->running != timer) {
        timer->cpu = smp_processor_id();
        raw_spin_unlock(&base->lock);
        lock_order_release(&base->lock.map, &base->lock);
        lock_order_acquire(&here->lock.map, &here->lock, 0, false, false);
        raw_spin_lock(&here->lock);
        base = here;
    }
    timer->expires_ns = expires_ns;
    enqueue(base, timer);
    if (base == here)
        base_arm(base);
    spin_unlock_irqrestore(&base->lock, flags);
}

int timer_try_cancel(struct timer *timer)
{
    unsigned long flags;
    struct timer_base *base = lock_base(timer, &flags);
    int result = 0;

    if (tree_of(base, timer)->running == timer) {
        result = -1;
    } else if (timer->state == TIMER_QUEUED) {
        dequeue(base, timer);
        result = 1;
    }
    spin_unlock_irqrestore(&base->lock, flags);
    return result;
}

bool timer_cancel(struct timer *timer)
{
    int result;

    while ((result = timer_try_cancel(timer)) < 0)
        cpu_relax();
    return result;
}

/* Calls what is due. lock held on entry and exit, released around each call. */
static void run_tree(struct timer_base *base, struct timer_tree *tree, unsigned long *flags)
{
    struct timer *timer;

    while ((timer = tree_first(tree)) && timer->expires_ns <= ktime_ns()) {
        bool again;

        dequeue(base, timer);
        tree->running = timer;
        spin_unlock_irqrestore(&base->lock, *flags);
        again = timer->fn(timer);
        spin_lock_irqsave(&base->lock, *flags);
        if (again && timer->state == TIMER_IDLE)
            enqueue(base, timer);
        tree->running = NULL;
    }
}

void clock_event_interrupt(void)
{
    struct timer_base *base = this_cpu_ptr(&timer_bases);
    unsigned long flags;
    struct timer *soft;

    spin_lock_irqsave(&base->lock, flags);
    base->armed_ns = ~0ULL;
    run_tree(base, &base->tree[1], &flags);
    soft = tree_first(&base->tree[0]);
    if (soft && soft->expires_ns <= ktime_ns())
        softirq_raise(SOFTIRQ_HRTIMER); /* arms the hardware when it is done */
    else
        base_arm(base);
    spin_unlock_irqrestore(&base->lock, flags);
    log_wake_pending();
}

static void run_soft_timers(void)
{
    struct timer_base *base = this_cpu_ptr(&timer_bases);
    unsigned long flags;

    spin_lock_irqsave(&base->lock, flags);
    run_tree(base, &base->tree[0], &flags);
    base->armed_ns = ~0ULL;
    base_arm(base);
    spin_unlock_irqrestore(&base->lock, flags);
}

u64 timers_next_ns(void)
{
    struct timer_base *base = this_cpu_ptr(&timer_bases);
    u64 next;

    spin_lock(&base->lock);
    next = base_next_ns(base);
    spin_unlock(&base->lock);
    return next;
}

void timers_start_cpu(void)
{
    struct timer_base *base = this_cpu_ptr(&timer_bases);

    spin_lock(&base->lock);
    base->cpu = smp_processor_id();
    base->active = true;
    base->armed_ns = ~0ULL;
    base_arm(base);
    spin_unlock(&base->lock);
}

void __init timers_init(void)
{
    unsigned int cpu;

    for_each_possible_cpu (cpu) {
        struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);

        spin_lock_init(&base->lock);
        base->tree[0].root = base->tree[1].root = RB_ROOT_CACHED;
        base->armed_ns = ~0ULL;
    }
    softirq_open(SOFTIRQ_HRTIMER, run_soft_timers);
}
