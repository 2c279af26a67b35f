/* SPDX-License-Identifier: MIT */
#ifndef EFI_PAGING_H
#define EFI_PAGING_H

#include "libc.h"

enum paging_flags {
    PAGING_WRITE = 1 << 0,
    PAGING_EXECUTE = 1 << 1,
};

/**
 * struct page_tables - a set of x86-64 page tables that is being built.
 * @root: the top table; its physical address is its address (the loader runs 1:1).
 * @levels: 4 or 5, as the processor is using now: it cannot be changed in 64-bit mode.
 * @large_1g: may 1 GiB pages be used?
 */
struct page_tables {
    uint64_t *root;
    int levels;
    bool large_1g;
};

/** paging_init() - start with an empty top table. Returns 0 or -ENOMEM. */
int paging_init(struct page_tables *tables, int levels, bool large_1g);

/**
 * paging_map() - map @size bytes at @virt to @phys, all page aligned, with the largest pages that
 * fit. Nothing may be mapped there yet (-EEXIST), -ENOMEM when there is no page for a table.
 */
int paging_map(struct page_tables *tables, uint64_t virt, uint64_t phys, uint64_t size,
               unsigned flags);

/**
 * paging_lookup() - where @virt is mapped to.
 *
 * Returns true with the physical address and the flags of its page, or false if it is not mapped.
 */
bool paging_lookup(const struct page_tables *tables, uint64_t virt, uint64_t *phys,
                   unsigned *flags);

#endif
