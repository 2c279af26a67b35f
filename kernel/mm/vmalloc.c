/* SPDX-License-Identifier: MIT */
/*
 * Virtually contiguous kernel memory: vmalloc, vmap, ioremap.
 *
 * The window is VMALLOC_BASE..+VMALLOC_SIZE. Each area is a run of it, kept in a tree by address,
 * and is followed by at least one page that is never mapped. Space is found by first fit from where
 * the last search ended, so that addresses are reused late.
 *
 * An area that was freed is unmapped at once, but other CPUs may still hold its translations. It
 * becomes a zombie: its addresses stay taken until enough of them have gathered, then one flush on
 * all CPUs serves for all, and they are given up together. Device registers (ioremap) are flushed
 * the same way: nobody uses the address before.
 *
 * Locking: area_lock over tree, list and counts; taken in task context only. Page tables are
 * changed without it: the area's owner alone touches its range.
 */
#include <kernel/mm/vmalloc.h>

#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/string.h>
#include <kernel/lib/rbtree.h>
#include <kernel/mm/slab.h>

#define GUARD_SIZE   PAGE_SIZE
#define ZOMBIE_PAGES 8192                        /* 32 MiB of address space, then one flush */
#define AREA_FIRST   (VMALLOC_BASE + GUARD_SIZE) /* below the first area is a guard, too */
#define VMALLOC_END  (VMALLOC_BASE + VMALLOC_SIZE)

enum area_kind { AREA_PAGES, AREA_MAP, AREA_IO };

struct vm_block {
    struct rb_node node;
    unsigned long start;
    size_t size; /* without the guard */
    enum area_kind kind;
    bool zombie;
    unsigned int nr_pages;
    struct page **pages; /* AREA_PAGES */
    struct list_head zombie_link;
};

static DEFINE_SPINLOCK(area_lock);
static struct rb_root areas = RB_ROOT;
static LIST_HEAD(zombies);
static unsigned long zombie_pages;
static unsigned long search_from = AREA_FIRST;

bool is_vmalloc_address(const void *p)
{
    return (unsigned long)p - VMALLOC_BASE < VMALLOC_SIZE;
}

static unsigned long block_end(const struct vm_block *b)
{
    return b->start + b->size + GUARD_SIZE;
}

static struct vm_block *block_of(struct rb_node *node)
{
    return rb_entry(node, struct vm_block, node);
}

/* The first area that ends above address; NULL. */
static struct vm_block *block_above(unsigned long address)
{
    struct rb_node *node = areas.rb_node;
    struct vm_block *found = NULL;

    while (node) {
        struct vm_block *b = block_of(node);

        if (block_end(b) > address) {
            found = b;
            node = node->rb_left;
        } else {
            node = node->rb_right;
        }
    }
    return found;
}

/* First gap of size bytes, aligned, in [from, to); 0 when there is none. area_lock held. */
static unsigned long gap_find(unsigned long from, unsigned long to, size_t size, size_t align)
{
    struct vm_block *b = block_above(from);
    unsigned long at = ALIGN(from, align);

    while (b && at + size > b->start) {
        struct rb_node *next = rb_next(&b->node);

        at = ALIGN(max(at, block_end(b)), align);
        b = next ? block_of(next) : NULL;
    }
    return at + size <= to && at >= from ? at : 0;
}

static void block_insert(struct vm_block *b)
{
    struct rb_node **link = &areas.rb_node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = b->start < block_of(parent)->start ? &parent->rb_left : &parent->rb_right;
    }
    rb_link_node(&b->node, parent, link);
    rb_insert_color(&b->node, &areas);
}

/* Flushes what zombies left in TLBs and gives their addresses up. */
static void zombies_purge(void)
{
    unsigned long low = ~0UL, high = 0;
    struct vm_block *b, *next;
    LIST_HEAD(gone);

    spin_lock(&area_lock);
    list_splice_init(&zombies, &gone);
    zombie_pages = 0;
    spin_unlock(&area_lock);
    if (list_empty(&gone))
        return;
    list_for_each_entry (b, &gone, zombie_link) {
        low = min(low, b->start);
        high = max(high, b->start + b->size);
    }
    tlb_flush_kernel_range(low, high);
    spin_lock(&area_lock);
    list_for_each_entry (b, &gone, zombie_link)
        rb_erase(&b->node, &areas);
    spin_unlock(&area_lock);
    list_for_each_entry_safe (b, next, &gone, zombie_link)
        kfree(b);
}

static bool block_place(struct vm_block *b, size_t align)
{
    size_t size = b->size + GUARD_SIZE;

    spin_lock(&area_lock);
    b->start = gap_find(search_from, VMALLOC_END, size, align);
    if (!b->start)
        b->start = gap_find(AREA_FIRST, VMALLOC_END, size, align);
    if (b->start) {
        /* The debug kernel keeps shadow for each address that was ever used: it uses them again. */
        if (!CONFIG_DEBUG)
            search_from = block_end(b);
        block_insert(b);
    }
    spin_unlock(&area_lock);
    return b->start != 0;
}

/* The caller has unmapped it, or never mapped it. */
static void block_retire(struct vm_block *b)
{
    bool purge;

    kasan_vmalloc_unmap(b->start, b->size);
    spin_lock(&area_lock);
    b->zombie = true;
    list_add(&b->zombie_link, &zombies);
    zombie_pages += b->size >> PAGE_SHIFT;
    purge = zombie_pages > ZOMBIE_PAGES;
    spin_unlock(&area_lock);
    if (purge)
        zombies_purge();
}

