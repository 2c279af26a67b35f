/* SPDX-License-Identifier: MIT */
#ifndef EFI_CRC32_H
#define EFI_CRC32_H

#include "libc.h"

/** crc32() - the CRC of ISO 3309 (UEFI 2.10, section 4.2) over @size bytes at @data. */
uint32_t crc32(const void *data, size_t size);

#endif
