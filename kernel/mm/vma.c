// SPDX-License-Identifier: MIT
/*
 * The areas of an address space: a red-black tree by address, in which every node knows the largest
 * free gap of its subtree, so that room for a mapping of any size is found in O(log n).
 *
 * gap of an area is the free space below it, down to the area before (or address 0). Whatever moves
 * a border updates the area's own gap and that of the one after it.
 *
 * Areas that map a file are also in the file's i_mmap tree, an interval tree by file offset,
 * through which truncation and reclaim find who maps a page.
 */
#include "areas.h"

#include <abi/linux/errno.h>
#include <kernel/init/start.h>
#include <kernel/base/panic.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/slab.h>
#include <kernel/vfs/file.h>

struct kmem_cache *vma_cache;

struct vm_area *vma_alloc(struct mm *mm)
{
    struct vm_area *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL | GFP_ZERO);

    if (vma)
        vma->mm = mm;
    return vma;
}

void vma_free(struct vm_area *vma)
{
    if (vma->file)
        file_put(vma->file);
    kmem_cache_free(vma_cache, vma);
}

/* --- gaps --- */

static bool update_gap(struct rb_node *node)
{
    struct vm_area *vma = rb_entry(node, struct vm_area, node);
    unsigned long old = vma->gap_max;

    vma->gap_max = vma->gap;
    if (node->rb_left)
        vma->gap_max = max(vma->gap_max, rb_entry(node->rb_left, struct vm_area, node)->gap_max);
    if (node->rb_right)
        vma->gap_max = max(vma->gap_max, rb_entry(node->rb_right, struct vm_area, node)->gap_max);
    return vma->gap_max != old;
}

static struct vm_area *vma_prev(struct vm_area *vma)
{
    struct rb_node *node = rb_prev(&vma->node);

    return node ? rb_entry(node, struct vm_area, node) : NULL;
}

struct vm_area *vma_next(struct vm_area *vma)
{
    struct rb_node *node = rb_next(&vma->node);

    return node ? rb_entry(node, struct vm_area, node) : NULL;
}

struct vm_area *vma_first(struct mm *mm)
{
    struct rb_node *node = rb_first(&mm->areas);

    return node ? rb_entry(node, struct vm_area, node) : NULL;
}

static void refresh_gap(struct vm_area *vma)
{
    struct vm_area *prev;

    if (!vma)
        return;
    prev = vma_prev(vma);
    vma->gap = vma->start - (prev ? prev->end : 0);
    rb_propagate(&vma->node, update_gap);
}

/* --- i_mmap: interval tree by page offset --- */

static u64 last_pgoff(const struct vm_area *vma)
{
    return vma->pgoff + ((vma->end - vma->start) >> PAGE_SHIFT) - 1;
}

static bool update_last(struct rb_node *node)
{
    struct vm_area *vma = rb_entry(node, struct vm_area, share_node);
    u64 old = vma->share_last_max;

    vma->share_last_max = last_pgoff(vma);
    if (node->rb_left)
        vma->share_last_max =
            max(vma->share_last_max,
                rb_entry(node->rb_left, struct vm_area, share_node)->share_last_max);
    if (node->rb_right)
        vma->share_last_max =
            max(vma->share_last_max,
                rb_entry(node->rb_right, struct vm_area, share_node)->share_last_max);
    return vma->share_last_max != old;
}

static void share_insert(struct vm_area *vma, struct rb_root_cached *root)
{
    struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
    bool leftmost = true;

    while (*link) {
        parent = *link;
        if (vma->pgoff < rb_entry(parent, struct vm_area, share_node)->pgoff) {
            link = &parent->rb_left;
        } else {
            link = &parent->rb_right;
            leftmost = false;
        }
    }
    rb_link_node(&vma->share_node, parent, link);
    rb_insert_augmented_cached(&vma->share_node, root, leftmost, update_last);
}

static void share_link(struct vm_area *vma)
{
    struct address_space *mapping;

    if (!vma->file)
        return;
    mapping = vma->file->mapping;
    rwsem_write_lock(&mapping->i_mmap_rwsem);
    if (vma->flags & VM_SHARED && vma->flags & VM_MAYWRITE)
        atomic_inc(&mapping->i_mmap_writable);
    share_insert(vma, &mapping->i_mmap);
    rwsem_write_unlock(&mapping->i_mmap_rwsem);
}

static void share_unlink(struct vm_area *vma)
{
    struct address_space *mapping;

    if (!vma->file)
        return;
    mapping = vma->file->mapping;
    rwsem_write_lock(&mapping->i_mmap_rwsem);
    if (vma->flags & VM_SHARED && vma->flags & VM_MAYWRITE)
        atomic_dec(&mapping->i_mmap_writable);
    rb_erase_augmented_cached(&vma->share_node, &mapping->i_mmap, update_last);
    rwsem_write_unlock(&mapping->i_mmap_rwsem);
}

