// SPDX-License-Identifier: MIT
/*
 * Page faults from mm's side. An entry is in one of these states:
 *
 *   0                       nothing yet: zero page, fresh page, or the file's page
 *   not present, not 0      PROT_NONE: the page is kept (the present bit alone was taken)
 *   present, not writable   a write copies it (private) or marks it (shared), or only sets the bit
 * again present, writable       nothing to do here
 *
 * Whoever is about to install an entry allocates and reads first, then takes page_table_lock and
 * looks whether the entry is still what it was.
 */
#include <kernel/mm/fault.h>

#include "areas.h"

#include <abi/linux/errno.h>
#include <abi/linux/signal.h>
#include <kernel/arch/pgtable.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/lib/string.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/oom.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmstat.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/file.h>

#define STACK_GUARD_GAP    (256 * PAGE_SIZE)
#define FAULT_AROUND_PAGES 16

/* Installs page at a still empty entry; takes over the reference. false: somebody was faster. */
static bool install(struct vm_area *vma, unsigned long address, u64 *pte, struct page *page,
                    u64 bits)
{
    struct mm *mm = vma->mm;

    spin_lock(&mm->page_table_lock);
    if (entry_load(pte)) {
        spin_unlock(&mm->page_table_lock);
        page_put(page);
        return false;
    }
    page_mapping_added(page);
    rss_add(mm, page, 1);
    entry_store(pte, page_to_phys(page) | bits);
    spin_unlock(&mm->page_table_lock);
    return true;
}

static u64 writable_bits(const struct vm_area *vma)
{
    return vma_prot_bits(vma->flags) | PTE_W | PTE_D;
}

static struct page *anon_page_alloc(gfp_t extra)
{
    struct page *page = page_alloc(GFP_USER | extra, 0);

    if (page) {
        /* Nobody else knows the page yet. */
        page->flags |= 1U << PG_ANON | 1U << PG_SWAPBACKED | 1U << PG_UPTODATE;
    }
    return page;
}

static unsigned int fault_anon(struct vm_area *vma, unsigned long address, u64 *pte,
                               unsigned int flags)
{
    struct page *page;

    if (!(flags & FAULT_WRITE)) {
        spin_lock(&vma->mm->page_table_lock);
        if (!entry_load(pte))
            entry_store(pte, zero_page_pfn() << PAGE_SHIFT | vma_prot_bits(vma->flags));
        spin_unlock(&vma->mm->page_table_lock);
        vma->has_anon = true;
        return 0;
    }
    page = anon_page_alloc(GFP_ZERO);
    if (!page)
        return VM_FAULT_OOM;
    vma->has_anon = true;
    install(vma, address, pte, page, writable_bits(vma));
    return 0;
}

/* --- files --- */

bool vm_map_page_locked(struct vm_fault *vmf, unsigned long address, struct page *page)
{
    struct vm_area *vma = vmf->vma;
    /* The same last-level table: a neighbour in memory, too. */
    u64 *pte = vmf->pte + ((long)(address - (vmf->address & PAGE_MASK)) >> PAGE_SHIFT);

    if (entry_load(pte))
        return false;
    page_mapping_added(page);
    rss_add(vma->mm, page, 1);
    entry_store(pte, page_to_phys(page) | vma_prot_bits(vma->flags));
    return true;
}

static unsigned int ask_file(struct vm_fault *vmf)
{
    unsigned int result = vmf->vma->ops->fault(vmf);

    if (result & VM_FAULT_ERROR)
        return result;
    if (result & VM_FAULT_LOCKED) {
        page_unlock(vmf->page);
        result &= ~VM_FAULT_LOCKED;
    }
    return result;
}

/* Cached neighbours of a read fault, within the area and one page table. */
static void fault_around(struct vm_fault *vmf, u64 *pte)
{
    struct vm_area *vma = vmf->vma;
    unsigned long block = FAULT_AROUND_PAGES * PAGE_SIZE;
    unsigned long from = max(ALIGN_DOWN(vmf->address, block), vma->start);
    unsigned long to = min(ALIGN_DOWN(vmf->address, block) + block, vma->end);

    if (!vma->ops->map_pages)
        return;
    vmf->pte = pte;
    spin_lock(&vma->mm->page_table_lock);
    vma->ops->map_pages(vmf, vma->pgoff + ((from - vma->start) >> PAGE_SHIFT),
                        vma->pgoff + ((to - 1 - vma->start) >> PAGE_SHIFT));
    spin_unlock(&vma->mm->page_table_lock);
}

