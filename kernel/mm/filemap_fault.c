/* SPDX-License-Identifier: MIT */
/*
 * Page faults on files.
 *
 * A fault gives the page locked, so that truncation cannot take it out of the cache before it is
 * mapped. A miss reads around the address rather than behind it: programs' text and data are
 * touched in no order. Around a page that is there, those of its neighbours that are cached are
 * mapped as well (map_pages), which turns sixteen minor faults into one.
 *
 * Locking: faults hold mmap_lock shared. map_pages runs with the page table lock held and takes
 * page locks only by trying.
 */
#include <kernel/mm/filemap.h>

#include "internal.h"
#include "readahead.h"

#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/mm.h>
#include <kernel/vfs/fs.h>

#define READ_AROUND 16U /* pages, a power of two */
#define MAP_BATCH   16U /* pages looked up at a time */

static u64 file_pages(const struct address_space *mapping)
{
    return ((u64)READ_ONCE(mapping->host->size) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The page is not cached: starts reading it and what lies around. */
static void fault_readahead(struct vm_fault *vmf, struct address_space *mapping)
{
    struct file *file = vmf->vma->file;

    if (vmf->vma->flags & VM_SEQ_READ)
        readahead_miss(file, mapping, vmf->pgoff, 1);
    else if (!(vmf->vma->flags & VM_RAND_READ))
        readahead_miss(NULL, mapping, ALIGN_DOWN(vmf->pgoff, (u64)READ_AROUND), READ_AROUND);
}

/* An up-to-date page with a reference; *major when it had to be read. ERR_PTR. */
static struct page *fault_get_page(struct vm_fault *vmf, struct address_space *mapping,
                                   unsigned int *result)
{
    struct page *page = filemap_find_page(mapping, vmf->pgoff);

    if (!page) {
        vm_counter_inc(PGMAJFAULT);
        *result |= VM_FAULT_MAJOR;
        fault_readahead(vmf, mapping);
    } else {
        if (page_flag_test(page, PG_READAHEAD))
            readahead_hit(vmf->vma->file, mapping, page, vmf->pgoff);
        if (page_flag_test(page, PG_UPTODATE))
            return page;
        *result |= VM_FAULT_MAJOR;
        page_put(page);
    }
    return filemap_read_page(mapping, vmf->pgoff, vmf->vma->file);
}

static unsigned int fault_error(int err)
{
    return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

unsigned int filemap_fault(struct vm_fault *vmf)
{
    struct address_space *mapping = vmf->vma->file->mapping;
    unsigned int result = 0;

    for (;;) {
        struct page *page;

        if (vmf->pgoff >= file_pages(mapping))
            return VM_FAULT_SIGBUS;
        page = fault_get_page(vmf, mapping, &result);
        if (IS_ERR(page))
            return fault_error(PTR_ERR(page));
        page_lock(page);
        if (page->mapping == mapping && vmf->pgoff < file_pages(mapping)) {
            page_mark_accessed(page);
            vmf->page = page;
            return result | VM_FAULT_LOCKED;
        }
        page_unlock(page);
        page_put(page);
    }
}

/* Locks a page found under RCU, with a reference, if it may be mapped right away. */
static bool page_take_mappable(struct page *page, const struct address_space *mapping)
{
    const u32 unfit = 1U << PG_LOCKED | 1U << PG_READAHEAD | 1U << PG_ERROR;
    u32 flags = READ_ONCE(page->flags);

    if (flags & unfit || !(flags & (1U << PG_UPTODATE)) || !page_try_get(page))
        return false;
    if (page_trylock(page)) {
        if (likely(page->mapping == mapping && page_flag_test(page, PG_UPTODATE)))
            return true;
        page_unlock(page);
    }
    page_put(page);
    return false;
}

/* Maps one page of the range; whether it was the one the fault was about. */
static bool page_map_around(struct vm_fault *vmf, struct address_space *mapping, struct page *page)
{
    unsigned long address;
    bool wanted, mapped;

    if (xa_is_value(page) || !page_take_mappable(page, mapping))
        return false;
    wanted = page->index == vmf->pgoff;
    address = (vmf->address & PAGE_MASK) + ((page->index - vmf->pgoff) << PAGE_SHIFT);
    mapped = vm_map_page_locked(vmf, address, page);
    page_unlock(page);
    if (!mapped)
        page_put(page);
    return wanted;
}

unsigned int filemap_map_pages(struct vm_fault *vmf, u64 start_pgoff, u64 end_pgoff)
{
    struct address_space *mapping = vmf->vma->file->mapping;
    u64 size = file_pages(mapping);
    struct page *pages[MAP_BATCH];
    bool wanted = false;
    unsigned int n;

    if (size == 0 || start_pgoff >= size)
        return 0;
    end_pgoff = min(end_pgoff, size - 1);
    rcu_read_lock();
    do {
        n = xa_extract(&mapping->pages, (void **)pages, NULL, start_pgoff,
                       min(end_pgoff, start_pgoff + MAP_BATCH - 1), MAP_BATCH, XA_PRESENT);
        for (unsigned int i = 0; i < n; i++)
            wanted |= page_map_around(vmf, mapping, pages[i]);
        start_pgoff += MAP_BATCH;
    } while (start_pgoff <= end_pgoff);
    rcu_read_unlock();
    return wanted ? VM_FAULT_NOPAGE : 0;
}

unsigned int filemap_page_mkwrite(struct vm_fault *vmf)
{
    struct page *page = vmf->page;

    page_lock(page);
    if (page->mapping != vmf->vma->file->mapping || page->index >= file_pages(page->mapping)) {
        page_unlock(page);
        return VM_FAULT_NOPAGE;
    }
    page_wait_writeback(page);
    return VM_FAULT_LOCKED;
}

const struct vm_operations filemap_vm_ops = {
    .fault = filemap_fault,
    .map_pages = filemap_map_pages,
    .page_mkwrite = filemap_page_mkwrite,
};

int filemap_mmap(struct file *file, struct vm_area *vma)
{
    if (!file->mapping->ops->read_page)
        return -ENOEXEC;
    vma->ops = &filemap_vm_ops;
    return 0;
}
