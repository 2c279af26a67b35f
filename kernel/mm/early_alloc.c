/* SPDX-License-Identifier: MIT */
/*
 * The allocator of the first moments: memory for page tables, the page array and whatever else is
 * needed before the zones exist.
 *
 * State: the regions (from early_map.c) and a sorted list of reserved ranges. An allocation takes
 * the highest fitting gap, so that low memory stays for devices, and is itself a reservation: what
 * was given is never free again. Until mm_init() has the kernel's own page tables behind it, only
 * memory of type CONVENTIONAL is given, because the starter's tables lie in loader memory and
 * firmware's descriptor tables may lie in boot-services memory; both are handed to the zones later.
 *
 * The region array and the working memory of the sort are placed straight into the firmware's map
 * before it is sorted: into a conventional entry that nothing else claims. That costs one pass over
 * the map and has no limit on the number of entries.
 *
 * Locking: none; the boot CPU alone, interrupts off.
 */
#define LOG_PREFIX "mm: "

#include "early.h"

#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>

#define NO_MEMORY        (~(paddr_t)0)
#define LOADER_MAP_LIMIT (4ULL << 30) /* BOOT.md: the starter maps at least that much */
#define NR_BOOT_RANGES   12
#define NR_RESERVED_INIT 64

static struct mem_region *regions;
static unsigned int nr_regions;

static struct early_range reserved_init[NR_RESERVED_INIT] __initdata;
static struct early_range *reserved __initdata;
static unsigned int nr_reserved __initdata, max_reserved __initdata;
static bool reserved_growing __initdata;
static paddr_t alloc_limit __initdata;
static bool early_is_open;

unsigned int mem_region_count(void)
{
    return nr_regions;
}

const struct mem_region *mem_region_get(unsigned int i)
{
    return &regions[i];
}

bool mem_region_is_usable(const struct mem_region *region)
{
    return region->type == BOOT_MEM_CONVENTIONAL || region->type == BOOT_MEM_BOOT_SERVICES_DATA ||
           region->type == BOOT_MEM_LOADER_DATA;
}

bool mem_region_is_ram(const struct mem_region *region)
{
    return mem_region_is_usable(region) || region->type == BOOT_MEM_ACPI_RECLAIM ||
           region->type == BOOT_MEM_ACPI_NVS || region->type == BOOT_MEM_RUNTIME_SERVICES_DATA;
}

paddr_t mem_ram_end(void)
{
    for (unsigned int i = nr_regions; i-- > 0;)
        if (mem_region_is_ram(&regions[i]))
            return regions[i].end;
    return 0;
}

void __init early_set_limit(paddr_t limit)
{
    alloc_limit = limit;
}

static void __init reserved_grow(void)
{
    size_t bytes = (size_t)max_reserved * 2 * sizeof(*reserved);
    struct early_range *old = reserved;
    paddr_t p;

    reserved_growing = true;
    p = early_alloc_raw(bytes, PAGE_SIZE, 0);
    reserved_growing = false;
    if (p == NO_MEMORY)
        panic("mm: no memory for the list of reserved ranges");
    reserved = memcpy(phys_to_virt(p), old, nr_reserved * sizeof(*reserved));
    max_reserved *= 2;
}

void __init early_reserve(paddr_t start, u64 size)
{
    paddr_t end = ALIGN(start + size, (u64)PAGE_SIZE);
    unsigned int first = 0, last;

    ASSERT(early_is_open);
    start = ALIGN_DOWN(start, (u64)PAGE_SIZE);
    if (size == 0 || end <= start)
        return;
    /* One slot is kept free for the reservation that growing makes. */
    if (nr_reserved + 2 > max_reserved && !reserved_growing)
        reserved_grow();
    while (first < nr_reserved && reserved[first].end < start)
        first++;
    for (last = first; last < nr_reserved && reserved[last].start <= end; last++) {
        start = min(start, reserved[last].start);
        end = max(end, reserved[last].end);
    }
    /* [first, last) touch the new range and become part of it. */
    memmove(&reserved[first + 1], &reserved[last], (nr_reserved - last) * sizeof(*reserved));
    nr_reserved = nr_reserved + 1 - (last - first);
    reserved[first] = (struct early_range){start, end};
}

