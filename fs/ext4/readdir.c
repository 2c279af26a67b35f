// SPDX-License-Identifier: MIT
/*
 * Reading directories. A position must stay good while names come and go. In a plain directory it
 * is the byte offset of an entry. In a hashed one, and in one of a single block (which becomes
 * hashed when it grows), it is the hash of the name, because a split moves entries to other blocks
 * but never changes their hashes: position = (hash >> 1) << 32 | minor hash.
 *
 * Hash order is made leaf by leaf: the names of one leaf (and of those that go on with the same
 * hash) are collected, sorted and handed out. Names whose whole hash is equal share a position;
 * struct dir_state says how many of them were handed out.
 */
#include "ext4.h"
#include <kernel/lib/sort.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

#define POSITION_END    MAX_LFS_FILESIZE
#define POSITION_DOTDOT 1
#define POSITION_NAMES  2

/* Leaves that share a hash are put together, so many at most: thousands of names of one hash. */
#define LEAVES_MAX 32

struct dir_state { /* file->private */
    loff_t position;
    u32 done; /* names of this position that were handed out */
};

struct sorted {
    u64 position;
    const struct ext4_dirent *de;
};

/* What is being handed out: some leaves, held, and their names in order. */
struct batch {
    struct ext4_buf *leaves[LEAVES_MAX];
    unsigned int nr_leaves;
    struct sorted *names;
    u32 nr, room;
};

static int dir_open(struct inode *inode, struct file *file)
{
    file->private = kzalloc(sizeof(struct dir_state), GFP_KERNEL);
    return file->private ? 0 : -ENOMEM;
}

static int dir_release(struct inode *inode, struct file *file)
{
    kfree(file->private);
    return 0;
}

static bool has_hash_order(const struct inode *dir)
{
    return ext4_dir_is_indexed(dir) ||
           (EXT4_HAS_COMPAT(ext4_inode_fs(dir), DIR_INDEX) && ext4_dir_blocks(dir) == 1);
}

static bool dirent_emit(struct inode *dir, struct dir_context *ctx, const struct ext4_dirent *de)
{
    return dir_emit(ctx, de->name, de->name_len, le32_to_cpu(de->inode),
                    ext4_dirent_type(ext4_inode_fs(dir), de));
}

/* Hands out a slice from ctx->pos on. 1: goes on, 0: the caller has enough, -errno. */
static int slice_emit(struct inode *dir, struct dir_context *ctx,
                      const struct ext4_dir_slice *slice)
{
    const struct ext4_dirent *de;

    for (u32 at = 0; at < slice->size; at += le16_to_cpu(de->rec_len)) {
        de = ext4_dirent_at(slice, at);
        if (!de)
            return ext4_inode_corrupted(dir, "directory changed underneath");
        if (slice->position + at < (u64)ctx->pos)
            continue;
        ctx->pos = slice->position + at;
        if (de->inode && !dirent_emit(dir, ctx, de))
            return 0;
        ctx->pos = slice->position + at + le16_to_cpu(de->rec_len);
    }
    return 1;
}

static int iterate_linear(struct inode *dir, struct dir_context *ctx)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    int more = 1;

    while (more > 0 && ctx->pos < dir->size) {
        u32 lblk = ctx->pos >> fs->block_bits;
        struct ext4_buf *buf = ext4_dir_next_block(dir, &lblk);
        struct ext4_dir_slice slice;

        if (IS_ERR_OR_NULL(buf)) {
            if (!buf)
                ctx->pos = dir->size;
            return PTR_ERR_OR_ZERO(buf);
        }
        ctx->pos = max_t(loff_t, ctx->pos, (u64)lblk << fs->block_bits);
        ext4_dir_slice_of(dir, lblk, buf, &slice);
        more = slice_emit(dir, ctx, &slice);
        if (more > 0)
            ctx->pos = ((u64)lblk + 1) << fs->block_bits;
        ext4_buf_put(fs, buf);
    }
    return min(more, 0);
}

