// SPDX-License-Identifier: MIT
/*
 * Pipes and FIFOs (pipe(7), fifo(7)): a ring of pages with bytes in them.
 *
 * A write of up to PIPE_BUF bytes is atomic: it fits one buffer, or waits until there is a free
 * one. Small writes are appended to the last page as long as it has room. Readers sleep when the
 * ring is empty, writers when it is full; each side wakes the other only when that was so, unless
 * somebody polls.
 *
 * A pipe belongs to its inode and lives as long as the inode has open files (pipe->files under
 * inode->lock).
 */
#include <abi/linux/ioctls.h>
#include <abi/linux/mount.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/panic.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/poll.h>

#include "pipe.h"

#define PIPE_DEFAULT_BUFFERS 16
#define PIPE_MAX_SIZE        (1U << 20) /* /proc/sys/fs/pipe-max-size's default */

static struct mount *pipe_mount __ro_after_init;

/* --- the ring --- */

static struct pipe *pipe_alloc(void)
{
    struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

    if (!pipe)
        return NULL;
    pipe->buffers = kcalloc(PIPE_DEFAULT_BUFFERS, sizeof(*pipe->buffers), GFP_KERNEL);
    if (!pipe->buffers) {
        kfree(pipe);
        return NULL;
    }
    pipe->size = PIPE_DEFAULT_BUFFERS;
    mutex_init(&pipe->mutex);
    wait_queue_init(&pipe->readers_wait);
    wait_queue_init(&pipe->writers_wait);
    return pipe;
}

/* The page stays with the pipe for the next write if nobody else has it. */
void pipe_buffer_release(struct pipe *pipe, struct pipe_buffer *buf)
{
    if (!pipe->spare && atomic_read(&buf->page->refcount) == 1 && (buf->flags & PIPE_BUF_CAN_MERGE))
        pipe->spare = buf->page;
    else
        page_put(buf->page);
    buf->page = NULL;
}

static void pipe_free(struct pipe *pipe)
{
    for (; pipe->tail != pipe->head; pipe->tail++)
        page_put(pipe_buffer_at(pipe, pipe->tail)->page);
    if (pipe->spare)
        page_put(pipe->spare);
    kfree(pipe->buffers);
    kfree(pipe);
}

static struct page *pipe_page_get(struct pipe *pipe)
{
    struct page *page = pipe->spare;

    pipe->spare = NULL;
    return page ?: page_alloc(GFP_USER | GFP_ACCOUNT, 0);
}

/* --- waiting and waking --- */

int pipe_wait_readable(struct pipe *pipe)
{
    int error;

    mutex_unlock(&pipe->mutex);
    error = wait_event_interruptible_exclusive(&pipe->readers_wait,
                                               !pipe_is_empty(pipe) || !READ_ONCE(pipe->writers));
    mutex_lock(&pipe->mutex);
    return error;
}

int pipe_wait_writable(struct pipe *pipe)
{
    int error;

    mutex_unlock(&pipe->mutex);
    error = wait_event_interruptible_exclusive(&pipe->writers_wait,
                                               !pipe_is_full(pipe) || !READ_ONCE(pipe->readers));
    mutex_lock(&pipe->mutex);
    return error;
}

void pipe_wake_readers(struct pipe *pipe)
{
    if (wait_queue_active(&pipe->readers_wait))
        wake_up_poll(&pipe->readers_wait, EPOLLIN | EPOLLRDNORM);
}

void pipe_wake_writers(struct pipe *pipe)
{
    if (wait_queue_active(&pipe->writers_wait))
        wake_up_poll(&pipe->writers_wait, EPOLLOUT | EPOLLWRNORM);
}

int pipe_broken(void)
{
    signal_send(SIGPIPE, SEND_SIG_NOINFO, current, PIDTYPE_PID);
    return -EPIPE;
}

static bool nonblocking(const struct kiocb *iocb)
{
    return (READ_ONCE(iocb->file->flags) & O_NONBLOCK) || (iocb->flags & IOCB_NOWAIT);
}

/* --- reading --- */

