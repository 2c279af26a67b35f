// SPDX-License-Identifier: MIT
/* The block layer over a disk in memory. */
#include "ramdisk.h"

#include <kernel/base/ktest.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/writeback.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/fs.h>

#define DISK_SIZE (4U << 20)

static struct ramdisk *rd;
static struct block_device *bdev;

static int disk_up(struct ktest *t)
{
    rd = ramdisk_create(DISK_SIZE, 8);
    if (!rd)
        return -ENOMEM;
    for (size_t i = 0; i < DISK_SIZE; i += 4)
        *(u32 *)(rd->bytes + i) = i;
    memset(rd->bytes, 0, 512);
    return 0;
}

/* Starts the disk and opens it. */
static bool start(struct ktest *t)
{
    if (!KTEST_EXPECT_EQ(t, ramdisk_start(rd), 0))
        return false;
    bdev = bdev_get(rd->disk->part[0]->devt, true, NULL);
    if (!KTEST_EXPECT(t, !IS_ERR(bdev)))
        bdev = NULL;
    rd->nr_requests = 0;
    return bdev != NULL;
}

static void disk_down(struct ktest *t)
{
    if (bdev)
        bdev_put(bdev, NULL);
    bdev = NULL;
    if (rd)
        ramdisk_destroy(rd);
    rd = NULL;
}

static int transfer(enum bio_op op, sector_t sector, struct page *page, u32 size, u32 flags)
{
    struct bio *bio = bio_alloc(bdev, 1, op, flags, GFP_KERNEL);
    int err;

    bio->sector = sector;
    if (page)
        bio_add_page(bio, page, size, 0);
    err = bio_submit_wait(bio);
    bio_free(bio);
    return err;
}

static void bios_move_bytes(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);
    u32 *words = page_address(page);

    if (!start(t))
        return;
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, 16, page, 4096, 0), 0);
    KTEST_EXPECT_EQ(t, words[0], 16 * 512);
    KTEST_EXPECT_EQ(t, words[1023], 16 * 512 + 4092);
    words[5] = 0x12345678;
    KTEST_EXPECT_EQ(t, transfer(BIO_WRITE, 100, page, 512, 0), 0);
    KTEST_EXPECT_EQ(t, *(u32 *)(rd->bytes + 100 * 512 + 20), 0x12345678);
    KTEST_EXPECT_EQ(t, *(u32 *)(rd->bytes + 101 * 512), 101 * 512);
    page_put(page);
}

static void access_beyond_the_end_fails(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);

    if (!start(t))
        return;
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, DISK_SIZE / 512 - 1, page, 1024, 0), -EIO);
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, ~0ULL - 1, page, 1024, 0), -EIO);
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, DISK_SIZE / 512 - 1, page, 512, 0), 0);
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, 0, page, 100, 0), -EINVAL);
    KTEST_EXPECT_EQ(t, rd->nr_requests, 1);
    page_put(page);
}

/* A bio of 1 MiB where requests hold 16 segments. */
static void large_bios_are_cut(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 8);
    struct bio *bio;
    u32 *words;

    if (!start(t) || !KTEST_EXPECT(t, page != NULL))
        return;
    words = page_address(page);
    bio = bio_alloc(bdev, 256, BIO_READ, 0, GFP_KERNEL);
    bio->sector = 8;
    for (unsigned int i = 0; i < 256; i++)
        KTEST_EXPECT(t, bio_add_page(bio, page + i, PAGE_SIZE, 0));
    KTEST_EXPECT(t, !bio_add_page(bio, page, PAGE_SIZE, 0));
    KTEST_EXPECT_EQ(t, bio_submit_wait(bio), 0);
    bio_free(bio);
    KTEST_EXPECT_EQ(t, rd->nr_requests, 16);
    KTEST_EXPECT(t, rd->largest <= 65536);
    for (unsigned int i = 0; i < (1 << 20) / 4; i += 997)
        KTEST_ASSERT_EQ(t, words[i], 8 * 512 + i * 4);
    page_free(page, 8);
}

static void plugged_neighbours_merge(struct ktest *t)
{
    struct address_space *mapping;
    struct blk_plug plug;

    if (!start(t))
        return;
    mapping = bdev->mapping;
    invalidate_clean_pages(mapping, 0, ~0ULL);
    rd->nr_requests = 0;
    for (u64 index = 0; index < 16; index++) {
        struct page *page = filemap_grab_page(mapping, index, GFP_KERNEL);

        KTEST_ASSERT(t, !IS_ERR(page));
        memset(page_address(page), 0x40 + index, PAGE_SIZE);
        page_flag_set(page, PG_UPTODATE);
        page_dirty(page);
        page_unlock(page);
        page_put(page);
    }
    blk_plug_start(&plug);
    KTEST_EXPECT_EQ(t, filemap_write_range(mapping, 0, ~0ULL), 0);
    blk_plug_finish(&plug);
    KTEST_EXPECT_EQ(t, filemap_wait_range(mapping, 0, ~0ULL), 0);
    KTEST_EXPECT_EQ(t, rd->nr_requests, 1);
    KTEST_EXPECT_EQ(t, rd->bytes[15 * 4096 + 77], 0x4f);
}

