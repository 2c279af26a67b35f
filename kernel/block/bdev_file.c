/* SPDX-License-Identifier: MIT */
/* Opened block devices: read, write, seek, sync. The file works on the device's page cache, not on
 * its node's. */
#include "bdev.h"

#include <kernel/err.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/vfs/file.h>

static struct block_device *file_bdev(const struct file *file)
{
    return file->private;
}

static int bdev_file_open(struct inode *inode, struct file *file)
{
    void *holder = file->flags & O_EXCL ? file : NULL;
    struct block_device *bdev = bdev_get(inode->rdev, file->mode & FMODE_WRITE, holder);

    if (IS_ERR(bdev))
        return PTR_ERR(bdev);
    file->private = bdev;
    file->mapping = bdev->mapping;
    return 0;
}

static int bdev_file_release(struct inode *inode, struct file *file)
{
    bdev_put(file_bdev(file), file->flags & O_EXCL ? file : NULL);
    return 0;
}

static loff_t bdev_llseek(struct file *file, loff_t offset, int whence)
{
    loff_t size = bdev_size_bytes(file_bdev(file));

    switch (whence) {
    case SEEK_SET: break;
    case SEEK_CUR: offset += file->pos; break;
    case SEEK_END: offset += size; break;
    default: return -EINVAL;
    }
    if (offset < 0 || offset > size)
        return -EINVAL;
    file->pos = offset;
    return offset;
}

static int bdev_fsync(struct file *file, loff_t start, loff_t end, bool datasync)
{
    struct block_device *bdev = file_bdev(file);
    int err = filemap_write_and_wait(bdev->mapping, start, end);

    return err ? err : bdev_flush(bdev);
}

static ssize_t bdev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
    struct block_device *bdev = file_bdev(iocb->file);
    loff_t size = bdev_size_bytes(bdev);
    size_t want = from->count, beyond = 0;
    ssize_t n;

    if (bdev->read_only)
        return -EPERM;
    if (want == 0)
        return 0;
    if (iocb->pos >= size)
        return -ENOSPC;
    if ((loff_t)want > size - iocb->pos)
        beyond = want - (size - iocb->pos);
    from->count -= beyond;
    rwsem_write_lock(&bdev->inode->rwsem);
    n = filemap_write(iocb, from);
    rwsem_write_unlock(&bdev->inode->rwsem);
    from->count += beyond;
    if (n > 0 && iocb->flags & (IOCB_DSYNC | IOCB_SYNC)) {
        int err = bdev_fsync(iocb->file, iocb->pos - n, iocb->pos - 1, true);

        if (err)
            return err;
    }
    return n;
}

const struct file_operations bdev_file_ops = {
    .llseek = bdev_llseek,
    .read_iter = filemap_read,
    .write_iter = bdev_write_iter,
    .ioctl = bdev_ioctl,
    .mmap = filemap_mmap,
    .open = bdev_file_open,
    .release = bdev_file_release,
    .fsync = bdev_fsync,
};
