// SPDX-License-Identifier: MIT
/*
 * Inline data: small files and directories that have no blocks. The first 60 bytes lie in the inode
 * where the block map would be, the rest is the value of the attribute system.data in the same
 * inode.
 *
 * A directory begins with its parent's inode number (4 bytes) in place of "." and ".."; then come
 * entries up to byte 60, and entries again in the attribute. Positions: 0 ".", 1 "..", then the
 * offset.
 */
#include "ext4.h"
#include <kernel/lib/string.h>

/* An inode's inline data in memory: two pieces. */
struct pieces {
    struct ext4_buf *buf; /* held */
    const u8 *head, *tail;
    u32 head_size, tail_size;
};

#define INLINE_DOTDOT_SIZE 4

static int pieces_open(struct inode *inode, struct pieces *pieces)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_inode *raw = ext4_inode_raw(fs, inode->ino, &pieces->buf);
    u32 offset = 0, size = 0;
    int err;

    if (IS_ERR(raw))
        return PTR_ERR(raw);
    err = ext4_xattr_ibody_place(inode, raw, EXT4_XATTR_INDEX_SYSTEM, "data", &offset, &size);
    if (err && err != -ENODATA) {
        ext4_buf_put(fs, pieces->buf);
        return err;
    }
    pieces->head = (const u8 *)raw + offsetof(struct ext4_inode, i_block);
    pieces->head_size = EXT4_BODY_SIZE;
    pieces->tail = (const u8 *)raw + offset;
    pieces->tail_size = size;
    return 0;
}

static void pieces_close(struct inode *inode, struct pieces *pieces)
{
    ext4_buf_put(ext4_inode_fs(inode), pieces->buf);
}

ssize_t ext4_inline_read(struct inode *inode, void *to, size_t size)
{
    struct pieces pieces;
    size_t head, tail;
    int err = pieces_open(inode, &pieces);

    if (err)
        return err;
    head = min_t(size_t, size, pieces.head_size);
    tail = min_t(size_t, size - head, pieces.tail_size);
    memcpy(to, pieces.head, head);
    memcpy((u8 *)to + head, pieces.tail, tail);
    pieces_close(inode, &pieces);
    return head + tail;
}

int ext4_inline_read_page(struct inode *inode, struct page *page)
{
    u8 *to = page_address(page);
    ssize_t got = 0;

    if (page->index == 0)
        got = ext4_inline_read(inode, to, min_t(loff_t, inode->size, PAGE_SIZE));
    if (got < 0) {
        page_flag_set(page, PG_ERROR);
        page_unlock(page);
        return got;
    }
    memset(to + got, 0, PAGE_SIZE - got);
    page_flag_set(page, PG_UPTODATE);
    page_unlock(page);
    return 0;
}

/* The two runs of entries, checked. */
static int slices_open(struct inode *dir, struct pieces *pieces, struct ext4_dir_slice slices[2])
{
    int err = pieces_open(dir, pieces);

    if (err)
        return err;
    slices[0] = (struct ext4_dir_slice){pieces->head + INLINE_DOTDOT_SIZE,
                                        pieces->head_size - INLINE_DOTDOT_SIZE, INLINE_DOTDOT_SIZE};
    slices[1] = (struct ext4_dir_slice){pieces->tail, pieces->tail_size, pieces->head_size};
    err = ext4_dir_slice_check(dir, &slices[0]);
    if (!err)
        err = ext4_dir_slice_check(dir, &slices[1]);
    if (err)
        pieces_close(dir, pieces);
    return err;
}

s64 ext4_inline_dir_search(struct inode *dir, const struct qstr *name)
{
    struct ext4_dir_slice slices[2];
    struct pieces pieces;
    s64 ino = slices_open(dir, &pieces, slices);

    if (ino)
        return ino;
    ino = ext4_dir_search(dir, &slices[0], name);
    if (!ino)
        ino = ext4_dir_search(dir, &slices[1], name);
    pieces_close(dir, &pieces);
    return ino;
}

/* 1: goes on, 0: the caller has enough. */
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
        if (de->inode && !dir_emit(ctx, de->name, de->name_len, le32_to_cpu(de->inode),
                                   ext4_dirent_type(ext4_inode_fs(dir), de)))
            return 0;
        ctx->pos = slice->position + at + le16_to_cpu(de->rec_len);
    }
    return 1;
}

static bool dots_emit(struct inode *dir, struct dir_context *ctx, u32 parent)
{
    if (ctx->pos == 0) {
        if (!dir_emit(ctx, ".", 1, dir->ino, DT_DIR))
            return false;
        ctx->pos = 1;
    }
    if (ctx->pos == 1) {
        if (!dir_emit(ctx, "..", 2, parent, DT_DIR))
            return false;
        ctx->pos = INLINE_DOTDOT_SIZE;
    }
    return true;
}

int ext4_inline_iterate(struct inode *dir, struct dir_context *ctx)
{
    struct ext4_dir_slice slices[2];
    struct pieces pieces;
    int more = slices_open(dir, &pieces, slices);

    if (more)
        return more;
    more = dots_emit(dir, ctx, get_unaligned_le32(pieces.head));
    if (more > 0)
        more = slice_emit(dir, ctx, &slices[0]);
    if (more > 0)
        more = slice_emit(dir, ctx, &slices[1]);
    pieces_close(dir, &pieces);
    return min(more, 0);
}
