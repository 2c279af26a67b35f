// SPDX-License-Identifier: MIT
/*
 * The memory devices: /dev/null, zero, full, random, urandom, kmsg (mem(4), null(4), random(4)).
 */
#include <kernel/arch/uaccess.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/random.h>
#include <kernel/dev/device.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/shmem.h>

#include "internal.h"

#define MEM_MAJOR 1

/* Seeking anywhere is fine and goes nowhere. */
static loff_t null_llseek(struct file *file, loff_t offset, int whence)
{
    return file->pos = 0;
}

/* --- null --- */

static ssize_t null_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    return 0;
}

static ssize_t null_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    return count;
}

static ssize_t null_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    return 0;
}

static ssize_t null_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
    size_t count = from->count;

    iov_iter_advance(from, count);
    return count;
}

static const struct file_operations null_fops = {
    .llseek = null_llseek,
    .read = null_read,
    .write = null_write,
    .read_iter = null_read_iter,
    .write_iter = null_write_iter,
};

/* --- zero and full --- */

static ssize_t zero_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    size_t done = 0;

    while (done < count) {
        size_t chunk = min(count - done, PAGE_SIZE), left = clear_user(buf + done, chunk);

        done += chunk - left;
        if (unlikely(left))
            return done ? (ssize_t)done : -EFAULT;
        if (likely(done == count))
            break;
        if (signal_pending(current))
            return done;
        cond_resched();
    }
    return done;
}

static ssize_t zero_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    size_t count = to->count, done = 0;

    while (done < count) {
        size_t chunk = min(count - done, PAGE_SIZE), n = zero_to_iter(chunk, to);

        done += n;
        if (n < chunk)
            return done ? (ssize_t)done : -EFAULT;
        if (signal_pending(current))
            break;
        cond_resched();
    }
    return done;
}

/* A private mapping of zeros is anonymous memory; a shared one is a file nobody can name. */
static int zero_mmap(struct file *file, struct vm_area *vma)
{
    if (vma->flags & VM_SHARED)
        return shmem_zero_setup(vma);
    vma->ops = NULL; /* an area without operations is anonymous memory */
    return 0;
}

static const struct file_operations zero_fops = {
    .llseek = null_llseek,
    .read = zero_read,
    .write = null_write,
    .read_iter = zero_read_iter,
    .write_iter = null_write_iter,
    .mmap = zero_mmap,
};

static ssize_t full_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    return -ENOSPC;
}

static const struct file_operations full_fops = {
    .llseek = null_llseek,
    .read = zero_read,
    .read_iter = zero_read_iter,
    .write = full_write,
};

/* --- random and urandom --- */

static ssize_t random_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    u8 block[256];
    ssize_t done = 0;

    while (to->count) {
        size_t chunk = min(to->count, sizeof(block)), n;

        random_bytes(block, chunk);
        n = copy_to_iter(block, chunk, to);
        done += n;
        if (n < chunk) {
            done = done ?: -EFAULT;
            break;
        }
        if (signal_pending(current))
            break;
        cond_resched();
    }
    memzero_explicit(block, sizeof(block));
    return done;
}

/* Written bytes are mixed in; they count for nothing. */
static ssize_t random_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
    u8 block[256];
    ssize_t done = 0;

    while (from->count) {
        size_t chunk = min(from->count, sizeof(block)), n = copy_from_iter(block, chunk, from);

        random_mix(block, n);
        done += n;
        if (n < chunk) {
            done = done ?: -EFAULT;
            break;
        }
        cond_resched();
    }
    memzero_explicit(block, sizeof(block));
    return done;
}

/* linux/random.h */
#define RNDGETENTCNT   0x80045200U
#define RNDADDTOENTCNT 0x40045201U
#define RNDADDENTROPY  0x40085203U
#define RNDZAPENTCNT   0x5204U
#define RNDCLEARPOOL   0x5206U
#define RNDRESEEDCRNG  0x5207U

static long random_add_entropy(unsigned long arg)
{
    struct {
        int bits, size;
    } head;
    u8 block[256];

    if (copy_from_user(&head, (void __user *)arg, sizeof(head)))
        return -EFAULT;
    if (head.bits < 0 || head.size < 0)
        return -EINVAL;
    arg += sizeof(head);
    while (head.size) {
        size_t chunk = min_t(size_t, head.size, sizeof(block));

        if (copy_from_user(block, (void __user *)arg, chunk))
            return -EFAULT;
        random_mix(block, chunk);
        arg += chunk;
        head.size -= chunk;
    }
    return 0;
}

static long random_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    switch (cmd) {
    case RNDGETENTCNT: return put_user(256, (int __user *)arg);
    case RNDADDTOENTCNT:
    case RNDADDENTROPY:
    case RNDZAPENTCNT:
    case RNDCLEARPOOL:
    case RNDRESEEDCRNG:
        if (!capable(CAP_SYS_ADMIN))
            return -EPERM;
        return cmd == RNDADDENTROPY ? random_add_entropy(arg) : 0;
    default: return -EINVAL;
    }
}

