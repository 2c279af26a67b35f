// SPDX-License-Identifier: MIT
/*
 * Birth of tasks. A child starts as a copy of current's struct task; each part of it is then shared
 * or copied as the flags say, in the order of struct task, and undone in reverse if one fails. The
 * child becomes visible at once, under tasklist_lock, when nothing can fail any more.
 *
 * References to a struct task: one for the lists (release_task() drops it after a grace period),
 * one for the scheduler (dropped when the dead task has been switched away from).
 */
#include <kernel/proc/fork.h>

#include "user.h"

#include <abi/linux/errno.h>
#include <kernel/arch/context.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/init/start.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/pidfd.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/idle.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/file.h>

static struct kmem_cache *task_cache;
static atomic64_t forks;

u64 nr_forks(void)
{
    return (u64)atomic64_read(&forks);
}

/* --- the structure --- */

static struct task *task_duplicate(const struct task *from)
{
    struct task *task = kmem_cache_alloc(task_cache, GFP_KERNEL);

    if (!task)
        return NULL;
    *task = *from;
    task->stack = kernel_stack_alloc();
    if (!task->stack) {
        kmem_cache_free(task_cache, task);
        return NULL;
    }
    atomic_set(&task->refcount, 2);
    spin_lock_init(&task->alloc_lock);
    INIT_LIST_HEAD(&task->children);
    INIT_LIST_HEAD(&task->sibling);
    INIT_LIST_HEAD(&task->thread_link);
    INIT_LIST_HEAD(&task->tasks_link);
    memset(task->pid_links, 0, sizeof(task->pid_links));
    task->thread = (struct thread){};
    task->work = 0;
    task->flags &= ~(TASKF_KTHREAD | TASKF_IDLE | TASKF_SUPERPRIV | TASKF_MEMALLOC | TASKF_NOFS |
                     TASKF_WQ_WORKER | TASKF_NO_AFFINITY | TASKF_SIGNALED);
    task->flags |= TASKF_FORKNOEXEC;
    task->mm = task->active_mm = NULL;
    task->kthread = NULL;
    task->plug = NULL;
    task->works = NULL;
    task->vfork_done = NULL;
    task->clear_child_tid = task->set_child_tid = NULL;
    task->robust_list = NULL;
    task->restart.fn = NULL;
    task->restore_mask = false;
    task->pagefault_disabled = 0;
    task->exit_state = 0;
    task->exit_code = 0;
    task->pdeath_signal = 0;
    task->utime_ns = task->stime_ns = 0;
    task->min_faults = task->maj_faults = 0;
    task->io_rchar = task->io_wchar = task->io_syscr = task->io_syscw = 0;
    task->io_read_bytes = task->io_write_bytes = 0;
    task->start_ns = ktime_ns();
    task->start_boot_ns = ktime_boot_ns();
#if CONFIG_DEBUG
    task->nr_held = 0;
#endif
    return task;
}

static void task_discard(struct task *task)
{
    kernel_stack_free(task->stack);
    kmem_cache_free(task_cache, task);
}

/* The last reference is gone: any context that may free memory. */
void task_free(struct task *task)
{
    signal_task_free(task);
    user_tasks_dec(task->cred->uid);
    cred_put(task->cred);
    arch_task_free(task);
    task_discard(task);
}

/* --- parts --- */

static int copy_files(struct task *child, u64 flags)
{
    int error = 0;

    if (!current->files)
        return 0;
    if (flags & CLONE_FILES) {
        atomic_inc(&current->files->count);
        return 0;
    }
    child->files = files_copy(current->files, &error);
    return child->files ? 0 : error;
}

static int copy_fs(struct task *child, u64 flags)
{
    if (!current->fs)
        return 0;
    if (flags & CLONE_FS) {
        atomic_inc(&current->fs->count);
        return 0;
    }
    child->fs = fs_info_copy(current->fs);
    return child->fs ? 0 : -ENOMEM;
}

static int copy_mm(struct task *child, u64 flags)
{
    struct mm *mm = current->mm;

    if (!mm)
        return 0;
    if (flags & CLONE_VM) {
        mm_get(mm);
    } else {
        mm = mm_fork(mm, child);
        if (IS_ERR(mm))
            return (int)PTR_ERR(mm);
    }
    child->mm = child->active_mm = mm;
    return 0;
}

