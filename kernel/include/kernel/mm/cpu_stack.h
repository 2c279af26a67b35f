/* SPDX-License-Identifier: MIT */
/*
 * A per-CPU stack of free things, without locks and without turning interrupts or preemption off.
 *
 * The things are linked through a word of their own. Head and tag change together by one
 * CMPXCHG16B on this CPU's copy (no LOCK prefix: other CPUs never touch it). The tag counts
 * operations, so that an interrupt or a switch of tasks between reading and changing is noticed
 * even when the same thing is on top again; and it carries the CPU's number, so that a task that
 * moved to another CPU in between is noticed too. Its low bits are the number of things.
 *
 * A reader that lost such a race has read the link of a thing that may be in use by now: things
 * must stay readable for ever (direct map, page array). The value read is then thrown away.
 *
 * Context: any but NMI.
 */
#ifndef KERNEL_MM_CPU_STACK_H
#define KERNEL_MM_CPU_STACK_H

#include <kernel/arch/percpu.h>

struct cpu_stack {
    void *head; /* first thing, linked through the word at the user's offset */
    u64 tag;    /* CPU number, operations, count */
} __aligned(16);

#define CPU_STACK_COUNT_MASK 0xffffULL
#define CPU_STACK_OPERATION  0x10000ULL
#define CPU_STACK_CPU_SHIFT  56

#define cpu_stack_link(thing, offset) (*(void **)((char *)(thing) + (offset)))

static inline unsigned int cpu_stack_count(const struct cpu_stack *stack)
{
    return READ_ONCE(stack->tag) & CPU_STACK_COUNT_MASK;
}

/* For the copy of a CPU that does not run yet, and for the boot CPU's while it is empty. */
static inline void cpu_stack_init(struct cpu_stack *stack, unsigned int cpu)
{
    stack->head = NULL;
    stack->tag = (u64)cpu << CPU_STACK_CPU_SHIFT;
}

/* stack is the address of the per-CPU variable (the template's). NULL when it is empty. */
static __always_inline void *cpu_stack_pop(struct cpu_stack *stack, size_t offset)
{
    u64 tag;
    void *top;

    do {
        tag = this_cpu_read(stack->tag);
        top = this_cpu_read(stack->head);
        if (unlikely(!top))
            return NULL;
    } while (unlikely(!this_cpu_cmpxchg_pair(
        stack, top, tag, READ_ONCE(cpu_stack_link(top, offset)), tag + CPU_STACK_OPERATION - 1)));
    return top;
}

/* Pushes n things linked from first to last. False, nothing done, when limit would be passed. */
static __always_inline bool cpu_stack_push_chain(struct cpu_stack *stack, void *first, void *last,
                                                 unsigned int n, unsigned int limit, size_t offset)
{
    u64 tag;
    void *top;

    do {
        tag = this_cpu_read(stack->tag);
        if (unlikely((tag & CPU_STACK_COUNT_MASK) + n > limit))
            return false;
        top = this_cpu_read(stack->head);
        WRITE_ONCE(cpu_stack_link(last, offset), top);
    } while (
        unlikely(!this_cpu_cmpxchg_pair(stack, top, tag, first, tag + CPU_STACK_OPERATION + n)));
    return true;
}

static __always_inline bool cpu_stack_push(struct cpu_stack *stack, void *thing, unsigned int limit,
                                           size_t offset)
{
    return cpu_stack_push_chain(stack, thing, thing, 1, limit, offset);
}
#endif
