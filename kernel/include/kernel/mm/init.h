/* SPDX-License-Identifier: MIT */
/*
 * Memory at start-up, in the order in which things come to be:
 *
 *   mm_early_init()  the firmware's map becomes a sorted list of regions; early_alloc() works
 *   (arch builds the kernel's own page tables from early_alloc() and the regions)
 *   mm_init()        page array, zones, slab: page_alloc() and kmalloc() work; early_alloc() is
 * over mm_percpu_init() per-CPU areas exist: the allocators' per-CPU caches are switched on
 *   mm_free_init()   start-up code and data are given back
 */
#ifndef KERNEL_MM_INIT_H
#define KERNEL_MM_INIT_H

#include <abi/boot.h>
#include <kernel/types.h>

/* A run of page frames of one kind. Regions are sorted, page aligned and do not overlap. */
struct mem_region {
    paddr_t start, end; /* [start, end) */
    u32 type;           /* enum boot_mem_type; unknown types have become BOOT_MEM_RESERVED */
    u32 flags;          /* MEM_REGION_* */
};

#define MEM_REGION_RUNTIME 0x1 /* firmware's runtime services need it mapped */

/**
 * mm_early_init() - takes over the firmware's map. Panics when it holds no memory to start with.
 * @bi: in the starter's direct map; the map it points to may be unsorted, overlapping, huge.
 * Context: boot CPU, interrupts off, the starter's page tables.
 */
void mm_early_init(const struct boot_info *bi);

/**
 * early_alloc() - zeroed memory for good, between mm_early_init() and mm_init().
 * @size: rounded up to whole pages. @align: power of two. Panics when there is none.
 * Only memory below the limit of the direct map is given: 4 GiB, or what early_set_limit() said.
 */
paddr_t early_alloc(size_t size, size_t align);
/* The direct map now reaches @limit. */
void early_set_limit(paddr_t limit);
/* Keeps [start, start + size) from being handed out. */
void early_reserve(paddr_t start, u64 size);

/* The regions, for building the direct map and for /proc/iomem; valid for ever. */
unsigned int mem_region_count(void);
const struct mem_region *mem_region_get(unsigned int i);
/* Memory that software may use, now or after start-up (ACPI tables and runtime data are not). */
bool mem_region_is_usable(const struct mem_region *region);
/* RAM of any kind: what the direct map must cover. */
bool mem_region_is_ram(const struct mem_region *region);
/* One past the last byte of RAM. */
paddr_t mem_ram_end(void);

/** mm_init() - needs the final page tables and kernel_map(). Context: boot CPU, early. */
void mm_init(void);
/** mm_percpu_init() - once every CPU's area exists, on the boot CPU, before others start.
 * Idempotent. */
void mm_percpu_init(void);
/** mm_free_init() - gives .init text and data back; nothing of it may run any more, and the image's
 * mapping of it must be gone (paging_free_init()). */
void mm_free_init(void);
/**
 * mm_free_range() - gives reserved memory (the initrd, say) back; partial pages are kept.
 * Context: task.
 */
void mm_free_range(paddr_t start, u64 size);
#endif
