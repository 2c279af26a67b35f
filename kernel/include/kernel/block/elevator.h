/* SPDX-License-Identifier: MIT */
/*
 * I/O schedulers: which waiting request goes to the device next. One is a folder-less plug-in: a
 * file with an ops table and the line ELEVATOR(name), chosen through
 * /sys/block/NAME/queue/scheduler.
 *
 * All operations but init and exit run with bottom halves off, on any CPU, and must not sleep; the
 * scheduler locks its own state. Requests handed to insert belong to it until dispatch returns
 * them.
 */
#ifndef KERNEL_BLOCK_ELEVATOR_H
#define KERNEL_BLOCK_ELEVATOR_H

#include <kernel/base/registry.h>
#include <kernel/block/blkdev.h>

struct elevator {
    const char *name;
    /* *data is the scheduler's own for this queue. The queue is frozen. 0 or -errno. */
    int (*init)(struct blk_queue *queue, void **data);
    void (*exit)(void *data); /* nothing is inside */
    /* Joins the bio to a waiting request (request_try_merge_bio); true when it did. Optional. */
    bool (*merge)(void *data, struct bio *bio);
    void (*insert)(void *data, struct request *rq);
    /* The next request for this hardware queue, or NULL. */
    struct request *(*dispatch)(void *data, struct hw_queue *hctx);
    /* A request that dispatch returned is done. Any context but NMI. Optional. */
    void (*completed)(void *data, struct request *rq, u64 now_ns);
};

SECTION_ARRAY_DECLARE(const struct elevator, elevators);
#define ELEVATOR(var) SECTION_ARRAY_ADD(const struct elevator, elevators, var)

/* Joins the bio to the front or back of a request that still waits, within the device's limits. */
bool request_try_merge_bio(struct request *rq, struct bio *bio);
static inline sector_t request_end(const struct request *rq)
{
    return rq->sector + (rq->size_bytes >> SECTOR_SHIFT);
}
#endif
