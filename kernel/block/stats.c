/* SPDX-License-Identifier: MIT */
/* What /proc/diskstats and /sys/block/NAME/stat count: for the whole disk and for the partition. */
#include "internal.h"

#include <kernel/mm/vmstat.h>
#include <kernel/time/clock.h>

/* First of the four counters (number, merges, sectors, time) of an operation. */
static enum bdev_stat stat_group(enum bio_op op)
{
    switch (op) {
    case BIO_READ: return STAT_READS;
    case BIO_WRITE: return STAT_WRITES;
    default: return STAT_DISCARDS;
    }
}

static void account(struct request *rq, enum bdev_stat stat, u64 n)
{
    struct block_device *bdev = rq->bio->bdev, *whole = bdev->disk->part[0];

    bdev_stat_add(bdev, stat, n);
    if (whole && whole != bdev)
        bdev_stat_add(whole, stat, n);
}

void request_account_start(struct request *rq)
{
    account(rq, STAT_IN_FLIGHT, 1);
}

void request_account_merge(struct request *rq)
{
    account(rq, stat_group(rq->op) + 1, 1);
}

void request_account_done(struct request *rq)
{
    u64 took_ns = ktime_ns() - rq->start_ns;
    u32 sectors = rq->size_bytes >> SECTOR_SHIFT;

    account(rq, STAT_IN_FLIGHT, -1ULL);
    account(rq, STAT_QUEUE_NS, took_ns);
    account(rq, STAT_BUSY_NS, took_ns);
    if (rq->op == BIO_FLUSH) {
        account(rq, STAT_FLUSHES, 1);
        account(rq, STAT_FLUSH_NS, took_ns);
        return;
    }
    account(rq, stat_group(rq->op), 1);
    account(rq, stat_group(rq->op) + 2, sectors);
    account(rq, stat_group(rq->op) + 3, took_ns);
    if (rq->op == BIO_READ)
        vm_counter_add(PGPGIN, sectors / 2);
    else if (rq->op == BIO_WRITE)
        vm_counter_add(PGPGOUT, sectors / 2);
}

u64 bdev_stat_shown(const struct block_device *bdev, enum bdev_stat stat)
{
    u64 value = __atomic_load_n(&bdev->stats[stat], __ATOMIC_RELAXED);

    switch (stat) {
    case STAT_READ_NS:
    case STAT_WRITE_NS:
    case STAT_BUSY_NS:
    case STAT_QUEUE_NS:
    case STAT_DISCARD_NS:
    case STAT_FLUSH_NS: return value / NSEC_PER_MSEC;
    default: return value;
    }
}
