/* SPDX-License-Identifier: MIT */
/*
 * The page tables under which the kernel is entered (Intel SDM volume 3, chapter 4). The loader
 * runs with physical memory mapped 1:1, so a table's physical address is its pointer. Everything is
 * mapped write-back; the MTRRs, as firmware set them, keep device memory uncached. No page is
 * global and none is for user mode.
 */
#include "paging.h"
#include "mem.h"

#define PTE_PRESENT (1ULL << 0)
#define PTE_WRITE   (1ULL << 1)
#define PTE_LARGE   (1ULL << 7)
#define PTE_NX      (1ULL << 63)
#define PTE_ADDRESS 0x000ffffffffff000ULL

#define ENTRIES 512

static unsigned level_shift(int level)
{
    return 12 + 9 * (unsigned)(level - 1);
}

static uint64_t *table_of(uint64_t pte)
{
    return (uint64_t *)(uintptr_t)(pte & PTE_ADDRESS);
}

int paging_init(struct page_tables *tables, int levels, bool large_1g)
{
    *tables = (struct page_tables){
        .root = pages_alloc(1),
        .levels = levels,
        .large_1g = large_1g,
    };
    return tables->root ? 0 : -ENOMEM;
}

static uint64_t leaf_bits(int level, unsigned flags)
{
    uint64_t bits = PTE_PRESENT;

    if (flags & PAGING_WRITE)
        bits |= PTE_WRITE;
    if (!(flags & PAGING_EXECUTE))
        bits |= PTE_NX;
    if (level > 1)
        bits |= PTE_LARGE;
    return bits;
}

/* The highest level whose pages fit at this place. */
static int fitting_level(const struct page_tables *tables, uint64_t virt, uint64_t phys,
                         uint64_t size)
{
    int level = tables->large_1g ? 3 : 2;

    for (; level > 1; level--) {
        uint64_t page = 1ULL << level_shift(level);

        if ((virt | phys) % page == 0 && size >= page)
            break;
    }
    return level;
}

static int map_one(struct page_tables *tables, uint64_t virt, uint64_t phys, int leaf,
                   unsigned flags)
{
    uint64_t *table = tables->root;

    for (int level = tables->levels;; level--) {
        uint64_t *pte = &table[virt >> level_shift(level) & (ENTRIES - 1)];

        if (level == leaf) {
            if (*pte & PTE_PRESENT)
                return -EEXIST;
            *pte = phys | leaf_bits(level, flags);
            return 0;
        }
        if (!(*pte & PTE_PRESENT)) {
            void *fresh = pages_alloc(1);

            if (!fresh)
                return -ENOMEM;
            *pte = (uintptr_t)fresh | PTE_PRESENT | PTE_WRITE;
        } else if (*pte & PTE_LARGE) {
            return -EEXIST;
        }
        table = table_of(*pte);
    }
}

int paging_map(struct page_tables *tables, uint64_t virt, uint64_t phys, uint64_t size,
               unsigned flags)
{
    while (size) {
        int level = fitting_level(tables, virt, phys, size);
        uint64_t page = 1ULL << level_shift(level);
        int err = map_one(tables, virt, phys, level, flags);

        if (err)
            return err;
        virt += page;
        phys += page;
        size -= page;
    }
    return 0;
}

bool paging_lookup(const struct page_tables *tables, uint64_t virt, uint64_t *phys, unsigned *flags)
{
    const uint64_t *table = tables->root;

    for (int level = tables->levels; level >= 1; level--) {
        uint64_t pte = table[virt >> level_shift(level) & (ENTRIES - 1)];
        uint64_t page = 1ULL << level_shift(level);

        if (!(pte & PTE_PRESENT))
            return false;
        if (level == 1 || (pte & PTE_LARGE)) {
            *phys = (pte & PTE_ADDRESS & ~(page - 1)) | (virt & (page - 1));
            *flags = (pte & PTE_WRITE ? PAGING_WRITE : 0) | (pte & PTE_NX ? 0 : PAGING_EXECUTE);
            return true;
        }
        table = table_of(pte);
    }
    return false;
}
