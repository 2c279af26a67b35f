/* SPDX-License-Identifier: MIT */
/*
 * FAT on disk: everything little endian, much of it unaligned. After Microsoft's "FAT: General
 * Overview of On-Disk Format" 1.03 and ECMA-107, with their names. No code: shared with host tools.
 *
 * The volume: reserved sectors (boot sector first), the FATs, the root directory of FAT12/16, then
 * the clusters, numbered from 2. A FAT has one entry for each cluster: the next one of the chain.
 */
#ifndef FS_FAT_FORMAT_H
#define FS_FAT_FORMAT_H

#include <kernel/types.h>

#define FAT_SUPER_MAGIC 0x4d44 /* statfs(2) */

struct fat_boot_sector {
    u8 jump[3];
    u8 oem_name[8];
    le16 bytes_per_sector;
    u8 sectors_per_cluster;
    le16 reserved_sectors;
    u8 nr_fats;
    le16 root_entries; /* FAT12/16; 0 on FAT32 */
    le16 total_sectors_16;
    u8 media;
    le16 fat_size_16; /* 0 on FAT32 */
    le16 sectors_per_track;
    le16 heads;
    le32 hidden_sectors;
    le32 total_sectors_32;
    union {
        struct {
            u8 drive;
            u8 state;
            u8 signature;
            le32 serial;
            u8 label[11];
            u8 type[8];
        } __packed fat16;
        struct {
            le32 fat_size;
            le16 ext_flags;
            le16 version;
            le32 root_cluster;
            le16 fsinfo_sector;
            le16 backup_boot;
            u8 reserved[12];
            u8 drive;
            u8 state;
            u8 signature;
            le32 serial;
            u8 label[11];
            u8 type[8];
        } __packed fat32;
    };
} __packed;
static_assert(sizeof(struct fat_boot_sector) == 90, "FAT boot sector");
static_assert(offsetof(struct fat_boot_sector, total_sectors_32) == 32, "FAT boot sector");
static_assert(offsetof(struct fat_boot_sector, fat16) == 36, "FAT boot sector");

#define FAT_BOOT_SIZE 512

/* ext_flags: one FAT is in use, not all alike. */
#define FAT32_NO_MIRROR   0x80
#define FAT32_ACTIVE_MASK 0x0f

struct fat_fsinfo {
    le32 lead_signature;
    u8 reserved1[480];
    le32 signature;
    le32 free_clusters; /* ~0: not known */
    le32 next_free;
    u8 reserved2[12];
    le32 trail_signature;
} __packed;
static_assert(sizeof(struct fat_fsinfo) == 512, "FAT FSInfo");
#define FAT_FSINFO_LEAD      0x41615252U
#define FAT_FSINFO_SIGNATURE 0x61417272U

/* Numbers of clusters that make the kind. */
#define FAT12_MAX_CLUSTERS 4084U
#define FAT16_MAX_CLUSTERS 65524U
#define FAT32_MAX_CLUSTERS 0x0ffffff4U
#define FAT_FIRST_CLUSTER  2U

/* FAT entries, widened to 28 bits: 0 free, from BAD on special. */
#define FAT_ENTRY_FREE 0U
#define FAT_ENTRY_BAD  0x0ffffff7U
#define FAT_ENTRY_END  0x0ffffff8U /* and above */

struct fat_dirent {
    u8 name[11];
    u8 attr;
    u8 lcase;
    u8 ctime_cs; /* hundredths of a second, 0..199 */
    le16 ctime, cdate;
    le16 adate;
    le16 start_hi; /* FAT32 */
    le16 time, date;
    le16 start;
    le32 size;
} __packed;
static_assert(sizeof(struct fat_dirent) == 32, "FAT directory entry");

#define FAT_DIRENT_SIZE 32
#define FAT_DELETED     0xe5 /* first byte of the name */
#define FAT_KANJI_E5    0x05 /* stands for it */

#define FAT_ATTR_RO     0x01
#define FAT_ATTR_HIDDEN 0x02
#define FAT_ATTR_SYSTEM 0x04
#define FAT_ATTR_VOLUME 0x08
#define FAT_ATTR_DIR    0x10
#define FAT_ATTR_ARCH   0x20
#define FAT_ATTR_LONG   0x0f
#define FAT_ATTR_MASK   0x3f

#define FAT_LCASE_BASE 0x08
#define FAT_LCASE_EXT  0x10

/* A piece of a long name; the pieces come last first, in front of the short entry. */
struct fat_slot {
    u8 order;
    le16 name0[5];
    u8 attr; /* FAT_ATTR_LONG */
    u8 type;
    u8 checksum; /* of the short name */
    le16 name5[6];
    le16 start; /* 0 */
    le16 name11[2];
} __packed;
static_assert(sizeof(struct fat_slot) == 32, "FAT long name slot");

#define FAT_SLOT_LAST  0x40
#define FAT_SLOT_CHARS 13
#define FAT_LONG_MAX   255 /* UTF-16 units */
#define FAT_SLOTS_MAX  20
/* A directory may not be larger. */
#define FAT_DIR_MAX (65536U * FAT_DIRENT_SIZE)
#endif
