// SPDX-License-Identifier: MIT
/* Mapping the vDSO and its data page into programs, at a place of chance, and keeping the data. */
#include "vdso.h"

#include <abi/linux/errno.h>
#include <abi/linux/mman.h>
#include <kernel/arch/cpu.h>
#include <kernel/arch/elf.h>
#include <kernel/arch/paging.h>
#include <kernel/arch/vdso_data.h>
#include <kernel/err.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/task.h>

static union {
    struct vdso_data data;
    char page[PAGE_SIZE];
} vdso_page __aligned(4096);

void vdso_update(u64 tsc_start, u64 ns_per_cycle_fp, s64 real_offset_ns)
{
    struct vdso_data *data = &vdso_page.data;

    WRITE_ONCE(data->sequence, data->sequence + 1);
    smp_wmb();
    data->has_rdtscp = cpu_has(CPU_RDTSCP);
    data->tsc_start = tsc_start;
    data->ns_per_cycle_fp = ns_per_cycle_fp;
    data->real_offset_ns = real_offset_ns;
    smp_wmb();
    WRITE_ONCE(data->sequence, data->sequence + 1);
}

static const char *vvar_name(struct vm_area *vma)
{
    return "[vvar]";
}

static const char *vdso_name(struct vm_area *vma)
{
    return "[vdso]";
}

static const struct vm_operations vvar_ops = {.name = vvar_name};
static const struct vm_operations vdso_ops = {.name = vdso_name};

static int map_part(struct mm *mm, unsigned long at, const void *image, size_t size,
                    unsigned long flags, const struct vm_operations *ops)
{
    unsigned long mapped = mmap_region(mm, NULL, at, size, flags | VM_MAYREAD | VM_DONTEXPAND, 0);
    struct vm_area *vma;

    if (IS_ERR_VALUE(mapped))
        return (int)mapped;
    vma = vma_find(mm, at);
    vma->ops = ops;
    return vm_map_frames(vma, at, image_to_phys(image) >> PAGE_SHIFT, size, 0);
}

int arch_map_vdso(struct mm *mm)
{
    size_t size = (size_t)(vdso_image_end - vdso_image);
    unsigned long at;
    int error;

    rwsem_write_lock(&mm->mmap_lock);
    at = mmap_find_free(mm, 0, PAGE_SIZE + size);
    error = IS_ERR_VALUE(at) ? (int)at : 0;
    if (!error)
        error = map_part(mm, at, &vdso_page, PAGE_SIZE, VM_READ, &vvar_ops);
    if (!error)
        error = map_part(mm, at + PAGE_SIZE, vdso_image, size, VM_READ | VM_EXEC | VM_MAYEXEC,
                         &vdso_ops);
    if (!error)
        mm->vdso = at + PAGE_SIZE;
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}
