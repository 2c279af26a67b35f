/* SPDX-License-Identifier: MIT */
/*
 * The page cache's index: which page holds which part of which file.
 *
 * A mapping's pages are in an xarray by index. The cache has one reference on each. Look-ups take
 * no lock: under RCU they find a page, try to take a reference, and look whether the page still has
 * the identity (mapping, index) they wanted; a page on its way out has lost its identity before it
 * loses the cache's reference, and a freed page cannot be taken at all.
 *
 * When reclaim evicts a page it leaves a shadow entry (an integer) that remembers when; a page that
 * comes back soon is known to belong to the working set.
 *
 * A new page enters locked and not up to date; whoever put it there fills it and unlocks it. All
 * others wait on its lock and then look at PG_UPTODATE.
 *
 * Locking: mapping->lock (interrupts off, because the end of writeback clears marks) over changes
 * of the xarray and nr_pages. Page lock > mapping->lock > LRU lock.
 */
#include <kernel/mm/filemap.h>

#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>

void address_space_init(struct address_space *mapping, struct inode *host,
                        const struct address_space_operations *ops, gfp_t gfp)
{
    mapping->host = host;
    xa_init(&mapping->pages);
    spin_lock_init(&mapping->lock);
    mapping->nr_pages = 0;
    mapping->ops = ops;
    mapping->gfp = gfp;
    mapping->flags = 0;
    mapping->wb_err = 0;
    rwsem_init(&mapping->invalidate_lock);
    rwsem_init(&mapping->i_mmap_rwsem);
    mapping->i_mmap = RB_ROOT_CACHED;
    atomic_set(&mapping->i_mmap_writable, 0);
    mapping->futex_space = 0;
    mapping->private = NULL;
}

void address_space_fini(struct address_space *mapping)
{
    ASSERT(mapping->nr_pages == 0);
    xa_destroy(&mapping->pages); /* shadow entries */
}

static inline bool page_is_at(const struct page *page, const struct address_space *mapping,
                              u64 index)
{
    return READ_ONCE(page->mapping) == mapping && READ_ONCE(page->index) == index;
}

struct page *filemap_find_page(struct address_space *mapping, u64 index)
{
    struct page *page;

    rcu_read_lock();
    for (;;) {
        page = xa_load(&mapping->pages, index);
        if (!page || xa_is_value(page)) {
            page = NULL;
            break;
        }
        if (unlikely(!page_try_get(page)))
            continue;
        if (likely(page_is_at(page, mapping, index)))
            break;
        page_put(page);
    }
    rcu_read_unlock();
    return page;
}

struct page *filemap_lock_page(struct address_space *mapping, u64 index)
{
    for (;;) {
        struct page *page = filemap_find_page(mapping, index);

        if (!page)
            return NULL;
        page_lock(page);
        if (likely(page->mapping == mapping))
            return page;
        page_unlock(page);
        page_put(page);
    }
}

/* Puts the page into the index. mapping->lock held. 0, -EEXIST or -ENOMEM. */
static int index_store(struct address_space *mapping, struct page *page, struct xa_prealloc *pool,
                       void **shadow)
{
    void *old = xa_load(&mapping->pages, page->index);

    if (old && !xa_is_value(old))
        return -EEXIST;
    *shadow = old;
    if (pool) {
        xa_store_prealloc(&mapping->pages, page->index, page, pool);
        return 0;
    }
    old = xa_store(&mapping->pages, page->index, page, GFP_NOWAIT | GFP_NOWARN);
    return xa_err(old);
}

static int index_insert(struct address_space *mapping, struct page *page, struct xa_prealloc *pool,
                        void **shadow)
{
    int err;

    spin_lock_irq(&mapping->lock);
    err = index_store(mapping, page, pool, shadow);
    if (!err) {
        mapping->nr_pages++;
        vm_counter_inc(NR_FILE_PAGES);
        if (mapping->flags & MAPPING_UNEVICTABLE)
            vm_counter_inc(NR_SHMEM);
    }
    spin_unlock_irq(&mapping->lock);
    return err;
}

