// SPDX-License-Identifier: MIT
/*
 * timerfd_create(2): a timer whose expirations are read from a descriptor.
 *
 * A periodic timer runs once and is started again when its expirations are read, which is also when
 * the periods that went by meanwhile are counted: a reader who is late costs nothing.
 *
 * Times of CLOCK_REALTIME and CLOCK_BOOTTIME are kept as they were given and turned into monotonic
 * time when the timer is started. When the clock is set (timerfd_clock_was_set), absolute real-time
 * timers start again, and those with TFD_TIMER_CANCEL_ON_SET wake their reader with ECANCELED.
 *
 * Locks: all_mutex > timerfd->mutex > wait.lock (ticks, state; interrupts off).
 */
#include <abi/linux/poll.h>
#include <abi/linux/timers.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>
#include <kernel/time/timer.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

#include "eventfd.h"
#include "internal.h"

#define CLOCK_REALTIME       0
#define CLOCK_MONOTONIC      1
#define CLOCK_BOOTTIME       7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CAP_WAKE_ALARM       35

struct timerfd {
    struct list_head link; /* all, all_mutex */
    struct mutex mutex;    /* settime */
    struct timer timer;
    struct wait_queue wait; /* its lock: what follows */
    u64 ticks;              /* expirations not read */
    u64 expires_ns;         /* monotonic; of the last start */
    u64 interval_ns;        /* 0: once */
    s64 absolute_ns;        /* by the clock, with ABSTIME */
    bool armed, expired, canceled;
    int clock, flags;
};

static LIST_HEAD(all);
static DEFINE_MUTEX(all_mutex);
static const struct file_operations timerfd_fops;

/* What the timer's clock is ahead of the monotonic one. */
static s64 clock_offset(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM: return ktime_real_ns() - (s64)ktime_ns();
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM: return (s64)(ktime_boot_ns() - ktime_ns());
    default: return 0;
    }
}

static bool is_realtime(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

static bool timerfd_fire(struct timer *timer)
{
    struct timerfd *t = container_of(timer, struct timerfd, timer);
    unsigned long flags;

    spin_lock_irqsave(&t->wait.lock, flags);
    t->expired = true;
    t->ticks++;
    wake_up_key_locked(&t->wait, TASK_NORMAL, 1, (void *)(unsigned long)EPOLLIN);
    spin_unlock_irqrestore(&t->wait.lock, flags);
    return false;
}

/* Counts the periods since a periodic timer expired, and starts it again. wait.lock held. */
static void timerfd_catch_up(struct timerfd *t)
{
    u64 now = ktime_ns(), periods;

    if (!t->expired || !t->interval_ns || now < t->expires_ns)
        return;
    periods = (now - t->expires_ns) / t->interval_ns + 1;
    t->ticks += periods - 1;
    t->expires_ns += periods * t->interval_ns;
    t->expired = false;
    timer_start(&t->timer, t->expires_ns);
}

static u64 timerfd_left(const struct timerfd *t)
{
    u64 now = ktime_ns();

    if (!t->armed || t->expired)
        return 0;
    return t->expires_ns > now ? t->expires_ns - now : 1;
}

/* --- the file --- */

/* Takes the ticks, if there are any or the clock was set. wait.lock held. */
static bool take_ticks(struct timerfd *t, u64 *ticks)
{
    if (t->canceled) {
        t->canceled = false;
        *ticks = 0;
        return true;
    }
    if (!t->ticks)
        return false;
    timerfd_catch_up(t);
    *ticks = t->ticks;
    t->ticks = 0;
    return true;
}

static ssize_t timerfd_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct timerfd *t = iocb->file->private;
    bool taken;
    u64 ticks;

    if (to->count < sizeof(ticks))
        return -EINVAL;
    for (;;) {
        spin_lock_irq(&t->wait.lock);
        taken = take_ticks(t, &ticks);
        spin_unlock_irq(&t->wait.lock);
        if (taken)
            break;
        if ((iocb->file->flags & O_NONBLOCK) || (iocb->flags & IOCB_NOWAIT))
            return -EAGAIN;
        if (wait_event_interruptible_exclusive(&t->wait,
                                               READ_ONCE(t->ticks) || READ_ONCE(t->canceled)))
            return -ERESTARTSYS;
    }
    if (!ticks)
        return -ECANCELED;
    return copy_to_iter(&ticks, sizeof(ticks), to) == sizeof(ticks) ? (ssize_t)sizeof(ticks)
                                                                    : -EFAULT;
}

