// SPDX-License-Identifier: MIT
/*
 * Directory blocks: entries one behind the other, each with its length, together filling the block
 * (less the checksum tail). A block is verified as a whole when it is first met; afterwards only
 * the steps from entry to entry are guarded.
 *
 * readdir's order and cookies are those of readdir.c.
 */
#include "ext4.h"
#include <kernel/lib/string.h>

u32 ext4_dir_blocks(const struct inode *dir)
{
    return dir->size >> ext4_inode_fs(dir)->block_bits;
}

/* Room that a name of this length takes. */
static u32 room_for(u32 name_len)
{
    return ALIGN(EXT4_DIRENT_HEAD + name_len, 4);
}

/* The high byte of what used to be a 16-bit length is the type, where there are types. */
static bool name_ok(const struct ext4_dirent *de)
{
    return de->name_len > 0 && !memchr(de->name, '/', de->name_len) &&
           !memchr(de->name, 0, de->name_len);
}

static const char *dirent_error(const struct ext4_fs *fs, const struct ext4_dirent *de, u32 left)
{
    u32 rec_len;

    if (left < room_for(1))
        return "no room for an entry";
    rec_len = le16_to_cpu(de->rec_len);
    if (rec_len < room_for(1) || (rec_len & 3))
        return "impossible length of an entry";
    if (rec_len > left || (rec_len < left && left - rec_len < room_for(1)))
        return "an entry across the end";
    if (rec_len < room_for(de->name_len))
        return "a name longer than its entry";
    if (le32_to_cpu(de->inode) > fs->nr_inodes)
        return "an impossible inode number";
    if (de->inode && !name_ok(de))
        return "an impossible name";
    return NULL;
}

int ext4_dir_slice_check(struct inode *dir, const struct ext4_dir_slice *slice)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    u32 at = 0;

    while (at < slice->size) {
        const struct ext4_dirent *de = (const void *)(slice->data + at);
        const char *error = dirent_error(fs, de, slice->size - at);

        if (error)
            return ext4_inode_corrupted(dir, "directory offset %llu: %s", slice->position + at,
                                        error);
        at += le16_to_cpu(de->rec_len);
    }
    return 0;
}

const struct ext4_dirent *ext4_dirent_at(const struct ext4_dir_slice *slice, u32 at)
{
    const struct ext4_dirent *de = (const void *)(slice->data + at);
    u32 left = slice->size - at, rec_len;

    if (at >= slice->size || left < room_for(1))
        return NULL;
    rec_len = le16_to_cpu(de->rec_len);
    if (rec_len < room_for(1) || rec_len > left || room_for(de->name_len) > rec_len)
        return NULL;
    return de;
}

unsigned int ext4_dirent_type(const struct ext4_fs *fs, const struct ext4_dirent *de)
{
    static const u8 types[EXT4_FT_MAX] = {
        [EXT4_FT_UNKNOWN] = DT_UNKNOWN, [EXT4_FT_REG_FILE] = DT_REG, [EXT4_FT_DIR] = DT_DIR,
        [EXT4_FT_CHRDEV] = DT_CHR,      [EXT4_FT_BLKDEV] = DT_BLK,   [EXT4_FT_FIFO] = DT_FIFO,
        [EXT4_FT_SOCK] = DT_SOCK,       [EXT4_FT_SYMLINK] = DT_LNK,
    };

    if (!EXT4_HAS_INCOMPAT(fs, FILETYPE) || de->file_type >= EXT4_FT_MAX)
        return DT_UNKNOWN;
    return types[de->file_type];
}

/* Whether a block of an indexed directory belongs to the index: it has no leaf's tail. */
static bool is_index_block(const struct inode *dir, u32 lblk, const void *data)
{
    const struct ext4_dirent *first = data;

    if (!ext4_dir_is_indexed(dir))
        return false;
    return lblk == 0 ||
           (first->inode == 0 && le16_to_cpu(first->rec_len) == ext4_inode_fs(dir)->block_size);
}

void ext4_dir_slice_of(const struct inode *dir, u32 lblk, const struct ext4_buf *buf,
                       struct ext4_dir_slice *slice)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);

    slice->data = buf->data;
    slice->position = (u64)lblk << fs->block_bits;
    slice->size = fs->block_size;
    if (ext4_has_csum(fs) && !is_index_block(dir, lblk, buf->data))
        slice->size -= sizeof(struct ext4_dirent_tail);
}

static int leaf_csum_check(struct inode *dir, u32 lblk, const struct ext4_buf *buf)
{
    const struct ext4_fs *fs = ext4_inode_fs(dir);
    const struct ext4_dirent_tail *tail =
        (const void *)((const u8 *)buf->data + fs->block_size - sizeof(*tail));

    if (!ext4_has_csum(fs) || is_index_block(dir, lblk, buf->data))
        return 0;
    if (tail->det_reserved_zero1 || tail->det_reserved_zero2 ||
        le16_to_cpu(tail->det_rec_len) != sizeof(*tail) ||
        tail->det_reserved_ft != EXT4_FT_DIR_CSUM)
        return ext4_inode_corrupted(dir, "directory block %u has no checksum", lblk);
    if (ext4_leaf_csum(ext4_node(dir), buf->data, fs->block_size) !=
        le32_to_cpu(tail->det_checksum))
        return ext4_inode_bad_csum(dir, "directory", buf->block);
    return 0;
}

struct ext4_buf *ext4_dir_leaf(struct inode *dir, u32 lblk)
{
    struct ext4_buf *buf = ext4_file_block(dir, lblk);
    struct ext4_dir_slice slice;
    int err;

    if (IS_ERR_OR_NULL(buf) || ext4_buf_is(buf, EXT4_BUF_DIR_OK))
        return buf;
    err = leaf_csum_check(dir, lblk, buf);
    if (!err) {
        ext4_dir_slice_of(dir, lblk, buf, &slice);
        err = ext4_dir_slice_check(dir, &slice);
    }
    if (!err) {
        ext4_buf_mark(buf, EXT4_BUF_DIR_OK);
        return buf;
    }
    ext4_buf_put(ext4_inode_fs(dir), buf);
    return ERR_PTR(err);
}

struct ext4_buf *ext4_dir_next_block(struct inode *dir, u32 *lblk)
{
    u32 end = ext4_dir_blocks(dir);

    while (*lblk < end) {
        struct ext4_map map = {.lblk = *lblk, .len = end - *lblk};
        int err = ext4_map_blocks(dir, &map);

        if (err)
            return ERR_PTR(err);
        if (map.flags & EXT4_MAP_MAPPED)
            return ext4_dir_leaf(dir, *lblk);
        *lblk += map.len;
    }
    return NULL;
}

s64 ext4_dir_search(struct inode *dir, const struct ext4_dir_slice *slice, const struct qstr *name)
{
    const struct ext4_dirent *de;

    for (u32 at = 0; at < slice->size; at += le16_to_cpu(de->rec_len)) {
        de = ext4_dirent_at(slice, at);
        if (!de)
            return ext4_inode_corrupted(dir, "directory changed underneath");
        if (de->name_len == name->len && de->inode && memcmp(de->name, name->name, name->len) == 0)
            return le32_to_cpu(de->inode);
    }
    return 0;
}
