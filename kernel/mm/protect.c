// SPDX-License-Identifier: MIT
/* Changing mappings that exist: mprotect(2), mremap(2), madvise(2), msync(2), mincore(2), mlock(2).
 */
#include <kernel/mm/mmap.h>

#include "areas.h"

#include <abi/linux/errno.h>
#include <abi/linux/mman.h>
#include <kernel/arch/pgtable.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/file.h>

/* Start and length of a range as these calls take it: 0 with *end, or -errno. */
static int check_range(unsigned long start, size_t len, unsigned long *end)
{
    if (start & ~PAGE_MASK)
        return -EINVAL;
    len = ALIGN(len, PAGE_SIZE);
    *end = start + len;
    if (*end < start)
        return -ENOMEM;
    return 0;
}

/*
 * Gives every area in [start, end) the flags that change() computes, split and merged as needed.
 * All of the range must be mapped (-ENOMEM, after what comes before the hole has been changed).
 */
static int change_areas(struct mm *mm, unsigned long start, unsigned long end,
                        int (*change)(struct vm_area *vma, unsigned long arg, unsigned long *flags),
                        void (*apply)(struct vm_area *vma, unsigned long start, unsigned long end),
                        unsigned long arg)
{
    struct vm_area *vma = vma_find(mm, start);
    unsigned long at = start;
    int error;

    if (!vma || vma->start > start)
        return -ENOMEM;
    while (at < end) {
        unsigned long flags, stop;

        if (!vma || vma->start > at)
            return -ENOMEM;
        stop = min(vma->end, end);
        error = change(vma, arg, &flags);
        if (error)
            return error;
        if (flags != vma->flags) {
            error = vma_cut(mm, at, stop);
            if (error)
                return error;
            vma = vma_find(mm, at);
            mm_account(mm, vma->flags, -(long)((vma->end - vma->start) >> PAGE_SHIFT));
            vma->flags = flags;
            mm_account(mm, vma->flags, (long)((vma->end - vma->start) >> PAGE_SHIFT));
            if (apply)
                apply(vma, at, stop);
            vma = vma_merge(vma);
        }
        at = stop;
        vma = vma_find(mm, at);
    }
    return 0;
}

/* --- mprotect --- */

static int protect_flags(struct vm_area *vma, unsigned long want, unsigned long *flags)
{
    unsigned long may = (vma->flags >> 4) & (VM_READ | VM_WRITE | VM_EXEC);

    if (want & ~may)
        return -EACCES;
    *flags = (vma->flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | want;
    /* Private memory that becomes writable is promised from now on. */
    if (want & VM_WRITE && !(vma->flags & (VM_WRITE | VM_SHARED | VM_ACCOUNT | VM_NORESERVE))) {
        if (mm_commit(vma->mm, (vma->end - vma->start) >> PAGE_SHIFT))
            return -ENOMEM;
        *flags |= VM_ACCOUNT;
        vma->flags |= VM_ACCOUNT;
    }
    return 0;
}

static void protect_apply(struct vm_area *vma, unsigned long start, unsigned long end)
{
    vma->page_prot = vma_prot_bits(vma->flags);
    protect_range(vma, start, end);
}

int do_mprotect(unsigned long start, size_t len, unsigned long prot)
{
    struct mm *mm = current->mm;
    bool down = prot & PROT_GROWSDOWN;
    unsigned long end;
    int error;

    if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN |
                                PROT_GROWSUP) ||
        (down && prot & PROT_GROWSUP))
        return -EINVAL;
    error = check_range(start, len, &end);
    if (error || start == end)
        return error;
    error = rwsem_write_lock_killable(&mm->mmap_lock);
    if (error)
        return error;
    if (down) {
        struct vm_area *vma = vma_find(mm, start);

        if (vma && vma->start < end && vma->flags & VM_GROWSDOWN)
            start = vma->start;
        else
            error = -EINVAL;
    } else if (prot & PROT_GROWSUP) {
        error = -EINVAL;
    }
    if (!error)
        error = change_areas(mm, start, end, protect_flags, protect_apply, mmap_prot_flags(prot));
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* --- mremap --- */

