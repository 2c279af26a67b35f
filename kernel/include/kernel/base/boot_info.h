/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own copy of what its starter handed over (<abi/boot.h>): the original lies in memory
 * that is reclaimed. Addresses in it are physical.
 */
#ifndef KERNEL_BASE_BOOT_INFO_H
#define KERNEL_BASE_BOOT_INFO_H

#include <abi/boot.h>

/**
 * boot_info_keep() - copies @bi, fields that its writer did not know as zero. Panics when it is
 * none, or of a version that this kernel does not know. Context: the first thing that start-up
 * does.
 */
void boot_info_keep(const struct boot_info *bi);
/** boot_info_get() - the copy. Valid for ever. */
const struct boot_info *boot_info_get(void);
/** boot_info_wipe_seed() - the entropy was taken over. */
void boot_info_wipe_seed(void);

#endif
