// SPDX-License-Identifier: MIT
/*
 * Extent trees: where the blocks of a file are. A node is a header and entries sorted by logical
 * block: in a leaf (depth 0) runs of blocks, above it pointers to nodes one level deeper. The root,
 * with room for four entries, is in the inode; the other nodes fill blocks.
 *
 * A node is checked as a whole before it is used: the depth must be one less than its parent's (so
 * that no tree, however it was damaged, is a loop), the entries in order and without overlap, and
 * everything they point to inside the file system.
 */
#include "ext4.h"

static const struct ext4_extent *extents_of(const struct ext4_extent_header *eh)
{
    return (const struct ext4_extent *)(eh + 1);
}

static const struct ext4_extent_idx *indexes_of(const struct ext4_extent_header *eh)
{
    return (const struct ext4_extent_idx *)(eh + 1);
}

static u64 extent_start(const struct ext4_extent *ex)
{
    return le32_to_cpu(ex->ee_start_lo) | (u64)le16_to_cpu(ex->ee_start_hi) << 32;
}

static bool extent_unwritten(const struct ext4_extent *ex)
{
    return le16_to_cpu(ex->ee_len) > EXT4_EXTENT_INIT_MAX;
}

static u32 extent_len(const struct ext4_extent *ex)
{
    u32 len = le16_to_cpu(ex->ee_len);

    return extent_unwritten(ex) ? len - EXT4_EXTENT_INIT_MAX : len;
}

static u64 index_block(const struct ext4_extent_idx *ix)
{
    return le32_to_cpu(ix->ei_leaf_lo) | (u64)le16_to_cpu(ix->ei_leaf_hi) << 32;
}

static const char *leaf_error(const struct ext4_fs *fs, const struct ext4_extent_header *eh)
{
    const struct ext4_extent *ex = extents_of(eh);
    u64 end = 0;

    for (u32 i = 0; i < le16_to_cpu(eh->eh_entries); i++, ex++) {
        u32 first = le32_to_cpu(ex->ee_block), len = extent_len(ex);

        if (len == 0)
            return "an empty extent";
        if (first < end)
            return "extents out of order";
        end = (u64)first + len;
        if (end > EXT4_MAX_LBLK)
            return "an extent beyond the largest file";
        if (!ext4_run_valid(fs, extent_start(ex), len))
            return "an extent outside the file system";
    }
    return NULL;
}

static const char *index_error(const struct ext4_fs *fs, const struct ext4_extent_header *eh)
{
    const struct ext4_extent_idx *ix = indexes_of(eh);

    if (le16_to_cpu(eh->eh_entries) == 0)
        return "an empty index node";
    for (u32 i = 0; i < le16_to_cpu(eh->eh_entries); i++, ix++) {
        if (i && le32_to_cpu(ix->ei_block) <= le32_to_cpu(ix[-1].ei_block))
            return "index entries out of order";
        if (!ext4_block_valid(fs, index_block(ix)))
            return "an index entry outside the file system";
    }
    return NULL;
}

/* What is wrong with a node that lies in size bytes, or NULL. */
static const char *node_error(const struct ext4_fs *fs, const struct ext4_extent_header *eh,
                              u32 size)
{
    u32 room = (size - sizeof(*eh)) / sizeof(struct ext4_extent);

    if (le16_to_cpu(eh->eh_magic) != EXT4_EXTENT_MAGIC)
        return "wrong magic number";
    if (le16_to_cpu(eh->eh_max) == 0 || le16_to_cpu(eh->eh_max) > room)
        return "impossible eh_max";
    if (le16_to_cpu(eh->eh_entries) > le16_to_cpu(eh->eh_max))
        return "more entries than fit";
    if (le16_to_cpu(eh->eh_depth) > EXT4_EXTENT_MAX_DEPTH)
        return "impossible depth";
    return eh->eh_depth ? index_error(fs, eh) : leaf_error(fs, eh);
}

static const struct ext4_extent_header *root_of(const struct ext4_node *node)
{
    return (const struct ext4_extent_header *)node->body;
}

int ext4_extent_check_root(struct inode *inode)
{
    const char *error = node_error(ext4_inode_fs(inode), root_of(ext4_node(inode)), EXT4_BODY_SIZE);

    return error ? ext4_inode_corrupted(inode, "extent root: %s", error) : 0;
}

