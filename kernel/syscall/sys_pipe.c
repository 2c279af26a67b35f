// SPDX-License-Identifier: MIT
/* pipe(2), memfd_create(2), getrandom(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/arch/uaccess.h>
#include <kernel/base/random.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/shmem.h>

long sys_pipe2(int __user *ufds, int flags)
{
    struct file *files[2];
    int fds[2], error;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    fds[0] = fd_alloc(flags);
    if (fds[0] < 0)
        return fds[0];
    fds[1] = fd_alloc(flags);
    if (fds[1] < 0) {
        fd_cancel(fds[0]);
        return fds[1];
    }
    error = pipe_create(files, flags);
    if (!error && copy_to_user(ufds, fds, sizeof(fds))) {
        file_put(files[0]);
        file_put(files[1]);
        error = -EFAULT;
    }
    if (error) {
        fd_cancel(fds[0]);
        fd_cancel(fds[1]);
        return error;
    }
    fd_install(fds[0], files[0]);
    fd_install(fds[1], files[1]);
    return 0;
}

long sys_pipe(int __user *ufds)
{
    return sys_pipe2(ufds, 0);
}

#define MEMFD_PREFIX   "memfd:"
#define MEMFD_NAME_MAX (NAME_MAX - (sizeof(MEMFD_PREFIX) - 1))

long sys_memfd_create(const char __user *uname, unsigned int flags)
{
    char name[NAME_MAX + 1] = MEMFD_PREFIX;
    struct file *file;
    ssize_t len;
    int fd;

    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        return -EINVAL; /* huge pages too: there are none here */
    len = strncpy_from_user(name + sizeof(MEMFD_PREFIX) - 1, uname, MEMFD_NAME_MAX + 1);
    if (len < 0)
        return len;
    if (len > (ssize_t)MEMFD_NAME_MAX)
        return -EINVAL;
    fd = fd_alloc(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
    if (fd < 0)
        return fd;
    file = shmem_file_create(name, 0, flags & MFD_ALLOW_SEALING ? SHMEM_ALLOW_SEALS : 0);
    if (IS_ERR(file)) {
        fd_cancel(fd);
        return PTR_ERR(file);
    }
    fd_install(fd, file);
    return fd;
}

long sys_getrandom(char __user *buf, size_t count, unsigned int flags)
{
    u8 block[256];
    size_t done = 0;

    if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    count = min_t(size_t, count, 0x1ffffff);
    while (done < count) {
        size_t n = min(count - done, sizeof(block));

        random_bytes(block, n);
        if (copy_to_user(buf + done, block, n)) {
            memzero_explicit(block, sizeof(block));
            return done ? (long)done : -EFAULT;
        }
        done += n;
        if (done < count && signal_pending(current))
            break;
        cond_resched();
    }
    memzero_explicit(block, sizeof(block));
    return done;
}