/* Room behind the area for it to grow in place. */
static bool can_grow(struct vm_area *vma, unsigned long by)
{
    struct vm_area *next = vma_next(vma);
    unsigned long end = vma->end + by;

    return end > vma->end && end <= vma->mm->task_size && (!next || next->start >= end);
}

static unsigned long move_area(struct mm *mm, struct vm_area *vma, unsigned long addr,
                               size_t old_len, size_t new_len, unsigned long to, bool keep_old)
{
    struct vm_area *copy = vma_alloc(mm);
    unsigned long nr = new_len >> PAGE_SHIFT;
    int error;

    if (!copy)
        return (unsigned long)-ENOMEM;
    if (vma->flags & VM_ACCOUNT && mm_commit(mm, nr)) {
        kmem_cache_free(vma_cache, copy);
        return (unsigned long)-ENOMEM;
    }
    *copy = *vma;
    if (copy->file)
        file_get(copy->file);
    copy->start = to;
    copy->end = to + new_len;
    copy->pgoff = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
    if (copy->ops && copy->ops->open)
        copy->ops->open(copy);
    vma_link(mm, copy);
    error = move_range(mm, vma, addr, to, min(old_len, new_len));
    if (error) {
        /* What was moved goes back; then the copy is like a mapping nobody used. */
        (void)move_range(mm, copy, to, addr, min(old_len, new_len));
        (void)do_munmap_locked(mm, to, new_len);
        return (unsigned long)error;
    }
    if (!keep_old)
        (void)do_munmap_locked(mm, addr, old_len);
    vma_merge(vma_find(mm, to));
    return to;
}

static unsigned long remap_locked(struct mm *mm, unsigned long addr, size_t old_len, size_t new_len,
                                  unsigned long flags, unsigned long new_addr)
{
    struct vm_area *vma;
    unsigned long to, grown;

    if (flags & MREMAP_FIXED) {
        int error = do_munmap_locked(mm, new_addr, new_len);

        if (error)
            return (unsigned long)error;
    }
    vma = vma_find(mm, addr);
    if (!vma || vma->start > addr)
        return (unsigned long)-EFAULT;
    if (!old_len && !(vma->flags & VM_SHARED))
        return (unsigned long)-EINVAL;
    if (old_len > vma->end - addr)
        return (unsigned long)-EFAULT;
    if (new_len > old_len && vma->flags & (VM_DONTEXPAND | VM_PFNMAP))
        return (unsigned long)-EFAULT;
    grown = new_len > old_len ? (new_len - old_len) >> PAGE_SHIFT : 0;
    if (mm->total_pages + grown > rlimit_get(current, RLIMIT_AS) >> PAGE_SHIFT)
        return (unsigned long)-ENOMEM;
    if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && old_len >= new_len && old_len) {
        if (old_len > new_len) {
            int error = do_munmap_locked(mm, addr + new_len, old_len - new_len);

            if (error)
                return (unsigned long)error;
        }
        return addr;
    }
    if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && old_len && addr + old_len == vma->end &&
        can_grow(vma, new_len - old_len)) {
        if (vma->flags & VM_ACCOUNT && mm_commit(mm, grown))
            return (unsigned long)-ENOMEM;
        vma_set_range(vma, vma->start, addr + new_len);
        vma_merge(vma);
        return addr;
    }
    if (!(flags & MREMAP_MAYMOVE))
        return (unsigned long)-ENOMEM;
    to = flags & MREMAP_FIXED
             ? new_addr
             : mmap_find_free(mm, flags & MREMAP_DONTUNMAP ? new_addr : 0, new_len);
    if (IS_ERR_VALUE(to))
        return to;
    return move_area(mm, vma, addr, old_len, new_len, to, flags & MREMAP_DONTUNMAP || !old_len);
}

