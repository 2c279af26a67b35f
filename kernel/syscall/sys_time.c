// SPDX-License-Identifier: MIT
/* Clocks and sleeping (clock_gettime(2), clock_nanosleep(2)). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/eventfd.h"

#include <abi/linux/errno.h>
#include <abi/linux/resource.h>
#include <abi/linux/system.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>

/* Numbers below 0 name the CPU time of a process or thread: ~pid << 3 | kind
 * (clock_getcpuclockid(3)). */
#define CPUCLOCK_THREAD 4
#define CPUCLOCK_KIND   3

static u64 thread_cpu_ns(const struct task *task)
{
    return READ_ONCE(task->se.sum_exec_ns);
}

static u64 group_cpu_ns(struct task *task)
{
    u64 sum = task->signal->sum_exec_ns;
    struct task *thread;

    rcu_read_lock();
    task_for_each_thread (thread, task)
        sum += thread_cpu_ns(thread);
    rcu_read_unlock();
    return sum;
}

static int cpu_clock_get(int clock, u64 *ns)
{
    pid_t pid = ~(clock >> 3);
    struct task *task = pid ? task_find_get(pid) : task_get(current);
    int error = 0;

    if (!task)
        return -EINVAL;
    if ((clock & CPUCLOCK_KIND) == CPUCLOCK_KIND)
        error = -EINVAL;
    else if (clock & CPUCLOCK_THREAD && task->tgid != current->tgid)
        error = -EINVAL;
    else
        *ns = clock & CPUCLOCK_THREAD ? thread_cpu_ns(task) : group_cpu_ns(task);
    task_put(task);
    return error;
}

static int clock_get(int clock, struct timespec64 *ts)
{
    u64 ns;
    int error = 0;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: *ts = ktime_real(); return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE: ns = ktime_ns(); break;
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM: ns = ktime_boot_ns(); break;
    case CLOCK_PROCESS_CPUTIME_ID: ns = group_cpu_ns(current); break;
    case CLOCK_THREAD_CPUTIME_ID: ns = thread_cpu_ns(current); break;
    default: error = clock < 0 ? cpu_clock_get(clock, &ns) : -EINVAL;
    }
    if (!error)
        *ts = ns_to_timespec64((s64)ns);
    return error;
}

long sys_clock_gettime(int clock, struct timespec64 __user *user)
{
    struct timespec64 ts;
    int error = clock_get(clock, &ts);

    if (error)
        return error;
    return copy_to_user(user, &ts, sizeof(ts)) ? -EFAULT : 0;
}

long sys_clock_getres(int clock, struct timespec64 __user *user)
{
    struct timespec64 ts, resolution = {0, 1};
    int error = clock_get(clock, &ts);

    if (error)
        return error;
    if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
        resolution.tv_nsec = 4000000;
    return user && copy_to_user(user, &resolution, sizeof(resolution)) ? -EFAULT : 0;
}

static int set_real_time(const struct timespec64 *ts)
{
    int error = clock_set_real(ts);

    if (!error)
        timerfd_clock_was_set();
    return error;
}

long sys_clock_settime(int clock, const struct timespec64 __user *user)
{
    struct timespec64 ts;

    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (copy_from_user(&ts, user, sizeof(ts)))
        return -EFAULT;
    if (!timespec64_valid(&ts))
        return -EINVAL;
    return capable(CAP_SYS_TIME) ? set_real_time(&ts) : -EPERM;
}

long sys_gettimeofday(struct linux_timeval __user *tv, void __user *tz)
{
    struct timespec64 now = ktime_real();
    struct linux_timeval value = {now.tv_sec, now.tv_nsec / NSEC_PER_USEC};
    u64 no_zone = 0;

    if (tv && copy_to_user(tv, &value, sizeof(value)))
        return -EFAULT;
    return tz && copy_to_user(tz, &no_zone, sizeof(no_zone)) ? -EFAULT : 0;
}

