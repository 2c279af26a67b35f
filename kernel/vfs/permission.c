// SPDX-License-Identifier: MIT
/*
 * Who may do what to an inode: mode bits and capabilities, as path_resolution(7) and
 * capabilities(7) have them. All of it may run under RCU (MAY_NOT_BLOCK).
 */
#include <kernel/sched/task.h>

#include "internal.h"

/* The mode bits alone; mask is of MAY_READ, MAY_WRITE, MAY_EXEC. */
static int mode_permission(const struct inode *inode, const struct cred *cred, unsigned int mask)
{
    umode_t mode = inode->mode;

    if (cred->fsuid == inode->uid)
        mode >>= 6;
    else if (((mode >> 3 ^ mode) & 7 & mask) && in_group(inode->gid))
        mode >>= 3;
    return mask & ~mode & 7 ? -EACCES : 0;
}

int generic_permission(struct inode *inode, int mask)
{
    const struct cred *cred = current->cred;

    mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
    if (!mode_permission(inode, cred, mask))
        return 0;
    if (S_ISDIR(inode->mode)) {
        if (!(mask & MAY_WRITE) && cred_has_cap(cred, CAP_DAC_READ_SEARCH))
            return 0;
        return cred_has_cap(cred, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
    }
    if (mask == MAY_READ && cred_has_cap(cred, CAP_DAC_READ_SEARCH))
        return 0;
    /* Nobody executes a file that no execute bit calls a program. */
    if ((!(mask & MAY_EXEC) || (inode->mode & S_IXUGO)) && cred_has_cap(cred, CAP_DAC_OVERRIDE))
        return 0;
    return -EACCES;
}

int inode_permission(struct inode *inode, int mask)
{
    if (unlikely(mask & MAY_WRITE)) {
        umode_t mode = inode->mode;

        if ((inode->sb->flags & SB_RDONLY) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
            return -EROFS;
        if (inode->flags & S_IMMUTABLE)
            return -EPERM;
    }
    if (likely(inode->opflags & IOP_PLAIN_PERMISSION) || !inode->ops->permission)
        return generic_permission(inode, mask);
    return inode->ops->permission(inode, mask);
}

bool inode_owner_or_capable(const struct inode *inode)
{
    return current->cred->fsuid == inode->uid || capable(CAP_FOWNER);
}

bool path_noexec(const struct path *path)
{
    return path->mnt->flags & MNT_NOEXEC || path->dentry->sb->flags & SB_NOEXEC;
}

bool path_nosuid(const struct path *path)
{
    return path->mnt->flags & MNT_NOSUID || path->dentry->sb->flags & SB_NOSUID;
}
