// SPDX-License-Identifier: MIT
/*
 * Files that no directory knows: eventfd, epoll and the like. All of them share one inode of a file
 * system that is never mounted anywhere; each has a dentry of its own for its name in /proc/PID/fd.
 */
#include <abi/linux/mount.h>
#include <kernel/base/panic.h>
#include <kernel/lib/printf.h>
#include <kernel/sched/task.h>

#include "internal.h"

static struct mount *anon_mount __ro_after_init;
static struct inode *anon_inode __ro_after_init;

static int anon_name_text(struct dentry *dentry, char *buf, size_t size)
{
    return snprintf(buf, size, "anon_inode:%s", (const char *)dentry->private);
}

static const struct dentry_operations anon_dentry_ops = {.name_text = anon_name_text};
static const struct super_operations anon_super_ops = {.statfs = simple_statfs};
static const struct inode_operations plain_iops = {};

int pseudo_fill_super(struct super_block *sb, u64 magic, const struct super_operations *ops,
                      const struct dentry_operations *dentry_ops)
{
    struct inode *root;

    sb->magic = magic;
    sb->ops = ops;
    root = inode_new(sb);
    if (!root)
        return -ENOMEM;
    root->ino = inode_next_ino();
    root->mode = S_IFDIR | S_IRUSR | S_IWUSR;
    root->ops = &plain_iops;
    root->fops = &simple_dir_fops;
    sb->root = dentry_make_root(root);
    /* Names as dentry_ops makes them are for the files, not for the root. */
    sb->dentry_ops = dentry_ops;
    return sb->root ? 0 : -ENOMEM;
}

static int anon_fill_super(struct super_block *sb, struct fs_context *fc)
{
    return pseudo_fill_super(sb, ANON_INODE_FS_MAGIC, &anon_super_ops, &anon_dentry_ops);
}

static struct dentry *anon_mount_fs(struct fs_context *fc)
{
    return super_mount_nodev(fc, anon_fill_super);
}

static const struct fs_type anon_fs = {
    .name = "anon_inodefs", .mount = anon_mount_fs, .kill_super = super_kill_anon};

struct file *file_open_pseudo(struct mount *mnt, struct inode *inode, const void *name,
                              const struct file_operations *fops, int flags)
{
    struct file *file = file_alloc(flags, current->cred);
    int error;

    if (IS_ERR(file)) {
        inode_put(inode);
        return file;
    }
    file->path.dentry = dentry_make_root(inode);
    if (!file->path.dentry) {
        file_free_unopened(file);
        return ERR_PTR(-ENOMEM);
    }
    file->path.dentry->private = (void *)(unsigned long)name;
    file->path.mnt = mount_get(mnt);
    error = file_open_pseudo_finish(file, fops);
    if (!error)
        return file;
    file_free_unopened(file);
    return ERR_PTR(error);
}

struct file *file_open_anon(const char *class_name, const struct file_operations *fops, void *priv,
                            int flags)
{
    struct file *file;

    file = file_open_pseudo(anon_mount, inode_get(anon_inode), class_name, fops,
                            flags & (O_ACCMODE | O_NONBLOCK));
    if (!IS_ERR(file))
        file->private = priv;
    return file;
}

int fd_open_anon(const char *class_name, const struct file_operations *fops, void *priv, int flags)
{
    int fd = fd_alloc(flags);
    struct file *file;

    if (fd < 0)
        return fd;
    file = file_open_anon(class_name, fops, priv, flags);
    if (IS_ERR(file)) {
        fd_cancel(fd);
        return PTR_ERR(file);
    }
    fd_install(fd, file);
    return fd;
}

void anon_init(void)
{
    anon_mount = mount_internal(&anon_fs, NULL);
    ASSERT(!IS_ERR(anon_mount));
    anon_inode = inode_new(anon_mount->sb);
    ASSERT(anon_inode);
    anon_inode->ino = inode_next_ino();
    anon_inode->mode = S_IRUSR | S_IWUSR;
    anon_inode->ops = &plain_iops;
}
