/* SPDX-License-Identifier: MIT */
/* The system calls about signals: copying in and out, and the choice of receivers. */
#include <kernel/syscall/syscalls.h>

#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>

/* --- actions and masks --- */

#define SA_KNOWN                                                                       \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
     SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

/* What is ignored from now on is not pending any more. signal->lock held. */
static void signal_drop_ignored(int sig)
{
    struct task *thread;

    if (!signal_is_ignored(current, sig))
        return;
    signal_flush(&current->signal->shared, sigmask(sig));
    task_for_each_thread (thread, current)
        signal_flush(&thread->pending, sigmask(sig));
}

static void action_exchange(int sig, const struct signal_action *action, struct signal_action *old)
{
    struct signal_state *signal = current->signal;
    struct sighand *hand;

    spin_lock_irq(&signal->lock);
    hand = signal->sighand;
    spin_lock(&hand->lock);
    *old = hand->action[sig - 1];
    if (action)
        hand->action[sig - 1] = *action;
    spin_unlock(&hand->lock);
    if (action)
        signal_drop_ignored(sig);
    spin_unlock_irq(&signal->lock);
}

long sys_rt_sigaction(int sig, const struct linux_sigaction __user *act,
                      struct linux_sigaction __user *oldact, size_t sigsetsize)
{
    struct linux_sigaction user;
    struct signal_action action, old;

    if (sigsetsize != sizeof(sigset_t))
        return -EINVAL;
    if (act && copy_from_user(&user, act, sizeof(user)))
        return -EFAULT;
    if (!sig_valid(sig) || (act && (sigmask(sig) & SIGSET_UNMASKABLE)))
        return -EINVAL;
    if (act) {
        action = (struct signal_action){
            .handler = user.sa_handler,
            .flags = user.sa_flags & SA_KNOWN,
            .restorer = user.sa_restorer,
            .mask = {user.sa_mask & ~SIGSET_UNMASKABLE},
        };
    }
    action_exchange(sig, act ? &action : NULL, &old);
    if (!oldact)
        return 0;
    user = (struct linux_sigaction){old.handler, old.flags, old.restorer, old.mask.bits};
    return copy_to_user(oldact, &user, sizeof(user)) ? -EFAULT : 0;
}

long sys_rt_sigprocmask(int how, const u64 __user *set, u64 __user *oldset, size_t sigsetsize)
{
    sigset_t old = current->blocked, next = old;
    u64 bits;

    if (sigsetsize != sizeof(sigset_t))
        return -EINVAL;
    if (set) {
        if (get_user(bits, set))
            return -EFAULT;
        switch (how) {
        case SIG_BLOCK: next.bits |= bits; break;
        case SIG_UNBLOCK: next.bits &= ~bits; break;
        case SIG_SETMASK: next.bits = bits; break;
        default: return -EINVAL;
        }
        signal_mask_set(next);
    }
    if (oldset && put_user(old.bits, oldset))
        return -EFAULT;
    return 0;
}

long sys_rt_sigpending(u64 __user *set, size_t sigsetsize)
{
    struct signal_state *signal = current->signal;
    u64 pending;

    if (sigsetsize > sizeof(sigset_t))
        return -EINVAL;
    spin_lock_irq(&signal->lock);
    pending = (current->pending.set.bits | signal->shared.set.bits) & current->blocked.bits;
    spin_unlock_irq(&signal->lock);
    return copy_to_user(set, &pending, sigsetsize) ? -EFAULT : 0;
}

long sys_sigaltstack(const struct linux_stack __user *uss, struct linux_stack __user *uoss)
{
    unsigned long sp = task_regs(current)->rsp;
    linux_stack_t stack, old;

    if (uss && copy_from_user(&stack, uss, sizeof(stack)))
        return -EFAULT;
    altstack_get(&old, sp);
    if (uss) {
        int err = altstack_set(&stack, sp);

        if (err)
            return err;
    }
    if (uoss && copy_to_user(uoss, &old, sizeof(old)))
        return -EFAULT;
    return 0;
}

/* --- waiting for signals --- */

long sys_pause(void)
{
    while (!signal_pending(current)) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (signal_pending(current))
            break;
        schedule();
    }
    set_current_state(TASK_RUNNING);
    return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(const u64 __user *set, size_t sigsetsize)
{
    sigset_t wanted;

    if (sigsetsize != sizeof(sigset_t))
        return -EINVAL;
    if (get_user(wanted.bits, set))
        return -EFAULT;
    signal_mask_suspend(wanted);
    return sys_pause();
}

/* Takes one of @wanted, sleeping until @deadline_ns with them unblocked. */
static int signal_wait_for(sigset_t wanted, struct siginfo *info, u64 deadline_ns)
{
    struct signal_state *signal = current->signal;
    sigset_t others = {~wanted.bits};
    bool timed_out = false;
    int sig;

    spin_lock_irq(&signal->lock);
    sig = signal_dequeue(current, &others, info);
    if (!sig && deadline_ns) {
        current->real_blocked = current->blocked;
        current->blocked.bits &= ~wanted.bits;
        signal_work_update();
        set_current_state(TASK_INTERRUPTIBLE);
        spin_unlock_irq(&signal->lock);
        if (!signal_pending(current))
            timed_out = !schedule_until_ns(deadline_ns);
        set_current_state(TASK_RUNNING);
        spin_lock_irq(&signal->lock);
        current->blocked = current->real_blocked;
        current->real_blocked.bits = 0;
        sig = signal_dequeue(current, &others, info);
        signal_work_update();
    } else {
        timed_out = true;
    }
    spin_unlock_irq(&signal->lock);
    if (sig)
        return sig;
    return timed_out ? -EAGAIN : -EINTR;
}