/* Takes addresses for size bytes. NULL: no memory or no space. */
static struct vm_block *block_create(size_t size, size_t align, enum area_kind kind)
{
    struct vm_block *b;

    if (size == 0 || size > VMALLOC_SIZE / 2)
        return NULL;
    b = kzalloc(sizeof(*b), GFP_KERNEL);
    if (!b)
        return NULL;
    b->size = ALIGN(size, PAGE_SIZE);
    b->kind = kind;
    if (!block_place(b, align)) {
        zombies_purge();
        if (!block_place(b, align)) {
            kfree(b);
            return NULL;
        }
    }
    if (!kasan_vmalloc_map(b->start, b->size))
        return b;
    block_retire(b);
    return NULL;
}

/* The live area that begins at p; NULL. */
static struct vm_block *block_find(const void *p)
{
    struct vm_block *b;

    spin_lock(&area_lock);
    b = block_above((unsigned long)p);
    if (b && (b->start != (unsigned long)p || b->zombie))
        b = NULL;
    spin_unlock(&area_lock);
    return b;
}

static void block_pages_free(struct vm_block *b)
{
    for (unsigned int i = 0; i < b->nr_pages; i++)
        page_free(b->pages[i], 0);
    vm_counter_add(NR_VMALLOC, -(long)b->nr_pages);
    kvfree(b->pages);
}

static bool block_pages_alloc(struct vm_block *b, gfp_t gfp)
{
    unsigned int nr = b->size >> PAGE_SHIFT;

    b->pages = kvmalloc(nr * sizeof(*b->pages), GFP_KERNEL);
    if (!b->pages)
        return false;
    for (b->nr_pages = 0; b->nr_pages < nr; b->nr_pages++) {
        b->pages[b->nr_pages] = page_alloc(gfp, 0);
        if (!b->pages[b->nr_pages])
            break;
    }
    vm_counter_add(NR_VMALLOC, b->nr_pages);
    if (b->nr_pages == nr)
        return true;
    block_pages_free(b);
    return false;
}

static int pages_map(unsigned long at, struct page **pages, unsigned int nr, u64 prot)
{
    unsigned int done = 0;

    while (done < nr) {
        paddr_t phys = page_to_phys(pages[done]);
        unsigned int run = 1;
        int err;

        while (done + run < nr && page_to_phys(pages[done + run]) == phys + run * PAGE_SIZE)
            run++;
        err = kernel_map(at + done * PAGE_SIZE, phys, run * PAGE_SIZE, prot, CACHE_WB);
        if (err) {
            if (done)
                kernel_unmap(at, done * PAGE_SIZE);
            return err;
        }
        done += run;
    }
    return 0;
}

static void *vmalloc_gfp(size_t size, gfp_t gfp)
{
    struct vm_block *b = block_create(size, PAGE_SIZE, AREA_PAGES);

    if (!b)
        return NULL;
    if (!block_pages_alloc(b, gfp))
        goto retire;
    if (pages_map(b->start, b->pages, b->nr_pages, KMAP_RW)) {
        block_pages_free(b);
        goto retire;
    }
    return (void *)b->start;
retire:
    block_retire(b);
    return NULL;
}

void *vmalloc(size_t size)
{
    return vmalloc_gfp(size, GFP_KERNEL);
}

void *vzalloc(size_t size)
{
    return vmalloc_gfp(size, GFP_KERNEL | GFP_ZERO);
}

void vfree(const void *p)
{
    struct vm_block *b;

    if (!p)
        return;
    might_sleep();
    b = block_find(p);
    if (WARN(!b, "vfree of %p, which is no area", p))
        return;
    kernel_unmap(b->start, b->size);
    if (b->kind == AREA_PAGES)
        block_pages_free(b);
    block_retire(b);
}

void *vmap(struct page **pages, unsigned int nr_pages, u64 kmap_prot)
{
    struct vm_block *b = block_create((size_t)nr_pages << PAGE_SHIFT, PAGE_SIZE, AREA_MAP);

    if (!b)
        return NULL;
    if (pages_map(b->start, pages, nr_pages, kmap_prot)) {
        block_retire(b);
        return NULL;
    }
    return (void *)b->start;
}

void vunmap(const void *p)
{
    vfree(p);
}

void __iomem *ioremap(paddr_t phys, size_t size, enum cache_mode mode)
{
    unsigned long offset = phys & ~PAGE_MASK;
    struct vm_block *b;
    paddr_t end;

    if (size == 0 || check_add_overflow(phys, (paddr_t)size, &end) || end > 1ULL << 52)
        return NULL;
    phys -= offset;
    size = ALIGN(size + offset, PAGE_SIZE);
    /* Large registers (framebuffers) on an address that lets large pages map them. */
    b = block_create(size, size >= PMD_SIZE && IS_ALIGNED(phys, PMD_SIZE) ? PMD_SIZE : PAGE_SIZE,
                     AREA_IO);
    if (!b)
        return NULL;
    if (kernel_map(b->start, phys, size, KMAP_RW, mode)) {
        block_retire(b);
        return NULL;
    }
    return (void __iomem *)(b->start + offset);
}

void iounmap(volatile void __iomem *p)
{
    if (p)
        vfree((const void *)((unsigned long)p & PAGE_MASK));
}
