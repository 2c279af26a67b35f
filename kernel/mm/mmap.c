// SPDX-License-Identifier: MIT
/*
 * Making and removing mappings: mmap(2), munmap(2), brk(2). Everything is checked before anything
 * is changed; what can fail for lack of memory is done before the old mapping of a fixed range
 * goes.
 */
#include <kernel/mm/mm.h>

#include "areas.h"

#include <abi/linux/errno.h>
#include <abi/linux/mman.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/mm/mmap.h>
#include <kernel/mm/shmem.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/namei.h>

#define MMAP_MIN_ADDR 65536UL

/* --- munmap --- */

static void unmap_area(struct mm *mm, struct vm_area *vma)
{
    if (vma->ops && vma->ops->close)
        vma->ops->close(vma);
    if (vma->flags & VM_ACCOUNT)
        mm_uncommit((vma->end - vma->start) >> PAGE_SHIFT);
    vma_unlink(mm, vma);
    vma_free(vma);
}

int do_munmap_locked(struct mm *mm, unsigned long addr, size_t len)
{
    unsigned long end = addr + len, floor, ceiling;
    struct vm_area *vma, *next;
    int error;

    vma = vma_find(mm, addr);
    if (!vma || vma->start >= end)
        return 0;
    error = vma_cut(mm, addr, end);
    if (error)
        return error;
    vma = vma_find(mm, addr);
    floor = vma->start - vma->gap;
    for (; vma && vma->start < end; vma = next) {
        next = vma_next(vma);
        zap_range(vma, vma->start, vma->end);
        unmap_area(mm, vma);
    }
    ceiling = vma ? vma->start : ALIGN(mm->task_size, 1UL << 47);
    free_tables(mm, addr, end, floor, ceiling);
    return 0;
}