/* Copies from the first buffer. True when the read is satisfied; *error on a fault. */
static bool read_buffer(struct pipe *pipe, struct iov_iter *to, ssize_t *done, int *error)
{
    struct pipe_buffer *buf = pipe_buffer_at(pipe, pipe->tail);
    size_t want = min_t(size_t, buf->len, to->count);
    size_t copied = copy_page_to_iter(buf->page, buf->offset, want, to);
    bool packet = buf->flags & PIPE_BUF_PACKET;

    *done += copied;
    buf->offset += copied;
    buf->len -= copied;
    if (copied < want) {
        *error = -EFAULT;
        return true;
    }
    if (packet)
        buf->len = 0; /* what does not fit the reader's buffer is lost */
    if (!buf->len) {
        pipe_buffer_release(pipe, buf);
        WRITE_ONCE(pipe->tail, pipe->tail + 1);
    }
    return packet || !to->count;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct pipe *pipe = iocb->file->private;
    bool was_full, wake = false;
    ssize_t done = 0;
    int error = 0;

    if (!to->count)
        return 0;
    mutex_lock(&pipe->mutex);
    for (;;) {
        if (!pipe_is_empty(pipe)) {
            was_full = pipe_is_full(pipe);
            if (read_buffer(pipe, to, &done, &error)) {
                wake |= was_full && !pipe_is_full(pipe);
                break;
            }
            wake |= was_full;
            continue;
        }
        if (done || !pipe->writers)
            break;
        if (nonblocking(iocb)) {
            error = -EAGAIN;
            break;
        }
        error = pipe_wait_readable(pipe);
        if (error)
            break;
    }
    /* Exclusive sleepers: what is left is the next one's. */
    bool pass_on = !pipe_is_empty(pipe);
    wake |= pipe->polled && done;
    mutex_unlock(&pipe->mutex);
    if (wake)
        pipe_wake_writers(pipe);
    if (pass_on)
        pipe_wake_readers(pipe);
    if (done)
        file_touch_atime(iocb->file);
    return done ?: error;
}

/* --- writing --- */

/* A small write goes behind the last bytes, if the page has room for it as a whole. */
static ssize_t append_to_last(struct pipe *pipe, struct iov_iter *from)
{
    struct pipe_buffer *buf = pipe_buffer_at(pipe, pipe->head - 1);
    size_t chunk = from->count & (PAGE_SIZE - 1), at = buf->offset + buf->len, copied;

    if (!chunk || !(buf->flags & PIPE_BUF_CAN_MERGE) || at + chunk > PAGE_SIZE)
        return 0;
    copied = copy_from_iter((char *)page_address(buf->page) + at, chunk, from);
    buf->len += copied;
    return copied == chunk ? (ssize_t)copied : copied ?: -EFAULT;
}

/* Fills a free buffer. Bytes, or -errno. */
static ssize_t fill_buffer(struct pipe *pipe, struct iov_iter *from, bool packet)
{
    struct page *page = pipe_page_get(pipe);
    struct pipe_buffer *buf;
    size_t copied;

    if (!page)
        return -ENOMEM;
    copied = copy_from_iter(page_address(page), min_t(size_t, from->count, PAGE_SIZE), from);
    if (!copied) {
        pipe->spare = page;
        return -EFAULT;
    }
    buf = pipe_buffer_at(pipe, pipe->head);
    *buf = (struct pipe_buffer){.page = page, .len = copied};
    buf->flags = packet ? PIPE_BUF_PACKET : PIPE_BUF_CAN_MERGE;
    WRITE_ONCE(pipe->head, pipe->head + 1);
    return copied;
}

