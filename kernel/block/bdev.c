/* SPDX-License-Identifier: MIT */
/*
 * Block devices: a disk or a partition, with a number, a node, and a page cache of its own.
 *
 * The page cache belongs to an inode that is on no file system; every open of the device, through
 * whatever node, works on it, and so do file systems for their metadata. Files' data in a mounted
 * file system goes past it.
 *
 * References: being published is one; every opener has one. A device that was withdrawn (its disk
 * is gone, the table was read anew) stays in memory until its last opener closes it; its I/O fails.
 *
 * Exclusive claims: a partition and the whole disk exclude each other's holders, so that a mounted
 * partition's disk cannot be claimed as a whole.
 *
 * Locking: disks_lock (disk.c) over look-up; disk->lock over part[], holder.
 */
#define LOG_PREFIX "block: "

#include "bdev.h"

#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/writeback.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/fs.h>

#define EXTENDED_MAJOR 259 /* for partitions beyond a disk's own minors */

static atomic_t extended_minor;

static struct class block_class = {.name = "block"};

void bdev_name(const struct block_device *bdev, char *buf, size_t size)
{
    const char *disk = bdev->disk->name;
    size_t len = strlen(disk);

    if (bdev->partno == 0)
        snprintf(buf, size, "%s", disk);
    else if (disk[len - 1] >= '0' && disk[len - 1] <= '9')
        snprintf(buf, size, "%sp%u", disk, bdev->partno);
    else
        snprintf(buf, size, "%s%u", disk, bdev->partno);
}

static struct inode *bdev_inode_create(struct block_device *bdev)
{
    struct inode *inode = kzalloc(sizeof(*inode), GFP_KERNEL);

    if (!inode)
        return NULL;
    inode->mode = S_IFBLK | 0600;
    inode->rdev = bdev->devt;
    inode->size = bdev_size_bytes(bdev);
    inode->blkbits = ilog2(bdev->block_size);
    inode->bdev = bdev;
    inode->mapping = &inode->data;
    spin_lock_init(&inode->lock);
    rwsem_init(&inode->rwsem);
    atomic_set(&inode->refcount, 1);
    INIT_LIST_HEAD(&inode->sb_link);
    INIT_LIST_HEAD(&inode->lru_link);
    INIT_LIST_HEAD(&inode->dirty_link);
    address_space_init(&inode->data, inode, &bdev_aops, GFP_USER);
    return inode;
}

struct block_device *bdev_create(struct disk *disk, unsigned int partno, sector_t start,
                                 sector_t nr_sectors)
{
    struct block_device *bdev = kzalloc(sizeof(*bdev), GFP_KERNEL);

    if (!bdev)
        return NULL;
    bdev->disk = disk;
    bdev->partno = partno;
    bdev->start = start;
    bdev->nr_sectors = nr_sectors;
    bdev->read_only = disk->read_only;
    bdev->block_size = max(disk->limits.logical_block_size, 512U);
    atomic_set(&bdev->refcount, 1);
    if (partno < max(disk->minors, 1U))
        bdev->devt = MKDEV(disk->major, disk->first_minor + partno);
    else
        bdev->devt = MKDEV(EXTENDED_MAJOR, atomic_inc_return(&extended_minor) - 1);
    bdev->inode = bdev_inode_create(bdev);
    if (!bdev->inode) {
        kfree(bdev);
        return NULL;
    }
    bdev->mapping = bdev->inode->mapping;
    return bdev;
}

static void bdev_free_rcu(struct rcu_head *head)
{
    struct block_device *bdev = container_of(head, struct block_device, rcu);

    kfree(bdev->inode);
    kfree(bdev);
}

void bdev_ref_put(struct block_device *bdev)
{
    struct disk *disk = bdev->disk;

    if (!atomic_dec_and_test(&bdev->refcount))
        return;
    truncate_pages(bdev->mapping, 0);
    address_space_fini(bdev->mapping);
    call_rcu(&bdev->rcu, bdev_free_rcu);
    disk_put(disk);
}

static void bdev_device_release(struct device *dev)
{
    kfree(dev);
}

int bdev_publish(struct block_device *bdev)
{
    struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
    int err;

    if (!dev)
        return -ENOMEM;
    device_init(dev);
    bdev_name(bdev, dev->name, sizeof(dev->name));
    dev->parent = bdev->partno ? bdev->disk->dev : bdev->disk->parent;
    dev->class = &block_class;
    dev->groups = bdev->partno ? bdev_partition_groups : bdev_disk_groups;
    dev->devt = bdev->devt;
    dev->block = true;
    dev->node_mode = 0660;
    dev->private = bdev;
    dev->release = bdev_device_release;
    bdev->dev = dev;
    if (bdev->partno == 0)
        bdev->disk->dev = dev;
    disk_get(bdev->disk);
    err = device_register(dev);
    if (err) {
        bdev->dev = NULL;
        device_put(dev);
        disk_put(bdev->disk);
    }
    return err;
}

void bdev_withdraw(struct block_device *bdev)
{
    struct device *dev = bdev->dev;

    if (dev) {
        dev->private = NULL;
        device_unregister(dev);
        device_put(dev);
        bdev->dev = NULL;
    }
    bdev_ref_put(bdev);
}

/* --- opening --- */

/* Whether holder may have the device for itself. disk->lock held. */
static bool claim_allowed(const struct block_device *bdev, const void *holder)
{
    const struct disk *disk = bdev->disk;

    if (bdev->holder)
        return bdev->holder == holder;
    if (bdev->partno)
        return !disk->part[0]->holder;
    for (unsigned int i = 1; i <= DISK_MAX_PARTS; i++)
        if (disk->part[i] && disk->part[i]->holder)
            return false;
    return true;
}

