/* SPDX-License-Identifier: MIT */
/*
 * Disks and block devices. A driver registers a disk with its queue limits and operations; the
 * layer scans partitions and publishes each as a block device, with a device node and an entry in
 * /sys/block. Requests reach the driver through hardware queues, one per CPU where the device has
 * that many.
 */
#ifndef KERNEL_BLOCK_BLKDEV_H
#define KERNEL_BLOCK_BLKDEV_H

#include <kernel/block/bio.h>
#include <kernel/irq/softirq.h>
#include <kernel/irq/workqueue.h>
#include <kernel/lib/guid.h>
#include <kernel/lib/list.h>
#include <kernel/lib/rbtree.h>
#include <kernel/mm/filemap.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/wait.h>

struct blk_queue;
struct device;
struct disk;
struct hw_queue;
struct super_block;

struct queue_limits {
    u32 logical_block_size; /* bytes, power of two >= 512 */
    u32 physical_block_size;
    u32 io_min, io_opt;
    u32 max_sectors; /* of one request, 512-byte sectors */
    u16 max_segments;
    u32 max_segment_size; /* bytes */
    /* 0, or a power of two: each piece of a request's memory but the first begins on a multiple of
     * it, and each but the last ends on one (NVMe's page lists). */
    u32 gap_boundary;
    u32 max_discard_sectors; /* 0: no discard */
    u32 max_write_zeroes_sectors;
    bool volatile_cache; /* needs flushes */
    bool fua;
    bool rotational;
};

enum request_state {
    REQUEST_IDLE,
    REQUEST_QUEUED,    /* the layer has it */
    REQUEST_IN_FLIGHT, /* the driver has it */
    REQUEST_DONE,      /* the driver has given it back */
};

/*
 * A request: one command for the device, made of one or more merged bios. Owner of the fields: the
 * task that builds it, then whoever holds the queue it is on, then the driver until
 * request_complete().
 */
struct request {
    struct blk_queue *queue;
    struct hw_queue *hctx;
    struct bio *bio, *bio_tail; /* linked by bio.next; sectors follow one another */
    enum bio_op op;
    u32 flags;
    sector_t sector; /* on the disk */
    u32 size_bytes;
    u16 nr_segments; /* at most that many runs come out of the iterator */
    u16 tag;         /* unique in its hardware queue while in flight, < depth */
    int status;
    u32 state; /* enum request_state, atomic */
    u8 retries;
    u64 start_ns, deadline_ns;
    struct list_head link;      /* plug, software queue, dispatch list or scheduler */
    struct rb_node sort_node;   /* scheduler: by sector */
    struct list_head fifo_link; /* scheduler: by age */
    u64 sched_data[2];
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
    spinlock_t dispatch_lock;  /* bottom halves off */
    struct list_head dispatch; /* waiting for the device, dispatch_lock */
    unsigned int depth;
    u64 *tag_bitmap;       /* set: taken; atomic */
    struct request **tags; /* by tag; made when a tag is first used */
    struct wait_queue tag_wait;
    atomic_t in_flight;
    struct tasklet run;        /* dispatch from interrupt context */
    struct delayed_work retry; /* dispatch when the driver was busy with nothing in flight */
    spinlock_t retry_lock;     /* interrupts off */
    struct list_head retries;  /* retry_lock: requests to be tried again */
    struct work retry_work;
};

/* Walks the request's memory in physically contiguous runs of at most max_segment_size bytes. */
struct request_iter {
    struct request *rq;
    struct bio *bio;
    unsigned int vec;
    u32 done;
};
void request_iter_init(struct request_iter *it, struct request *rq);
/* False at the end. */
bool request_iter_next(struct request_iter *it, paddr_t *phys, u32 *len);

/*
 * The driver reports a request done. Any context but NMI; rq belongs to the layer again. Reporting
 * one that is not in flight (twice, or after a timeout took it back) is ignored and logged once.
 */
void request_complete(struct request *rq, int status);
/* The request in flight with this tag, or NULL (a lying device). */
struct request *request_by_tag(struct hw_queue *hctx, unsigned int tag);
/* Restarts dispatch after QUEUE_BUSY. Any context. */
void hw_queue_kick(struct hw_queue *hctx);

#define DISK_NAME_SIZE 32
#define DISK_MAX_PARTS 128

