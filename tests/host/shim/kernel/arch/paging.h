/* SPDX-License-Identifier: MIT */
/*
 * The kernel's address space layout, moved to where a host program can map memory: clear of the C
 * library and of AddressSanitizer's shadow. A test that needs memory there maps it itself.
 */
#ifndef TESTS_HOST_SHIM_KERNEL_ARCH_PAGING_H
#define TESTS_HOST_SHIM_KERNEL_ARCH_PAGING_H

#include <abi/boot.h>

#undef BOOT_DIRECT_MAP_BASE
#define BOOT_DIRECT_MAP_BASE 0x200000000000UL

#include_next <kernel/arch/paging.h>

#undef VMALLOC_BASE
#undef VMALLOC_SIZE
#undef PAGE_ARRAY_BASE
#define VMALLOC_BASE    0x400000000000UL
#define VMALLOC_SIZE    (64UL << 20)
#define PAGE_ARRAY_BASE 0x300000000000UL
#endif
