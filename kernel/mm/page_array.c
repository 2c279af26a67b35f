/* SPDX-License-Identifier: MIT */
/*
 * The array of struct page, and the hand-over of memory to the zones.
 *
 * The array is virtually contiguous; only the parts that describe memory are backed. A run is a
 * range of frames whose structures exist. Runs are rounded to the largest buddy block, so that the
 * buddy of any block has a structure to look at; frames in a run that are not free memory are
 * marked PG_RESERVED.
 *
 * A block of free memory costs one structure: only its head is written. The structures behind the
 * head hold whatever the memory held before, and are initialised when the block is split or
 * allocated. Nothing looks at a frame without having found it through a head or an owner.
 *
 * Locking: start-up only; the list of runs never changes afterwards.
 */
#define LOG_PREFIX "mm: "

#include "early.h"
#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>

#define BLOCK_PAGES (1UL << PAGE_ORDER_MAX)
#define DMA32_END   ((4ULL << 30) >> PAGE_SHIFT)
/* Backed in pieces, so that one contiguous run of memory is not needed on large machines. */
#define MAP_CHUNK (64UL << 20)

struct pfn_run {
    pfn_t start, end;
};

static struct pfn_run *runs;
static unsigned int nr_runs;
static unsigned long array_pages;
static pfn_t init_cursor __initdata; /* frames below have their structures initialised */

bool pfn_valid(pfn_t pfn)
{
    unsigned int low = 0, high = nr_runs;

    while (low < high) {
        unsigned int mid = (low + high) / 2;

        if (pfn >= runs[mid].end)
            low = mid + 1;
        else
            high = mid;
    }
    return low < nr_runs && pfn >= runs[low].start;
}

unsigned long page_array_pages(void)
{
    return array_pages;
}

struct zone *pfn_zone(pfn_t pfn)
{
    return &zones[pfn < DMA32_END ? ZONE_DMA32 : ZONE_NORMAL];
}

/* The runs that the RAM regions need, in an array for good. */
static void __init runs_collect(void)
{
    unsigned int nr_regions = mem_region_count();

    runs = phys_to_virt(early_alloc(nr_regions * sizeof(*runs), PAGE_SIZE));
    for (unsigned int i = 0; i < nr_regions; i++) {
        const struct mem_region *region = mem_region_get(i);
        pfn_t start = ALIGN_DOWN(region->start >> PAGE_SHIFT, BLOCK_PAGES);
        pfn_t end = ALIGN(region->end >> PAGE_SHIFT, BLOCK_PAGES);

        if (!mem_region_is_ram(region) || start >= PAGE_ARRAY_SIZE / sizeof(struct page))
            continue;
        end = min(end, PAGE_ARRAY_SIZE / sizeof(struct page));
        if (nr_runs && start <= runs[nr_runs - 1].end)
            runs[nr_runs - 1].end = max(runs[nr_runs - 1].end, end);
        else
            runs[nr_runs++] = (struct pfn_run){start, end};
    }
}

static void __init run_map(const struct pfn_run *run)
{
    unsigned long at = (unsigned long)pfn_to_page(run->start);
    unsigned long end = (unsigned long)pfn_to_page(run->end);

    static_assert(BLOCK_PAGES * sizeof(struct page) % PAGE_SIZE == 0, "runs are page aligned");
    while (at < end) {
        unsigned long stop = min(end, ALIGN_DOWN(at, PMD_SIZE) + MAP_CHUNK);
        bool large = ALIGN(at, PMD_SIZE) + PMD_SIZE <= stop;
        size_t align = large ? PMD_SIZE : PAGE_SIZE;
        paddr_t phys = early_alloc_raw(stop - at, align, large ? at & (PMD_SIZE - 1) : 0);

        if (phys == ~(paddr_t)0 || kernel_map(at, phys, stop - at, KMAP_RW, CACHE_WB))
            panic("mm: no memory for the page array (%lu KiB at frame %#llx)", (stop - at) >> 10,
                  run->start);
        array_pages += (stop - at) >> PAGE_SHIFT;
        at = stop;
    }
}

static void __init pages_reserve(pfn_t start, pfn_t end)
{
    u32 flags = (u32)pfn_zone(start)->index << PG_ZONE_SHIFT | 1U << PG_RESERVED;

    for (struct page *page = pfn_to_page(start); page < pfn_to_page(end); page++)
        *page = (struct page){.flags = flags, .refcount = {1}, .mapcount = {-1}};
}

/* Marks the frames of all runs from the cursor up to pfn as reserved. */
static void __init reserve_up_to(pfn_t pfn)
{
    for (unsigned int i = 0; i < nr_runs && runs[i].start < pfn; i++)
        if (runs[i].end > init_cursor)
            pages_reserve(max(init_cursor, runs[i].start), min(pfn, runs[i].end));
    init_cursor = pfn;
}

static void __init hand_over(paddr_t start, paddr_t end)
{
    pfn_t first = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT, stop;

    if (!pfn_valid(first))
        return;
    reserve_up_to(first);
    init_cursor = last;
    for (; first < last; first = stop) {
        struct zone *zone = pfn_zone(first);

        stop = zone->index == ZONE_DMA32 ? min(last, (pfn_t)DMA32_END) : last;
        zone_seed_range(zone, first, stop);
        zone->managed += stop - first;
    }
}

static void __init zones_measure(void)
{
    for (unsigned int i = 0; i < mem_region_count(); i++) {
        const struct mem_region *region = mem_region_get(i);
        pfn_t start = region->start >> PAGE_SHIFT, end = region->end >> PAGE_SHIFT, stop;

        if (!mem_region_is_ram(region))
            continue;
        for (; start < end; start = stop) {
            struct zone *zone = pfn_zone(start);

            stop = zone->index == ZONE_DMA32 ? min(end, (pfn_t)DMA32_END) : end;
            if (!zone->present)
                zone->start_pfn = start;
            zone->present += stop - start;
            zone->end_pfn = stop;
            zone->spanned = stop - zone->start_pfn;
        }
    }
}

void __init page_array_init(void)
{
    runs_collect();
    for (unsigned int i = 0; i < nr_runs; i++)
        run_map(&runs[i]);
    zones_init();
    zones_measure();
    early_for_each_free(hand_over);
    reserve_up_to(nr_runs ? runs[nr_runs - 1].end : 0);
    early_close();
    zones_set_watermarks();
}
