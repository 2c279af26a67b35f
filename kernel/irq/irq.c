// SPDX-License-Identifier: MIT
/*
 * Interrupt descriptors. A device interrupt has a number (irq), a chip that can mask and route it,
 * a vector on one CPU, and a list of actions (several for shared lines).
 *
 * Life: created masked; the first action gives it a vector and unmasks it; the last one to leave
 * masks it. Vectors are taken per CPU from FIRST..LAST; the per-CPU table vector_desc leads from
 * the vector to the descriptor in the dispatcher, without a lock.
 *
 * An interrupt that nobody handles 99,900 times out of 100,000 is masked and named in the log, so
 * that a stuck line cannot take the machine.
 */
#include <kernel/irq/chip.h>

#include "vectors.h"

#include <abi/linux/errno.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/irq/dispatch.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/semaphore.h>

#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST  0xdf
#define STORM_WINDOW        100000
#define STORM_LIMIT         99900

struct irq_action {
    struct irq_action *next;
    irq_handler_t handler, thread_fn;
    void *dev;
    const char *name;
    unsigned int flags;
    struct task *thread;
    struct semaphore wanted; /* one for each wake-up of the thread */
};

DEFINE_PER_CPU(struct irq_desc *, vector_desc[256]);

static struct irq_desc *descs[NR_IRQS]; /* set once under desc_mutex, cleared likewise */
static DEFINE_MUTEX(desc_mutex);

struct irq_desc *irq_desc_get(unsigned int irq)
{
    return irq < NR_IRQS ? READ_ONCE(descs[irq]) : NULL;
}

static struct irq_desc *desc_create_at(unsigned int irq, const struct irq_chip *chip, u32 hw_number)
{
    struct irq_desc *desc = kzalloc(sizeof(*desc), GFP_KERNEL);

    if (!desc)
        return NULL;
    desc->counts = kcalloc(nr_cpus, sizeof(u32), GFP_KERNEL);
    if (!desc->counts) {
        kfree(desc);
        return NULL;
    }
    desc->irq = irq;
    desc->chip = chip;
    desc->chip_name = chip->name;
    desc->hw_number = hw_number;
    desc->affinity = ~0ULL;
    spin_lock_init(&desc->lock);
    smp_store_release(&descs[irq], desc);
    return desc;
}

int irq_line_get(u32 gsi, const struct irq_chip *chip, unsigned int trigger)
{
    struct irq_desc *desc;

    if (gsi >= NR_IRQ_LINES)
        return -EINVAL;
    mutex_lock(&desc_mutex);
    desc = descs[gsi];
    if (!desc) {
        desc = desc_create_at(gsi, chip, gsi);
        if (desc)
            desc->trigger = trigger;
    }
    mutex_unlock(&desc_mutex);
    return desc ? (int)gsi : -ENOMEM;
}

struct irq_desc *irq_desc_create(const struct irq_chip *chip, u32 hw_number)
{
    struct irq_desc *desc = NULL;

    mutex_lock(&desc_mutex);
    for (unsigned int irq = NR_IRQ_LINES; irq < NR_IRQS; irq++) {
        if (!descs[irq]) {
            desc = desc_create_at(irq, chip, hw_number);
            break;
        }
    }
    mutex_unlock(&desc_mutex);
    return desc;
}

static void vector_release(struct irq_desc *desc)
{
    if (desc->vector)
        WRITE_ONCE(per_cpu(vector_desc[desc->vector], desc->cpu), NULL);
    desc->vector = 0;
}

void irq_desc_destroy(struct irq_desc *desc)
{
    mutex_lock(&desc_mutex);
    ASSERT(!desc->actions);
    WRITE_ONCE(descs[desc->irq], NULL);
    vector_release(desc);
    mutex_unlock(&desc_mutex);
    synchronize_rcu(); /* dispatchers run with interrupts off */
    kfree(desc->counts);
    kfree(desc);
}