/* The moment a relative time from now ends; TIMEOUT_NONE without one, 0 for "do not wait". */
static int deadline_from_user(const struct timespec64 __user *timeout, u64 *deadline_ns)
{
    struct timespec64 ts;

    *deadline_ns = TIMEOUT_NONE;
    if (!timeout)
        return 0;
    if (copy_from_user(&ts, timeout, sizeof(ts)))
        return -EFAULT;
    if (!timespec64_valid(&ts))
        return -EINVAL;
    if (ts.tv_sec == 0 && ts.tv_nsec == 0)
        *deadline_ns = 0;
    else if (ts.tv_sec < (s64)(TIMEOUT_NONE / 4 / NSEC_PER_SEC))
        *deadline_ns = ktime_ns() + (u64)timespec64_to_ns(&ts);
    return 0;
}

long sys_rt_sigtimedwait(const u64 __user *set, void __user *uinfo,
                         const struct timespec64 __user *timeout, size_t sigsetsize)
{
    struct siginfo info;
    sigset_t wanted;
    u64 deadline_ns;
    int sig, err;

    if (sigsetsize != sizeof(sigset_t))
        return -EINVAL;
    if (get_user(wanted.bits, set))
        return -EFAULT;
    err = deadline_from_user(timeout, &deadline_ns);
    if (err)
        return err;
    wanted.bits &= ~SIGSET_UNMASKABLE;
    sig = signal_wait_for(wanted, &info, deadline_ns);
    if (sig > 0 && uinfo && siginfo_to_user(uinfo, &info))
        return -EFAULT;
    return sig;
}

/* --- sending --- */

/* kill(-1): everybody but init and the caller. */
static int kill_all(int sig)
{
    int result = 0, count = 0, err;
    struct task *task;

    spin_lock(&tasklist_lock);
    list_for_each_entry (task, &init_task.tasks_link, tasks_link) {
        if (task->tgid <= 1 || task->signal == current->signal)
            continue;
        count++;
        err = signal_send_checked(sig, SEND_SIG_NOINFO, task, PIDTYPE_TGID);
        if (err != -EPERM)
            result = err;
    }
    spin_unlock(&tasklist_lock);
    return count ? result : -ESRCH;
}

static int kill_one(pid_t nr, int sig, struct siginfo *info)
{
    struct task *task;
    int err = -ESRCH;

    rcu_read_lock();
    task = pid_task(pid_find(nr), PIDTYPE_PID);
    if (task)
        err = signal_send_checked(sig, info, task, PIDTYPE_TGID);
    rcu_read_unlock();
    return err;
}

long sys_kill(int pid, int sig)
{
    struct pid *pgrp;
    int err;

    if (sig != 0 && !sig_valid(sig))
        return -EINVAL;
    if (pid > 0)
        return kill_one(pid, sig, SEND_SIG_NOINFO);
    if (pid == -1)
        return kill_all(sig);
    if (pid == (int)0x80000000)
        return -ESRCH;
    spin_lock(&tasklist_lock);
    pgrp = pid == 0 ? task_pgrp(current) : pid_find(-pid);
    err = kill_pgrp_locked(pgrp, sig, SEND_SIG_NOINFO, true);
    spin_unlock(&tasklist_lock);
    return err;
}

/* One thread; of group @tgid when that is not 0. */
static int kill_thread(pid_t tgid, pid_t pid, int sig, struct siginfo *info)
{
    struct task *task;
    int err = -ESRCH;

    rcu_read_lock();
    task = task_find(pid);
    if (task && (tgid == 0 || task->tgid == tgid))
        err = signal_send_checked(sig, info, task, PIDTYPE_PID);
    rcu_read_unlock();
    /* It is going: to the caller that is as if it had received the signal. */
    return err == -ESRCH && task && sig ? 0 : err;
}

static int kill_thread_tkill(pid_t tgid, pid_t pid, int sig)
{
    struct siginfo info = {.si_signo = sig, .si_code = SI_TKILL};

    info.si_pid = current->tgid;
    info.si_uid = current_cred()->uid;
    return kill_thread(tgid, pid, sig, &info);
}

long sys_tgkill(int tgid, int pid, int sig)
{
    if (pid <= 0 || tgid <= 0)
        return -EINVAL;
    return kill_thread_tkill(tgid, pid, sig);
}

long sys_tkill(int pid, int sig)
{
    if (pid <= 0)
        return -EINVAL;
    return kill_thread_tkill(0, pid, sig);
}

/* Nobody may pretend to others to be the kernel or kill(2). */
static int siginfo_for_queueing(struct siginfo *info, const void __user *uinfo, int sig, pid_t to)
{
    int err = siginfo_from_user(info, uinfo);

    if (err)
        return err;
    info->si_signo = sig;
    if ((info->si_code >= 0 || info->si_code == SI_TKILL) && to != current->tgid &&
        to != current->pid)
        return -EPERM;
    info->si_sys_private = info->si_code == SI_TIMER ? 0 : info->si_sys_private;
    return 0;
}

long sys_rt_sigqueueinfo(int tgid, int sig, void __user *uinfo)
{
    struct siginfo info;
    int err = siginfo_for_queueing(&info, uinfo, sig, tgid);

    return err ? err : kill_one(tgid, sig, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int pid, int sig, void __user *uinfo)
{
    struct siginfo info;
    int err;

    if (pid <= 0 || tgid <= 0)
        return -EINVAL;
    err = siginfo_for_queueing(&info, uinfo, sig, pid);
    return err ? err : kill_thread(tgid, pid, sig, &info);
}

/* --- restarting --- */

long sys_restart_syscall(void)
{
    struct restart_block *block = &current->restart;

    return block->fn ? block->fn(block) : -EINTR;
}
