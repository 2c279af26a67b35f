// SPDX-License-Identifier: MIT
/*
 * Pages, the page cache and a block device that is a piece of memory. Every page is poisoned (for
 * AddressSanitizer) while it is free, and no two pages in use are neighbours, so that a step beyond
 * a page is seen. Bios complete inside bio_submit().
 */
#include "shim.h"
#include <kernel/base/panic.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SHIM_PAGES 65536UL

static long live_pages, live_bios;
static unsigned long next_pfn, *free_pfns, nr_free;

long shim_pages_live(void)
{
    return live_pages;
}

long shim_bios_live(void)
{
    return live_bios;
}

static void back(unsigned long base, size_t size)
{
    void *p = mmap((void *)base, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)base) {
        perror("mmap");
        exit(1);
    }
}

static void memory_init(void)
{
    if (free_pfns)
        return;
    free_pfns = calloc(SHIM_PAGES, sizeof(*free_pfns));
    back(DIRECT_MAP_BASE, SHIM_PAGES * PAGE_SIZE);
    back(PAGE_ARRAY_BASE, SHIM_PAGES * sizeof(struct page));
    ASAN_POISON_MEMORY_REGION((void *)DIRECT_MAP_BASE, SHIM_PAGES * PAGE_SIZE);
}

struct page *page_alloc(gfp_t gfp, unsigned int order)
{
    struct page *page;
    unsigned long pfn;

    ASSERT(order == 0);
    memory_init();
    if (nr_free)
        pfn = free_pfns[--nr_free];
    else
        pfn = next_pfn += 2;
    ASSERT(pfn < SHIM_PAGES);
    page = pfn_to_page(pfn);
    memset(page, 0, sizeof(*page));
    atomic_set(&page->refcount, 1);
    ASAN_UNPOISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
    memset(page_address(page), gfp & GFP_ZERO ? 0 : 0xa5, PAGE_SIZE);
    live_pages++;
    return page;
}

void page_release(struct page *page)
{
    ASSERT(!page_flag_test(page, PG_LOCKED));
    ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
    free_pfns[nr_free++] = page_to_pfn(page);
    live_pages--;
}

void page_unlock(struct page *page)
{
    ASSERT(page_flag_test_clear(page, PG_LOCKED));
}

void page_lock(struct page *page)
{
    ASSERT(!page_flag_test_set(page, PG_LOCKED)); /* one thread: it would wait for ever */
}

/* --- the device --- */
struct block_device *shim_bdev_create(void *image, size_t size)
{
    struct block_device *bdev = calloc(1, sizeof(*bdev));

    bdev->disk = calloc(1, sizeof(*bdev->disk));
    bdev->disk->private = image;
    bdev->disk->limits.logical_block_size = 512;
    bdev->nr_sectors = size >> SECTOR_SHIFT;
    return bdev;
}

void shim_bdev_destroy(struct block_device *bdev)
{
    free(bdev->disk);
    free(bdev);
}

int bdev_read(struct block_device *bdev, u64 offset, u32 size, struct bdev_buf *buf)
{
    u64 page_start = offset & ~(u64)(PAGE_SIZE - 1), end = bdev_size_bytes(bdev);
    u32 within = offset - page_start;

    ASSERT(is_power_of_2(size) && IS_ALIGNED(offset, size) && within + size <= PAGE_SIZE);
    if (offset > end || size > end - offset)
        return -EINVAL;
    buf->page = page_alloc(GFP_KERNEL, 0);
    buf->data = (u8 *)page_address(buf->page) + within;
    memcpy(page_address(buf->page), (u8 *)bdev->disk->private + page_start,
           min_t(u64, PAGE_SIZE, end - page_start));
    /* Only what was asked for may be touched. */
    ASAN_POISON_MEMORY_REGION(page_address(buf->page), within);
    ASAN_POISON_MEMORY_REGION((u8 *)buf->data + size, PAGE_SIZE - within - size);
    return 0;
}

void bdev_release(struct bdev_buf *buf)
{
    page_put(buf->page);
    buf->page = NULL;
}

struct bio *bio_alloc(struct block_device *bdev, unsigned int nr_vecs, enum bio_op op, u32 flags,
                      gfp_t gfp)
{
    struct bio *bio = calloc(1, sizeof(*bio) + nr_vecs * sizeof(struct bio_vec));

    ASSERT(nr_vecs > 0 && nr_vecs <= BIO_MAX_VECS);
    *bio = (struct bio){.bdev = bdev, .op = op, .flags = flags, .max_vecs = nr_vecs};
    live_bios++;
    return bio;
}

void bio_free(struct bio *bio)
{
    live_bios--;
    free(bio);
}

bool bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset)
{
    ASSERT(len > 0 && offset + len <= PAGE_SIZE && page_flag_test(page, PG_LOCKED));
    if (bio->nr_vecs == bio->max_vecs)
        return false;
    bio->vecs[bio->nr_vecs++] = (struct bio_vec){page, len, offset};
    bio->size_bytes += len;
    return true;
}