static void errors_reach_the_reader_and_pass(struct ktest *t)
{
    struct bdev_buf buf;

    if (!start(t))
        return;
    rd->bad_sector = 2048;
    KTEST_EXPECT_EQ(t, bdev_read(bdev, 2048 * 512, 512, &buf), -EIO);
    rd->bad_sector = ~0ULL;
    if (KTEST_EXPECT_EQ(t, bdev_read(bdev, 2048 * 512, 512, &buf), 0)) {
        KTEST_EXPECT_EQ(t, *(u32 *)buf.data, 2048 * 512);
        bdev_release(&buf);
    }
    KTEST_EXPECT_EQ(t, bdev_read(bdev, DISK_SIZE, 512, &buf), -EINVAL);
    KTEST_EXPECT_EQ(t, bdev_read(bdev, 100, 512, &buf), -EINVAL);
}

static void passing_errors_are_retried(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);

    if (!start(t))
        return;
    rd->pass_errors = 3;
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, 16, page, 4096, 0), 0);
    KTEST_EXPECT_EQ(t, rd->nr_requests, 4);
    rd->pass_errors = 100;
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, 16, page, 4096, 0), -EIO);
    rd->pass_errors = 0;
    page_put(page);
}

static void flushes_go_where_there_is_a_cache(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);

    if (!start(t))
        return;
    KTEST_EXPECT_EQ(t, transfer(BIO_WRITE, 8, page, 512, BIO_PREFLUSH | BIO_FUA), 0);
    KTEST_EXPECT_EQ(t, bdev_flush(bdev), 0);
    KTEST_EXPECT_EQ(t, rd->nr_flushes, 0);
    rd->disk->limits.volatile_cache = true;
    KTEST_EXPECT_EQ(t, transfer(BIO_WRITE, 8, page, 512, BIO_PREFLUSH | BIO_FUA), 0);
    KTEST_EXPECT_EQ(t, rd->nr_flushes, 2);
    KTEST_EXPECT_EQ(t, rd->nr_fua, 0);
    KTEST_EXPECT_EQ(t, bdev_flush(bdev), 0);
    KTEST_EXPECT_EQ(t, rd->nr_flushes, 3);
    rd->disk->limits.fua = true;
    KTEST_EXPECT_EQ(t, transfer(BIO_WRITE, 8, page, 512, BIO_PREFLUSH | BIO_FUA), 0);
    KTEST_EXPECT_EQ(t, rd->nr_flushes, 4);
    KTEST_EXPECT_EQ(t, rd->nr_fua, 1);
    page_put(page);
}

static void count_end_io(struct bio *bio)
{
    atomic_t *left = bio->private;

    bio_free(bio);
    atomic_dec(left);
}

/* More bios than tags, and a device that takes one request at a time. */
static void busy_devices_get_everything_in_the_end(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);
    atomic_t left = ATOMIC_INIT(100);
    u64 deadline = ktime_ns() + 20 * NSEC_PER_SEC;

    if (!start(t))
        return;
    rd->room = 1;
    for (unsigned int i = 0; i < 100; i++) {
        struct bio *bio = bio_alloc(bdev, 1, BIO_READ, 0, GFP_KERNEL);

        bio->sector = i * 64 % 8000;
        bio_add_page(bio, page, PAGE_SIZE, 0);
        bio->end_io = count_end_io;
        bio->private = &left;
        bio_submit(bio);
    }
    while (atomic_read(&left) && ktime_ns() < deadline)
        msleep(1);
    KTEST_EXPECT_EQ(t, atomic_read(&left), 0);
    page_put(page);
}

static void a_vanished_disk_fails_what_it_had(struct ktest *t)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);
    struct bdev_buf buf;

    if (!start(t))
        return;
    disk_unregister(rd->disk);
    KTEST_EXPECT_EQ(t, transfer(BIO_READ, 16, page, 4096, 0), -ENODEV);
    KTEST_EXPECT(t, bdev_read(bdev, 1 << 20, 512, &buf) < 0);
    rd->disk->part[0] = NULL; /* unregistered already */
    page_put(page);
}

