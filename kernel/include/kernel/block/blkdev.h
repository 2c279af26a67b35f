/* SPDX-License-Identifier: MIT */
/*
 * Disks and block devices. A driver registers a disk with its queue limits and operations; the
 * layer scans partitions and publishes each as a block device, with a device node and an entry in
 * /sys/block. Requests reach the driver through hardware queues, one per CPU where the device has that many.
 */
#ifndef KERNEL_BLOCK_BLKDEV_H
#define KERNEL_BLOCK_BLKDEV_H

#include <kernel/block/bio.h>
#include <kernel/lib/guid.h>
#include <kernel/lib/list.h>
#include <kernel/mm/filemap.h>
#include <kernel/sync/mutex.h>

struct blk_queue;
struct device;
struct disk;
struct hw_queue;
struct super_block;

struct queue_limits {
    u32 logical_block_size;  /* bytes, power of two >= 512 */
    u32 physical_block_size;
    u32 io_min, io_opt;
    u32 max_sectors;         /* of one request, 512-byte sectors */
    u16 max_segments;
    u32 max_segment_size;    /* bytes */
    u32 max_discard_sectors; /* 0: no discard */
    u32 max_write_zeroes_sectors;
    bool volatile_cache;     /* needs flushes */
    bool fua;
    bool rotational;
};

/* A request: one command for the device, made of one or more merged bios. */
struct request {
    struct blk_queue *queue;
    struct hw_queue *hctx;
    struct bio *bio, *bio_tail;
    enum bio_op op;
    u32 flags;
    sector_t sector; /* on the disk */
    u32 size_bytes;
    u16 nr_segments;
    u16 tag;         /* unique in its hardware queue while in flight, < depth */
    int status;
    u64 start_ns, deadline_ns;
    struct list_head link;
    void *driver_data; /* ops->request_size bytes, zeroed once */
};

enum queue_result { QUEUE_OK, QUEUE_BUSY /* ask again on completion */, QUEUE_ERROR };
enum timeout_result { TIMEOUT_DONE, TIMEOUT_RESET_TIMER };

struct blk_ops {
    /* Starts the request; last says that no more follow now (ring the doorbell). Context: task or
     * softirq, not sleeping; the hardware queue's dispatch lock is held. */
    enum queue_result (*queue_request)(struct hw_queue *hctx, struct request *rq, bool last);
    /* Rings the doorbell if queue_request() was called without last. */
    void (*commit)(struct hw_queue *hctx);
    /* The request is overdue. Task context, may sleep. */
    enum timeout_result (*timeout)(struct request *rq);
    int (*init_hctx)(struct hw_queue *hctx, void *driver_data, unsigned int index);
    int (*ioctl)(struct block_device *bdev, unsigned int cmd, unsigned long arg); /* -ENOTTY */
    size_t request_size;
};

struct hw_queue {
    struct blk_queue *queue;
    unsigned int index;
    u64 cpu_mask; /* CPUs that submit here */
    void *driver_data;
    spinlock_t dispatch_lock;
    struct list_head dispatch; /* waiting for the device, dispatch_lock */
    u64 *tag_bitmap;
    struct request **tags; /* by tag */
    atomic_t in_flight;
};

/* Calls fn for each run of at most max_segment_size bytes of the request's memory. */
struct request_iter {
    struct request *rq;
    struct bio *bio;
    unsigned int vec;
    u32 done;
};
void request_iter_init(struct request_iter *it, struct request *rq);
/* False at the end. */
bool request_iter_next(struct request_iter *it, paddr_t *phys, u32 *len);

/* The driver reports a request done. irq or softirq context; rq belongs to the layer again. */
void request_complete(struct request *rq, int status);
/* The request in flight with this tag, or NULL (a lying device). */
struct request *request_by_tag(struct hw_queue *hctx, unsigned int tag);
/* Restarts dispatch after QUEUE_BUSY. Any context. */
void hw_queue_kick(struct hw_queue *hctx);

#define DISK_NAME_SIZE 32
#define DISK_MAX_PARTS 128

struct block_device {
    struct disk *disk;
    dev_t devt;
    u16 partno; /* 0: the whole disk */
    sector_t start, nr_sectors;
    struct inode *inode;           /* its page cache: inode->data */
    struct address_space *mapping;
    atomic_t openers;
    void *holder;                  /* exclusive claim, disk->lock */
    guid_t partuuid, parttype;
    char label[36 * 3 + 1];        /* PARTLABEL, UTF-8 */
    u64 part_attributes;
    bool read_only;
    struct device *dev;
    u32 block_size;                /* of metadata buffers, set by the file system */
    u64 stats[16]; /* /proc/diskstats order; summed per CPU later */
};

struct disk {
    char name[DISK_NAME_SIZE]; /* "vda", "nvme0n1" */
    unsigned int major, first_minor, minors;
    sector_t nr_sectors;
    struct queue_limits limits;
    struct blk_queue *queue;
    struct device *parent;    /* the driver's device */
    struct device *dev;
    struct mutex lock;        /* partitions, holders */
    struct block_device *part[DISK_MAX_PARTS + 1]; /* [0]: whole disk */
    bool removable, read_only, dead;
    char model[48], serial[48], firmware[16];
    struct list_head link;
    void *private;
};

/*
 * Makes a disk with nr_hw_queues queues of depth tags each. The caller fills name, nr_sectors,
 * limits, model... and calls disk_register(), which scans partitions (may sleep, does I/O) and publishes it.
 */
struct disk *disk_alloc(const struct blk_ops *ops, unsigned int nr_hw_queues, unsigned int depth,
                        void *driver_data, struct device *parent);
int __must_check disk_register(struct disk *disk);
/* The device is gone: fails what is in flight, refuses new I/O, withdraws the nodes. */
void disk_unregister(struct disk *disk);
void disk_put(struct disk *disk);
/* The device grew or shrank while it was in use. Task context, may sleep. */
void disk_set_capacity(struct disk *disk, sector_t nr_sectors);
struct hw_queue *disk_hw_queue(struct disk *disk, unsigned int index);

/* By number or by path name of the node's number. Reference; ERR_PTR(-ENXIO). */
struct block_device *bdev_get(dev_t devt, bool write, void *exclusive_holder);
void bdev_put(struct block_device *bdev, void *exclusive_holder);
/* Looks a device up by "PARTUUID=...", "PARTLABEL=...", name. 0 on none. */
dev_t bdev_lookup(const char *spec);
static inline u64 bdev_size_bytes(const struct block_device *bdev)
{
    return bdev->nr_sectors << SECTOR_SHIFT;
}

/*
 * Metadata through the device's page cache, for file systems: a pinned view of size bytes at a
 * block-aligned offset that lies inside one page (size <= PAGE_SIZE, power of two).
 */
struct bdev_buf {
    struct page *page;
    void *data;
};
/* 0, -EIO, -EINVAL (beyond the device). May sleep. */
int __must_check bdev_read(struct block_device *bdev, u64 offset_bytes, u32 size, struct bdev_buf *buf);
void bdev_release(struct bdev_buf *buf);
#endif
