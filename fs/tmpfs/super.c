// SPDX-License-Identifier: MIT
/* tmpfs: super block, limits, inodes. */
#include "tmpfs.h"

#include <abi/linux/mount.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/seq_file.h>

static struct kmem_cache *tmpfs_inode_cache;

u64 tmpfs_default_pages(void)
{
    return nr_total_pages() / 2;
}

/* --- inodes --- */

static bool inode_charge(struct tmpfs *fs)
{
    bool ok;

    spin_lock(&fs->lock);
    ok = !fs->max_inodes || fs->used_inodes < fs->max_inodes;
    if (ok)
        fs->used_inodes++;
    spin_unlock(&fs->lock);
    return ok;
}

static void inode_uncharge(struct tmpfs *fs)
{
    spin_lock(&fs->lock);
    fs->used_inodes--;
    spin_unlock(&fs->lock);
}

static void inode_set_kind(struct inode *inode, umode_t mode, dev_t rdev)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        inode->ops = &tmpfs_file_iops;
        inode->fops = &tmpfs_file_fops;
        break;
    case S_IFDIR:
        inode->ops = &tmpfs_dir_iops;
        inode->fops = &simple_dir_fops;
        inode_inc_nlink(inode); /* "." */
        inode->size = 2 * TMPFS_DIRENT_SIZE;
        break;
    case S_IFLNK: inode->ops = &tmpfs_symlink_iops; break;
    default: inode->ops = &tmpfs_special_iops; inode_init_special(inode, inode->mode, rdev);
    }
}

struct inode *tmpfs_inode_new(struct super_block *sb, const struct inode *dir, umode_t mode,
                              dev_t rdev)
{
    struct tmpfs *fs = tmpfs_of(sb);
    struct inode *inode;

    if (!inode_charge(fs))
        return ERR_PTR(-ENOSPC);
    inode = inode_new(sb);
    if (!inode) {
        inode_uncharge(fs);
        return ERR_PTR(-ENOMEM);
    }
    inode->ino = inode_next_ino();
    inode_init_owner(inode, dir, mode);
    inode->atime = inode->mtime = inode->ctime = inode->btime = inode_now(inode);
    inode->data.ops = &tmpfs_aops;
    inode->data.flags |= MAPPING_UNEVICTABLE;
    inode_set_kind(inode, mode, rdev);
    return inode;
}

static struct inode *tmpfs_alloc_inode(struct super_block *sb)
{
    struct tmpfs_inode *ti = kmem_cache_alloc(tmpfs_inode_cache, GFP_KERNEL);

    if (!ti)
        return NULL;
    ti->charged = 0;
    INIT_LIST_HEAD(&ti->xattrs);
    return &ti->inode;
}

static void tmpfs_free_inode(struct inode *inode)
{
    kmem_cache_free(tmpfs_inode_cache, tmpfs_inode_of(inode));
}

static void tmpfs_evict_inode(struct inode *inode)
{
    inode_clear(inode);
    tmpfs_recharge(inode);
    tmpfs_xattrs_free(tmpfs_inode_of(inode));
    if (S_ISLNK(inode->mode))
        kfree(inode->link);
    inode_uncharge(tmpfs_of(inode->sb));
}

/* --- the file system as a whole --- */

static int tmpfs_statfs(struct dentry *dentry, struct kstatfs *st)
{
    struct tmpfs *fs = tmpfs_of(dentry->sb);

    simple_statfs(dentry, st);
    spin_lock(&fs->lock);
    if (fs->max_pages) {
        st->blocks = fs->max_pages;
        st->bavail = st->bfree = fs->max_pages - min(fs->used_pages, fs->max_pages);
    }
    if (fs->max_inodes) {
        st->files = fs->max_inodes;
        st->ffree = fs->max_inodes - fs->used_inodes;
    }
    spin_unlock(&fs->lock);
    return 0;
}

static int tmpfs_remount(struct super_block *sb, unsigned long *flags, char *data)
{
    return tmpfs_parse_options(tmpfs_of(sb), data, true);
}

static void tmpfs_show_options(struct seq_file *m, struct dentry *root)
{
    const struct tmpfs *fs = tmpfs_of(root->sb);

    if (fs->max_pages != tmpfs_default_pages())
        seq_printf(m, ",size=%lluk", fs->max_pages * (PAGE_SIZE / 1024));
    if (fs->max_inodes != tmpfs_default_pages())
        seq_printf(m, ",nr_inodes=%llu", fs->max_inodes);
    if (fs->mode != 01777)
        seq_printf(m, ",mode=%03o", fs->mode);
    if (fs->uid)
        seq_printf(m, ",uid=%u", fs->uid);
    if (fs->gid)
        seq_printf(m, ",gid=%u", fs->gid);
    seq_puts(m, ",inode64");
}

static const struct super_operations tmpfs_super_ops = {
    .alloc_inode = tmpfs_alloc_inode,
    .free_inode = tmpfs_free_inode,
    .evict_inode = tmpfs_evict_inode,
    .statfs = tmpfs_statfs,
    .remount = tmpfs_remount,
    .show_options = tmpfs_show_options,
};

static int tmpfs_fill(struct super_block *sb, struct fs_context *fc)
{
    struct tmpfs *fs = kzalloc(sizeof(*fs), GFP_KERNEL);
    struct inode *root;
    int error;

    if (!fs)
        return -ENOMEM;
    /* Mounts are made one at a time; the first one is the root of everything. */
    if (!tmpfs_inode_cache)
        tmpfs_inode_cache = kmem_cache_create("shmem_inode_cache", sizeof(struct tmpfs_inode), 0,
                                              SLAB_PANIC | SLAB_ACCOUNT, NULL);
    spin_lock_init(&fs->lock);
    fs->max_pages = fs->max_inodes = tmpfs_default_pages();
    fs->mode = 01777;
    fs->uid = current->cred->fsuid;
    fs->gid = current->cred->fsgid;
    sb->private = fs;
    sb->ops = &tmpfs_super_ops;
    sb->magic = TMPFS_MAGIC;
    error = tmpfs_parse_options(fs, fc->options, false);
    if (error)
        return error;
    root = tmpfs_inode_new(sb, NULL, S_IFDIR | fs->mode, 0);
    if (IS_ERR(root))
        return PTR_ERR(root);
    root->uid = fs->uid;
    root->gid = fs->gid;
    sb->root = dentry_make_root(root);
    return sb->root ? 0 : -ENOMEM;
}

static struct dentry *tmpfs_mount(struct fs_context *fc)
{
    return super_mount_nodev(fc, tmpfs_fill);
}

static void tmpfs_kill(struct super_block *sb)
{
    struct tmpfs *fs = tmpfs_of(sb);

    super_kill_anon(sb);
    kfree(fs);
}

static const struct fs_type tmpfs_type = {
    .name = "tmpfs", .flags = FS_USERNS_MOUNT, .mount = tmpfs_mount, .kill_super = tmpfs_kill};
FILE_SYSTEM(tmpfs_type);