/* rseq(2): a thread that shares memory registers its own area. */
static void copy_rseq(struct task *child, u64 flags)
{
    if (flags & CLONE_VM) {
        child->rseq = NULL;
        child->rseq_len = child->rseq_sig = 0;
    }
}

static int check_limits(void)
{
    const struct cred *cred = current->cred;

    if (user_tasks(cred->uid) >= rlimit_get(current, RLIMIT_NPROC) && cred->uid != 0 &&
        !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
        return -EAGAIN;
    return 0;
}

static int check_flags(u64 flags)
{
    if (flags & CLONE_NAMESPACES)
        return -EINVAL; /* namespaces are not built in, as Linux says without them */
    if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
        return -EINVAL;
    if (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND)
        return -EINVAL;
    if (flags & CLONE_PARENT && current->signal->flags & SIGNAL_UNKILLABLE)
        return -EINVAL;
    if (flags & CLONE_PIDFD && flags & (CLONE_THREAD | CLONE_DETACHED))
        return -EINVAL;
    if (flags & CLONE_INTO_CGROUP)
        return -EOPNOTSUPP;
    return 0;
}

/* --- making it visible; tasklist_lock held --- */

static void link_family(struct task *child, u64 flags)
{
    if (child->flags & TASKF_KTHREAD) {
        /* Whoever made it does not wait for it. */
        child->real_parent = &init_task;
        child->exit_signal = SIGCHLD;
    } else if (flags & (CLONE_PARENT | CLONE_THREAD)) {
        child->real_parent = current->real_parent;
        child->exit_signal = flags & CLONE_THREAD ? -1 : current->group_leader->exit_signal;
    } else {
        child->real_parent = current;
    }
    child->parent = child->real_parent;
}

static void link_task(struct task *child, struct pid *pid, u64 flags)
{
    link_family(child, flags);
    pid_attach(child, PIDTYPE_PID, pid);
    if (flags & CLONE_THREAD) {
        child->group_leader = current->group_leader;
    } else {
        child->group_leader = child;
        pid_attach(child, PIDTYPE_TGID, pid);
        pid_attach(child, PIDTYPE_PGID, task_pgrp(current));
        pid_attach(child, PIDTYPE_SID, task_session(current));
        list_add_tail(&child->sibling, &child->real_parent->children);
        list_add_tail_rcu(&child->tasks_link, &init_task.tasks_link);
    }
    signal_thread_link(child);
    atomic64_inc(&forks);
}

/* --- the whole --- */

static void undo_parts(struct task *child)
{
    if (child->mm)
        mm_put(child->mm);
    if (child->fs)
        fs_info_put(child->fs);
    if (child->files)
        files_put(child->files);
}

/* A complete child, visible, that has not run. For programs regs is what it returns to user mode
 * with; for kernel threads fn is what it runs. */
static struct task *copy_process(const struct fork_args *args, void (*fn)(void *arg), void *arg)
{
    u64 flags = args->flags;
    struct task *child;
    struct pid *pid;
    int error, pidfd = -1;

    error = check_flags(flags);
    if (!error)
        error = check_limits();
    if (error)
        return ERR_PTR(error);
    child = task_duplicate(current);
    if (!child)
        return ERR_PTR(-ENOMEM);
    error = user_tasks_inc(current->cred->uid);
    if (error)
        goto discard;
    cred_get(child->cred);
    child->exit_signal = args->exit_signal;
    sched_fork(child);
    error = signal_fork(child, flags);
    if (error)
        goto drop_cred;
    /* What fails from here on is undone by task_free() too. */
    error = copy_files(child, flags);
    if (error) {
        child->files = NULL;
        child->fs = NULL;
        goto free_task;
    }
    error = copy_fs(child, flags);
    if (error) {
        child->fs = NULL;
        goto undo;
    }
    error = copy_mm(child, flags);
    if (error)
        goto undo;
    copy_rseq(child, flags);
    if (fn) {
        child->flags |= TASKF_KTHREAD;
        arch_task_setup(child, fn, arg);
    } else {
        error =
            arch_task_fork(child, task_regs(current), args->stack, flags & CLONE_SETTLS, args->tls);
        if (error)
            goto undo;
    }
    pid = pid_alloc();
    error = IS_ERR(pid) ? (int)PTR_ERR(pid) : 0;
    if (error)
        goto undo;
    child->pid = pid_nr(pid);
    child->tgid = flags & CLONE_THREAD ? current->tgid : child->pid;
    if (flags & CLONE_CHILD_SETTID)
        child->set_child_tid = args->child_tid;
    if (flags & CLONE_CHILD_CLEARTID)
        child->clear_child_tid = args->child_tid;
    if (flags & CLONE_PIDFD) {
        pidfd = pidfd_create(pid, 0);
        error = pidfd < 0 ? pidfd : put_user(pidfd, args->pidfd);
        if (error)
            goto free_pid;
    }
    spin_lock(&tasklist_lock);
    error = fn ? 0 : signal_fork_check();
    if (error) {
        spin_unlock(&tasklist_lock);
        goto free_pid;
    }
    link_task(child, pid, flags);
    spin_unlock(&tasklist_lock);
    return child;

free_pid:
    if (pidfd >= 0)
        (void)fd_close((unsigned int)pidfd);
    pid_free(pid);
undo:
    undo_parts(child);
free_task:
    task_free(child);
    return ERR_PTR(error);
drop_cred:
    cred_put(child->cred);
    user_tasks_dec(child->cred->uid);
discard:
    task_discard(child);
    return ERR_PTR(error);
}

static void wait_for_vfork_done(struct task *child, struct completion *done)
{
    int killed = wait_for_completion_killable(done);

    if (killed) {
        /* The child must not wake a frame that is gone. */
        spin_lock(&child->alloc_lock);
        child->vfork_done = NULL;
        spin_unlock(&child->alloc_lock);
    }
    task_put(child);
}

long do_fork(const struct fork_args *args)
{
    struct completion vfork_done;
    struct task *child = copy_process(args, NULL, NULL);
    pid_t pid;

    if (IS_ERR(child))
        return PTR_ERR(child);
    pid = child->pid;
    if (args->flags & CLONE_PARENT_SETTID)
        (void)put_user((u32)pid, args->parent_tid);
    if (args->flags & CLONE_VFORK) {
        completion_init(&vfork_done);
        child->vfork_done = &vfork_done;
        task_get(child);
    }
    wake_up_new_task(child);
    if (args->flags & CLONE_VFORK)
        wait_for_vfork_done(child, &vfork_done);
    return pid;
}

void sched_announce_tid(void)
{
    (void)put_user((u32)current->pid, current->set_child_tid);
}

static void start_vfork_parent(struct task *task)
{
    spin_lock(&task->alloc_lock);
    if (task->vfork_done)
        complete(task->vfork_done);
    task->vfork_done = NULL;
    spin_unlock(&task->alloc_lock);
}

void exec_mm_release(void)
{
    start_vfork_parent(current);
}

void exit_mm_release(struct task *task)
{
    start_vfork_parent(task);
}

/* --- kernel threads --- */

struct task *fork_kernel_thread(void (*fn)(void *arg), void *arg)
{
    struct fork_args args = {.flags = CLONE_VM | CLONE_FS | CLONE_FILES, .exit_signal = 0};
    struct task *task = copy_process(&args, fn, arg);

    if (IS_ERR(task))
        return task;
    /* Whoever asked may have been a user task: nothing of its space stays. */
    if (task->mm) {
        mm_put(task->mm);
        task->mm = task->active_mm = NULL;
    }
    task_set_scheduler(task, SCHED_OTHER, 0, 0);
    task->cpus_allowed = ~0ULL;
    task->state = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
    return task;
}

struct task *fork_idle(unsigned int cpu)
{
    struct task *task = task_duplicate(&init_task);

    if (!task)
        return ERR_PTR(-ENOMEM);
    cred_get(task->cred);
    task->active_mm = init_task.active_mm;
    snprintf(task->comm, sizeof(task->comm), "swapper/%u", cpu);
    sched_fork(task);
    sched_make_idle(task, cpu);
    return task;
}

struct task *fork_init(void (*fn)(void *arg), void *arg)
{
    struct fork_args args = {.exit_signal = SIGCHLD};
    struct task *task = copy_process(&args, fn, arg);

    if (!IS_ERR(task)) {
        task->flags &= ~TASKF_KTHREAD;
        task->cpus_allowed = ~0ULL;
        task->signal->flags |= SIGNAL_UNKILLABLE; /* what it does not handle does nothing to it */
        wake_up_new_task(task);
    }
    return task;
}

void __init fork_caches_init(void)
{
    task_cache =
        kmem_cache_create("task_struct", sizeof(struct task), CACHE_LINE_SIZE, SLAB_PANIC, NULL);
}