static unsigned int fault_file_read(struct vm_fault *vmf, u64 *pte)
{
    unsigned int result;

    fault_around(vmf, pte);
    if (entry_load(pte))
        return 0;
    result = ask_file(vmf);
    if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))
        return result;
    install(vmf->vma, vmf->address, pte, vmf->page, vma_prot_bits(vmf->vma->flags));
    return result;
}

static unsigned int fault_file_cow(struct vm_fault *vmf, u64 *pte)
{
    struct page *copy = anon_page_alloc(0);
    unsigned int result;

    if (!copy)
        return VM_FAULT_OOM;
    result = ask_file(vmf);
    if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE)) {
        page_put(copy);
        return result;
    }
    memcpy(page_address(copy), page_address(vmf->page), PAGE_SIZE);
    page_put(vmf->page);
    vmf->vma->has_anon = true;
    install(vmf->vma, vmf->address, pte, copy, writable_bits(vmf->vma));
    return result;
}

/* Tells the file system that the page becomes writable; the page stays referenced. */
static unsigned int make_writable(struct vm_fault *vmf)
{
    unsigned int result = 0;

    if (vmf->vma->ops->page_mkwrite) {
        result = vmf->vma->ops->page_mkwrite(vmf);
        /* NOPAGE: it was truncated away meanwhile; the access faults again and finds that out. */
        if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))
            return result;
        if (result & VM_FAULT_LOCKED)
            page_unlock(vmf->page);
    }
    filemap_dirty_page(vmf->page);
    return 0;
}

static unsigned int fault_file_shared(struct vm_fault *vmf, u64 *pte)
{
    unsigned int result = ask_file(vmf), error;

    if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))
        return result;
    error = make_writable(vmf);
    if (error) {
        page_put(vmf->page);
        return error;
    }
    install(vmf->vma, vmf->address, pte, vmf->page, writable_bits(vmf->vma));
    return result;
}

static unsigned int fault_file(struct vm_area *vma, unsigned long address, u64 *pte,
                               unsigned int flags)
{
    struct vm_fault vmf = {
        .vma = vma,
        .flags = flags,
        .address = address,
        .pgoff = vma->pgoff + ((address - vma->start) >> PAGE_SHIFT),
    };

    if (!vma->ops || !vma->ops->fault)
        return VM_FAULT_SIGBUS;
    if (!(flags & FAULT_WRITE))
        return fault_file_read(&vmf, pte);
    if (!(vma->flags & VM_SHARED))
        return fault_file_cow(&vmf, pte);
    return fault_file_shared(&vmf, pte);
}

/* --- writes to present, read-only entries --- */

/* Sets write and dirty if the entry is still old. */
static void entry_allow_write(struct vm_area *vma, unsigned long address, u64 *pte, u64 old)
{
    spin_lock(&vma->mm->page_table_lock);
    if ((entry_load(pte) ^ old) & ~(PTE_A | PTE_D)) {
        spin_unlock(&vma->mm->page_table_lock);
        return;
    }
    entry_store(pte, old | PTE_W | PTE_D | PTE_A);
    spin_unlock(&vma->mm->page_table_lock);
    tlb_flush_page(vma->mm, address);
}

/* Replaces the page of an entry by a private copy. */
static unsigned int copy_on_write(struct vm_area *vma, unsigned long address, u64 *pte, u64 old)
{
    pfn_t pfn = (old & PTE_PFN_MASK) >> PAGE_SHIFT;
    bool zero = is_zero_page(pfn);
    struct page *from = zero ? NULL : pfn_to_page(pfn),
                *copy = anon_page_alloc(zero ? GFP_ZERO : 0);

    if (!copy)
        return VM_FAULT_OOM;
    if (from) {
        spin_lock(&vma->mm->page_table_lock);
        if (entry_load(pte) != old) {
            spin_unlock(&vma->mm->page_table_lock);
            page_put(copy);
            return 0;
        }
        page_get(from);
        spin_unlock(&vma->mm->page_table_lock);
        memcpy(page_address(copy), page_address(from), PAGE_SIZE);
    }
    vma->has_anon = true;
    spin_lock(&vma->mm->page_table_lock);
    if ((entry_load(pte) ^ old) & ~PTE_A) {
        spin_unlock(&vma->mm->page_table_lock);
        page_put(copy);
        if (from)
            page_put(from);
        return 0;
    }
    page_mapping_added(copy);
    rss_add(vma->mm, copy, 1);
    entry_exchange(pte, 0);
    tlb_flush_page(vma->mm, address);
    entry_store(pte, page_to_phys(copy) | writable_bits(vma));
    if (from) {
        rss_add(vma->mm, from, -1);
        page_mapping_removed(from);
    }
    spin_unlock(&vma->mm->page_table_lock);
    if (from) {
        page_put(from); /* the entry's */
        page_put(from); /* ours */
    }
    return 0;
}