int do_munmap(struct mm *mm, unsigned long addr, size_t len)
{
    int error;

    if (addr & ~PAGE_MASK || !len || len > mm->task_size || addr > mm->task_size - len)
        return -EINVAL;
    len = ALIGN(len, PAGE_SIZE);
    error = rwsem_write_lock_killable(&mm->mmap_lock);
    if (error)
        return error;
    error = do_munmap_locked(mm, addr, len);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* --- mmap --- */

static bool over_limit(const struct mm *mm, unsigned long vm_flags, unsigned long nr_pages)
{
    if (mm->total_pages + nr_pages > rlimit_get(current, RLIMIT_AS) >> PAGE_SHIFT)
        return true;
    if ((vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE &&
        mm->data_pages + nr_pages > rlimit_get(current, RLIMIT_DATA) >> PAGE_SHIFT)
        return true;
    return false;
}

static bool is_accountable(const struct file *file, unsigned long vm_flags)
{
    return (vm_flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) == VM_WRITE;
}

static int area_attach_file(struct vm_area *vma, struct file *file)
{
    int error;

    vma->file = file_get(file);
    error = file->ops->mmap(file, vma);
    return error;
}

unsigned long mmap_region(struct mm *mm, struct file *file, unsigned long addr, size_t len,
                          unsigned long vm_flags, u64 pgoff)
{
    unsigned long nr_pages = len >> PAGE_SHIFT;
    struct vm_area *vma;
    int error;

    if (over_limit(mm, vm_flags, nr_pages) || mm->nr_areas >= 65530)
        return (unsigned long)-ENOMEM;
    if (is_accountable(file, vm_flags)) {
        if (mm_commit(mm, nr_pages))
            return (unsigned long)-ENOMEM;
        vm_flags |= VM_ACCOUNT;
    }
    vma = vma_alloc(mm);
    error = -ENOMEM;
    if (!vma)
        goto uncommit;
    error = do_munmap_locked(mm, addr, len);
    if (error)
        goto free;
    vma->start = addr;
    vma->end = addr + len;
    vma->flags = vm_flags;
    vma->pgoff = file ? pgoff : addr >> PAGE_SHIFT;
    if (file) {
        error = area_attach_file(vma, file);
        if (error) {
            zap_range(vma, vma->start, vma->end); /* the driver may have mapped some of it */
            goto free;
        }
    }
    vma->page_prot = vma_prot_bits(vma->flags);
    vma_link(mm, vma);
    vma_merge(vma);
    return addr;
free:
    vma_free(vma);
uncommit:
    if (vm_flags & VM_ACCOUNT)
        mm_uncommit(nr_pages);
    return (unsigned long)error;
}

unsigned long mmap_prot_flags(unsigned int prot)
{
    return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
           (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* What the file allows, and what it can. 0 or -errno. */
static int check_file(struct file *file, unsigned int flags, unsigned int prot,
                      unsigned long *vm_flags)
{
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

    if (!(file->mode & FMODE_READ))
        return -EACCES;
    if (shared && prot & PROT_WRITE && !(file->mode & FMODE_WRITE))
        return -EACCES;
    if (shared && !(file->mode & FMODE_WRITE))
        *vm_flags &= ~VM_MAYWRITE;
    if (path_noexec(&file->path)) {
        if (prot & PROT_EXEC)
            return -EPERM;
        *vm_flags &= ~VM_MAYEXEC;
    }
    if (!file->ops->mmap)
        return -ENODEV;
    return 0;
}

static int map_flags(struct file *file, unsigned int prot, unsigned int flags,
                     unsigned long *vm_flags)
{
    *vm_flags =
        mmap_prot_flags(prot) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | current->mm->def_flags;
    if (flags & MAP_GROWSDOWN)
        *vm_flags |= VM_GROWSDOWN;
    if (flags & MAP_LOCKED)
        *vm_flags |= VM_LOCKED;
    if (flags & MAP_NORESERVE)
        *vm_flags |= VM_NORESERVE;
    switch (flags & MAP_TYPE) {
    case MAP_SHARED:
    case MAP_SHARED_VALIDATE: *vm_flags |= VM_SHARED | VM_MAYSHARE; break;
    case MAP_PRIVATE: break;
    default: return -EINVAL;
    }
    return file ? check_file(file, flags, prot, vm_flags) : 0;
}

/* The address a mapping gets. */
static unsigned long choose_address(struct mm *mm, unsigned long addr, size_t len,
                                    unsigned int flags)
{
    if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
        unsigned long found;

        if (!(flags & MAP_32BIT))
            return mmap_find_free(mm, addr, len);
        {
            unsigned long base = mm->mmap_base;

            mm->mmap_base = 0x80000000UL;
            found = mmap_find_free(mm, addr < mm->mmap_base ? addr : 0, len);
            mm->mmap_base = base;
        }
        return !IS_ERR_VALUE(found) && found + len > 0x80000000UL ? (unsigned long)-ENOMEM : found;
    }
    if (addr & ~PAGE_MASK)
        return (unsigned long)-EINVAL;
    if (addr > mm->task_size - len)
        return (unsigned long)-ENOMEM;
    if (addr < MMAP_MIN_ADDR && !capable(CAP_SYS_RAWIO))
        return (unsigned long)-EPERM;
    if (flags & MAP_FIXED_NOREPLACE) {
        struct vm_area *vma = vma_find(mm, addr);

        if (vma && vma->start < addr + len)
            return (unsigned long)-EEXIST;
    }
    return addr;
}

static int check_locked_limit(struct mm *mm, unsigned long vm_flags, size_t len)
{
    unsigned long pages = mm->locked_pages + (len >> PAGE_SHIFT);

    if (!(vm_flags & VM_LOCKED) || capable(CAP_IPC_LOCK))
        return 0;
    if (!rlimit_get(current, RLIMIT_MEMLOCK))
        return -EPERM;
    return pages > rlimit_get(current, RLIMIT_MEMLOCK) >> PAGE_SHIFT ? -EAGAIN : 0;
}

static unsigned long map_locked(struct mm *mm, struct file *file, unsigned long addr, size_t len,
                                unsigned int prot, unsigned int flags, u64 pgoff,
                                unsigned long *vm_flags)
{
    int error = map_flags(file, prot, flags, vm_flags);

    if (!error)
        error = check_locked_limit(mm, *vm_flags, len);
    if (error)
        return (unsigned long)error;
    addr = choose_address(mm, addr, len, flags);
    if (IS_ERR_VALUE(addr))
        return addr;
    return mmap_region(mm, file, addr, len, *vm_flags, pgoff);
}

unsigned long do_mmap(struct file *file, unsigned long addr, size_t len, unsigned int prot,
                      unsigned int flags, u64 pgoff)
{
    struct mm *mm = current->mm;
    struct file *shared = NULL;
    unsigned long vm_flags = 0, result;

    if (!len)
        return (unsigned long)-EINVAL;
    len = ALIGN(len, PAGE_SIZE);
    if (!len || len > mm->task_size)
        return (unsigned long)-ENOMEM;
    if (pgoff + (len >> PAGE_SHIFT) < pgoff)
        return (unsigned long)-EOVERFLOW;
    if (current->personality & 0x0400000 /* READ_IMPLIES_EXEC */ && prot & PROT_READ)
        prot |= PROT_EXEC;
    if (!file && (flags & MAP_TYPE) != MAP_PRIVATE) {
        /* Shared anonymous memory is a file of tmpfs without a name. */
        if ((flags & MAP_TYPE) != MAP_SHARED)
            return (unsigned long)-EINVAL;
        shared = file = shmem_file_create("dev/zero", (loff_t)len, flags & MAP_NORESERVE);
        if (IS_ERR(shared))
            return (unsigned long)PTR_ERR(shared);
        pgoff = 0;
    }
    if (rwsem_write_lock_killable(&mm->mmap_lock)) {
        result = (unsigned long)-EINTR;
    } else {
        result = map_locked(mm, file, addr, len, prot, flags, pgoff, &vm_flags);
        rwsem_write_unlock(&mm->mmap_lock);
    }
    if (shared)
        file_put(shared);
    if (!IS_ERR_VALUE(result) &&
        (vm_flags & VM_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
        mm_populate(mm, result, len);
    return result;
}

/* Touches every page of a range for reading, or writing where that copies nothing shared. */
int mm_populate(struct mm *mm, unsigned long start, size_t len)
{
    unsigned long end = start + len;
    int error = 0;

    rwsem_read_lock(&mm->mmap_lock);
    for (unsigned long at = start; at < end && !error; at += PAGE_SIZE) {
        struct vm_area *vma = vma_find(mm, at);
        unsigned int result;

        if (!vma || vma->start > at) {
            error = -ENOMEM;
            break;
        }
        if (!(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) || vma->flags & (VM_PFNMAP | VM_IO))
            continue;
        result = handle_mm_fault(
            vma, at, (vma->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? FAULT_WRITE : 0);
        if (result & VM_FAULT_OOM)
            error = -ENOMEM;
        else if (result & VM_FAULT_ERROR)
            error = -EFAULT;
        if (fatal_signal_pending(current))
            error = -EINTR;
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return error;
}

/* --- brk --- */

unsigned long do_brk(unsigned long brk)
{
    struct mm *mm = current->mm;
    unsigned long old_end = 0, new_end = 0, result;

    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return mm->brk;
    result = mm->brk;
    if (brk < mm->brk_start || brk > mm->task_size)
        goto out;
    if (brk - mm->brk_start + mm->data_end - mm->data_start > rlimit_get(current, RLIMIT_DATA))
        goto out;
    old_end = ALIGN(mm->brk, PAGE_SIZE);
    new_end = ALIGN(brk, PAGE_SIZE);
    if (new_end < old_end) {
        if (do_munmap_locked(mm, new_end, old_end - new_end))
            goto out;
    } else if (new_end > old_end) {
        struct vm_area *next = vma_find(mm, old_end);

        if (next && next->start < new_end + PAGE_SIZE)
            goto out;
        if (IS_ERR_VALUE(mmap_region(
                mm, NULL, old_end, new_end - old_end,
                VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm->def_flags, 0)))
            goto out;
    }
    mm->brk = result = brk;
out:
    rwsem_write_unlock(&mm->mmap_lock);
    if (mm->def_flags & VM_LOCKED && result == brk)
        mm_populate(mm, old_end, new_end > old_end ? new_end - old_end : 0);
    return result;
}
