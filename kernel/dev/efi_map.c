// SPDX-License-Identifier: MIT
/*
 * Runtime services are called with physical addresses: SetVirtualAddressMap() is never used, since
 * much firmware breaks under it. So their memory is mapped 1:1 in an address space that is used
 * for nothing else. What the map calls runtime code is writable and executable there, because
 * firmware commonly keeps a driver's code and data in one such region; nothing of it is reachable
 * from the kernel's own tables except as data. Other regions are not executable; registers (flash,
 * for one) are uncached.
 */
#include "efi_map.h"

#include <kernel/arch/pgtable.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/init.h>
#include <kernel/mm/page.h>

#define USER_END (1ULL << 47) /* what lies above cannot be mapped 1:1 */

static u64 region_prot(const struct mem_region *region)
{
    u64 prot = PTE_P | PTE_W | PTE_A | PTE_D;

    if (region->type != BOOT_MEM_RUNTIME_SERVICES_CODE)
        prot |= PTE_NX;
    if (region->type == BOOT_MEM_MMIO || region->type == BOOT_MEM_MMIO_PORT)
        prot |= PTE_PCD | PTE_PWT;
    return prot;
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

static int region_map(u64 *table, const struct mem_region *region)
{
    u64 prot = region_prot(region);
    paddr_t at = region->start;
    int error = 0;

    while (at < region->end && !error) {
        bool large = !(at & (PMD_SIZE - 1)) && region->end - at >= PMD_SIZE;

        error = page_map(table, at, large ? 2 : 1, prot);
        at += large ? PMD_SIZE : PAGE_SIZE;
    }
    return error;
}

int efi_map_create(paddr_t *root, paddr_t extra, u64 extra_size)
{
    const struct mem_region extra_region = {
        .start = extra, .end = extra + extra_size, .type = BOOT_MEM_RUNTIME_SERVICES_DATA};
    u64 *pgd = pgd_create();
    int error;

    if (!pgd)
        return -ENOMEM;
    error = region_map(pgd_user_table(pgd), &extra_region);
    for (unsigned int i = 0; i < mem_region_count() && !error; i++) {
        const struct mem_region *region = mem_region_get(i);

        if (!(region->flags & MEM_REGION_RUNTIME))
            continue;
        if (region->end > USER_END) {
            pr_warn("efi: runtime memory at %#llx is out of reach\n", region->start);
            continue;
        }
        error = region_map(pgd_user_table(pgd), region);
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