static unsigned int fault_write_protected(struct vm_area *vma, unsigned long address, u64 *pte,
                                          u64 old)
{
    pfn_t pfn = (old & PTE_PFN_MASK) >> PAGE_SHIFT;
    struct page *page = pfn_to_page(pfn);

    if (vma->flags & VM_PFNMAP) {
        entry_allow_write(vma, address, pte, old);
        return 0;
    }
    if (vma->flags & VM_SHARED) {
        struct vm_fault vmf = {
            .vma = vma,
            .flags = FAULT_WRITE,
            .address = address,
            .pgoff = vma->pgoff + ((address - vma->start) >> PAGE_SHIFT),
            .page = page,
        };
        unsigned int error;

        if (!page_try_get(page))
            return 0;
        error = make_writable(&vmf);
        if (!error)
            entry_allow_write(vma, address, pte, old);
        page_put(page);
        return error;
    }
    /* Nobody else has it: no need to copy. */
    if (!is_zero_page(pfn) && page_flag_test(page, PG_ANON) && atomic_read(&page->refcount) == 1) {
        entry_allow_write(vma, address, pte, old);
        return 0;
    }
    return copy_on_write(vma, address, pte, old);
}

/* Kept by PROT_NONE, and allowed again. */
static void entry_make_present(struct vm_area *vma, u64 *pte, u64 old)
{
    spin_lock(&vma->mm->page_table_lock);
    if (entry_load(pte) == old)
        entry_store(pte, (old & ~(PTE_W | PTE_NX)) | vma_prot_bits(vma->flags));
    spin_unlock(&vma->mm->page_table_lock);
}

unsigned int handle_mm_fault(struct vm_area *vma, unsigned long address, unsigned int flags)
{
    u64 *pte, old;

    address &= PAGE_MASK;
    pte = pte_walk(vma->mm, address, true);
    if (!pte)
        return VM_FAULT_OOM;
    old = entry_load(pte);
    if (!old)
        return vma->file ? fault_file(vma, address, pte, flags)
                         : fault_anon(vma, address, pte, flags);
    if (!(old & PTE_P))
        entry_make_present(vma, pte, old);
    else if (flags & FAULT_WRITE && !(old & PTE_W))
        return fault_write_protected(vma, address, pte, old);
    else
        tlb_flush_local(address); /* another CPU was faster, this one remembers the old entry */
    return 0;
}

/* --- from the architecture --- */

static bool access_allowed(const struct vm_area *vma, unsigned int flags)
{
    if (flags & FAULT_WRITE)
        return vma->flags & VM_WRITE;
    if (flags & FAULT_EXEC)
        return vma->flags & VM_EXEC;
    return vma->flags & (VM_READ | VM_WRITE | VM_EXEC);
}

/* Grows the stack area down to address, within its limit and away from what is below. */
static bool stack_grow(struct vm_area *vma, unsigned long address)
{
    struct mm *mm = vma->mm;
    unsigned long start = address & PAGE_MASK, pages = (vma->start - start) >> PAGE_SHIFT;

    if (vma->end - start > rlimit_get(current, RLIMIT_STACK) ||
        vma->start - vma->gap + STACK_GUARD_GAP > start)
        return false;
    if ((mm->total_pages + pages) > rlimit_get(current, RLIMIT_AS) >> PAGE_SHIFT ||
        mm_commit(mm, pages))
        return false;
    vma_set_range(vma, start, vma->end);
    return true;
}

