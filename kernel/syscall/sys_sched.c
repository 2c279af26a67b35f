// SPDX-License-Identifier: MIT
/* Calls about scheduling (sched(7), getpriority(2)). */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <kernel/arch/uaccess.h>
#include <kernel/lib/string.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/time64.h>

#define SCHED_RESET_ON_FORK 0x40000000
#define RR_INTERVAL_NS      100000000
#define FAIR_INTERVAL_NS    3000000

long sys_sched_yield(void)
{
    yield_cpu();
    return 0;
}

/* The task with a number (0: current), with a reference. */
static struct task *task_by_number(int pid)
{
    return pid ? task_find_get(pid) : task_get(current);
}

static bool may_schedule(const struct task *task)
{
    const struct cred *cred = current->cred;
    bool same;

    rcu_read_lock();
    same = cred->euid == rcu_dereference(task->cred)->euid ||
           cred->euid == rcu_dereference(task->cred)->uid;
    rcu_read_unlock();
    return same || capable(CAP_SYS_NICE);
}

long sys_sched_getaffinity(int pid, unsigned int len, void __user *user)
{
    struct task *task;
    u64 mask;

    if (len * 8 < nr_cpus || len & (sizeof(u64) - 1))
        return -EINVAL;
    task = task_by_number(pid);
    if (!task)
        return -ESRCH;
    mask = task->cpus_allowed & cpu_online_mask;
    task_put(task);
    return copy_to_user(user, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

long sys_sched_setaffinity(int pid, unsigned int len, const void __user *user)
{
    struct task *task;
    u64 mask = 0;
    int error;

    if (copy_from_user(&mask, user, min_t(size_t, len, sizeof(mask))))
        return -EFAULT;
    task = task_by_number(pid);
    if (!task)
        return -ESRCH;
    if (task->flags & TASKF_NO_AFFINITY)
        error = -EINVAL;
    else if (!may_schedule(task))
        error = -EPERM;
    else
        error = task_set_affinity(task, mask);
    task_put(task);
    return error;
}

static int check_policy(int policy, int priority)
{
    switch (policy) {
    case SCHED_FIFO:
    case SCHED_RR: return priority >= 1 && priority <= 99 ? 0 : -EINVAL;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE: return priority ? -EINVAL : 0;
    default: return -EINVAL;
    }
}

static int may_set_policy(struct task *task, int policy, int priority)
{
    if (capable(CAP_SYS_NICE))
        return 0;
    if (!may_schedule(task))
        return -EPERM;
    if (priority && (policy != task->policy || priority > task->rt_priority) &&
        (unsigned long)priority > rlimit_get(task, RLIMIT_RTPRIO))
        return -EPERM;
    return 0;
}

static long set_scheduler(int pid, int policy, const int __user *param)
{
    bool reset = policy >= 0 && policy & SCHED_RESET_ON_FORK;
    struct task *task;
    int priority, error;

    if (!param || pid < 0)
        return -EINVAL;
    if (get_user(priority, param))
        return -EFAULT;
    task = task_by_number(pid);
    if (!task)
        return -ESRCH;
    if (policy < 0)
        policy = task->policy;
    policy &= ~SCHED_RESET_ON_FORK;
    error = check_policy(policy, priority);
    if (!error)
        error = may_set_policy(task, policy, priority);
    if (!error) {
        task->reset_on_fork |= reset;
        error = task_set_scheduler(task, policy, task->nice, priority);
    }
    task_put(task);
    return error;
}

long sys_sched_setscheduler(int pid, int policy, const int __user *param)
{
    return policy < 0 ? -EINVAL : set_scheduler(pid, policy, param);
}

long sys_sched_setparam(int pid, const int __user *param)
{
    return set_scheduler(pid, -1, param);
}

long sys_sched_getscheduler(int pid)
{
    struct task *task = pid < 0 ? NULL : task_by_number(pid);
    long policy;

    if (!task)
        return pid < 0 ? -EINVAL : -ESRCH;
    policy = task->policy | (task->reset_on_fork ? SCHED_RESET_ON_FORK : 0);
    task_put(task);
    return policy;
}

long sys_sched_getparam(int pid, int __user *param)
{
    struct task *task;
    int priority;

    if (!param || pid < 0)
        return -EINVAL;
    task = task_by_number(pid);
    if (!task)
        return -ESRCH;
    priority = task->rt_priority;
    task_put(task);
    return put_user(priority, param);
}

long sys_sched_get_priority_max(int policy)
{
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return 99;
    return check_policy(policy, 0);
}

long sys_sched_get_priority_min(int policy)
{
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return 1;
    return check_policy(policy, 0);
}

long sys_sched_rr_get_interval(int pid, struct timespec64 __user *user)
{
    struct task *task = pid < 0 ? NULL : task_by_number(pid);
    struct timespec64 ts = {0, 0};

    if (!task)
        return pid < 0 ? -EINVAL : -ESRCH;
    if (task->policy == SCHED_RR)
        ts.tv_nsec = RR_INTERVAL_NS;
    else if (task->policy != SCHED_FIFO)
        ts.tv_nsec = FAIR_INTERVAL_NS;
    task_put(task);
    return copy_to_user(user, &ts, sizeof(ts)) ? -EFAULT : 0;
}

/* --- nice values --- */

#define PRIO_PROCESS 0
#define PRIO_PGRP    1
#define PRIO_USER    2

static int set_one_nice(struct task *task, int nice)
{
    if (!may_schedule(task))
        return -EPERM;
    if (nice < task->nice && (unsigned long)(20 - nice) > rlimit_get(task, RLIMIT_NICE) &&
        !capable(CAP_SYS_NICE))
        return -EACCES;
    return task_set_scheduler(task, task->policy, nice, task->rt_priority);
}

/* Calls fn for each task that which and who name; how many, or -ESRCH. The last error of fn in
 * *error. */
static int for_each_named(int which, int who, int (*fn)(struct task *task, int arg, int *result),
                          int arg, int *result)
{
    struct task *task, *leader;
    struct pid *pid;
    int n = 0;

    rcu_read_lock();
    if (which == PRIO_PROCESS) {
        task = who ? task_find(who) : current;
        if (task) {
            fn(task, arg, result);
            n++;
        }
    } else if (which == PRIO_PGRP) {
        pid = who ? pid_find(who) : task_pgrp(current);
        if (pid) {
            pid_for_each_task(leader, pid, PIDTYPE_PGID)
            {
                task_for_each_thread (task, leader) {
                    fn(task, arg, result);
                    n++;
                }
            }
        }
    } else {
        uid_t uid = who ? (uid_t)who : current->cred->uid;

        list_for_each_entry_rcu (leader, &init_task.tasks_link, tasks_link) {
            if (rcu_dereference(leader->cred)->uid != uid)
                continue;
            task_for_each_thread (task, leader) {
                fn(task, arg, result);
                n++;
            }
        }
    }
    rcu_read_unlock();
    return n ? n : -ESRCH;
}

static int apply_nice(struct task *task, int nice, int *result)
{
    int error = set_one_nice(task, nice);

    if (error || *result == -ESRCH)
        *result = error;
    return 0;
}

static int best_nice(struct task *task, int unused, int *result)
{
    *result = max(*result, 20 - task->nice);
    return 0;
}

long sys_setpriority(int which, int who, int value)
{
    int result = -ESRCH, n;

    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    n = for_each_named(which, who, apply_nice, clamp(value, -20, 19), &result);
    return n < 0 ? n : result;
}

long sys_getpriority(int which, int who)
{
    int result = 0, n;

    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    n = for_each_named(which, who, best_nice, 0, &result);
    return n < 0 ? n : result;
}

long sys_getcpu(unsigned int __user *cpu, unsigned int __user *node, void __user *unused)
{
    unsigned int here = smp_processor_id();

    if (cpu && put_user(here, cpu))
        return -EFAULT;
    return node && put_user(0U, node) ? -EFAULT : 0;
}
