// SPDX-License-Identifier: MIT
/*
 * Attributes of inodes: owner, mode, times, size; reading them for stat(2) and changing them for
 * chmod(2), chown(2), utimensat(2) and truncate(2).
 *
 * A change is checked as a whole (setattr_prepare) before any of it is made (setattr_copy). All of
 * it happens under inode->rwsem.
 */
#include <abi/linux/inotify.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

#include "internal.h"

struct timespec64 inode_now(const struct inode *inode)
{
    struct timespec64 now = ktime_real_coarse();
    u32 gran = inode->sb->time_gran_ns;

    if (gran > 1)
        now.tv_nsec -= gran >= NSEC_PER_SEC ? now.tv_nsec : now.tv_nsec % gran;
    return now;
}

static struct timespec64 time_fit(const struct inode *inode, struct timespec64 ts)
{
    const struct super_block *sb = inode->sb;

    if (sb->time_max > sb->time_min) {
        if (ts.tv_sec < sb->time_min || ts.tv_sec > sb->time_max)
            ts.tv_nsec = 0;
        ts.tv_sec = clamp(ts.tv_sec, sb->time_min, sb->time_max);
    }
    if (sb->time_gran_ns > 1)
        ts.tv_nsec -= sb->time_gran_ns >= NSEC_PER_SEC ? ts.tv_nsec : ts.tv_nsec % sb->time_gran_ns;
    return ts;
}

/* --- access and modification times --- */

#define RELATIME_PERIOD_S (24 * 60 * 60)

/* With relatime, an access time is news only if it is older than the change times or than a day. */
static bool atime_is_stale(const struct inode *inode, const struct timespec64 *now)
{
    return timespec64_compare(&inode->atime, &inode->mtime) <= 0 ||
           timespec64_compare(&inode->atime, &inode->ctime) <= 0 ||
           now->tv_sec - inode->atime.tv_sec >= RELATIME_PERIOD_S;
}

void inode_touch_atime(const struct path *path)
{
    struct inode *inode = path->dentry->inode;
    u32 mnt_flags = path->mnt->flags;
    struct timespec64 now;

    if ((inode->flags & S_NOATIME) || (inode->sb->flags & (SB_NOATIME | SB_RDONLY)) ||
        (mnt_flags & (MNT_NOATIME | MNT_READONLY)))
        return;
    if (S_ISDIR(inode->mode) &&
        ((mnt_flags & MNT_NODIRATIME) || (inode->sb->flags & SB_NODIRATIME)))
        return;
    now = inode_now(inode);
    if ((mnt_flags & MNT_RELATIME) && !atime_is_stale(inode, &now))
        return;
    if (!timespec64_compare(&inode->atime, &now))
        return;
    if (inode->ops->update_time) {
        (void)inode->ops->update_time(inode, ATTR_ATIME);
        return;
    }
    inode->atime = now;
    inode_mark_dirty(inode, I_DIRTY_TIME);
}

/* Which set-id bits a write by this task takes away. */
static u32 write_kills(const struct inode *inode)
{
    u32 kill = 0;

    if (!(inode->mode & (S_ISUID | S_ISGID)) || !S_ISREG(inode->mode) || capable(CAP_FSETID))
        return 0;
    if (inode->mode & S_ISUID)
        kill |= ATTR_KILL_SUID;
    if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        kill |= ATTR_KILL_SGID;
    return kill;
}

int file_touch_mtime(struct file *file)
{
    struct inode *inode = file->inode;
    struct timespec64 now;
    u32 kill = write_kills(inode);

    if (unlikely(kill)) {
        struct iattr attr = {.valid = kill | ATTR_FORCE};
        int error = dentry_setattr(file->path.dentry, &attr);

        if (error)
            return error;
    }
    now = inode_now(inode);
    if (!timespec64_compare(&inode->mtime, &now) && !timespec64_compare(&inode->ctime, &now))
        return 0;
    if (inode->ops->update_time)
        return inode->ops->update_time(inode, ATTR_MTIME | ATTR_CTIME);
    inode->mtime = inode->ctime = now;
    inode_mark_dirty(inode, I_DIRTY_TIME);
    return 0;
}

/* --- changing --- */

