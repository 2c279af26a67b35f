// SPDX-License-Identifier: MIT
/*
 * Block maps of ext2 and ext3: twelve direct block numbers in the inode, then one block of numbers,
 * one block of blocks of numbers, and one level more. 0 is a hole at any level. Block numbers have
 * 32 bits.
 */
#include "ext4.h"
#include <kernel/lib/bitops.h>

static u32 pointers_per_block(const struct ext4_fs *fs)
{
    return fs->block_size / sizeof(le32);
}

u64 ext4_indirect_max_blocks(const struct ext4_fs *fs)
{
    u64 p = pointers_per_block(fs);

    return min_t(u64, EXT4_NDIR_BLOCKS + p + p * p + p * p * p, EXT4_MAX_LBLK);
}

static bool pointer_ok(const struct ext4_fs *fs, u32 block)
{
    return block == 0 || ext4_block_valid(fs, block);
}

int ext4_indirect_check_root(struct inode *inode)
{
    const struct ext4_node *node = ext4_node(inode);

    for (int i = 0; i < EXT4_N_BLOCKS; i++)
        if (!pointer_ok(ext4_inode_fs(inode), le32_to_cpu(node->body[i])))
            return ext4_inode_corrupted(inode, "block map: block %u is outside the file system",
                                        le32_to_cpu(node->body[i]));
    return 0;
}

/* Where a logical block is in the maps. */
struct place {
    u32 slot;            /* of i_block */
    unsigned int levels; /* of blocks of numbers below that slot */
    u64 index;           /* among the blocks under that slot */
};

static bool place_find(const struct ext4_fs *fs, u64 lblk, struct place *place)
{
    unsigned int shift = ilog2(pointers_per_block(fs));
    u64 covered = 1ULL << shift;

    if (lblk < EXT4_NDIR_BLOCKS) {
        *place = (struct place){lblk, 0, 0};
        return true;
    }
    lblk -= EXT4_NDIR_BLOCKS;
    for (unsigned int levels = 1; levels <= 3; levels++, covered <<= shift) {
        if (lblk < covered) {
            *place = (struct place){EXT4_IND_BLOCK + levels - 1, levels, lblk};
            return true;
        }
        lblk -= covered;
    }
    return false;
}

/* Reads the run that begins at numbers[0] out of an array of count numbers. */
static int run_read(struct inode *inode, const le32 *numbers, u32 count, struct ext4_map *map)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    u32 first = le32_to_cpu(numbers[0]), len = 1;

    count = min(count, map->len);
    while (len < count && le32_to_cpu(numbers[len]) == (first ? first + len : 0))
        len++;
    if (first && !ext4_run_valid(fs, first, len))
        return ext4_inode_corrupted(inode, "block map: block %u is outside the file system", first);
    map->len = len;
    map->pblk = first;
    map->flags = first ? EXT4_MAP_MAPPED : 0;
    return 0;
}

/* A hole that reaches to the end of what the missing block of numbers would cover. */
static int hole_under(struct ext4_map *map, u64 index, u64 covered)
{
    map->flags = 0;
    map->pblk = 0;
    map->len = min_t(u64, map->len, covered - (index & (covered - 1)));
    return 0;
}

/* Goes down from the block of numbers `block`, which has levels - 1 more below it. */
static int tree_walk(struct inode *inode, u32 block, const struct place *place,
                     struct ext4_map *map)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    unsigned int shift = ilog2(pointers_per_block(fs));
    unsigned int levels = place->levels;

    for (;;) {
        u64 below = 1ULL << (shift * (levels - 1)); /* blocks under one number here */
        u32 at = (place->index / below) & (pointers_per_block(fs) - 1);
        struct ext4_buf *buf;
        const le32 *numbers;
        int err;

        if (block == 0)
            return hole_under(map, place->index, below << shift);
        if (!ext4_block_valid(fs, block))
            return ext4_inode_corrupted(inode, "block map: block %u is outside the file system",
                                        block);
        buf = ext4_buf_read(fs, block);
        if (IS_ERR(buf))
            return PTR_ERR(buf);
        numbers = buf->data;
        if (levels == 1) {
            err = run_read(inode, numbers + at, pointers_per_block(fs) - at, map);
            ext4_buf_put(fs, buf);
            return err;
        }
        block = le32_to_cpu(numbers[at]);
        ext4_buf_put(fs, buf);
        levels--;
    }
}

int ext4_indirect_map(struct inode *inode, struct ext4_map *map)
{
    const struct ext4_node *node = ext4_node(inode);
    struct place place;

    if (!place_find(ext4_inode_fs(inode), map->lblk, &place))
        return -EFBIG;
    if (place.levels == 0)
        return run_read(inode, node->body + place.slot, EXT4_NDIR_BLOCKS - place.slot, map);
    return tree_walk(inode, le32_to_cpu(node->body[place.slot]), &place, map);
}
