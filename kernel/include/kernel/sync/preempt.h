/* SPDX-License-Identifier: MIT */
/*
 * The preemption count: one word per CPU, saved and restored with the task. Its fields say what
 * the CPU is inside of; 0 means that the running task may be switched out.
 */
#ifndef KERNEL_SYNC_PREEMPT_H
#define KERNEL_SYNC_PREEMPT_H

#include <kernel/arch/percpu.h>

#define PREEMPT_OFFSET         0x00000001U
#define SOFTIRQ_OFFSET         0x00000100U /* serving; bottom halves disabled adds twice as much */
#define SOFTIRQ_DISABLE_OFFSET (2 * SOFTIRQ_OFFSET)
#define HARDIRQ_OFFSET         0x00010000U
#define NMI_OFFSET             0x00100000U

#define PREEMPT_MASK 0x000000ffU
#define SOFTIRQ_MASK 0x0000ff00U
#define HARDIRQ_MASK 0x000f0000U
#define NMI_MASK     0x00f00000U
/* Set while a reschedule is NOT wanted, so that "count is zero" means both at once. */
#define PREEMPT_NEED_RESCHED_INVERTED 0x80000000U

DECLARE_PER_CPU(unsigned int, preempt_count_word);

static inline unsigned int preempt_count(void)
{
    return this_cpu_read(preempt_count_word) & ~PREEMPT_NEED_RESCHED_INVERTED;
}

#define in_hardirq()         (preempt_count() & HARDIRQ_MASK)
#define in_serving_softirq() (preempt_count() & SOFTIRQ_OFFSET)
#define in_nmi()             (preempt_count() & NMI_MASK)
#define in_interrupt()       (preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK | NMI_MASK))
#define in_task()            (!(preempt_count() & (HARDIRQ_MASK | SOFTIRQ_OFFSET | NMI_MASK)))
#define preemptible()        (preempt_count() == 0 && !irqs_disabled())

/* Switches tasks if the count allows it; called when the inverted bit shows a wish. */
void preempt_schedule(void);

static inline void preempt_disable(void)
{
    this_cpu_add(preempt_count_word, PREEMPT_OFFSET);
    barrier();
}

static inline void preempt_enable_no_resched(void)
{
    barrier();
    this_cpu_sub(preempt_count_word, PREEMPT_OFFSET);
}

static inline void preempt_enable(void)
{
    bool zero;

    barrier();
    asm volatile("subl %2, %%gs:%0"
                 : "+m"(preempt_count_word), "=@ccz"(zero)
                 : "i"(PREEMPT_OFFSET)
                 : "memory");
    if (unlikely(zero))
        preempt_schedule();
}

/* Switches if it is wanted and allowed, where the count was lowered by other means. */
static inline void preempt_check_resched(void)
{
    if (unlikely(this_cpu_read(preempt_count_word) == 0))
        preempt_schedule();
}

/* Bottom halves (softirqs) off on this CPU; pending ones run when they come back on. */
void local_bh_disable(void);
void local_bh_enable(void);

#if CONFIG_DEBUG
/* Reports a call that may sleep made where sleeping is not allowed. */
void might_sleep_at(const char *file, int line);
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
#else
#define might_sleep() ((void)0)
#endif
#endif
