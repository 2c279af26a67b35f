// SPDX-License-Identifier: MIT
/*
 * Is this a file system that can be read here? The copy of the super block is checked completely
 * before anything is computed from it: magic, checksum, features, then the geometry, each value
 * against the ones it must fit. What is refused is refused with its name.
 */
#include "ext4.h"
#include <kernel/base/log.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/crc32c.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

#define INCOMPAT_READABLE                                                                      \
    (EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG |                  \
     EXT4_INCOMPAT_EXTENTS | EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_MMP | EXT4_INCOMPAT_FLEX_BG | \
     EXT4_INCOMPAT_EA_INODE | EXT4_INCOMPAT_CSUM_SEED | EXT4_INCOMPAT_LARGEDIR |               \
     EXT4_INCOMPAT_INLINE_DATA)

static const struct {
    u32 bit;
    const char *name;
} incompat_names[] = {
    {EXT4_INCOMPAT_COMPRESSION, "compression"}, {EXT4_INCOMPAT_JOURNAL_DEV, "journal_dev"},
    {EXT4_INCOMPAT_DIRDATA, "dirdata"},         {EXT4_INCOMPAT_ENCRYPT, "encrypt"},
    {EXT4_INCOMPAT_CASEFOLD, "casefold"},
};

static int features_check(struct ext4_fs *fs)
{
    u32 unknown = fs->incompat & ~INCOMPAT_READABLE, bits = unknown;
    char names[80] = "";
    size_t len = 0;

    if (!unknown)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(incompat_names); i++) {
        if (bits & incompat_names[i].bit) {
            len += scnprintf(names + len, sizeof(names) - len, " %s", incompat_names[i].name);
            bits &= ~incompat_names[i].bit;
        }
    }
    if (bits)
        scnprintf(names + len, sizeof(names) - len, " (bits %#x)", bits);
    ext4_message(fs->sb, LOG_LEVEL_ERR, "cannot mount: unsupported features:%s", names);
    return -EINVAL;
}

bool ext4_features_fit_type(const struct ext4_fs *fs, const struct fs_type *type)
{
    const u32 old_ro =
        EXT4_RO_COMPAT_SPARSE_SUPER | EXT4_RO_COMPAT_LARGE_FILE | EXT4_RO_COMPAT_BTREE_DIR;
    const u32 old_incompat = EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_META_BG;

    if (type == &ext2_fs_type)
        return !EXT4_HAS_COMPAT(fs, HAS_JOURNAL) && !(fs->ro_compat & ~old_ro) &&
               !(fs->incompat & ~old_incompat);
    if (type == &ext3_fs_type)
        return EXT4_HAS_COMPAT(fs, HAS_JOURNAL) && !(fs->ro_compat & ~old_ro) &&
               !(fs->incompat & ~(old_incompat | EXT4_INCOMPAT_RECOVER));
    return true;
}

/* One reason why the super block is impossible; the value is shown. */
static int impossible(struct ext4_fs *fs, const char *what, u64 value)
{
    ext4_message(fs->sb, LOG_LEVEL_ERR, "impossible super block: %s %llu", what, value);
    return -EFSCORRUPTED;
}

static int magic_check(struct ext4_fs *fs, bool silent)
{
    const struct ext4_super_block *raw = fs->raw;

    if (le16_to_cpu(raw->s_magic) != EXT4_SUPER_MAGIC) {
        if (!silent)
            ext4_message(fs->sb, LOG_LEVEL_ERR, "no ext4 file system: magic %#x",
                         le16_to_cpu(raw->s_magic));
        return -EINVAL;
    }
    fs->compat = le32_to_cpu(raw->s_feature_compat);
    fs->incompat = le32_to_cpu(raw->s_feature_incompat);
    fs->ro_compat = le32_to_cpu(raw->s_feature_ro_compat);
    if (!ext4_has_csum(fs))
        return 0;
    if (raw->s_checksum_type != EXT4_CHECKSUM_CRC32C) {
        ext4_message(fs->sb, LOG_LEVEL_ERR, "unknown checksum type %u", raw->s_checksum_type);
        return -EINVAL;
    }
    if (ext4_super_csum(raw) != le32_to_cpu(raw->s_checksum)) {
        ext4_message(fs->sb, LOG_LEVEL_ERR, "the super block's checksum is wrong");
        return -EFSBADCRC;
    }
    return 0;
}

static int block_size_check(struct ext4_fs *fs)
{
    u32 log = le32_to_cpu(fs->raw->s_log_block_size);
    u32 cluster_log = le32_to_cpu(fs->raw->s_log_cluster_size);

    if (log > EXT4_MAX_BLOCK_LOG - EXT4_MIN_BLOCK_LOG)
        return impossible(fs, "s_log_block_size", log);
    fs->block_bits = EXT4_MIN_BLOCK_LOG + log;
    fs->block_size = 1U << fs->block_bits;
    fs->super_block_nr = EXT4_SUPER_OFFSET >> fs->block_bits;
    if (fs->block_size > PAGE_SIZE) {
        ext4_message(fs->sb, LOG_LEVEL_ERR,
                     "cannot mount: blocks of %u bytes are larger than a page", fs->block_size);
        return -EINVAL;
    }
    if (!EXT4_HAS_RO_COMPAT(fs, BIGALLOC))
        return 0;
    if (cluster_log < log || cluster_log > 20)
        return impossible(fs, "s_log_cluster_size", cluster_log);
    fs->cluster_bits = cluster_log - log;
    return 0;
}

