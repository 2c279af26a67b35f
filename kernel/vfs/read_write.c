// SPDX-License-Identifier: MIT
/*
 * Reading, writing and seeking on open files: what holds for every kind of file, and then the
 * file's own operation.
 *
 * A file has plain read and write (devices, text made on the fly), or the iterator forms, or both;
 * the plain form is taken where one buffer is all there is. Whether a file can be read or written
 * at all was decided when it was opened (FMODE_CAN_*), so the way of a call through here is short.
 */
#include <abi/linux/inotify.h>
#include <kernel/arch/uaccess.h>
#include <kernel/proc/signal.h>
#include <kernel/mm/writeback.h>
#include <kernel/sched/task.h>

#include "internal.h"

/* --- one buffer --- */

static noinline ssize_t cannot_read(const struct file *file)
{
    return file->mode & FMODE_READ ? -EINVAL : -EBADF;
}

static noinline ssize_t cannot_write(const struct file *file)
{
    return file->mode & FMODE_WRITE ? -EINVAL : -EBADF;
}

/* What the file's flags say about each of its writes. */
static u32 file_iocb_flags(const struct file *file)
{
    u32 flags = 0;

    if (file->flags & O_APPEND)
        flags |= IOCB_APPEND;
    if (file->flags & O_DIRECT)
        flags |= IOCB_DIRECT;
    if ((file->flags & O_DSYNC) || (file->inode->sb->flags & SB_SYNCHRONOUS) ||
        (file->inode->flags & S_SYNC))
        flags |= IOCB_DSYNC;
    if (file->flags & __O_SYNC)
        flags |= IOCB_SYNC;
    return flags;
}

static ssize_t read_one_iter(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct kiocb iocb = {.file = file, .pos = *pos, .flags = file_iocb_flags(file)};
    struct iov_iter iter;
    ssize_t ret;

    iov_iter_ubuf(&iter, false, buf, count);
    ret = file->ops->read_iter(&iocb, &iter);
    if (ret > 0)
        *pos = iocb.pos;
    return ret;
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    ssize_t ret;

    if (unlikely(!(file->mode & FMODE_CAN_READ)))
        return cannot_read(file);
    if (unlikely(!access_ok(buf, count)))
        return -EFAULT;
    if (unlikely(count > MAX_RW_COUNT))
        count = MAX_RW_COUNT;
    if (file->ops->read)
        ret = file->ops->read(file, buf, count, pos);
    else
        ret = read_one_iter(file, buf, count, pos);
    if (likely(ret > 0))
        inotify_event(file->path.dentry, IN_ACCESS);
    return ret;
}

static ssize_t write_one_iter(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    struct kiocb iocb = {.file = file, .pos = *pos, .flags = file_iocb_flags(file)};
    struct iov_iter iter;
    ssize_t ret;

    iov_iter_ubuf(&iter, true, (char __user *)buf, count);
    ret = file->ops->write_iter(&iocb, &iter);
    if (ret > 0)
        *pos = iocb.pos;
    return ret;
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    ssize_t ret;

    if (unlikely(!(file->mode & FMODE_CAN_WRITE)))
        return cannot_write(file);
    if (unlikely(!access_ok(buf, count)))
        return -EFAULT;
    if (unlikely(count > MAX_RW_COUNT))
        count = MAX_RW_COUNT;
    if (file->ops->write)
        ret = file->ops->write(file, buf, count, pos);
    else
        ret = write_one_iter(file, buf, count, pos);
    if (likely(ret > 0))
        inotify_event(file->path.dentry, IN_MODIFY);
    return ret;
}

/* --- several buffers --- */

