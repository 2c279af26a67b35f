/* SPDX-License-Identifier: MIT */
/*
 * Which pages are worth keeping: two lists a zone, inactive and active, and the memory of pages
 * that were evicted.
 *
 * A page enters at the head of the inactive list. A second use while it is there makes it active;
 * reclaim takes from the tail of the inactive list and refills that from the tail of the active
 * one. So what is read once passes through without displacing what is read often.
 *
 * The inactive list may be too short to see a page twice. Each zone counts evictions and
 * activations (nonresident_age); an evicted page leaves that count as a shadow in its place in the
 * cache. When it comes back, the count has moved on by the refault distance: how much longer the
 * inactive list would have had to be. If that is not more than the active list is long, the page is
 * put onto the active list at once.
 *
 * Locking: zone->lru_lock (interrupts off) over lists, counts, and PG_LRU and PG_ACTIVE of listed
 * pages.
 */
#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/lib/xarray.h>

static inline enum lru_list page_lru_list(const struct page *page)
{
    if (page_flag_test(page, PG_UNEVICTABLE))
        return LRU_UNEVICTABLE;
    return (page_flag_test(page, PG_SWAPBACKED) ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE) +
           page_flag_test(page, PG_ACTIVE);
}

static void lru_insert(struct zone *zone, struct page *page)
{
    enum lru_list list = page_lru_list(page);

    page_flag_set(page, PG_LRU);
    list_add(&page->lru, &zone->lru[list]);
    zone->nr_lru[list]++;
}

static void lru_take(struct zone *zone, struct page *page)
{
    list_del(&page->lru);
    zone->nr_lru[page_lru_list(page)]--;
    page_flag_clear(page, PG_LRU);
}

void lru_add(struct page *page)
{
    struct zone *zone = page_zone(page);
    unsigned long flags;

    spin_lock_irqsave(&zone->lru_lock, flags);
    if (!page_flag_test(page, PG_LRU))
        lru_insert(zone, page);
    spin_unlock_irqrestore(&zone->lru_lock, flags);
}

void lru_remove(struct page *page)
{
    struct zone *zone = page_zone(page);
    unsigned long flags;

    spin_lock_irqsave(&zone->lru_lock, flags);
    if (page_flag_test(page, PG_LRU))
        lru_take(zone, page);
    spin_unlock_irqrestore(&zone->lru_lock, flags);
}

static noinline void page_activate(struct page *page)
{
    struct zone *zone = page_zone(page);
    unsigned long flags;

    spin_lock_irqsave(&zone->lru_lock, flags);
    if (page_flag_test(page, PG_LRU) && !page_flag_test(page, PG_ACTIVE)) {
        lru_take(zone, page);
        page_flag_set(page, PG_ACTIVE);
        lru_insert(zone, page);
        zone->nonresident_age++;
        vm_counter_inc(PGACTIVATE);
    }
    page_flag_clear(page, PG_REFERENCED);
    spin_unlock_irqrestore(&zone->lru_lock, flags);
}

void page_mark_accessed(struct page *page)
{
    u32 flags = READ_ONCE(page->flags);

    if (!(flags & (1U << PG_REFERENCED)))
        page_flag_set(page, PG_REFERENCED);
    else if (!(flags & (1U << PG_ACTIVE | 1U << PG_UNEVICTABLE)))
        page_activate(page);
}

/* A shadow: the zone's age, its number, and whether the page was of the working set. */
#define SHADOW_ZONE_BITS 2

void *workingset_eviction(struct page *page)
{
    struct zone *zone = page_zone(page);
    unsigned long age = ++zone->nonresident_age;

    age = age << SHADOW_ZONE_BITS | zone->index;
    age = age << 1 | page_flag_test(page, PG_WORKINGSET);
    return xa_mk_value(age & (~0UL >> 2));
}

void workingset_refault(struct page *page, void *shadow)
{
    unsigned long value = xa_to_value(shadow), mask = ~0UL >> (2 + 1 + SHADOW_ZONE_BITS);
    bool was_workingset = value & 1;
    struct zone *zone =
        &zones[min_t(unsigned long, value >> 1 & ((1 << SHADOW_ZONE_BITS) - 1), NR_ZONES - 1)];
    unsigned long distance = (zone->nonresident_age - (value >> (1 + SHADOW_ZONE_BITS))) & mask;

    vm_counter_inc(WORKINGSET_REFAULT_FILE);
    if (distance > READ_ONCE(zone->nr_lru[LRU_ACTIVE_FILE]))
        return;
    page_flag_set(page, PG_ACTIVE);
    zone->nonresident_age++;
    vm_counter_inc(WORKINGSET_ACTIVATE_FILE);
    if (was_workingset)
        page_flag_set(page, PG_WORKINGSET);
}
