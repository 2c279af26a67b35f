// SPDX-License-Identifier: MIT
/*
 * Death of tasks. A dying task gives everything back in the order in which others could still need
 * it, then becomes a zombie (signal_exit_notify), and is switched away from for the last time. Its
 * number and structure go when it has been waited for, or at once if nobody will.
 */
#include <kernel/proc/exit.h>

#include <abi/linux/errno.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/lib/list_rcu.h>
#include <kernel/mm/mm.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/futex.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/proc/task_work.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/file.h>

static void exit_mm(struct task *task)
{
    struct mm *mm = task->mm;

    exit_mm_release(task);
    if (!mm)
        return;
    if (task->clear_child_tid && atomic_read(&mm->users) > 1) {
        if (!put_user(0U, task->clear_child_tid))
            (void)futex_wake(task->clear_child_tid, true, 1, ~0U);
    }
    /* From here on like a kernel thread that borrows the space until it is switched away. */
    mm_hold(mm);
    spin_lock(&task->alloc_lock);
    task->mm = NULL;
    spin_unlock(&task->alloc_lock);
    mm_put(mm);
}

static void exit_files(struct task *task)
{
    struct files *files = task->files;
    struct fs_info *fs = task->fs;

    spin_lock(&task->alloc_lock);
    task->files = NULL;
    task->fs = NULL;
    spin_unlock(&task->alloc_lock);
    if (files)
        files_put(files);
    if (fs)
        fs_info_put(fs);
}

void do_exit(int code)
{
    struct task *task = current;

    if (unlikely(in_interrupt()))
        panic("exit in interrupt context");
    if (unlikely(!task->pid))
        panic("the idle task exits");
    if (unlikely(task->flags & TASKF_EXITING))
        panic("%s/%d exits twice", task->comm, task->pid);
    if (unlikely(task->tgid == 1 && atomic_read(&task->signal->live) == 1))
        panic("init exits with status 0x%x: nothing can go on", code);
    task->flags |= TASKF_EXITING;
    task->exit_code = code;
    futex_exit_robust(task);
    (void)signal_exit(code);
    exit_mm(task);
    exit_files(task);
    task_work_run_all();
    if (signal_exit_notify())
        release_task(task);
    preempt_disable();
    set_current_state(TASK_DEAD);
    preempt_enable_no_resched();
    schedule();
    BUG();
}

static void delayed_put(struct rcu_head *head)
{
    task_put(container_of(head, struct task, rcu));
}

void release_task(struct task *task)
{
    while (task) {
        /* The last thread of a group may take its zombie leader along. */
        struct task *next = signal_release(task);

        call_rcu(&task->rcu, delayed_put);
        task = next;
    }
}
