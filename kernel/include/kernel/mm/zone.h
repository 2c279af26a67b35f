/* SPDX-License-Identifier: MIT */
/*
 * Zones: the page frames of one range of addresses, and who is free among them.
 *
 * Locking key: L zone->lock (interrupts off); A written by atomics or this CPU only; I set at
 * start-up; R zone->lru_lock (interrupts off).
 */
#ifndef KERNEL_MM_ZONE_H
#define KERNEL_MM_ZONE_H

#include <kernel/lib/list.h>
#include <kernel/mm/page.h>
#include <kernel/sync/spinlock.h>

enum zone_index { ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

#define NR_PAGE_ORDERS (PAGE_ORDER_MAX + 1)

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARKS };

/* Reclaim's lists, as /proc/meminfo and /proc/zoneinfo count them. */
enum lru_list {
    LRU_INACTIVE_ANON,
    LRU_ACTIVE_ANON,
    LRU_INACTIVE_FILE,
    LRU_ACTIVE_FILE,
    LRU_UNEVICTABLE,
    NR_LRU_LISTS,
};

struct free_area {
    struct list_head list;
    unsigned long nr_free; /* blocks */
};

struct zone {
    spinlock_t lock;
    u8 index;                               /* I enum zone_index */
    bool alloc_failed;                      /* L under the low watermark when last asked */
    unsigned long free_pages;               /* L in the areas; per-CPU lists not counted */
    unsigned long watermark[NR_WMARKS];     /* I pages */
    struct free_area areas[NR_PAGE_ORDERS]; /* L */
    pfn_t start_pfn, end_pfn;               /* I */
    unsigned long spanned, present;         /* I pages */
    unsigned long managed;                  /* L handed to the allocator */

    spinlock_t lru_lock __cacheline_aligned;
    struct list_head lru[NR_LRU_LISTS]; /* R */
    unsigned long nr_lru[NR_LRU_LISTS]; /* R pages */
    unsigned long nonresident_age;      /* A evictions and activations: the clock of refaults */
    unsigned long scanned, reclaimed;   /* R since start-up */
};

extern struct zone zones[NR_ZONES];
extern const char *const zone_names[NR_ZONES];

static inline struct zone *page_zone(const struct page *page)
{
    return &zones[page->flags >> PG_ZONE_SHIFT];
}

unsigned long zone_free_pages(const struct zone *zone); /* per-CPU lists counted */
#endif
