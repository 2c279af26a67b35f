/* SPDX-License-Identifier: MIT */
#include "crc32.h"

/* The polynomial 0x04c11db7, bits reversed: the least significant bit goes first. */
#define CRC32_POLYNOMIAL 0xedb88320U

static uint32_t crc32_nibble(uint32_t crc)
{
    for (int bit = 0; bit < 4; bit++)
        crc = crc & 1 ? crc >> 1 ^ CRC32_POLYNOMIAL : crc >> 1;
    return crc;
}

uint32_t crc32(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t table[16];
    uint32_t crc = ~0U;

    for (uint32_t i = 0; i < ARRAY_SIZE(table); i++)
        table[i] = crc32_nibble(i);
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}