unsigned long do_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned long flags,
                        unsigned long new_addr)
{
    struct mm *mm = current->mm;
    unsigned long result;
    bool locked;

    if (flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) ||
        addr & ~PAGE_MASK)
        return (unsigned long)-EINVAL;
    if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(flags & MREMAP_MAYMOVE))
        return (unsigned long)-EINVAL;
    old_len = ALIGN(old_len, PAGE_SIZE);
    new_len = ALIGN(new_len, PAGE_SIZE);
    if (!new_len || new_len > mm->task_size || (flags & MREMAP_DONTUNMAP && old_len != new_len))
        return (unsigned long)-EINVAL;
    if (flags & MREMAP_FIXED) {
        if (new_addr & ~PAGE_MASK || new_addr > mm->task_size - new_len)
            return (unsigned long)-EINVAL;
        if (addr + old_len > new_addr && new_addr + new_len > addr)
            return (unsigned long)-EINVAL;
    }
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return (unsigned long)-EINTR;
    result = remap_locked(mm, addr, old_len, new_len, flags, new_addr);
    locked = !IS_ERR_VALUE(result) && vma_find(mm, result)->flags & VM_LOCKED;
    rwsem_write_unlock(&mm->mmap_lock);
    if (locked && new_len > old_len)
        mm_populate(mm, result + old_len, new_len - old_len);
    return result;
}

/* --- madvise --- */

static const struct {
    int advice;
    unsigned long set, clear;
} advice_flags[] = {
    {MADV_NORMAL, 0, VM_RAND_READ | VM_SEQ_READ},
    {MADV_RANDOM, VM_RAND_READ, VM_SEQ_READ},
    {MADV_SEQUENTIAL, VM_SEQ_READ, VM_RAND_READ},
    {MADV_DONTFORK, VM_DONTCOPY, 0},
    {MADV_DOFORK, 0, VM_DONTCOPY},
    {MADV_DONTDUMP, VM_DONTDUMP, 0},
    {MADV_DODUMP, 0, VM_DONTDUMP},
    {MADV_WIPEONFORK, VM_WIPEONFORK, 0},
    {MADV_KEEPONFORK, 0, VM_WIPEONFORK},
    {MADV_HUGEPAGE, VM_HUGEPAGE, VM_NOHUGEPAGE},
    {MADV_NOHUGEPAGE, VM_NOHUGEPAGE, VM_HUGEPAGE},
};

static int advised_flags(struct vm_area *vma, unsigned long i, unsigned long *flags)
{
    if (advice_flags[i].advice == MADV_WIPEONFORK && (vma->file || vma->flags & VM_SHARED))
        return -EINVAL;
    if (advice_flags[i].advice == MADV_DOFORK && vma->flags & VM_IO)
        return -EINVAL;
    *flags = (vma->flags & ~advice_flags[i].clear) | advice_flags[i].set;
    return 0;
}

/* MADV_DONTNEED, MADV_FREE: the contents may go now. The pages are given up at once for both. */
static int discard(struct mm *mm, unsigned long start, unsigned long end, int advice)
{
    unsigned long at = start;
    int error = 0;

    while (at < end) {
        struct vm_area *vma = vma_find(mm, at);
        unsigned long stop;

        if (!vma || vma->start >= end)
            return -ENOMEM;
        if (vma->start > at) {
            error = -ENOMEM; /* reported after the rest has been done */
            at = vma->start;
        }
        if (vma->flags & (VM_LOCKED | VM_PFNMAP))
            return -EINVAL;
        if (advice == MADV_FREE && (vma->file || vma->flags & VM_SHARED))
            return -EINVAL;
        stop = min(vma->end, end);
        zap_range(vma, at, stop);
        at = stop;
    }
    return error;
}

static int populate_advice(struct mm *mm, unsigned long start, unsigned long end)
{
    int error = mm_populate(mm, start, end - start);

    return error == -EINTR ? -EINTR : error;
}