/* What fits now. Adds to *done; 0, -EAGAIN when full, -errno. mutex held. */
static int write_some(struct pipe *pipe, struct iov_iter *from, bool packet, ssize_t *done)
{
    ssize_t n = 0;

    if (!*done && !packet && !pipe_is_empty(pipe))
        n = append_to_last(pipe, from);
    while (n >= 0) {
        *done += n;
        if (!from->count)
            return 0;
        if (pipe_is_full(pipe))
            return -EAGAIN;
        n = fill_buffer(pipe, from, packet);
    }
    return n;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
    struct pipe *pipe = iocb->file->private;
    bool packet = iocb->file->flags & O_DIRECT, wake = false, room;
    ssize_t done = 0;
    int error = 0;

    if (!from->count)
        return 0;
    mutex_lock(&pipe->mutex);
    for (;;) {
        bool was_empty = pipe_is_empty(pipe);

        if (!pipe->readers) {
            error = pipe_broken();
            break;
        }
        error = write_some(pipe, from, packet, &done);
        wake |= was_empty && !pipe_is_empty(pipe);
        if (error != -EAGAIN || nonblocking(iocb))
            break;
        if (wake) {
            /* They must make room before this writer can go on. */
            mutex_unlock(&pipe->mutex);
            pipe_wake_readers(pipe);
            mutex_lock(&pipe->mutex);
            wake = false;
        }
        error = pipe_wait_writable(pipe);
        if (error)
            break;
    }
    room = !pipe_is_full(pipe);
    wake |= pipe->polled && done;
    mutex_unlock(&pipe->mutex);
    if (wake)
        pipe_wake_readers(pipe);
    if (room)
        pipe_wake_writers(pipe);
    if (done)
        (void)file_touch_mtime(iocb->file);
    return done ?: error;
}

/* --- asking --- */

static u32 pipe_poll(struct file *file, struct poll_table *table)
{
    struct pipe *pipe = file->private;
    u32 events = 0;

    WRITE_ONCE(pipe->polled, true);
    if (file->mode & FMODE_READ)
        poll_wait(file, &pipe->readers_wait, table);
    if (file->mode & FMODE_WRITE)
        poll_wait(file, &pipe->writers_wait, table);
    if (file->mode & FMODE_READ) {
        if (!pipe_is_empty(pipe))
            events |= EPOLLIN | EPOLLRDNORM;
        /* A FIFO that never had a writer since this reader came is not hung up. */
        if (!READ_ONCE(pipe->writers) && file->version != READ_ONCE(pipe->writer_opens))
            events |= EPOLLHUP;
    }
    if (file->mode & FMODE_WRITE) {
        if (!pipe_is_full(pipe))
            events |= EPOLLOUT | EPOLLWRNORM;
        if (!READ_ONCE(pipe->readers))
            events |= EPOLLERR;
    }
    return events;
}

static u32 pipe_bytes(struct pipe *pipe)
{
    u32 bytes = 0;

    mutex_lock(&pipe->mutex);
    for (u32 i = pipe->tail; i != pipe->head; i++)
        bytes += pipe_buffer_at(pipe, i)->len;
    mutex_unlock(&pipe->mutex);
    return bytes;
}

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    if (cmd != FIONREAD)
        return -ENOIOCTLCMD;
    return put_user((int)pipe_bytes(file->private), (int __user *)arg);
}

/* --- size --- */

static int pipe_resize(struct pipe *pipe, u32 nr)
{
    struct pipe_buffer *buffers = kcalloc(nr, sizeof(*buffers), GFP_KERNEL), *old;
    u32 used, i;

    if (!buffers)
        return -ENOMEM;
    mutex_lock(&pipe->mutex);
    used = pipe->head - pipe->tail;
    if (used > nr) {
        mutex_unlock(&pipe->mutex);
        kfree(buffers);
        return -EBUSY;
    }
    for (i = 0; i < used; i++)
        buffers[i] = *pipe_buffer_at(pipe, pipe->tail + i);
    old = pipe->buffers;
    pipe->buffers = buffers;
    pipe->size = nr;
    pipe->tail = 0;
    pipe->head = used;
    mutex_unlock(&pipe->mutex);
    kfree(old);
    pipe_wake_writers(pipe);
    return 0;
}

struct pipe *file_pipe(struct file *file)
{
    return file->ops == &pipe_fops || file->ops == &fifo_fops ? file->private : NULL;
}

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct pipe *pipe = file_pipe(file);
    u64 size;
    int error;

    if (!pipe)
        return -EBADF;
    if (cmd == F_GETPIPE_SZ)
        return (long)pipe->size * PAGE_SIZE;
    arg = (unsigned int)arg;
    if (arg > 1UL << 31)
        return -EINVAL;
    size = max(roundup_pow_of_two(arg), (u64)PAGE_SIZE);
    if (size > PIPE_MAX_SIZE && size > (u64)pipe->size * PAGE_SIZE && !capable(CAP_SYS_RESOURCE))
        return -EPERM;
    error = pipe_resize(pipe, size / PAGE_SIZE);
    return error ?: (long)size;
}

