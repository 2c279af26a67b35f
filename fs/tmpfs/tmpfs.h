/* SPDX-License-Identifier: MIT */
/*
 * tmpfs (tmpfs(5)): files in the page cache, names in the dentry cache, nothing anywhere else.
 *
 * A page of a file is charged to the file system when it is allocated. What a file has been charged
 * for is kept beside its inode; after pages have gone (truncation, reclaim of never-written ones)
 * tmpfs_recharge() gives the difference back.
 */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/sync/spinlock.h>
#include <kernel/vfs/fs.h>

#define TMPFS_DIRENT_SIZE 20 /* what an entry adds to the size of its directory */

struct tmpfs {
    spinlock_t lock; /* limits against use */
    u64 max_pages;   /* 0: no limit */
    u64 used_pages;
    u64 max_inodes; /* 0: no limit */
    u64 used_inodes;
    umode_t mode; /* of the root */
    uid_t uid;
    gid_t gid;
};

struct tmpfs_inode {
    struct inode inode;
    u64 charged;             /* pages, under inode.lock */
    struct list_head xattrs; /* inode.rwsem */
};

static inline struct tmpfs *tmpfs_of(const struct super_block *sb)
{
    return sb->private;
}
static inline struct tmpfs_inode *tmpfs_inode_of(struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, inode);
}

struct inode *tmpfs_inode_new(struct super_block *sb, const struct inode *dir, umode_t mode,
                              dev_t rdev);
void tmpfs_recharge(struct inode *inode);
u64 tmpfs_default_pages(void);
/* Reads "size=1g,mode=755..." into fs. remount: limits may not fall below what is in use. */
int tmpfs_parse_options(struct tmpfs *fs, char *options, bool remount);

extern const struct inode_operations tmpfs_dir_iops, tmpfs_file_iops, tmpfs_special_iops,
    tmpfs_symlink_iops;
extern const struct file_operations tmpfs_file_fops;
extern const struct address_space_operations tmpfs_aops;

/* xattr.c */
ssize_t tmpfs_listxattr(struct dentry *dentry, char *list, size_t size);
ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *value, size_t size);
int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
                   int flags);
void tmpfs_xattrs_free(struct tmpfs_inode *ti);
int tmpfs_setattr(struct dentry *dentry, struct iattr *attr);
int tmpfs_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
#endif