/* A free vector on cpu, looked for from a different start each time so that priorities spread. */
static int vector_take(struct irq_desc *desc, unsigned int cpu)
{
    static unsigned int start;
    const unsigned int n = VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST + 1;

    for (unsigned int i = 0; i < n; i++) {
        unsigned int v = VECTOR_DEVICE_FIRST + (start + i) % n;

        if (!per_cpu(vector_desc[v], cpu)) {
            start = (start + i + 16) % n;
            desc->vector = v;
            desc->cpu = cpu;
            smp_store_release(&per_cpu(vector_desc[v], cpu), desc);
            return 0;
        }
    }
    return -ENOSPC;
}

/* Routes desc to cpu. desc_mutex held. */
static int desc_route(struct irq_desc *desc, unsigned int cpu)
{
    u8 old_vector = desc->vector;
    unsigned int old_cpu = desc->cpu;
    int error = vector_take(desc, cpu);

    if (error)
        return error;
    desc->chip->target(desc, cpu, desc->vector);
    if (old_vector)
        WRITE_ONCE(per_cpu(vector_desc[old_vector], old_cpu), NULL);
    return 0;
}

static unsigned int pick_cpu(u64 mask)
{
    mask &= READ_ONCE(cpu_online_mask);
    return mask ? (unsigned int)__builtin_ctzll(mask) : 0;
}

static int irq_thread(void *arg)
{
    struct irq_action *action = arg;

    while (!kthread_should_stop()) {
        semaphore_down(&action->wanted);
        if (!kthread_should_stop())
            action->thread_fn(0, action->dev);
    }
    return 0;
}

static int action_start_thread(struct irq_action *action, unsigned int irq)
{
    semaphore_init(&action->wanted, 0);
    if (!action->thread_fn)
        return 0;
    action->thread = kthread_run(irq_thread, action, "irq/%u-%s", irq, action->name);
    return IS_ERR(action->thread) ? (int)PTR_ERR(action->thread) : 0;
}

static bool may_share(const struct irq_desc *desc, const struct irq_action *action)
{
    return !desc->actions || (desc->actions->flags & action->flags & IRQF_SHARED);
}

static int action_add(struct irq_desc *desc, struct irq_action *action)
{
    struct irq_action **end;
    int error = 0;

    mutex_lock(&desc_mutex);
    if (!may_share(desc, action))
        error = -EBUSY;
    else if (!desc->vector)
        error = desc_route(desc, desc->cpu ? desc->cpu : pick_cpu(desc->affinity));
    if (!error) {
        bool first = !desc->actions;

        spin_lock_irq(&desc->lock);
        for (end = &desc->actions; *end; end = &(*end)->next)
            ;
        *end = action;
        spin_unlock_irq(&desc->lock);
        if (first)
            desc->chip->mask(desc, false);
    }
    mutex_unlock(&desc_mutex);
    return error;
}

int irq_request(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
                unsigned int flags, const char *name, void *dev)
{
    struct irq_desc *desc = irq_desc_get(irq);
    struct irq_action *action;
    int error;

    if (!desc || (!handler && !thread_fn))
        return -EINVAL;
    action = kzalloc(sizeof(*action), GFP_KERNEL);
    if (!action)
        return -ENOMEM;
    *action = (struct irq_action){
        .handler = handler, .thread_fn = thread_fn, .dev = dev, .name = name, .flags = flags};
    error = action_start_thread(action, irq);
    if (!error) {
        error = action_add(desc, action);
        if (error && action->thread) {
            semaphore_up(&action->wanted);
            kthread_stop(action->thread);
        }
    }
    if (error)
        kfree(action);
    return error;
}

void irq_free(unsigned int irq, void *dev)
{
    struct irq_desc *desc = irq_desc_get(irq);
    struct irq_action **link, *action = NULL;

    if (WARN_ON(!desc))
        return;
    mutex_lock(&desc_mutex);
    spin_lock_irq(&desc->lock);
    for (link = &desc->actions; *link; link = &(*link)->next) {
        if ((*link)->dev == dev) {
            action = *link;
            *link = action->next;
            break;
        }
    }
    spin_unlock_irq(&desc->lock);
    if (!desc->actions) {
        desc->chip->mask(desc, true);
        vector_release(desc);
    }
    mutex_unlock(&desc_mutex);
    irq_synchronize(irq);
    if (WARN_ON(!action))
        return;
    if (action->thread) {
        semaphore_up(&action->wanted);
        kthread_stop(action->thread);
    }
    kfree(action);
}

