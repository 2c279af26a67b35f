// SPDX-License-Identifier: MIT
/*
 * Hashed directories (dir_index). Names lie in ordinary leaf blocks; an index of hashes, up to
 * three levels deep, says in which. Block 0 is its root; it and the inner nodes look like directory
 * blocks without names to a reader who does not know the index.
 *
 * An index entry (hash, block) covers hashes from its own up to the next entry's. When a run of
 * equal hashes did not fit one leaf, the next leaf's entry has the same hash with bit 0 set, and a
 * search goes on there.
 *
 * Each node is checked before use: checksum, limit and count, hashes in order, blocks inside the
 * directory. How many leaves one walk visits is bounded by the directory's size.
 */
#include "ext4.h"

bool ext4_dir_is_indexed(const struct inode *dir)
{
    return EXT4_HAS_COMPAT(ext4_inode_fs(dir), DIR_INDEX) &&
           (ext4_node(dir)->flags & EXT4_INDEX_FL) &&
           !(ext4_node(dir)->flags & EXT4_INLINE_DATA_FL);
}

static const struct ext4_dx_info *info_of(const struct ext4_buf *root)
{
    return (const struct ext4_dx_info *)((const u8 *)root->data + EXT4_DX_ROOT_INFO);
}

static u32 entry_block(const struct ext4_dx_entry *entry)
{
    return le32_to_cpu(entry->block) & EXT4_DX_BLOCK_MASK;
}

/* The entries of a node must fill exactly the room that is there. */
static int limits_check(struct inode *dir, struct ext4_buf *buf, u32 offset, u32 *count)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    const struct ext4_dx_countlimit *cl = (const void *)((const u8 *)buf->data + offset);
    u32 tail = ext4_has_csum(fs) ? sizeof(struct ext4_dx_tail) : 0;
    u32 room = (fs->block_size - offset - tail) / sizeof(struct ext4_dx_entry);
    u32 limit = le16_to_cpu(cl->limit);

    *count = le16_to_cpu(cl->count);
    if (limit != room || *count == 0 || *count > limit)
        return ext4_inode_corrupted(dir, "htree block %llu: count %u, limit %u, room %u",
                                    buf->block, *count, limit, room);
    return 0;
}

static int node_check(struct inode *dir, struct ext4_buf *buf, u32 offset, u32 count)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    const struct ext4_dx_entry *entries = (const void *)((const u8 *)buf->data + offset);
    u32 limit = le16_to_cpu(((const struct ext4_dx_countlimit *)entries)->limit);
    const struct ext4_dx_tail *tail = (const struct ext4_dx_tail *)(entries + limit);

    if (ext4_has_csum(fs) && ext4_dx_csum(ext4_node(dir), buf->data, offset, count, tail) !=
                                 le32_to_cpu(tail->dt_checksum))
        return ext4_inode_bad_csum(dir, "htree", buf->block);
    for (u32 i = 0; i < count; i++) {
        if (entry_block(&entries[i]) == 0 || entry_block(&entries[i]) >= ext4_dir_blocks(dir))
            return ext4_inode_corrupted(dir, "htree block %llu: entry %u leads to block %u",
                                        buf->block, i, entry_block(&entries[i]));
        if (i > 1 && le32_to_cpu(entries[i].hash) < le32_to_cpu(entries[i - 1].hash))
            return ext4_inode_corrupted(dir, "htree block %llu: hashes out of order", buf->block);
    }
    ext4_buf_mark(buf, EXT4_BUF_DX_OK);
    return 0;
}

/* Fills a frame from a node whose entries begin at offset. The frame owns the block on success. */
static int frame_fill(struct inode *dir, struct ext4_buf *buf, u32 offset,
                      struct ext4_dx_frame *frame)
{
    u32 count;
    int err = limits_check(dir, buf, offset, &count);

