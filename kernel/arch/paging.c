// SPDX-License-Identifier: MIT
/*
 * The kernel's page tables. Built once from the memory map: the direct map of RAM in the largest
 * pages its borders allow, the image with the permissions of its sections, and top-level entries
 * for everything that comes later (vmalloc, struct page array), so that the kernel half of every
 * address space can share them: a root is copied when an address space is made and never again.
 *
 * W^X: nothing is mapped writable and executable, and the direct map's alias of the image's
 * read-only sections is read-only too.
 *
 * Roots: with 4 levels the root is the level-4 table. With 5 levels (CR4.LA57 was on at entry) the
 * root is a level-5 table whose first entry leads to the user's level-4 table and whose last to
 * the kernel's; the layout itself does not use the additional bits.
 */
#include "paging.h"

#include "cpu.h"
#include "msr.h"

#include <abi/linux/errno.h>
#include <kernel/arch/pgtable.h>
#include <kernel/base/sections.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>
#include <kernel/mm/page.h>
#include <kernel/sync/spinlock.h>

static u64 *kernel_root;   /* CR3 of kernel threads */
static u64 *kernel_level4; /* the kernel half lives here */
static bool five_levels __ro_after_init;
static bool page_allocator_up;
static paddr_t image_phys __ro_after_init;
static DEFINE_SPINLOCK(kernel_table_lock); /* entries of the kernel half */

paddr_t image_to_phys(const void *v)
{
    return (paddr_t)v - (paddr_t)__image_start + image_phys;
}

void __init paging_set_image(paddr_t phys)
{
    image_phys = phys;
    five_levels = read_cr4() & CR4_LA57;
}

/* A zeroed table. */
static u64 *table_alloc(void)
{
    if (unlikely(!page_allocator_up))
        return phys_to_virt(early_alloc(PAGE_SIZE, PAGE_SIZE));
    return page_alloc_address(GFP_ATOMIC | GFP_ZERO, 0);
}

/* PAT index 1 is write-combining, 3 uncached; write-back is 0. */
static u64 cache_bits(enum cache_mode mode)
{
    switch (mode) {
    case CACHE_WC: return PTE_PWT;
    case CACHE_UC: return PTE_PWT | PTE_PCD;
    default: return 0;
    }
}

struct mapping {
    unsigned long virt, end;
    paddr_t phys;
    u64 bits;
};

static bool fits_large(const struct mapping *m, unsigned int level)
{
    u64 size = 1UL << (PAGE_SHIFT + 9 * (level - 1));

    if (level > 3 || level < 2 || (level == 3 && !cpu_has(CPU_PDPE1GB)))
        return false;
    return m->end - m->virt >= size && IS_ALIGNED(m->virt, size) && IS_ALIGNED(m->phys, size);
}

/* A large page whose permissions change in part becomes a table of smaller ones. */
static int split_large(u64 *entry, unsigned int level)
{
    u64 old = *entry, step = 1UL << (PAGE_SHIFT + 9 * (level - 2));
    u64 *table = table_alloc();

    if (!table)
        return -ENOMEM;
    for (unsigned int i = 0; i < PTRS_PER_TABLE; i++)
        table[i] = (level == 2 ? old & ~PTE_PS : old) + i * step;
    entry_store(entry, virt_to_phys(table) | PTE_P | PTE_W | PTE_A);
    return 0;
}

static int next_table(u64 *entry, unsigned int level, u64 **table)
{
    if (!(*entry & PTE_P)) {
        u64 *fresh = table_alloc();

        if (!fresh)
            return -ENOMEM;
        entry_store(entry, virt_to_phys(fresh) | PTE_P | PTE_W | PTE_A);
    } else if (*entry & PTE_PS) {
        int error = split_large(entry, level);

        if (error)
            return error;
    }
    *table = entry_table(*entry);
    return 0;
}

