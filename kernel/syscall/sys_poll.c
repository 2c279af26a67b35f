// SPDX-License-Identifier: MIT
/* poll(2), ppoll(2), select(2), pselect(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/poll_core.h"
#include "poll_deadline.h"

#include <abi/linux/poll.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

/* --- deadlines --- */

u64 deadline_after(const struct timespec64 *timeout)
{
    u64 now = ktime_ns();

    if (!timeout->tv_sec && !timeout->tv_nsec)
        return 0;
    if ((u64)timeout->tv_sec >= (TIMEOUT_NONE - now) / NSEC_PER_SEC - 1)
        return TIMEOUT_NONE;
    return now + timespec64_to_ns(timeout);
}

static struct timespec64 time_left(u64 deadline_ns)
{
    u64 now = ktime_ns();

    return ns_to_timespec64(deadline_ns > now ? (s64)(deadline_ns - now) : 0);
}

int deadline_from_user(const struct timespec64 __user *user, u64 *deadline)
{
    struct timespec64 timeout;

    *deadline = TIMEOUT_NONE;
    if (!user)
        return 0;
    if (copy_from_user(&timeout, user, sizeof(timeout)))
        return -EFAULT;
    if (!timespec64_valid(&timeout))
        return -EINVAL;
    *deadline = deadline_after(&timeout);
    return 0;
}

/* The time that was left, where the caller gave a time; a failure to store it is not an error. */
static void time_left_to_user(struct timespec64 __user *user, u64 deadline)
{
    struct timespec64 left;

    if (!user || deadline == TIMEOUT_NONE)
        return;
    left = deadline ? time_left(deadline) : (struct timespec64){};
    if (copy_to_user(user, &left, sizeof(left)))
        return;
}

/* --- signal masks for the time of the call --- */

int signal_mask_suspend_user(const u64 __user *user, size_t size)
{
    sigset_t set;

    if (!user)
        return 0;
    if (size != sizeof(set.bits))
        return -EINVAL;
    if (copy_from_user(&set.bits, user, sizeof(set.bits)))
        return -EFAULT;
    signal_mask_suspend(set);
    return 0;
}

void signal_mask_resume_user(const u64 __user *user, long ret)
{
    if (user && ret != -EINTR && ret != -ERESTARTNOHAND)
        signal_mask_restore();
}

/* --- poll --- */

#define FAST_POLLFDS 30

static long poll_user(struct pollfd __user *ufds, unsigned int nr, u64 deadline)
{
    struct pollfd fast[FAST_POLLFDS], *fds = fast;
    long ret;

    if (nr > rlimit_get(current, RLIMIT_NOFILE))
        return -EINVAL;
    if (nr > FAST_POLLFDS) {
        fds = kvmalloc(nr * sizeof(*fds), GFP_KERNEL);
        if (!fds)
            return -ENOMEM;
    }
    ret = -EFAULT;
    if (!copy_from_user(fds, ufds, nr * sizeof(*fds))) {
        ret = poll_fds(fds, nr, deadline);
        for (unsigned int i = 0; i < nr; i++) {
            if (put_user(fds[i].revents, &ufds[i].revents)) {
                ret = -EFAULT;
                break;
            }
        }
    }
    if (fds != fast)
        kvfree(fds);
    return ret;
}

/* A signal without a handler restarts the call with the time that is left. */
static long poll_restart(struct restart_block *rb)
{
    long ret = poll_user((struct pollfd __user *)rb->args[0], rb->args[1], rb->args[2]);

    return ret == -EINTR ? -ERESTART_RESTARTBLOCK : ret;
}

long sys_poll(struct pollfd __user *ufds, unsigned int nr, int timeout_ms)
{
    u64 deadline = TIMEOUT_NONE;
    long ret;

    if (timeout_ms >= 0)
        deadline = timeout_ms ? ktime_ns() + (u64)timeout_ms * NSEC_PER_MSEC : 0;
    ret = poll_user(ufds, nr, deadline);
    if (ret == -EINTR) {
        struct restart_block *rb = &current->restart;

        rb->fn = poll_restart;
        rb->args[0] = (unsigned long)ufds;
        rb->args[1] = nr;
        rb->args[2] = deadline;
        ret = -ERESTART_RESTARTBLOCK;
    }
    return ret;
}

long sys_ppoll(struct pollfd __user *ufds, unsigned int nr, struct timespec64 __user *timeout,
               const u64 __user *mask, size_t mask_size)
{
    u64 deadline;
    long ret = deadline_from_user(timeout, &deadline);

    if (!ret)
        ret = signal_mask_suspend_user(mask, mask_size);
    if (ret)
        return ret;
    ret = poll_user(ufds, nr, deadline);
    if (ret == -EINTR)
        ret = -ERESTARTNOHAND;
    time_left_to_user(timeout, deadline);
    signal_mask_resume_user(mask, ret);
    return ret;
}