/* /proc/diskstats, in its order from reads completed on. */
enum bdev_stat {
    STAT_READS,
    STAT_READ_MERGES,
    STAT_READ_SECTORS,
    STAT_READ_NS,
    STAT_WRITES,
    STAT_WRITE_MERGES,
    STAT_WRITE_SECTORS,
    STAT_WRITE_NS,
    STAT_IN_FLIGHT,
    STAT_BUSY_NS,
    STAT_QUEUE_NS,
    STAT_DISCARDS,
    STAT_DISCARD_MERGES,
    STAT_DISCARD_SECTORS,
    STAT_DISCARD_NS,
    STAT_FLUSHES,
    STAT_FLUSH_NS,
    NR_BDEV_STATS,
};

struct block_device {
    struct disk *disk;
    dev_t devt;
    u16 partno; /* 0: the whole disk */
    sector_t start, nr_sectors;
    struct inode *inode; /* its page cache: inode->data */
    struct address_space *mapping;
    atomic_t openers;
    void *holder;           /* exclusive claim, disk->lock */
    unsigned int nr_claims; /* of the holder, disk->lock */
    guid_t partuuid, parttype;
    char partuuid_text[UUID_STRING_LEN + 1]; /* as PARTUUID= names it; "" for none */
    char label[36 * 3 + 1];                  /* PARTLABEL, UTF-8 */
    u64 part_attributes;
    bool read_only;
    struct device *dev;
    u32 block_size;           /* of metadata buffers, set by the file system */
    u64 stats[NR_BDEV_STATS]; /* atomic, relaxed */
    atomic_t refcount;
    struct rcu_head rcu;
};

struct disk {
    char name[DISK_NAME_SIZE]; /* "vda", "nvme0n1" */
    unsigned int major, first_minor, minors;
    sector_t nr_sectors;
    struct queue_limits limits;
    struct blk_queue *queue;
    struct device *parent; /* the driver's device */
    struct device *dev;
    struct mutex lock;                             /* partitions, holders */
    struct block_device *part[DISK_MAX_PARTS + 1]; /* [0]: whole disk */
    bool removable, read_only, dead;
    char model[48], serial[48], firmware[16];
    struct list_head link; /* all disks */
    atomic_t refcount;
    u64 seq; /* BLKGETDISKSEQ: counts disks since start-up */
    void *private;
};

/*
 * Makes a disk with nr_hw_queues queues of depth tags each. The caller fills name, nr_sectors,
 * limits, model... and calls disk_register(), which scans partitions (may sleep, does I/O) and
 * publishes it.
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

/*
 * Opens a block device by number. exclusive_holder, if given, claims it (and keeps its disk's other
 * partitions usable): -EBUSY when somebody else has. ERR_PTR(-ENXIO: no such; -EACCES: read-only;
 * -EBUSY). May sleep.
 */
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
int __must_check bdev_read(struct block_device *bdev, u64 offset_bytes, u32 size,
                           struct bdev_buf *buf);
void bdev_release(struct bdev_buf *buf);

/* Writes the device's page cache back and has the device flush its own. 0 or -errno. May sleep. */
int bdev_sync(struct block_device *bdev);
/* Writes the page caches of all block devices back; waits for it if asked. May sleep. */
void bdev_write_back_all(bool wait);
/* Has the device flush its write cache. */
int bdev_flush(struct block_device *bdev);
/* Discards or zeroes a byte range, both aligned to the logical block size. -EOPNOTSUPP. May sleep.
 */
int bdev_discard(struct block_device *bdev, u64 start, u64 size);
int bdev_zero_out(struct block_device *bdev, u64 start, u64 size);

/* File operations of block device nodes: open looks the number up. */
extern const struct file_operations bdev_file_ops;

/*
 * For /proc/partitions and /proc/diskstats: calls fn for every block device, whole disks before
 * their partitions, in order of registration, until it returns non-zero. name is "vda1". May sleep.
 */
int bdev_for_each(int (*fn)(struct block_device *bdev, const char *name, void *arg), void *arg);
/* A counter in the unit /proc/diskstats shows (times in milliseconds). */
u64 bdev_stat_shown(const struct block_device *bdev, enum bdev_stat stat);
/* "vda", "vda1", "nvme0n1p2". */
void bdev_name(const struct block_device *bdev, char *buf, size_t size);

/* The disk's I/O scheduler: /sys/block/NAME/queue/scheduler. */
const char *disk_elevator_name(struct disk *disk);
/* "none", "mq-deadline"...: 0, -EINVAL (no such), -ENOMEM. May sleep. */
int disk_elevator_set(struct disk *disk, const char *name);
/* All names, space separated, the current in brackets, as sysfs shows them. Bytes. */
size_t disk_elevators_show(struct disk *disk, char *buf, size_t size);
#endif
