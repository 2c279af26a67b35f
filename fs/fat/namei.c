// SPDX-License-Identifier: MIT
/* Names to inodes: a search through the directory, without regard to case. */
#include "fat.h"

static struct dentry *fat_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    const struct qstr *want = &dentry->name;
    struct inode *inode = NULL;
    struct fat_name name;
    u32 offset = 0;
    int found;

    if (want->len > NAME_MAX)
        return ERR_PTR(-ENAMETOOLONG);
    if (fat_name_tail(want->name, want->len) == 0)
        return ERR_PTR(-ENOENT);
    for (; (found = fat_dir_next(dir, offset, &name)) > 0; offset = name.next)
        if (fat_names_equal(name.text, name.len, want->name, want->len) ||
            fat_names_equal(name.short_text, name.short_len, want->name, want->len))
            break;
    if (found < 0)
        return ERR_PTR(found);
    if (found)
        inode = fat_inode_get(dir->sb, name.place, &name.de);
    if (IS_ERR(inode))
        return ERR_CAST(inode);
    return dentry_splice_alias(inode, dentry);
}

const struct inode_operations fat_dir_iops = {
    .lookup = fat_lookup,
};
