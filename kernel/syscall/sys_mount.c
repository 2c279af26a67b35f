// SPDX-License-Identifier: MIT
/* mount(2), umount2(2), pivot_root(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <abi/linux/mount.h>
#include <kernel/arch/uaccess.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

/* A string of at most a page; NULL stays NULL. */
static int copy_string(const char __user *user, char **to)
{
    ssize_t len;

    *to = NULL;
    if (!user)
        return 0;
    *to = kmalloc(PAGE_SIZE, GFP_KERNEL);
    if (!*to)
        return -ENOMEM;
    len = strncpy_from_user(*to, user, PAGE_SIZE);
    if (len >= 0 && len < (ssize_t)PAGE_SIZE)
        return 0;
    kfree(*to);
    *to = NULL;
    return len < 0 ? len : -EINVAL;
}

/* The data page: as much of a page as is there, a string for every file system here. */
static int copy_options(const void __user *user, char **to)
{
    size_t left;

    *to = NULL;
    if (!user)
        return 0;
    *to = kmalloc(PAGE_SIZE, GFP_KERNEL);
    if (!*to)
        return -ENOMEM;
    left = copy_from_user(*to, user, PAGE_SIZE - 1);
    if (left == PAGE_SIZE - 1) {
        kfree(*to);
        *to = NULL;
        return -EFAULT;
    }
    (*to)[PAGE_SIZE - 1] = '\0';
    return 0;
}

long sys_mount(const char __user *usource, const char __user *target, const char __user *utype,
               unsigned long flags, const void __user *udata)
{
    char *source, *type, *data = NULL;
    struct path path;
    int error = copy_string(utype, &type);

    if (error)
        return error;
    error = copy_string(usource, &source);
    if (error)
        goto free_type;
    error = copy_options(udata, &data);
    if (error)
        goto free_source;
    error = path_lookup_user(AT_FDCWD, target, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &path);
    if (error)
        goto free_data;
    error = do_mount(source, &path, type, flags, data);
    path_put(&path);
free_data:
    kfree(data);
free_source:
    kfree(source);
free_type:
    kfree(type);
    return error;
}

long sys_umount2(const char __user *target, int flags)
{
    unsigned int lookup = flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
    struct path path;
    int error;

    if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
        return -EINVAL;
    error = path_lookup_user(AT_FDCWD, target, lookup, &path);
    if (error)
        return error;
    /* "." after pivot_root(".", ".") means what lies on top: a name's last mount was followed
     * already. */
    path_follow_mounts(&path);
    error = do_umount(&path, flags);
    path_put(&path);
    return error;
}

long sys_pivot_root(const char __user *new_root, const char __user *put_old)
{
    struct path new, old;
    int error;

    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    error = path_lookup_user(AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
    if (error)
        return error;
    error = path_lookup_user(AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
    if (!error) {
        error = do_pivot_root(&new, &old);
        path_put(&old);
    }
    path_put(&new);
    return error;
}
