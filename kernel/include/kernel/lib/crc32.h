/* SPDX-License-Identifier: MIT */
/* CRC-32 (IEEE 802.3), reflected, as GPT and zlib use it. */
#ifndef KERNEL_LIB_CRC32_H
#define KERNEL_LIB_CRC32_H

#include <kernel/types.h>

/** crc32_le() - continues @crc over @len bytes, without any inversion. */
u32 crc32_le(u32 crc, const void *data, size_t len);

/** crc32() - the CRC of one buffer with the usual inversions: GPT's (UEFI 2.10, 5.3.2). */
static inline u32 crc32(const void *data, size_t len)
{
    return ~crc32_le(~0U, data, len);
}

#endif