static int map_level(u64 *table, unsigned int level, struct mapping *m)
{
    unsigned long size = 1UL << (PAGE_SHIFT + 9 * (level - 1));

    for (unsigned int i = table_index(m->virt, level); i < PTRS_PER_TABLE && m->virt < m->end;
         i++) {
        if (level == 1 || fits_large(m, level)) {
            entry_store(&table[i], m->phys | m->bits | (level > 1 ? PTE_PS : 0));
            m->virt += size;
            m->phys += size;
        } else {
            u64 *next;
            int error = next_table(&table[i], level, &next);

            if (!error)
                error = map_level(next, level - 1, m);
            if (error)
                return error;
        }
        if (!m->virt) /* the end of the address space */
            break;
    }
    return 0;
}

int kernel_map(unsigned long virt, paddr_t phys, size_t size_bytes, u64 kmap_prot,
               enum cache_mode mode)
{
    struct mapping m = {virt, virt + size_bytes, phys, kmap_prot | cache_bits(mode)};
    unsigned long flags;
    int error;

    ASSERT(IS_ALIGNED(virt | phys | size_bytes, PAGE_SIZE) && virt >= DIRECT_MAP_BASE);
    if (!cpu_has(CPU_NX))
        m.bits &= ~PTE_NX;
    if (!page_allocator_up)
        return map_level(kernel_level4, 4, &m);
    spin_lock_irqsave(&kernel_table_lock, flags);
    error = map_level(kernel_level4, 4, &m);
    spin_unlock_irqrestore(&kernel_table_lock, flags);
    return error;
}

static void unmap_level(u64 *table, unsigned int level, unsigned long *virt, unsigned long end)
{
    unsigned long size = 1UL << (PAGE_SHIFT + 9 * (level - 1));

    for (unsigned int i = table_index(*virt, level); i < PTRS_PER_TABLE && *virt < end; i++) {
        bool whole = IS_ALIGNED(*virt, size) && end - *virt >= size;
        u64 entry;

        /* Part of a large page: the rest of it stays. */
        if (level > 1 && !whole && table[i] & PTE_PS && split_large(&table[i], level))
            panic("no memory for the kernel's page tables");
        entry = table[i];
        if (level == 1 || !(entry & PTE_P) || entry & PTE_PS) {
            entry_store(&table[i], 0);
            *virt = ALIGN_DOWN(*virt, size) + size;
        } else {
            unmap_level(entry_table(entry), level - 1, virt, end);
        }
    }
}

void kernel_unmap(unsigned long virt, size_t size_bytes)
{
    unsigned long flags, at = virt;

    ASSERT(IS_ALIGNED(virt | size_bytes, PAGE_SIZE) && virt >= DIRECT_MAP_BASE);
    spin_lock_irqsave(&kernel_table_lock, flags);
    unmap_level(kernel_level4, 4, &at, virt + size_bytes);
    spin_unlock_irqrestore(&kernel_table_lock, flags);
}

paddr_t kernel_virt_to_phys(const void *v)
{
    unsigned long address = (unsigned long)v;
    u64 *table = kernel_level4;

    for (unsigned int level = 4; address >= DIRECT_MAP_BASE; level--) {
        u64 entry = table[table_index(address, level)];
        u64 mask = (1UL << (PAGE_SHIFT + 9 * (level - 1))) - 1;

        if (!(entry & PTE_P))
            break;
        if (level == 1 || entry & PTE_PS)
            return (entry & PTE_PFN_MASK & ~mask) | (address & mask);
        table = entry_table(entry);
    }
    return ~0ULL;
}

static void __init map_or_die(unsigned long virt, paddr_t phys, size_t size, u64 prot)
{
    if (kernel_map(virt, phys, size, prot, CACHE_WB))
        panic("no memory for the kernel's page tables");
}

static void __init map_section(const char *start, const char *end, u64 prot)
{
    size_t size = ALIGN((unsigned long)end, PAGE_SIZE) - (unsigned long)start;

    map_or_die((unsigned long)start, image_to_phys(start), size, prot);
}

static void __init map_image(void)
{
    map_section(__rodata_start, __rodata_end, KMAP_RO);
    map_section(__text_start, __init_text_end, KMAP_RX);
    map_section(__data_start, __bss_end, KMAP_RW);
    map_section(__symbols_start, __image_end, KMAP_RO);
}

