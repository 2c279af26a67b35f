/* SPDX-License-Identifier: MIT */
/* alarm(2), getitimer(2), setitimer(2), and the timer_*(2) family. */
#include <kernel/syscall/syscalls.h>

#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/proc/itimer.h>
#include <kernel/sched/task.h>
#include <kernel/time/time64.h>

/* Times beyond this (about 146 years) are cut: nothing is lost by it, and sums do not overflow. */
#define TIME_MAX_NS (1ULL << 62)

static bool timeval_to_ns(const struct linux_timeval *tv, u64 *ns)
{
    if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= USEC_PER_SEC)
        return false;
    *ns = TIME_MAX_NS;
    if (tv->tv_sec < (long)(TIME_MAX_NS / NSEC_PER_SEC))
        *ns = (u64)tv->tv_sec * NSEC_PER_SEC + (u64)tv->tv_usec * NSEC_PER_USEC;
    return true;
}

static bool timespec_to_ns(const struct linux_timespec *ts, u64 *ns)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
        return false;
    *ns = TIME_MAX_NS;
    if (ts->tv_sec < (long)(TIME_MAX_NS / NSEC_PER_SEC))
        *ns = (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
    return true;
}

/* Rounded up: what is still to come is not 0. */
static struct linux_timeval ns_to_timeval(u64 ns)
{
    u64 us = (ns + NSEC_PER_USEC - 1) / NSEC_PER_USEC;

    return (struct linux_timeval){(long)(us / USEC_PER_SEC), (long)(us % USEC_PER_SEC)};
}

static struct linux_timespec ns_to_timespec(u64 ns)
{
    return (struct linux_timespec){(long)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)};
}

long sys_alarm(unsigned int seconds)
{
    struct itimer_setting set = {.value_ns = (u64)seconds * NSEC_PER_SEC}, old;
    u64 left_s;

    (void)itimer_exchange(ITIMER_REAL, &set, &old);
    left_s = (old.value_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
    return old.value_ns && !left_s ? 1 : (long)left_s;
}

static int itimerval_to_user(struct linux_itimerval __user *to, const struct itimer_setting *from)
{
    struct linux_itimerval value = {
        .it_interval = ns_to_timeval(from->interval_ns),
        .it_value = ns_to_timeval(from->value_ns),
    };

    return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

long sys_getitimer(int which, struct linux_itimerval __user *value)
{
    struct itimer_setting now;
    int err = itimer_exchange(which, NULL, &now);

    return err ? err : itimerval_to_user(value, &now);
}

long sys_setitimer(int which, const struct linux_itimerval __user *value,
                   struct linux_itimerval __user *old)
{
    struct linux_itimerval user = {};
    struct itimer_setting set, before;
    int err;

    if (value && copy_from_user(&user, value, sizeof(user)))
        return -EFAULT;
    if (!timeval_to_ns(&user.it_interval, &set.interval_ns) ||
        !timeval_to_ns(&user.it_value, &set.value_ns))
        return -EINVAL;
    err = itimer_exchange(which, &set, &before);
    if (err || !old)
        return err;
    return itimerval_to_user(old, &before);
}

long sys_timer_create(int clock, struct linux_sigevent __user *event, int __user *uid)
{
    struct linux_sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    int id, err;

    if (event && copy_from_user(&ev, event, sizeof(ev)))
        return -EFAULT;
    err = posix_timer_create(clock, &ev, &id);
    if (err)
        return err;
    if (!event) {
        /* POSIX: without an event the value is the timer's number; a timer is not yet running. */
        ev.sigev_value.sival_int = id;
        posix_timer_value_set(id, ev.sigev_value);
    }
    if (put_user(id, uid)) {
        posix_timer_delete(id);
        return -EFAULT;
    }
    return 0;
}

static int itimerspec_to_user(struct linux_itimerspec __user *to, const struct itimer_setting *from)
{
    struct linux_itimerspec value = {
        .it_interval = ns_to_timespec(from->interval_ns),
        .it_value = ns_to_timespec(from->value_ns),
    };

    return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

long sys_timer_settime(int id, int flags, const struct linux_itimerspec __user *value,
                       struct linux_itimerspec __user *old)
{
    struct linux_itimerspec user;
    struct itimer_setting set, before;
    int err;

    if (!value)
        return -EINVAL;
    if (copy_from_user(&user, value, sizeof(user)))
        return -EFAULT;
    if (!timespec_to_ns(&user.it_interval, &set.interval_ns) ||
        !timespec_to_ns(&user.it_value, &set.value_ns))
        return -EINVAL;
    err = posix_timer_set(id, flags & TIMER_ABSTIME, &set, &before);
    if (err || !old)
        return err;
    return itimerspec_to_user(old, &before);
}

long sys_timer_gettime(int id, struct linux_itimerspec __user *value)
{
    struct itimer_setting now;
    int err = posix_timer_get(id, &now);

    return err ? err : itimerspec_to_user(value, &now);
}

long sys_timer_getoverrun(int id)
{
    return posix_timer_overrun(id);
}

long sys_timer_delete(int id)
{
    return posix_timer_delete(id);
}
