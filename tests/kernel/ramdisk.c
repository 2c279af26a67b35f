// SPDX-License-Identifier: MIT
#include "ramdisk.h"

#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>

static void transfer(struct ramdisk *rd, struct request *rq)
{
    size_t at = rq->sector << SECTOR_SHIFT;
    struct request_iter it;
    paddr_t phys;
    u32 len;

    request_iter_init(&it, rq);
    while (request_iter_next(&it, &phys, &len)) {
        if (rq->op == BIO_READ)
            memcpy(phys_to_virt(phys), rd->bytes + at, len);
        else
            memcpy(rd->bytes + at, phys_to_virt(phys), len);
        at += len;
    }
}

static int execute(struct ramdisk *rd, struct request *rq)
{
    sector_t end = rq->sector + (rq->size_bytes >> SECTOR_SHIFT);

    if (rd->pass_errors) {
        rd->pass_errors--;
        return -EAGAIN;
    }
    if (rd->bad_sector >= rq->sector && rd->bad_sector < end)
        return -EIO;
    switch (rq->op) {
    case BIO_READ:
    case BIO_WRITE: transfer(rd, rq); break;
    case BIO_WRITE_ZEROES:
    case BIO_DISCARD: memset(rd->bytes + (rq->sector << SECTOR_SHIFT), 0, rq->size_bytes); break;
    default: break;
    }
    return 0;
}

static struct request *take_one(struct ramdisk *rd)
{
    struct request *rq;

    spin_lock_irq(&rd->lock);
    rq = rd->hold ? NULL : list_first_entry_or_null(&rd->queued, struct request, link);
    if (rq) {
        list_del(&rq->link);
        rd->nr_queued--;
    }
    spin_unlock_irq(&rd->lock);
    return rq;
}

static void ramdisk_work(struct work *work)
{
    struct ramdisk *rd = container_of(work, struct ramdisk, work);
    struct request *rq;

    while ((rq = take_one(rd)))
        request_complete(rq, execute(rd, rq));
}

static enum queue_result ramdisk_queue(struct hw_queue *hctx, struct request *rq, bool last)
{
    struct ramdisk *rd = hctx->driver_data;
    enum queue_result result = QUEUE_BUSY;
    unsigned long flags;

    spin_lock_irqsave(&rd->lock, flags);
    if (rd->nr_queued < rd->room) {
        list_add_tail(&rq->link, &rd->queued);
        rd->nr_queued++;
        rd->nr_requests++;
        rd->nr_flushes += rq->op == BIO_FLUSH;
        rd->nr_fua += (rq->flags & BIO_FUA) != 0;
        rd->largest = max(rd->largest, rq->size_bytes);
        result = QUEUE_OK;
    }
    spin_unlock_irqrestore(&rd->lock, flags);
    work_schedule(&rd->work);
    return result;
}

static int ramdisk_init_hctx(struct hw_queue *hctx, void *driver_data, unsigned int index)
{
    hctx->driver_data = driver_data;
    return 0;
}

static const struct blk_ops ramdisk_ops = {
    .queue_request = ramdisk_queue,
    .init_hctx = ramdisk_init_hctx,
};

struct ramdisk *ramdisk_create(size_t size, unsigned int depth)
{
    static unsigned int index;
    struct ramdisk *rd = kzalloc(sizeof(*rd), GFP_KERNEL);

    if (!rd)
        return NULL;
    rd->bytes = vzalloc(size);
    rd->disk = disk_alloc(&ramdisk_ops, 1, depth, rd, NULL);
    if (!rd->bytes || !rd->disk) {
        ramdisk_destroy(rd);
        return NULL;
    }
    rd->size = size;
    rd->room = ~0U;
    rd->bad_sector = ~0ULL;
    spin_lock_init(&rd->lock);
    INIT_LIST_HEAD(&rd->queued);
    work_init(&rd->work, ramdisk_work);
    snprintf(rd->disk->name, sizeof(rd->disk->name), "ktest%u", index);
    rd->disk->major = 240;
    rd->disk->first_minor = 16 * index++;
    rd->disk->minors = 16;
    rd->disk->nr_sectors = size >> SECTOR_SHIFT;
    rd->disk->limits = (struct queue_limits){
        .logical_block_size = 512,
        .max_sectors = 256,
        .max_segments = 16,
        .max_segment_size = 65536,
    };
    return rd;
}

int ramdisk_start(struct ramdisk *rd)
{
    return disk_register(rd->disk);
}

void ramdisk_release(struct ramdisk *rd)
{
    WRITE_ONCE(rd->hold, false);
    work_schedule(&rd->work);
}

void ramdisk_destroy(struct ramdisk *rd)
{
    if (rd->disk && rd->disk->part[0])
        disk_unregister(rd->disk);
    if (rd->disk)
        disk_put(rd->disk);
    work_cancel_sync(&rd->work);
    vfree(rd->bytes);
    kfree(rd);
}
