// SPDX-License-Identifier: MIT
/* sendfile(2), splice(2), tee(2), vmsplice(2), copy_file_range(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/splice.h"

#include <kernel/arch/uaccess.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>

#define SPLICE_FLAGS (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* A position given by the user in place of the file's own. */
struct position {
    loff_t __user *user;
    loff_t value;
};

static int position_get(struct position *p, loff_t __user *user, const struct file *file)
{
    p->user = user;
    p->value = file->pos;
    if (!user)
        return 0;
    if (get_user(p->value, user))
        return -EFAULT;
    return p->value < 0 ? -EINVAL : 0;
}

static int position_put(const struct position *p, struct file *file)
{
    if (p->user)
        return put_user(p->value, p->user);
    file->pos = p->value;
    return 0;
}

/* Reading one file and writing the other must both be possible. */
static int modes_check(const struct file *in, const struct file *out)
{
    if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
        return -EBADF;
    return in->mode & FMODE_CAN_READ && out->mode & FMODE_CAN_WRITE ? 0 : -EINVAL;
}

/* --- sendfile --- */

static ssize_t sendfile_files(struct file *in, struct file *out, struct position *pos, size_t count)
{
    ssize_t ret = modes_check(in, out);

    if (ret)
        return ret;
    if (pos->user && !(in->mode & FMODE_PREAD))
        return -ESPIPE;
    if ((out->flags & O_APPEND) || !in->ops->read_iter || !out->ops->write_iter)
        return -EINVAL;
    if (file_pipe(out))
        return splice_file_to_pipe(in, &pos->value, out, count, 0);
    return file_copy(in, &pos->value, out, &out->pos, count);
}

long sys_sendfile(int out_fd, int in_fd, loff_t __user *offset, size_t count)
{
    struct fd in = fd_get(in_fd), out;
    struct position pos;
    ssize_t ret = -EBADF;

    if (!in.file)
        return -EBADF;
    out = fd_get(out_fd);
    if (!out.file)
        goto put_in;
    ret = position_get(&pos, offset, in.file);
    if (!ret)
        ret = sendfile_files(in.file, out.file, &pos, min_t(size_t, count, MAX_RW_COUNT));
    if (ret > 0 && position_put(&pos, in.file))
        ret = -EFAULT;
    fd_put(out);
put_in:
    fd_put(in);
    return ret;
}

/* --- splice --- */

static ssize_t splice_from_pipe(struct file *in, struct file *out, loff_t __user *out_off,
                                size_t len, unsigned int flags)
{
    struct position pos;
    ssize_t ret;

    if (file_pipe(out)) {
        if (out_off)
            return -ESPIPE;
        if (file_pipe(in) == file_pipe(out))
            return -EINVAL;
        return splice_pipe_to_pipe(in, out, len, flags, false);
    }
    if (out_off && !(out->mode & FMODE_PWRITE))
        return -EINVAL;
    if ((out->flags & O_APPEND) || !out->ops->write_iter)
        return -EINVAL;
    ret = position_get(&pos, out_off, out);
    if (ret)
        return ret;
    ret = splice_pipe_to_file(in, out, &pos.value, len, flags);
    return ret > 0 && position_put(&pos, out) ? -EFAULT : ret;
}

static ssize_t splice_to_pipe(struct file *in, loff_t __user *in_off, struct file *out, size_t len,
                              unsigned int flags)
{
    struct position pos;
    ssize_t ret;

    if (in_off && !(in->mode & FMODE_PREAD))
        return -EINVAL;
    if (!in->ops->read_iter)
        return -EINVAL;
    ret = position_get(&pos, in_off, in);
    if (ret)
        return ret;
    ret = splice_file_to_pipe(in, &pos.value, out, len, flags);
    return ret > 0 && position_put(&pos, in) ? -EFAULT : ret;
}

static ssize_t splice_files(struct file *in, loff_t __user *in_off, struct file *out,
                            loff_t __user *out_off, size_t len, unsigned int flags)
{
    ssize_t ret = modes_check(in, out);

    if (ret)
        return ret;
    if (file_pipe(in))
        return in_off ? -ESPIPE : splice_from_pipe(in, out, out_off, len, flags);
    if (file_pipe(out))
        return out_off ? -ESPIPE : splice_to_pipe(in, in_off, out, len, flags);
    return -EINVAL;
}