    if (!err && !ext4_buf_is(buf, EXT4_BUF_DX_OK))
        err = node_check(dir, buf, offset, count);
    if (err)
        return err;
    *frame = (struct ext4_dx_frame){
        .buf = buf, .entries = (const void *)((const u8 *)buf->data + offset), .count = count};
    return 0;
}

static struct ext4_buf *node_read(struct inode *dir, u32 lblk)
{
    struct ext4_buf *buf = ext4_file_block(dir, lblk);

    if (!buf)
        return ERR_PTR(ext4_inode_corrupted(dir, "a hole where htree block %u is due", lblk));
    return buf;
}

static u8 max_levels(const struct ext4_fs *fs)
{
    return EXT4_HAS_INCOMPAT(fs, LARGEDIR) ? EXT4_DX_MAX_LEVELS : EXT4_DX_MAX_LEVELS - 1;
}

/* 0; -ENOENT: an index of a kind that is not known here. */
static int root_check(struct inode *dir, const struct ext4_buf *root)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    const struct ext4_dirent *dot = root->data;
    const struct ext4_dirent *dotdot = (const void *)((const u8 *)root->data + 12);
    const struct ext4_dx_info *info = info_of(root);

    if (le16_to_cpu(dot->rec_len) != 12 || le16_to_cpu(dotdot->rec_len) != fs->block_size - 12)
        return ext4_inode_corrupted(dir, "the htree root does not begin with . and ..");
    if (info->reserved_zero || info->info_length != sizeof(*info))
        return ext4_inode_corrupted(dir, "impossible htree root");
    if (info->hash_version > EXT4_HASH_TEA || (info->unused_flags & 1)) {
        ext4_inode_corrupted(dir, "htree of unknown kind (hash %u, flags %#x): searched linearly",
                             info->hash_version, info->unused_flags);
        return -ENOENT;
    }
    if (info->indirect_levels >= max_levels(fs))
        return ext4_inode_corrupted(dir, "htree with %u levels", info->indirect_levels + 1);
    return 0;
}

static u8 version_of(const struct ext4_fs *fs, const struct ext4_dx_info *info)
{
    return info->hash_version + (fs->hash_unsigned ? EXT4_HASH_LEGACY_UNSIGNED : 0);
}

int ext4_dx_version(struct inode *dir, u8 *version)
{
    struct ext4_buf *root = node_read(dir, 0);
    int err;

    if (IS_ERR(root))
        return PTR_ERR(root);
    err = root_check(dir, root);
    *version = version_of(ext4_inode_fs(dir), info_of(root));
    ext4_buf_put(ext4_inode_fs(dir), root);
    return err;
}

