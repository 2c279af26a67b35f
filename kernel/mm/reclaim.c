/* SPDX-License-Identifier: MIT */
/*
 * Reclaim: getting pages back when they run short.
 *
 * kswapd wakes when a zone falls below its low watermark and works until all zones are above high.
 * An allocation that finds no page above min reclaims by itself (direct reclaim). Both take pages
 * from the tail of the inactive list, a batch at a time:
 *
 *   used since it was last looked at    one more round on the active list
 *   mapped                              unmapped, and one more round: a program that uses it faults
 * it in again cheaply and thereby marks it used dirty or under writeback            kept; dirty
 * ones are started to be written (by kswapd alone) otherwise                           evicted,
 * leaving a shadow of when that was
 *
 * The inactive list is kept as long as the active one by moving pages down from the active list's
 * tail. Urgency (priority) says which part of the lists one pass looks at: 1/2^priority, all of it
 * at 0. Besides, registered caches (dentries, inodes) shrink in proportion, and slabs without
 * objects are freed.
 *
 * A task that reclaims has TASKF_MEMALLOC set: its own allocations may use the last pages and do
 * not reclaim.
 *
 * Locking: zone->lru_lock (interrupts off), never with a page lock inside; pages are taken off the
 * list with a reference before they are locked, by trying.
 */
#define LOG_PREFIX "mm: "

#include "internal.h"

#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/shrinker.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>

#define BATCH            32
#define PRIORITY_START   12
#define DIRECT_TARGET    32UL
#define KSWAPD_BACKOFF   (100 * NSEC_PER_MSEC)
#define SHRINKER_OBJECTS 128UL

SECTION_ARRAY_DEFINE(const struct shrinker, shrinkers);

struct scan {
    gfp_t gfp;
    bool is_kswapd;
    unsigned int priority;
    unsigned long scanned, reclaimed;
};

static DEFINE_WAIT_QUEUE(kswapd_wait);
static struct task *kswapd;

bool reclaim_is_active(void)
{
    return current->flags & TASKF_MEMALLOC;
}

/* --- one page --- */

enum verdict { PAGE_FREED, PAGE_KEEP, PAGE_ACTIVATE };

/* Starts writing the neighbourhood of a dirty page that reached the end of the list. */
static void write_some(struct page *page, struct address_space *mapping)
{
    u64 at = page->index << PAGE_SHIFT;
    struct writeback_control wbc = {
        .start = at, .end = at + BATCH * PAGE_SIZE - 1, .nr_to_write = BATCH};

    if (mapping->ops->writepages)
        (void)mapping->ops->writepages(mapping, &wbc);
}

static bool page_is_cacheable(const struct page *page)
{
    return page->mapping && !page_flag_test(page, PG_ANON);
}

/* The page is off the list, locked, with a reference of ours. The lock is given back. */
static enum verdict page_consider(struct page *page, struct scan *scan)
{
    struct address_space *mapping = page->mapping;

    if (!page_is_cacheable(page) || page_flag_test(page, PG_WRITEBACK)) {
        page_unlock(page);
        return PAGE_KEEP;
    }
    if (page_flag_test_clear(page, PG_REFERENCED)) {
        page_unlock(page);
        return PAGE_ACTIVATE;
    }
    if (page_mapcount(page) > 0) {
        unmap_mapping_pages(mapping, page->index, 1, false);
        if (scan->priority > 0 || page_mapcount(page) > 0) {
            page_unlock(page);
            return PAGE_KEEP;
        }
    }
    if (page_flag_test(page, PG_DIRTY)) {
        page_unlock(page);
        if (scan->is_kswapd)
            write_some(page, mapping);
        return PAGE_KEEP;
    }
    if (!filemap_evict_page(page, scan->gfp, workingset_eviction(page))) {
        page_unlock(page);
        return PAGE_KEEP;
    }
    page_unlock(page);
    return PAGE_FREED;
}

/* --- lists --- */

/* Takes up to nr pages off the tail of a list, each with a reference. */
static unsigned int list_isolate(struct zone *zone, enum lru_list list, unsigned int nr,
                                 struct list_head *out)
{
    unsigned int taken = 0, looked = 0;

    spin_lock_irq(&zone->lru_lock);
    while (looked++ < nr && !list_empty(&zone->lru[list])) {
        struct page *page = list_last_entry(&zone->lru[list], struct page, lru);

        if (!page_try_get(page)) { /* being freed: whoever does takes it off */
            list_move(&page->lru, &zone->lru[list]);
            continue;
        }
        page_flag_clear(page, PG_LRU);
        zone->nr_lru[list]--;
        list_move(&page->lru, out);
        taken++;
    }
    zone->scanned += looked;
    spin_unlock_irq(&zone->lru_lock);
    return taken;
}

static void page_put_back(struct page *page, bool active)
{
    if (active) {
        page_flag_set(page, PG_ACTIVE);
        vm_counter_inc(PGACTIVATE);
    }
    lru_add(page);
    page_put(page);
}

static void shrink_inactive(struct zone *zone, unsigned int nr, struct scan *scan)
{
    struct page *page, *next;
    LIST_HEAD(pages);

    scan->scanned += list_isolate(zone, LRU_INACTIVE_FILE, nr, &pages);
    list_for_each_entry_safe (page, next, &pages, lru) {
        enum verdict verdict = PAGE_KEEP;

        list_del(&page->lru);
        if (page_trylock(page))
            verdict = page_consider(page, scan);
        if (verdict == PAGE_FREED) {
            page_release(page);
            scan->reclaimed++;
        } else {
            page_put_back(page, verdict == PAGE_ACTIVATE);
        }
    }
}

