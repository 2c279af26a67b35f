/* SPDX-License-Identifier: MIT */
/*
 * Disks: what a driver registers. The list of all disks, their partitions, and finding a device by
 * number or by what the command line calls it.
 *
 * References: the driver has one (disk_put() after disk_unregister()), every published block device
 * has one.
 *
 * Locking: disks_lock (a mutex) over the list; disk->lock over a disk's partitions. Order:
 * disks_lock > disk->lock.
 */
#define LOG_PREFIX "block: "

#include "bdev.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/vfs/fs.h>

static DEFINE_MUTEX(disks_lock);
static LIST_HEAD(disks);
static u64 disk_seq;

struct disk *disk_alloc(const struct blk_ops *ops, unsigned int nr_hw_queues, unsigned int depth,
                        void *driver_data, struct device *parent)
{
    struct disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

    if (!disk)
        return NULL;
    mutex_init(&disk->lock);
    INIT_LIST_HEAD(&disk->link);
    disk->parent = parent;
    disk->private = driver_data;
    atomic_set(&disk->refcount, 1);
    disk->queue = blk_queue_create(ops, nr_hw_queues, depth, driver_data, disk);
    if (!disk->queue) {
        kfree(disk);
        return NULL;
    }
    return disk;
}

void disk_get(struct disk *disk)
{
    atomic_inc(&disk->refcount);
}

void disk_put(struct disk *disk)
{
    if (!atomic_dec_and_test(&disk->refcount))
        return;
    blk_queue_destroy(disk->queue);
    kfree(disk);
}

struct hw_queue *disk_hw_queue(struct disk *disk, unsigned int index)
{
    return &disk->queue->hw_queues[index % disk->queue->nr_hw_queues];
}

/* What a driver left out, or said in a way that nothing could work with. */
static int limits_complete(struct disk *disk)
{
    struct queue_limits *l = &disk->limits;

    if (!l->logical_block_size)
        l->logical_block_size = SECTOR_SIZE;
    if (!is_power_of_2(l->logical_block_size) || l->logical_block_size < SECTOR_SIZE ||
        l->logical_block_size > PAGE_SIZE) {
        pr_err("%s: blocks of %u bytes cannot be used\n", disk->name, l->logical_block_size);
        return -EINVAL;
    }
    l->physical_block_size = max(l->physical_block_size, l->logical_block_size);
    l->io_min = max(l->io_min, l->physical_block_size);
    l->max_sectors = l->max_sectors ? min(l->max_sectors, ~0U >> SECTOR_SHIFT) : 256;
    l->max_segments = l->max_segments ? l->max_segments : 1;
    l->max_segment_size = l->max_segment_size ? l->max_segment_size : PAGE_SIZE;
    if (l->max_segment_size < l->logical_block_size ||
        l->max_sectors < l->logical_block_size >> SECTOR_SHIFT) {
        pr_err("%s: limits that no block fits into\n", disk->name);
        return -EINVAL;
    }
    l->max_segment_size = ALIGN_DOWN(l->max_segment_size, l->logical_block_size);
    disk->nr_sectors = ALIGN_DOWN(disk->nr_sectors, l->logical_block_size >> SECTOR_SHIFT);
    return 0;
}

int disk_register(struct disk *disk)
{
    int err = limits_complete(disk);

    if (err)
        return err;
    disk->part[0] = bdev_create(disk, 0, 0, disk->nr_sectors);
    if (!disk->part[0])
        return -ENOMEM;
    err = bdev_publish(disk->part[0]);
    if (err) {
        bdev_ref_put(disk->part[0]);
        disk->part[0] = NULL;
        return err;
    }
    mutex_lock(&disks_lock);
    disk->seq = ++disk_seq;
    list_add_tail(&disk->link, &disks);
    mutex_unlock(&disks_lock);
    pr_info("%s: %llu blocks of %u bytes%s\n", disk->name,
            disk->nr_sectors / (disk->limits.logical_block_size / SECTOR_SIZE),
            disk->limits.logical_block_size, disk->read_only ? ", read-only" : "");
    mutex_lock(&disk->lock);
    (void)disk_scan_partitions(disk);
    mutex_unlock(&disk->lock);
    return 0;
}

int disk_rescan(struct disk *disk)
{
    int err;

    mutex_lock(&disk->lock);
    err = disk_drop_partitions(disk);
    if (!err) {
        invalidate_clean_pages(disk->part[0]->mapping, 0, ~0ULL);
        err = disk_scan_partitions(disk);
    }
    mutex_unlock(&disk->lock);
    return err;
}

