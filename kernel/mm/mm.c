// SPDX-License-Identifier: MIT
/*
 * Life of an address space. users counts tasks (and others who need the areas to stay); when it is
 * 0 everything is unmapped. count holds the structure and its root table, which a processor may
 * still have loaded on behalf of a kernel thread; all users together are one of it.
 */
#include <kernel/mm/mm.h>

#include "areas.h"

#include <abi/linux/errno.h>
#include <kernel/arch/pgtable.h>
#include <kernel/arch/uaccess.h>
#include <kernel/init/start.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mmap.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmstat.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/file.h>

static struct kmem_cache *mm_cache;
static atomic64_t committed_pages;

struct mm *mm_create(void)
{
    struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL | GFP_ZERO);

    if (!mm)
        return NULL;
    mm->pgd = pgd_create();
    if (!mm->pgd) {
        kmem_cache_free(mm_cache, mm);
        return NULL;
    }
    atomic_set(&mm->users, 1);
    atomic_set(&mm->count, 1);
    mm->areas = RB_ROOT;
    spin_lock_init(&mm->page_table_lock);
    rwsem_init(&mm->mmap_lock);
    mm->task_size = USER_ADDR_MAX;
    mm->mmap_base = USER_ADDR_MAX;
    mm->dumpable = true;
    return mm;
}

void mm_get(struct mm *mm)
{
    atomic_inc(&mm->users);
}

void mm_hold(struct mm *mm)
{
    atomic_inc(&mm->count);
}

void mm_drop(struct mm *mm)
{
    if (!atomic_dec_and_test(&mm->count))
        return;
    pgd_destroy(mm->pgd);
    kmem_cache_free(mm_cache, mm);
}

/* Every area and table goes. Nobody uses them any more, so no lock and one flush. */
static void unmap_all(struct mm *mm)
{
    struct vm_area *vma, *next;

    rwsem_write_lock(&mm->mmap_lock);
    for (vma = vma_first(mm); vma; vma = vma_next(vma))
        zap_range(vma, vma->start, vma->end);
    /* A table is freed with the last area in it: those below have nothing in it any more. */
    for (vma = vma_first(mm); vma; vma = next) {
        next = vma_next(vma);
        free_tables(mm, vma->start, vma->end, 0,
                    next ? next->start : ALIGN(mm->task_size, 1UL << 47));
    }
    DEBUG_ASSERT(atomic64_read(&mm->table_bytes) == 0);
    while ((vma = vma_first(mm))) {
        if (vma->ops && vma->ops->close)
            vma->ops->close(vma);
        if (vma->flags & VM_ACCOUNT)
            mm_uncommit((vma->end - vma->start) >> PAGE_SHIFT);
        vma_unlink(mm, vma);
        vma_free(vma);
    }
    rwsem_write_unlock(&mm->mmap_lock);
}

void mm_put(struct mm *mm)
{
    might_sleep();
    if (!atomic_dec_and_test(&mm->users))
        return;
    unmap_all(mm);
    if (mm->exe_file)
        file_put(mm->exe_file);
    mm->exe_file = NULL;
    mm_drop(mm);
}

struct mm *mm_of_task(struct task *task)
{
    struct mm *mm;

    spin_lock(&task->alloc_lock);
    mm = task->mm;
    if (mm && !atomic_inc_not_zero(&mm->users))
        mm = NULL;
    spin_unlock(&task->alloc_lock);
    return mm;
}

/* --- accounting --- */

void mm_account(struct mm *mm, unsigned long vm_flags, long nr_pages)
{
    mm->total_pages += nr_pages;
    if (vm_flags & VM_LOCKED)
        mm->locked_pages += nr_pages;
    if (vm_flags & VM_GROWSDOWN)
        mm->stack_pages += nr_pages;
    else if (vm_flags & VM_EXEC && !(vm_flags & VM_WRITE))
        mm->exec_pages += nr_pages;
    else if ((vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
        mm->data_pages += nr_pages;
    if (mm->total_pages > mm->hiwater_vm)
        mm->hiwater_vm = mm->total_pages;
}

/* Linux's default (overcommit_memory=0): only what could never be had is refused. */
int mm_commit(struct mm *mm, unsigned long nr_pages)
{
    if (nr_pages > nr_total_pages())
        return -ENOMEM;
    atomic64_add((s64)nr_pages, &committed_pages);
    return 0;
}

void mm_uncommit(unsigned long nr_pages)
{
    atomic64_sub((s64)nr_pages, &committed_pages);
}

u64 mm_committed_pages(void)
{
    return (u64)atomic64_read(&committed_pages);
}

/* --- fork --- */

static void copy_layout(struct mm *to, const struct mm *from)
{
    to->mmap_base = from->mmap_base;
    to->task_size = from->task_size;
    to->code_start = from->code_start;
    to->code_end = from->code_end;
    to->data_start = from->data_start;
    to->data_end = from->data_end;
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->stack_start = from->stack_start;
    to->arg_start = from->arg_start;
    to->arg_end = from->arg_end;
    to->env_start = from->env_start;
    to->env_end = from->env_end;
    to->vdso = from->vdso;
    to->dumpable = from->dumpable;
    memcpy(to->auxv, from->auxv, sizeof(to->auxv));
    if (from->exe_file)
        to->exe_file = file_get(from->exe_file);
}

static int copy_area(struct mm *to, struct vm_area *from)
{
    struct vm_area *vma;
    unsigned long nr = (from->end - from->start) >> PAGE_SHIFT;

    if (from->flags & VM_DONTCOPY)
        return 0;
    if (from->flags & VM_ACCOUNT && mm_commit(to, nr))
        return -ENOMEM;
    vma = vma_alloc(to);
    if (!vma) {
        if (from->flags & VM_ACCOUNT)
            mm_uncommit(nr);
        return -ENOMEM;
    }
    *vma = *from;
    vma->mm = to;
    vma->flags &= ~VM_LOCKED;
    if (vma->file)
        file_get(vma->file);
    vma_link(to, vma);
    if (vma->ops && vma->ops->open)
        vma->ops->open(vma);
    return from->flags & VM_WIPEONFORK ? 0 : copy_range(vma, from);
}

struct mm *mm_fork(struct mm *from, struct task *child)
{
    struct mm *mm = mm_create();
    int error = 0;

    if (!mm)
        return ERR_PTR(-ENOMEM);
    rwsem_write_lock(&from->mmap_lock);
    rwsem_write_lock_nested(&mm->mmap_lock, 1);
    copy_layout(mm, from);
    for (struct vm_area *vma = vma_first(from); vma && !error; vma = vma_next(vma))
        error = copy_area(mm, vma);
    tlb_flush_mm(from); /* what was writable is not any more */
    rwsem_write_unlock(&mm->mmap_lock);
    rwsem_write_unlock(&from->mmap_lock);
    if (error) {
        mm_put(mm);
        return ERR_PTR(error);
    }
    return mm;
}

void __init mm_caches_init(void)
{
    mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm), CACHE_LINE_SIZE, SLAB_PANIC, NULL);
}