/* The highest place for size bytes in [start, end). */
static paddr_t __init fit_high(paddr_t start, paddr_t end, size_t size, size_t align, size_t offset)
{
    paddr_t p;

    if (end <= start || end - start < size || end - size < offset)
        return NO_MEMORY;
    p = ALIGN_DOWN(end - size - offset, (u64)align) + offset;
    return p >= start ? p : NO_MEMORY;
}

static paddr_t __init alloc_in_region(const struct mem_region *region, size_t size, size_t align,
                                      size_t offset)
{
    paddr_t end = min(region->end, alloc_limit);
    unsigned int i = nr_reserved;

    while (end > region->start) {
        paddr_t start = region->start, p;

        while (i > 0 && reserved[i - 1].start >= end)
            i--;
        if (i > 0)
            start = max(start, reserved[i - 1].end);
        p = fit_high(start, end, size, align, offset);
        if (p != NO_MEMORY)
            return p;
        if (i == 0)
            break;
        end = min(end, reserved[i - 1].start);
    }
    return NO_MEMORY;
}

paddr_t __init early_alloc_raw(size_t size, size_t align, size_t offset)
{
    ASSERT(early_is_open && size > 0 && is_power_of_2(align));
    size = ALIGN(size, PAGE_SIZE);
    align = max(align, PAGE_SIZE);
    for (unsigned int i = nr_regions; i-- > 0;) {
        paddr_t p;

        if (regions[i].type != BOOT_MEM_CONVENTIONAL)
            continue;
        p = alloc_in_region(&regions[i], size, align, offset);
        if (p != NO_MEMORY) {
            early_reserve(p, size);
            return p;
        }
    }
    return NO_MEMORY;
}

paddr_t __init early_alloc(size_t size, size_t align)
{
    paddr_t p = early_alloc_raw(size, align, 0);

    if (p == NO_MEMORY)
        panic("mm: out of memory at start-up (%zu bytes wanted)", size);
    memset(phys_to_virt(p), 0, ALIGN(size, PAGE_SIZE));
    return p;
}

/* The part of a region that nobody reserved, from at on; false when there is none. */
static bool __init free_part_next(const struct mem_region *region, paddr_t *at,
                                  struct early_range *part)
{
    unsigned int r = 0;

    while (r < nr_reserved && reserved[r].end <= *at)
        r++;
    if (r < nr_reserved && reserved[r].start <= *at)
        *at = reserved[r++].end;
    if (*at >= region->end)
        return false;
    part->start = *at;
    part->end = r < nr_reserved ? min(reserved[r].start, region->end) : region->end;
    *at = part->end;
    return true;
}

void __init early_for_each_free(void (*fn)(paddr_t start, paddr_t end))
{
    struct early_range run = {}, part;

    for (unsigned int i = 0; i < nr_regions; i++) {
        paddr_t at = regions[i].start;

        if (!mem_region_is_usable(&regions[i]))
            continue;
        while (free_part_next(&regions[i], &at, &part)) {
            if (run.end == part.start && run.start < run.end) {
                run.end = part.end;
                continue;
            }
            if (run.start < run.end)
                fn(run.start, run.end);
            run = part;
        }
    }
    if (run.start < run.end)
        fn(run.start, run.end);
}

void __init early_close(void)
{
    early_is_open = false;
}

/* Everything that boot_info names and somebody still needs. */
static unsigned int __init boot_ranges(const struct boot_info *bi, struct early_range *ranges)
{
    paddr_t self = virt_to_phys(bi);
    const struct {
        u64 start, size;
    } named[NR_BOOT_RANGES] = {
        {0, PAGE_SIZE},
        {bi->kernel_phys, bi->kernel_size},
        {bi->initrd, bi->initrd_size},
        {self, max(bi->size_bytes, (u32)sizeof(*bi))},
        {bi->mem_map, (u64)bi->mem_map_count * bi->mem_map_stride},
        {bi->cmdline, (u64)bi->cmdline_size + 1},
        {bi->low_page, PAGE_SIZE},
        {bi->tpm_log, bi->tpm_log_size},
        {bi->acpi_rsdp, 36}, /* ACPI 6.5, 5.2.5.3: RSDP structure */
        {bi->smbios3, 24},   /* SMBIOS 3.7, 5.2.2 */
        {bi->smbios, 31},    /* SMBIOS 3.7, 5.2.1 */
        {bi->framebuffer.base, bi->framebuffer.size_bytes},
    };
    unsigned int nr = 0;

    for (unsigned int i = 0; i < NR_BOOT_RANGES; i++) {
        u64 end;

        if (named[i].size == 0 || (i > 0 && named[i].start == 0))
            continue;
        if (!check_add_overflow(named[i].start, named[i].size, &end))
            ranges[nr++] = (struct early_range){named[i].start, end};
    }
    return nr;
}

