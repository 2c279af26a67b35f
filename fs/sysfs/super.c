/* SPDX-License-Identifier: MIT */
/*
 * sysfs: the device model as files (sysfs(5)). Inodes and dentries are made from the tree (tree.c);
 * a dentry is valid until its node leaves it.
 */
#include "sysfs.h"

#include <abi/linux/dirent.h>
#include <abi/linux/mount.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

SECTION_ARRAY_DEFINE(const struct sysfs_file, sysfs_files);

static const struct inode_operations sysfs_dir_iops, sysfs_file_iops, sysfs_link_iops;
static const struct file_operations sysfs_dir_fops;

static struct sysfs_node *inode_node(const struct inode *inode)
{
    return inode->private;
}

/* --- inodes --- */

static size_t attr_size(const struct sysfs_node *node)
{
    if (node->kind == SYSFS_ATTR && node->attr->read)
        return node->attr->size;
    return PAGE_SIZE;
}

static void inode_set_kind(struct inode *inode, const struct sysfs_node *node)
{
    switch (node->kind) {
    case SYSFS_DIR:
        inode->mode = S_IFDIR | 0755;
        inode->ops = &sysfs_dir_iops;
        inode->fops = &sysfs_dir_fops;
        inode->nlink = 2;
        return;
    case SYSFS_LINK:
        inode->mode = S_IFLNK | 0777;
        inode->ops = &sysfs_link_iops;
        break;
    default:
        inode->mode = S_IFREG | node->mode;
        inode->ops = &sysfs_file_iops;
        inode->fops = node->kind == SYSFS_ATTR && (node->attr->read || node->attr->write)
                          ? &sysfs_bin_fops
                          : &sysfs_file_fops;
        inode->size = (loff_t)attr_size(node);
        break;
    }
    inode->nlink = 1;
}

static struct inode *node_inode(struct super_block *sb, struct sysfs_node *node)
{
    struct inode *inode = inode_new(sb);

    if (!inode)
        return NULL;
    inode->ino = node->ino;
    inode->private = sysfs_node_get(node);
    inode->atime = inode->mtime = inode->ctime = ktime_real();
    inode_set_kind(inode, node);
    return inode;
}

static void sysfs_evict_inode(struct inode *inode)
{
    inode_clear(inode);
    sysfs_node_put(inode->private);
}

static bool sysfs_drop_inode(struct inode *inode)
{
    return true;
}

static int sysfs_setattr(struct dentry *dentry, struct iattr *attr)
{
    int err = setattr_prepare(dentry, attr);

    if (err)
        return err;
    /* Truncating on open is allowed and means nothing. */
    attr->valid &= ~(u32)ATTR_SIZE;
    setattr_copy(dentry->inode, attr);
    return 0;
}

/* --- names --- */

static struct dentry *sysfs_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    struct inode *inode = NULL;
    struct sysfs_node *node;

    rwsem_read_lock(&sysfs_lock);
    node = sysfs_child(inode_node(dir), dentry->name.name, dentry->name.len);
    if (node)
        inode = node_inode(dir->sb, node);
    rwsem_read_unlock(&sysfs_lock);
    if (!node)
        return ERR_PTR(-ENOENT);
    return inode ? dentry_splice_alias(inode, dentry) : ERR_PTR(-ENOMEM);
}

static int sysfs_revalidate(struct dentry *dentry, bool rcu)
{
    struct inode *inode = READ_ONCE(dentry->inode);

    return inode && !READ_ONCE(inode_node(inode)->dead);
}

static const struct dentry_operations sysfs_dentry_ops = {.revalidate = sysfs_revalidate};

static unsigned int node_type(const struct sysfs_node *node)
{
    return node->kind == SYSFS_DIR ? DT_DIR : node->kind == SYSFS_LINK ? DT_LNK : DT_REG;
}

/* Positions are node numbers, which grow in the order of the list. */
static int sysfs_iterate(struct file *file, struct dir_context *ctx)
{
    struct sysfs_node *node;

    if (!dir_emit_dots(file, ctx))
        return 0;
    rwsem_read_lock(&sysfs_lock);
    list_for_each_entry (node, &inode_node(file->inode)->children, link) {
        if ((u64)ctx->pos > node->ino)
            continue;
        ctx->pos = (loff_t)node->ino;
        if (!dir_emit(ctx, node->name, (int)strlen(node->name), node->ino, node_type(node)))
            break;
        ctx->pos++;
    }
    rwsem_read_unlock(&sysfs_lock);
    return 0;
}

/* --- links --- */

static void text_free(void *text)
{
    kfree(text);
}

static const char *sysfs_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                                  void **cookie)
{
    char *text;

    if (!dentry)
        return ERR_PTR(-ECHILD);
    rwsem_read_lock(&sysfs_lock);
    text = sysfs_link_text(inode_node(inode));
    rwsem_read_unlock(&sysfs_lock);
    if (!text)
        return ERR_PTR(-ENOMEM);
    *done = text_free;
    *cookie = text;
    return text;
}

static const struct inode_operations sysfs_dir_iops = {
    .lookup = sysfs_lookup,
    .setattr = sysfs_setattr,
};
static const struct inode_operations sysfs_file_iops = {.setattr = sysfs_setattr};
static const struct inode_operations sysfs_link_iops = {.get_link = sysfs_get_link};
static const struct file_operations sysfs_dir_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = sysfs_iterate,
};

/* --- the file system --- */

static const struct super_operations sysfs_super_ops = {
    .evict_inode = sysfs_evict_inode,
    .drop_inode = sysfs_drop_inode,
    .statfs = simple_statfs,
};

static int sysfs_fill_super(struct super_block *sb, struct fs_context *fc)
{
    struct inode *root;

    if (fc->options && *fc->options)
        return -EINVAL;
    sb->magic = SYSFS_MAGIC;
    sb->ops = &sysfs_super_ops;
    root = node_inode(sb, &sysfs_root);
    if (!root)
        return -ENOMEM;
    sb->root = dentry_make_root(root);
    sb->dentry_ops = &sysfs_dentry_ops;
    return sb->root ? 0 : -ENOMEM;
}

static struct dentry *sysfs_mount(struct fs_context *fc)
{
    return super_mount_single(fc, sysfs_fill_super);
}

static const struct fs_type sysfs_fs_type = {
    .name = "sysfs",
    .flags = FS_USERNS_MOUNT,
    .mount = sysfs_mount,
    .kill_super = super_kill_anon,
};
FILE_SYSTEM(sysfs_fs_type);

/* --- start --- */

static void fixed_add(const struct sysfs_file *file)
{
    const char *name = strrchr(file->path, '/');
    struct sysfs_node *dir;
    char *parent;

    parent = name ? kstrndup(file->path, (size_t)(name - file->path), GFP_KERNEL) : NULL;
    dir = sysfs_path_add(&sysfs_root, parent ? parent : "");
    name = name ? name + 1 : file->path;
    if (dir && *name && !sysfs_fixed_add(dir, name, file))
        pr_err("sysfs: cannot add %s\n", file->path);
    kfree(parent);
}

static int sysfs_init(void)
{
    static const char *const dirs[] = {"block",    "bus",     "class",    "dev/block",
                                       "dev/char", "devices", "firmware", "fs",
                                       "kernel",   "module",  "power"};
    const struct sysfs_file *const *file;

    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        if (!sysfs_path_add(&sysfs_root, dirs[i]))
            return -ENOMEM;
    }
    section_for_each (file, sysfs_files)
        fixed_add(*file);
    return sysfs_devices_start();
}
initcall(INIT_FS, sysfs_init);
