// SPDX-License-Identifier: MIT
/* futex(2), set_robust_list(2), get_robust_list(2). Priority inheritance is not there: ENOSYS. */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <abi/linux/futex.h>
#include <kernel/arch/uaccess.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/futex.h>
#include <kernel/proc/pid.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

/* Nanoseconds of a valid time; what does not fit is as good as never. */
static u64 saturated_ns(const struct timespec64 *ts)
{
    return ts->tv_sec > 9000000000LL ? 9000000000ULL * NSEC_PER_SEC : (u64)timespec64_to_ns(ts);
}

/* Linux takes FUTEX_WAIT's time as relative, FUTEX_WAIT_BITSET's as a point of the clock. */
static int deadline_get(int op, const struct timespec64 __user *timeout, struct futex_deadline *out)
{
    struct timespec64 ts;

    *out = (struct futex_deadline){};
    if (!timeout)
        return 0;
    if (copy_from_user(&ts, timeout, sizeof(ts)))
        return -EFAULT;
    if (!timespec64_valid(&ts))
        return -EINVAL;
    out->set = true;
    out->ns = saturated_ns(&ts);
    if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
        out->ns += ktime_ns();
    else
        out->realtime = op & FUTEX_CLOCK_REALTIME;
    return 0;
}

static long do_wait(u32 __user *address, int op, u32 value, const struct timespec64 __user *timeout,
                    u32 bitset)
{
    struct futex_deadline deadline;
    int error = deadline_get(op, timeout, &deadline);

    return error ? error
                 : futex_wait(address, !(op & FUTEX_PRIVATE_FLAG), value, &deadline, bitset);
}

long sys_futex(u32 __user *address, int op, u32 value, const struct timespec64 __user *timeout,
               u32 __user *second, u32 value3)
{
    bool shared = !(op & FUTEX_PRIVATE_FLAG);
    int command = op & FUTEX_CMD_MASK, value2 = (int)(unsigned long)timeout;

    if (op & FUTEX_CLOCK_REALTIME && command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAIT: return do_wait(address, op, value, timeout, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET: return do_wait(address, op, value, timeout, value3);
    case FUTEX_WAKE: return futex_wake(address, shared, (int)value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET: return futex_wake(address, shared, (int)value, value3);
    case FUTEX_REQUEUE: return futex_requeue(address, second, shared, (int)value, value2, NULL);
    case FUTEX_CMP_REQUEUE:
        return futex_requeue(address, second, shared, (int)value, value2, &value3);
    case FUTEX_WAKE_OP: return futex_wake_op(address, second, shared, (int)value, value2, value3);
    default: return -ENOSYS;
    }
}

long sys_set_robust_list(struct robust_list_head __user *head, size_t len)
{
    if (len != sizeof(*head))
        return -EINVAL;
    current->robust_list = head;
    return 0;
}

/* Whether current may look into the task (ptrace(2), PTRACE_MODE_READ). */
static bool may_look_into(const struct task *task)
{
    const struct cred *mine = current_cred(), *its;
    bool allowed;

    if (task->tgid == current->tgid)
        return true;
    rcu_read_lock();
    its = rcu_dereference(task->cred);
    allowed = mine->fsuid == its->uid && mine->fsuid == its->euid && mine->fsuid == its->suid &&
              mine->fsgid == its->gid && mine->fsgid == its->egid && mine->fsgid == its->sgid;
    rcu_read_unlock();
    return allowed || capable(CAP_SYS_PTRACE);
}

long sys_get_robust_list(int pid, struct robust_list_head __user *__user *head, size_t __user *len)
{
    struct task *task = pid ? task_find_get(pid) : task_get(current);
    struct robust_list_head __user *list;
    bool allowed;

    if (!task)
        return -ESRCH;
    allowed = may_look_into(task);
    list = task->robust_list;
    task_put(task);
    if (!allowed)
        return -EPERM;
    return put_user(sizeof(*list), len) || put_user(list, head) ? -EFAULT : 0;
}