static bool may_chown(const struct inode *inode, uid_t uid)
{
    return (current->cred->fsuid == inode->uid && uid == inode->uid) || capable(CAP_CHOWN);
}

static bool may_chgrp(const struct inode *inode, gid_t gid)
{
    return (current->cred->fsuid == inode->uid && (gid == inode->gid || in_group(gid))) ||
           capable(CAP_CHOWN);
}

static int size_check(const struct inode *inode, loff_t size)
{
    if (size < 0)
        return -EINVAL;
    if ((u64)size > inode->sb->maxbytes)
        return -EFBIG;
    return inode->flags & S_SWAPFILE ? -ETXTBSY : 0;
}

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
    struct inode *inode = dentry->inode;

    if (attr->valid & ATTR_SIZE) {
        int error = size_check(inode, attr->size);

        if (error)
            return error;
    }
    if (attr->valid & ATTR_FORCE)
        return 0;
    if ((attr->valid & ATTR_UID) && !may_chown(inode, attr->uid))
        return -EPERM;
    if ((attr->valid & ATTR_GID) && !may_chgrp(inode, attr->gid))
        return -EPERM;
    if (attr->valid & ATTR_MODE) {
        gid_t gid = attr->valid & ATTR_GID ? attr->gid : inode->gid;

        if (!inode_owner_or_capable(inode))
            return -EPERM;
        if (!in_group(gid) && !capable(CAP_FSETID))
            attr->mode &= ~S_ISGID;
    }
    if ((attr->valid & (ATTR_ATIME_SET | ATTR_MTIME_SET)) && !inode_owner_or_capable(inode))
        return -EPERM;
    return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
    if (attr->valid & ATTR_UID)
        inode->uid = attr->uid;
    if (attr->valid & ATTR_GID)
        inode->gid = attr->gid;
    if (attr->valid & ATTR_ATIME)
        inode->atime = time_fit(inode, attr->atime);
    if (attr->valid & ATTR_MTIME)
        inode->mtime = time_fit(inode, attr->mtime);
    if (attr->valid & ATTR_CTIME)
        inode->ctime = time_fit(inode, attr->ctime);
    if (attr->valid & ATTR_MODE)
        inode->mode = (inode->mode & S_IFMT) | (attr->mode & S_IALLUGO);
}

/* ATTR_KILL_* become a new mode. */
static void resolve_kills(const struct inode *inode, struct iattr *attr)
{
    umode_t mode = attr->valid & ATTR_MODE ? attr->mode : inode->mode;

    if (!(attr->valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)))
        return;
    if (attr->valid & ATTR_KILL_SUID)
        mode &= ~S_ISUID;
    /* Without group execution the bit never meant set-group-ID. */
    if ((attr->valid & ATTR_KILL_SGID) && (mode & S_IXGRP))
        mode &= ~S_ISGID;
    attr->valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
    if (mode != inode->mode) {
        attr->valid |= ATTR_MODE;
        attr->mode = mode;
    }
}

/* Attributes of an immutable file do not change; an append-only one keeps mode, owner and size. */
static int flags_allow(const struct inode *inode, const struct iattr *attr)
{
    if (inode->flags & S_IMMUTABLE)
        return -EPERM;
    if ((inode->flags & S_APPEND) &&
        (attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME_SET | ATTR_MTIME_SET)))
        return -EPERM;
    return 0;
}

static u32 attr_events(const struct iattr *attr)
{
    u32 mask = 0;

    if (attr->valid & (ATTR_UID | ATTR_GID | ATTR_MODE))
        mask |= IN_ATTRIB;
    if (attr->valid & ATTR_SIZE)
        mask |= IN_MODIFY;
    if ((attr->valid & (ATTR_ATIME | ATTR_MTIME)) == (ATTR_ATIME | ATTR_MTIME))
        mask |= IN_ATTRIB;
    else if (attr->valid & ATTR_ATIME)
        mask |= IN_ACCESS;
    else if (attr->valid & ATTR_MTIME)
        mask |= IN_MODIFY;
    return mask;
}