/* --- select --- */

#define FAST_SELECT_BITS 256

static int set_from_user(unsigned long *set, const unsigned long __user *user, size_t bytes)
{
    if (!user) {
        memset(set, 0, bytes);
        return 0;
    }
    return copy_from_user(set, user, bytes) ? -EFAULT : 0;
}

static int set_to_user(unsigned long __user *user, const unsigned long *set, size_t bytes)
{
    return user && copy_to_user(user, set, bytes) ? -EFAULT : 0;
}

/* Descriptors beyond the table cannot be open: they are not looked at, as everywhere. */
static unsigned int table_size(void)
{
    unsigned int max;

    rcu_read_lock();
    max = rcu_dereference(current->files->table)->max;
    rcu_read_unlock();
    return max;
}

static long select_user(int nr, unsigned long __user *in, unsigned long __user *out,
                        unsigned long __user *ex, u64 deadline)
{
    unsigned long fast[6 * FAST_SELECT_BITS / BITS_PER_LONG], *bits = fast;
    struct select_sets s;
    size_t words, bytes;
    long ret;

    if (nr < 0)
        return -EINVAL;
    nr = min_t(unsigned int, nr, table_size());
    words = BITS_TO_LONGS(nr);
    bytes = words * sizeof(long);
    if (nr > FAST_SELECT_BITS) {
        bits = kvmalloc(6 * bytes, GFP_KERNEL);
        if (!bits)
            return -ENOMEM;
    }
    s = (struct select_sets){.in = bits,
                             .out = bits + words,
                             .ex = bits + 2 * words,
                             .res_in = bits + 3 * words,
                             .res_out = bits + 4 * words,
                             .res_ex = bits + 5 * words};
    memset(s.res_in, 0, 3 * bytes);
    ret = set_from_user(s.in, in, bytes) ?: set_from_user(s.out, out, bytes) ?:
          set_from_user(s.ex, ex, bytes);
    if (!ret)
        ret = select_fds(nr, &s, deadline);
    if (ret >= 0 && (set_to_user(in, s.res_in, bytes) || set_to_user(out, s.res_out, bytes) ||
                     set_to_user(ex, s.res_ex, bytes)))
        ret = -EFAULT;
    if (bits != fast)
        kvfree(bits);
    return ret;
}

long sys_select(int nr, unsigned long __user *in, unsigned long __user *out,
                unsigned long __user *ex, struct timespec64 __user *utimeout)
{
    struct timespec64 timeout; /* a struct timeval: microseconds */
    u64 deadline = TIMEOUT_NONE;
    long ret;

    if (utimeout) {
        if (copy_from_user(&timeout, utimeout, sizeof(timeout)))
            return -EFAULT;
        if (timeout.tv_sec < 0 || timeout.tv_nsec < 0)
            return -EINVAL;
        timeout.tv_sec += timeout.tv_nsec / USEC_PER_SEC;
        timeout.tv_nsec = timeout.tv_nsec % USEC_PER_SEC * NSEC_PER_USEC;
        if (timeout.tv_sec < 0)
            return -EINVAL;
        deadline = deadline_after(&timeout);
    }
    ret = select_user(nr, in, out, ex, deadline);
    if (utimeout && deadline != TIMEOUT_NONE) {
        timeout = deadline ? time_left(deadline) : (struct timespec64){};
        timeout.tv_nsec /= NSEC_PER_USEC;
        if (copy_to_user(utimeout, &timeout, sizeof(timeout)))
            return ret;
    }
    return ret;
}

struct pselect_mask {
    const u64 __user *set;
    size_t size;
};

long sys_pselect6(int nr, unsigned long __user *in, unsigned long __user *out,
                  unsigned long __user *ex, struct timespec64 __user *timeout,
                  const struct pselect_mask __user *umask)
{
    struct pselect_mask mask = {};
    u64 deadline;
    long ret;

    if (umask && copy_from_user(&mask, umask, sizeof(mask)))
        return -EFAULT;
    ret = deadline_from_user(timeout, &deadline);
    if (!ret)
        ret = signal_mask_suspend_user(mask.set, mask.size);
    if (ret)
        return ret;
    ret = select_user(nr, in, out, ex, deadline);
    time_left_to_user(timeout, deadline);
    signal_mask_resume_user(mask.set, ret);
    return ret;
}