/* --- opening and closing --- */

static void pipe_put_file(struct inode *inode, struct pipe *pipe)
{
    bool last;

    spin_lock(&inode->lock);
    last = !--pipe->files;
    if (last)
        inode->pipe = NULL;
    spin_unlock(&inode->lock);
    if (last)
        pipe_free(pipe);
}

static int pipe_release(struct inode *inode, struct file *file)
{
    struct pipe *pipe = file->private;

    mutex_lock(&pipe->mutex);
    if (file->mode & FMODE_READ)
        WRITE_ONCE(pipe->readers, pipe->readers - 1);
    if (file->mode & FMODE_WRITE)
        WRITE_ONCE(pipe->writers, pipe->writers - 1);
    mutex_unlock(&pipe->mutex);
    /* Everybody: the end of file is for all of them. */
    wake_up_key(&pipe->readers_wait, TASK_NORMAL, 0,
                (void *)(unsigned long)(EPOLLIN | EPOLLRDNORM | EPOLLHUP));
    wake_up_key(&pipe->writers_wait, TASK_NORMAL, 0,
                (void *)(unsigned long)(EPOLLOUT | EPOLLWRNORM | EPOLLERR));
    pipe_put_file(inode, pipe);
    return 0;
}

static int pipe_open_end(struct inode *inode, struct file *file)
{
    return nonseekable_open(inode, file);
}

const struct file_operations pipe_fops = {
    .llseek = no_llseek,
    .read_iter = pipe_read,
    .write_iter = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .open = pipe_open_end,
    .release = pipe_release,
    .fasync = file_fasync,
};

/* The inode's pipe, made by its first opener; counted. */
static struct pipe *fifo_get_pipe(struct inode *inode)
{
    struct pipe *fresh = NULL, *pipe;

    for (;;) {
        spin_lock(&inode->lock);
        pipe = inode->pipe;
        if (!pipe && fresh) {
            pipe = inode->pipe = fresh;
            fresh = NULL;
        }
        if (pipe)
            pipe->files++;
        spin_unlock(&inode->lock);
        if (pipe)
            break;
        fresh = pipe_alloc();
        if (!fresh)
            return NULL;
    }
    if (fresh)
        pipe_free(fresh);
    return pipe;
}

/* Waits until the other side has been opened since. mutex held, dropped meanwhile. */
static int fifo_wait_partner(struct pipe *pipe, struct wait_queue *wq, u32 *opens)
{
    u32 before = *opens;
    int error;

    mutex_unlock(&pipe->mutex);
    error = wait_event_interruptible(wq, READ_ONCE(*opens) != before);
    mutex_lock(&pipe->mutex);
    return error;
}

static int fifo_open_reader(struct file *file, struct pipe *pipe)
{
    pipe->reader_opens++;
    if (!pipe->readers++)
        wake_up_all(&pipe->writers_wait);
    if (pipe->writers)
        return 0;
    if (file->flags & O_NONBLOCK) {
        file->version = pipe->writer_opens; /* no hang-up before a writer has come and gone */
        return 0;
    }
    return fifo_wait_partner(pipe, &pipe->readers_wait, &pipe->writer_opens);
}

static int fifo_open_writer(struct file *file, struct pipe *pipe)
{
    if ((file->flags & O_NONBLOCK) && !pipe->readers)
        return -ENXIO;
    pipe->writer_opens++;
    if (!pipe->writers++)
        wake_up_all(&pipe->readers_wait);
    if (pipe->readers)
        return 0;
    return fifo_wait_partner(pipe, &pipe->writers_wait, &pipe->reader_opens);
}

/* Undoes the counting of an open that was interrupted. */
static void fifo_open_undo(struct file *file, struct pipe *pipe)
{
    if (file->mode & FMODE_READ && !--pipe->readers)
        wake_up_all(&pipe->writers_wait);
    if (file->mode & FMODE_WRITE && !--pipe->writers)
        wake_up_all(&pipe->readers_wait);
}

