/* SPDX-License-Identifier: MIT */
/*
 * Dirty pages and their way to the disk.
 *
 * A page becomes dirty once (PG_DIRTY and the DIRTY mark of its place in the mapping); its inode is
 * then on its file system's list of dirty inodes. Writing back finds pages by mark, and for each:
 * lock, look again, clear DIRTY, set WRITEBACK, give it to the file system, which unlocks it when
 * it has taken it and calls page_end_writeback() when the device has. A page that is dirtied
 * meanwhile becomes dirty again.
 *
 * For data integrity (fsync) a writer must not chase pages that others keep dirtying: it first
 * marks what is dirty now (TOWRITE) and writes only that.
 *
 * Errors: what a write-back reported is kept in mapping->wb_err as a sequence; every open file sees
 * each error once (errseq).
 *
 * Locking: page lock > mapping->lock (interrupts off).
 */
#include <kernel/mm/writeback.h>

#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/fs.h>

#define BATCH 16

/* --- becoming dirty and clean --- */

bool filemap_dirty_page(struct page *page)
{
    struct address_space *mapping = page->mapping;
    unsigned long flags;

    if (page_flag_test_set(page, PG_DIRTY))
        return false;
    if (!mapping)
        return true;
    spin_lock_irqsave(&mapping->lock, flags);
    if (page->mapping == mapping) {
        xa_set_mark(&mapping->pages, page->index, PAGE_MARK_DIRTY);
        if (!(mapping->flags & MAPPING_UNEVICTABLE)) {
            vm_counter_inc(NR_FILE_DIRTY);
            vm_counter_inc(DIRTIED);
            flusher_arm();
        }
    }
    spin_unlock_irqrestore(&mapping->lock, flags);
    /* A block device's inode is on no file system: its pages are found through the device. */
    if (mapping->host && mapping->host->sb && !(mapping->flags & MAPPING_UNEVICTABLE))
        inode_mark_dirty(mapping->host, I_DIRTY_PAGES);
    return true;
}

bool page_dirty(struct page *page)
{
    struct address_space *mapping = page->mapping;

    if (mapping && mapping->ops->dirty_page)
        return mapping->ops->dirty_page(mapping, page);
    return filemap_dirty_page(page);
}

void page_clear_dirty(struct page *page)
{
    struct address_space *mapping = page->mapping;

    if (!page_flag_test_clear(page, PG_DIRTY) || !mapping)
        return;
    if (!(mapping->flags & MAPPING_UNEVICTABLE))
        vm_counter_add(NR_FILE_DIRTY, -1);
    spin_lock_irq(&mapping->lock);
    if (!page_flag_test(page, PG_DIRTY))
        xa_clear_mark(&mapping->pages, page->index, PAGE_MARK_DIRTY);
    spin_unlock_irq(&mapping->lock);
}

void page_start_writeback(struct page *page)
{
    struct address_space *mapping = page->mapping;

    DEBUG_ASSERT(page_flag_test(page, PG_LOCKED));
    spin_lock_irq(&mapping->lock);
    page_flag_set(page, PG_WRITEBACK);
    xa_set_mark(&mapping->pages, page->index, PAGE_MARK_WRITEBACK);
    xa_clear_mark(&mapping->pages, page->index, PAGE_MARK_TOWRITE);
    if (!page_flag_test(page, PG_DIRTY))
        xa_clear_mark(&mapping->pages, page->index, PAGE_MARK_DIRTY);
    spin_unlock_irq(&mapping->lock);
    page_get(page); /* until the end */
    vm_counter_inc(NR_WRITEBACK);
}

void page_end_writeback(struct page *page)
{
    struct address_space *mapping = page->mapping;
    unsigned long flags;

    spin_lock_irqsave(&mapping->lock, flags);
    xa_clear_mark(&mapping->pages, page->index, PAGE_MARK_WRITEBACK);
    spin_unlock_irqrestore(&mapping->lock, flags);
    vm_counter_add(NR_WRITEBACK, -1);
    vm_counter_inc(WRITTEN);
    page_writeback_done(page);
    page_put(page);
}

/* --- errors --- */

/* The low 12 bits are the errno, one bit says that somebody has seen it, the rest counts. */
#define ERRSEQ_SEEN  (1U << 12)
#define ERRSEQ_COUNT (1U << 13)

void mapping_set_error(struct address_space *mapping, int error)
{
    u32 old = READ_ONCE(mapping->wb_err), new;

    if (error >= 0)
        return;
    do {
        new = (old & ~(ERRSEQ_COUNT - 1)) | (u32)-error;
        if (old & ERRSEQ_SEEN)
            new += ERRSEQ_COUNT;
    } while (!try_cmpxchg(&mapping->wb_err, &old, new));
    __atomic_fetch_or(&mapping->flags, error == -ENOSPC ? MAPPING_ENOSPC : MAPPING_EIO,
                      __ATOMIC_RELAXED);
}

u32 mapping_error_sample(struct address_space *mapping)
{
    u32 old = READ_ONCE(mapping->wb_err);

    /* An error that nobody has seen yet is reported to the new opener, too. */
    return old & ERRSEQ_SEEN || old == 0 ? old : 0;
}