long sys_settimeofday(const struct linux_timeval __user *tv, const void __user *tz)
{
    struct linux_timeval value;
    struct timespec64 ts;

    if (!capable(CAP_SYS_TIME))
        return -EPERM;
    if (!tv)
        return 0; /* time zones of the kernel are long obsolete */
    if (copy_from_user(&value, tv, sizeof(value)))
        return -EFAULT;
    if (value.tv_usec < 0 || value.tv_usec >= USEC_PER_SEC)
        return -EINVAL;
    ts = (struct timespec64){value.tv_sec, value.tv_usec * NSEC_PER_USEC};
    return set_real_time(&ts);
}

long sys_time(s64 __user *t)
{
    s64 now = ktime_real().tv_sec;

    return t && put_user(now, t) ? -EFAULT : now;
}

/* --- sleeping --- */

/* 0 at the deadline, -EINTR-like when a signal came first. */
static int sleep_until(u64 deadline_ns)
{
    while (ktime_ns() < deadline_ns) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (signal_pending(current)) {
            set_current_state(TASK_RUNNING);
            return -ERESTART_RESTARTBLOCK;
        }
        schedule_until_ns(deadline_ns);
    }
    return 0;
}

static int put_remaining(u64 deadline_ns, struct timespec64 __user *remaining)
{
    u64 now = ktime_ns();
    struct timespec64 left = ns_to_timespec64(deadline_ns > now ? (s64)(deadline_ns - now) : 0);

    return remaining && copy_to_user(remaining, &left, sizeof(left)) ? -EFAULT : 0;
}

static long sleep_restart(struct restart_block *rb)
{
    int error = sleep_until(rb->args[0]);

    if (error && put_remaining(rb->args[0], (struct timespec64 __user *)rb->args[1]))
        return -EFAULT;
    return error;
}

static long sleep_relative(const struct timespec64 *request, struct timespec64 __user *remaining)
{
    u64 ns = request->tv_sec > 9000000000LL ? 9000000000ULL * NSEC_PER_SEC
                                            : (u64)timespec64_to_ns(request);
    u64 deadline = ktime_ns() + ns;
    int error = sleep_until(deadline);

    if (!error)
        return 0;
    if (put_remaining(deadline, remaining))
        return -EFAULT;
    current->restart =
        (struct restart_block){.fn = sleep_restart, .args = {deadline, (u64)remaining}};
    return error;
}

static long sleep_absolute(int clock, const struct timespec64 *request)
{
    for (;;) {
        struct timespec64 now;
        s64 left;
        int error = clock_get(clock, &now);

        if (error)
            return error;
        left = request->tv_sec - now.tv_sec > 9000000000LL
                   ? 9000000000LL * NSEC_PER_SEC
                   : timespec64_to_ns(request) - timespec64_to_ns(&now);
        if (left <= 0)
            return 0;
        /* Real time may be set meanwhile: look again at least every second. */
        if (clock == CLOCK_REALTIME || clock == CLOCK_TAI)
            left = min(left, (s64)NSEC_PER_SEC);
        if (sleep_until(ktime_ns() + (u64)left))
            return -ERESTARTNOHAND;
    }
}

static bool can_sleep_on(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI;
}

long sys_clock_nanosleep(int clock, int flags, const struct timespec64 __user *user,
                         struct timespec64 __user *remaining)
{
    struct timespec64 request;

    if (!can_sleep_on(clock))
        return clock == CLOCK_THREAD_CPUTIME_ID || clock < 0 || clock > CLOCK_TAI ? -EINVAL
                                                                                  : -EOPNOTSUPP;
    if (copy_from_user(&request, user, sizeof(request)))
        return -EFAULT;
    if (!timespec64_valid(&request))
        return -EINVAL;
    if (flags & TIMER_ABSTIME)
        return sleep_absolute(clock, &request);
    return sleep_relative(&request, remaining);
}

long sys_nanosleep(const struct timespec64 __user *user, struct timespec64 __user *remaining)
{
    struct timespec64 request;

    if (copy_from_user(&request, user, sizeof(request)))
        return -EFAULT;
    return timespec64_valid(&request) ? sleep_relative(&request, remaining) : -EINVAL;
}