int mm_stack_extend(struct mm *mm, unsigned long address)
{
    unsigned long start = address & PAGE_MASK;
    struct vm_area *vma;
    int error = 0;

    rwsem_write_lock(&mm->mmap_lock);
    vma = vma_find(mm, address);
    if (vma && vma->start > address) {
        if (!(vma->flags & VM_GROWSDOWN) || vma->gap < vma->start - start)
            error = -ENOMEM;
        else
            error = mm_commit(mm, (vma->start - start) >> PAGE_SHIFT);
        if (!error)
            vma_set_range(vma, start, vma->end);
    }
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* The area of the address, growing the stack if that is what it takes; mmap_lock is held on return,
 * shared. */
static struct vm_area *find_area(struct mm *mm, unsigned long address)
{
    struct vm_area *vma;

    rwsem_read_lock(&mm->mmap_lock);
    vma = vma_find(mm, address);
    if (vma && vma->start <= address)
        return vma;
    if (!vma || !(vma->flags & VM_GROWSDOWN))
        return NULL;
    rwsem_read_unlock(&mm->mmap_lock);
    rwsem_write_lock(&mm->mmap_lock);
    vma = vma_find(mm, address);
    if (vma && vma->start > address && !(vma->flags & VM_GROWSDOWN && stack_grow(vma, address)))
        vma = NULL;
    rwsem_downgrade(&mm->mmap_lock);
    return vma;
}

unsigned int mm_fault(unsigned long address, unsigned int flags, unsigned long user_sp)
{
    struct mm *mm = current->mm;
    struct vm_area *vma;
    unsigned int result;

    vma = find_area(mm, address);
    if (unlikely(!vma))
        result = VM_FAULT_SIGSEGV;
    else if (unlikely(!access_allowed(vma, flags)))
        result = VM_FAULT_SIGSEGV | VM_FAULT_BAD_ACCESS;
    else
        result = handle_mm_fault(vma, address, flags);
    rwsem_read_unlock(&mm->mmap_lock);
    vm_counter_inc(PGFAULT);
    if (result & VM_FAULT_MAJOR)
        current->maj_faults++;
    else
        current->min_faults++;
    return result;
}

void mm_fault_out_of_memory(void)
{
    if (!fatal_signal_pending(current))
        oom_kill_someone();
}

/* --- other address spaces --- */

/* One page of mm at address, faulted in; a reference. NULL: no access. mmap_lock held. */
static struct page *page_of(struct mm *mm, unsigned long address, bool write)
{
    struct vm_area *vma = vma_find(mm, address);
    unsigned int flags = write ? FAULT_WRITE : 0;

    if (!vma || vma->start > address || vma->flags & (VM_PFNMAP | VM_IO))
        return NULL;
    if (write ? !(vma->flags & VM_WRITE) : !(vma->flags & (VM_READ | VM_MAYREAD)))
        return NULL;
    for (;;) {
        u64 *pte = pte_walk(mm, address, true), entry;
        struct page *page = NULL;

        if (!pte)
            return NULL;
        spin_lock(&mm->page_table_lock);
        entry = entry_load(pte);
        if (entry & PTE_P && (!write || entry & PTE_W)) {
            pfn_t pfn = (entry & PTE_PFN_MASK) >> PAGE_SHIFT;

            page = pfn_to_page(pfn);
            if (!is_zero_page(pfn))
                page_get(page);
        }
        spin_unlock(&mm->page_table_lock);
        if (page)
            return page;
        if (entry && !(entry & PTE_P) && !(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)))
            return NULL; /* PROT_NONE keeps it so */
        if (handle_mm_fault(vma, address, flags) & VM_FAULT_ERROR)
            return NULL;
    }
}

size_t mm_access(struct mm *mm, unsigned long addr, void *buf, size_t len, bool write)
{
    size_t done = 0;

    rwsem_read_lock(&mm->mmap_lock);
    while (done < len) {
        size_t offset = (addr + done) & ~PAGE_MASK, n = min(len - done, PAGE_SIZE - offset);
        struct page *page;

        if (addr + done >= USER_ADDR_MAX)
            break;
        page = page_of(mm, addr + done, write);
        if (!page)
            break;
        if (write)
            memcpy((char *)page_address(page) + offset, (char *)buf + done, n);
        else
            memcpy((char *)buf + done, (char *)page_address(page) + offset, n);
        if (!is_zero_page(page_to_pfn(page)))
            page_put(page);
        done += n;
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return done;
}

/* --- raw frames --- */

int vm_map_frames(struct vm_area *vma, unsigned long address, pfn_t pfn, size_t size, u64 prot_bits)
{
    vma->flags |= VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
    for (size_t done = 0; done < size; done += PAGE_SIZE, pfn++) {
        u64 *pte = pte_walk(vma->mm, address + done, true);

        if (!pte)
            return -ENOMEM;
        spin_lock(&vma->mm->page_table_lock);
        entry_store(pte, pfn << PAGE_SHIFT | vma_prot_bits(vma->flags) | prot_bits);
        spin_unlock(&vma->mm->page_table_lock);
    }
    return 0;
}