int filemap_add_page(struct address_space *mapping, struct page *page, u64 index, gfp_t gfp)
{
    void *shadow;
    int err;

    page_flag_set(page, PG_LOCKED);
    if (mapping->flags & MAPPING_UNEVICTABLE)
        page->flags |= 1U << PG_UNEVICTABLE | 1U << PG_SWAPBACKED;
    page_get(page); /* the cache's */
    page->index = index;
    WRITE_ONCE(page->mapping, mapping);
    err = index_insert(mapping, page, NULL, &shadow);
    if (unlikely(err == -ENOMEM)) {
        struct xa_prealloc pool = {};

        err = xa_prealloc(&pool, index, gfp & ~(GFP_ZERO | GFP_MOVABLE));
        if (!err)
            err = index_insert(mapping, page, &pool, &shadow);
        xa_prealloc_free(&pool);
    }
    if (unlikely(err)) {
        page->mapping = NULL;
        page_unlock(page);
        page_put(page);
        return err;
    }
    if (mapping->flags & MAPPING_UNEVICTABLE)
        return 0; /* marked as such before it could be found */
    if (shadow)
        workingset_refault(page, shadow);
    lru_add(page);
    return 0;
}

struct page *filemap_grab_page(struct address_space *mapping, u64 index, gfp_t gfp)
{
    for (;;) {
        struct page *page = filemap_lock_page(mapping, index);
        int err;

        if (page)
            return page;
        page = page_alloc(gfp, 0);
        if (!page)
            return ERR_PTR(-ENOMEM);
        err = filemap_add_page(mapping, page, index, gfp);
        if (!err)
            return page;
        page_put(page);
        if (err != -EEXIST)
            return ERR_PTR(err);
    }
}

void filemap_remove_locked(struct page *page, void *shadow)
{
    struct address_space *mapping = page->mapping;
    void *old;

    if (shadow)
        old = xa_store(&mapping->pages, page->index, shadow, GFP_NOWAIT);
    else
        old = xa_erase(&mapping->pages, page->index);
    DEBUG_ASSERT(old == page);
    if (shadow)
        for (xa_mark_t mark = 0; mark < XA_NR_MARKS; mark++)
            xa_clear_mark(&mapping->pages, page->index, mark);
    mapping->nr_pages--;
    vm_counter_add(NR_FILE_PAGES, -1);
    if (page_flag_test(page, PG_SWAPBACKED))
        vm_counter_add(NR_SHMEM, -1);
    WRITE_ONCE(page->mapping, NULL);
}

void filemap_remove_page(struct page *page)
{
    struct address_space *mapping = page->mapping;

    DEBUG_ASSERT(page_flag_test(page, PG_LOCKED));
    if (page_flag_test_clear(page, PG_DIRTY))
        vm_counter_add(NR_FILE_DIRTY, -1);
    spin_lock_irq(&mapping->lock);
    filemap_remove_locked(page, NULL);
    spin_unlock_irq(&mapping->lock);
    page_put(page);
}

/* Reads a locked page that is not up to date and waits for it. Consumes the lock. 0 or -errno. */
static int page_read_wait(struct file *file, struct address_space *mapping, struct page *page)
{
    int err;

    page_flag_clear(page, PG_ERROR);
    err = mapping->ops->read_page(file, mapping, page);
    if (err)
        return err;
    err = page_wait_unlocked_killable(page);
    if (err)
        return err;
    if (page_flag_test(page, PG_UPTODATE))
        return 0;
    return page_flag_test(page, PG_ERROR) || page->mapping == mapping ? -EIO : -EAGAIN;
}

int filemap_make_uptodate(struct file *file, struct address_space *mapping, struct page *page)
{
    int err = page_lock_killable(page);

    if (err)
        return err;
    if (page->mapping != mapping) {
        page_unlock(page);
        return -EAGAIN; /* truncated meanwhile: look it up again */
    }
    if (page_flag_test(page, PG_UPTODATE)) {
        page_unlock(page);
        return 0;
    }
    if (!mapping->ops->read_page) {
        page_unlock(page);
        return -EIO;
    }
    return page_read_wait(file, mapping, page);
}

static struct page *find_or_create(struct address_space *mapping, u64 index)
{
    struct page *page = filemap_find_page(mapping, index);
    int err;

    if (page)
        return page;
    page = page_alloc(mapping->gfp, 0);
    if (!page)
        return ERR_PTR(-ENOMEM);
    err = filemap_add_page(mapping, page, index, mapping->gfp);
    if (err) {
        page_put(page);
        return ERR_PTR(err);
    }
    page_unlock(page);
    return page;
}

struct page *filemap_read_page(struct address_space *mapping, u64 index, struct file *file)
{
    for (;;) {
        struct page *page = find_or_create(mapping, index);
        int err;

        if (IS_ERR(page)) {
            if (PTR_ERR(page) == -EEXIST)
                continue;
            return page;
        }
        if (likely(page_flag_test(page, PG_UPTODATE)))
            return page;
        err = filemap_make_uptodate(file, mapping, page);
        if (!err)
            return page;
        page_put(page);
        if (err != -EAGAIN)
            return ERR_PTR(err);
    }
}
