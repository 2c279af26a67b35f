// SPDX-License-Identifier: MIT
/*
 * Block group descriptors. They are read and checked once, at mount: there are few (64 for 8 GiB),
 * and a file system whose descriptors point outside of it is better refused than met later.
 *
 * Where they are: without meta_bg in the blocks behind the super block; with it, from descriptor
 * block first_meta_bg on, each descriptor block lies at the start of the first group that it
 * describes.
 */
#include "ext4.h"
#include <kernel/base/log.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

static bool is_power_of(u32 n, u32 base)
{
    while (n > 1 && n % base == 0)
        n /= base;
    return n == 1;
}

/* Whether the group begins with a copy of the super block (and of the descriptors). */
bool ext4_group_has_super(const struct ext4_fs *fs, u32 group)
{
    if (group == 0)
        return true;
    if (EXT4_HAS_COMPAT(fs, SPARSE_SUPER2))
        return group == le32_to_cpu(fs->raw->s_backup_bgs[0]) ||
               group == le32_to_cpu(fs->raw->s_backup_bgs[1]);
    if (group == 1 || !EXT4_HAS_RO_COMPAT(fs, SPARSE_SUPER))
        return true;
    return (group & 1) && (is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7));
}

static u64 desc_block(const struct ext4_fs *fs, u32 index)
{
    u64 group = (u64)index * fs->descs_per_block;
    u64 block = fs->first_data_block + group * fs->blocks_per_group;

    if (index < fs->first_meta_bg)
        return (u64)fs->super_block_nr + 1 + index;
    if (index == 0)
        return (u64)fs->super_block_nr + 1;
    return block + ext4_group_has_super(fs, group);
}

static void group_from_disk(const struct ext4_fs *fs, const struct ext4_group_desc *d,
                            struct ext4_group *g)
{
    g->block_bitmap = le32_to_cpu(d->bg_block_bitmap_lo);
    g->inode_bitmap = le32_to_cpu(d->bg_inode_bitmap_lo);
    g->inode_table = le32_to_cpu(d->bg_inode_table_lo);
    g->free_clusters = le16_to_cpu(d->bg_free_blocks_count_lo);
    g->free_inodes = le16_to_cpu(d->bg_free_inodes_count_lo);
    g->used_dirs = le16_to_cpu(d->bg_used_dirs_count_lo);
    g->itable_unused = le16_to_cpu(d->bg_itable_unused_lo);
    g->flags = le16_to_cpu(d->bg_flags);
    if (fs->desc_size < EXT4_64BIT_DESC_SIZE)
        return;
    g->block_bitmap |= (u64)le32_to_cpu(d->bg_block_bitmap_hi) << 32;
    g->inode_bitmap |= (u64)le32_to_cpu(d->bg_inode_bitmap_hi) << 32;
    g->inode_table |= (u64)le32_to_cpu(d->bg_inode_table_hi) << 32;
    g->free_clusters |= (u32)le16_to_cpu(d->bg_free_blocks_count_hi) << 16;
    g->free_inodes |= (u32)le16_to_cpu(d->bg_free_inodes_count_hi) << 16;
    g->used_dirs |= (u32)le16_to_cpu(d->bg_used_dirs_count_hi) << 16;
    g->itable_unused |= (u32)le16_to_cpu(d->bg_itable_unused_hi) << 16;
}

/* Whether [block, +len) is where the group's metadata may be: in the group, or anywhere with
 * flex_bg. */
static bool place_ok(const struct ext4_fs *fs, u32 group, u64 block, u64 len)
{
    u64 first = fs->first_data_block, end = fs->nr_blocks;

    if (!EXT4_HAS_INCOMPAT(fs, FLEX_BG)) {
        first += (u64)group * fs->blocks_per_group;
        end = min(end, first + fs->blocks_per_group);
    }
    return block >= first && block < end && len <= end - block && ext4_block_valid(fs, block);
}

