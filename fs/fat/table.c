// SPDX-License-Identifier: MIT
/*
 * FAT entries. Those of FAT12 take a byte and a half, so that one may lie across two sectors;
 * FAT32's upper four bits mean nothing. All are widened to 28 bits, so that "end" and "bad" look
 * alike everywhere.
 */
#include "fat.h"

void fat_cursor_release(struct fat_cursor *cursor)
{
    if (cursor->held)
        bdev_release(&cursor->buf);
    cursor->held = false;
}

/* Byte `at` of the FAT. */
static int byte_at(struct fat_fs *fs, struct fat_cursor *cursor, u64 at, const u8 **byte)
{
    u64 place = fs->fat_start + at, sector = place >> fs->sector_bits;
    int err;

    if (!cursor->held || cursor->sector != sector) {
        fat_cursor_release(cursor);
        err = bdev_read(fs->bdev, sector << fs->sector_bits, fs->sector_size, &cursor->buf);
        if (err)
            return err;
        cursor->held = true;
        cursor->sector = sector;
    }
    *byte = (const u8 *)cursor->buf.data + (place & (fs->sector_size - 1));
    return 0;
}

static int entry12(struct fat_fs *fs, struct fat_cursor *cursor, u32 cluster, u32 *entry)
{
    u64 at = cluster + cluster / 2;
    const u8 *byte;
    u32 low;
    int err = byte_at(fs, cursor, at, &byte);

    if (err)
        return err;
    low = *byte;
    err = byte_at(fs, cursor, at + 1, &byte);
    if (err)
        return err;
    low |= (u32)*byte << 8;
    low = cluster & 1 ? low >> 4 : low & 0xfff;
    *entry = low >= 0xff7 ? low + (FAT_ENTRY_BAD - 0xff7) : low;
    return 0;
}

int fat_entry_read(struct fat_fs *fs, struct fat_cursor *cursor, u32 cluster, u32 *entry)
{
    const u8 *byte;
    int err;

    if (fs->bits == 12)
        return entry12(fs, cursor, cluster, entry);
    err = byte_at(fs, cursor, (u64)cluster * (fs->bits / 8), &byte);
    if (err)
        return err;
    if (fs->bits == 32) {
        *entry = get_unaligned_le32(byte) & 0x0fffffffU;
        return 0;
    }
    *entry = get_unaligned_le16(byte);
    if (*entry >= 0xfff7)
        *entry += FAT_ENTRY_BAD - 0xfff7;
    return 0;
}

/* What FSInfo says, if it can be. */
static bool fsinfo_free(struct fat_fs *fs, u32 *nr_free)
{
    struct bdev_buf buf;
    const struct fat_fsinfo *info;
    bool ok;

    if (!fs->fsinfo_sector ||
        bdev_read(fs->bdev, (u64)fs->fsinfo_sector << fs->sector_bits, fs->sector_size, &buf))
        return false;
    info = buf.data;
    *nr_free = le32_to_cpu(info->free_clusters);
    ok = le32_to_cpu(info->lead_signature) == FAT_FSINFO_LEAD &&
         le32_to_cpu(info->signature) == FAT_FSINFO_SIGNATURE && *nr_free <= fs->nr_clusters;
    bdev_release(&buf);
    return ok;
}

static int count_free(struct fat_fs *fs, u32 *nr_free)
{
    struct fat_cursor cursor = {.held = false};
    u32 count = 0, entry;
    int err = 0;

    for (u32 i = 0; i < fs->nr_clusters && !err; i++) {
        err = fat_entry_read(fs, &cursor, FAT_FIRST_CLUSTER + i, &entry);
        count += !err && entry == FAT_ENTRY_FREE;
    }
    fat_cursor_release(&cursor);
    *nr_free = count;
    return err;
}

int fat_free_count(struct fat_fs *fs, u32 *nr_free)
{
    int err = 0;

    mutex_lock(&fs->free_lock);
    if (!fs->free_known) {
        if (!fsinfo_free(fs, &fs->nr_free))
            err = count_free(fs, &fs->nr_free);
        fs->free_known = !err;
    }
    *nr_free = fs->nr_free;
    mutex_unlock(&fs->free_lock);
    return err;
}
