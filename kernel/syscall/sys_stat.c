// SPDX-License-Identifier: MIT
/* stat(2), statx(2), statfs(2), access(2), readlink(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <abi/linux/mount.h>
#include <kernel/arch/uaccess.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

static long stat_to_user(const struct kstat *stat, struct stat __user *to)
{
    struct stat st = {
        .st_dev = dev_encode(stat->dev),
        .st_ino = stat->ino,
        .st_nlink = stat->nlink,
        .st_mode = stat->mode,
        .st_uid = stat->uid,
        .st_gid = stat->gid,
        .st_rdev = dev_encode(stat->rdev),
        .st_size = stat->size,
        .st_blksize = stat->blksize,
        .st_blocks = stat->blocks,
        .st_atime = stat->atime.tv_sec,
        .st_atime_nsec = stat->atime.tv_nsec,
        .st_mtime = stat->mtime.tv_sec,
        .st_mtime_nsec = stat->mtime.tv_nsec,
        .st_ctime = stat->ctime.tv_sec,
        .st_ctime_nsec = stat->ctime.tv_nsec,
    };

    return copy_to_user(to, &st, sizeof(st)) ? -EFAULT : 0;
}

static int stat_fd(unsigned int fd, struct kstat *stat, u32 mask, unsigned int flags)
{
    struct fd f = fd_get_raw(fd);
    int error;

    if (unlikely(!f.file))
        return -EBADF;
    error = path_getattr(&f.file->path, stat, mask, flags);
    fd_put(f);
    return error;
}

/* An empty name with AT_EMPTY_PATH is the descriptor itself, without any walk. */
static bool name_is_empty(const char __user *path)
{
    char c;

    return !get_user(c, path) && !c;
}

static int stat_path(int dfd, const char __user *name, struct kstat *stat, u32 mask, int flags)
{
    unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
    struct path path;
    int error;

    if (flags & AT_EMPTY_PATH) {
        if (dfd >= 0 && name_is_empty(name))
            return stat_fd(dfd, stat, mask, flags);
        lookup |= LOOKUP_EMPTY;
    }
    error = path_lookup_user(dfd, name, lookup, &path);
    if (error)
        return error;
    error = path_getattr(&path, stat, mask, flags);
    path_put(&path);
    return error;
}

static long stat_common(int dfd, const char __user *name, struct stat __user *to, int flags)
{
    struct kstat stat;
    int error = stat_path(dfd, name, &stat, STATX_BASIC_STATS, flags);

    return error ?: stat_to_user(&stat, to);
}

long sys_stat(const char __user *path, struct stat __user *to)
{
    return stat_common(AT_FDCWD, path, to, 0);
}

long sys_lstat(const char __user *path, struct stat __user *to)
{
    return stat_common(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW);
}

long sys_newfstatat(int dfd, const char __user *path, struct stat __user *to, int flags)
{
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
        return -EINVAL;
    return stat_common(dfd, path, to, flags);
}

long sys_fstat(unsigned int fd, struct stat __user *to)
{
    struct kstat stat;
    int error = stat_fd(fd, &stat, STATX_BASIC_STATS, 0);

    return error ?: stat_to_user(&stat, to);
}

/* --- statx --- */

static struct statx_timestamp stamp(const struct timespec64 *ts)
{
    return (struct statx_timestamp){.tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec};
}

static void statx_fill(struct statx *stx, const struct kstat *stat, const struct path *path)
{
    memset(stx, 0, sizeof(*stx));
    stx->stx_mask = stat->result_mask | STATX_MNT_ID;
    stx->stx_blksize = stat->blksize;
    stx->stx_attributes = stat->attributes;
    stx->stx_attributes_mask = stat->attributes_mask | STATX_ATTR_MOUNT_ROOT;
    stx->stx_nlink = stat->nlink;
    stx->stx_uid = stat->uid;
    stx->stx_gid = stat->gid;
    stx->stx_mode = stat->mode;
    stx->stx_ino = stat->ino;
    stx->stx_size = stat->size;
    stx->stx_blocks = stat->blocks;
    stx->stx_atime = stamp(&stat->atime);
    stx->stx_mtime = stamp(&stat->mtime);
    stx->stx_ctime = stamp(&stat->ctime);
    if (stat->result_mask & STATX_BTIME)
        stx->stx_btime = stamp(&stat->btime);
    stx->stx_rdev_major = MAJOR(stat->rdev);
    stx->stx_rdev_minor = MINOR(stat->rdev);
    stx->stx_dev_major = MAJOR(stat->dev);
    stx->stx_dev_minor = MINOR(stat->dev);
    stx->stx_mnt_id = path->mnt->id;
    if (path->dentry == path->mnt->root)
        stx->stx_attributes |= STATX_ATTR_MOUNT_ROOT;
}