static void batch_clear(struct ext4_fs *fs, struct batch *batch)
{
    while (batch->nr_leaves > 0)
        ext4_buf_put(fs, batch->leaves[--batch->nr_leaves]);
    batch->nr = 0;
}

static int batch_reserve(struct batch *batch, u32 more)
{
    struct sorted *names;

    if (batch->room - batch->nr >= more)
        return 0;
    names = kvmalloc((size_t)(batch->nr + more) * sizeof(*names), GFP_KERNEL);
    if (!names)
        return -ENOMEM;
    if (batch->names)
        memcpy(names, batch->names, batch->nr * sizeof(*names));
    kvfree(batch->names);
    batch->names = names;
    batch->room = batch->nr + more;
    return 0;
}

static u64 position_of(const struct ext4_hash *hash)
{
    return max_t(u64, (u64)(hash->major >> 1) << 32 | hash->minor, POSITION_NAMES);
}

/* Adds the names of a leaf that are not before position `from`. */
static int batch_add(struct inode *dir, struct batch *batch, u32 lblk, u8 version, u64 from)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    struct ext4_buf *buf = ext4_dir_leaf(dir, lblk);
    const struct ext4_dirent *de;
    struct ext4_dir_slice slice;
    int err;

    if (IS_ERR_OR_NULL(buf))
        return buf ? PTR_ERR(buf) : ext4_inode_corrupted(dir, "directory block %u is a hole", lblk);
    batch->leaves[batch->nr_leaves++] = buf;
    err = batch_reserve(batch, fs->block_size / 12);
    if (err)
        return err;
    ext4_dir_slice_of(dir, lblk, buf, &slice);
    for (u32 at = 0; at < slice.size; at += le16_to_cpu(de->rec_len)) {
        struct ext4_hash hash;
        u64 position;

        de = ext4_dirent_at(&slice, at);
        if (!de)
            return ext4_inode_corrupted(dir, "directory changed underneath");
        if (!de->inode || !ext4_name_hash(fs, version, de->name, de->name_len, &hash))
            continue;
        position = position_of(&hash);
        if (position >= from)
            batch->names[batch->nr++] = (struct sorted){position, de};
    }
    return 0;
}

static int by_position(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->de < y->de ? -1 : x->de > y->de;
}

/* Hands the batch out in order. 1: all of it, 0: the caller has enough. */
static int batch_emit(struct inode *dir, struct dir_context *ctx, struct dir_state *state,
                      struct batch *batch)
{
    u32 skip = state->position == ctx->pos ? state->done : 0;

    sort(batch->names, batch->nr, sizeof(*batch->names), by_position);
    for (u32 i = 0; i < batch->nr; i++) {
        const struct sorted *name = &batch->names[i];

        if ((u64)state->position != name->position) {
            state->position = name->position;
            state->done = 0;
        } else if (skip > 0 && i < skip) {
            continue;
        }
        ctx->pos = name->position;
        if (!dirent_emit(dir, ctx, name->de))
            return 0;
        state->done++;
    }
    if (batch->nr > 0)
        ctx->pos = batch->names[batch->nr - 1].position + 1;
    return 1;
}

/* All names of a directory of one block that has no index. */
static int iterate_single(struct inode *dir, struct dir_context *ctx, struct dir_state *state,
                          struct batch *batch)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    u8 version = fs->hash_version;
    int err;

    if (version <= EXT4_HASH_TEA && fs->hash_unsigned)
        version += EXT4_HASH_LEGACY_UNSIGNED;
    err = batch_add(dir, batch, 0, version, ctx->pos);
    return err ? err : batch_emit(dir, ctx, state, batch);
}

/* The names of the path's leaf and of those behind it that share its last hash; then steps on.
 * 1: there is a next leaf, 0: that was the last. */
static int batch_collect(struct inode *dir, struct batch *batch, struct ext4_dx_path *path,
                         u64 from)
{
    int err, more;
    u32 next;

    do {
        err = batch_add(dir, batch, ext4_dx_leaf(path), path->version, from);
        if (err)
            return err;
        if (!ext4_dx_peek(path, &next))
            return 0;
        more = ext4_dx_next(dir, path);
    } while (more > 0 && (next & 1) && batch->nr_leaves < LEAVES_MAX);
    return more;
}

