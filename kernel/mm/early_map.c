/* SPDX-License-Identifier: MIT */
/*
 * From the firmware's memory map to sorted regions.
 *
 * Firmware maps are unsorted, may overlap, hold empty entries, types nobody knows and thousands of
 * descriptors (UEFI 2.10, 7.2.3). They are turned into regions by a sweep: every descriptor gives
 * two boundary points; between two neighbouring points the most cautious of the types that cover
 * the gap holds. Usable memory is rounded inwards to whole pages, everything else outwards, so that
 * a page that is half reserved is reserved. Holes stay holes.
 *
 * Failure: addresses that overflow or lie beyond 52 bits are cut; what remains decides.
 */
#include "early.h"

#include <kernel/arch/paging.h>
#include <kernel/base/panic.h>
#include <kernel/lib/sort.h>

#define PHYS_END (1ULL << 52) /* SDM vol. 3A, 4.1.4: MAXPHYADDR is at most 52 */

#define NR_RANKS 10

/* How cautious a type is to be treated: of overlapping descriptors the highest rank wins. */
static unsigned int __init type_rank(u32 type)
{
    switch (type) {
    case BOOT_MEM_CONVENTIONAL: return 0;
    case BOOT_MEM_BOOT_SERVICES_CODE:
    case BOOT_MEM_BOOT_SERVICES_DATA: return 1;
    case BOOT_MEM_LOADER_CODE:
    case BOOT_MEM_LOADER_DATA: return 2;
    case BOOT_MEM_PERSISTENT:
    case BOOT_MEM_UNACCEPTED: return 3;
    case BOOT_MEM_ACPI_RECLAIM: return 4;
    case BOOT_MEM_ACPI_NVS: return 5;
    case BOOT_MEM_RUNTIME_SERVICES_CODE:
    case BOOT_MEM_RUNTIME_SERVICES_DATA: return 6;
    case BOOT_MEM_MMIO:
    case BOOT_MEM_MMIO_PORT: return 7;
    case BOOT_MEM_UNUSABLE: return 9;
    default: return 8;
    }
}

/* The type a rank stands for; the two kinds of boot-services and loader memory become one. */
static u32 __init rank_type(unsigned int rank)
{
    static const u8 types[NR_RANKS] __initconst = {
        BOOT_MEM_CONVENTIONAL,
        BOOT_MEM_BOOT_SERVICES_DATA,
        BOOT_MEM_LOADER_DATA,
        BOOT_MEM_PERSISTENT,
        BOOT_MEM_ACPI_RECLAIM,
        BOOT_MEM_ACPI_NVS,
        BOOT_MEM_RUNTIME_SERVICES_DATA,
        BOOT_MEM_MMIO,
        BOOT_MEM_RESERVED,
        BOOT_MEM_UNUSABLE,
    };

    return types[rank];
}

/* Where a descriptor begins or ends to count. */
struct boundary {
    paddr_t at;
    u8 rank;
    bool runtime;
    bool opens;
};

static int __init boundary_cmp(const void *a, const void *b)
{
    const struct boundary *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static bool __init rank_is_usable(unsigned int rank)
{
    return rank <= 2;
}

/* The page-aligned extent of a descriptor; false when nothing is left of it. */
static bool __init desc_extent(const struct boot_mem_desc *d, paddr_t *start, paddr_t *end)
{
    u64 bytes, stop;

    if (check_mul_overflow(d->nr_pages, (u64)PAGE_SIZE, &bytes))
        bytes = PHYS_END;
    if (d->phys_start >= PHYS_END || bytes == 0)
        return false;
    if (check_add_overflow(d->phys_start, bytes, &stop) || stop > PHYS_END)
        stop = PHYS_END;
    if (rank_is_usable(type_rank(d->type)) && !(d->attributes & BOOT_MEM_ATTR_RUNTIME)) {
        *start = ALIGN(d->phys_start, (u64)PAGE_SIZE);
        *end = ALIGN_DOWN(stop, (u64)PAGE_SIZE);
    } else {
        *start = ALIGN_DOWN(d->phys_start, (u64)PAGE_SIZE);
        *end = ALIGN(stop, (u64)PAGE_SIZE);
    }
    return *start < *end;
}

static unsigned int __init collect_boundaries(const struct boot_info *bi, struct boundary *points)
{
    unsigned int nr = 0;

    for (u32 i = 0; i < bi->mem_map_count; i++) {
        struct boot_mem_desc d = early_desc(bi, i);
        bool runtime = d.attributes & BOOT_MEM_ATTR_RUNTIME;
        unsigned int rank = type_rank(d.type);
        paddr_t start, end;

        if (!desc_extent(&d, &start, &end))
            continue;
        if (runtime && rank < type_rank(BOOT_MEM_RUNTIME_SERVICES_DATA))
            rank = type_rank(BOOT_MEM_RUNTIME_SERVICES_DATA);
        points[nr++] = (struct boundary){start, rank, runtime, true};
        points[nr++] = (struct boundary){end, rank, runtime, false};
    }
    return nr;
}

/* Adds a run to the list, merging it with the last when they are of one kind. */
static unsigned int __init region_append(struct mem_region *regions, unsigned int nr,
                                         const struct mem_region *add)
{
    struct mem_region *last = nr ? &regions[nr - 1] : NULL;

    if (last && last->end == add->start && last->type == add->type && last->flags == add->flags) {
        last->end = add->end;
        return nr;
    }
    regions[nr] = *add;
    return nr + 1;
}

unsigned int __init early_map_sort(const struct boot_info *bi, void *scratch,
                                   struct mem_region *regions)
{
    struct boundary *points = scratch;
    unsigned int nr_points = collect_boundaries(bi, points), nr = 0;
    u32 covering[NR_RANKS] = {}, runtime = 0;

    sort(points, nr_points, sizeof(*points), boundary_cmp);
    for (unsigned int i = 0; i + 1 < nr_points; i++) {
        int delta = points[i].opens ? 1 : -1;
        int rank = NR_RANKS - 1;

        covering[points[i].rank] += delta;
        if (points[i].runtime)
            runtime += delta;
        if (points[i].at == points[i + 1].at)
            continue;
        while (rank >= 0 && covering[rank] == 0)
            rank--;
        if (rank >= 0)
            nr = region_append(regions, nr,
                               &(struct mem_region){points[i].at, points[i + 1].at, rank_type(rank),
                                                    runtime ? MEM_REGION_RUNTIME : 0});
    }
    return nr;
}

size_t __init early_map_scratch_size(u32 nr_descriptors)
{
    return (size_t)nr_descriptors * 2 * sizeof(struct boundary);
}
