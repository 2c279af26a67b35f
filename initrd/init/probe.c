// SPDX-License-Identifier: MIT
/*
 * File systems by their superblocks. Only what names a root: type, UUID, label. Nothing is trusted
 * beyond that; the kernel checks the rest when it mounts.
 *
 * ext2/3/4: the superblock is at byte 1024 (kernel documentation, filesystems/ext4, "The Super
 * Block"). FAT: the boot sector (Microsoft, "FAT: General Overview of On-Disk Format", the BPB).
 * Btrfs: the first superblock is at 64 KiB (Btrfs on-disk format, "Superblock").
 */
#include "init.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint16_t le16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static bool read_at(int fd, void *buf, size_t size, off_t at)
{
    return pread(fd, buf, size, at) == (ssize_t)size;
}

/* A label: up to @size bytes, padding of NUL or spaces taken off. */
static void take_label(struct probed *probed, const uint8_t *text, size_t size)
{
    size_t len = strnlen((const char *)text, size);

    while (len && text[len - 1] == ' ')
        len--;
    if (len >= sizeof(probed->label))
        len = sizeof(probed->label) - 1;
    memcpy(probed->label, text, len);
    probed->label[len] = '\0';
}

static void take_uuid(struct probed *probed, const uint8_t *bytes)
{
    char *at = probed->uuid;

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += sprintf(at, "%02x", bytes[i]);
    }
}

#define EXT_COMPAT_HAS_JOURNAL 0x4
/* Incompatible features that ext3 does not have: extents, 64bit, flex_bg, csum_seed and so on. */
#define EXT3_INCOMPAT_KNOWN  0x16
#define EXT3_RO_COMPAT_KNOWN 0x7

static bool probe_ext(int fd, struct probed *probed)
{
    uint8_t sb[264];

    if (!read_at(fd, sb, sizeof(sb), 1024) || le16(sb + 56) != 0xef53)
        return false;
    if ((le32(sb + 96) & ~EXT3_INCOMPAT_KNOWN) || (le32(sb + 100) & ~EXT3_RO_COMPAT_KNOWN))
        probed->type = "ext4";
    else
        probed->type = le32(sb + 92) & EXT_COMPAT_HAS_JOURNAL ? "ext3" : "ext2";
    take_uuid(probed, sb + 104);
    take_label(probed, sb + 120, 16);
    return true;
}

static bool is_fat_boot_sector(const uint8_t *bs)
{
    uint16_t bytes_per_sector = le16(bs + 11);
    uint8_t sectors_per_cluster = bs[13];

    return bs[510] == 0x55 && bs[511] == 0xaa && (bs[0] == 0xeb || bs[0] == 0xe9) &&
           bytes_per_sector >= 512 && bytes_per_sector <= 4096 &&
           (bytes_per_sector & (bytes_per_sector - 1)) == 0 && sectors_per_cluster &&
           (sectors_per_cluster & (sectors_per_cluster - 1)) == 0 && bs[16] >= 1 && bs[16] <= 2;
}

static bool probe_fat(int fd, struct probed *probed)
{
    uint8_t bs[512];
    const uint8_t *extended; /* the extended boot record: its place differs in FAT32 */

    if (!read_at(fd, bs, sizeof(bs), 0) || !is_fat_boot_sector(bs))
        return false;
    extended = bs + (le16(bs + 22) ? 36 : 64);
    probed->type = "vfat";
    if (extended[2] == 0x29) {
        uint32_t serial = le32(extended + 3);

        sprintf(probed->uuid, "%04X-%04X", serial >> 16, serial & 0xffff);
        take_label(probed, extended + 7, 11);
    }
    return true;
}

static bool probe_btrfs(int fd, struct probed *probed)
{
    uint8_t sb[0x12b + 256];

    if (!read_at(fd, sb, sizeof(sb), 0x10000) || memcmp(sb + 0x40, "_BHRfS_M", 8) != 0)
        return false;
    probed->type = "btrfs";
    take_uuid(probed, sb + 0x20);
    take_label(probed, sb + 0x12b, 256);
    return true;
}

bool probe_superblock(int fd, struct probed *probed)
{
    *probed = (struct probed){0};
    return probe_ext(fd, probed) || probe_btrfs(fd, probed) || probe_fat(fd, probed);
}
