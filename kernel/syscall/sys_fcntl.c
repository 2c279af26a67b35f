// SPDX-License-Identifier: MIT
/* fcntl(2), flock(2), ioctl(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/locks.h"
#include "../vfs/owner.h"

#include <abi/linux/ioctls.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/shmem.h>

/* --- flags --- */

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static int flags_may_become(struct file *file, int flags)
{
    struct inode *inode = file->inode;

    if ((flags ^ file->flags) & O_APPEND && (inode->flags & S_APPEND))
        return -EPERM;
    if ((flags & O_NOATIME) && !(file->flags & O_NOATIME) && !inode_owner_or_capable(inode))
        return -EPERM;
    if ((flags & O_DIRECT) && !file_pipe(file) &&
        !(file->mapping->ops && file->mapping->ops->direct_io))
        return -EINVAL;
    return 0;
}

static int file_set_flags(unsigned int fd, struct file *file, int flags)
{
    int error = flags_may_become(file, flags);

    if (!error && ((flags ^ file->flags) & O_ASYNC) && file->ops->fasync) {
        error = file->ops->fasync(fd, file, flags & O_ASYNC);
        if (error > 0)
            error = 0;
    }
    if (error)
        return error;
    spin_lock(&file->lock);
    file->flags = (flags & SETFL_MASK) | (file->flags & ~SETFL_MASK);
    spin_unlock(&file->lock);
    return 0;
}

/* --- owner --- */

static int set_owner_number(struct file *file, int number)
{
    struct pid *pid = NULL;
    int error;

    if (number == (int)0x80000000)
        return -EINVAL;
    if (number) {
        pid = pid_find_get(number < 0 ? -number : number);
        if (!pid)
            return -ESRCH;
    }
    error = file_owner_set(file, pid, number < 0 ? PIDTYPE_PGID : PIDTYPE_TGID);
    pid_put(pid);
    return error;
}

static int get_owner_number(struct file *file)
{
    struct file_owner *owner = READ_ONCE(file->owner);
    int number;

    if (!owner)
        return 0;
    spin_lock(&file->lock);
    number = pid_nr(owner->pid);
    if (owner->type == PIDTYPE_PGID)
        number = -number;
    spin_unlock(&file->lock);
    return number;
}

static const enum pid_type owner_types[] = {
    [F_OWNER_TID] = PIDTYPE_PID, [F_OWNER_PID] = PIDTYPE_TGID, [F_OWNER_PGRP] = PIDTYPE_PGID};

static int set_owner_ex(struct file *file, const struct f_owner_ex __user *user)
{
    struct f_owner_ex ex;
    struct pid *pid;
    int error;

    if (copy_from_user(&ex, user, sizeof(ex)))
        return -EFAULT;
    if (ex.type < 0 || ex.type > F_OWNER_PGRP)
        return -EINVAL;
    pid = ex.pid > 0 ? pid_find_get(ex.pid) : NULL;
    if (ex.pid && !pid)
        return -ESRCH;
    error = file_owner_set(file, pid, owner_types[ex.type]);
    pid_put(pid);
    return error;
}

static int get_owner_ex(struct file *file, struct f_owner_ex __user *user)
{
    struct file_owner *owner = READ_ONCE(file->owner);
    struct f_owner_ex ex = {.type = F_OWNER_PID};

    if (owner) {
        spin_lock(&file->lock);
        ex.pid = pid_nr(owner->pid);
        if (owner->type == PIDTYPE_PID)
            ex.type = F_OWNER_TID;
        else if (owner->type == PIDTYPE_PGID)
            ex.type = F_OWNER_PGRP;
        spin_unlock(&file->lock);
    }
    return copy_to_user(user, &ex, sizeof(ex)) ? -EFAULT : 0;
}

static int set_owner_signal(struct file *file, unsigned long sig)
{
    struct file_owner *owner;

    if (sig > NSIG)
        return -EINVAL;
    owner = file_owner_get(file);
    if (!owner)
        return -ENOMEM;
    WRITE_ONCE(owner->sig, sig);
    return 0;
}

/* --- fcntl --- */

/* What is allowed on a descriptor that is only a path. */
static bool works_on_path(unsigned int cmd)
{
    return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
           cmd == F_GETFL || cmd == F_DUPFD_QUERY;
}

static long dup_query(struct file *file, unsigned int other)
{
    struct fd f = fd_get_raw(other);
    bool same = f.file == file;

    if (!f.file)
        return -EBADF;
    fd_put(f);
    return same;
}