static u32 timerfd_poll(struct file *file, struct poll_table *table)
{
    struct timerfd *t = file->private;

    poll_wait(file, &t->wait, table);
    return READ_ONCE(t->ticks) || READ_ONCE(t->canceled) ? EPOLLIN : 0;
}

static long timerfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct timerfd *t = file->private;
    u64 ticks;

    if (cmd != TFD_IOC_SET_TICKS)
        return -ENOTTY;
    if (copy_from_user(&ticks, (const void __user *)arg, sizeof(ticks)))
        return -EFAULT;
    if (!ticks)
        return -EINVAL;
    spin_lock_irq(&t->wait.lock);
    t->ticks = ticks;
    wake_up_key_locked(&t->wait, TASK_NORMAL, 1, (void *)(unsigned long)EPOLLIN);
    spin_unlock_irq(&t->wait.lock);
    return 0;
}

static int timerfd_release(struct inode *inode, struct file *file)
{
    struct timerfd *t = file->private;

    mutex_lock(&all_mutex);
    list_del(&t->link);
    mutex_unlock(&all_mutex);
    (void)timer_cancel(&t->timer);
    kfree(t);
    return 0;
}

static void timerfd_fdinfo(struct seq_file *m, struct file *file)
{
    struct timerfd *t = file->private;
    struct timespec64 left, interval;
    u64 ticks;

    spin_lock_irq(&t->wait.lock);
    left = ns_to_timespec64(timerfd_left(t));
    interval = ns_to_timespec64(t->interval_ns);
    ticks = t->ticks;
    spin_unlock_irq(&t->wait.lock);
    seq_printf(m, "clockid: %d\nticks: %llu\nsettime flags: 0%o\n", t->clock, ticks, t->flags);
    seq_printf(m, "it_value: (%lld, %lld)\nit_interval: (%lld, %lld)\n", left.tv_sec, left.tv_nsec,
               interval.tv_sec, interval.tv_nsec);
}

static const struct file_operations timerfd_fops = {
    .llseek = no_llseek,
    .read_iter = timerfd_read,
    .poll = timerfd_poll,
    .ioctl = timerfd_ioctl,
    .release = timerfd_release,
    .show_fdinfo = timerfd_fdinfo,
};

/* --- the calls --- */

static bool is_alarm(int clock)
{
    return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

int timerfd_create(int clock, int flags)
{
    struct timerfd *t;
    int fd;

    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
         !is_alarm(clock)))
        return -EINVAL;
    if (is_alarm(clock) && !capable(CAP_WAKE_ALARM))
        return -EPERM;
    t = kzalloc(sizeof(*t), GFP_KERNEL);
    if (!t)
        return -ENOMEM;
    t->clock = clock;
    mutex_init(&t->mutex);
    wait_queue_init(&t->wait);
    timer_init(&t->timer, timerfd_fire, 0);
    mutex_lock(&all_mutex);
    list_add(&t->link, &all);
    mutex_unlock(&all_mutex);
    fd = fd_open_anon("[timerfd]", &timerfd_fops, t, O_RDWR | flags);
    if (fd < 0) {
        mutex_lock(&all_mutex);
        list_del(&t->link);
        mutex_unlock(&all_mutex);
        kfree(t);
    }
    return fd;
}

/* Nanoseconds of a valid time, at most what can be counted. */
static bool spec_to_ns(const struct linux_timespec *ts, u64 *ns)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
        return false;
    *ns = (u64)ts->tv_sec >= 0x7fffffffffffffffULL / NSEC_PER_SEC
              ? 0x7fffffffffffffffULL
              : (u64)ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
    return true;
}

