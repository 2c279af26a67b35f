// SPDX-License-Identifier: MIT
/*
 * Partition table entries: GPT (UEFI 2.10, 5.3), primary header first, then the backup in the last
 * block; else the MBR's disk signature, from which Linux makes PARTUUIDs like 1234abcd-02.
 */
#include "init.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GPT_HEADER_MIN 92
#define GPT_ENTRY_MIN  128
#define GPT_ENTRIES_MAX                                                      \
    1024 /* more than any disk has; bounds what a damaged header can ask for \
          */

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t crc32(const uint8_t *p, size_t len)
{
    uint32_t crc = ~0U;

    while (len--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320U & -(crc & 1));
    }
    return ~crc;
}

/* A GUID as text: the first three groups are stored little endian. */
static void guid_text(const uint8_t *g, char *text)
{
    sprintf(text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3],
            g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14],
            g[15]);
}

/* UTF-16 without surrogates is all that partition names are made of in practice; others become '?'.
 */
static void label_text(const uint8_t *name, char *text)
{
    for (int i = 0; i < 36; i++) {
        unsigned int c = name[2 * i] | name[2 * i + 1] << 8;

        if (!c)
            break;
        if (c >= 0xd800 && c <= 0xdfff)
            c = '?';
        if (c < 0x80) {
            *text++ = c;
        } else if (c < 0x800) {
            *text++ = 0xc0 | c >> 6;
            *text++ = 0x80 | (c & 0x3f);
        } else {
            *text++ = 0xe0 | c >> 12;
            *text++ = 0x80 | (c >> 6 & 0x3f);
            *text++ = 0x80 | (c & 0x3f);
        }
    }
    *text = '\0';
}

static bool header_is_valid(uint8_t *header, unsigned int block_size, uint64_t lba)
{
    uint32_t size = le32(header + 12), crc = le32(header + 16);

    if (memcmp(header, "EFI PART", 8) != 0 || size < GPT_HEADER_MIN || size > block_size)
        return false;
    memset(header + 16, 0, 4);
    return crc32(header, size) == crc && le64(header + 24) == lba &&
           le32(header + 84) >= GPT_ENTRY_MIN && le32(header + 84) <= 4096 &&
           le32(header + 80) <= GPT_ENTRIES_MAX;
}

/* The entry array that @header describes, its CRC checked; NULL when it is damaged. */
static uint8_t *entries_read(int fd, unsigned int block_size, const uint8_t *header)
{
    size_t size = (size_t)le32(header + 80) * le32(header + 84);
    uint64_t lba = le64(header + 72);
    uint8_t *entries = malloc(size);

    if (!entries || lba > INT64_MAX / block_size ||
        pread(fd, entries, size, lba * block_size) != (ssize_t)size ||
        crc32(entries, size) != le32(header + 88)) {
        free(entries);
        return NULL;
    }
    return entries;
}

static void entry_take(const uint8_t *entry, struct partition *part)
{
    guid_text(entry, part->type);
    guid_text(entry + 16, part->uuid);
    part->attributes = le64(entry + 48);
    label_text(entry + 56, part->label);
}

/* Entry @number by the header at block @lba. */
static bool gpt_read(int fd, unsigned int block_size, uint64_t lba, unsigned int number,
                     struct partition *part)
{
    uint8_t *header = malloc(block_size), *entries = NULL;
    bool found = false;

    if (header && pread(fd, header, block_size, lba * block_size) == (ssize_t)block_size &&
        header_is_valid(header, block_size, lba) && number <= le32(header + 80))
        entries = entries_read(fd, block_size, header);
    if (entries) {
        entry_take(entries + (size_t)(number - 1) * le32(header + 84), part);
        found = true;
    }
    free(entries);
    free(header);
    return found;
}

static bool mbr_read(int fd, unsigned int number, struct partition *part)
{
    uint8_t mbr[512];

    if (pread(fd, mbr, sizeof(mbr), 0) != sizeof(mbr) || mbr[510] != 0x55 || mbr[511] != 0xaa)
        return false;
    snprintf(part->uuid, sizeof(part->uuid), "%08x-%02x", le32(mbr + 440), number & 0xff);
    return true;
}

bool partition_read(int fd, unsigned int block_size, unsigned int number, struct partition *part)
{
    off_t size = lseek(fd, 0, SEEK_END);

    *part = (struct partition){0};
    if (block_size < 512 || block_size > 65536 || number < 1)
        return false;
    if (gpt_read(fd, block_size, 1, number, part))
        return true;
    if (size > 2 * (off_t)block_size &&
        gpt_read(fd, block_size, size / block_size - 1, number, part))
        return true;
    return mbr_read(fd, number, part);
}
