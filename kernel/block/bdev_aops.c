/* SPDX-License-Identifier: MIT */
/*
 * The page cache of a block device. Page n is bytes n * 4096 of the device; the last page may be
 * partly beyond its end, and reads as zeroes there. Neighbouring pages travel in one bio, up and
 * down.
 */
#include "bdev.h"

#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/writeback.h>
#include <kernel/vfs/fs.h>

static struct block_device *mapping_bdev(const struct address_space *mapping)
{
    return mapping->host->bdev;
}

/* Bytes of the page that lie on the device. */
static u32 page_bytes(const struct block_device *bdev, u64 index)
{
    u64 size = bdev_size_bytes(bdev), start = index << PAGE_SHIFT;

    return start >= size ? 0 : min_t(u64, size - start, PAGE_SIZE);
}

/* --- reading --- */

static void read_end_io(struct bio *bio)
{
    bool drop_references = bio->private != NULL;

    for (unsigned int i = 0; i < bio->nr_vecs; i++) {
        struct page *page = bio->vecs[i].bv_page;

        page_flag_set(page, bio->status ? PG_ERROR : PG_UPTODATE);
        page_unlock(page);
        if (drop_references)
            page_put(page);
    }
    bio_free(bio);
}

/* Adds the page; false when it does not fit into the bio. */
static bool read_add(struct bio *bio, struct block_device *bdev, struct page *page)
{
    u32 n = page_bytes(bdev, page->index);

    if (n < PAGE_SIZE)
        memset((char *)page_address(page) + n, 0, PAGE_SIZE - n);
    return bio_add_page(bio, page, n, 0);
}

static int bdev_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
    struct block_device *bdev = mapping_bdev(mapping);
    struct bio *bio;

    if (page_bytes(bdev, page->index) == 0) {
        page_unlock(page);
        return -EIO;
    }
    bio = bio_alloc(bdev, 1, BIO_READ, BIO_SYNC, GFP_KERNEL);
    bio->sector = page->index << (PAGE_SHIFT - SECTOR_SHIFT);
    bio->end_io = read_end_io;
    (void)read_add(bio, bdev, page);
    bio_submit(bio);
    return 0;
}

static void bdev_readahead(struct readahead_control *rac)
{
    struct block_device *bdev = mapping_bdev(rac->mapping);
    struct bio *bio = NULL;
    struct blk_plug plug;
    struct page *page;

    blk_plug_start(&plug);
    while ((page = readahead_next_page(rac))) {
        if (bio && !read_add(bio, bdev, page)) {
            bio_submit(bio);
            bio = NULL;
        }
        if (bio)
            continue;
        bio = bio_alloc(bdev, min(rac->nr_pages + 1, (unsigned int)BIO_MAX_VECS), BIO_READ,
                        BIO_RAHEAD, GFP_KERNEL);
        bio->sector = page->index << (PAGE_SHIFT - SECTOR_SHIFT);
        bio->end_io = read_end_io;
        bio->private = rac->mapping; /* the pages' references are ours to drop */
        (void)read_add(bio, bdev, page);
    }
    if (bio)
        bio_submit(bio);
    blk_plug_finish(&plug);
}

/* --- writing into the cache --- */

static int bdev_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
                            unsigned int len, struct page **pagep, void **fsdata)
{
    u64 index = (u64)pos >> PAGE_SHIFT;
    u32 valid = page_bytes(mapping_bdev(mapping), index);

    for (;;) {
        struct page *page = filemap_grab_page(mapping, index, mapping->gfp);
        int err;

        if (IS_ERR(page))
            return PTR_ERR(page);
        if (page_flag_test(page, PG_UPTODATE) || (len == valid && (pos & ~PAGE_MASK) == 0)) {
            if (valid < PAGE_SIZE)
                memset((char *)page_address(page) + valid, 0, PAGE_SIZE - valid);
            *pagep = page;
            return 0;
        }
        page_unlock(page);
        err = filemap_make_uptodate(file, mapping, page);
        page_put(page);
        if (err && err != -EAGAIN)
            return err;
    }
}

static int bdev_write_end(struct file *file, struct address_space *mapping, loff_t pos,
                          unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
    /* A fresh page that was to be overwritten whole, and was not: its rest is rubbish. */
    if (copied < len && !page_flag_test(page, PG_UPTODATE))
        copied = 0;
    if (copied) {
        page_flag_set(page, PG_UPTODATE);
        page_dirty(page);
    }
    page_unlock(page);
    page_put(page);
    return copied;
}

/* --- writing back --- */

struct write_run {
    struct bio *bio;
    u64 next_index;
};

static void write_end_io(struct bio *bio)
{
    struct address_space *mapping = bio->private;

    if (bio->status)
        mapping_set_error(mapping, bio->status);
    for (unsigned int i = 0; i < bio->nr_vecs; i++) {
        if (bio->status)
            page_flag_set(bio->vecs[i].bv_page, PG_ERROR);
        page_end_writeback(bio->vecs[i].bv_page);
    }
    bio_free(bio);
}

static void run_submit(struct write_run *run)
{
    if (run->bio)
        bio_submit(run->bio);
    run->bio = NULL;
}

static int bdev_write_page(struct page *page, struct writeback_control *wbc, void *arg)
{
    struct write_run *run = arg;
    struct address_space *mapping = page->mapping;
    struct block_device *bdev = mapping_bdev(mapping);
    u32 n = page_bytes(bdev, page->index);

    if (n == 0) {
        page_unlock(page);
        return 0;
    }
    page_start_writeback(page);
    page_unlock(page);
    if (run->bio && (page->index != run->next_index || !bio_add_page(run->bio, page, n, 0)))
        run_submit(run);
    run->next_index = page->index + 1;
    if (run->bio)
        return 0;
    run->bio = bio_alloc(bdev, BIO_MAX_VECS, BIO_WRITE, wbc->sync_all ? BIO_SYNC : 0, GFP_NOFS);
    run->bio->sector = page->index << (PAGE_SHIFT - SECTOR_SHIFT);
    run->bio->end_io = write_end_io;
    run->bio->private = mapping;
    (void)bio_add_page(run->bio, page, n, 0);
    return 0;
}

static int bdev_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
    struct write_run run = {};
    struct blk_plug plug;
    int err;

    blk_plug_start(&plug);
    err = filemap_write_pages(mapping, wbc, bdev_write_page, &run);
    run_submit(&run);
    blk_plug_finish(&plug);
    return err;
}

const struct address_space_operations bdev_aops = {
    .read_page = bdev_read_page,
    .readahead = bdev_readahead,
    .write_begin = bdev_write_begin,
    .write_end = bdev_write_end,
    .writepages = bdev_writepages,
};
