/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: the way from the first instruction to the running boot processor. */
#ifndef ARCH_BOOT_H
#define ARCH_BOOT_H

#include <kernel/types.h>

struct boot_info;

/* Where the PVH starter finds the image (its p_paddr). */
#define PVH_LOAD_BASE 0x200000UL

extern char init_stack[];
/* The TSC when the kernel's first C function began. */
extern u64 kernel_entry_tsc;

struct boot_info *pvh_fill_boot_info(u64 start_paddr);
/* Physical address of a static object of an image that was not slid. */
paddr_t image_to_phys_early(const void *p);
#endif
