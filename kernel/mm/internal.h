/* SPDX-License-Identifier: MIT */
/* Between the parts of the page allocator. */
#ifndef KERNEL_MM_INTERNAL_H
#define KERNEL_MM_INTERNAL_H

#include <kernel/mm/cpu_stack.h>
#include <kernel/mm/vmstat.h>
#include <kernel/mm/zone.h>

/* Contents that nobody should meet (debug kernel). */
#define POISON_FREE_PAGE 0xaa
#define POISON_FREE      0x6b /* free slab object */
#define POISON_FRESH     0x5a /* allocated, never written */

/* --- buddy.c: zone->lock held --- */
struct page *zone_take_block(struct zone *zone, unsigned int order);
void zone_return_block(struct zone *zone, struct page *page, unsigned int order);
/* Cuts a range of frames into the largest aligned blocks and frees them. */
void zone_return_range(struct zone *zone, pfn_t start, pfn_t end);
/* The same at start-up, without looking at neighbours: their structures may not be written yet. The
 * caller joins ranges that touch. */
void zone_seed_range(struct zone *zone, pfn_t start, pfn_t end);

/* --- page_array.c --- */
void page_array_init(void);
unsigned long page_array_pages(void);
struct zone *pfn_zone(pfn_t pfn);

/* --- page_alloc.c --- */
void zones_init(void);
void zones_set_watermarks(void);
/* Gives this CPU's free pages, of all zones, back to the buddy lists. */
void page_cpu_lists_drain(void);
unsigned int page_cpu_list_limit(void);
unsigned int page_cpu_list_count(unsigned int zone, unsigned int cpu);

/* --- reclaim.c --- */
/* Tries to free pages for a failing allocation; how many it freed. May sleep. */
unsigned long pages_reclaim_direct(gfp_t gfp, unsigned int order);
void kswapd_wake(struct zone *zone);
/* Whether the current task is reclaiming, and so may use the last pages and must not reclaim again.
 */
bool reclaim_is_active(void);
/* Takes a page off its reclaim list when its last reference goes. Any context. */
void lru_remove(struct page *page);

/* --- page_lock.c --- */
void page_wait_init(void);
/* Waits until the page is unlocked, without locking it. 0 or -EINTR. */
int page_wait_unlocked_killable(struct page *page);
/* Clears PG_WRITEBACK and wakes who waits for it; page_end_writeback() does the rest. */
void page_writeback_done(struct page *page);

/* --- filemap.c --- */
/* Takes a locked page of the mapping out, leaving shadow (or NULL) in its place. Lock held. */
void filemap_remove_locked(struct page *page, void *shadow);

/* --- lru.c --- */
void lru_add(struct page *page);
/* What is left in a page's place when it is evicted, and what to do when it comes back. */
void *workingset_eviction(struct page *page);
void workingset_refault(struct page *page, void *shadow);

/* --- slab.c --- */
void slab_init(void);
void slab_percpu_init(void);
/* Frees slabs without objects in use; how many pages. */
unsigned long slab_shrink(void);

/* --- fault.c: allocation failures on purpose (debug kernel) --- */
#if defined(CONFIG_DEBUG) && CONFIG_DEBUG
bool alloc_fault_hit(gfp_t gfp);
#else
static inline bool alloc_fault_hit(gfp_t gfp)
{
    return false;
}
#endif

/* Zeroes one page. */
static inline void page_bytes_clear(void *p)
{
#ifdef __KERNEL__
    unsigned long n = PAGE_SIZE / 8;

    asm volatile("rep stosq" : "+D"(p), "+c"(n) : "a"(0UL) : "memory");
#else
    __builtin_memset(p, 0, PAGE_SIZE);
#endif
}
#endif
