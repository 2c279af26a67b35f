/* SPDX-License-Identifier: MIT */
/* ioctl(2) of block devices: sizes, limits, flushing, partitions. */
#include "bdev.h"

#include <abi/linux/blk_ioctl.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/proc/cred.h>
#include <kernel/vfs/file.h>

static long put_int(unsigned long arg, int value)
{
    return put_user(value, (int __user *)arg);
}

static long put_u32(unsigned long arg, unsigned int value)
{
    return put_user(value, (unsigned int __user *)arg);
}

static long put_long(unsigned long arg, unsigned long value)
{
    return put_user(value, (unsigned long __user *)arg);
}

static long put_u64(unsigned long arg, u64 value)
{
    return put_user(value, (u64 __user *)arg);
}

static long set_read_only(struct block_device *bdev, unsigned long arg)
{
    int value;

    if (!capable(CAP_SYS_ADMIN))
        return -EACCES;
    if (get_user(value, (int __user *)arg))
        return -EFAULT;
    if (!value && bdev->disk->read_only)
        return -EACCES; /* the device itself refuses writes */
    bdev->read_only = value != 0;
    return 0;
}

static long set_block_size(struct block_device *bdev, unsigned long arg)
{
    int size;

    if (!capable(CAP_SYS_ADMIN))
        return -EACCES;
    if (get_user(size, (int __user *)arg))
        return -EFAULT;
    if (size < 512 || (unsigned long)size > PAGE_SIZE || !is_power_of_2(size) ||
        (u32)size < bdev->disk->limits.logical_block_size)
        return -EINVAL;
    bdev->block_size = size;
    return 0;
}

static long range_ioctl(struct file *file, unsigned long arg,
                        int (*fn)(struct block_device *bdev, u64 start, u64 size))
{
    u64 range[2];

    if (!(file->mode & FMODE_WRITE))
        return -EBADF;
    if (copy_from_user(range, (void __user *)arg, sizeof(range)))
        return -EFAULT;
    return fn(file->private, range[0], range[1]);
}

static long get_geometry(struct block_device *bdev, unsigned long arg)
{
    struct hd_geometry geo = {
        .heads = 255,
        .sectors = 63,
        .cylinders = min_t(u64, bdev->nr_sectors / (255 * 63), 0xffff),
        .start = bdev->start,
    };

    return copy_to_user((void __user *)arg, &geo, sizeof(geo)) ? -EFAULT : 0;
}

static long flush_buffers(struct block_device *bdev)
{
    int err;

    if (!capable(CAP_SYS_ADMIN))
        return -EACCES;
    err = bdev_sync(bdev);
    invalidate_clean_pages(bdev->mapping, 0, ~0ULL);
    return err;
}

static long reread_table(struct block_device *bdev)
{
    if (!capable(CAP_SYS_ADMIN))
        return -EACCES;
    return bdev->partno ? -EINVAL : disk_rescan(bdev->disk);
}

/* Pages, in units of 512 bytes, as BLKRAGET counts. */
static unsigned long readahead_sectors(struct file *file)
{
    return (file->ra.max_pages ? file->ra.max_pages : 32) * (PAGE_SIZE / 512);
}

static long set_readahead(struct file *file, unsigned long arg)
{
    if (!capable(CAP_SYS_ADMIN))
        return -EACCES;
    file->ra.max_pages = clamp(arg / (PAGE_SIZE / 512), 1UL, 1024UL);
    return 0;
}

static long limits_ioctl(struct block_device *bdev, unsigned int cmd, unsigned long arg)
{
    const struct queue_limits *limits = &bdev->disk->limits;

    switch (cmd) {
    case BLKSSZGET: return put_int(arg, limits->logical_block_size);
    case BLKPBSZGET: return put_u32(arg, limits->physical_block_size);
    case BLKIOMIN: return put_u32(arg, limits->io_min);
    case BLKIOOPT: return put_u32(arg, limits->io_opt);
    case BLKALIGNOFF: return put_int(arg, 0);
    case BLKDISCARDZEROES: return put_u32(arg, 0);
    case BLKSECTGET:
        return put_user((unsigned short)min(limits->max_sectors, 0xffffU),
                        (unsigned short __user *)arg);
    case BLKROTATIONAL:
        return put_user((unsigned short)limits->rotational, (unsigned short __user *)arg);
    default: return -ENOTTY;
    }
}

static long driver_ioctl(struct block_device *bdev, unsigned int cmd, unsigned long arg)
{
    const struct blk_ops *ops = bdev->disk->queue->ops;

    return ops->ioctl ? ops->ioctl(bdev, cmd, arg) : -ENOTTY;
}

long bdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct block_device *bdev = file->private;
    long err;

    switch (cmd) {
    case BLKGETSIZE64: return put_u64(arg, bdev_size_bytes(bdev));
    case BLKGETSIZE: return put_long(arg, bdev->nr_sectors);
    case BLKROGET: return put_int(arg, bdev->read_only);
    case BLKROSET: return set_read_only(bdev, arg);
    case BLKBSZGET: return put_int(arg, bdev->block_size);
    case BLKBSZSET: return set_block_size(bdev, arg);
    case BLKRAGET:
    case BLKFRAGET: return put_long(arg, readahead_sectors(file));
    case BLKRASET:
    case BLKFRASET: return set_readahead(file, arg);
    case BLKFLSBUF: return flush_buffers(bdev);
    case BLKRRPART: return reread_table(bdev);
    case BLKDISCARD: return range_ioctl(file, arg, bdev_discard);
    case BLKZEROOUT: return range_ioctl(file, arg, bdev_zero_out);
    case BLKSECDISCARD: return -EOPNOTSUPP;
    case BLKGETDISKSEQ: return put_u64(arg, bdev->disk->seq);
    case HDIO_GETGEO: return get_geometry(bdev, arg);
    default: break;
    }
    err = limits_ioctl(bdev, cmd, arg);
    return err == -ENOTTY ? driver_ioctl(bdev, cmd, arg) : err;
}
