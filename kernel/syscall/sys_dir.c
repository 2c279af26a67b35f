// SPDX-License-Identifier: MIT
/* Names: mkdir(2), unlink(2), rename(2), link(2), symlink(2), mknod(2); getcwd(2), chdir(2),
 * chroot(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/arch/uaccess.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

long sys_mkdirat(int dfd, const char __user *path, unsigned int mode)
{
    char *name = path_name_get(path, false);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_mkdirat(dfd, name, mode);

    path_name_put(name);
    return error;
}

long sys_mkdir(const char __user *path, unsigned int mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknodat(int dfd, const char __user *path, unsigned int mode, unsigned int dev)
{
    char *name = path_name_get(path, false);
    int error = IS_ERR(name) ? PTR_ERR(name) : do_mknodat(dfd, name, mode, dev_decode(dev));

    path_name_put(name);
    return error;
}

long sys_mknod(const char __user *path, unsigned int mode, unsigned int dev)
{
    return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_unlinkat(int dfd, const char __user *path, int flags)
{
    char *name;
    int error;

    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    name = path_name_get(path, false);
    if (IS_ERR(name))
        return PTR_ERR(name);
    error = flags & AT_REMOVEDIR ? do_rmdirat(dfd, name) : do_unlinkat(dfd, name);
    path_name_put(name);
    return error;
}

long sys_unlink(const char __user *path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(const char __user *path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_symlinkat(const char __user *utarget, int dfd, const char __user *path)
{
    char *target = path_name_get(utarget, false), *name;
    int error;

    if (IS_ERR(target))
        return PTR_ERR(target);
    name = path_name_get(path, false);
    error = IS_ERR(name) ? PTR_ERR(name) : do_symlinkat(target, dfd, name);
    path_name_put(name);
    path_name_put(target);
    return error;
}

long sys_symlink(const char __user *target, const char __user *path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_linkat(int old_dfd, const char __user *old_path, int new_dfd, const char __user *new_path,
                int flags)
{
    char *old_name = path_name_get(old_path, flags & AT_EMPTY_PATH), *new_name;
    int error;

    if (IS_ERR(old_name))
        return PTR_ERR(old_name);
    new_name = path_name_get(new_path, false);
    error = IS_ERR(new_name) ? PTR_ERR(new_name)
                             : do_linkat(old_dfd, old_name, new_dfd, new_name, flags);
    path_name_put(new_name);
    path_name_put(old_name);
    return error;
}

long sys_link(const char __user *old_path, const char __user *new_path)
{
    return sys_linkat(AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

long sys_renameat2(int old_dfd, const char __user *old_path, int new_dfd,
                   const char __user *new_path, unsigned int flags)
{
    char *old_name = path_name_get(old_path, false), *new_name;
    int error;

    if (IS_ERR(old_name))
        return PTR_ERR(old_name);
    new_name = path_name_get(new_path, false);
    error = IS_ERR(new_name) ? PTR_ERR(new_name)
                             : do_renameat(old_dfd, old_name, new_dfd, new_name, flags);
    path_name_put(new_name);
    path_name_put(old_name);
    return error;
}

long sys_renameat(int old_dfd, const char __user *old_path, int new_dfd,
                  const char __user *new_path)
{
    return sys_renameat2(old_dfd, old_path, new_dfd, new_path, 0);
}

long sys_rename(const char __user *old_path, const char __user *new_path)
{
    return sys_renameat2(AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
}

/* --- where the task stands --- */

/* The text of cwd at the end of name's buffer, or ERR_PTR. */
static char *cwd_text(char *name)
{
    static const char unreachable[] = "(unreachable)";
    struct path root, cwd;
    bool reachable;
    char *text;

    fs_info_get_both(current->fs, &root, &cwd);
    text = ERR_PTR(-ENOENT);
    if (!dentry_is_unlinked(cwd.dentry)) {
        text = path_text_reachable(&cwd, &root, name, PATH_MAX, &reachable);
        if (!IS_ERR(text) && !reachable) {
            size_t len = sizeof(unreachable) - 1;

            text = text - name < (ptrdiff_t)len ? ERR_PTR(-ENAMETOOLONG) : text - len;
            if (!IS_ERR(text))
                memcpy(text, unreachable, len);
        }
    }
    path_put(&cwd);
    path_put(&root);
    return text;
}

long sys_getcwd(char __user *buf, unsigned long size)
{
    char *name = path_name_buffer(), *text;
    long len;

    if (!name)
        return -ENOMEM;
    text = cwd_text(name);
    if (IS_ERR(text)) {
        len = PTR_ERR(text);
    } else {
        len = name + PATH_MAX - text;
        if ((unsigned long)len > size)
            len = -ERANGE;
        else if (copy_to_user(buf, text, len))
            len = -EFAULT;
    }
    path_name_put(name);
    return len;
}

static int lookup_enterable(const char __user *name, struct path *path)
{
    int error = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, path);

    if (error)
        return error;
    error = inode_permission(path->dentry->inode, MAY_EXEC | MAY_CHDIR);
    if (error)
        path_put(path);
    return error;
}

long sys_chdir(const char __user *name)
{
    struct path path;
    int error = lookup_enterable(name, &path);

    if (error)
        return error;
    fs_info_set_cwd(current->fs, &path);
    path_put(&path);
    return 0;
}

long sys_fchdir(unsigned int fd)
{
    struct fd f = fd_get_raw(fd);
    int error;

    if (!f.file)
        return -EBADF;
    if (!S_ISDIR(f.file->inode->mode))
        error = -ENOTDIR;
    else
        error = inode_permission(f.file->inode, MAY_EXEC | MAY_CHDIR);
    if (!error)
        fs_info_set_cwd(current->fs, &f.file->path);
    fd_put(f);
    return error;
}

long sys_chroot(const char __user *name)
{
    struct path path;
    int error = lookup_enterable(name, &path);

    if (error)
        return error;
    if (capable(CAP_SYS_CHROOT))
        fs_info_set_root(current->fs, &path);
    else
        error = -EPERM;
    path_put(&path);
    return error;
}

long sys_umask(int mask)
{
    return __atomic_exchange_n(&current->fs->umask, (umode_t)(mask & S_IRWXUGO), __ATOMIC_RELAXED);
}
