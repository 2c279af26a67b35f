// SPDX-License-Identifier: MIT
/*
 * Checksums of metadata (the metadata_csum feature: CRC-32C; before it, gdt_csum: CRC-16 of group
 * descriptors). Each begins with a seed made of the file system's UUID, then of what the structure
 * belongs to (group, inode, block number), so that a block found in the wrong place does not pass.
 */
#include "ext4.h"
#include <kernel/lib/crc16.h>
#include <kernel/lib/crc32c.h>
#include <kernel/lib/string.h>

u32 ext4_super_csum(const struct ext4_super_block *raw)
{
    return crc32c(~0U, raw, offsetof(struct ext4_super_block, s_checksum));
}

/* The checksum field itself counts as zero, or (CRC-16) not at all. */
u16 ext4_group_csum(const struct ext4_fs *fs, u32 group, const void *desc)
{
    const u8 *bytes = desc;
    const u32 at = offsetof(struct ext4_group_desc, bg_checksum);
    le32 nr = cpu_to_le32(group);
    le16 zero = 0;
    u32 rest = fs->desc_size - (at + 2);

    if (ext4_has_csum(fs)) {
        u32 crc = crc32c(fs->csum_seed, &nr, sizeof(nr));

        crc = crc32c(crc, bytes, at);
        crc = crc32c(crc, &zero, sizeof(zero));
        return crc32c(crc, bytes + at + 2, rest);
    }
    u16 crc = crc16(~0, fs->raw->s_uuid, sizeof(fs->raw->s_uuid));

    crc = crc16(crc, &nr, sizeof(nr));
    crc = crc16(crc, bytes, at);
    return crc16(crc, bytes + at + 2, rest);
}

u32 ext4_inode_seed(const struct ext4_fs *fs, u64 ino, u32 generation)
{
    le32 number = cpu_to_le32(ino), gen = cpu_to_le32(generation);

    return crc32c(crc32c(fs->csum_seed, &number, sizeof(number)), &gen, sizeof(gen));
}

/* Whether the inode is large enough for the high half of its checksum. */
static bool inode_has_csum_hi(const struct ext4_fs *fs, const struct ext4_inode *raw)
{
    return fs->inode_size > EXT4_OLD_INODE_SIZE &&
           EXT4_OLD_INODE_SIZE + le16_to_cpu(raw->i_extra_isize) >=
               offsetofend(struct ext4_inode, i_checksum_hi);
}

u32 ext4_inode_csum(const struct ext4_fs *fs, u64 ino, const struct ext4_inode *raw)
{
    const u8 *bytes = (const u8 *)raw;
    const u32 low = offsetof(struct ext4_inode, i_checksum_lo);
    const u32 high = offsetof(struct ext4_inode, i_checksum_hi);
    u32 crc = ext4_inode_seed(fs, ino, le32_to_cpu(raw->i_generation)), at = high;
    le16 zero = 0;

    crc = crc32c(crc, bytes, low);
    crc = crc32c(crc, &zero, sizeof(zero));
    crc = crc32c(crc, bytes + low + 2, EXT4_OLD_INODE_SIZE - (low + 2));
    if (fs->inode_size == EXT4_OLD_INODE_SIZE)
        return crc;
    crc = crc32c(crc, bytes + EXT4_OLD_INODE_SIZE, high - EXT4_OLD_INODE_SIZE);
    if (inode_has_csum_hi(fs, raw)) {
        crc = crc32c(crc, &zero, sizeof(zero));
        at += 2;
    }
    return crc32c(crc, bytes + at, fs->inode_size - at);
}

bool ext4_inode_csum_ok(const struct ext4_fs *fs, u64 ino, const struct ext4_inode *raw)
{
    u32 want, found = le16_to_cpu(raw->i_checksum_lo);

    if (!ext4_has_csum(fs))
        return true;
    want = ext4_inode_csum(fs, ino, raw);
    if (!inode_has_csum_hi(fs, raw))
        return (want & 0xffff) == found;
    return want == (found | (u32)le16_to_cpu(raw->i_checksum_hi) << 16);
}

/* eh_max has been checked against the block size. */
u32 ext4_extent_csum(const struct ext4_node *node, const struct ext4_extent_header *eh)
{
    return crc32c(node->csum_seed, eh,
                  sizeof(*eh) + le16_to_cpu(eh->eh_max) * sizeof(struct ext4_extent));
}

u32 ext4_leaf_csum(const struct ext4_node *node, const void *block, u32 block_size)
{
    return crc32c(node->csum_seed, block, block_size - sizeof(struct ext4_dirent_tail));
}

u32 ext4_dx_csum(const struct ext4_node *node, const void *block, u32 entries_offset, u32 count,
                 const struct ext4_dx_tail *tail)
{
    u32 crc = crc32c(node->csum_seed, block, entries_offset + count * sizeof(struct ext4_dx_entry));
    le32 zero = 0;

    crc = crc32c(crc, tail, offsetof(struct ext4_dx_tail, dt_checksum));
    return crc32c(crc, &zero, sizeof(zero));
}

u32 ext4_xattr_csum(const struct ext4_fs *fs, u64 block, const struct ext4_xattr_header *header)
{
    const u32 at = offsetof(struct ext4_xattr_header, h_checksum);
    le64 number = cpu_to_le64(block);
    le32 zero = 0;
    u32 crc = crc32c(fs->csum_seed, &number, sizeof(number));

    crc = crc32c(crc, header, at);
    crc = crc32c(crc, &zero, sizeof(zero));
    return crc32c(crc, (const u8 *)header + at + 4, fs->block_size - (at + 4));
}