static long fcntl_owner(struct file *file, unsigned int cmd, unsigned long arg)
{
    switch (cmd) {
    case F_GETOWN: return get_owner_number(file);
    case F_SETOWN: return set_owner_number(file, arg);
    case F_GETOWN_EX: return get_owner_ex(file, (struct f_owner_ex __user *)arg);
    case F_SETOWN_EX: return set_owner_ex(file, (const struct f_owner_ex __user *)arg);
    case F_GETSIG: return file->owner ? READ_ONCE(file->owner->sig) : 0;
    case F_SETSIG: return set_owner_signal(file, arg);
    default: return -EINVAL;
    }
}

static long fcntl_file(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
    switch (cmd) {
    case F_DUPFD: return fd_dup_from(fd, arg, 0);
    case F_DUPFD_CLOEXEC: return fd_dup_from(fd, arg, O_CLOEXEC);
    case F_DUPFD_QUERY: return dup_query(file, arg);
    case F_GETFD: return task_fd_is_cloexec(current, fd) ? FD_CLOEXEC : 0;
    case F_SETFD: return fd_set_cloexec(fd, arg & FD_CLOEXEC);
    case F_GETFL: return file->flags;
    case F_SETFL: return file_set_flags(fd, file, arg);
    case F_GETLK:
    case F_OFD_GETLK: return lock_fcntl_get(file, cmd, (struct flock __user *)arg);
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: return lock_fcntl_set(fd, file, cmd, (struct flock __user *)arg);
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ: return pipe_fcntl(file, cmd, arg);
    case F_ADD_SEALS:
    case F_GET_SEALS: return shmem_fcntl(file, cmd, arg);
    default: return fcntl_owner(file, cmd, arg);
    }
}

long sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
    struct fd f = fd_get_raw(fd);
    long ret = -EBADF;

    if (!f.file)
        return -EBADF;
    if (!(f.file->mode & FMODE_PATH) || works_on_path(cmd))
        ret = fcntl_file(fd, f.file, cmd, arg);
    fd_put(f);
    return ret;
}

long sys_flock(unsigned int fd, unsigned int cmd)
{
    struct fd f = fd_get(fd);
    long ret;

    if (!f.file)
        return -EBADF;
    ret = lock_flock(f.file, cmd);
    fd_put(f);
    return ret;
}

/* --- ioctl --- */

static long set_file_flag(unsigned int fd, struct file *file, int flag, const int __user *user)
{
    int on, error = 0;

    if (get_user(on, user))
        return -EFAULT;
    if (flag == O_ASYNC && !!on != !!(file->flags & O_ASYNC)) {
        error = file->ops->fasync ? file->ops->fasync(fd, file, on) : -ENOTTY;
        if (error < 0)
            return error;
    }
    spin_lock(&file->lock);
    file->flags = on ? file->flags | flag : file->flags & ~flag;
    spin_unlock(&file->lock);
    return 0;
}

static long size_query(struct file *file, loff_t __user *user)
{
    umode_t mode = file->inode->mode;

    if (!S_ISDIR(mode) && !S_ISREG(mode) && !S_ISLNK(mode))
        return -ENOTTY;
    return put_user(READ_ONCE(file->inode->size), user);
}

static long ioctl_file(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
    long ret;

    switch (cmd) {
    case FIOCLEX: return fd_set_cloexec(fd, true);
    case FIONCLEX: return fd_set_cloexec(fd, false);
    case FIONBIO: return set_file_flag(fd, file, O_NONBLOCK, (const int __user *)arg);
    case FIOASYNC: return set_file_flag(fd, file, O_ASYNC, (const int __user *)arg);
    case FIOQSIZE: return size_query(file, (loff_t __user *)arg);
    }
    ret = file->ops->ioctl ? file->ops->ioctl(file, cmd, arg) : -ENOIOCTLCMD;
    if (ret != -ENOIOCTLCMD)
        return ret;
    if (cmd == FIONREAD && S_ISREG(file->inode->mode))
        return put_user((int)(READ_ONCE(file->inode->size) - file->pos), (int __user *)arg);
    return -ENOTTY;
}

long sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
    struct fd f = fd_get(fd);
    long ret;

    if (!f.file)
        return -EBADF;
    ret = ioctl_file(fd, f.file, cmd, arg);
    fd_put(f);
    return ret;
}