static int bdev_open(struct block_device *bdev, bool write, void *holder)
{
    struct disk *disk = bdev->disk;
    int err = 0;

    mutex_lock(&disk->lock);
    if (disk->dead)
        err = -ENXIO;
    else if (write && bdev->read_only)
        err = -EACCES;
    else if (holder && !claim_allowed(bdev, holder))
        err = -EBUSY;
    if (!err) {
        if (holder) {
            bdev->holder = holder;
            bdev->nr_claims++;
        }
        atomic_inc(&bdev->openers);
    }
    mutex_unlock(&disk->lock);
    return err;
}

struct block_device *bdev_get(dev_t devt, bool write, void *exclusive_holder)
{
    struct block_device *bdev = bdev_find(devt);
    int err;

    if (!bdev)
        return ERR_PTR(-ENXIO);
    err = bdev_open(bdev, write, exclusive_holder);
    if (err) {
        bdev_ref_put(bdev);
        return ERR_PTR(err);
    }
    return bdev;
}

void bdev_put(struct block_device *bdev, void *exclusive_holder)
{
    struct disk *disk = bdev->disk;

    if (atomic_read(&bdev->openers) == 1)
        (void)filemap_write_and_wait(bdev->mapping, 0, ~0ULL);
    mutex_lock(&disk->lock);
    if (exclusive_holder && bdev->holder == exclusive_holder && --bdev->nr_claims == 0)
        bdev->holder = NULL;
    atomic_dec(&bdev->openers);
    mutex_unlock(&disk->lock);
    bdev_ref_put(bdev);
}

/* --- metadata and whole-device operations --- */

int bdev_read(struct block_device *bdev, u64 offset_bytes, u32 size, struct bdev_buf *buf)
{
    u64 end;

    if (size == 0 || size > PAGE_SIZE || !is_power_of_2(size) || !IS_ALIGNED(offset_bytes, size) ||
        check_add_overflow(offset_bytes, (u64)size, &end) || end > bdev_size_bytes(bdev))
        return -EINVAL;
    buf->page = filemap_read_page(bdev->mapping, offset_bytes >> PAGE_SHIFT, NULL);
    if (IS_ERR(buf->page))
        return PTR_ERR(buf->page);
    page_mark_accessed(buf->page);
    buf->data = (char *)page_address(buf->page) + (offset_bytes & ~PAGE_MASK);
    return 0;
}

void bdev_release(struct bdev_buf *buf)
{
    page_put(buf->page);
}

static int bdev_command(struct block_device *bdev, enum bio_op op, sector_t sector, u32 bytes)
{
    struct bio *bio = bio_alloc(bdev, 0, op, BIO_SYNC, GFP_KERNEL);
    int err;

    bio->sector = sector;
    bio->size_bytes = bytes;
    err = bio_submit_wait(bio);
    bio_free(bio);
    return err;
}

int bdev_flush(struct block_device *bdev)
{
    return bdev_command(bdev, BIO_FLUSH, 0, 0);
}

int bdev_sync(struct block_device *bdev)
{
    int err = filemap_write_and_wait(bdev->mapping, 0, ~0ULL);

    return err ? err : bdev_flush(bdev);
}

/* One command after the other over a byte range, as much as a bio can name at a time. */
static int range_command(struct block_device *bdev, enum bio_op op, u64 start, u64 size)
{
    u32 most = ALIGN_DOWN(1U << 30, bdev->disk->limits.logical_block_size);
    u64 end;

    if (!IS_ALIGNED(start | size, bdev->disk->limits.logical_block_size) ||
        check_add_overflow(start, size, &end) || end > bdev_size_bytes(bdev))
        return -EINVAL;
    truncate_pages_range(bdev->mapping, start, end - 1);
    while (start < end) {
        u32 n = min_t(u64, end - start, most);
        int err = bdev_command(bdev, op, start >> SECTOR_SHIFT, n);

        if (err)
            return err;
        start += n;
    }
    return 0;
}

int bdev_discard(struct block_device *bdev, u64 start, u64 size)
{
    return range_command(bdev, BIO_DISCARD, start, size);
}

/* Zeroes written as data: for devices without a command for it. */
static int zero_by_writing(struct block_device *bdev, u64 start, u64 size)
{
    struct page *zero = page_alloc(GFP_KERNEL | GFP_ZERO, 0);
    int err = 0;

    if (!zero)
        return -ENOMEM;
    while (size && !err) {
        struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, BIO_WRITE, BIO_SYNC, GFP_KERNEL);

        bio->sector = start >> SECTOR_SHIFT;
        while (size) {
            u32 n = min_t(u64, size, PAGE_SIZE);

            if (bio->nr_vecs == bio->max_vecs)
                break;
            bio->vecs[bio->nr_vecs++] = (struct bio_vec){zero, n, 0};
            bio->size_bytes += n;
            start += n;
            size -= n;
        }
        err = bio_submit_wait(bio);
        bio_free(bio);
    }
    page_put(zero);
    return err;
}

int bdev_zero_out(struct block_device *bdev, u64 start, u64 size)
{
    int err = range_command(bdev, BIO_WRITE_ZEROES, start, size);

    return err == -EOPNOTSUPP ? zero_by_writing(bdev, start, size) : err;
}

static int __init bdev_init(void)
{
    bdev_fops_register(&bdev_file_ops);
    return class_register(&block_class);
}
initcall(INIT_SUBSYS, bdev_init);
