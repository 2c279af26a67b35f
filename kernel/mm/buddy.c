/* SPDX-License-Identifier: MIT */
/*
 * The buddy allocator: free memory of a zone as blocks of 2^order pages, aligned to their size, one
 * list for each order.
 *
 * A block is split in halves until it fits; a freed block joins its buddy (the other half of the
 * block they came from) while that is free in one piece. Only the head of a free block is marked
 * (PG_BUDDY, order in private); the buddy of a block is always a head of something of at most its
 * order, or reserved, so looking at that one structure is enough.
 *
 * The refcount of a free page is 0, so that a look-up without locks cannot take it.
 *
 * Locking: zone->lock, interrupts off.
 */
#include "internal.h"

#include <kernel/base/panic.h>

static void block_insert(struct zone *zone, struct page *page, unsigned int order)
{
    struct free_area *area = &zone->areas[order];

    page->flags = (u32)zone->index << PG_ZONE_SHIFT | 1U << PG_BUDDY;
    page->private = order;
    list_add(&page->lru, &area->list);
    area->nr_free++;
}

static void block_remove(struct zone *zone, struct page *page, unsigned int order)
{
    list_del(&page->lru);
    page->flags = (u32)zone->index << PG_ZONE_SHIFT;
    zone->areas[order].nr_free--;
}

struct page *zone_take_block(struct zone *zone, unsigned int order)
{
    for (unsigned int have = order; have < NR_PAGE_ORDERS; have++) {
        struct page *page;

        if (list_empty(&zone->areas[have].list))
            continue;
        page = list_first_entry(&zone->areas[have].list, struct page, lru);
        block_remove(zone, page, have);
        /* The upper halves stay free. Their structures may never have been written. */
        while (have > order) {
            have--;
            atomic_set(&page[1UL << have].refcount, 0);
            block_insert(zone, &page[1UL << have], have);
        }
        zone->free_pages -= 1UL << order;
        return page;
    }
    return NULL;
}

void zone_return_block(struct zone *zone, struct page *page, unsigned int order)
{
    pfn_t pfn = page_to_pfn(page);

    DEBUG_ASSERT(IS_ALIGNED(pfn, 1UL << order));
    DEBUG_ASSERT(!page_flag_test(page, PG_BUDDY));
    zone->free_pages += 1UL << order;
    while (order < PAGE_ORDER_MAX) {
        struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

        if (!page_flag_test(buddy, PG_BUDDY) || buddy->private != order)
            break;
        block_remove(zone, buddy, order);
        pfn &= ~(1UL << order);
        order++;
    }
    page = pfn_to_page(pfn);
    atomic_set(&page->refcount, 0);
    block_insert(zone, page, order);
}

/* The largest block that may begin at start and ends by end. */
static unsigned int block_order_at(pfn_t start, pfn_t end)
{
    unsigned int order =
        start ? min_t(unsigned int, __builtin_ctzll(start), PAGE_ORDER_MAX) : PAGE_ORDER_MAX;

    while (start + (1UL << order) > end)
        order--;
    return order;
}

void zone_return_range(struct zone *zone, pfn_t start, pfn_t end)
{
    while (start < end) {
        unsigned int order = block_order_at(start, end);

        zone_return_block(zone, pfn_to_page(start), order);
        start += 1UL << order;
    }
}

void __init zone_seed_range(struct zone *zone, pfn_t start, pfn_t end)
{
    while (start < end) {
        unsigned int order = block_order_at(start, end);
        struct page *page = pfn_to_page(start);

        atomic_set(&page->refcount, 0);
        block_insert(zone, page, order);
        zone->free_pages += 1UL << order;
        start += 1UL << order;
    }
}