static int statx_path(int dfd, const char __user *name, int flags, u32 mask, struct statx *stx)
{
    unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
    struct kstat stat;
    struct path path;
    int error;

    if (flags & AT_EMPTY_PATH)
        lookup |= LOOKUP_EMPTY;
    error = path_lookup_user(dfd, name, lookup, &path);
    if (error)
        return error;
    error = path_getattr(&path, &stat, mask, flags);
    if (!error)
        statx_fill(stx, &stat, &path);
    path_put(&path);
    return error;
}

long sys_statx(int dfd, const char __user *path, unsigned int flags, unsigned int mask,
               struct statx __user *to)
{
    struct statx stx;
    int error;

    if (mask & STATX__RESERVED)
        return -EINVAL;
    if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
        (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)))
        return -EINVAL;
    error = statx_path(dfd, path, flags, mask, &stx);
    if (error)
        return error;
    return copy_to_user(to, &stx, sizeof(stx)) ? -EFAULT : 0;
}

/* --- statfs --- */

static u64 mount_st_flags(const struct mount *mnt)
{
    static const struct {
        u32 mnt, st;
    } map[] = {{MNT_READONLY, ST_RDONLY},   {MNT_NOSUID, ST_NOSUID},
               {MNT_NODEV, ST_NODEV},       {MNT_NOEXEC, ST_NOEXEC},
               {MNT_NOATIME, ST_NOATIME},   {MNT_NODIRATIME, ST_NODIRATIME},
               {MNT_RELATIME, ST_RELATIME}, {MNT_NOSYMFOLLOW, ST_NOSYMFOLLOW}};
    u64 flags = ST_VALID;

    for (unsigned int i = 0; i < ARRAY_SIZE(map); i++)
        flags |= mnt->flags & map[i].mnt ? map[i].st : 0;
    if (mnt->sb->flags & SB_RDONLY)
        flags |= ST_RDONLY;
    if (mnt->sb->flags & SB_SYNCHRONOUS)
        flags |= ST_SYNCHRONOUS;
    return flags;
}

