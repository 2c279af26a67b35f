// SPDX-License-Identifier: MIT
/* Calls that make, end and identify tasks. */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <kernel/arch/context.h>
#include <kernel/arch/paging.h>
#include <kernel/arch/uaccess.h>
#include <kernel/lib/string.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>

/* getpid and getppid are what people measure: nothing but the answer. */
long sys_getpid(void)
{
    return current->tgid;
}

long sys_gettid(void)
{
    return current->pid;
}

long sys_getppid(void)
{
    long tgid;

    rcu_read_lock();
    tgid = READ_ONCE(current->real_parent)->tgid;
    rcu_read_unlock();
    return tgid;
}

long sys_fork(void)
{
    struct fork_args args = {.exit_signal = SIGCHLD};

    return do_fork(&args);
}

long sys_vfork(void)
{
    struct fork_args args = {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD};

    return do_fork(&args);
}

long sys_clone(unsigned long flags, unsigned long stack, int __user *parent_tid,
               int __user *child_tid, unsigned long tls)
{
    struct fork_args args = {
        .flags = (u32)flags & ~CSIGNAL,
        .exit_signal = (int)(flags & CSIGNAL),
        .stack = stack,
        .tls = tls,
        .parent_tid = (u32 __user *)parent_tid,
        .child_tid = (u32 __user *)child_tid,
        .pidfd = parent_tid, /* clone(2) has one place for both */
    };

    if (flags & CLONE_PIDFD && flags & CLONE_PARENT_SETTID)
        return -EINVAL;
    return do_fork(&args);
}

/* struct clone_args of clone3(2), in its versions' sizes. */
struct clone_args {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    u64 set_tid, set_tid_size; /* version 1 */
    u64 cgroup;                /* version 2 */
};
#define CLONE_ARGS_SIZE_VER0 64

static int read_clone_args(struct clone_args *args, const void __user *user, size_t size)
{
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    memset(args, 0, sizeof(*args));
    if (copy_from_user(args, user, min(size, sizeof(*args))))
        return -EFAULT;
    for (size_t i = sizeof(*args); i < size; i++) {
        u8 byte;

        if (get_user(byte, (const u8 __user *)user + i))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    return 0;
}

long sys_clone3(void __user *user, size_t size)
{
    struct clone_args a;
    struct fork_args args;
    int error = read_clone_args(&a, user, size);

    if (error)
        return error;
    if (a.flags & (CLONE_DETACHED | CSIGNAL) || a.exit_signal > NSIG)
        return -EINVAL;
    if (a.flags & ~(0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
        return -EINVAL;
    if (a.flags & (CLONE_THREAD | CLONE_PARENT) && a.exit_signal)
        return -EINVAL;
    if (!a.stack != !a.stack_size || (a.stack && !access_ok((void __user *)a.stack, a.stack_size)))
        return -EINVAL;
    if (a.set_tid || a.set_tid_size)
        return a.set_tid && a.set_tid_size ? -EPERM : -EINVAL;
    args = (struct fork_args){
        .flags = a.flags,
        .exit_signal = (int)a.exit_signal,
        .stack = a.stack ? a.stack + a.stack_size : 0,
        .tls = a.tls,
        .parent_tid = (u32 __user *)a.parent_tid,
        .child_tid = (u32 __user *)a.child_tid,
        .pidfd = (int __user *)a.pidfd,
    };
    return do_fork(&args);
}

long sys_exit(int status)
{
    do_exit((status & 0xff) << 8);
}

long sys_exit_group(int status)
{
    signal_group_exit((status & 0xff) << 8);
}

long sys_set_tid_address(u32 __user *address)
{
    current->clear_child_tid = address;
    return current->pid;
}

long sys_arch_prctl(int option, unsigned long arg)
{
    return arch_prctl(current, option, arg);
}