static u32 random_poll(struct file *file, struct poll_table *table)
{
    return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

static loff_t random_llseek(struct file *file, loff_t offset, int whence)
{
    return 0;
}

static const struct file_operations random_fops = {
    .llseek = random_llseek,
    .read_iter = random_read_iter,
    .write_iter = random_write_iter,
    .poll = random_poll,
    .ioctl = random_ioctl,
};

/* --- kmsg --- */

#define KMSG_LINE_MAX (LOG_TEXT_MAX * 4 + 64)

struct kmsg_reader {
    struct mutex lock;
    u64 seq;
    struct log_record record;
    char line[KMSG_LINE_MAX];
};

static int kmsg_open(struct inode *inode, struct file *file)
{
    struct kmsg_reader *r;

    if (!(file->mode & FMODE_READ))
        return 0;
    if (!capable(CAP_SYSLOG) && !capable(CAP_SYS_ADMIN))
        return -EPERM;
    r = kzalloc(sizeof(*r), GFP_KERNEL);
    if (!r)
        return -ENOMEM;
    mutex_init(&r->lock);
    r->seq = log_first_seq();
    file->private = r;
    return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
    kfree(file->private);
    return 0;
}

/* One record a read. */
static ssize_t kmsg_read_locked(struct file *file, struct kmsg_reader *r, char __user *buf,
                                size_t count)
{
    size_t len;

    while (!log_read(r->seq, &r->record)) {
        int error;

        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        error = log_wait(r->seq);
        if (error)
            return error;
    }
    if (r->record.seq != r->seq && r->seq) {
        r->seq = r->record.seq;
        return -EPIPE; /* records were overwritten unread */
    }
    len = log_format_kmsg(&r->record, r->line, sizeof(r->line));
    if (len > count)
        return -EINVAL;
    if (copy_to_user(buf, r->line, len))
        return -EFAULT;
    r->seq = r->record.seq + 1;
    return len;
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct kmsg_reader *r = file->private;
    ssize_t ret = mutex_lock_interruptible(&r->lock);

    if (ret)
        return ret;
    ret = kmsg_read_locked(file, r, buf, count);
    mutex_unlock(&r->lock);
    return ret;
}

/* "<13>text": facility and level in front, else user.notice. */
static ssize_t kmsg_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    unsigned int priority = 1 << 3 | LOG_LEVEL_NOTICE;
    char *line, *text;

    if (count > LOG_TEXT_MAX)
        return -EINVAL;
    line = kmalloc(count + 1, GFP_KERNEL);
    if (!line)
        return -ENOMEM;
    if (copy_from_user(line, buf, count)) {
        kfree(line);
        return -EFAULT;
    }
    line[count] = '\0';
    text = line;
    if (text[0] == '<') {
        char *end = text + 1;
        unsigned int value = 0;

        while (*end >= '0' && *end <= '9' && value < 1024)
            value = value * 10 + (*end++ - '0');
        if (end > text + 1 && *end == '>') {
            text = end + 1;
            priority = value >> 3 ? value : (1 << 3 | (value & 7));
        }
    }
    klog_user(priority >> 3, priority & 7, text, line + count - text);
    kfree(line);
    return count;
}

static loff_t kmsg_llseek(struct file *file, loff_t offset, int whence)
{
    struct kmsg_reader *r = file->private;

    if (!r)
        return -EBADF;
    if (offset)
        return -ESPIPE;
    switch (whence) {
    case SEEK_SET:
    case SEEK_DATA: r->seq = log_first_seq(); return 0;
    case SEEK_END: r->seq = log_next_seq(); return 0;
    default: return -EINVAL;
    }
}

static u32 kmsg_poll(struct file *file, struct poll_table *table)
{
    struct kmsg_reader *r = file->private;

    if (!r)
        return EPOLLERR | EPOLLNVAL;
    poll_wait(file, log_wait_queue(), table);
    return r->seq < log_next_seq() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations kmsg_fops = {
    .llseek = kmsg_llseek,
    .read = kmsg_read,
    .write = kmsg_write,
    .poll = kmsg_poll,
    .open = kmsg_open,
    .release = kmsg_release,
};

/* --- by minor number --- */

static struct memdev {
    const char *name;
    const struct file_operations *fops;
    unsigned int minor;
    umode_t mode;
    struct device device;
} memdevs[] = {
    {"null", &null_fops, 3, 0666},      {"zero", &zero_fops, 5, 0666},
    {"full", &full_fops, 7, 0666},      {"random", &random_fops, 8, 0666},
    {"urandom", &random_fops, 9, 0666}, {"kmsg", &kmsg_fops, 11, 0644},
};

static struct class mem_class = {.name = "mem"};

static int memdev_register(struct memdev *mem)
{
    struct device *dev = &mem->device;
    int error = chrdev_register(MKDEV(MEM_MAJOR, mem->minor), 1, "mem", mem->fops);

    if (error)
        return error;
    device_init(dev);
    strscpy(dev->name, mem->name, sizeof(dev->name));
    dev->class = &mem_class;
    dev->devt = MKDEV(MEM_MAJOR, mem->minor);
    dev->node_mode = mem->mode;
    return device_register(dev);
}

static int memdev_init(void)
{
    int error = class_register(&mem_class);

    for (unsigned int i = 0; i < ARRAY_SIZE(memdevs) && !error; i++)
        error = memdev_register(&memdevs[i]);
    return error;
}
initcall(INIT_SUBSYS, memdev_init);
