/* SPDX-License-Identifier: MIT */
/* Between the parts of the boot-time allocator. */
#ifndef KERNEL_MM_EARLY_H
#define KERNEL_MM_EARLY_H

#include <kernel/arch/paging.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>

/* More descriptors than any firmware writes: beyond, the count itself is not believed. */
#define EARLY_MAX_DESCRIPTORS 65536U

/* A copy: the stride need not keep descriptors aligned. */
static inline struct boot_mem_desc early_desc(const struct boot_info *bi, u32 i)
{
    struct boot_mem_desc d;

    memcpy(&d, phys_to_virt(bi->mem_map + (u64)i * bi->mem_map_stride), sizeof(d));
    return d;
}

/* Bytes of working memory for early_map_sort(). */
size_t early_map_scratch_size(u32 nr_descriptors);
/* Fills regions (room for two a descriptor); returns how many. */
unsigned int early_map_sort(const struct boot_info *bi, void *scratch, struct mem_region *regions);

/* A kind of range list: sorted, merged, page aligned. */
struct early_range {
    paddr_t start, end;
};

/* Calls fn for each range of usable memory that nothing reserved, in order of address; ranges that
 * touch are joined. */
void early_for_each_free(void (*fn)(paddr_t start, paddr_t end));
/* Memory without zeroing it, at address ≡ offset modulo align. ~0 when there is none. */
paddr_t early_alloc_raw(size_t size, size_t align, size_t offset);
/* No more early_alloc() from here on. */
void early_close(void);
#endif
