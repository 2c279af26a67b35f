// SPDX-License-Identifier: MIT
/* tmpfs: directories, symlinks, attributes. The directory's rwsem is held for writing throughout.
 */
#include "tmpfs.h"

#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

/* The directory gains (or loses) an entry. */
static void dir_changed(struct inode *dir, int entries)
{
    dir->size += entries * TMPFS_DIRENT_SIZE;
    dir->ctime = dir->mtime = inode_now(dir);
    dir->version++;
}

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t rdev)
{
    struct inode *inode = tmpfs_inode_new(dir->sb, dir, mode, rdev);

    if (IS_ERR(inode))
        return PTR_ERR(inode);
    dir_changed(dir, 1);
    simple_name_add(dentry, inode);
    return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
    return tmpfs_mknod(dir, dentry, mode, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
    int error = tmpfs_mknod(dir, dentry, mode, 0);

    if (!error)
        inode_inc_nlink(dir);
    return error;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
    struct inode *inode = tmpfs_inode_new(dir->sb, dir, S_IFLNK | S_IRWXUGO, 0);

    if (IS_ERR(inode))
        return PTR_ERR(inode);
    /* Eight bytes more: path walk reads whole words. */
    inode->size = strlen(target);
    inode->link = kzalloc(inode->size + 9, GFP_KERNEL);
    if (!inode->link) {
        inode_drop_nlink(inode);
        inode_put(inode);
        return -ENOMEM;
    }
    memcpy(inode->link, target, inode->size);
    dir_changed(dir, 1);
    simple_name_add(dentry, inode);
    return 0;
}

static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
    int error = simple_link(old, dir, dentry);

    if (!error)
        dir_changed(dir, 1);
    return error;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
    dir_changed(dir, -1);
    return simple_unlink(dir, dentry);
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
    int error = simple_rmdir(dir, dentry);

    if (!error)
        dir_changed(dir, -1);
    return error;
}

/* What overlay file systems leave behind for a name that moved away: a device 0:0. */
static int leave_whiteout(struct inode *dir, struct dentry *old)
{
    struct dentry *dentry = dentry_alloc(old->parent, &old->name);
    int error;

    if (!dentry)
        return -ENOMEM;
    error = tmpfs_mknod(dir, dentry, S_IFCHR, 0);
    dentry_put(dentry);
    return error;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                        struct dentry *new, unsigned int flags)
{
    bool replaces = new->inode && !(flags & RENAME_EXCHANGE);
    int error;

    if ((flags & RENAME_WHITEOUT) && !replaces && tmpfs_of(old_dir->sb)->max_inodes == 1)
        return -ENOSPC;
    if (flags & RENAME_WHITEOUT) {
        error = leave_whiteout(old_dir, old);
        if (error)
            return error;
    }
    error = simple_rename(old_dir, old, new_dir, new, flags & ~RENAME_WHITEOUT);
    if (error || (flags & RENAME_EXCHANGE))
        return error;
    dir_changed(old_dir, -1);
    if (!replaces)
        dir_changed(new_dir, 1);
    return 0;
}

static int tmpfs_tmpfile(struct inode *dir, struct file *file, umode_t mode)
{
    struct inode *inode = tmpfs_inode_new(dir->sb, dir, mode, 0);

    if (IS_ERR(inode))
        return PTR_ERR(inode);
    inode_set_nlink(inode, 0);
    inode->state |= file->flags & O_EXCL ? 0 : I_LINKABLE;
    dentry_instantiate(file->path.dentry, inode);
    return 0;
}

int tmpfs_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
    struct inode *inode = path->dentry->inode;

    tmpfs_recharge(inode);
    generic_fill_stat(inode, stat);
    stat->result_mask |= STATX_BTIME;
    return 0;
}

const struct inode_operations tmpfs_dir_iops = {
    .lookup = simple_lookup,
    .create = tmpfs_create,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .symlink = tmpfs_symlink,
    .mkdir = tmpfs_mkdir,
    .rmdir = tmpfs_rmdir,
    .mknod = tmpfs_mknod,
    .rename = tmpfs_rename,
    .tmpfile = tmpfs_tmpfile,
    .setattr = tmpfs_setattr,
    .listxattr = tmpfs_listxattr,
    .getxattr = tmpfs_getxattr,
    .setxattr = tmpfs_setxattr,
};

const struct inode_operations tmpfs_special_iops = {
    .setattr = tmpfs_setattr,
    .listxattr = tmpfs_listxattr,
    .getxattr = tmpfs_getxattr,
    .setxattr = tmpfs_setxattr,
};

const struct inode_operations tmpfs_symlink_iops = {
    .get_link = simple_get_link,
    .setattr = tmpfs_setattr,
    .listxattr = tmpfs_listxattr,
    .getxattr = tmpfs_getxattr,
    .setxattr = tmpfs_setxattr,
};
