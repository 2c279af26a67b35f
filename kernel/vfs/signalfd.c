// SPDX-License-Identifier: MIT
/*
 * signalfd(2): signals read from a descriptor. What is read are the signals of the task that reads,
 * not of the one that made the descriptor.
 *
 * A poller sleeps on the wait queue of its thread group. The file keeps every group that ever
 * polled it (struct signal_state) until it is closed, so that an epoll instance that outlives the
 * group does not stand on a queue that is gone.
 */
#include <abi/linux/poll.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

#include "eventfd.h"
#include "internal.h"

/* As read(2) gives them. */
struct signalfd_siginfo {
    u32 ssi_signo;
    s32 ssi_errno, ssi_code;
    u32 ssi_pid, ssi_uid;
    s32 ssi_fd;
    u32 ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
    s32 ssi_status, ssi_int;
    u64 ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
    u16 ssi_addr_lsb, pad2;
    s32 ssi_syscall;
    u64 ssi_call_addr;
    u32 ssi_arch;
    u8 pad[28];
};
static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd_siginfo");

struct polled_group {
    struct polled_group *next;
    struct signal_state *signal;
};

struct signalfd {
    spinlock_t lock;
    sigset_t mask;               /* what is wanted; lock to write */
    struct polled_group *polled; /* lock */
};

static const struct file_operations signalfd_fops;

/* --- reading --- */

static void fill_kernel_signal(struct signalfd_siginfo *ssi, const struct siginfo *info)
{
    switch (info->si_signo) {
    case SIGCHLD:
        ssi->ssi_pid = info->si_chld_pid;
        ssi->ssi_uid = info->si_chld_uid;
        ssi->ssi_status = info->si_status;
        ssi->ssi_utime = info->si_utime;
        ssi->ssi_stime = info->si_stime;
        break;
    case SIGIO:
        ssi->ssi_band = info->si_band;
        ssi->ssi_fd = info->si_fd;
        break;
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
        ssi->ssi_addr = (unsigned long)info->si_addr;
        ssi->ssi_addr_lsb = info->si_addr_lsb;
        break;
    case SIGSYS:
        ssi->ssi_call_addr = (unsigned long)info->si_call_addr;
        ssi->ssi_syscall = info->si_syscall;
        ssi->ssi_arch = info->si_arch;
        break;
    default: ssi->ssi_pid = info->si_pid; ssi->ssi_uid = info->si_uid;
    }
}

static void fill(struct signalfd_siginfo *ssi, const struct siginfo *info)
{
    memset(ssi, 0, sizeof(*ssi));
    ssi->ssi_signo = info->si_signo;
    ssi->ssi_errno = info->si_errno;
    ssi->ssi_code = info->si_code;
    if (info->si_code == SI_TIMER) {
        ssi->ssi_tid = info->si_tid;
        ssi->ssi_overrun = info->si_overrun;
        ssi->ssi_ptr = (unsigned long)info->si_timer_value.sival_ptr;
        ssi->ssi_int = info->si_timer_value.sival_int;
    } else if (info->si_code <= 0) {
        ssi->ssi_pid = info->si_pid;
        ssi->ssi_uid = info->si_uid;
        ssi->ssi_ptr = (unsigned long)info->si_value.sival_ptr;
        ssi->ssi_int = info->si_value.sival_int;
    } else {
        fill_kernel_signal(ssi, info);
    }
}

/* A pending signal of those wanted, or 0. */
static int take_signal(const struct signalfd *s, struct siginfo *info)
{
    sigset_t unwanted = {.bits = ~READ_ONCE(s->mask.bits)};
    int sig;

    spin_lock_irq(&current->signal->lock);
    sig = signal_dequeue(current, &unwanted, info);
    spin_unlock_irq(&current->signal->lock);
    return sig;
}

static bool signal_is_wanted(const struct signalfd *s)
{
    u64 pending =
        READ_ONCE(current->pending.set.bits) | READ_ONCE(current->signal->shared.set.bits);

    return pending & READ_ONCE(s->mask.bits);
}