static void schedulers_change_under_load(struct ktest *t)
{
    static const char *const names[] = {"mq-deadline", "none"};
    struct page *page = page_alloc(GFP_KERNEL, 0);
    char list[128];

    if (!start(t))
        return;
    for (unsigned int round = 0; round < 20; round++) {
        atomic_t left = ATOMIC_INIT(20);

        for (unsigned int i = 0; i < 20; i++) {
            struct bio *bio = bio_alloc(bdev, 1, i & 1 ? BIO_READ : BIO_WRITE, 0, GFP_KERNEL);

            bio->sector = 64 + i * 800 % 8000;
            bio_add_page(bio, page, PAGE_SIZE, 0);
            bio->end_io = count_end_io;
            bio->private = &left;
            bio_submit(bio);
        }
        KTEST_EXPECT_EQ(t, disk_elevator_set(rd->disk, names[round & 1]), 0);
        /* Changing waited until the queue was empty. */
        KTEST_EXPECT_EQ(t, atomic_read(&left), 0);
    }
    KTEST_EXPECT_EQ(t, disk_elevator_set(rd->disk, "nonsense"), -EINVAL);
    disk_elevators_show(rd->disk, list, sizeof(list));
    KTEST_EXPECT(t, strstr(list, "[none]") && strstr(list, "mq-deadline"));
    page_put(page);
}

static void claims_exclude_each_other(struct ktest *t)
{
    struct block_device *again;
    int a, b;

    if (!start(t))
        return;
    again = bdev_get(bdev->devt, true, &a);
    KTEST_ASSERT(t, !IS_ERR(again));
    KTEST_EXPECT_EQ(t, PTR_ERR_OR_ZERO(bdev_get(bdev->devt, true, &b)), -EBUSY);
    KTEST_EXPECT(t, bdev_get(bdev->devt, false, NULL) == again);
    bdev_put(again, NULL);
    bdev_put(again, &a);
    again = bdev_get(bdev->devt, true, &b);
    KTEST_ASSERT(t, !IS_ERR(again));
    bdev_put(again, &b);
    KTEST_EXPECT_EQ(t, PTR_ERR_OR_ZERO(bdev_get(MKDEV(250, 99), false, NULL)), -ENXIO);
}

/* An MBR with two partitions: they appear, are bounded, and are found by PARTUUID. */
static void partitions_are_published(struct ktest *t)
{
    struct block_device *part;
    struct bdev_buf buf;
    char uuid[32];
    u8 *mbr = rd->bytes;

    mbr[440] = 0x78;
    mbr[441] = 0x56;
    mbr[442] = 0x34;
    mbr[443] = 0x12;
    mbr[446 + 4] = 0x83;
    mbr[446 + 8] = 64;
    mbr[446 + 12] = 100;
    mbr[462 + 4] = 0x83;
    mbr[462 + 8] = 200;
    mbr[462 + 13] = 1;
    mbr[510] = 0x55;
    mbr[511] = 0xaa;
    if (!start(t))
        return;
    strscpy(uuid, "PARTUUID=12345678-02", sizeof(uuid));
    KTEST_EXPECT_EQ(t, bdev_lookup(uuid), rd->disk->part[2]->devt);
    part = bdev_get(bdev_lookup(uuid), false, NULL);
    KTEST_ASSERT(t, !IS_ERR(part));
    KTEST_EXPECT_EQ(t, part->nr_sectors, 256);
    if (KTEST_EXPECT_EQ(t, bdev_read(part, 0, 512, &buf), 0)) {
        KTEST_EXPECT_EQ(t, *(u32 *)buf.data, 200 * 512);
        bdev_release(&buf);
    }
    KTEST_EXPECT_EQ(t, bdev_read(part, 256 * 512, 512, &buf), -EINVAL);
    KTEST_EXPECT_EQ(t, bdev_lookup("PARTUUID=12345678-03"), 0);
    bdev_put(part, NULL);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(bios_move_bytes),
    KTEST_CASE(access_beyond_the_end_fails),
    KTEST_CASE(large_bios_are_cut),
    KTEST_CASE(plugged_neighbours_merge),
    KTEST_CASE(errors_reach_the_reader_and_pass),
    KTEST_CASE(passing_errors_are_retried),
    KTEST_CASE(flushes_go_where_there_is_a_cache),
    KTEST_CASE(busy_devices_get_everything_in_the_end),
    KTEST_CASE(schedulers_change_under_load),
    KTEST_CASE(claims_exclude_each_other),
    KTEST_CASE(partitions_are_published),
    KTEST_CASE(a_vanished_disk_fails_what_it_had),
    {},
};
KTEST_SUITE_FIXTURE(block, cases, disk_up, disk_down);