static int node_check_block(struct inode *inode, struct ext4_buf *buf)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    const struct ext4_extent_header *eh = buf->data;
    const struct ext4_extent_tail *tail;
    const char *error;

    if (ext4_buf_is(buf, EXT4_BUF_EXTENT_OK))
        return 0;
    error = node_error(fs, eh, fs->block_size - sizeof(*tail));
    if (error)
        return ext4_inode_corrupted(inode, "extent block %llu: %s", buf->block, error);
    tail = (const struct ext4_extent_tail *)(extents_of(eh) + le16_to_cpu(eh->eh_max));
    if (ext4_has_csum(fs) &&
        ext4_extent_csum(ext4_node(inode), eh) != le32_to_cpu(tail->et_checksum))
        return ext4_inode_bad_csum(inode, "extents", buf->block);
    ext4_buf_mark(buf, EXT4_BUF_EXTENT_OK);
    return 0;
}

/* The last entry whose first block is at most lblk; -1: before the first. All entries begin with
 * that number, in leaves and above. */
static int entry_search(const struct ext4_extent_header *eh, u32 lblk)
{
    const struct ext4_extent *entries = extents_of(eh);
    int low = 0, high = le16_to_cpu(eh->eh_entries);

    while (low < high) {
        int middle = (low + high) / 2;

        if (le32_to_cpu(entries[middle].ee_block) <= lblk)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* The first block of the entry behind `at`, if that is nearer than what is known so far. */
static u64 next_after(const struct ext4_extent_header *eh, int at, u64 known)
{
    if (at + 1 >= le16_to_cpu(eh->eh_entries))
        return known;
    return min_t(u64, known, le32_to_cpu(extents_of(eh)[at + 1].ee_block));
}

static void hole_set(struct ext4_map *map, u64 end)
{
    map->flags = 0;
    map->pblk = 0;
    map->len = min_t(u64, map->len, end - map->lblk);
}

/* Reads the answer out of a leaf; next is where the leaf's neighbour begins. */
static void leaf_answer(const struct ext4_extent_header *eh, struct ext4_map *map, u64 next)
{
    int at = entry_search(eh, map->lblk);
    const struct ext4_extent *ex = extents_of(eh) + at;
    u32 skip;

    next = next_after(eh, at, next);
    if (at < 0) {
        hole_set(map, next);
        return;
    }
    skip = map->lblk - le32_to_cpu(ex->ee_block);
    if (skip >= extent_len(ex)) {
        hole_set(map, next);
        return;
    }
    map->flags = extent_unwritten(ex) ? EXT4_MAP_UNWRITTEN : EXT4_MAP_MAPPED;
    map->pblk = extent_start(ex) + skip;
    map->len = min(map->len, extent_len(ex) - skip);
}

/* The child of an index entry, checked against what its parent promised. ERR_PTR. */
static struct ext4_buf *child_read(struct inode *inode, const struct ext4_extent_idx *ix, u16 depth)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_buf *buf = ext4_buf_read(fs, index_block(ix));
    const struct ext4_extent_header *eh;
    int err;

    if (IS_ERR(buf))
        return buf;
    eh = buf->data;
    err = node_check_block(inode, buf);
    if (!err && le16_to_cpu(eh->eh_depth) != depth)
        err = ext4_inode_corrupted(inode, "extent block %llu: depth %u where %u is due", buf->block,
                                   le16_to_cpu(eh->eh_depth), depth);
    if (!err && eh->eh_entries && le32_to_cpu(extents_of(eh)->ee_block) < le32_to_cpu(ix->ei_block))
        err = ext4_inode_corrupted(inode, "extent block %llu: begins before its index entry",
                                   buf->block);
    if (!err)
        return buf;
    ext4_buf_put(fs, buf);
    return ERR_PTR(err);
}

int ext4_extent_map(struct inode *inode, struct ext4_map *map)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    const struct ext4_extent_header *eh = root_of(ext4_node(inode));
    struct ext4_buf *buf = NULL, *child;
    u64 next = EXT4_MAX_LBLK;
    u16 depth = le16_to_cpu(eh->eh_depth);

    while (depth > 0) {
        int at = entry_search(eh, map->lblk);

        next = next_after(eh, at, next);
        if (at < 0)
            break;
        child = child_read(inode, &indexes_of(eh)[at], --depth);
        if (buf)
            ext4_buf_put(fs, buf);
        if (IS_ERR(child))
            return PTR_ERR(child);
        buf = child;
        eh = buf->data;
    }
    if (depth > 0)
        hole_set(map, next);
    else
        leaf_answer(eh, map, next);
    if (buf)
        ext4_buf_put(fs, buf);
    return 0;
}
