/* SPDX-License-Identifier: MIT */
/* The address space in which firmware runs. */
#ifndef KERNEL_DEV_EFI_MAP_H
#define KERNEL_DEV_EFI_MAP_H

#include <kernel/types.h>

/**
 * efi_map_create() - a root with the kernel half and, 1:1, everything that the memory map says
 * runtime services need, and [@extra, @extra + @extra_size) as data. Its physical address into
 * *@root. 0 or -errno. Task context, once.
 */
int efi_map_create(paddr_t *root, paddr_t extra, u64 extra_size);
/** efi_map_covers() - whether [@start, @start + @size) is runtime memory. */
bool efi_map_covers(paddr_t start, u64 size);
#endif
