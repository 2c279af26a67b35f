// SPDX-License-Identifier: MIT
/*
 * Runtime services are called with physical addresses: SetVirtualAddressMap() is never used, since
 * much firmware breaks under it. So their memory is mapped 1:1 in an address space that is used
 * for nothing else. It is writable and executable there: firmware commonly keeps a driver's code
 * and data in one region, and the kernel's list of regions does not tell the two kinds apart.
 * Nothing of it is reachable from the kernel's own tables except as data. Registers (flash, for
 * one) are not executable, and uncached.
 */
#include "efi_map.h"

#include <kernel/arch/pgtable.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/init.h>
#include <kernel/mm/page.h>

#define USER_END (1ULL << 47) /* what lies above cannot be mapped 1:1 */

#define PROT_DATA (PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX)

static u64 region_prot(const struct mem_region *region)
{
    if (region->type == BOOT_MEM_MMIO || region->type == BOOT_MEM_MMIO_PORT)
        return PROT_DATA | PTE_PCD | PTE_PWT;
    return PROT_DATA & ~PTE_NX;
}

/* The table an entry leads to, made if it is not there. NULL: no memory. */
static u64 *next_table(u64 *entry)
{
    struct page *page;

    if (*entry & PTE_P)
        return entry_table(*entry);
    page = page_alloc(GFP_KERNEL | GFP_ZERO, 0);
    if (!page)
        return NULL;
    entry_store(entry, page_to_phys(page) | PTE_P | PTE_W | PTE_A);
    return page_address(page);
}

/* Maps one page of 2 MiB (level 2) or 4 KiB (level 1). */
static int page_map(u64 *table, paddr_t at, unsigned int target, u64 prot)
{
    for (unsigned int level = 4; level > target; level--) {
        table = next_table(&table[table_index(at, level)]);
        if (!table)
            return -ENOMEM;
    }
    entry_store(&table[table_index(at, target)], at | prot | (target == 2 ? PTE_PS : 0));
    return 0;
}

static int range_map(u64 *table, paddr_t at, paddr_t end, u64 prot)
{
    int error = 0;

    while (at < end && !error) {
        bool large = !(at & (PMD_SIZE - 1)) && end - at >= PMD_SIZE;

        error = page_map(table, at, large ? 2 : 1, prot);
        at += large ? PMD_SIZE : PAGE_SIZE;
    }
    return error;
}

int efi_map_create(paddr_t *root, paddr_t extra, u64 extra_size)
{
    u64 *pgd = pgd_create();
    int error;

    if (!pgd)
        return -ENOMEM;
    error = range_map(pgd_user_table(pgd), extra, extra + extra_size, PROT_DATA);
    for (unsigned int i = 0; i < mem_region_count() && !error; i++) {
        const struct mem_region *region = mem_region_get(i);

        if (!(region->flags & MEM_REGION_RUNTIME))
            continue;
        if (region->end > USER_END) {
            pr_warn("efi: runtime memory at %#llx is out of reach\n", region->start);
            continue;
        }
        error = range_map(pgd_user_table(pgd), region->start, region->end, region_prot(region));
    }
    /* On failure the tables stay behind: this happens once, when there is no memory at all. */
    if (!error)
        *root = virt_to_phys(pgd);
    return error;
}

bool efi_map_covers(paddr_t start, u64 size)
{
    for (unsigned int i = 0; i < mem_region_count(); i++) {
        const struct mem_region *region = mem_region_get(i);

        if ((region->flags & MEM_REGION_RUNTIME) && start >= region->start && start < region->end &&
            size <= region->end - start)
            return true;
    }
    return false;
}