static int inode_geometry_check(struct ext4_fs *fs)
{
    const struct ext4_super_block *raw = fs->raw;

    if (le32_to_cpu(raw->s_rev_level) > EXT4_DYNAMIC_REV)
        return impossible(fs, "s_rev_level", le32_to_cpu(raw->s_rev_level));
    fs->inode_size = EXT4_OLD_INODE_SIZE;
    fs->first_ino = EXT4_OLD_FIRST_INO;
    if (le32_to_cpu(raw->s_rev_level) == EXT4_DYNAMIC_REV) {
        fs->inode_size = le16_to_cpu(raw->s_inode_size);
        fs->first_ino = le32_to_cpu(raw->s_first_ino);
    }
    if (fs->inode_size < EXT4_OLD_INODE_SIZE || !is_power_of_2(fs->inode_size) ||
        fs->inode_size > fs->block_size)
        return impossible(fs, "s_inode_size", fs->inode_size);
    if (fs->first_ino < EXT4_OLD_FIRST_INO)
        return impossible(fs, "s_first_ino", fs->first_ino);
    fs->inodes_per_block = fs->block_size / fs->inode_size;
    fs->inodes_per_group = le32_to_cpu(raw->s_inodes_per_group);
    if (fs->inodes_per_group < fs->inodes_per_block || fs->inodes_per_group > fs->block_size * 8)
        return impossible(fs, "s_inodes_per_group", fs->inodes_per_group);
    fs->itable_blocks = DIV_ROUND_UP(fs->inodes_per_group, fs->inodes_per_block);
    return 0;
}

static int group_geometry_check(struct ext4_fs *fs)
{
    const struct ext4_super_block *raw = fs->raw;
    u32 clusters = fs->cluster_bits ? le32_to_cpu(raw->s_clusters_per_group)
                                    : le32_to_cpu(raw->s_blocks_per_group);

    fs->desc_size = EXT4_OLD_DESC_SIZE;
    if (EXT4_HAS_INCOMPAT(fs, 64BIT)) {
        fs->desc_size = le16_to_cpu(raw->s_desc_size);
        if (fs->desc_size < EXT4_64BIT_DESC_SIZE || !is_power_of_2(fs->desc_size) ||
            fs->desc_size > fs->block_size)
            return impossible(fs, "s_desc_size", fs->desc_size);
    }
    fs->descs_per_block = fs->block_size / fs->desc_size;
    fs->blocks_per_group = le32_to_cpu(raw->s_blocks_per_group);
    if (clusters == 0 || clusters > fs->block_size * 8)
        return impossible(fs, "s_clusters_per_group", clusters);
    if (fs->blocks_per_group != (u64)clusters << fs->cluster_bits)
        return impossible(fs, "s_blocks_per_group", fs->blocks_per_group);
    return 0;
}

/* The number of blocks, groups and inodes against each other and the device. */
static int extent_of_fs_check(struct ext4_fs *fs)
{
    const struct ext4_super_block *raw = fs->raw;
    u64 device_blocks = bdev_size_bytes(fs->bdev) >> fs->block_bits, groups;
    u32 desc_blocks;

    fs->nr_blocks = le32_to_cpu(raw->s_blocks_count_lo);
    if (EXT4_HAS_INCOMPAT(fs, 64BIT))
        fs->nr_blocks |= (u64)le32_to_cpu(raw->s_blocks_count_hi) << 32;
    fs->first_data_block = le32_to_cpu(raw->s_first_data_block);
    if (fs->nr_blocks > device_blocks) {
        ext4_message(fs->sb, LOG_LEVEL_ERR, "the file system has %llu blocks, the device only %llu",
                     fs->nr_blocks, device_blocks);
        return -EFSCORRUPTED;
    }
    if (fs->first_data_block > 1 ||
        (fs->first_data_block == 0 && fs->block_size == 1024 && fs->cluster_bits == 0) ||
        fs->first_data_block >= fs->nr_blocks)
        return impossible(fs, "s_first_data_block", fs->first_data_block);
    groups = DIV_ROUND_UP(fs->nr_blocks - fs->first_data_block, fs->blocks_per_group);
    fs->nr_inodes = le32_to_cpu(raw->s_inodes_count);
    if (groups > 0xffffffffU || groups * fs->inodes_per_group != fs->nr_inodes)
        return impossible(fs, "s_inodes_count", fs->nr_inodes);
    fs->nr_groups = groups;
    desc_blocks = DIV_ROUND_UP(fs->nr_groups, fs->descs_per_block);
    fs->first_meta_bg =
        EXT4_HAS_INCOMPAT(fs, META_BG) ? le32_to_cpu(raw->s_first_meta_bg) : desc_blocks;
    if (fs->first_meta_bg > desc_blocks)
        return impossible(fs, "s_first_meta_bg", fs->first_meta_bg);
    return 0;
}

static void seeds_set(struct ext4_fs *fs)
{
    const struct ext4_super_block *raw = fs->raw;

    fs->csum_seed = EXT4_HAS_INCOMPAT(fs, CSUM_SEED)
                        ? le32_to_cpu(raw->s_checksum_seed)
                        : crc32c(~0U, raw->s_uuid, sizeof(raw->s_uuid));
    for (int i = 0; i < 4; i++)
        fs->hash_seed[i] = le32_to_cpu(raw->s_hash_seed[i]);
    fs->hash_version = raw->s_def_hash_version;
    fs->hash_unsigned = le32_to_cpu(raw->s_flags) & EXT4_FLAGS_UNSIGNED_HASH;
}

int ext4_super_check(struct ext4_fs *fs, bool silent)
{
    int err = magic_check(fs, silent);

    if (!err)
        err = features_check(fs);
    if (!err)
        err = block_size_check(fs);
    if (!err)
        err = inode_geometry_check(fs);
    if (!err)
        err = group_geometry_check(fs);
    if (!err)
        err = extent_of_fs_check(fs);
    if (!err)
        seeds_set(fs);
    return err;
}