static int bio_run(struct bio *bio)
{
    u64 at = bio->sector << SECTOR_SHIFT;

    ASSERT(bio->op == BIO_READ && bio->size_bytes && bio->size_bytes % SECTOR_SIZE == 0);
    if (bio->sector > bio->bdev->nr_sectors ||
        bio->size_bytes > (bio->bdev->nr_sectors - bio->sector) << SECTOR_SHIFT)
        return -EIO;
    for (unsigned int i = 0; i < bio->nr_vecs; i++) {
        memcpy((u8 *)page_address(bio->vecs[i].bv_page) + bio->vecs[i].bv_offset,
               (u8 *)bio->bdev->disk->private + at, bio->vecs[i].bv_len);
        at += bio->vecs[i].bv_len;
    }
    return 0;
}

void bio_submit(struct bio *bio)
{
    bio->status = bio_run(bio);
    bio->end_io(bio);
}

int bio_submit_wait(struct bio *bio)
{
    return bio->status = bio_run(bio);
}

/* --- the cache --- */
static struct page *cache_grab(struct address_space *mapping, u64 index)
{
    struct page *page = page_alloc(GFP_KERNEL, 0);

    page->mapping = mapping;
    page->index = index;
    page_flag_set(page, PG_LOCKED);
    ASSERT(!xa_is_err(xa_store(&mapping->pages, index, page, GFP_KERNEL)));
    return page;
}

struct page *filemap_find_page(struct address_space *mapping, u64 index)
{
    struct page *page = xa_load(&mapping->pages, index);

    return page ? page_get(page) : NULL;
}

struct page *filemap_read_page(struct address_space *mapping, u64 index, struct file *file)
{
    struct page *page = xa_load(&mapping->pages, index);

    if (!page)
        page = cache_grab(mapping, index);
    if (!page_flag_test(page, PG_UPTODATE)) {
        int err;

        page_flag_clear(page, PG_ERROR);
        page_flag_set(page, PG_LOCKED);
        err = mapping->ops->read_page(file, mapping, page);
        ASSERT(!page_flag_test(page, PG_LOCKED));
        if (err || !page_flag_test(page, PG_UPTODATE))
            return ERR_PTR(err ? err : -EIO);
    }
    return page_get(page);
}

struct page *readahead_next_page(struct readahead_control *rac)
{
    struct page *page;

    if (!rac->nr_pages)
        return NULL;
    page = xa_load(&rac->mapping->pages, rac->index);
    rac->index++;
    rac->nr_pages--;
    return page_get(page);
}

static void read_ahead(struct inode *inode, u64 index, unsigned int nr)
{
    struct address_space *mapping = inode->mapping;
    struct readahead_control rac = {.mapping = mapping, .index = index};
    u64 end = DIV_ROUND_UP((u64)inode->size, PAGE_SIZE);

    while (rac.nr_pages < nr && index + rac.nr_pages < end &&
           !xa_load(&mapping->pages, index + rac.nr_pages)) {
        cache_grab(mapping, index + rac.nr_pages);
        rac.nr_pages++;
    }
    if (!rac.nr_pages)
        return;
    nr = rac.nr_pages;
    mapping->ops->readahead(&rac);
    for (unsigned int i = 0; i < nr; i++) {
        struct page *page = xa_load(&mapping->pages, index + i);

        if (page_flag_test(page, PG_LOCKED)) { /* not taken */
            ASSERT(i >= nr - rac.nr_pages);
            page_unlock(page);
        }
    }
}

ssize_t shim_read(struct inode *inode, loff_t offset, void *buf, size_t size, unsigned int nr_ahead)
{
    size_t done = 0;

    if (offset >= inode->size)
        return 0;
    size = min_t(u64, size, inode->size - offset);
    while (done < size) {
        u64 at = offset + done, index = at >> PAGE_SHIFT;
        size_t within = at & (PAGE_SIZE - 1), n = min(size - done, PAGE_SIZE - within);
        struct page *page;

        if (nr_ahead > 1 && inode->mapping->ops->readahead)
            read_ahead(inode, index, nr_ahead);
        page = filemap_read_page(inode->mapping, index, NULL);
        if (IS_ERR(page))
            return done ? (ssize_t)done : PTR_ERR(page);
        memcpy((u8 *)buf + done, (u8 *)page_address(page) + within, n);
        page_put(page);
        done += n;
    }
    return done;
}

void truncate_pages(struct address_space *mapping, loff_t start)
{
    struct page *page;
    u64 index;

    ASSERT(start == 0);
    xa_for_each (&mapping->pages, index, page) {
        ASSERT(!page_flag_test(page, PG_LOCKED));
        xa_erase(&mapping->pages, index);
        page_put(page);
    }
    xa_destroy(&mapping->pages);
}
