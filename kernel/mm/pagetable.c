// SPDX-License-Identifier: MIT
/*
 * User page tables: walking, clearing, copying, protecting.
 *
 * A table is made without a lock and published under page_table_lock; tables go away only with
 * their address range, under mmap_lock held for writing (or when the mm dies). Entries change under
 * page_table_lock.
 *
 * Clearing gathers pages: entries are cleared, then the TLBs are flushed once, and only then are
 * the pages given up, since until the flush a processor may still write to them.
 */
#include "areas.h"

#include <abi/linux/errno.h>
#include <kernel/arch/pgtable.h>
#include <kernel/base/panic.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmstat.h>
#include <kernel/sched/sched.h>

static u64 zero_page[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

pfn_t zero_page_pfn(void)
{
    return image_to_phys(zero_page) >> PAGE_SHIFT;
}

bool is_zero_page(pfn_t pfn)
{
    return pfn == zero_page_pfn();
}

void rss_add(struct mm *mm, const struct page *page, long n)
{
    if (page_flag_test(page, PG_ANON))
        atomic64_add(n, &mm->rss_anon);
    else if (page_flag_test(page, PG_SWAPBACKED))
        atomic64_add(n, &mm->rss_shmem);
    else
        atomic64_add(n, &mm->rss_file);
}

/* --- walking --- */

static u64 *table_below(struct mm *mm, u64 *entry, bool alloc)
{
    u64 *fresh;

    if (likely(entry_load(entry) & PTE_P))
        return entry_table(entry_load(entry));
    if (!alloc)
        return NULL;
    fresh = page_alloc_address(GFP_KERNEL | GFP_ZERO | GFP_ACCOUNT, 0);
    if (!fresh)
        return NULL;
    page_flag_set(virt_to_page(fresh), PG_TABLE);
    spin_lock(&mm->page_table_lock);
    if (entry_load(entry) & PTE_P) {
        spin_unlock(&mm->page_table_lock);
        page_flag_clear(virt_to_page(fresh), PG_TABLE);
        page_free(virt_to_page(fresh), 0);
    } else {
        entry_store(entry, virt_to_phys(fresh) | TABLE_ENTRY);
        spin_unlock(&mm->page_table_lock);
        atomic64_add(PAGE_SIZE, &mm->table_bytes);
        vm_counter_inc(NR_PAGETABLE);
    }
    return entry_table(entry_load(entry));
}

u64 *pte_walk(struct mm *mm, unsigned long address, bool alloc)
{
    u64 *table = pgd_user_table(mm->pgd);

    for (unsigned int level = 4; level > 1; level--) {
        table = table_below(mm, &table[table_index(address, level)], alloc);
        if (!table)
            return NULL;
    }
    return &table[table_index(address, 1)];
}

/* The end of the table that address's entry is in, or end. */
static unsigned long table_end(unsigned long address, unsigned long end)
{
    unsigned long border = ALIGN_DOWN(address, PMD_SIZE) + PMD_SIZE;

    return border - 1 < end - 1 ? border : end;
}

/* Where what is missing on the way to address's entry ends; address itself if nothing is. */
static unsigned long hole_end(struct mm *mm, unsigned long address)
{
    u64 *table = pgd_user_table(mm->pgd);

    for (unsigned int level = 4; level > 1; level--) {
        u64 entry = entry_load(&table[table_index(address, level)]);
        u64 size = 1UL << (PAGE_SHIFT + 9 * (level - 1));

        if (!(entry & PTE_P))
            return ALIGN_DOWN(address, size) + size;
        table = entry_table(entry);
    }
    return address;
}

/* The first address from address on that has a last-level table, or end. */
static unsigned long skip_hole(struct mm *mm, unsigned long address, unsigned long end)
{
    while (address < end) {
        unsigned long next = hole_end(mm, address);

        if (next == address)
            return address;
        address = next;
    }
    return end;
}

/* --- gathering --- */

#define GATHER_PAGES 256

struct gather {
    struct mm *mm;
    unsigned long start, end; /* of what was cleared since the last flush */
    unsigned int nr;
    bool cleared;
    struct page *pages[GATHER_PAGES];
};

static void gather_flush(struct gather *g)
{
    if (g->cleared && g->mm->cpu_mask)
        tlb_flush_range(g->mm, g->start, g->end);
    for (unsigned int i = 0; i < g->nr; i++)
        page_put(g->pages[i]);
    g->nr = 0;
    g->cleared = false;
    g->start = ~0UL;
    g->end = 0;
}

/* An entry is being cleared; page_table_lock held. */
static void gather_entry(struct gather *g, struct vm_area *vma, unsigned long address, u64 old)
{
    pfn_t pfn = (old & PTE_PFN_MASK) >> PAGE_SHIFT;
    struct page *page;

    g->cleared = true;
    g->start = min(g->start, address);
    g->end = max(g->end, address + PAGE_SIZE);
    if (is_zero_page(pfn) || vma->flags & VM_PFNMAP)
        return;
    page = pfn_to_page(pfn);
    if (!page_flag_test(page, PG_ANON)) {
        if (old & PTE_D)
            filemap_dirty_page(page);
        if (old & PTE_A)
            page_flag_set(page, PG_REFERENCED);
    }
    rss_add(g->mm, page, -1);
    page_mapping_removed(page);
    g->pages[g->nr++] = page;
}

enum zap_what { ZAP_ALL, ZAP_FILE_PAGES };

static void zap_table(struct gather *g, struct vm_area *vma, unsigned long start, unsigned long end,
                      enum zap_what what)
{
    u64 *pte = pte_walk(vma->mm, start, false);

    if (!pte)
        return;
    spin_lock(&vma->mm->page_table_lock);
    for (; start != end && g->nr < GATHER_PAGES; start += PAGE_SIZE, pte++) {
        u64 old = entry_load(pte);

        if (!old)
            continue;
        if (what == ZAP_FILE_PAGES && old & PTE_P &&
            !is_zero_page((old & PTE_PFN_MASK) >> PAGE_SHIFT) &&
            page_flag_test(phys_to_page(old & PTE_PFN_MASK), PG_ANON))
            continue;
        old = entry_exchange(pte, 0);
        gather_entry(g, vma, start, old);
    }
    spin_unlock(&vma->mm->page_table_lock);
    if (g->nr == GATHER_PAGES) {
        gather_flush(g);
        if (start != end)
            zap_table(g, vma, start, end, what);
    }
}

static void zap(struct vm_area *vma, unsigned long start, unsigned long end, enum zap_what what)
{
    struct gather g = {.mm = vma->mm, .start = ~0UL};

    while (start != end) {
        unsigned long next;

        start = skip_hole(vma->mm, start, end);
        if (start == end)
            break;
        next = table_end(start, end);
        zap_table(&g, vma, start, next, what);
        start = next;
    }
    gather_flush(&g);
}

void zap_range(struct vm_area *vma, unsigned long start, unsigned long end)
{
    zap(vma, start, end, ZAP_ALL);
}

void zap_file_range(struct vm_area *vma, unsigned long start, unsigned long end, bool even_cows)
{
    zap(vma, start, end, even_cows ? ZAP_ALL : ZAP_FILE_PAGES);
}

/* --- freeing tables --- */

static inline bool table_is_empty(const u64 *table)
{
    for (unsigned int i = 0; i < PTRS_PER_TABLE; i++) {
        if (table[i])
            return false;
    }
    return true;
}

static void table_free(struct mm *mm, u64 *table)
{
    page_flag_clear(virt_to_page(table), PG_TABLE);
    page_free(virt_to_page(table), 0);
    atomic64_sub(PAGE_SIZE, &mm->table_bytes);
    vm_counter_add(NR_PAGETABLE, -1);
}

/* What free_tables() works on: tables that lie in [floor, ceiling) as a whole serve nobody else. */
struct free_range {
    struct mm *mm;
    unsigned long start, end;     /* what was unmapped, in whole leaf tables */
    unsigned long floor, ceiling; /* end of the area before, start of the one behind */
};

/* Frees the tables below the entries of table that [start, end) of the range meets. */
static void free_level(const struct free_range *r, u64 *table, unsigned int level,
                       unsigned long start, unsigned long end)
{
    u64 size = 1UL << (PAGE_SHIFT + 9 * (level - 1));

    for (unsigned long at = ALIGN_DOWN(start, size); at < end; at += size) {
        u64 *entry = &table[table_index(at, level)], *below;

        if (!(entry_load(entry) & PTE_P))
            continue;
        below = entry_table(entry_load(entry));
        if (level > 2)
            free_level(r, below, level - 1, max(at, start), min(at + size, end));
        if (at < r->floor || at + size > r->ceiling)
            continue;
        /* Everything in it was unmapped and nobody else has a place in it: it is empty. */
        DEBUG_ASSERT(table_is_empty(below));
        entry_store(entry, 0);
        /* Processors may keep the path to it: flush before it is used for something else. */
        if (r->mm->cpu_mask)
            tlb_flush_page(r->mm, at);
        table_free(r->mm, below);
    }
}

void free_tables(struct mm *mm, unsigned long start, unsigned long end, unsigned long floor,
                 unsigned long ceiling)
{
    struct free_range r = {.mm = mm, .floor = floor, .ceiling = ceiling};

    /* Only whole tables: what a neighbour also uses may be being filled. */
    r.start = max(ALIGN_DOWN(start, PMD_SIZE), ALIGN(floor, PMD_SIZE));
    r.end = min(ALIGN(end, PMD_SIZE), ALIGN_DOWN(ceiling, PMD_SIZE));
    if (r.start < r.end)
        free_level(&r, pgd_user_table(mm->pgd), 4, r.start, r.end);
}

/* --- copying for fork --- */

static bool is_cow(const struct vm_area *vma)
{
    return (vma->flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* One entry; the child's table exists. Both locks held. */
static void copy_entry(struct vm_area *to, struct vm_area *from, u64 *dst, u64 *src)
{
    u64 entry = entry_load(src);
    pfn_t pfn = (entry & PTE_PFN_MASK) >> PAGE_SHIFT;

    if (!entry)
        return;
    if (is_cow(from) && entry & PTE_W) {
        __atomic_fetch_and(src, ~PTE_W, __ATOMIC_SEQ_CST);
        entry &= ~PTE_W;
    }
    if (!is_zero_page(pfn) && !(from->flags & VM_PFNMAP)) {
        struct page *page = pfn_to_page(pfn);

        page_get(page);
        page_mapping_added(page);
        rss_add(to->mm, page, 1);
        if (from->flags & VM_SHARED)
            entry &= ~PTE_D; /* whoever dirtied it keeps that */
    }
    entry_store(dst, entry);
}

static int copy_table(struct vm_area *to, struct vm_area *from, unsigned long start,
                      unsigned long end)
{
    u64 *dst = pte_walk(to->mm, start, true), *src = pte_walk(from->mm, start, false);

    if (!dst)
        return -ENOMEM;
    if (!src)
        return 0;
    spin_lock(&to->mm->page_table_lock);
    spin_lock_nested(&from->mm->page_table_lock, 1);
    for (; start != end; start += PAGE_SIZE, dst++, src++)
        copy_entry(to, from, dst, src);
    spin_unlock(&from->mm->page_table_lock);
    spin_unlock(&to->mm->page_table_lock);
    return 0;
}

int copy_range(struct vm_area *to, struct vm_area *from)
{
    unsigned long at = from->start;

    /* What a fault can find again in the file need not be copied. */
    if (from->file && !from->has_anon && !(from->flags & VM_PFNMAP))
        return 0;
    while (at != from->end) {
        unsigned long next;
        int error;

        at = skip_hole(from->mm, at, from->end);
        if (at == from->end)
            break;
        next = table_end(at, from->end);
        error = copy_table(to, from, at, next);
        if (error)
            return error;
        at = next;
        cond_resched();
    }
    return 0;
}

/* --- protecting and moving --- */

static u64 protected_entry(const struct vm_area *vma, u64 entry)
{
    u64 bits = vma_prot_bits(vma->flags);

    entry &= ~(PTE_P | PTE_U | PTE_NX);
    entry |= bits & (PTE_P | PTE_U | PTE_NX);
    /* Write permission comes back by a fault, which knows whether the page may be written. */
    if (!(vma->flags & VM_WRITE) || !(vma->flags & VM_SHARED))
        entry &= ~PTE_W;
    return entry;
}

void protect_range(struct vm_area *vma, unsigned long start, unsigned long end)
{
    unsigned long at = start;
    bool changed = false;

    while (at != end) {
        unsigned long next;
        u64 *pte;

        at = skip_hole(vma->mm, at, end);
        if (at == end)
            break;
        next = table_end(at, end);
        pte = pte_walk(vma->mm, at, false);
        spin_lock(&vma->mm->page_table_lock);
        for (; at != next; at += PAGE_SIZE, pte++) {
            u64 old = entry_load(pte), new_entry;

            if (!old)
                continue;
            do {
                new_entry = protected_entry(vma, old);
            } while (!entry_try_change(pte, &old, new_entry));
            changed |= new_entry != old;
        }
        spin_unlock(&vma->mm->page_table_lock);
    }
    if (changed)
        tlb_flush_range(vma->mm, start, end);
}

int move_range(struct mm *mm, struct vm_area *from_vma, unsigned long from, unsigned long to,
               size_t len)
{
    for (size_t done = 0; done < len; done += PAGE_SIZE) {
        u64 *src = pte_walk(mm, from + done, false), *dst, entry;

        if (!src) {
            size_t skip = skip_hole(mm, from + done, from + len) - (from + done);

            done += skip - PAGE_SIZE;
            continue;
        }
        if (!entry_load(src))
            continue;
        dst = pte_walk(mm, to + done, true);
        if (!dst)
            return -ENOMEM;
        spin_lock(&mm->page_table_lock);
        entry = entry_exchange(src, 0);
        entry_store(dst, entry);
        spin_unlock(&mm->page_table_lock);
    }
    tlb_flush_range(mm, from, from + len);
    return 0;
}
