// SPDX-License-Identifier: MIT
/*
 * Where the shadow lies. 16 TiB of addresses stand for the kernel half; nearly all of them lead
 * through the same three tables to one page of zeros, which says: accessible. Real shadow is put in
 * for memory (an eighth of it), for the image, and piece by piece for the vmalloc window, whose
 * shadow is not there at all before it is used, so that nobody remembers a translation that
 * changes.
 *
 * Before the kernel has tables of its own, the compiler's code already writes the shadow of stacks:
 * until then everything leads to one page of scrap.
 */
#include "kasan.h"

#include <abi/boot.h>
#include <abi/linux/errno.h>
#include <kernel/arch/pgtable.h>
#include <kernel/base/panic.h>
#include <kernel/base/sections.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>
#include <kernel/mm/page.h>

#include "../arch/msr.h"

#define TABLE_BITS (PTE_P | PTE_W | PTE_A)

struct tables {
    u64 level3[PTRS_PER_TABLE], level2[PTRS_PER_TABLE], level1[PTRS_PER_TABLE];
    u8 page[PAGE_SIZE];
};

static struct tables early __aligned(4096) __initdata;
static struct tables shared __section(".data..page_aligned") __aligned(4096);
static u64 *root4; /* level 4 of the kernel half */
static bool early_memory = true;
static spinlock_t shadow_lock = SPINLOCK_INIT(shadow_lock); /* entries of the vmalloc part */

static void fill(u64 *table, u64 entry)
{
    for (unsigned int i = 0; i < PTRS_PER_TABLE; i++)
        table[i] = entry;
}

/* Everything through one page. phys: what to add to an address for its physical one. */
static void tables_link(struct tables *t, unsigned long phys, u64 page_bits)
{
    fill(t->level1, ((unsigned long)t->page + phys) | page_bits);
    fill(t->level2, ((unsigned long)t->level1 + phys) | TABLE_BITS);
    fill(t->level3, ((unsigned long)t->level2 + phys) | TABLE_BITS);
}

static void top_link(u64 *level4, u64 entry)
{
    for (unsigned long at = 0; at < SHADOW_SIZE; at += 1UL << 39)
        level4[table_index(KASAN_SHADOW_BASE + at, 4)] = entry;
}

__attribute__((no_stack_protector)) void kasan_early_init(const struct boot_info *bi)
{
    unsigned long phys = bi->kernel_phys - (unsigned long)__image_start;
    u64 *level4 = phys_to_virt(read_cr3() & PTE_PFN_MASK);

    if (read_cr4() & CR4_LA57)
        level4 = entry_table(level4[PTRS_PER_TABLE - 1]);
    tables_link(&early, phys, PTE_P | PTE_W | PTE_A | PTE_D);
    top_link(level4, ((unsigned long)early.level3 + phys) | TABLE_BITS);
}

/* --- the kernel's own tables --- */

static u64 *table_get(void)
{
    if (early_memory)
        return phys_to_virt(early_alloc(PAGE_SIZE, PAGE_SIZE));
    return page_alloc_address(GFP_ATOMIC | GFP_ZERO, 0);
}

static bool is_shared(u64 entry)
{
    paddr_t at = entry & PTE_PFN_MASK, base = image_to_phys(&shared);

    return at - base < sizeof(shared);
}

/* The next table, of the caller's own: a shared one is replaced by a copy, a missing one by an
 * empty one. NULL: no memory. */
static u64 *own_table(u64 *entry)
{
    u64 *table;

    if (*entry & PTE_P && !is_shared(*entry))
        return entry_table(*entry);
    table = table_get();
    if (!table)
        return NULL;
    if (*entry & PTE_P)
        memcpy(table, entry_table(*entry), PAGE_SIZE);
    entry_store(entry, virt_to_phys(table) | TABLE_BITS);
    return table;
}

/* The last-level entry of a shadow address. */
static u64 *own_entry(unsigned long at)
{
    u64 *table = root4;

    for (unsigned int level = 4; level > 1 && table; level--)
        table = own_table(&table[table_index(at, level)]);
    return table ? &table[table_index(at, 1)] : NULL;
}

static u64 data_bits(void)
{
    return cpu_has(CPU_NX) ? KMAP_RW : KMAP_RW & ~PTE_NX;
}

static void map_range(unsigned long start, unsigned long end)
{
    unsigned long from = ALIGN_DOWN((unsigned long)shadow_of((void *)start), PAGE_SIZE);
    unsigned long to = ALIGN((unsigned long)shadow_of((void *)(end - 1)) + 1, PAGE_SIZE);

    for (; from < to; from += PAGE_SIZE) {
        u64 *entry = own_entry(from);

        if (!(*entry & PTE_P) || is_shared(*entry))
            entry_store(entry, early_alloc(PAGE_SIZE, PAGE_SIZE) | data_bits());
    }
}

void kasan_map_shadow(u64 *level4)
{
    root4 = level4;
    tables_link(&shared, image_to_phys(&shared) - (unsigned long)&shared,
                data_bits() & ~(PTE_W | PTE_D));
    top_link(level4, image_to_phys(shared.level3) | TABLE_BITS);
    for (unsigned int i = 0; i < mem_region_count(); i++) {
        const struct mem_region *r = mem_region_get(i);

        if (mem_region_is_ram(r))
            map_range(DIRECT_MAP_BASE + r->start, DIRECT_MAP_BASE + r->end);
    }
    map_range((unsigned long)__image_start, (unsigned long)__image_end);
    /* One level-4 entry, shared by all address spaces from their beginning. */
    static_assert(VMALLOC_SIZE / GRANULE <= 1UL << 39, "one entry is enough");
    level4[table_index((unsigned long)shadow_of((void *)VMALLOC_BASE), 4)] = 0;
    own_table(&level4[table_index((unsigned long)shadow_of((void *)VMALLOC_BASE), 4)]);
    early_memory = false;
}

/* --- the vmalloc window --- */

static int shadow_page_add(unsigned long at)
{
    void *page = page_alloc_address(GFP_KERNEL, 0);
    unsigned long flags;
    u64 *entry;

    if (!page)
        return -ENOMEM;
    memset(page, SHADOW_VMALLOC, PAGE_SIZE);
    spin_lock_irqsave(&shadow_lock, flags);
    entry = own_entry(at);
    if (entry && !(*entry & PTE_P)) {
        entry_store(entry, virt_to_phys(page) | data_bits());
        page = NULL;
    }
    spin_unlock_irqrestore(&shadow_lock, flags);
    if (page)
        page_free(virt_to_page(page), 0);
    return entry ? 0 : -ENOMEM;
}

int kasan_vmalloc_map(unsigned long start, size_t size)
{
    unsigned long at = ALIGN_DOWN((unsigned long)shadow_of((void *)start), PAGE_SIZE);
    unsigned long end = (unsigned long)shadow_of((void *)(start + size - 1)) + 1;

    for (; at < end; at += PAGE_SIZE) {
        int error = kernel_virt_to_phys((void *)at) == ~0ULL ? shadow_page_add(at) : 0;

        if (error)
            return error;
    }
    kasan_unpoison((void *)start, size);
    return 0;
}

void kasan_vmalloc_unmap(unsigned long start, size_t size)
{
    kasan_poison((void *)start, size, SHADOW_VMALLOC);
}