static struct linux_timespec ns_to_spec(u64 ns)
{
    return (struct linux_timespec){.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC};
}

static void timerfd_read_setting(struct timerfd *t, struct linux_itimerspec *value)
{
    timerfd_catch_up(t);
    value->it_value = ns_to_spec(timerfd_left(t));
    value->it_interval = ns_to_spec(t->interval_ns);
}

/* Starts the timer as set. wait.lock held; the timer is stopped. */
static void timerfd_arm(struct timerfd *t, u64 value_ns)
{
    u64 now = ktime_ns();

    t->armed = value_ns;
    t->expired = false;
    if (!value_ns)
        return;
    if (t->flags & TFD_TIMER_ABSTIME) {
        s64 when = (s64)value_ns - clock_offset(t->clock);

        t->absolute_ns = value_ns;
        t->expires_ns = max(when, (s64)0);
    } else {
        t->expires_ns = value_ns > ~0ULL - now ? ~0ULL - 1 : now + value_ns;
    }
    timer_start(&t->timer, t->expires_ns);
}

static struct timerfd *fd_timer(int fd, struct fd *f)
{
    *f = fd_get(fd);
    if (!f->file)
        return ERR_PTR(-EBADF);
    if (f->file->ops == &timerfd_fops)
        return f->file->private;
    fd_put(*f);
    return ERR_PTR(-EINVAL);
}

int timerfd_settime(int fd, int flags, const struct linux_itimerspec *value,
                    struct linux_itimerspec *old)
{
    u64 value_ns, interval_ns;
    struct timerfd *t;
    struct fd f;

    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        !spec_to_ns(&value->it_value, &value_ns) || !spec_to_ns(&value->it_interval, &interval_ns))
        return -EINVAL;
    t = fd_timer(fd, &f);
    if (IS_ERR(t))
        return PTR_ERR(t);
    mutex_lock(&t->mutex);
    (void)timer_cancel(&t->timer);
    spin_lock_irq(&t->wait.lock);
    timerfd_read_setting(t, old);
    spin_unlock_irq(&t->wait.lock);
    (void)timer_cancel(&t->timer); /* reading may have started it again */
    spin_lock_irq(&t->wait.lock);
    t->flags = flags;
    t->interval_ns = interval_ns;
    t->ticks = 0;
    t->canceled = false;
    timerfd_arm(t, value_ns);
    spin_unlock_irq(&t->wait.lock);
    mutex_unlock(&t->mutex);
    fd_put(f);
    return 0;
}

int timerfd_gettime(int fd, struct linux_itimerspec *value)
{
    struct timerfd *t;
    struct fd f;

    t = fd_timer(fd, &f);
    if (IS_ERR(t))
        return PTR_ERR(t);
    spin_lock_irq(&t->wait.lock);
    timerfd_read_setting(t, value);
    spin_unlock_irq(&t->wait.lock);
    fd_put(f);
    return 0;
}

/* --- the clock was set --- */

static void timerfd_follow_clock(struct timerfd *t)
{
    mutex_lock(&t->mutex);
    if ((t->flags & TFD_TIMER_ABSTIME) && is_realtime(t->clock) && t->armed && !t->expired) {
        (void)timer_cancel(&t->timer);
        spin_lock_irq(&t->wait.lock);
        if (!t->expired)
            timerfd_arm(t, t->absolute_ns);
        if (t->flags & TFD_TIMER_CANCEL_ON_SET) {
            t->canceled = true;
            wake_up_key_locked(&t->wait, TASK_NORMAL, 0, (void *)(unsigned long)EPOLLIN);
        }
        spin_unlock_irq(&t->wait.lock);
    }
    mutex_unlock(&t->mutex);
}

void timerfd_clock_was_set(void)
{
    struct timerfd *t;

    mutex_lock(&all_mutex);
    list_for_each_entry (t, &all, link)
        timerfd_follow_clock(t);
    mutex_unlock(&all_mutex);
}
