/* SPDX-License-Identifier: MIT */
/* The address space layout and page table entries. */
#ifndef KERNEL_ARCH_PAGING_H
#define KERNEL_ARCH_PAGING_H

#include <abi/boot.h>
#include <kernel/types.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#define PMD_SHIFT  21
#define PMD_SIZE   (1UL << PMD_SHIFT)
#define PUD_SHIFT  30
#define PUD_SIZE   (1UL << PUD_SHIFT)

/*
 * Kernel half, the same under 4- and 5-level paging:
 *   ffff8000_00000000  64 TiB  direct map of physical memory
 *   ffffc900_00000000   1 TiB  vmalloc, vmap, ioremap, kernel stacks
 *   ffffea00_00000000   1 TiB  struct page of every page frame
 *   ffffec00_00000000  16 TiB  KASAN shadow (debug kernel)
 *   ffffffff_80000000   1 GiB  kernel image, slid inside this window
 */
#define DIRECT_MAP_BASE   BOOT_DIRECT_MAP_BASE
#define DIRECT_MAP_SIZE   (64UL << 40)
#define VMALLOC_BASE      0xffffc90000000000UL
#define VMALLOC_SIZE      (1UL << 40)
#define PAGE_ARRAY_BASE   0xffffea0000000000UL
#define PAGE_ARRAY_SIZE   (1UL << 40)
#define KASAN_SHADOW_BASE 0xffffec0000000000UL

static inline void *phys_to_virt(paddr_t p)
{
    return (void *)(p + DIRECT_MAP_BASE);
}

/* For addresses in the direct map only. */
static inline paddr_t virt_to_phys(const void *v)
{
    return (paddr_t)((unsigned long)v - DIRECT_MAP_BASE);
}

/* For addresses of the kernel image (static objects). */
paddr_t image_to_phys(const void *v);

#define PTE_P        (1UL << 0)
#define PTE_W        (1UL << 1)
#define PTE_U        (1UL << 2)
#define PTE_PWT      (1UL << 3)
#define PTE_PCD      (1UL << 4)
#define PTE_A        (1UL << 5)
#define PTE_D        (1UL << 6)
#define PTE_PS       (1UL << 7) /* in a PMD or PUD entry: a large page */
#define PTE_PAT      (1UL << 7) /* in a PTE */
#define PTE_G        (1UL << 8)
#define PTE_SW1      (1UL << 9)
#define PTE_SW2      (1UL << 10)
#define PTE_SW3      (1UL << 11)
#define PTE_NX       (1UL << 63)
#define PTE_PFN_MASK 0x000ffffffffff000UL

/* Memory types by PWT, PCD, PAT; the PAT is set so that PWT alone means write-combining. */
enum cache_mode { CACHE_WB, CACHE_WC, CACHE_UC };

/* Permissions of a kernel mapping. */
#define KMAP_RO (PTE_P | PTE_A | PTE_G | PTE_NX)
#define KMAP_RW (PTE_P | PTE_A | PTE_D | PTE_W | PTE_G | PTE_NX)
#define KMAP_RX (PTE_P | PTE_A | PTE_G)

/*
 * Maps or unmaps kernel virtual addresses, page by page or in large pages where alignment allows.
 * Page tables are allocated as needed and kept. Unmapping does not flush other CPUs: see
 * tlb_flush_kernel_range(). Context: task; the caller owns the range.
 */
int __must_check kernel_map(unsigned long virt, paddr_t phys, size_t size_bytes, u64 kmap_prot,
                            enum cache_mode mode);
void kernel_unmap(unsigned long virt, size_t size_bytes);
/* Flushes a kernel range on every CPU. Interrupts must be on. */
void tlb_flush_kernel_range(unsigned long start, unsigned long end);
/* The physical page behind a kernel address, or ~0. */
paddr_t kernel_virt_to_phys(const void *v);
#endif
