/* SPDX-License-Identifier: MIT */
/*
 * Virtually contiguous kernel memory, mappings of scattered pages, and device registers. Every
 * area is followed by an unmapped guard page. Context: task, may sleep.
 */
#ifndef KERNEL_MM_VMALLOC_H
#define KERNEL_MM_VMALLOC_H

#include <kernel/arch/io.h>
#include <kernel/arch/paging.h>
#include <kernel/mm/page.h>

void *vmalloc(size_t size); /* not zeroed */
void *vzalloc(size_t size);
void vfree(const void *p); /* NULL is fine; also for vmap() areas: does not free their pages */
void *vmap(struct page **pages, unsigned int nr_pages, u64 kmap_prot);
void vunmap(const void *p);
bool is_vmalloc_address(const void *p);

/* Maps device registers or framebuffers; phys need not be page aligned. NULL on failure. */
void __iomem *ioremap(paddr_t phys, size_t size, enum cache_mode mode);
void iounmap(volatile void __iomem *p);

/* Kernel stacks: size bytes with a guard page below. */
void *kernel_stack_alloc(void);
void kernel_stack_free(void *stack);
#define KERNEL_STACK_SIZE (CONFIG_DEBUG ? 32768UL : 16384UL)
#endif
