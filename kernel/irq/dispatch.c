// SPDX-License-Identifier: MIT
/*
 * From a vector to its handler. System vectors have one function each; device vectors lead to a
 * descriptor through this CPU's table. Hard interrupt context is counted in the preemption count;
 * on the way out of the outermost one, pending softirqs run with interrupts on.
 */
#include <kernel/irq/dispatch.h>

#include "vectors.h"

#include <kernel/arch/context.h>
#include <kernel/base/log.h>
#include <kernel/irq/chip.h>
#include <kernel/sync/preempt.h>
#include <kernel/sync/rcu_core.h>

static struct {
    void (*fn)(void);
    const char *name;
} system_vectors[256];

static DEFINE_PER_CPU(u32, vector_counts[256]);
static DEFINE_PER_CPU(struct pt_regs *, interrupted_regs);

void vector_set_handler(unsigned int vector, void (*fn)(void), const char *name)
{
    system_vectors[vector].fn = fn;
    system_vectors[vector].name = name;
}

u64 irq_vector_count(unsigned int vector, unsigned int cpu)
{
    return per_cpu(vector_counts[vector], cpu);
}

const char *irq_vector_name(unsigned int vector)
{
    return system_vectors[vector].name;
}

struct pt_regs *irq_regs(void)
{
    return this_cpu_read(interrupted_regs);
}

static void dispatch_device(unsigned int vector)
{
    struct irq_desc *desc = this_cpu_read(vector_desc[vector]);

    if (likely(desc))
        irq_desc_handle(desc);
    else
        pr_warn_ratelimited("irq: vector %u on CPU %u has no handler\n", vector,
                            smp_processor_id());
    arch_irq_eoi();
}

void irq_dispatch(struct pt_regs *regs, unsigned int vector)
{
    struct pt_regs *outer = this_cpu_read(interrupted_regs);
    bool idle = this_cpu_read(rcu_idle);

    if (idle)
        rcu_idle_exit();
    this_cpu_add(preempt_count_word, HARDIRQ_OFFSET);
    this_cpu_write(interrupted_regs, regs);
    if (system_vectors[vector].fn) {
        this_cpu_inc(vector_counts[vector]);
        system_vectors[vector].fn();
    } else {
        dispatch_device(vector);
    }
    this_cpu_write(interrupted_regs, outer);
    this_cpu_sub(preempt_count_word, HARDIRQ_OFFSET);
    if (softirq_pending() && !in_interrupt())
        softirq_run_pending();
    if (idle)
        rcu_idle_enter();
}
