// SPDX-License-Identifier: MIT
/* eventfd(2): a counter that can be waited for. */
#include "eventfd.h"

#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

#include <abi/linux/poll.h>

#include "internal.h"

struct eventfd {
    struct wait_queue wait; /* its lock: count */
    u64 count;              /* never above COUNT_MAX but by eventfd_signal() */
    bool semaphore;
};

#define COUNT_MAX (~0ULL - 1)

static u64 count_take_locked(struct eventfd *e)
{
    u64 value = e->semaphore && e->count ? 1 : e->count;

    e->count -= value;
    return value;
}

static ssize_t eventfd_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct eventfd *e = iocb->file->private;
    u64 value;

    if (to->count < sizeof(value))
        return -EINVAL;
    for (;;) {
        spin_lock_irq(&e->wait.lock);
        value = count_take_locked(e);
        if (value)
            wake_up_key_locked(&e->wait, TASK_NORMAL, 1, (void *)(unsigned long)EPOLLOUT);
        spin_unlock_irq(&e->wait.lock);
        if (value)
            break;
        if ((iocb->file->flags & O_NONBLOCK) || (iocb->flags & IOCB_NOWAIT))
            return -EAGAIN;
        if (wait_event_interruptible_exclusive(&e->wait, READ_ONCE(e->count)))
            return -ERESTARTSYS;
    }
    return copy_to_iter(&value, sizeof(value), to) == sizeof(value) ? (ssize_t)sizeof(value)
                                                                    : -EFAULT;
}

static ssize_t eventfd_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
    struct eventfd *e = file->private;
    bool added;
    u64 value;

    if (size != sizeof(value))
        return -EINVAL;
    if (copy_from_user(&value, buf, sizeof(value)))
        return -EFAULT;
    if (value == ~0ULL)
        return -EINVAL;
    for (;;) {
        spin_lock_irq(&e->wait.lock);
        added = value <= COUNT_MAX - e->count;
        if (added) {
            e->count += value;
            wake_up_key_locked(&e->wait, TASK_NORMAL, 1, (void *)(unsigned long)EPOLLIN);
        }
        spin_unlock_irq(&e->wait.lock);
        if (added)
            return sizeof(value);
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        if (wait_event_interruptible_exclusive(&e->wait, value <= COUNT_MAX - READ_ONCE(e->count)))
            return -ERESTARTSYS;
    }
}

static u32 eventfd_poll(struct file *file, struct poll_table *table)
{
    struct eventfd *e = file->private;
    u64 count;

    poll_wait(file, &e->wait, table);
    count = READ_ONCE(e->count);
    if (count == ~0ULL)
        return EPOLLERR;
    return (count ? EPOLLIN : 0) | (count < COUNT_MAX ? EPOLLOUT : 0);
}

static int eventfd_release(struct inode *inode, struct file *file)
{
    struct eventfd *e = file->private;

    wake_up_key(&e->wait, TASK_NORMAL, 0, (void *)(unsigned long)EPOLLHUP);
    kfree(e);
    return 0;
}

static void eventfd_fdinfo(struct seq_file *m, struct file *file)
{
    struct eventfd *e = file->private;

    seq_printf(m, "eventfd-count: %16llx\n", READ_ONCE(e->count));
}

static const struct file_operations eventfd_fops = {
    .llseek = no_llseek,
    .read_iter = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
    .show_fdinfo = eventfd_fdinfo,
};

int eventfd_create(unsigned int count, int flags)
{
    struct eventfd *e;
    int fd;

    if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
        return -EINVAL;
    e = kzalloc(sizeof(*e), GFP_KERNEL);
    if (!e)
        return -ENOMEM;
    wait_queue_init(&e->wait);
    e->count = count;
    e->semaphore = flags & EFD_SEMAPHORE;
    fd = fd_open_anon("[eventfd]", &eventfd_fops, e, O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
    if (fd < 0)
        kfree(e);
    return fd;
}
