/* SPDX-License-Identifier: MIT */
/* CRC-16 (polynomial 0x8005 reflected), as ext4's group descriptors without metadata_csum use it.
 */
#ifndef KERNEL_LIB_CRC16_H
#define KERNEL_LIB_CRC16_H

#include <kernel/types.h>

/** crc16() - continues @crc over @len bytes; ext4 starts with ~0 and does not invert. */
u16 crc16(u16 crc, const void *data, size_t len);

#endif
