/* SPDX-License-Identifier: MIT */
/* Between the parts of the block layer. */
#ifndef KERNEL_BLOCK_INTERNAL_H
#define KERNEL_BLOCK_INTERNAL_H

#include <kernel/block/blkdev.h>
#include <kernel/block/elevator.h>
#include <kernel/irq/workqueue.h>

/* Requests of one CPU on their way to a hardware queue. */
struct sw_queue {
    spinlock_t lock; /* bottom halves off */
    struct list_head requests;
} __cacheline_aligned;

struct blk_queue {
    struct disk *disk;
    const struct blk_ops *ops;
    unsigned int nr_hw_queues, depth;
    struct hw_queue *hw_queues;
    struct sw_queue *sw_queues;      /* by CPU */
    const struct elevator *elevator; /* NULL: none. Changed while frozen */
    void *elevator_data;
    atomic_t entered; /* submitters and requests inside */
    bool frozen;      /* no new ones */
    bool dead;
    struct wait_queue freeze_wait;
    struct mutex freeze_lock;
    struct delayed_work timeout_work;
    bool timeout_armed;
};

extern struct workqueue *block_wq;

/* --- request.c --- */
/* The request for a bio that was checked and remapped; sleeps until there is a tag. */
struct request *request_alloc(struct blk_queue *queue, struct bio *bio);
void request_release(struct request *rq);
unsigned int bio_count_segments(const struct bio *bio, const struct queue_limits *limits);
/* Whether two pieces may not stand in one request: see queue_limits.gap_boundary. */
bool vecs_leave_gap(const struct bio_vec *first, const struct bio_vec *second,
                    const struct queue_limits *limits);
int hw_queue_init(struct hw_queue *hctx, struct blk_queue *queue, unsigned int index,
                  void *driver_data);
void hw_queue_fini(struct hw_queue *hctx);
struct hw_queue *queue_this_cpu(struct blk_queue *queue);

/* --- dispatch.c --- */
/* Gives a list of requests (by link) of one queue to their hardware queues. */
void requests_issue(struct list_head *requests);
void hw_queue_run(struct hw_queue *hctx);
void hw_queue_run_tasklet(struct tasklet *t);
void hw_queue_run_work(struct work *work);
void hw_queue_retry_work(struct work *work);
void queue_timeout_scan(struct work *work);
/* Ends the request with its status as far as bios are concerned, and gives its tag back. */
void request_finish(struct request *rq);
/* Fails all that waits for dispatch (dead device). */
void queue_fail_waiting(struct blk_queue *queue);

/* --- queue.c --- */
struct blk_queue *blk_queue_create(const struct blk_ops *ops, unsigned int nr_hw_queues,
                                   unsigned int depth, void *driver_data, struct disk *disk);
void blk_queue_destroy(struct blk_queue *queue);
/* Counts a submitter in; waits while the queue is frozen. -ENODEV when it is dead. */
int blk_queue_enter(struct blk_queue *queue);
void blk_queue_exit(struct blk_queue *queue);
/* Waits until nothing is inside; new submitters wait until the thaw. */
void blk_queue_freeze(struct blk_queue *queue);
void blk_queue_thaw(struct blk_queue *queue);

/* Requests in a plug before they are handed on. */
#define BLK_PLUG_MAX 32

/* --- bio.c --- */
/* Gives a remapped, sized, flush-free bio to the queue. */
void bio_issue(struct bio *bio);
static inline struct blk_queue *bio_queue(const struct bio *bio)
{
    return bio->bdev->disk->queue;
}
void bio_init_caches(void);

/* --- flush.c --- */
/* A write that wants flushes the device must be told about. Takes the bio over. */
void flush_submit(struct bio *bio);
bool bio_needs_flush_sequence(const struct bio *bio, const struct queue_limits *limits);

/* --- stats.c --- */
void request_account_start(struct request *rq);
void request_account_done(struct request *rq);
void request_account_merge(struct request *rq);
static inline void bdev_stat_add(struct block_device *bdev, enum bdev_stat stat, u64 n)
{
    __atomic_fetch_add(&bdev->stats[stat], n, __ATOMIC_RELAXED);
}

/* --- bdev.c --- */
struct block_device *bdev_create(struct disk *disk, unsigned int partno, sector_t start,
                                 sector_t nr_sectors);
/* Publishes it: number and device node. 0 or -errno. */
int bdev_publish(struct block_device *bdev);
void bdev_withdraw(struct block_device *bdev);
void bdev_ref_put(struct block_device *bdev);

/* --- partition.c --- */
/* Reads the partition table and publishes what is in it. disk->lock held. 0 or -errno. */
int disk_scan_partitions(struct disk *disk);
/* -EBUSY while a partition is open. disk->lock held. */
int disk_drop_partitions(struct disk *disk);
#endif