int mapping_error_check(struct address_space *mapping, u32 *since)
{
    u32 old = READ_ONCE(mapping->wb_err);

    if (likely(old == *since))
        return 0;
    if (!(old & ERRSEQ_SEEN))
        old = __atomic_fetch_or(&mapping->wb_err, ERRSEQ_SEEN, __ATOMIC_RELAXED) | ERRSEQ_SEEN;
    if (old == *since)
        return 0;
    *since = old;
    return -(int)(old & 0xfff);
}

/* --- writing --- */

/* References to up to BATCH pages of [*index, last] with the mark; *index moves behind them. */
static unsigned int pages_marked(struct address_space *mapping, u64 *index, u64 last,
                                 xa_mark_t mark, struct page **pages)
{
    unsigned int n = 0;

    rcu_read_lock();
    while (n < BATCH && *index <= last) {
        u64 at = *index;
        struct page *page = xa_find_marked(&mapping->pages, &at, last, mark);

        if (!page || xa_is_value(page)) {
            if (!page)
                break;
            *index = at + 1;
            continue;
        }
        *index = at + 1;
        if (page_try_get(page))
            pages[n++] = page;
    }
    rcu_read_unlock();
    return n;
}

/* Marks what is dirty now in [first, last] for a data-integrity pass. */
static void tag_for_write(struct address_space *mapping, u64 first, u64 last)
{
    u64 index = first;
    unsigned int n = 0;

    spin_lock_irq(&mapping->lock);
    while (xa_find_marked(&mapping->pages, &index, last, PAGE_MARK_DIRTY)) {
        xa_set_mark(&mapping->pages, index, PAGE_MARK_TOWRITE);
        if (index++ == last)
            break;
        if (++n % 1024)
            continue;
        spin_unlock_irq(&mapping->lock);
        cond_resched();
        spin_lock_irq(&mapping->lock);
    }
    spin_unlock_irq(&mapping->lock);
}

/* Locks the page if it is (still) to be written. */
static bool page_lock_for_write(struct address_space *mapping, struct page *page,
                                const struct writeback_control *wbc)
{
    page_lock(page);
    if (page->mapping != mapping || !page_flag_test(page, PG_DIRTY))
        goto skip;
    if (page_flag_test(page, PG_WRITEBACK)) {
        if (!wbc->sync_all)
            goto skip;
        page_wait_writeback(page);
    }
    page_clear_dirty(page);
    return true;
skip:
    page_unlock(page);
    return false;
}

int filemap_write_pages(struct address_space *mapping, struct writeback_control *wbc,
                        page_write_fn write, void *arg)
{
    u64 index = wbc->start >> PAGE_SHIFT, last = wbc->end >> PAGE_SHIFT;
    xa_mark_t mark = wbc->sync_all ? PAGE_MARK_TOWRITE : PAGE_MARK_DIRTY;
    struct page *pages[BATCH];
    unsigned int n;
    int result = 0;

    if (wbc->sync_all)
        tag_for_write(mapping, index, last);
    while ((wbc->sync_all || wbc->nr_to_write > 0) &&
           (n = pages_marked(mapping, &index, last, mark, pages)) > 0) {
        for (unsigned int i = 0; i < n; i++) {
            if (page_lock_for_write(mapping, pages[i], wbc)) {
                int err = write(pages[i], wbc, arg);

                wbc->nr_to_write--;
                if (err) {
                    mapping_set_error(mapping, err);
                    result = result ? result : err;
                }
            }
            page_put(pages[i]);
        }
        cond_resched();
    }
    return result;
}

static int mapping_write(struct address_space *mapping, struct writeback_control *wbc)
{
    if (!mapping->ops->writepages || !xa_marked(&mapping->pages, PAGE_MARK_DIRTY))
        return 0;
    return mapping->ops->writepages(mapping, wbc);
}

int filemap_write_range(struct address_space *mapping, u64 start, u64 end)
{
    struct writeback_control wbc = {
        .start = start, .end = end, .nr_to_write = INT64_MAX, .sync_all = true};

    return mapping_write(mapping, &wbc);
}

void filemap_wait_keep_errors(struct address_space *mapping, u64 start, u64 end)
{
    u64 index = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
    struct page *pages[BATCH];
    unsigned int n;

    while ((n = pages_marked(mapping, &index, last, PAGE_MARK_WRITEBACK, pages)) > 0)
        for (unsigned int i = 0; i < n; i++) {
            page_wait_writeback(pages[i]);
            page_put(pages[i]);
        }
}

int filemap_wait_range(struct address_space *mapping, u64 start, u64 end)
{
    u32 flags;

    filemap_wait_keep_errors(mapping, start, end);
    flags = __atomic_fetch_and(&mapping->flags, ~(MAPPING_EIO | MAPPING_ENOSPC), __ATOMIC_RELAXED);
    if (flags & MAPPING_EIO)
        return -EIO;
    return flags & MAPPING_ENOSPC ? -ENOSPC : 0;
}

int filemap_write_and_wait(struct address_space *mapping, u64 start, u64 end)
{
    int err, waited;

    if (mapping->nr_pages == 0 || end < start)
        return 0;
    err = filemap_write_range(mapping, start, end);
    waited = filemap_wait_range(mapping, start, end);
    return err ? err : waited;
}
