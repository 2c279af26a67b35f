// SPDX-License-Identifier: MIT
/* setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their forms for links and descriptors.
 */
#include <kernel/syscall/syscalls.h>

#include "../vfs/xattr.h"

#include <kernel/arch/uaccess.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

/* What the twelve calls differ in: how the file is named. */
struct xattr_target {
    const char __user *name; /* NULL: fd */
    unsigned int fd;
    bool follow;
};

/* The file's path with references. */
static int target_get(const struct xattr_target *t, struct path *path)
{
    struct fd f;

    if (t->name)
        return path_lookup_user(AT_FDCWD, t->name, t->follow ? LOOKUP_FOLLOW : 0, path);
    f = fd_get(t->fd);
    if (!f.file)
        return -EBADF;
    *path = f.file->path;
    path_get(path);
    fd_put(f);
    return 0;
}

static int name_get(const char __user *user, char name[XATTR_NAME_MAX + 1])
{
    ssize_t len = strncpy_from_user(name, user, XATTR_NAME_MAX + 1);

    if (len < 0)
        return len;
    return !len || len > XATTR_NAME_MAX ? -ERANGE : 0;
}

static long set_common(const struct xattr_target *t, const char __user *uname,
                       const void __user *uvalue, size_t size, int flags)
{
    char name[XATTR_NAME_MAX + 1];
    struct path path;
    void *value;
    int error;

    if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    error = name_get(uname, name);
    if (error)
        return error;
    if (size > XATTR_SIZE_MAX)
        return -E2BIG;
    value = kvmalloc(size ?: 1, GFP_KERNEL);
    if (!value)
        return -ENOMEM;
    error = copy_from_user(value, uvalue, size) ? -EFAULT : target_get(t, &path);
    if (!error) {
        error = vfs_setxattr(&path, name, value, size, flags);
        path_put(&path);
    }
    kvfree(value);
    return error;
}

static long remove_common(const struct xattr_target *t, const char __user *uname)
{
    char name[XATTR_NAME_MAX + 1];
    struct path path;
    int error = name_get(uname, name) ?: target_get(t, &path);

    if (error)
        return error;
    error = vfs_setxattr(&path, name, NULL, 0, XATTR_REPLACE);
    path_put(&path);
    return error;
}

/* Runs fetch with a kernel buffer of the size asked for (0: only the size is wanted). */
static long fetch_common(const struct xattr_target *t, const char *name, void __user *to,
                         size_t size, size_t max)
{
    struct path path;
    void *buf = NULL;
    ssize_t ret;

    size = min(size, max);
    if (size) {
        buf = kvmalloc(size, GFP_KERNEL);
        if (!buf)
            return -ENOMEM;
    }
    ret = target_get(t, &path);
    if (!ret) {
        ret = name ? vfs_getxattr(&path, name, buf, size) : vfs_listxattr(&path, buf, size);
        path_put(&path);
    }
    if (ret > 0 && size && copy_to_user(to, buf, ret))
        ret = -EFAULT;
    else if (ret == -ERANGE && size >= max)
        ret = -E2BIG; /* no buffer would do */
    kvfree(buf);
    return ret;
}

static long get_common(const struct xattr_target *t, const char __user *uname, void __user *to,
                       size_t size)
{
    char name[XATTR_NAME_MAX + 1];
    int error = name_get(uname, name);

    return error ?: fetch_common(t, name, to, size, XATTR_SIZE_MAX);
}

static long list_common(const struct xattr_target *t, char __user *to, size_t size)
{
    return fetch_common(t, NULL, to, size, XATTR_LIST_MAX);
}

#define BY_NAME(path) (&(const struct xattr_target){.name = (path), .follow = true})
#define BY_LINK(path) (&(const struct xattr_target){.name = (path)})
#define BY_FD(number) (&(const struct xattr_target){.fd = (number)})

long sys_setxattr(const char __user *path, const char __user *name, const void __user *value,
                  size_t size, int flags)
{
    return set_common(BY_NAME(path), name, value, size, flags);
}

long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *value,
                   size_t size, int flags)
{
    return set_common(BY_LINK(path), name, value, size, flags);
}

long sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size,
                   int flags)
{
    return set_common(BY_FD(fd), name, value, size, flags);
}

long sys_getxattr(const char __user *path, const char __user *name, void __user *value, size_t size)
{
    return get_common(BY_NAME(path), name, value, size);
}

long sys_lgetxattr(const char __user *path, const char __user *name, void __user *value,
                   size_t size)
{
    return get_common(BY_LINK(path), name, value, size);
}

long sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size)
{
    return get_common(BY_FD(fd), name, value, size);
}

long sys_listxattr(const char __user *path, char __user *list, size_t size)
{
    return list_common(BY_NAME(path), list, size);
}

long sys_llistxattr(const char __user *path, char __user *list, size_t size)
{
    return list_common(BY_LINK(path), list, size);
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
    return list_common(BY_FD(fd), list, size);
}

long sys_removexattr(const char __user *path, const char __user *name)
{
    return remove_common(BY_NAME(path), name);
}

long sys_lremovexattr(const char __user *path, const char __user *name)
{
    return remove_common(BY_LINK(path), name);
}

long sys_fremovexattr(int fd, const char __user *name)
{
    return remove_common(BY_FD(fd), name);
}
