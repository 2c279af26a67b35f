// SPDX-License-Identifier: MIT
/*
 * Extended attributes (xattr(7)): who may read and write which names, then the file system's own.
 *
 * user.* is for regular files and directories, by file permission (in a sticky directory only by
 * its owner); trusted.* for CAP_SYS_ADMIN alone; security.* is read by everybody and written with
 * CAP_SYS_ADMIN; system.* is the file system's to decide.
 */
#include "xattr.h"

#include <abi/linux/inotify.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

static int user_permission(struct inode *inode, bool write)
{
    if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode))
        return write ? -EPERM : -ENODATA;
    if (write && S_ISDIR(inode->mode) && (inode->mode & S_ISVTX) && !inode_owner_or_capable(inode))
        return -EPERM;
    return inode_permission(inode, write ? MAY_WRITE : MAY_READ);
}

static int xattr_permission(struct inode *inode, const char *name, bool write)
{
    if (write && (inode->flags & (S_IMMUTABLE | S_APPEND)))
        return -EPERM;
    if (str_has_prefix(name, "security."))
        return write && !capable(CAP_SYS_ADMIN) ? -EPERM : 0;
    if (str_has_prefix(name, "system."))
        return 0;
    if (str_has_prefix(name, "trusted.")) {
        if (capable(CAP_SYS_ADMIN))
            return 0;
        return write ? -EPERM : -ENODATA;
    }
    if (str_has_prefix(name, "user."))
        return user_permission(inode, write);
    return inode_permission(inode, write ? MAY_WRITE : MAY_READ);
}

int vfs_setxattr(const struct path *path, const char *name, const void *value, size_t size,
                 int flags)
{
    struct inode *inode = path->dentry->inode;
    int error = mount_want_write(path->mnt);

    if (error)
        return error;
    rwsem_write_lock(&inode->rwsem);
    error = xattr_permission(inode, name, true);
    if (!error)
        error = inode->ops->setxattr ? inode->ops->setxattr(inode, name, value, size, flags)
                                     : -EOPNOTSUPP;
    rwsem_write_unlock(&inode->rwsem);
    mount_drop_write(path->mnt);
    if (!error)
        inotify_event(path->dentry, IN_ATTRIB);
    return error;
}

ssize_t vfs_getxattr(const struct path *path, const char *name, void *value, size_t size)
{
    struct inode *inode = path->dentry->inode;
    int error = xattr_permission(inode, name, false);

    if (error)
        return error;
    return inode->ops->getxattr ? inode->ops->getxattr(inode, name, value, size) : -EOPNOTSUPP;
}

ssize_t vfs_listxattr(const struct path *path, char *list, size_t size)
{
    struct inode *inode = path->dentry->inode;

    return inode->ops->listxattr ? inode->ops->listxattr(path->dentry, list, size) : -EOPNOTSUPP;
}