static int statfs_path(const struct path *path, struct statfs __user *to)
{
    struct super_block *sb = path->dentry->sb;
    struct kstatfs st = {};
    struct statfs out = {};
    int error = sb->ops->statfs ? sb->ops->statfs(path->dentry, &st) : -ENOSYS;

    if (error)
        return error;
    out.f_type = st.type;
    out.f_bsize = st.bsize;
    out.f_blocks = st.blocks;
    out.f_bfree = st.bfree;
    out.f_bavail = st.bavail;
    out.f_files = st.files;
    out.f_ffree = st.ffree;
    out.f_fsid[0] = st.fsid[0] ?: dev_encode(sb->dev);
    out.f_fsid[1] = st.fsid[1];
    out.f_namelen = st.namelen;
    out.f_frsize = st.frsize ?: st.bsize;
    out.f_flags = st.flags | mount_st_flags(path->mnt);
    return copy_to_user(to, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_statfs(const char __user *name, struct statfs __user *to)
{
    struct path path;
    int error = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &path);

    if (error)
        return error;
    error = statfs_path(&path, to);
    path_put(&path);
    return error;
}

long sys_fstatfs(unsigned int fd, struct statfs __user *to)
{
    struct fd f = fd_get_raw(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = statfs_path(&f.file->path, to);
    fd_put(f);
    return error;
}

/* --- access --- */

/* access(2) asks for the real user: its identity, and capabilities only if it is root. Returns what
 * to go back to, NULL when nothing differs, ERR_PTR. */
static const struct cred *become_real(void)
{
    const struct cred *old = current->cred;
    struct cred *cred;

    if (old->fsuid == old->uid && old->fsgid == old->gid &&
        old->cap_effective == (old->uid ? 0 : old->cap_permitted))
        return NULL;
    cred = cred_prepare();
    if (!cred)
        return ERR_PTR(-ENOMEM);
    cred->fsuid = cred->uid;
    cred->fsgid = cred->gid;
    cred->cap_effective = cred->uid ? 0 : cred->cap_permitted;
    rcu_assign_pointer(current->cred, cred);
    return old;
}

static void become_again(const struct cred *old)
{
    const struct cred *cred = current->cred;

    if (!old)
        return;
    rcu_assign_pointer(current->cred, old);
    cred_put(cred);
}

static int access_path(const struct path *path, int mode)
{
    struct inode *inode = path->dentry->inode;
    int error;

    if ((mode & MAY_EXEC) && S_ISREG(inode->mode) && (path->mnt->flags & MNT_NOEXEC))
        return -EACCES;
    error = inode_permission(inode, mode | MAY_ACCESS);
    if (error || !(mode & MAY_WRITE))
        return error;
    /* Devices and pipes can be written where the file system cannot. */
    if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode) || S_ISFIFO(inode->mode) ||
        S_ISSOCK(inode->mode))
        return 0;
    return mount_is_readonly(path->mnt) ? -EROFS : 0;
}

static long access_common(int dfd, const char __user *name, int mode, int flags)
{
    unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
    const struct cred *old = NULL;
    struct path path;
    int error;

    if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    if (flags & AT_EMPTY_PATH)
        lookup |= LOOKUP_EMPTY;
    if (!(flags & AT_EACCESS)) {
        old = become_real();
        if (IS_ERR(old))
            return PTR_ERR(old);
    }
    error = path_lookup_user(dfd, name, lookup, &path);
    if (!error) {
        error = access_path(&path, mode);
        path_put(&path);
    }
    become_again(old);
    return error;
}

long sys_access(const char __user *path, int mode)
{
    return access_common(AT_FDCWD, path, mode, 0);
}

long sys_faccessat(int dfd, const char __user *path, int mode)
{
    return access_common(dfd, path, mode, 0);
}

long sys_faccessat2(int dfd, const char __user *path, int mode, int flags)
{
    return access_common(dfd, path, mode, flags);
}

/* --- readlink --- */

static int readlink_path(const struct path *path, char __user *buf, int size)
{
    struct inode *inode = path->dentry->inode;
    void (*done)(void *) = NULL;
    void *cookie = NULL;
    const char *body;
    int len;

    if (inode->ops->readlink)
        return inode->ops->readlink(path->dentry, buf, size);
    if (!S_ISLNK(inode->mode) || !inode->ops->get_link)
        return -EINVAL;
    inode_touch_atime(path);
    body = inode->ops->get_link(path->dentry, inode, &done, &cookie);
    if (IS_ERR_OR_NULL(body))
        return body ? PTR_ERR(body) : -EINVAL;
    len = min_t(size_t, strlen(body), size);
    if (copy_to_user(buf, body, len))
        len = -EFAULT;
    if (done)
        done(cookie);
    return len;
}

long sys_readlinkat(int dfd, const char __user *name, char __user *buf, int size)
{
    struct path path;
    int ret;

    if (size <= 0)
        return -EINVAL;
    ret = path_lookup_user(dfd, name, LOOKUP_EMPTY, &path);
    if (ret)
        return ret;
    /* "" is for descriptors of symlinks; a name of nothing is no name. */
    if (name_is_empty(name) && !S_ISLNK(path.dentry->inode->mode))
        ret = -ENOENT;
    else
        ret = readlink_path(&path, buf, size);
    path_put(&path);
    return ret;
}

long sys_readlink(const char __user *name, char __user *buf, int size)
{
    return sys_readlinkat(AT_FDCWD, name, buf, size);
}