/* The last entry whose hash is at most `hash`; the first entry has none and takes what is lower. */
static u32 entry_search(const struct ext4_dx_frame *frame, u32 hash)
{
    u32 low = 1, high = frame->count;

    while (low < high) {
        u32 middle = (low + high) / 2;

        if (le32_to_cpu(frame->entries[middle].hash) <= hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

void ext4_dx_release(struct ext4_fs *fs, struct ext4_dx_path *path)
{
    while (path->nr > 0)
        ext4_buf_put(fs, path->frames[--path->nr].buf);
}

/* Reads the node below the last frame and adds its frame. */
static int descend(struct inode *dir, struct ext4_dx_path *path)
{
    const struct ext4_dx_frame *last = &path->frames[path->nr - 1];
    struct ext4_buf *buf = node_read(dir, entry_block(&last->entries[last->at]));
    int err;

    if (IS_ERR(buf))
        return PTR_ERR(buf);
    err = frame_fill(dir, buf, EXT4_DX_NODE_ENTRIES, &path->frames[path->nr]);
    if (err)
        ext4_buf_put(ext4_inode_fs(dir), buf);
    else
        path->nr++;
    return err;
}

static int root_frame(struct inode *dir, struct ext4_dx_path *path, u32 *levels)
{
    struct ext4_buf *root = node_read(dir, 0);
    int err;

    path->nr = 0;
    if (IS_ERR(root))
        return PTR_ERR(root);
    err = root_check(dir, root);
    if (!err)
        err = frame_fill(dir, root, EXT4_DX_ROOT_ENTRIES, &path->frames[0]);
    if (err) {
        ext4_buf_put(ext4_inode_fs(dir), root);
        return err;
    }
    path->nr = 1;
    path->steps = 0;
    path->version = version_of(ext4_inode_fs(dir), info_of(root));
    *levels = info_of(root)->indirect_levels;
    return 0;
}

int ext4_dx_probe(struct inode *dir, u32 hash, struct ext4_dx_path *path)
{
    u32 levels = 0;
    int err = root_frame(dir, path, &levels);

    while (!err) {
        struct ext4_dx_frame *frame = &path->frames[path->nr - 1];

        frame->at = entry_search(frame, hash);
        if (levels-- == 0)
            return 0;
        err = descend(dir, path);
    }
    ext4_dx_release(ext4_inode_fs(dir), path);
    return err;
}

u32 ext4_dx_leaf(const struct ext4_dx_path *path)
{
    const struct ext4_dx_frame *last = &path->frames[path->nr - 1];

    return entry_block(&last->entries[last->at]);
}

/* The hash from which the next leaf on holds names; false at the end. */
bool ext4_dx_peek(const struct ext4_dx_path *path, u32 *hash)
{
    for (unsigned int i = path->nr; i-- > 0;) {
        const struct ext4_dx_frame *frame = &path->frames[i];

        if (frame->at + 1 < frame->count) {
            *hash = le32_to_cpu(frame->entries[frame->at + 1].hash);
            return true;
        }
    }
    return false;
}

int ext4_dx_next(struct inode *dir, struct ext4_dx_path *path)
{
    unsigned int depth = path->nr, i = depth;
    int err = 0;

    while (i > 0 && path->frames[i - 1].at + 1 >= path->frames[i - 1].count)
        i--;
    if (i == 0)
        return 0;
    if (++path->steps > ext4_dir_blocks(dir))
        return ext4_inode_corrupted(dir, "an htree with more leaves than blocks");
    path->frames[i - 1].at++;
    while (path->nr > i)
        ext4_buf_put(ext4_inode_fs(dir), path->frames[--path->nr].buf);
    while (path->nr < depth && !err)
        err = descend(dir, path);
    return err ? err : 1;
}

/* Whether the next leaf goes on with names of this hash. */
static bool run_goes_on(const struct ext4_dx_path *path, u32 hash)
{
    u32 next;

    return ext4_dx_peek(path, &next) && (next & 1) && (next & ~1U) == hash;
}

static s64 leaf_search(struct inode *dir, u32 lblk, const struct qstr *name)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    struct ext4_buf *buf = ext4_dir_leaf(dir, lblk);
    struct ext4_dir_slice slice;
    s64 ino;

    if (!buf)
        return ext4_inode_corrupted(dir, "a hole where htree leaf %u is due", lblk);
    if (IS_ERR(buf))
        return PTR_ERR(buf);
    ext4_dir_slice_of(dir, lblk, buf, &slice);
    ino = ext4_dir_search(dir, &slice, name);
    ext4_buf_put(fs, buf);
    return ino;
}

s64 ext4_dx_search(struct inode *dir, const struct qstr *name)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    struct ext4_dx_path path;
    struct ext4_hash hash;
    u8 version;
    s64 ino = ext4_dx_version(dir, &version);

    if (ino)
        return ino;
    if (!ext4_name_hash(fs, version, name->name, name->len, &hash))
        return -ENOENT;
    ino = ext4_dx_probe(dir, hash.major, &path);
    if (ino)
        return ino;
    for (;;) {
        int step;

        ino = leaf_search(dir, ext4_dx_leaf(&path), name);
        if (ino || !run_goes_on(&path, hash.major))
            break;
        step = ext4_dx_next(dir, &path);
        if (step <= 0) {
            ino = step;
            break;
        }
    }
    ext4_dx_release(fs, &path);
    return ino;
}
