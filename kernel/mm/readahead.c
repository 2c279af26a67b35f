/* SPDX-License-Identifier: MIT */
/*
 * Readahead: having the next pages before they are asked for.
 *
 * Each open file has a window [start, start + size) of pages that were requested last, the last
 * async_size of which nobody had asked for. The first of these carries PG_READAHEAD: reading it
 * means that the reader has caught up with the guess, and the next window, twice as large up to the
 * limit, is started while there are still async_size pages to go.
 *
 * A miss decides what kind of reader it is: one at the file's start or right behind the last read
 * is sequential and gets a window; so does one that finds the pages before it in the cache (several
 * readers of one file, or a file opened anew); anything else is random and gets what it asked for.
 *
 * Pages are inserted locked; runs of them go to the file system's readahead, which makes few large
 * requests of them. Nothing here fails: pages not read ahead are read one by one later.
 *
 * Locking: the window is the file's and is changed without a lock; a race makes a poor guess.
 */
#include "readahead.h"

#include "internal.h"

#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/mm/filemap.h>
#include <kernel/vfs/fs.h>

#define WINDOW_DEFAULT 32U /* pages */

struct page *readahead_next_page(struct readahead_control *rac)
{
    struct page *page;

    if (rac->nr_pages == 0)
        return NULL;
    /* Inserted and locked by us, so it is still there; the reference is the one of its allocation.
     */
    page = xa_load(&rac->mapping->pages, rac->index);
    rac->index++;
    rac->nr_pages--;
    return page;
}

/* Hands a run of inserted pages to the file system; what it leaves is read singly. */
static void run_submit(struct readahead_control *rac)
{
    const struct address_space_operations *ops = rac->mapping->ops;
    struct page *page;

    if (rac->nr_pages == 0)
        return;
    vm_counter_add(READAHEAD_PAGES, rac->nr_pages);
    if (ops->readahead)
        ops->readahead(rac);
    while ((page = readahead_next_page(rac))) {
        (void)ops->read_page(rac->file, rac->mapping, page);
        page_put(page);
    }
}

/* A page for index, in the cache and locked; NULL when there is one already or no memory. */
static struct page *page_insert(struct address_space *mapping, u64 index)
{
    gfp_t gfp = mapping->gfp | GFP_NOWARN | GFP_NORETRY;
    struct page *page = page_alloc(gfp, 0);

    if (page && filemap_add_page(mapping, page, index, gfp)) {
        page_put(page);
        page = NULL;
    }
    return page;
}

/* Starts reading the pages of [start, start + nr) that are not cached; marker gets PG_READAHEAD. */
static void pages_read(struct file *file, struct address_space *mapping, u64 start, unsigned int nr,
                       u64 marker)
{
    struct readahead_control rac = {.file = file, .mapping = mapping, .index = start};
    u64 last = mapping->host->size ? (mapping->host->size - 1) >> PAGE_SHIFT : 0;

    if (mapping->host->size == 0 || start > last)
        return;
    nr = min_t(u64, nr, last - start + 1);
    for (u64 index = start; index < start + nr; index++) {
        void *old = xa_load(&mapping->pages, index);
        struct page *page = old && !xa_is_value(old) ? NULL : page_insert(mapping, index);

        if (page) {
            if (index == marker)
                page_flag_set(page, PG_READAHEAD);
            rac.nr_pages++;
            continue;
        }
        run_submit(&rac);
        rac = (struct readahead_control){.file = file, .mapping = mapping, .index = index + 1};
    }
    run_submit(&rac);
}

static unsigned int window_max(const struct readahead_state *ra)
{
    return ra->max_pages ? ra->max_pages : WINDOW_DEFAULT;
}

/* The first window for a request of nr pages: generous for small requests. */
static unsigned int window_first(unsigned int nr, unsigned int max)
{
    unsigned int size = roundup_pow_of_two(nr);

    if (size <= max / 32)
        return size * 4;
    if (size <= max / 4)
        return size * 2;
    return max;
}

static unsigned int window_next(unsigned int size, unsigned int max)
{
    return min(size < max / 16 ? size * 4 : size * 2, max);
}

static void window_read(struct file *file, struct address_space *mapping)
{
    struct readahead_state *ra = &file->ra;

    pages_read(file, mapping, ra->start, ra->size, ra->start + ra->size - ra->async_size);
}

/* Pages in the cache right before index, up to max: the trace of a reader before us. */
static unsigned int history(struct address_space *mapping, u64 index, unsigned int max)
{
    unsigned int n = 0;

    while (n < max && n < index) {
        void *entry = xa_load(&mapping->pages, index - n - 1);

        if (!entry || xa_is_value(entry))
            break;
        n++;
    }
    return n;
}

static bool is_sequential(struct file *file, struct address_space *mapping, u64 index,
                          unsigned int nr)
{
    u64 last = (u64)file->ra.prev_pos >> PAGE_SHIFT;

    if (index == 0 || index - last <= 1)
        return true;
    return history(mapping, index, nr + 1) > nr;
}

void readahead_miss(struct file *file, struct address_space *mapping, u64 index, unsigned int nr)
{
    struct readahead_state *ra;
    unsigned int max;

    if (!file) {
        pages_read(NULL, mapping, index, nr, ~0ULL);
        return;
    }
    ra = &file->ra;
    max = max(window_max(ra), 1U);
    nr = min(nr, max);
    if (ra->max_pages == READAHEAD_RANDOM || !is_sequential(file, mapping, index, nr)) {
        pages_read(file, mapping, index, nr, ~0ULL);
        return;
    }
    ra->start = index;
    ra->size = max(window_first(nr, max), nr);
    ra->async_size = ra->size > nr ? ra->size - nr : ra->size;
    window_read(file, mapping);
}

void readahead_hit(struct file *file, struct address_space *mapping, struct page *page, u64 index)
{
    struct readahead_state *ra = &file->ra;
    unsigned int max = window_max(ra);

    page_flag_clear(page, PG_READAHEAD);
    vm_counter_inc(READAHEAD_HIT);
    if (index == ra->start + ra->size - ra->async_size) {
        ra->start += ra->size;
        ra->size = window_next(ra->size, max);
    } else {
        /* Somebody else's marker: begin a window behind what is cached. */
        ra->start = index + 1;
        ra->size = window_first(1, max);
    }
    ra->async_size = ra->size;
    window_read(file, mapping);
}
