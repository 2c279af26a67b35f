// SPDX-License-Identifier: MIT
/*
 * What the kernel itself does with names: the calls of user programs, with kernel strings, as the
 * task that runs them (its root directory, its credentials).
 */
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

#include "internal.h"

int kern_mkdir(const char *path, umode_t mode)
{
    char *name = path_name_from_kernel(path);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_mkdirat(AT_FDCWD, name, mode);

    path_name_put(name);
    return error;
}

int kern_mknod(const char *path, umode_t mode, dev_t dev)
{
    char *name = path_name_from_kernel(path);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_mknodat(AT_FDCWD, name, mode, dev);

    path_name_put(name);
    return error;
}

int kern_symlink(const char *target, const char *path)
{
    char *name = path_name_from_kernel(path);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_symlinkat(target, AT_FDCWD, name);

    path_name_put(name);
    return error;
}

int kern_link(const char *old_path, const char *new_path)
{
    char *old_name = path_name_from_kernel(old_path), *new_name;
    int error;

    if (IS_ERR(old_name))
        return PTR_ERR(old_name);
    new_name = path_name_from_kernel(new_path);
    error =
        IS_ERR(new_name) ? PTR_ERR(new_name) : do_linkat(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
    path_name_put(new_name);
    path_name_put(old_name);
    return error;
}

int kern_unlink(const char *path)
{
    char *name = path_name_from_kernel(path);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_unlinkat(AT_FDCWD, name);

    path_name_put(name);
    return error;
}

static int change_attr(const char *name, unsigned int lookup, struct iattr *attr)
{
    struct path path;
    int error = path_lookup_kernel(name, lookup, &path);

    if (error)
        return error;
    error = path_setattr(&path, attr);
    path_put(&path);
    return error;
}

int kern_chown(const char *path, uid_t uid, gid_t gid)
{
    struct iattr attr = {.valid = ATTR_UID | ATTR_GID, .uid = uid, .gid = gid};

    return change_attr(path, 0, &attr);
}

int kern_chmod(const char *path, umode_t mode)
{
    struct iattr attr = {.valid = ATTR_MODE, .mode = mode};

    return change_attr(path, LOOKUP_FOLLOW, &attr);
}

int kern_utimes(const char *path, const struct timespec64 *mtime)
{
    struct iattr attr = {.valid = ATTR_ATIME | ATTR_MTIME | ATTR_ATIME_SET | ATTR_MTIME_SET,
                         .atime = *mtime,
                         .mtime = *mtime};

    return change_attr(path, 0, &attr);
}

/* --- below the root of one mount --- */

/* The entry of a directory, which is locked meanwhile; made as a directory on wish. ERR_PTR. */
static struct dentry *child_get(struct dentry *dir, const char *text, u32 len, bool make_dir)
{
    struct qstr name = {.name = text, .len = len};
    struct dentry *child;
    int error = 0;

    qstr_hash(dir, &name);
    rwsem_write_lock(&dir->inode->rwsem);
    child = lookup_one_locked(dir, &name, 0);
    if (!IS_ERR(child) && !child->inode && make_dir)
        error = vfs_mkdir(dir->inode, child, 0755);
    rwsem_write_unlock(&dir->inode->rwsem);
    if (!error)
        return child;
    dentry_put(child);
    return ERR_PTR(error);
}

/* The directory that the last component of path goes into. Consumes dir's reference. ERR_PTR. */
static struct dentry *parent_get(struct dentry *dir, const char **path)
{
    const char *slash;

    while ((slash = strchr(*path, '/'))) {
        struct dentry *next = child_get(dir, *path, slash - *path, true);

        dentry_put(dir);
        if (IS_ERR(next))
            return next;
        dir = next;
        *path = slash + 1;
        if (!dir->inode || !S_ISDIR(dir->inode->mode)) {
            dentry_put(dir);
            return ERR_PTR(-ENOTDIR);
        }
    }
    return dir;
}

int mount_make_node(struct mount *mnt, const char *path, umode_t mode, dev_t dev)
{
    struct dentry *dir = parent_get(dentry_get(mnt->root), &path), *node;
    int error;

    if (IS_ERR(dir))
        return PTR_ERR(dir);
    node = child_get(dir, path, strlen(path), false);
    if (IS_ERR(node)) {
        error = PTR_ERR(node);
    } else {
        rwsem_write_lock(&dir->inode->rwsem);
        error = vfs_mknod(dir->inode, node, mode, dev);
        rwsem_write_unlock(&dir->inode->rwsem);
        dentry_put(node);
    }
    dentry_put(dir);
    return error;
}

int mount_remove_node(struct mount *mnt, const char *path)
{
    struct dentry *dir = parent_get(dentry_get(mnt->root), &path), *node;
    int error;

    if (IS_ERR(dir))
        return PTR_ERR(dir);
    node = child_get(dir, path, strlen(path), false);
    error = PTR_ERR_OR_ZERO(node);
    if (!error) {
        rwsem_write_lock(&dir->inode->rwsem);
        error = vfs_unlink(dir->inode, node);
        rwsem_write_unlock(&dir->inode->rwsem);
        dentry_put(node);
    }
    dentry_put(dir);
    return error;
}
