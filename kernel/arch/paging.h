/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: the kernel's page tables during start-up. */
#ifndef ARCH_PAGING_H
#define ARCH_PAGING_H

#include <kernel/types.h>

/* Where the image lies; first of all, so that image_to_phys() works. */
void paging_set_image(paddr_t phys);
/* Builds and loads the kernel's tables; needs mm_early_init(). */
void paging_init(void);
/* mm_init() is done: tables come from the page allocator. */
void paging_allocator_ready(void);
u64 *paging_kernel_root(void);
/* Start-up is over: its code is not executable any more, sealed data not writable. */
void paging_free_init(void);
void paging_seal(void);
bool paging_five_levels(void);
#endif
