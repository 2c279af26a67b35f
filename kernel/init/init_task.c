// SPDX-License-Identifier: MIT
/* Task 0: what the boot processor runs from its first instruction, and its idle task afterwards. */
#include <kernel/init/start.h>
#include <kernel/mm/init.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

char init_stack[KERNEL_STACK_SIZE] __section(".bss..page_aligned") __aligned(4096);

/* The kernel's own address space, which idle tasks are in. */
static struct mm init_mm = {
    .users = ATOMIC_INIT(2),
    .count = ATOMIC_INIT(2),
    .page_table_lock = SPINLOCK_INIT(init_mm.page_table_lock),
    .mmap_lock = RWSEM_INIT(init_mm.mmap_lock),
};

struct task init_task = {
    .stack = init_stack,
    .flags = TASKF_KTHREAD | TASKF_IDLE,
    .refcount = ATOMIC_INIT(2),
    .pi_lock = SPINLOCK_INIT(init_task.pi_lock),
    .alloc_lock = SPINLOCK_INIT(init_task.alloc_lock),
    .on_cpu = 1,
    .cpus_allowed = 1,
    .active_mm = &init_mm,
    .thread_pid = &pid_zero,
    .group_leader = &init_task,
    .parent = &init_task,
    .real_parent = &init_task,
    .children = LIST_HEAD_INIT(init_task.children),
    .sibling = LIST_HEAD_INIT(init_task.sibling),
    .tasks_link = LIST_HEAD_INIT(init_task.tasks_link),
    .thread_link = LIST_HEAD_INIT(init_task.thread_link),
    .pending = {.queue = LIST_HEAD_INIT(init_task.pending.queue)},
    .comm = "swapper/0",
    .cred = &init_cred,
    .signal = &init_signal,
    .timer_slack_ns = 50000,
};

void __init init_task_set_root(u64 *root)
{
    init_mm.pgd = root;
}