static int iterate_leaves(struct inode *dir, struct dir_context *ctx, struct dir_state *state,
                          struct batch *batch)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    struct ext4_dx_path path;
    int more, emitted = 1;
    int err = ext4_dx_probe(dir, (u32)(ctx->pos >> 32) << 1, &path);

    if (err)
        return err;
    do {
        more = batch_collect(dir, batch, &path, ctx->pos);
        if (more >= 0)
            emitted = batch_emit(dir, ctx, state, batch);
        batch_clear(fs, batch);
    } while (more > 0 && emitted > 0);
    ext4_dx_release(fs, &path);
    return more < 0 ? more : emitted;
}

/* "." and ".." of an indexed directory are not in any leaf. 1: done. */
static int dots_emit(struct inode *dir, struct dir_context *ctx)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    struct ext4_buf *root;
    u32 parent;

    if (ctx->pos == 0) {
        if (!dir_emit(ctx, ".", 1, dir->ino, DT_DIR))
            return 0;
        ctx->pos = POSITION_DOTDOT;
    }
    if (ctx->pos != POSITION_DOTDOT)
        return 1;
    root = ext4_dir_leaf(dir, 0);
    if (IS_ERR_OR_NULL(root))
        return root ? PTR_ERR(root) : ext4_inode_corrupted(dir, "no block 0");
    parent = le32_to_cpu(((const struct ext4_dirent *)((const u8 *)root->data + 12))->inode);
    ext4_buf_put(fs, root);
    if (!dir_emit(ctx, "..", 2, parent, DT_DIR))
        return 0;
    ctx->pos = POSITION_NAMES;
    return 1;
}

/* -ENOENT: the index is of no known kind. */
static int iterate_hashed(struct inode *dir, struct dir_context *ctx, struct dir_state *state)
{
    struct batch batch = {.nr = 0};
    u8 version;
    int more;

    if (ctx->pos == POSITION_END)
        return 0;
    if (ext4_dir_is_indexed(dir)) {
        more = ext4_dx_version(dir, &version);
        if (!more)
            more = dots_emit(dir, ctx);
        if (more > 0)
            more = iterate_leaves(dir, ctx, state, &batch);
    } else {
        more = iterate_single(dir, ctx, state, &batch);
    }
    batch_clear(ext4_inode_fs(dir), &batch);
    kvfree(batch.names);
    if (more > 0)
        ctx->pos = POSITION_END;
    return min(more, 0);
}

static int ext4_iterate(struct file *file, struct dir_context *ctx)
{
    struct inode *dir = file_inode(file);

    if (ext4_node(dir)->flags & EXT4_INLINE_DATA_FL)
        return ext4_inline_iterate(dir, ctx);
    if (has_hash_order(dir)) {
        int err = iterate_hashed(dir, ctx, file->private);

        if (err != -ENOENT)
            return err;
    }
    return iterate_linear(dir, ctx);
}

/* Positions are not offsets: any number that came from a read is good. */
static loff_t dir_llseek(struct file *file, loff_t offset, int whence)
{
    const struct inode *dir = file_inode(file);
    struct dir_state *state = file->private;

    if (whence == SEEK_CUR)
        offset += file->pos;
    else if (whence == SEEK_END)
        offset += has_hash_order(dir) ? POSITION_END : dir->size;
    else if (whence != SEEK_SET)
        return -EINVAL;
    if (offset < 0)
        return -EINVAL;
    if (offset != file->pos)
        *state = (struct dir_state){0};
    file->pos = offset;
    return offset;
}

const struct file_operations ext4_dir_fops = {
    .open = dir_open,
    .release = dir_release,
    .llseek = dir_llseek,
    .read = generic_read_dir,
    .iterate = ext4_iterate,
    .ioctl = ext4_ioctl,
};