/* Whether [start, end) belongs to nobody but conventional memory. */
static bool __init scratch_is_clear(const struct boot_info *bi, paddr_t start, paddr_t end,
                                    const struct early_range *ranges, unsigned int nr_ranges)
{
    for (unsigned int i = 0; i < nr_ranges; i++)
        if (start < ranges[i].end && ranges[i].start < end)
            return false;
    for (u32 i = 0; i < bi->mem_map_count; i++) {
        struct boot_mem_desc d = early_desc(bi, i);
        u64 bytes = min(d.nr_pages, 1ULL << 40) << PAGE_SHIFT;

        if (d.type != BOOT_MEM_CONVENTIONAL && start < d.phys_start + bytes && d.phys_start < end)
            return false;
    }
    return true;
}

/* Memory for the sort, straight from the unsorted map. */
static paddr_t __init scratch_find(const struct boot_info *bi, u64 size,
                                   const struct early_range *ranges, unsigned int nr_ranges)
{
    for (u32 i = 0; i < bi->mem_map_count; i++) {
        struct boot_mem_desc d = early_desc(bi, i);
        u64 bytes = min(d.nr_pages, 1ULL << 40) << PAGE_SHIFT;
        paddr_t start = ALIGN(d.phys_start, (u64)PAGE_SIZE), p;

        if (d.type != BOOT_MEM_CONVENTIONAL || d.phys_start >= LOADER_MAP_LIMIT)
            continue;
        p = fit_high(start, min(d.phys_start + bytes, LOADER_MAP_LIMIT), size, PAGE_SIZE, 0);
        if (p != NO_MEMORY && scratch_is_clear(bi, p, p + size, ranges, nr_ranges))
            return p;
        if (bytes >= size && start + size <= LOADER_MAP_LIMIT &&
            scratch_is_clear(bi, start, start + size, ranges, nr_ranges))
            return start;
    }
    return NO_MEMORY;
}

static void __init regions_build(const struct boot_info *bi, const struct early_range *ranges,
                                 unsigned int nr_ranges)
{
    size_t list_bytes = ALIGN((size_t)bi->mem_map_count * 2 * sizeof(*regions), PAGE_SIZE);
    size_t bytes = ALIGN(list_bytes + early_map_scratch_size(bi->mem_map_count), PAGE_SIZE);
    paddr_t p = scratch_find(bi, bytes, ranges, nr_ranges);

    if (p == NO_MEMORY)
        panic("mm: no conventional memory below 4 GiB in the firmware's map (%u entries)",
              bi->mem_map_count);
    regions = phys_to_virt(p);
    nr_regions = early_map_sort(bi, (char *)regions + list_bytes, regions);
    /* What lies behind the list was the sort's and is free again. */
    early_reserve(p, nr_regions * sizeof(*regions));
}

void __init mm_early_init(const struct boot_info *bi)
{
    struct early_range ranges[NR_BOOT_RANGES];
    unsigned int nr_ranges;

    if (bi->mem_map_stride < sizeof(struct boot_mem_desc) || bi->mem_map_count == 0 ||
        bi->mem_map_count > EARLY_MAX_DESCRIPTORS)
        panic("mm: the starter's memory map makes no sense: %u entries, %u bytes apart",
              bi->mem_map_count, bi->mem_map_stride);
    reserved = reserved_init;
    nr_reserved = 0;
    max_reserved = NR_RESERVED_INIT;
    alloc_limit = LOADER_MAP_LIMIT;
    early_is_open = true;
    nr_ranges = boot_ranges(bi, ranges);
    for (unsigned int i = 0; i < nr_ranges; i++)
        early_reserve(ranges[i].start, ranges[i].end - ranges[i].start);
    regions_build(bi, ranges, nr_ranges);
}