static int rwf_to_iocb(const struct file *file, u32 rwf, u32 *flags)
{
    if (rwf & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
        return -EOPNOTSUPP;
    if ((rwf & RWF_NOWAIT) && !(file->mode & FMODE_NOWAIT))
        return -EOPNOTSUPP;
    if (rwf & RWF_NOWAIT)
        *flags |= IOCB_NOWAIT;
    if (rwf & RWF_HIPRI)
        *flags |= IOCB_HIPRI;
    if (rwf & RWF_DSYNC)
        *flags |= IOCB_DSYNC;
    if (rwf & RWF_SYNC)
        *flags |= IOCB_DSYNC | IOCB_SYNC;
    if (rwf & RWF_APPEND)
        *flags |= IOCB_APPEND;
    return 0;
}

/* The user buffer at the front of an iterator over user memory; something is left in it. */
static struct iovec iter_front(const struct iov_iter *iter)
{
    const struct iovec *iov = iter->iov;
    size_t offset = iter->offset;

    if (iter->type == ITER_UBUF)
        return (struct iovec){.iov_base = (char __user *)iter->ubuf + iter->offset,
                              .iov_len = iter->count};
    /* The iterator may stand at the end of a segment, and segments may be empty. */
    while (offset == iov->iov_len) {
        iov++;
        offset = 0;
    }
    return (struct iovec){.iov_base = (char __user *)iov->iov_base + offset,
                          .iov_len = min(iov->iov_len - offset, iter->count)};
}

/* A file with the plain form only: buffer by buffer, until one comes up short. */
static ssize_t loop_plain(struct file *file, struct iov_iter *iter, loff_t *pos, bool write)
{
    ssize_t done = 0;

    if (iter->type != ITER_UBUF && iter->type != ITER_IOVEC)
        return -EINVAL;
    iov_iter_advance(iter, 0); /* the first segments may be empty */
    while (iter->count) {
        struct iovec vec = iter_front(iter);
        ssize_t ret = write ? file->ops->write(file, vec.iov_base, vec.iov_len, pos)
                            : file->ops->read(file, vec.iov_base, vec.iov_len, pos);

        if (ret < 0)
            return done ?: ret;
        done += ret;
        if ((size_t)ret < vec.iov_len)
            break;
        iov_iter_advance(iter, ret);
    }
    return done;
}

ssize_t vfs_readv(struct file *file, struct iov_iter *iter, loff_t *pos, u32 rwf)
{
    struct kiocb iocb = {.file = file, .pos = *pos};
    ssize_t ret;

    if (!(file->mode & FMODE_CAN_READ))
        return cannot_read(file);
    iocb.flags = file_iocb_flags(file);
    ret = rwf_to_iocb(file, rwf, &iocb.flags);
    if (ret)
        return ret;
    if (!file->ops->read_iter) {
        ret = rwf & ~RWF_HIPRI ? -EOPNOTSUPP : loop_plain(file, iter, pos, false);
    } else {
        ret = file->ops->read_iter(&iocb, iter);
        if (ret > 0)
            *pos = iocb.pos;
    }
    if (ret > 0)
        inotify_event(file->path.dentry, IN_ACCESS);
    return ret;
}

ssize_t vfs_writev(struct file *file, struct iov_iter *iter, loff_t *pos, u32 rwf)
{
    struct kiocb iocb = {.file = file, .pos = *pos};
    ssize_t ret;

    if (!(file->mode & FMODE_CAN_WRITE))
        return cannot_write(file);
    iocb.flags = file_iocb_flags(file);
    ret = rwf_to_iocb(file, rwf, &iocb.flags);
    if (ret)
        return ret;
    if (!file->ops->write_iter) {
        ret = rwf & ~RWF_HIPRI ? -EOPNOTSUPP : loop_plain(file, iter, pos, true);
    } else {
        ret = file->ops->write_iter(&iocb, iter);
        if (ret > 0)
            *pos = iocb.pos;
    }
    if (ret > 0)
        inotify_event(file->path.dentry, IN_MODIFY);
    return ret;
}

/* --- directories --- */

int file_iterate(struct file *file, struct dir_context *ctx)
{
    struct inode *inode = file->inode;
    int error = -ENOENT;

    if (!file->ops->iterate)
        return -ENOTDIR;
    if (!(file->mode & FMODE_READ))
        return -EBADF;
    rwsem_read_lock(&inode->rwsem);
    if (!(inode->flags & S_DEAD)) {
        ctx->pos = file->pos;
        error = file->ops->iterate(file, ctx);
        file->pos = ctx->pos;
        inotify_event(file->path.dentry, IN_ACCESS);
        file_touch_atime(file);
    }
    rwsem_read_unlock(&inode->rwsem);
    return error;
}

/* --- from inside the kernel --- */

ssize_t file_read_kernel(struct file *file, void *buf, size_t count, loff_t *pos)
{
    struct kvec vec = {.iov_base = buf, .iov_len = min_t(size_t, count, MAX_RW_COUNT)};
    struct iov_iter iter;

    if (!file->ops->read_iter)
        return -EINVAL;
    iov_iter_kvec(&iter, false, &vec, 1, vec.iov_len);
    return vfs_readv(file, &iter, pos, 0);
}

ssize_t file_write_kernel(struct file *file, const void *buf, size_t count, loff_t *pos)
{
    struct kvec vec = {.iov_base = (void *)buf, .iov_len = min_t(size_t, count, MAX_RW_COUNT)};
    struct iov_iter iter;

    if (!file->ops->write_iter)
        return -EINVAL;
    iov_iter_kvec(&iter, true, &vec, 1, vec.iov_len);
    return vfs_writev(file, &iter, pos, 0);
}

/* --- what write(2) does on a file in the page cache --- */

/* Bytes that may be written at pos: 0, or -errno; shortens the iterator at a limit. */
static int limit_write(struct file *file, loff_t pos, struct iov_iter *from)
{
    u64 max = file->inode->sb->maxbytes;
    u64 limit = rlimit_get(current, RLIMIT_FSIZE);

    if ((u64)pos >= limit) {
        signal_send(SIGXFSZ, SEND_SIG_NOINFO, current, PIDTYPE_PID);
        return -EFBIG;
    }
    if ((u64)pos >= max)
        return -EFBIG;
    from->count = min_t(u64, from->count, min(limit, max) - pos);
    return 0;
}

ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
    struct inode *inode = iocb->file->inode;
    int error;

    if (inode->flags & S_SWAPFILE)
        return -ETXTBSY;
    if (!from->count)
        return 0;
    if (iocb->flags & IOCB_APPEND)
        iocb->pos = inode->size;
    error = limit_write(iocb->file, iocb->pos, from);
    return error ?: (ssize_t)from->count;
}