static struct vm_area *share_first(struct rb_node *node, u64 start, u64 last)
{
    while (node) {
        struct vm_area *vma = rb_entry(node, struct vm_area, share_node);

        if (vma->share_last_max < start)
            return NULL;
        if (node->rb_left &&
            rb_entry(node->rb_left, struct vm_area, share_node)->share_last_max >= start) {
            node = node->rb_left;
            continue;
        }
        if (vma->pgoff > last)
            return NULL;
        if (last_pgoff(vma) >= start)
            return vma;
        node = node->rb_right;
    }
    return NULL;
}

void unmap_mapping_pages(struct address_space *mapping, u64 start, u64 nr, bool even_cows)
{
    u64 last = start + nr - 1 < start ? ~0ULL : start + nr - 1;
    struct vm_area *vma;
    struct rb_node *node;

    rwsem_read_lock(&mapping->i_mmap_rwsem);
    vma = share_first(mapping->i_mmap.rb_root.rb_node, start, last);
    for (node = vma ? &vma->share_node : NULL; node; node = rb_next(node)) {
        u64 from, to;

        vma = rb_entry(node, struct vm_area, share_node);
        if (vma->pgoff > last)
            break;
        if (last_pgoff(vma) < start)
            continue;
        from = max(start, vma->pgoff);
        to = min(last, last_pgoff(vma));
        zap_file_range(vma, vma->start + ((from - vma->pgoff) << PAGE_SHIFT),
                       vma->start + ((to - vma->pgoff + 1) << PAGE_SHIFT), even_cows);
    }
    rwsem_read_unlock(&mapping->i_mmap_rwsem);
}

/* --- the tree --- */

struct vm_area *vma_find(struct mm *mm, unsigned long address)
{
    struct vm_area *vma = READ_ONCE(mm->area_cache), *best = NULL;
    struct rb_node *node = mm->areas.rb_node;

    if (vma && vma->start <= address && address < vma->end)
        return vma;
    while (node) {
        vma = rb_entry(node, struct vm_area, node);
        if (vma->end > address) {
            best = vma;
            if (vma->start <= address)
                break;
            node = node->rb_left;
        } else {
            node = node->rb_right;
        }
    }
    if (best)
        WRITE_ONCE(mm->area_cache, best);
    return best;
}

static void tree_insert(struct mm *mm, struct vm_area *vma)
{
    struct rb_node **link = &mm->areas.rb_node, *parent = NULL;

    while (*link) {
        parent = *link;
        if (vma->start < rb_entry(parent, struct vm_area, node)->start)
            link = &parent->rb_left;
        else
            link = &parent->rb_right;
    }
    rb_link_node(&vma->node, parent, link);
    vma->gap = vma->gap_max = 0;
    rb_insert_augmented(&vma->node, &mm->areas, update_gap);
    refresh_gap(vma);
    refresh_gap(vma_next(vma));
}

void vma_link(struct mm *mm, struct vm_area *vma)
{
    DEBUG_ASSERT(rwsem_is_locked(&mm->mmap_lock));
    tree_insert(mm, vma);
    share_link(vma);
    mm->nr_areas++;
    mm_account(mm, vma->flags, (long)((vma->end - vma->start) >> PAGE_SHIFT));
}

void vma_unlink(struct mm *mm, struct vm_area *vma)
{
    struct vm_area *next = vma_next(vma);

    share_unlink(vma);
    rb_erase_augmented(&vma->node, &mm->areas, update_gap);
    refresh_gap(next);
    WRITE_ONCE(mm->area_cache, NULL);
    mm->nr_areas--;
    mm_account(mm, vma->flags, -(long)((vma->end - vma->start) >> PAGE_SHIFT));
}

void vma_set_range(struct vm_area *vma, unsigned long start, unsigned long end)
{
    struct mm *mm = vma->mm;
    long grown =
        (long)((end - start) >> PAGE_SHIFT) - (long)((vma->end - vma->start) >> PAGE_SHIFT);

    share_unlink(vma);
    vma->pgoff += (s64)(start - vma->start) >> PAGE_SHIFT;
    vma->start = start;
    vma->end = end;
    share_link(vma);
    refresh_gap(vma);
    refresh_gap(vma_next(vma));
    WRITE_ONCE(mm->area_cache, NULL);
    mm_account(mm, vma->flags, grown);
}

