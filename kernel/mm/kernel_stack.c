/* SPDX-License-Identifier: MIT */
/*
 * Kernel stacks: mapped memory with an unmapped page below, so that an overflow faults instead of
 * overwriting a neighbour (areas in the vmalloc window are separated by unmapped pages).
 *
 * Stacks that come back stay mapped: each CPU keeps a few, for the next fork; what is beyond them
 * goes to a pool that all CPUs share, and a work item unmaps what the pool has too much of. So a
 * stack can be given back in any context.
 *
 * Locking: the CPU's own stacks with interrupts off; pool_lock (interrupts off) over the pool,
 * whose stacks are linked through their lowest word.
 */
#include "internal.h"

#include <kernel/debug/stack.h>
#include <kernel/irq/workqueue.h>
#include <kernel/mm/vmalloc.h>

#define CPU_STACKS  4
#define POOL_STACKS 16

struct stack_cache {
    unsigned int count;
    void *stacks[CPU_STACKS];
};

static void pool_trim(struct work *work);

static DEFINE_PER_CPU(struct stack_cache, stack_cache);
static DEFINE_SPINLOCK(pool_lock);
static void *pool;
static unsigned int pool_count;
static DEFINE_WORK(pool_work, pool_trim);

static void *pool_take_locked(void)
{
    void *stack = pool;

    if (stack) {
        pool = *(void **)stack;
        pool_count--;
    }
    return stack;
}

static void pool_trim(struct work *work)
{
    for (;;) {
        void *stack;

        spin_lock_irq(&pool_lock);
        stack = pool_count > POOL_STACKS ? pool_take_locked() : NULL;
        spin_unlock_irq(&pool_lock);
        if (!stack)
            return;
        vfree(stack);
    }
}

static void *stack_reuse(void)
{
    struct stack_cache *cache;
    unsigned long flags = local_irq_save();
    void *stack = NULL;

    cache = this_cpu_ptr(&stack_cache);
    if (cache->count) {
        stack = cache->stacks[--cache->count];
    } else if (READ_ONCE(pool)) {
        spin_lock(&pool_lock);
        stack = pool_take_locked();
        spin_unlock(&pool_lock);
    }
    local_irq_restore(flags);
    return stack;
}

void *kernel_stack_alloc(void)
{
    void *stack = stack_reuse();

    if (!stack)
        stack = vmalloc(KERNEL_STACK_SIZE);
    if (stack) {
        stack_watch_begin(stack);
        vm_counter_add(NR_KERNEL_STACK_KB, KERNEL_STACK_SIZE >> 10);
    }
    return stack;
}

void kernel_stack_free(void *stack)
{
    struct stack_cache *cache;
    unsigned long flags = local_irq_save();
    bool trim = false;

    stack_watch_end(stack);
    vm_counter_add(NR_KERNEL_STACK_KB, -(long)(KERNEL_STACK_SIZE >> 10));
    cache = this_cpu_ptr(&stack_cache);
    if (cache->count < CPU_STACKS && page_cpu_list_limit()) {
        cache->stacks[cache->count++] = stack;
    } else {
        spin_lock(&pool_lock);
        *(void **)stack = pool;
        pool = stack;
        trim = ++pool_count > POOL_STACKS;
        spin_unlock(&pool_lock);
    }
    local_irq_restore(flags);
    if (trim)
        work_schedule(&pool_work);
}
