// SPDX-License-Identifier: MIT
/* read(2), write(2) and their kin, lseek(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/arch/uaccess.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

long sys_read(unsigned int fd, char __user *buf, size_t count)
{
    struct fd f = fd_get_pos(fd);
    ssize_t ret;

    if (unlikely(!f.file))
        return -EBADF;
    ret = vfs_read(f.file, buf, count, &f.file->pos);
    fd_put_pos(f);
    return ret;
}

long sys_write(unsigned int fd, const char __user *buf, size_t count)
{
    struct fd f = fd_get_pos(fd);
    ssize_t ret;

    if (unlikely(!f.file))
        return -EBADF;
    ret = vfs_write(f.file, buf, count, &f.file->pos);
    fd_put_pos(f);
    return ret;
}

long sys_pread64(unsigned int fd, char __user *buf, size_t count, loff_t pos)
{
    ssize_t ret = -ESPIPE;
    struct fd f;

    if (pos < 0)
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    if (f.file->mode & FMODE_PREAD)
        ret = vfs_read(f.file, buf, count, &pos);
    fd_put(f);
    return ret;
}

long sys_pwrite64(unsigned int fd, const char __user *buf, size_t count, loff_t pos)
{
    ssize_t ret = -ESPIPE;
    struct fd f;

    if (pos < 0)
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    if (f.file->mode & FMODE_PWRITE)
        ret = vfs_write(f.file, buf, count, &pos);
    fd_put(f);
    return ret;
}

/* --- vectors --- */

#define FAST_IOVECS 8

static ssize_t vector_io(struct file *file, const struct iovec __user *vec, unsigned long nr,
                         loff_t *pos, u32 rwf, bool write)
{
    struct iovec fast[FAST_IOVECS], *iov = fast;
    struct iov_iter iter;
    ssize_t ret;

    if (!(file->mode & (write ? FMODE_WRITE : FMODE_READ)))
        return -EBADF;
    ret = import_iovec(write, vec, nr, FAST_IOVECS, fast, &iov, &iter);
    if (ret < 0)
        return ret;
    if (!ret && !(rwf & ~RWF_HIPRI))
        ret = file->mode & (write ? FMODE_CAN_WRITE : FMODE_CAN_READ) ? 0 : -EINVAL;
    else
        ret = write ? vfs_writev(file, &iter, pos, rwf) : vfs_readv(file, &iter, pos, rwf);
    if (iov != fast)
        kfree(iov);
    return ret;
}

static long vector_at_file_pos(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
                               u32 rwf, bool write)
{
    struct fd f = fd_get_pos(fd);
    ssize_t ret;

    if (!f.file)
        return -EBADF;
    ret = vector_io(f.file, vec, nr, &f.file->pos, rwf, write);
    fd_put_pos(f);
    return ret;
}

static long vector_at(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
                      u32 rwf, bool write)
{
    ssize_t ret = -ESPIPE;
    struct fd f;

    if (pos < 0)
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    if (f.file->mode & (write ? FMODE_PWRITE : FMODE_PREAD))
        ret = vector_io(f.file, vec, nr, &pos, rwf, write);
    fd_put(f);
    return ret;
}

long sys_readv(unsigned int fd, const struct iovec __user *vec, unsigned long nr)
{
    return vector_at_file_pos(fd, vec, nr, 0, false);
}

long sys_writev(unsigned int fd, const struct iovec __user *vec, unsigned long nr)
{
    return vector_at_file_pos(fd, vec, nr, 0, true);
}

/* The offset comes in two halves; on a 64-bit machine the first has it all. */
long sys_preadv(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
                unsigned long pos_low, unsigned long pos_high)
{
    return vector_at(fd, vec, nr, pos_low, 0, false);
}

long sys_pwritev(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
                 unsigned long pos_low, unsigned long pos_high)
{
    return vector_at(fd, vec, nr, pos_low, 0, true);
}

long sys_preadv2(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
                 unsigned long pos_low, unsigned long pos_high, int flags)
{
    if ((loff_t)pos_low == -1)
        return vector_at_file_pos(fd, vec, nr, flags, false);
    return vector_at(fd, vec, nr, pos_low, flags, false);
}

long sys_pwritev2(unsigned int fd, const struct iovec __user *vec, unsigned long nr,
                  unsigned long pos_low, unsigned long pos_high, int flags)
{
    if ((loff_t)pos_low == -1)
        return vector_at_file_pos(fd, vec, nr, flags, true);
    return vector_at(fd, vec, nr, pos_low, flags, true);
}

long sys_lseek(unsigned int fd, loff_t offset, unsigned int whence)
{
    struct fd f = fd_get_pos(fd);
    loff_t ret = -EINVAL;

    if (!f.file)
        return -EBADF;
    if (whence <= SEEK_HOLE)
        ret = vfs_llseek(f.file, offset, whence);
    fd_put_pos(f);
    return ret;
}