/* RAM, but read-only where the image is read-only: no writable alias of code. */
static void __init map_direct(void)
{
    paddr_t ro_end = image_to_phys(__init_text_end);

    for (unsigned int i = 0; i < mem_region_count(); i++) {
        const struct mem_region *r = mem_region_get(i);

        if (mem_region_is_ram(r))
            map_or_die(DIRECT_MAP_BASE + r->start, r->start, r->end - r->start, KMAP_RW);
    }
    map_or_die(DIRECT_MAP_BASE + image_phys, image_phys, ro_end - image_phys, KMAP_RO);
}

/* Top-level entries that every address space will share must exist before the first is made. */
static void __init preallocate_top(unsigned long start, u64 size)
{
    u64 *table;

    for (u64 done = 0; done < size; done += 1UL << 39) {
        if (next_table(&kernel_level4[table_index(start + done, 4)], 4, &table))
            panic("no memory for the kernel's page tables");
    }
}

static u64 *__init root_create(void)
{
    u64 *root;

    if (!five_levels)
        return kernel_level4;
    root = table_alloc();
    root[PTRS_PER_TABLE - 1] = virt_to_phys(kernel_level4) | PTE_P | PTE_W | PTE_A;
    return root;
}

void __init paging_init(void)
{
    u64 array_size = DIV_ROUND_UP(mem_ram_end(), PAGE_SIZE) * sizeof(struct page);

    kernel_level4 = table_alloc();
    map_direct();
    map_image();
    preallocate_top(VMALLOC_BASE, VMALLOC_SIZE);
    preallocate_top(PAGE_ARRAY_BASE, array_size);
    kasan_map_shadow(kernel_level4);
    kernel_root = root_create();
    write_cr3(virt_to_phys(kernel_root));
    kasan_start();
    early_set_limit(mem_ram_end());
}

void __init paging_allocator_ready(void)
{
    page_allocator_up = true;
}

/* Start-up code is gone: its pages must not be executable any more. */
void paging_free_init(void)
{
    size_t size = (unsigned long)__init_end - (unsigned long)__init_start;

    kernel_unmap((unsigned long)__init_start, size);
    tlb_flush_kernel_range((unsigned long)__init_start, (unsigned long)__init_end);
    if (kernel_map(DIRECT_MAP_BASE + image_to_phys(__init_start), image_to_phys(__init_start), size,
                   KMAP_RW, CACHE_WB))
        pr_warn("paging: start-up memory stays read-only\n");
    tlb_flush_kernel_range(DIRECT_MAP_BASE + image_to_phys(__init_start),
                           DIRECT_MAP_BASE + image_to_phys(__init_end));
}

/* Data that is written during start-up only. */
void paging_seal(void)
{
    size_t size = __ro_after_init_end - __ro_after_init_start;

    if (kernel_map((unsigned long)__ro_after_init_start, image_to_phys(__ro_after_init_start), size,
                   KMAP_RO, CACHE_WB))
        pr_warn("paging: sealed data stays writable\n");
    tlb_flush_kernel_range((unsigned long)__ro_after_init_start,
                           (unsigned long)__ro_after_init_end);
}

u64 *paging_kernel_root(void)
{
    return kernel_root;
}

bool paging_five_levels(void)
{
    return five_levels;
}

u64 *pgd_user_table(u64 *pgd)
{
    return five_levels ? entry_table(pgd[0]) : pgd;
}

u64 *pgd_create(void)
{
    u64 *root = page_alloc_address(GFP_KERNEL | GFP_ZERO, 0), *user;

    if (!root)
        return NULL;
    if (!five_levels) {
        memcpy(root + 256, kernel_level4 + 256, 256 * sizeof(u64));
        return root;
    }
    user = page_alloc_address(GFP_KERNEL | GFP_ZERO, 0);
    if (!user) {
        page_free(virt_to_page(root), 0);
        return NULL;
    }
    root[0] = virt_to_phys(user) | TABLE_ENTRY;
    root[PTRS_PER_TABLE - 1] = kernel_root[PTRS_PER_TABLE - 1];
    return root;
}

void pgd_destroy(u64 *pgd)
{
    if (five_levels)
        page_free(virt_to_page(entry_table(pgd[0])), 0);
    page_free(virt_to_page(pgd), 0);
}
