/* SPDX-License-Identifier: MIT */
/*
 * Taking pages out of the cache: because the file got shorter, a hole was punched, or nobody needs
 * them.
 *
 * Truncation first removes the translations of the range from every address space, then takes each
 * page's lock, waits for its writeback, tells the file system, and removes it. A fault that is
 * under way either has the page locked before (and truncation unmaps it again when it has the
 * lock), or finds it without a mapping afterwards and looks at the file's size. The caller has set
 * the new size already.
 */
#include <kernel/mm/filemap.h>

#include "internal.h"

#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/sched.h>

#define BATCH 16

static void page_unmap_everywhere(struct page *page)
{
    if (page_mapcount(page) > 0)
        unmap_mapping_pages(page->mapping, page->index, 1, true);
}

static void page_invalidate_fs(struct page *page, unsigned int offset, unsigned int len)
{
    const struct address_space_operations *ops = page->mapping->ops;

    if (ops->invalidate_page)
        ops->invalidate_page(page, offset, len);
}

/* Page locked. */
static void page_truncate(struct page *page)
{
    page_wait_writeback(page);
    page_unmap_everywhere(page);
    page_invalidate_fs(page, 0, PAGE_SIZE);
    filemap_remove_page(page);
}

/* Zeroes part of a page, if it is cached. */
static void page_truncate_partial(struct address_space *mapping, u64 index, unsigned int offset,
                                  unsigned int len)
{
    struct page *page = filemap_lock_page(mapping, index);

    if (!page)
        return;
    page_wait_writeback(page);
    if (page_flag_test(page, PG_UPTODATE))
        memset((char *)page_address(page) + offset, 0, len);
    page_invalidate_fs(page, offset, len);
    page_unlock(page);
    page_put(page);
}

/* References to up to BATCH pages of [*index, last]; *index moves behind them. How many. */
static unsigned int pages_collect(struct address_space *mapping, u64 *index, u64 last,
                                  struct page **pages)
{
    unsigned int n = 0;

    rcu_read_lock();
    while (n < BATCH && *index <= last) {
        u64 at = *index;
        struct page *page = xa_find(&mapping->pages, &at, last, XA_PRESENT);

        if (!page) {
            *index = last == ~0ULL ? last : last + 1;
            break;
        }
        *index = at + 1;
        if (!xa_is_value(page) && page_try_get(page))
            pages[n++] = page;
        if (at == ~0ULL)
            break;
    }
    rcu_read_unlock();
    return n;
}

/* Removes every page of [first, last]; false when there was none left to remove. */
static bool range_remove(struct address_space *mapping, u64 first, u64 last)
{
    struct page *pages[BATCH];
    u64 index = first;
    unsigned int n;
    bool any = false;

    while ((n = pages_collect(mapping, &index, last, pages)) > 0) {
        for (unsigned int i = 0; i < n; i++) {
            page_lock(pages[i]);
            if (pages[i]->mapping == mapping && pages[i]->index >= first &&
                pages[i]->index <= last) {
                page_truncate(pages[i]);
                any = true;
            }
            page_unlock(pages[i]);
            page_put(pages[i]);
        }
        cond_resched();
    }
    return any;
}

void truncate_pages_range(struct address_space *mapping, loff_t start, loff_t end_inclusive)
{
    u64 first = ((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
    u64 stop = ((u64)end_inclusive + 1) >> PAGE_SHIFT; /* first page that is not whole */
    unsigned int head = (u64)start & ~PAGE_MASK, tail = ((u64)end_inclusive + 1) & ~PAGE_MASK;

    if (mapping->nr_pages == 0 && xa_empty(&mapping->pages))
        return;
    if (first > stop) {
        page_truncate_partial(mapping, stop, head, tail - head);
        return;
    }
    if (head)
        page_truncate_partial(mapping, first - 1, head, PAGE_SIZE - head);
    if (tail)
        page_truncate_partial(mapping, stop, 0, tail);
    if (first == stop)
        return;
    unmap_mapping_pages(mapping, first, stop - first, true);
    /* Pages that were faulted in between are met by the next round. */
    while (range_remove(mapping, first, stop - 1))
        continue;
}

void truncate_pages(struct address_space *mapping, loff_t start)
{
    truncate_pages_range(mapping, start, INT64_MAX);
}

/* Whether nobody would notice that the page goes: the cache's reference and ours are the only ones.
 */
static bool page_is_unused(struct page *page)
{
    const u32 busy = 1U << PG_DIRTY | 1U << PG_WRITEBACK | 1U << PG_UNEVICTABLE;

    return !(READ_ONCE(page->flags) & busy) && page_mapcount(page) == 0;
}

bool filemap_evict_page(struct page *page, gfp_t gfp, void *shadow)
{
    struct address_space *mapping = page->mapping;
    int two = 2;

    if (!page_is_unused(page))
        return false;
    if (page_flag_test(page, PG_PRIVATE) &&
        (!mapping->ops->release_page || !mapping->ops->release_page(page, gfp)))
        return false;
    spin_lock_irq(&mapping->lock);
    /* From 2 (cache and caller) to 0: nobody can find it from here on. */
    if (!__atomic_compare_exchange_n(&page->refcount.counter, &two, 0, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED) ||
        page_flag_test(page, PG_DIRTY)) {
        if (two == 2)
            atomic_set(&page->refcount, 2);
        spin_unlock_irq(&mapping->lock);
        return false;
    }
    filemap_remove_locked(page, shadow);
    spin_unlock_irq(&mapping->lock);
    return true;
}

/* page->lock is taken and given back, or the page is freed. */
static bool page_try_invalidate(struct address_space *mapping, struct page *page)
{
    if (!page_trylock(page))
        return false;
    if (page->mapping == mapping && filemap_evict_page(page, GFP_KERNEL, NULL)) {
        page_unlock(page);
        page_release(page);
        return true;
    }
    page_unlock(page);
    return false;
}

unsigned long invalidate_clean_pages(struct address_space *mapping, u64 start, u64 end)
{
    struct page *pages[BATCH];
    unsigned long gone = 0;
    u64 index = start;
    unsigned int n;

    while ((n = pages_collect(mapping, &index, end, pages)) > 0) {
        for (unsigned int i = 0; i < n; i++) {
            if (page_try_invalidate(mapping, pages[i]))
                gone++;
            else
                page_put(pages[i]);
        }
        cond_resched();
    }
    return gone;
}
