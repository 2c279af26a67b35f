// SPDX-License-Identifier: MIT
/* chmod(2), chown(2), utimensat(2), truncate(2) and their kin. */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/arch/uaccess.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

static int setattr_at(int dfd, const char __user *name, unsigned int lookup, struct iattr *attr)
{
    struct path path;
    int error = path_lookup_user(dfd, name, lookup, &path);

    if (error)
        return error;
    error = path_setattr(&path, attr);
    path_put(&path);
    return error;
}

static int setattr_fd(unsigned int fd, struct iattr *attr)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = path_setattr(&f.file->path, attr);
    fd_put(f);
    return error;
}

static unsigned int at_to_lookup(int flags)
{
    return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
           (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* --- mode --- */

static int chmod_path(const struct path *path, umode_t mode)
{
    struct iattr attr = {.valid = ATTR_MODE, .mode = mode & S_IALLUGO};

    /* The mode of a symlink means nothing and cannot be set. */
    if (S_ISLNK(path->dentry->inode->mode))
        return -EOPNOTSUPP;
    return path_setattr(path, &attr);
}

long sys_fchmodat2(int dfd, const char __user *name, unsigned int mode, unsigned int flags)
{
    struct path path;
    int error;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    error = path_lookup_user(dfd, name, at_to_lookup(flags), &path);
    if (error)
        return error;
    error = chmod_path(&path, mode);
    path_put(&path);
    return error;
}

long sys_fchmodat(int dfd, const char __user *name, unsigned int mode)
{
    return sys_fchmodat2(dfd, name, mode, 0);
}

long sys_chmod(const char __user *name, unsigned int mode)
{
    return sys_fchmodat2(AT_FDCWD, name, mode, 0);
}

long sys_fchmod(unsigned int fd, unsigned int mode)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = chmod_path(&f.file->path, mode);
    fd_put(f);
    return error;
}

/* --- owner --- */

/* A change of owner takes the set-id bits away, from everybody's files but directories. */
static int chown_path(const struct path *path, uid_t uid, gid_t gid)
{
    struct iattr attr = {.valid = ATTR_CTIME, .uid = uid, .gid = gid};

    if (uid != (uid_t)-1)
        attr.valid |= ATTR_UID;
    if (gid != (gid_t)-1)
        attr.valid |= ATTR_GID;
    if (!S_ISDIR(path->dentry->inode->mode))
        attr.valid |= ATTR_KILL_SUID | ATTR_KILL_SGID;
    return path_setattr(path, &attr);
}

long sys_fchownat(int dfd, const char __user *name, unsigned int uid, unsigned int gid, int flags)
{
    struct path path;
    int error;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    error = path_lookup_user(dfd, name, at_to_lookup(flags), &path);
    if (error)
        return error;
    error = chown_path(&path, uid, gid);
    path_put(&path);
    return error;
}

long sys_chown(const char __user *name, unsigned int uid, unsigned int gid)
{
    return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

long sys_lchown(const char __user *name, unsigned int uid, unsigned int gid)
{
    return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(unsigned int fd, unsigned int uid, unsigned int gid)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = chown_path(&f.file->path, uid, gid);
    fd_put(f);
    return error;
}

/* --- times --- */

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static bool nsec_valid(s64 nsec)
{
    return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < NSEC_PER_SEC);
}

/* What two times (NULL: now, both) ask for. */
static void times_to_attr(const struct timespec64 *times, struct iattr *attr)
{
    attr->valid = ATTR_CTIME | ATTR_ATIME | ATTR_MTIME;
    if (!times)
        return;
    if (times[0].tv_nsec == UTIME_OMIT) {
        attr->valid &= ~ATTR_ATIME;
    } else if (times[0].tv_nsec != UTIME_NOW) {
        attr->valid |= ATTR_ATIME_SET;
        attr->atime = times[0];
    }
    if (times[1].tv_nsec == UTIME_OMIT) {
        attr->valid &= ~ATTR_MTIME;
    } else if (times[1].tv_nsec != UTIME_NOW) {
        attr->valid |= ATTR_MTIME_SET;
        attr->mtime = times[1];
    }
    /* One of them now and the other not is the owner's business: as if both were given. */
    if ((times[0].tv_nsec == UTIME_NOW) != (times[1].tv_nsec == UTIME_NOW)) {
        struct timespec64 now = ktime_real();

        if (times[0].tv_nsec == UTIME_NOW) {
            attr->valid |= ATTR_ATIME_SET;
            attr->atime = now;
        } else {
            attr->valid |= ATTR_MTIME_SET;
            attr->mtime = now;
        }
    }
}

static long utimens_common(int dfd, const char __user *name, const struct timespec64 *times,
                           int flags)
{
    struct iattr attr = {};

    if (times) {
        if (!nsec_valid(times[0].tv_nsec) || !nsec_valid(times[1].tv_nsec))
            return -EINVAL;
        if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
            return 0;
    }
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    times_to_attr(times, &attr);
    /* Without a name it is the descriptor's file (futimens). */
    if (!name && dfd != AT_FDCWD)
        return flags ? -EINVAL : setattr_fd(dfd, &attr);
    return setattr_at(dfd, name, at_to_lookup(flags), &attr);
}

long sys_utimensat(int dfd, const char __user *name, const struct timespec64 __user *utimes,
                   int flags)
{
    struct timespec64 times[2];

    if (utimes && copy_from_user(times, utimes, sizeof(times)))
        return -EFAULT;
    return utimens_common(dfd, name, utimes ? times : NULL, flags);
}

struct linux_utimbuf {
    long actime, modtime;
};

long sys_utime(const char __user *name, const struct linux_utimbuf __user *utimes)
{
    struct linux_utimbuf buf;
    struct timespec64 times[2] = {};

    if (utimes) {
        if (copy_from_user(&buf, utimes, sizeof(buf)))
            return -EFAULT;
        times[0].tv_sec = buf.actime;
        times[1].tv_sec = buf.modtime;
    }
    return utimens_common(AT_FDCWD, name, utimes ? times : NULL, 0);
}

long sys_futimesat(int dfd, const char __user *name, const struct timespec64 __user *utimes)
{
    struct timespec64 times[2]; /* struct timeval has the same shape, with microseconds */

    if (utimes) {
        if (copy_from_user(times, utimes, sizeof(times)))
            return -EFAULT;
        for (unsigned int i = 0; i < 2; i++) {
            if (times[i].tv_nsec < 0 || times[i].tv_nsec >= USEC_PER_SEC)
                return -EINVAL;
            times[i].tv_nsec *= NSEC_PER_USEC;
        }
    }
    return utimens_common(dfd, name, utimes ? times : NULL, 0);
}

long sys_utimes(const char __user *name, const struct timespec64 __user *utimes)
{
    return sys_futimesat(AT_FDCWD, name, utimes);
}

/* --- size --- */

static int truncate_checked(const struct path *path, loff_t length)
{
    struct inode *inode = path->dentry->inode;
    int error;

    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode))
        return -EINVAL;
    error = mount_want_write(path->mnt);
    if (error)
        return error;
    error = inode_permission(inode, MAY_WRITE);
    if (!error && (inode->flags & S_APPEND))
        error = -EPERM;
    if (!error)
        error = inode_get_write(inode);
    if (!error) {
        error = path_truncate(path, length, NULL);
        atomic_dec(&inode->writers);
    }
    mount_drop_write(path->mnt);
    return error;
}

long sys_truncate(const char __user *name, long length)
{
    struct path path;
    int error;

    if (length < 0)
        return -EINVAL;
    error = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
    if (error)
        return error;
    error = truncate_checked(&path, length);
    path_put(&path);
    return error;
}

long sys_ftruncate(unsigned int fd, unsigned long length)
{
    int error = -EINVAL;
    struct fd f;

    if ((long)length < 0)
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    if ((f.file->mode & FMODE_WRITE) && S_ISREG(f.file->inode->mode)) {
        error =
            f.file->inode->flags & S_APPEND ? -EPERM : path_truncate(&f.file->path, length, f.file);
    }
    fd_put(f);
    return error;
}