static int wait_signal(const struct signalfd *s, struct siginfo *info, bool nonblock)
{
    int sig;

    while (!(sig = take_signal(s, info))) {
        if (nonblock)
            return -EAGAIN;
        if (wait_event_interruptible(&current->signal->signalfd, signal_is_wanted(s)))
            return -ERESTARTSYS;
    }
    return sig;
}

static ssize_t signalfd_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct signalfd *s = iocb->file->private;
    bool nonblock = (iocb->file->flags & O_NONBLOCK) || (iocb->flags & IOCB_NOWAIT);
    struct signalfd_siginfo ssi;
    struct siginfo info;
    ssize_t done = 0;

    if (to->count < sizeof(ssi))
        return -EINVAL;
    while (to->count >= sizeof(ssi)) {
        int sig = wait_signal(s, &info, nonblock || done);

        if (sig <= 0)
            return done ?: sig;
        fill(&ssi, &info);
        if (copy_to_iter(&ssi, sizeof(ssi), to) != sizeof(ssi))
            return done ?: -EFAULT;
        done += sizeof(ssi);
    }
    return done;
}

/* --- polling --- */

static bool keeps_group(struct signalfd *s, const struct signal_state *signal)
{
    for (struct polled_group *g = s->polled; g; g = g->next) {
        if (g->signal == signal)
            return true;
    }
    return false;
}

/* Keeps the caller's group until the file is closed. False: no memory. */
static bool keep_group(struct signalfd *s)
{
    struct signal_state *signal = current->signal;
    struct polled_group *fresh;
    bool kept;

    spin_lock(&s->lock);
    kept = keeps_group(s, signal);
    spin_unlock(&s->lock);
    if (kept)
        return true;
    fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
    if (!fresh)
        return false;
    refcount_inc(&signal->count);
    fresh->signal = signal;
    spin_lock(&s->lock);
    fresh->next = s->polled;
    s->polled = fresh;
    spin_unlock(&s->lock);
    return true;
}

static u32 signalfd_poll(struct file *file, struct poll_table *table)
{
    struct signalfd *s = file->private;

    if (table && table->queue && keep_group(s))
        poll_wait(file, &current->signal->signalfd, table);
    return signal_is_wanted(s) ? EPOLLIN : 0;
}

static int signalfd_release(struct inode *inode, struct file *file)
{
    struct signalfd *s = file->private;
    struct polled_group *g, *next;

    for (g = s->polled; g; g = next) {
        next = g->next;
        signal_state_put(g->signal);
        kfree(g);
    }
    kfree(s);
    return 0;
}

static void signalfd_fdinfo(struct seq_file *m, struct file *file)
{
    struct signalfd *s = file->private;

    seq_printf(m, "sigmask:\t%016llx\n", READ_ONCE(s->mask.bits));
}

static const struct file_operations signalfd_fops = {
    .llseek = no_llseek,
    .read_iter = signalfd_read,
    .poll = signalfd_poll,
    .release = signalfd_release,
    .show_fdinfo = signalfd_fdinfo,
};

/* --- signalfd4(2) --- */

static int signalfd_change(int fd, sigset_t mask)
{
    struct fd f = fd_get(fd);
    struct signalfd *s;

    if (!f.file)
        return -EBADF;
    if (f.file->ops != &signalfd_fops) {
        fd_put(f);
        return -EINVAL;
    }
    s = f.file->private;
    spin_lock(&s->lock);
    WRITE_ONCE(s->mask.bits, mask.bits);
    spin_unlock(&s->lock);
    wake_up_all(&current->signal->signalfd); /* what is wanted now may be pending already */
    fd_put(f);
    return fd;
}

int signalfd_set(int fd, sigset_t mask, int flags)
{
    struct signalfd *s;
    int ret;

    if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
        return -EINVAL;
    mask.bits &= ~SIGSET_UNMASKABLE;
    if (fd != -1)
        return signalfd_change(fd, mask);
    s = kzalloc(sizeof(*s), GFP_KERNEL);
    if (!s)
        return -ENOMEM;
    spin_lock_init(&s->lock);
    s->mask = mask;
    ret = fd_open_anon("[signalfd]", &signalfd_fops, s, O_RDWR | flags);
    if (ret < 0)
        kfree(s);
    return ret;
}
