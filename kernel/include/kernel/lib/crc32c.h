/* SPDX-License-Identifier: MIT */
/* CRC-32C (Castagnoli), reflected, as ext4, Btrfs and iSCSI use it. */
#ifndef KERNEL_LIB_CRC32C_H
#define KERNEL_LIB_CRC32C_H

#include <kernel/types.h>

/**
 * crc32c() - continues @crc over @len bytes. No inversion is done here: start with ~0 and invert at
 * the end where the format says so (ext4 does not invert at the end).
 */
u32 crc32c(u32 crc, const void *data, size_t len);

#endif