/* Moves pages from the active to the inactive list; those used meanwhile stay. */
static void shrink_active(struct zone *zone, unsigned int nr)
{
    struct page *page, *next;
    LIST_HEAD(pages);

    vm_counter_add(PGREFILL, list_isolate(zone, LRU_ACTIVE_FILE, nr, &pages));
    list_for_each_entry_safe (page, next, &pages, lru) {
        list_del(&page->lru);
        if (page_flag_test_clear(page, PG_REFERENCED)) {
            page_put_back(page, false); /* still PG_ACTIVE */
            continue;
        }
        page_flag_clear(page, PG_ACTIVE);
        page_flag_set(page, PG_WORKINGSET);
        vm_counter_inc(PGDEACTIVATE);
        page_put_back(page, false);
    }
}

static bool inactive_is_short(const struct zone *zone)
{
    return zone->nr_lru[LRU_INACTIVE_FILE] < zone->nr_lru[LRU_ACTIVE_FILE];
}

/*
 * File pages that are left alone. When all memory is anonymous, the last file pages are the code
 * that runs: to evict them is to read them again at once, and the machine would do nothing else for
 * minutes before anybody calls it out of memory.
 */
static unsigned long zone_floor(const struct zone *zone)
{
    return clamp(zone->managed / 64, 64UL, 2048UL);
}

static void shrink_zone(struct zone *zone, struct scan *scan)
{
    unsigned long nr = zone->nr_lru[LRU_INACTIVE_FILE] + zone->nr_lru[LRU_ACTIVE_FILE];

    if (nr <= zone_floor(zone))
        return;
    nr = (nr >> scan->priority) + BATCH;
    while (nr > 0) {
        unsigned int n = min_t(unsigned long, nr, BATCH);

        if (inactive_is_short(zone))
            shrink_active(zone, n);
        shrink_inactive(zone, n, scan);
        nr -= n;
        cond_resched();
    }
}

static unsigned long shrink_caches(const struct scan *scan)
{
    const struct shrinker *const *it;
    unsigned long freed = 0;

    if (!(scan->gfp & GFP_FS_OK))
        return 0;
    section_for_each (it, shrinkers)
        freed += (*it)->scan(SHRINKER_OBJECTS << (PRIORITY_START - scan->priority) / 2);
    return freed;
}

/* One pass over everything; pages freed (or objects, that may free pages). */
static unsigned long shrink_all(struct scan *scan, unsigned int top)
{
    unsigned long before = scan->reclaimed, freed;

    for (int i = top; i >= 0; i--)
        if (zones[i].managed)
            shrink_zone(&zones[i], scan);
    freed = shrink_caches(scan);
    freed += slab_shrink();
    return scan->reclaimed - before + freed;
}

/* --- direct reclaim --- */

unsigned long pages_reclaim_direct(gfp_t gfp, unsigned int order)
{
    struct scan scan = {.gfp = gfp, .priority = PRIORITY_START};
    unsigned long target = max(DIRECT_TARGET, 2UL << order), freed = 0;
    unsigned int top = gfp & GFP_DMA32 ? ZONE_DMA32 : NR_ZONES - 1;

    vm_counter_inc(ALLOCSTALL);
    current->flags |= TASKF_MEMALLOC;
    for (;;) {
        freed += shrink_all(&scan, top);
        if (freed >= target || scan.priority == 0)
            break;
        scan.priority--;
    }
    current->flags &= ~TASKF_MEMALLOC;
    vm_counter_add(PGSCAN_DIRECT, scan.scanned);
    vm_counter_add(PGSTEAL_DIRECT, scan.reclaimed);
    return freed;
}

/* --- kswapd --- */

static bool zones_below(enum zone_watermark mark)
{
    for (unsigned int i = 0; i < NR_ZONES; i++)
        if (zones[i].managed && READ_ONCE(zones[i].free_pages) < zones[i].watermark[mark])
            return true;
    return false;
}

void kswapd_wake(struct zone *zone)
{
    if (kswapd && wait_queue_active(&kswapd_wait)) {
        vm_counter_inc(KSWAPD_WAKE);
        wake_up(&kswapd_wait);
    }
}

/* Works until all zones are above high; false when that cannot be had. */
static bool kswapd_balance(void)
{
    struct scan scan = {.gfp = GFP_KERNEL, .is_kswapd = true, .priority = PRIORITY_START};

    vm_counter_inc(PAGEOUTRUN);
    while (zones_below(WMARK_HIGH)) {
        unsigned long freed = shrink_all(&scan, NR_ZONES - 1);

        page_cpu_lists_drain();
        if (freed == 0 && scan.priority-- == 0)
            break;
    }
    vm_counter_add(PGSCAN_KSWAPD, scan.scanned);
    vm_counter_add(PGSTEAL_KSWAPD, scan.reclaimed);
    return !zones_below(WMARK_LOW);
}

static int kswapd_run(void *arg)
{
    current->flags |= TASKF_MEMALLOC;
    for (;;) {
        wait_event(&kswapd_wait, zones_below(WMARK_LOW));
        if (!kswapd_balance())
            sleep_ns(KSWAPD_BACKOFF);
    }
    return 0;
}

static int __init kswapd_start(void)
{
    struct task *task = kthread_run(kswapd_run, NULL, "kswapd0");

    if (IS_ERR(task))
        return PTR_ERR(task);
    kswapd = task;
    return 0;
}
initcall(INIT_SUBSYS, kswapd_start);