void irq_disable(unsigned int irq)
{
    struct irq_desc *desc = irq_desc_get(irq);
    unsigned long flags;

    spin_lock_irqsave(&desc->lock, flags);
    if (desc->disabled++ == 0)
        desc->chip->mask(desc, true);
    spin_unlock_irqrestore(&desc->lock, flags);
}

void irq_enable(unsigned int irq)
{
    struct irq_desc *desc = irq_desc_get(irq);
    unsigned long flags;

    spin_lock_irqsave(&desc->lock, flags);
    if (!WARN_ON(desc->disabled == 0) && --desc->disabled == 0)
        desc->chip->mask(desc, false);
    spin_unlock_irqrestore(&desc->lock, flags);
}

void irq_synchronize(unsigned int irq)
{
    struct irq_desc *desc = irq_desc_get(irq);

    while (READ_ONCE(desc->in_progress))
        cpu_relax();
}

int irq_set_affinity(unsigned int irq, u64 cpu_mask)
{
    struct irq_desc *desc = irq_desc_get(irq);
    int error = 0;

    if (!desc || !(cpu_mask & READ_ONCE(cpu_online_mask)))
        return -EINVAL;
    mutex_lock(&desc_mutex);
    desc->affinity = cpu_mask;
    if (!desc->vector)
        desc->cpu = pick_cpu(cpu_mask);
    else if (!(cpu_mask & BIT_ULL(desc->cpu)))
        error = desc_route(desc, pick_cpu(cpu_mask));
    mutex_unlock(&desc_mutex);
    return error;
}

/* Masks a line that nobody claims. lock held. */
static void watch_storm(struct irq_desc *desc, bool handled)
{
    if (!handled)
        desc->unhandled++;
    if (++desc->unhandled_of < STORM_WINDOW)
        return;
    if (desc->unhandled > STORM_LIMIT) {
        pr_err("irq %u: nobody cared (%u of %u unhandled), disabled\n", desc->irq, desc->unhandled,
               desc->unhandled_of);
        desc->disabled++;
        desc->chip->mask(desc, true);
    }
    desc->unhandled = desc->unhandled_of = 0;
}

/* Runs the actions. Interrupts off, hard interrupt context. */
void irq_desc_handle(struct irq_desc *desc)
{
    bool handled = false;

    spin_lock(&desc->lock);
    desc->counts[smp_processor_id()]++;
    WRITE_ONCE(desc->in_progress, true);
    spin_unlock(&desc->lock);
    for (struct irq_action *action = READ_ONCE(desc->actions); action;
         action = READ_ONCE(action->next)) {
        irq_return_t result =
            action->handler ? action->handler(desc->irq, action->dev) : IRQ_WAKE_THREAD;

        handled |= result != IRQ_NONE;
        if (result == IRQ_WAKE_THREAD)
            semaphore_up(&action->wanted);
    }
    spin_lock(&desc->lock);
    WRITE_ONCE(desc->in_progress, false);
    watch_storm(desc, handled);
    spin_unlock(&desc->lock);
}

void irq_action_names(struct irq_desc *desc, char *buf, size_t size)
{
    size_t len = 0;

    buf[0] = '\0';
    spin_lock_irq(&desc->lock);
    for (struct irq_action *action = desc->actions; action; action = action->next)
        len += scnprintf(buf + len, size - len, "%s%s", len ? ", " : "", action->name);
    spin_unlock_irq(&desc->lock);
}

u64 irq_total(void)
{
    u64 sum = 0;
    unsigned int cpu;

    for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
        struct irq_desc *desc = irq_desc_get(irq);

        if (desc) {
            for_each_possible_cpu (cpu)
                sum += desc->counts[cpu];
        }
    }
    for (unsigned int v = 0; v < 256; v++) {
        for_each_possible_cpu (cpu)
            sum += irq_vector_count(v, cpu);
    }
    return sum;
}