static int fifo_open(struct inode *inode, struct file *file)
{
    struct pipe *pipe = fifo_get_pipe(inode);
    int error = 0;

    if (!pipe)
        return -ENOMEM;
    file->private = pipe;
    file->version = ~0ULL;
    nonseekable_open(inode, file);
    mutex_lock(&pipe->mutex);
    switch (file->mode & (FMODE_READ | FMODE_WRITE)) {
    case FMODE_READ: error = fifo_open_reader(file, pipe); break;
    case FMODE_WRITE: error = fifo_open_writer(file, pipe); break;
    case FMODE_READ | FMODE_WRITE:
        /* Both at once never waits: it is its own partner. */
        pipe->reader_opens++;
        pipe->writer_opens++;
        if (!pipe->readers++)
            wake_up_all(&pipe->writers_wait);
        if (!pipe->writers++)
            wake_up_all(&pipe->readers_wait);
        break;
    default: error = -EINVAL;
    }
    if (error && error != -ENXIO && error != -EINVAL)
        fifo_open_undo(file, pipe);
    mutex_unlock(&pipe->mutex);
    if (error)
        pipe_put_file(inode, pipe);
    return error;
}

const struct file_operations fifo_fops = {
    .llseek = no_llseek,
    .read_iter = pipe_read,
    .write_iter = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .open = fifo_open,
    .release = pipe_release,
    .fasync = file_fasync,
};

/* --- pipe2(2) --- */

static int pipe_name_text(struct dentry *dentry, char *buf, size_t size)
{
    return snprintf(buf, size, "pipe:[%llu]", dentry->inode->ino);
}

static const struct dentry_operations pipe_dentry_ops = {.name_text = pipe_name_text};
static const struct super_operations pipe_super_ops = {.statfs = simple_statfs};
static const struct inode_operations pipe_iops = {};

static int pipe_fill_super(struct super_block *sb, struct fs_context *fc)
{
    return pseudo_fill_super(sb, PIPEFS_MAGIC, &pipe_super_ops, &pipe_dentry_ops);
}

static struct dentry *pipe_mount_fs(struct fs_context *fc)
{
    return super_mount_nodev(fc, pipe_fill_super);
}

static const struct fs_type pipe_fs = {
    .name = "pipefs", .mount = pipe_mount_fs, .kill_super = super_kill_anon};

static struct inode *pipe_inode_new(void)
{
    struct inode *inode = inode_new(pipe_mount->sb);

    if (!inode)
        return NULL;
    inode->pipe = pipe_alloc();
    if (!inode->pipe) {
        inode_put(inode);
        return NULL;
    }
    inode->pipe->readers = inode->pipe->writers = 1;
    inode->pipe->writer_opens = 1;
    inode->pipe->files = 2;
    inode->ino = inode_next_ino();
    inode->mode = S_IFIFO | S_IRUSR | S_IWUSR;
    inode->uid = current->cred->fsuid;
    inode->gid = current->cred->fsgid;
    inode->ops = &pipe_iops;
    inode->atime = inode->mtime = inode->ctime = inode_now(inode);
    return inode;
}

int pipe_create(struct file *files[2], int flags)
{
    struct inode *inode = pipe_inode_new();
    struct pipe *pipe;

    if (!inode)
        return -ENFILE;
    pipe = inode->pipe;
    files[0] = file_open_pseudo(pipe_mount, inode_get(inode), NULL, &pipe_fops,
                                O_RDONLY | (flags & O_NONBLOCK));
    files[1] = IS_ERR(files[0]) ? files[0]
                                : file_open_pseudo(pipe_mount, inode_get(inode), NULL, &pipe_fops,
                                                   O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
    if (IS_ERR(files[1])) {
        int error = PTR_ERR(files[1]);

        pipe_put_file(inode, pipe); /* the writer's end */
        if (IS_ERR(files[0])) {
            pipe_put_file(inode, pipe);
        } else {
            files[0]->private = pipe;
            file_put(files[0]);
        }
        inode_put(inode);
        return error;
    }
    files[0]->private = files[1]->private = pipe;
    files[0]->version = 0;
    inode_put(inode);
    return 0;
}

void pipe_init(void)
{
    pipe_mount = mount_internal(&pipe_fs, NULL);
    ASSERT(!IS_ERR(pipe_mount));
}