static int group_check(const struct ext4_fs *fs, u32 group, const struct ext4_group_desc *d,
                       const struct ext4_group *g)
{
    u32 clusters = fs->blocks_per_group >> fs->cluster_bits;

    if ((ext4_has_csum(fs) || EXT4_HAS_RO_COMPAT(fs, GDT_CSUM)) &&
        ext4_group_csum(fs, group, d) != le16_to_cpu(d->bg_checksum)) {
        ext4_message(fs->sb, LOG_LEVEL_ERR, "the checksum of group descriptor %u is wrong", group);
        return -EFSBADCRC;
    }
    if (!place_ok(fs, group, g->block_bitmap, 1))
        return ext4_corrupted(fs->sb, "group %u: block bitmap at block %llu", group,
                              g->block_bitmap);
    if (!place_ok(fs, group, g->inode_bitmap, 1))
        return ext4_corrupted(fs->sb, "group %u: inode bitmap at block %llu", group,
                              g->inode_bitmap);
    if (!place_ok(fs, group, g->inode_table, fs->itable_blocks))
        return ext4_corrupted(fs->sb, "group %u: inode table at block %llu", group, g->inode_table);
    if (g->free_clusters > clusters || g->free_inodes > fs->inodes_per_group)
        return ext4_corrupted(fs->sb, "group %u: %u free blocks, %u free inodes", group,
                              g->free_clusters, g->free_inodes);
    return 0;
}

/* The descriptors of one block. */
static int groups_load_block(struct ext4_fs *fs, u32 index)
{
    struct ext4_buf *buf = ext4_buf_read(fs, desc_block(fs, index));
    u32 first = index * fs->descs_per_block;
    u32 end = min(fs->nr_groups, first + fs->descs_per_block);
    int err = 0;

    if (IS_ERR(buf))
        return PTR_ERR(buf);
    for (u32 group = first; group < end && !err; group++) {
        const u8 *at = (const u8 *)buf->data + (group - first) * fs->desc_size;
        const struct ext4_group_desc *d = (const struct ext4_group_desc *)at;

        group_from_disk(fs, d, &fs->groups[group]);
        err = group_check(fs, group, d, &fs->groups[group]);
    }
    ext4_buf_put(fs, buf);
    return err;
}

int ext4_groups_load(struct ext4_fs *fs)
{
    u32 nr = DIV_ROUND_UP(fs->nr_groups, fs->descs_per_block);
    int err = 0;

    if (!fs->groups)
        fs->groups = kvmalloc((size_t)fs->nr_groups * sizeof(*fs->groups), GFP_KERNEL);
    if (!fs->groups)
        return -ENOMEM;
    for (u32 i = 0; i < nr && !err; i++)
        err = groups_load_block(fs, i);
    return err;
}

/* Blocks that can never hold file data: what statfs(2) takes off the size. */
static u64 overhead_count(const struct ext4_fs *fs)
{
    u32 desc_blocks = DIV_ROUND_UP(fs->nr_groups, fs->descs_per_block);
    u32 reserved = le16_to_cpu(fs->raw->s_reserved_gdt_blocks);
    u64 overhead = fs->first_data_block + (u64)fs->nr_groups * (2 + (u64)fs->itable_blocks);

    for (u32 group = 0; group < fs->nr_groups; group++)
        if (ext4_group_has_super(fs, group))
            overhead += 1 + min(desc_blocks, fs->first_meta_bg) + reserved;
    if (desc_blocks > fs->first_meta_bg)
        overhead += 3ULL * (desc_blocks - fs->first_meta_bg);
    return overhead;
}

u64 ext4_overhead(const struct ext4_fs *fs)
{
    u64 said = (u64)le32_to_cpu(fs->raw->s_overhead_blocks) << fs->cluster_bits;

    if (said && said < fs->nr_blocks)
        return said;
    return min(overhead_count(fs), fs->nr_blocks);
}
