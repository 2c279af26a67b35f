// SPDX-License-Identifier: MIT
/* Names to inodes. */
#include "ext4.h"

static s64 linear_search(struct inode *dir, const struct qstr *name)
{
    struct ext4_fs *fs = ext4_inode_fs(dir);
    u32 lblk = 0;

    for (;; lblk++) {
        struct ext4_buf *buf = ext4_dir_next_block(dir, &lblk);
        struct ext4_dir_slice slice;
        s64 ino;

        if (IS_ERR_OR_NULL(buf))
            return PTR_ERR_OR_ZERO(buf);
        ext4_dir_slice_of(dir, lblk, buf, &slice);
        ino = ext4_dir_search(dir, &slice, name);
        ext4_buf_put(fs, buf);
        if (ino)
            return ino;
    }
}

/* Inode number, 0 if the name is not there, or -errno. */
static s64 name_search(struct inode *dir, const struct qstr *name)
{
    if (ext4_node(dir)->flags & EXT4_INLINE_DATA_FL)
        return ext4_inline_dir_search(dir, name);
    if (ext4_dir_is_indexed(dir)) {
        s64 ino = ext4_dx_search(dir, name);

        if (ino != -ENOENT)
            return ino;
    }
    return linear_search(dir, name);
}

static struct dentry *ext4_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    struct inode *inode = NULL;
    s64 ino;

    if (dentry->name.len > EXT4_NAME_LEN)
        return ERR_PTR(-ENAMETOOLONG);
    ino = name_search(dir, &dentry->name);
    if (ino < 0)
        return ERR_PTR(ino);
    if (ino == dir->ino)
        return ERR_PTR(ext4_inode_corrupted(dir, "a directory inside itself"));
    if (ino > 0)
        inode = ext4_inode_get(dir->sb, ino, 0);
    if (IS_ERR(inode))
        return ERR_CAST(inode);
    return dentry_splice_alias(inode, dentry);
}

const struct inode_operations ext4_dir_iops = {
    .lookup = ext4_lookup,
    .getattr = ext4_getattr,
    .getxattr = ext4_getxattr,
    .listxattr = ext4_listxattr,
};
