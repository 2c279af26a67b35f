// SPDX-License-Identifier: MIT
/* epoll(7), eventfd(2), timerfd_create(2), signalfd(2), inotify(7). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/epoll.h"
#include "../vfs/eventfd.h"
#include "../vfs/internal.h"
#include "poll_deadline.h"

#include <abi/linux/poll.h>
#include <abi/linux/timers.h>
#include <kernel/arch/uaccess.h>

/* --- epoll --- */

long sys_epoll_create1(int flags)
{
    return flags & ~EPOLL_CLOEXEC ? -EINVAL : epoll_create(flags);
}

long sys_epoll_create(int size)
{
    return size <= 0 ? -EINVAL : epoll_create(0);
}

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *user)
{
    struct epoll_event event = {};

    if (op != EPOLL_CTL_DEL && copy_from_user(&event, user, sizeof(event)))
        return -EFAULT;
    return epoll_control(epfd, op, fd, &event);
}

static u64 deadline_from_ms(int timeout_ms)
{
    if (timeout_ms < 0)
        return TIMEOUT_NONE;
    return timeout_ms ? ktime_ns() + (u64)timeout_ms * NSEC_PER_MSEC : 0;
}

long sys_epoll_wait(int epfd, struct epoll_event __user *events, int max, int timeout_ms)
{
    return epoll_wait_events(epfd, events, max, deadline_from_ms(timeout_ms));
}

static long wait_with_mask(int epfd, struct epoll_event __user *events, int max, u64 deadline,
                           const u64 __user *mask, size_t mask_size)
{
    long ret = signal_mask_suspend_user(mask, mask_size);

    if (ret)
        return ret;
    ret = epoll_wait_events(epfd, events, max, deadline);
    signal_mask_resume_user(mask, ret);
    return ret;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int max, int timeout_ms,
                     const u64 __user *mask, size_t mask_size)
{
    return wait_with_mask(epfd, events, max, deadline_from_ms(timeout_ms), mask, mask_size);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int max,
                      const struct timespec64 __user *timeout, const u64 __user *mask,
                      size_t mask_size)
{
    u64 deadline;
    int error = deadline_from_user(timeout, &deadline);

    return error ?: wait_with_mask(epfd, events, max, deadline, mask, mask_size);
}

/* --- eventfd --- */

long sys_eventfd2(unsigned int count, int flags)
{
    return eventfd_create(count, flags);
}

long sys_eventfd(unsigned int count)
{
    return eventfd_create(count, 0);
}

/* --- timerfd --- */

long sys_timerfd_create(int clock, int flags)
{
    return timerfd_create(clock, flags);
}

long sys_timerfd_settime(int fd, int flags, const struct linux_itimerspec __user *uvalue,
                         struct linux_itimerspec __user *uold)
{
    struct linux_itimerspec value, old;
    int error;

    if (copy_from_user(&value, uvalue, sizeof(value)))
        return -EFAULT;
    error = timerfd_settime(fd, flags, &value, &old);
    if (!error && uold && copy_to_user(uold, &old, sizeof(old)))
        error = -EFAULT;
    return error;
}

long sys_timerfd_gettime(int fd, struct linux_itimerspec __user *uvalue)
{
    struct linux_itimerspec value;
    int error = timerfd_gettime(fd, &value);

    return error ?: copy_to_user(uvalue, &value, sizeof(value)) ? -EFAULT : 0;
}

/* --- signalfd --- */

long sys_signalfd4(int fd, const u64 __user *umask, size_t size, int flags)
{
    sigset_t mask;

    if (size != sizeof(mask.bits))
        return -EINVAL;
    if (copy_from_user(&mask.bits, umask, sizeof(mask.bits)))
        return -EFAULT;
    return signalfd_set(fd, mask, flags);
}

long sys_signalfd(int fd, const u64 __user *umask, size_t size)
{
    return sys_signalfd4(fd, umask, size, 0);
}

/* --- inotify --- */

long sys_inotify_init1(int flags)
{
    return inotify_create(flags);
}

long sys_inotify_init(void)
{
    return inotify_create(0);
}

long sys_inotify_add_watch(int fd, const char __user *path, unsigned int mask)
{
    char *name = path_name_get(path, false);
    int ret = IS_ERR(name) ? PTR_ERR(name) : inotify_add(fd, name, mask);

    path_name_put(name);
    return ret;
}

long sys_inotify_rm_watch(int fd, int wd)
{
    return inotify_remove(fd, wd);
}