int vma_split(struct vm_area *vma, unsigned long address, bool lower)
{
    struct vm_area *part = vma_alloc(vma->mm);

    if (!part)
        return -ENOMEM;
    if (vma->mm->nr_areas >= 65530) {
        kmem_cache_free(vma_cache, part);
        return -ENOMEM;
    }
    *part = *vma;
    if (part->file)
        file_get(part->file);
    if (lower) {
        part->end = address;
        vma_set_range(vma, address, vma->end);
    } else {
        part->start = address;
        part->pgoff = vma->pgoff + ((address - vma->start) >> PAGE_SHIFT);
        vma_set_range(vma, vma->start, address);
    }
    vma_link(vma->mm, part);
    if (part->ops && part->ops->open)
        part->ops->open(part);
    return 0;
}

int vma_cut(struct mm *mm, unsigned long start, unsigned long end)
{
    struct vm_area *vma = vma_find(mm, start);
    int error = 0;

    if (vma && vma->start < start)
        error = vma_split(vma, start, true);
    if (error)
        return error;
    vma = vma_find(mm, end - 1);
    if (vma && vma->start < end && vma->end > end)
        error = vma_split(vma, end, false);
    return error;
}

static bool continues(const struct vm_area *a, const struct vm_area *b)
{
    return a->end == b->start && a->flags == b->flags && a->file == b->file && a->ops == b->ops &&
           a->private == b->private && !(a->flags & (VM_PFNMAP | VM_IO | VM_GROWSDOWN)) &&
           !(a->ops && a->ops->close) && a->pgoff + ((a->end - a->start) >> PAGE_SHIFT) == b->pgoff;
}

static void absorb(struct vm_area *into, struct vm_area *gone)
{
    unsigned long start = min(into->start, gone->start), end = max(into->end, gone->end);

    into->has_anon |= gone->has_anon;
    vma_unlink(into->mm, gone);
    vma_set_range(into, start, end);
    vma_free(gone);
}

struct vm_area *vma_merge(struct vm_area *vma)
{
    struct vm_area *prev = vma_prev(vma), *next;

    if (prev && continues(prev, vma)) {
        absorb(prev, vma);
        vma = prev;
    }
    next = vma_next(vma);
    if (next && continues(vma, next))
        absorb(vma, next);
    return vma;
}

/* --- free room --- */

/* The highest gap of at least len bytes under high, in the subtree. */
static bool gap_below(struct rb_node *node, unsigned long low, unsigned long high, size_t len,
                      unsigned long *found)
{
    while (node) {
        struct vm_area *vma = rb_entry(node, struct vm_area, node);
        unsigned long from, to;

        if (vma->gap_max < len)
            return false;
        if (vma->start < high && gap_below(node->rb_right, low, high, len, found))
            return true;
        from = max(vma->start - vma->gap, low);
        to = min(vma->start, high);
        if (to > from && to - from >= len) {
            *found = to - len;
            return true;
        }
        node = node->rb_left;
    }
    return false;
}

static bool range_is_free(struct mm *mm, unsigned long addr, size_t len)
{
    struct vm_area *vma = vma_find(mm, addr);

    return !vma || vma->start >= addr + len;
}

#define MMAP_MIN_ADDR 65536UL

unsigned long mmap_find_free(struct mm *mm, unsigned long hint, size_t len)
{
    struct rb_node *last = rb_last(&mm->areas);
    unsigned long found, top = last ? rb_entry(last, struct vm_area, node)->end : 0;

    if (len > mm->task_size - MMAP_MIN_ADDR)
        return (unsigned long)-ENOMEM;
    hint &= PAGE_MASK;
    if (hint >= MMAP_MIN_ADDR && hint <= mm->task_size - len && range_is_free(mm, hint, len))
        return hint;
    if (top < mm->mmap_base && mm->mmap_base - max(top, MMAP_MIN_ADDR) >= len)
        return mm->mmap_base - len;
    if (gap_below(mm->areas.rb_node, MMAP_MIN_ADDR, mm->mmap_base, len, &found))
        return found;
    /* Nothing under the base: the room above it, up to the stack. */
    if (gap_below(mm->areas.rb_node, mm->mmap_base, mm->task_size, len, &found))
        return found;
    if (top < mm->task_size && mm->task_size - max(top, MMAP_MIN_ADDR) >= len)
        return mm->task_size - len;
    return (unsigned long)-ENOMEM;
}

/* PTE bits for an area's pages; the write bit is added only where a page may be written in place.
 */
u64 vma_prot_bits(unsigned long vm_flags)
{
    u64 bits = PTE_A;

    if (vm_flags & (VM_READ | VM_WRITE | VM_EXEC))
        bits |= PTE_P | PTE_U;
    if (!(vm_flags & VM_EXEC) && cpu_has(CPU_NX))
        bits |= PTE_NX;
    return bits;
}

void __init vma_init(void)
{
    vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area), 0, SLAB_PANIC, NULL);
}