ssize_t generic_write_sync(struct kiocb *iocb, ssize_t written)
{
    int error;

    if (written <= 0 || !(iocb->flags & (IOCB_DSYNC | IOCB_SYNC)))
        return written;
    error = vfs_fsync(iocb->file, iocb->pos - written, iocb->pos - 1, !(iocb->flags & IOCB_SYNC));
    return error ?: written;
}

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
    struct inode *inode = iocb->file->inode;
    ssize_t ret;

    rwsem_write_lock(&inode->rwsem);
    ret = generic_write_checks(iocb, from);
    if (ret > 0) {
        int error = file_touch_mtime(iocb->file);

        ret = error ?: filemap_write(iocb, from);
    }
    rwsem_write_unlock(&inode->rwsem);
    return generic_write_sync(iocb, ret);
}

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    struct address_space *mapping = iocb->file->mapping;

    if (unlikely(iocb->flags & IOCB_DIRECT) && mapping->ops->direct_io && to->count) {
        int error = filemap_write_and_wait(mapping, iocb->pos, iocb->pos + to->count - 1);

        return error ?: mapping->ops->direct_io(iocb, to);
    }
    return filemap_read(iocb, to);
}

/* --- seeking --- */

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
    if (!(file->mode & FMODE_LSEEK))
        return -ESPIPE;
    return file->ops->llseek(file, offset, whence);
}

/* For files without holes, or whose holes nobody can see: data up to size, a hole at size. */
static loff_t seek_dense(loff_t offset, int whence, loff_t size)
{
    if (offset < 0 || offset >= size)
        return -ENXIO;
    return whence == SEEK_HOLE ? size : offset;
}

loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t max,
                                loff_t size)
{
    switch (whence) {
    case SEEK_SET: break;
    case SEEK_END:
        if (check_add_overflow(offset, size, &offset))
            return -EOVERFLOW;
        break;
    case SEEK_CUR:
        if (!offset)
            return file->pos;
        if (check_add_overflow(offset, file->pos, &offset))
            return -EOVERFLOW;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        offset = seek_dense(offset, whence, size);
        if (offset < 0)
            return offset;
        break;
    default: return -EINVAL;
    }
    if (offset < 0 || offset > max)
        return -EINVAL;
    file->pos = offset;
    return offset;
}

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
    struct inode *inode = file->inode;

    return generic_file_llseek_size(file, offset, whence, inode->sb->maxbytes,
                                    READ_ONCE(inode->size));
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
    return -ESPIPE;
}

int nonseekable_open(struct inode *inode, struct file *file)
{
    file->mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
    return 0;
}

/* --- syncing and space --- */

int vfs_fsync(struct file *file, loff_t start, loff_t end, bool datasync)
{
    int error, reported;

    if (!file->ops->fsync)
        return -EINVAL;
    error = file->ops->fsync(file, start, end, datasync);
    /* What write-back found out since this file was opened, or since it was told last. */
    reported = mapping_error_check(file->mapping, &file->wb_err);
    return error ?: reported;
}

static int fallocate_mode_check(const struct inode *inode, int mode, loff_t offset, loff_t len)
{
    const int exclusive = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE;

    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
                 FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
        return -EOPNOTSUPP;
    if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ==
        (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        return -EOPNOTSUPP;
    if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
        return -EOPNOTSUPP;
    if ((mode & exclusive) && (mode & (mode - 1)))
        return -EINVAL;
    if ((mode & ~FALLOC_FL_KEEP_SIZE) && (inode->flags & S_APPEND))
        return -EPERM;
    return 0;
}

int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
    struct inode *inode = file->inode;
    loff_t end;
    int error;

    if (offset < 0 || len <= 0)
        return -EINVAL;
    error = fallocate_mode_check(inode, mode, offset, len);
    if (error)
        return error;
    if (!(file->mode & FMODE_WRITE))
        return -EBADF;
    if (inode->flags & S_IMMUTABLE)
        return -EPERM;
    if (inode->flags & S_SWAPFILE)
        return -ETXTBSY;
    if (S_ISFIFO(inode->mode))
        return -ESPIPE;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode) && !S_ISBLK(inode->mode))
        return -ENODEV;
    if (check_add_overflow(offset, len, &end) || (u64)end > inode->sb->maxbytes)
        return -EFBIG;
    if (!file->ops->fallocate)
        return -EOPNOTSUPP;
    error = file->ops->fallocate(file, mode, offset, len);
    if (!error)
        inotify_event(file->path.dentry, IN_MODIFY);
    return error;
}