int dentry_setattr(struct dentry *dentry, struct iattr *attr)
{
    struct inode *inode = dentry->inode;
    struct timespec64 now = inode_now(inode);
    u32 asked = attr->valid;
    int error = asked & ATTR_FORCE ? 0 : flags_allow(inode, attr);

    if (error)
        return error;
    /* "Now" is for whoever may write the file, not only for its owner. */
    if (!(attr->valid & ATTR_FORCE) && (attr->valid & (ATTR_ATIME | ATTR_MTIME)) &&
        !(attr->valid & (ATTR_ATIME_SET | ATTR_MTIME_SET | ATTR_SIZE)) &&
        !inode_owner_or_capable(inode)) {
        error = inode_permission(inode, MAY_WRITE);
        if (error)
            return error;
    }
    attr->ctime = now;
    if (!(attr->valid & ATTR_ATIME_SET))
        attr->atime = now;
    if (!(attr->valid & ATTR_MTIME_SET))
        attr->mtime = now;
    attr->valid |= ATTR_CTIME;
    resolve_kills(inode, attr);
    error = inode->ops->setattr ? inode->ops->setattr(dentry, attr) : simple_setattr(dentry, attr);
    if (!error && !(asked & ATTR_FORCE && !(asked & ATTR_SIZE)))
        inotify_event(dentry, attr_events(attr));
    return error;
}

int path_setattr(const struct path *path, struct iattr *attr)
{
    struct inode *inode = path->dentry->inode;
    int error = mount_want_write(path->mnt);

    if (error)
        return error;
    rwsem_write_lock(&inode->rwsem);
    error = dentry_setattr(path->dentry, attr);
    rwsem_write_unlock(&inode->rwsem);
    mount_drop_write(path->mnt);
    return error;
}

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
    struct inode *inode = dentry->inode;
    int error = setattr_prepare(dentry, attr);

    if (error)
        return error;
    if (attr->valid & ATTR_SIZE) {
        loff_t old = inode->size;

        inode->size = attr->size;
        if (attr->size < old)
            truncate_pages(inode->mapping, attr->size);
    }
    setattr_copy(inode, attr);
    inode_mark_dirty(inode, I_DIRTY_INODE);
    return 0;
}

/* --- size --- */

/* Sets the size of a file that may be written. file: through which it is done, or NULL. */
int path_truncate(const struct path *path, loff_t length, struct file *file)
{
    struct inode *inode = path->dentry->inode;
    struct iattr attr = {.valid = ATTR_SIZE | ATTR_MTIME, .size = length, .file = file};
    int error;

    rwsem_write_lock(&inode->rwsem);
    attr.valid |= write_kills(inode);
    error = dentry_setattr(path->dentry, &attr);
    rwsem_write_unlock(&inode->rwsem);
    return error;
}

/* --- reading --- */

void generic_fill_stat(struct inode *inode, struct kstat *stat)
{
    stat->result_mask = STATX_BASIC_STATS;
    stat->mode = inode->mode;
    stat->nlink = inode->nlink;
    stat->blksize = 1U << inode->blkbits;
    stat->attributes = 0;
    stat->attributes_mask = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
    stat->ino = inode->ino;
    stat->dev = inode->sb->dev;
    stat->rdev = inode->rdev;
    stat->uid = inode->uid;
    stat->gid = inode->gid;
    stat->size = READ_ONCE(inode->size);
    stat->atime = inode->atime;
    stat->mtime = inode->mtime;
    stat->ctime = inode->ctime;
    stat->btime = inode->btime;
    stat->blocks = inode->blocks;
    if (inode->flags & S_IMMUTABLE)
        stat->attributes |= STATX_ATTR_IMMUTABLE;
    if (inode->flags & S_APPEND)
        stat->attributes |= STATX_ATTR_APPEND;
}

int path_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
    struct inode *inode = path->dentry->inode;

    if (likely(inode->opflags & IOP_PLAIN_GETATTR) || !inode->ops->getattr) {
        generic_fill_stat(inode, stat);
        return 0;
    }
    return inode->ops->getattr(path, stat, mask, flags);
}

/* --- new inodes --- */

void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
    inode->uid = current->cred->fsuid;
    inode->gid = current->cred->fsgid;
    if (dir && (dir->mode & S_ISGID)) {
        inode->gid = dir->gid;
        if (S_ISDIR(mode))
            mode |= S_ISGID;
        else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !in_group(inode->gid) &&
                 !capable(CAP_FSETID))
            mode &= ~S_ISGID;
    }
    inode->mode = mode;
}
