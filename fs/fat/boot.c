// SPDX-License-Identifier: MIT
/*
 * The boot sector. There is no magic number that can be relied on, so that each field is checked
 * for whether it can be: anything impossible means that this is no FAT volume. Which kind it is
 * follows from the number of clusters alone (and FAT32 from a 16-bit FAT size of 0).
 */
#include "fat.h"
#include <kernel/lib/bitops.h>

static int refuse(struct fat_fs *fs, bool silent, const char *what, u32 value)
{
    if (!silent)
        fat_message(fs->sb, LOG_LEVEL_ERR, "no FAT volume: %s %u", what, value);
    return -EINVAL;
}

static int sizes_check(struct fat_fs *fs, const struct fat_boot_sector *boot, bool silent)
{
    u32 sector = le16_to_cpu(boot->bytes_per_sector);
    u32 per_cluster = boot->sectors_per_cluster;

    if (sector < 512 || sector > 4096 || !is_power_of_2(sector))
        return refuse(fs, silent, "bytes per sector", sector);
    if (!is_power_of_2(per_cluster))
        return refuse(fs, silent, "sectors per cluster", per_cluster);
    if (le16_to_cpu(boot->reserved_sectors) == 0)
        return refuse(fs, silent, "reserved sectors", 0);
    if (boot->nr_fats == 0)
        return refuse(fs, silent, "FATs", 0);
    if (boot->media != 0xf0 && boot->media < 0xf8)
        return refuse(fs, silent, "media", boot->media);
    fs->sector_size = sector;
    fs->sector_bits = ilog2(sector);
    fs->cluster_bits = fs->sector_bits + ilog2(per_cluster);
    return 0;
}

static u64 total_sectors(const struct fat_boot_sector *boot)
{
    u32 total = le16_to_cpu(boot->total_sectors_16);

    return total ? total : le32_to_cpu(boot->total_sectors_32);
}

/* FAT32 alone has these fields; others have the root directory in a place of its own. */
static int fat32_check(struct fat_fs *fs, const struct fat_boot_sector *boot, u32 fat_sectors)
{
    u16 flags = le16_to_cpu(boot->fat32.ext_flags);
    u32 active = flags & FAT32_NO_MIRROR ? flags & FAT32_ACTIVE_MASK : 0;

    if (le16_to_cpu(boot->fat32.version))
        return refuse(fs, false, "version", le16_to_cpu(boot->fat32.version));
    if (active >= boot->nr_fats)
        return refuse(fs, false, "active FAT", active);
    fs->fat_start += ((u64)active * fat_sectors) << fs->sector_bits;
    fs->root_cluster = le32_to_cpu(boot->fat32.root_cluster);
    fs->fsinfo_sector = le16_to_cpu(boot->fat32.fsinfo_sector);
    if (!fat_cluster_valid(fs, fs->root_cluster))
        return fat_corrupted(fs->sb, FAT_ROOT_INO, "the root begins in cluster %u",
                             fs->root_cluster);
    if (fs->fsinfo_sector >= le16_to_cpu(boot->reserved_sectors))
        fs->fsinfo_sector = 0;
    return 0;
}

static int layout_check(struct fat_fs *fs, const struct fat_boot_sector *boot, bool silent)
{
    u32 fat_sectors = le16_to_cpu(boot->fat_size_16);
    bool is_32 = fat_sectors == 0;
    u32 root_bytes = le16_to_cpu(boot->root_entries) * FAT_DIRENT_SIZE;
    u64 total = total_sectors(boot), root_sector, data_sector;
    u64 clusters;

    if (is_32)
        fat_sectors = le32_to_cpu(boot->fat32.fat_size);
    if (fat_sectors == 0)
        return refuse(fs, silent, "sectors of a FAT", 0);
    if (root_bytes & (fs->sector_size - 1))
        return refuse(fs, silent, "root entries", root_bytes / FAT_DIRENT_SIZE);
    root_sector = le16_to_cpu(boot->reserved_sectors) + (u64)boot->nr_fats * fat_sectors;
    data_sector = root_sector + (root_bytes >> fs->sector_bits);
    if (total > bdev_size_bytes(fs->bdev) >> fs->sector_bits)
        return refuse(fs, silent, "more sectors than the device has:", (u32)total);
    if (data_sector >= total)
        return refuse(fs, silent, "no room for clusters in sectors", (u32)total);
    clusters = (total - data_sector) >> (fs->cluster_bits - fs->sector_bits);
    fs->bits = is_32 ? 32 : clusters > FAT12_MAX_CLUSTERS ? 16 : 12;
    if (clusters == 0 || clusters > (is_32 ? FAT32_MAX_CLUSTERS : FAT16_MAX_CLUSTERS))
        return refuse(fs, silent, "clusters", (u32)clusters);
    /* A FAT too short for them ends the volume. */
    fs->nr_clusters = min_t(
        u64, clusters, ((u64)fat_sectors << fs->sector_bits) * 8 / fs->bits - FAT_FIRST_CLUSTER);
    fs->fat_start = (u64)le16_to_cpu(boot->reserved_sectors) << fs->sector_bits;
    fs->root_start = root_sector << fs->sector_bits;
    fs->root_size = root_bytes;
    fs->data_start = data_sector << fs->sector_bits;
    fs->serial = le32_to_cpu(is_32 ? boot->fat32.serial : boot->fat16.serial);
    if (!is_32 && root_bytes == 0)
        return refuse(fs, silent, "root entries", 0);
    return is_32 ? fat32_check(fs, boot, fat_sectors) : 0;
}

int fat_boot_check(struct fat_fs *fs, const struct fat_boot_sector *boot, bool silent)
{
    int err = sizes_check(fs, boot, silent);

    return err ? err : layout_check(fs, boot, silent);
}
