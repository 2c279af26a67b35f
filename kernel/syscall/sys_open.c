// SPDX-License-Identifier: MIT
/* open(2), openat2(2), close(2), close_range(2), dup(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/sched/task.h>
#include <kernel/syscall/copy_struct.h>

static long open_checked(int dfd, const char __user *path, const struct open_request *req)
{
    char *name = path_name_get(path, false);
    struct file *file;
    int fd;

    if (IS_ERR(name))
        return PTR_ERR(name);
    fd = fd_alloc(req->flags);
    if (fd >= 0) {
        file = path_open(dfd, name, req);
        if (IS_ERR(file)) {
            fd_cancel(fd);
            fd = PTR_ERR(file);
        } else {
            fd_install(fd, file);
        }
    }
    path_name_put(name);
    return fd;
}

/* open(2) ignores flags that it does not know, and the mode where none is needed. */
#define OPEN_KNOWN_FLAGS                                                                   \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |  \
     O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | \
     O_PATH | __O_TMPFILE)

static long open_legacy(int dfd, const char __user *path, int flags, umode_t mode)
{
    struct open_how how = {.flags = (flags & OPEN_KNOWN_FLAGS) | O_LARGEFILE};
    struct open_request req;
    int error;

    if (how.flags & O_PATH)
        how.flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
    if (how.flags & (O_CREAT | __O_TMPFILE))
        how.mode = mode & S_IALLUGO;
    error = open_flags_check(&how, &req);
    return error ?: open_checked(dfd, path, &req);
}

long sys_open(const char __user *path, int flags, unsigned int mode)
{
    return open_legacy(AT_FDCWD, path, flags, mode);
}

long sys_creat(const char __user *path, unsigned int mode)
{
    return open_legacy(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

long sys_openat(int dfd, const char __user *path, int flags, unsigned int mode)
{
    return open_legacy(dfd, path, flags, mode);
}

long sys_openat2(int dfd, const char __user *path, const struct open_how __user *uhow, size_t size)
{
    struct open_request req;
    struct open_how how;
    int error;

    if (size < OPEN_HOW_SIZE_VER0)
        return -EINVAL;
    error = copy_struct_from_user(&how, sizeof(how), uhow, size);
    if (error)
        return error;
    if (!(how.flags & O_PATH))
        how.flags |= O_LARGEFILE;
    error = open_flags_check(&how, &req);
    return error ?: open_checked(dfd, path, &req);
}

long sys_close(unsigned int fd)
{
    int error = fd_close(fd);

    /* The descriptor is gone: there is nothing that could be tried again. */
    if (unlikely(error == -ERESTARTSYS || error == -ERESTARTNOINTR || error == -ERESTARTNOHAND))
        return -EINTR;
    return error;
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
    if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
        return -EINVAL;
    if (first > last)
        return -EINVAL;
    if (flags & CLOSE_RANGE_UNSHARE) {
        int error = files_unshare_current();

        if (error)
            return error;
    }
    return fd_close_range(first, last, flags & CLOSE_RANGE_CLOEXEC);
}

long sys_dup(unsigned int old_fd)
{
    return fd_dup_from(old_fd, 0, 0);
}

long sys_dup3(unsigned int old_fd, unsigned int new_fd, int flags)
{
    if ((flags & ~O_CLOEXEC) || old_fd == new_fd)
        return -EINVAL;
    return fd_dup_to(old_fd, new_fd, flags);
}

long sys_dup2(unsigned int old_fd, unsigned int new_fd)
{
    struct fd f;

    if (old_fd != new_fd)
        return fd_dup_to(old_fd, new_fd, 0);
    f = fd_get_raw(old_fd);
    if (!f.file)
        return -EBADF;
    fd_put(f);
    return new_fd;
}