long sys_splice(int in_fd, loff_t __user *in_off, int out_fd, loff_t __user *out_off, size_t len,
                unsigned int flags)
{
    struct fd in, out;
    ssize_t ret = -EBADF;

    if (!len)
        return 0;
    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    in = fd_get(in_fd);
    if (!in.file)
        return -EBADF;
    out = fd_get(out_fd);
    if (out.file) {
        ret = splice_files(in.file, in_off, out.file, out_off, min_t(size_t, len, MAX_RW_COUNT),
                           flags);
        fd_put(out);
    }
    fd_put(in);
    return ret;
}

long sys_tee(int in_fd, int out_fd, size_t len, unsigned int flags)
{
    struct fd in, out;
    ssize_t ret = -EBADF;

    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    if (!len)
        return 0;
    in = fd_get(in_fd);
    if (!in.file)
        return -EBADF;
    out = fd_get(out_fd);
    if (out.file) {
        ret = modes_check(in.file, out.file);
        if (!ret)
            ret = !file_pipe(in.file) || !file_pipe(out.file) ||
                          file_pipe(in.file) == file_pipe(out.file)
                      ? -EINVAL
                      : splice_pipe_to_pipe(in.file, out.file, len, flags, true);
        fd_put(out);
    }
    fd_put(in);
    return ret;
}

static ssize_t vmsplice_file(struct file *file, const struct iovec __user *vec, unsigned long nr,
                             unsigned int flags)
{
    bool write = file->mode & FMODE_WRITE;
    struct iovec fast[8], *iov = fast;
    struct iov_iter iter;
    loff_t pos = 0;
    ssize_t ret;

    if (!file_pipe(file))
        return -EBADF;
    ret = import_iovec(write, vec, nr, ARRAY_SIZE(fast), fast, &iov, &iter);
    if (ret <= 0)
        return ret;
    ret = write ? splice_user_to_pipe(&iter, file, flags) : vfs_readv(file, &iter, &pos, 0);
    if (iov != fast)
        kfree(iov);
    return ret;
}

long sys_vmsplice(int fd, const struct iovec __user *vec, unsigned long nr, unsigned int flags)
{
    struct fd f;
    ssize_t ret;

    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    ret = vmsplice_file(f.file, vec, nr, flags);
    fd_put(f);
    return ret;
}

/* --- copy_file_range --- */

static int copy_range_check(const struct file *in, loff_t in_pos, const struct file *out,
                            loff_t out_pos, size_t *len)
{
    u64 size = READ_ONCE(in->inode->size), in_end, out_end;

    if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
        return -EISDIR;
    if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
        return -EINVAL;
    if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE) || (out->flags & O_APPEND))
        return -EBADF;
    if (in->inode->sb != out->inode->sb && in->inode->sb->type != out->inode->sb->type)
        return -EXDEV;
    if (out->inode->flags & (S_IMMUTABLE | S_SWAPFILE))
        return out->inode->flags & S_IMMUTABLE ? -EPERM : -ETXTBSY;
    if (check_add_overflow((u64)in_pos, (u64)*len, &in_end) ||
        check_add_overflow((u64)out_pos, (u64)*len, &out_end))
        return -EOVERFLOW;
    *len = (u64)in_pos >= size ? 0 : min_t(u64, *len, size - in_pos);
    /* Onto itself, and overlapping. */
    if (in->inode == out->inode && (u64)out_pos + *len > (u64)in_pos &&
        (u64)out_pos < (u64)in_pos + *len)
        return -EINVAL;
    return 0;
}

static ssize_t copy_range(struct file *in, loff_t __user *in_off, struct file *out,
                          loff_t __user *out_off, size_t len)
{
    struct position in_pos, out_pos;
    ssize_t ret = position_get(&in_pos, in_off, in) ?: position_get(&out_pos, out_off, out);

    if (!ret)
        ret = copy_range_check(in, in_pos.value, out, out_pos.value, &len);
    if (ret || !len)
        return ret;
    ret = file_copy(in, &in_pos.value, out, &out_pos.value, min_t(size_t, len, MAX_RW_COUNT));
    if (ret > 0 && (position_put(&in_pos, in) || position_put(&out_pos, out)))
        ret = -EFAULT;
    return ret;
}

long sys_copy_file_range(int in_fd, loff_t __user *in_off, int out_fd, loff_t __user *out_off,
                         size_t len, unsigned int flags)
{
    struct fd in = fd_get(in_fd), out;
    ssize_t ret = -EBADF;

    if (!in.file)
        return -EBADF;
    out = fd_get(out_fd);
    if (out.file) {
        ret = flags ? -EINVAL : copy_range(in.file, in_off, out.file, out_off, len);
        fd_put(out);
    }
    fd_put(in);
    return ret;
}