int do_madvise(unsigned long start, size_t len, int advice)
{
    struct mm *mm = current->mm;
    unsigned long end, i;
    int error;

    for (i = 0; i < ARRAY_SIZE(advice_flags) && advice_flags[i].advice != advice; i++)
        ;
    if (i == ARRAY_SIZE(advice_flags) && advice != MADV_DONTNEED && advice != MADV_FREE &&
        advice != MADV_WILLNEED && advice != MADV_COLD && advice != MADV_PAGEOUT &&
        advice != MADV_POPULATE_READ && advice != MADV_POPULATE_WRITE)
        return -EINVAL;
    if (start & ~PAGE_MASK || ALIGN(len, PAGE_SIZE) < len || start + ALIGN(len, PAGE_SIZE) < start)
        return -EINVAL;
    end = start + ALIGN(len, PAGE_SIZE);
    if (start == end)
        return 0;
    if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
        return populate_advice(mm, start, end);
    if (advice == MADV_DONTNEED || advice == MADV_FREE) {
        rwsem_read_lock(&mm->mmap_lock);
        error = discard(mm, start, end, advice);
        rwsem_read_unlock(&mm->mmap_lock);
        return error;
    }
    if (i == ARRAY_SIZE(advice_flags))
        return 0; /* pure hints: reclaim and readahead do without */
    error = rwsem_write_lock_killable(&mm->mmap_lock);
    if (error)
        return error;
    error = change_areas(mm, start, end, advised_flags, NULL, i);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* --- msync, mincore --- */

/* Carries the dirty bits of a shared file mapping over to the pages. */
static void collect_dirty(struct vm_area *vma, unsigned long start, unsigned long end)
{
    for (unsigned long at = start; at < end; at += PAGE_SIZE) {
        u64 *pte = pte_walk(vma->mm, at, false), entry;

        if (!pte)
            continue;
        spin_lock(&vma->mm->page_table_lock);
        entry = entry_load(pte);
        if (entry & PTE_P && entry & PTE_D && !is_zero_page((entry & PTE_PFN_MASK) >> PAGE_SHIFT))
            filemap_dirty_page(phys_to_page(entry & PTE_PFN_MASK));
        spin_unlock(&vma->mm->page_table_lock);
    }
}

int do_msync(unsigned long start, size_t len, int flags)
{
    struct mm *mm = current->mm;
    unsigned long end, at;
    int error, hole = 0;

    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    error = check_range(start, len, &end);
    for (at = start; !error && at < end;) {
        struct vm_area *vma;
        struct file *file = NULL;
        unsigned long stop;
        loff_t from;

        rwsem_read_lock(&mm->mmap_lock);
        vma = vma_find(mm, at);
        if (!vma || vma->start >= end) {
            rwsem_read_unlock(&mm->mmap_lock);
            return -ENOMEM;
        }
        if (vma->start > at) {
            hole = -ENOMEM;
            at = vma->start;
        }
        stop = min(vma->end, end);
        from = (loff_t)(vma->pgoff << PAGE_SHIFT) + (loff_t)(at - vma->start);
        if (flags & MS_INVALIDATE && vma->flags & VM_LOCKED)
            error = -EBUSY;
        if (!error && vma->file && vma->flags & VM_SHARED) {
            collect_dirty(vma, at, stop);
            if (flags & MS_SYNC)
                file = file_get(vma->file);
        }
        rwsem_read_unlock(&mm->mmap_lock);
        if (file) {
            if (file->ops->fsync)
                error = file->ops->fsync(file, from, from + (loff_t)(stop - at) - 1, true);
            file_put(file);
        }
        at = stop;
    }
    return error ? error : hole;
}

static unsigned char page_in_core(struct vm_area *vma, unsigned long address)
{
    u64 *pte = pte_walk(vma->mm, address, false);
    struct page *page;

    if (pte && entry_load(pte))
        return 1;
    if (!vma->file)
        return 0;
    page =
        filemap_find_page(vma->file->mapping, vma->pgoff + ((address - vma->start) >> PAGE_SHIFT));
    if (!page)
        return 0;
    {
        unsigned char present = page_flag_test(page, PG_UPTODATE);

        page_put(page);
        return present;
    }
}

int do_mincore(unsigned long start, size_t len, unsigned char __user *vec)
{
    struct mm *mm = current->mm;
    unsigned long end;
    int error = 0;

    if (start & ~PAGE_MASK)
        return -EINVAL;
    if (!access_ok((void __user *)start, len))
        return -ENOMEM;
    end = start + ALIGN(len, PAGE_SIZE);
    for (unsigned long at = start; at < end && !error;) {
        unsigned char chunk[64];
        unsigned int n = 0;

        rwsem_read_lock(&mm->mmap_lock);
        for (; n < sizeof(chunk) && at < end; n++, at += PAGE_SIZE) {
            struct vm_area *vma = vma_find(mm, at);

            if (!vma || vma->start > at) {
                error = -ENOMEM;
                break;
            }
            chunk[n] = page_in_core(vma, at);
        }
        rwsem_read_unlock(&mm->mmap_lock);
        if (n && copy_to_user(vec, chunk, n))
            return -EFAULT;
        vec += n;
    }
    return error;
}

/* --- mlock: pages stay, since nothing swaps them out; they are brought in now --- */

static int lock_flags(struct vm_area *vma, unsigned long lock, unsigned long *flags)
{
    *flags = lock ? vma->flags | VM_LOCKED : vma->flags & ~VM_LOCKED;
    return 0;
}

static int check_lock_limit(struct mm *mm, unsigned long more_pages)
{
    unsigned long limit = rlimit_get(current, RLIMIT_MEMLOCK);

    if (capable(CAP_IPC_LOCK))
        return 0;
    if (!limit)
        return -EPERM;
    return mm->locked_pages + more_pages > limit >> PAGE_SHIFT ? -ENOMEM : 0;
}

int do_mlock(unsigned long start, size_t len, bool lock, bool on_fault)
{
    struct mm *mm = current->mm;
    unsigned long end;
    int error;

    len = ALIGN(len + (start & ~PAGE_MASK), PAGE_SIZE);
    start &= PAGE_MASK;
    end = start + len;
    if (end < start)
        return -EINVAL;
    if (start == end)
        return 0;
    error = rwsem_write_lock_killable(&mm->mmap_lock);
    if (error)
        return error;
    if (lock)
        error = check_lock_limit(mm, len >> PAGE_SHIFT);
    if (!error)
        error = change_areas(mm, start, end, lock_flags, NULL, lock);
    rwsem_write_unlock(&mm->mmap_lock);
    if (!error && lock && !on_fault)
        error = mm_populate(mm, start, len) ? -ENOMEM : 0;
    return error;
}

int do_mlockall(int flags)
{
    struct mm *mm = current->mm;
    int error = rwsem_write_lock_killable(&mm->mmap_lock);

    if (error)
        return error;
    if (flags)
        error = check_lock_limit(mm, flags & MCL_CURRENT ? mm->total_pages : 0);
    if (!error) {
        mm->def_flags = flags & MCL_FUTURE ? VM_LOCKED : 0;
        for (struct vm_area *vma = vma_first(mm); vma && (!flags || flags & MCL_CURRENT);
             vma = vma_next(vma)) {
            long nr = (long)((vma->end - vma->start) >> PAGE_SHIFT);

            if (vma->flags & VM_IO)
                continue;
            mm_account(mm, vma->flags, -nr);
            vma->flags = flags ? vma->flags | VM_LOCKED : vma->flags & ~VM_LOCKED;
            mm_account(mm, vma->flags, nr);
        }
    }
    rwsem_write_unlock(&mm->mmap_lock);
    if (!error && flags & MCL_CURRENT && !(flags & MCL_ONFAULT)) {
        for (unsigned long at = 0; at < mm->task_size;) {
            struct vm_area *vma;
            unsigned long start = 0, end = 0;

            rwsem_read_lock(&mm->mmap_lock);
            vma = vma_find(mm, at);
            if (vma) {
                start = vma->start;
                end = vma->end;
            }
            rwsem_read_unlock(&mm->mmap_lock);
            if (!end)
                break;
            (void)mm_populate(mm, start, end - start);
            at = end;
        }
    }
    return error;
}
