// SPDX-License-Identifier: MIT
/*
 * Filling the page cache from runs of blocks.
 *
 * A page is simple when what it holds of the file is one run on the disk, perhaps followed by
 * zeroes; nearly all pages are. Simple pages go into a bio as long as each begins where the last
 * ended, and the bio is sent when that breaks or it is full. Its completion marks and unlocks the
 * pages.
 *
 * Any other page (blocks smaller than a page and scattered, or with holes between) is put together
 * block by block, waiting for each piece.
 */
#include <kernel/vfs/blockmap.h>
#include <kernel/block/blkdev.h>
#include <kernel/lib/string.h>
#include <kernel/vfs/fs.h>

/* Pages on their way into one bio. */
struct reader {
    struct inode *inode;
    block_map_fn map;
    struct bio *bio;
    sector_t next_sector; /* behind the bio */
    bool drop_refs;       /* readahead: completion also drops the pages' references */
    struct block_run run; /* last answer of map, from run_block on */
    u64 run_block;
    unsigned int pages_wanted; /* still to come: the size of a new bio */
};

static void page_finish(struct page *page, int status, bool drop_ref)
{
    page_flag_set(page, status ? PG_ERROR : PG_UPTODATE);
    page_unlock(page);
    if (drop_ref)
        page_put(page);
}

/* Neighbouring pages may have been joined into one vector. */
static void read_end(struct bio *bio)
{
    bool drop_refs = bio->private;

    for (unsigned int i = 0; i < bio->nr_vecs; i++) {
        struct page *page = bio->vecs[i].bv_page;
        u32 bytes = bio->vecs[i].bv_offset + bio->vecs[i].bv_len;

        for (u32 done = 0; done < bytes; done += PAGE_SIZE)
            page_finish(page++, bio->status, drop_refs);
    }
    bio_free(bio);
}

static void reader_flush(struct reader *r)
{
    struct bio *bio = r->bio;

    r->bio = NULL;
    if (bio)
        bio_submit(bio);
}

static unsigned int blocks_per_page(const struct reader *r)
{
    return PAGE_SIZE >> r->inode->blkbits;
}

/* The run at `block`, from the last answer if it reaches so far. */
static int run_at(struct reader *r, u64 block, u32 max_blocks, struct block_run *run)
{
    u64 skip = block - r->run_block;
    int err = 0;

    if (block < r->run_block || skip >= r->run.nr_blocks) {
        r->run.nr_blocks = 0;
        err = r->map(r->inode, block, max_blocks, &r->run);
        if (err)
            return err;
        r->run_block = block;
        skip = 0;
    }
    *run = r->run;
    run->nr_blocks -= skip;
    if (!run->hole)
        run->sector += skip << (r->inode->blkbits - SECTOR_SHIFT);
    return 0;
}

/* Sends bytes of page through the bio, which continues it or is begun. */
static int page_add(struct reader *r, struct page *page, sector_t sector, u32 bytes)
{
    for (;;) {
        if (r->bio && r->next_sector != sector)
            reader_flush(r);
        if (!r->bio) {
            unsigned int vecs = clamp(r->pages_wanted, 1U, (unsigned int)BIO_MAX_VECS);

            r->bio = bio_alloc(r->inode->sb->bdev, vecs, BIO_READ,
                               r->drop_refs ? BIO_RAHEAD : BIO_SYNC, GFP_NOFS);
            if (!r->bio)
                return -ENOMEM;
            r->bio->sector = sector;
            r->bio->end_io = read_end;
            r->bio->private = r->drop_refs ? r->bio : NULL; /* only whether */
        }
        if (bio_add_page(r->bio, page, bytes, 0))
            break;
        if (r->bio->size_bytes == 0)
            return -EIO;
        reader_flush(r);
    }
    r->next_sector = sector + (bytes >> SECTOR_SHIFT);
    return 0;
}

static int piece_read(struct reader *r, struct page *page, u32 offset, u32 bytes, sector_t sector)
{
    struct bio *bio = bio_alloc(r->inode->sb->bdev, 1, BIO_READ, BIO_SYNC, GFP_NOFS);
    int err;

    if (!bio)
        return -ENOMEM;
    bio->sector = sector;
    err = bio_add_page(bio, page, bytes, offset) ? bio_submit_wait(bio) : -EIO;
    bio_free(bio);
    return err;
}

/* Puts a page together block by block. The page is finished on return. */
static int page_assemble(struct reader *r, struct page *page)
{
    u8 bits = r->inode->blkbits;
    u64 first = page->index << (PAGE_SHIFT - bits);
    u32 at = 0, nr = blocks_per_page(r);
    int err = 0;

    while (at < nr && !err) {
        u8 *to = (u8 *)page_address(page) + ((size_t)at << bits);
        struct block_run run;
        u32 bytes;

        err = run_at(r, first + at, nr - at, &run);
        if (err)
            break;
        run.nr_blocks = min(run.nr_blocks, nr - at);
        bytes = run.nr_blocks << bits;
        if (run.hole)
            memset(to, 0, bytes);
        else if (run.data)
            memcpy(to, run.data, bytes);
        else
            err = piece_read(r, page, at << bits, bytes, run.sector);
        at += run.nr_blocks;
    }
    page_finish(page, err, r->drop_refs);
    return err;
}

/* How many blocks of the page from its first on are one run with only zeroes behind; 0: not simple.
 */
static int page_simple_blocks(struct reader *r, struct page *page, struct block_run *run)
{
    u64 first = page->index << (PAGE_SHIFT - r->inode->blkbits);
    u32 nr = blocks_per_page(r), len;
    struct block_run rest;
    int err = run_at(r, first, max(r->pages_wanted, 1U) * nr, run);

    if (err)
        return err;
    len = min(run->nr_blocks, nr);
    if (run->data || (run->hole && len < nr))
        return 0;
    if (len == nr)
        return len;
    err = run_at(r, first + len, nr - len, &rest);
    if (err)
        return err;
    return rest.hole && rest.nr_blocks >= nr - len ? len : 0;
}

/* Behind the end of the file there are zeroes, whatever the disk says: mappings show them. */
static int page_read(struct reader *r, struct page *page)
{
    struct block_run run;
    int blocks = page_simple_blocks(r, page, &run), err;
    u32 bytes;

    if (blocks < 0) {
        page_finish(page, blocks, r->drop_refs);
        return blocks;
    }
    if (blocks == 0)
        return page_assemble(r, page);
    if (run.hole) {
        memset(page_address(page), 0, PAGE_SIZE);
        page_finish(page, 0, r->drop_refs);
        return 0;
    }
    bytes = (u32)blocks << r->inode->blkbits;
    if (bytes < PAGE_SIZE)
        memset((u8 *)page_address(page) + bytes, 0, PAGE_SIZE - bytes);
    err = page_add(r, page, run.sector, bytes);
    if (err)
        page_finish(page, err, r->drop_refs);
    return err;
}

int block_read_page(struct page *page, block_map_fn map)
{
    struct reader r = {.inode = page->mapping->host, .map = map, .pages_wanted = 1};
    int err = page_read(&r, page);

    reader_flush(&r);
    return err;
}

void block_readahead(struct readahead_control *rac, block_map_fn map)
{
    struct reader r = {.inode = rac->mapping->host, .map = map, .drop_refs = true};
    struct page *page;

    r.pages_wanted = rac->nr_pages;
    while ((page = readahead_next_page(rac))) {
        page_read(&r, page);
        if (r.pages_wanted > 1)
            r.pages_wanted--;
    }
    reader_flush(&r);
}