/* Partitions keep the sizes that the table gives them: I/O beyond a disk that shrank fails. */
void disk_set_capacity(struct disk *disk, sector_t nr_sectors)
{
    struct block_device *whole;

    nr_sectors = ALIGN_DOWN(nr_sectors, disk->limits.logical_block_size >> SECTOR_SHIFT);
    mutex_lock(&disk->lock);
    disk->nr_sectors = nr_sectors;
    whole = disk->part[0];
    if (whole) {
        WRITE_ONCE(whole->nr_sectors, nr_sectors);
        WRITE_ONCE(whole->inode->size, (loff_t)bdev_size_bytes(whole));
    }
    mutex_unlock(&disk->lock);
}

void disk_unregister(struct disk *disk)
{
    struct block_device *whole;

    mutex_lock(&disks_lock);
    list_del_init(&disk->link);
    mutex_unlock(&disks_lock);
    WRITE_ONCE(disk->dead, true);
    WRITE_ONCE(disk->queue->dead, true);
    wake_up_all(&disk->queue->freeze_wait);
    queue_fail_waiting(disk->queue);
    mutex_lock(&disk->lock);
    (void)disk_drop_partitions(disk);
    whole = disk->part[0];
    mutex_unlock(&disk->lock);
    if (whole)
        bdev_withdraw(whole);
}

/* --- finding --- */

struct block_device *bdev_find(dev_t devt)
{
    struct block_device *found = NULL;
    struct disk *disk;

    mutex_lock(&disks_lock);
    list_for_each_entry (disk, &disks, link) {
        mutex_lock(&disk->lock);
        for (unsigned int i = 0; i <= DISK_MAX_PARTS && !found; i++)
            if (disk->part[i] && disk->part[i]->devt == devt)
                found = disk->part[i];
        if (found)
            atomic_inc(&found->refcount);
        mutex_unlock(&disk->lock);
        if (found)
            break;
    }
    mutex_unlock(&disks_lock);
    return found;
}

int bdev_for_each(int (*fn)(struct block_device *bdev, const char *name, void *arg), void *arg)
{
    struct disk *disk;
    int result = 0;

    mutex_lock(&disks_lock);
    list_for_each_entry (disk, &disks, link) {
        mutex_lock(&disk->lock);
        for (unsigned int i = 0; i <= DISK_MAX_PARTS && !result; i++) {
            char name[DISK_NAME_SIZE + 8];

            if (!disk->part[i])
                continue;
            bdev_name(disk->part[i], name, sizeof(name));
            result = fn(disk->part[i], name, arg);
        }
        mutex_unlock(&disk->lock);
        if (result)
            break;
    }
    mutex_unlock(&disks_lock);
    return result;
}

struct nth {
    unsigned int left;
    struct block_device *bdev;
};

static int nth_match(struct block_device *bdev, const char *name, void *arg)
{
    struct nth *n = arg;

    if (n->left-- > 0)
        return 0;
    atomic_inc(&bdev->refcount);
    n->bdev = bdev;
    return 1;
}

void bdev_write_back_all(bool wait)
{
    for (unsigned int i = 0;; i++) {
        struct nth n = {.left = i};

        /* One at a time: no lock is held while writing. */
        if (!bdev_for_each(nth_match, &n))
            return;
        if (wait)
            (void)filemap_write_and_wait(n.bdev->mapping, 0, ~0ULL);
        else
            (void)filemap_write_range(n.bdev->mapping, 0, ~0ULL);
        bdev_ref_put(n.bdev);
    }
}

struct lookup {
    const char *spec;
    dev_t devt;
};

static int lookup_match(struct block_device *bdev, const char *name, void *arg)
{
    struct lookup *l = arg;
    const char *spec = l->spec;
    size_t skip;
    bool match;

    if ((skip = str_has_prefix(spec, "PARTUUID=")))
        match = bdev->partno && !strcasecmp(spec + skip, bdev->partuuid_text);
    else if ((skip = str_has_prefix(spec, "PARTLABEL=")))
        match = bdev->partno && bdev->label[0] && !strcmp(spec + skip, bdev->label);
    else
        match = !strcmp(spec + str_has_prefix(spec, "/dev/"), name);
    if (match)
        l->devt = bdev->devt;
    return match;
}

dev_t bdev_lookup(const char *spec)
{
    struct lookup l = {.spec = spec};

    return bdev_for_each(lookup_match, &l) ? l.devt : 0;
}
