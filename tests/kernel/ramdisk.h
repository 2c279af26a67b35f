/* SPDX-License-Identifier: MIT */
/*
 * A disk in memory for the block layer's tests, whose device can be slow, full, wrong, forgetful
 * and gone. It completes requests from a work item, as a device would: later.
 */
#ifndef TESTS_KERNEL_RAMDISK_H
#define TESTS_KERNEL_RAMDISK_H

#include <kernel/block/blkdev.h>
#include <kernel/irq/workqueue.h>

struct ramdisk {
    struct disk *disk;
    u8 *bytes;
    size_t size;
    spinlock_t lock;
    struct list_head queued; /* lock: requests the "device" has */
    unsigned int nr_queued, room;
    struct work work;
    unsigned int nr_requests, nr_flushes, nr_fua, largest;
    sector_t bad_sector;      /* reads and writes of it fail; ~0: none */
    unsigned int pass_errors; /* that many requests get an error that may pass */
    bool hold;                /* completes nothing */
};

/* Unregistered: fill limits, then ramdisk_start(). NULL on no memory. */
struct ramdisk *ramdisk_create(size_t size, unsigned int depth);
int ramdisk_start(struct ramdisk *rd);
void ramdisk_destroy(struct ramdisk *rd);
/* Completes what is held. */
void ramdisk_release(struct ramdisk *rd);
#endif
