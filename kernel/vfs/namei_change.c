// SPDX-License-Identifier: MIT
/*
 * Names that come and go: mkdir(2), mknod(2), symlink(2), link(2), unlink(2), rmdir(2).
 *
 * vfs_*() are the operations on locked directories with everything checked; do_*at() find the place
 * by path first. Order of locks: write access of the mount, the directory's rwsem (subclass 0), the
 * victim's rwsem (INODE_LOCK_CHILD).
 */
#include <abi/linux/inotify.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

#include "change.h"

/* --- who may --- */

int dir_may_create(struct inode *dir, struct dentry *dentry)
{
    if (dentry->inode)
        return -EEXIST;
    if (dir->flags & S_DEAD)
        return -ENOENT;
    return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory only the owners of file or directory may. */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
    uid_t uid = current->cred->fsuid;

    return (dir->mode & S_ISVTX) && uid != inode->uid && uid != dir->uid && !capable(CAP_FOWNER);
}

int dir_may_delete(struct inode *dir, struct dentry *victim, bool is_dir)
{
    struct inode *inode = victim->inode;
    int error;

    if (!inode)
        return -ENOENT;
    error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
    if (error)
        return error;
    if ((dir->flags & S_APPEND) || sticky_forbids(dir, inode) ||
        (inode->flags & (S_APPEND | S_IMMUTABLE | S_SWAPFILE)))
        return -EPERM;
    if (is_dir) {
        if (!S_ISDIR(inode->mode))
            return -ENOTDIR;
        if (dentry_is_root(victim))
            return -EBUSY;
    } else if (S_ISDIR(inode->mode)) {
        return -EISDIR;
    }
    return dir->flags & S_DEAD ? -ENOENT : 0;
}

/* --- operations on locked directories --- */

static void name_created(struct inode *dir, struct dentry *dentry, bool is_dir)
{
    if (unlikely(READ_ONCE(inotify_nr_watches)))
        inotify_name_event(dir, &dentry->name, IN_CREATE | (is_dir ? IN_ISDIR : 0), 0);
}

/* For those who watch the file itself, under whatever name. */
static void inode_links_changed(struct inode *inode)
{
    if (unlikely(READ_ONCE(inotify_nr_watches)))
        inotify_event_slow(inode, NULL, IN_ATTRIB);
}

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
    int error = dir_may_create(dir, dentry);

    if (error)
        return error;
    if (!dir->ops->create)
        return -EACCES;
    error = dir->ops->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG, excl);
    if (!error)
        name_created(dir, dentry, false);
    return error;
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
    int error = dir_may_create(dir, dentry);

    if (error)
        return error;
    if (!dir->ops->mkdir)
        return -EPERM;
    error = dir->ops->mkdir(dir, dentry, (mode & (S_IRWXUGO | S_ISVTX)) | S_IFDIR);
    if (!error)
        name_created(dir, dentry, true);
    return error;
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
    int error = dir_may_create(dir, dentry);

    if (error)
        return error;
    if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD))
        return -EPERM;
    if (!dir->ops->mknod)
        return -EPERM;
    error = dir->ops->mknod(dir, dentry, mode, dev);
    if (!error)
        name_created(dir, dentry, false);
    return error;
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
    int error = dir_may_create(dir, dentry);

    if (error)
        return error;
    if (!dir->ops->symlink)
        return -EPERM;
    error = dir->ops->symlink(dir, dentry, target);
    if (!error)
        name_created(dir, dentry, false);
    return error;
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
    struct inode *inode = old->inode;
    int error;

    if (!inode)
        return -ENOENT;
    error = dir_may_create(dir, dentry);
    if (error)
        return error;
    if (dir->sb != inode->sb)
        return -EXDEV;
    if ((inode->flags & (S_APPEND | S_IMMUTABLE)) || !dir->ops->link || S_ISDIR(inode->mode))
        return -EPERM;
    rwsem_write_lock_nested(&inode->rwsem, INODE_LOCK_CHILD);
    /* A file without names stays without, but for one made by O_TMPFILE. */
    if (!inode->nlink && !(inode->state & I_LINKABLE))
        error = -ENOENT;
    else
        error = dir->ops->link(old, dir, dentry);
    if (!error && (inode->state & I_LINKABLE)) {
        spin_lock(&inode->lock);
        inode->state &= ~I_LINKABLE;
        spin_unlock(&inode->lock);
    }
    rwsem_write_unlock(&inode->rwsem);
    if (!error) {
        inode_links_changed(inode);
        name_created(dir, dentry, false);
    }
    return error;
}

/* Tells watchers that a name went, and the file itself that its link count or life did. */
static void name_deleted(struct inode *dir, struct dentry *dentry, struct inode *inode, bool is_dir)
{
    if (likely(!READ_ONCE(inotify_nr_watches)))
        return;
    if (!is_dir)
        inode_links_changed(inode);
    inotify_name_event(dir, &dentry->name, IN_DELETE | (is_dir ? IN_ISDIR : 0), 0);
}

static bool dentry_is_mountpoint(const struct dentry *dentry)
{
    return READ_ONCE(dentry->flags) & DCACHE_MOUNTED;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
    int error = dir_may_delete(dir, dentry, false);
    struct inode *inode = dentry->inode;

    if (error)
        return error;
    if (!dir->ops->unlink)
        return -EPERM;
    inode_get(inode);
    rwsem_write_lock_nested(&inode->rwsem, INODE_LOCK_CHILD);
    error = dentry_is_mountpoint(dentry) ? -EBUSY : dir->ops->unlink(dir, dentry);
    rwsem_write_unlock(&inode->rwsem);
    if (!error) {
        name_deleted(dir, dentry, inode, false);
        dentry_delete(dentry);
    }
    inode_put(inode);
    return error;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
    int error = dir_may_delete(dir, dentry, true);
    struct inode *inode = dentry->inode;

    if (error)
        return error;
    if (!dir->ops->rmdir)
        return -EPERM;
    dentry_get(dentry);
    rwsem_write_lock_nested(&inode->rwsem, INODE_LOCK_CHILD);
    error = dentry_is_mountpoint(dentry) ? -EBUSY : dir->ops->rmdir(dir, dentry);
    if (!error)
        inode_set_dead(inode);
    rwsem_write_unlock(&inode->rwsem);
    if (!error) {
        name_deleted(dir, dentry, inode, true);
        dcache_shrink_tree(dentry, false);
        dentry_drop(dentry);
    }
    dentry_put(dentry);
    return error;
}

void inode_set_dead(struct inode *inode)
{
    spin_lock(&inode->lock);
    inode->flags |= S_DEAD;
    spin_unlock(&inode->lock);
}

/* --- by path --- */

struct dentry *path_create_begin(int dfd, const char *name, unsigned int flags, struct path *dir)
{
    struct dentry *dentry;
    enum last_type type;
    struct qstr last;
    int error, write_error;

    error = path_lookup_parent(dfd, name, flags & ~LOOKUP_DIRECTORY, dir, &last, &type);
    if (error)
        return ERR_PTR(error);
    if (type != LAST_NORMAL) {
        path_put(dir);
        return ERR_PTR(-EEXIST);
    }
    write_error = mount_want_write(dir->mnt);
    rwsem_write_lock(&dir->dentry->inode->rwsem);
    dentry = lookup_one_locked(dir->dentry, &last, LOOKUP_CREATE | LOOKUP_EXCL);
    if (IS_ERR(dentry))
        error = PTR_ERR(dentry);
    else if (dentry->inode)
        error = -EEXIST;
    else if (last.name[last.len] && !(flags & LOOKUP_DIRECTORY))
        error = -ENOENT; /* "name/" can only be a directory's */
    else
        error = write_error;
    if (!error)
        return dentry;
    if (!IS_ERR(dentry))
        dentry_put(dentry);
    rwsem_write_unlock(&dir->dentry->inode->rwsem);
    if (!write_error)
        mount_drop_write(dir->mnt);
    path_put(dir);
    return ERR_PTR(error);
}

void path_create_end(struct path *dir, struct dentry *dentry)
{
    dentry_put(dentry);
    rwsem_write_unlock(&dir->dentry->inode->rwsem);
    mount_drop_write(dir->mnt);
    path_put(dir);
}

int do_mkdirat(int dfd, const char *name, umode_t mode)
{
    struct path dir;
    struct dentry *dentry = path_create_begin(dfd, name, LOOKUP_DIRECTORY, &dir);
    int error;

    if (IS_ERR(dentry))
        return PTR_ERR(dentry);
    error = vfs_mkdir(dir.dentry->inode, dentry, mode & ~current->fs->umask);
    path_create_end(&dir, dentry);
    return error;
}

static int mknod_mode_check(umode_t mode)
{
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK: return 0;
    case S_IFDIR: return -EPERM;
    default: return -EINVAL;
    }
}

int do_mknodat(int dfd, const char *name, umode_t mode, dev_t dev)
{
    struct dentry *dentry;
    struct path dir;
    int error = mknod_mode_check(mode);

    if (error)
        return error;
    dentry = path_create_begin(dfd, name, 0, &dir);
    if (IS_ERR(dentry))
        return PTR_ERR(dentry);
    mode &= ~current->fs->umask;
    if (!(mode & S_IFMT) || S_ISREG(mode))
        error = vfs_create(dir.dentry->inode, dentry, mode, true);
    else
        error =
            vfs_mknod(dir.dentry->inode, dentry, mode, S_ISCHR(mode) || S_ISBLK(mode) ? dev : 0);
    path_create_end(&dir, dentry);
    return error;
}

int do_symlinkat(const char *target, int dfd, const char *name)
{
    struct path dir;
    struct dentry *dentry = path_create_begin(dfd, name, 0, &dir);
    int error;

    if (IS_ERR(dentry))
        return PTR_ERR(dentry);
    error = vfs_symlink(dir.dentry->inode, dentry, target);
    path_create_end(&dir, dentry);
    return error;
}

int do_linkat(int old_dfd, const char *old_name, int new_dfd, const char *new_name, int flags)
{
    unsigned int lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
    struct dentry *dentry;
    struct path old, dir;
    int error;

    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (flags & AT_EMPTY_PATH) {
        /* By descriptor alone: what permissions on the way would have said is unknown. */
        if (!capable(CAP_DAC_READ_SEARCH))
            return -ENOENT;
        lookup |= LOOKUP_EMPTY;
    }
    error = path_lookup_at(old_dfd, old_name, lookup, &old);
    if (error)
        return error;
    dentry = path_create_begin(new_dfd, new_name, 0, &dir);
    if (IS_ERR(dentry)) {
        error = PTR_ERR(dentry);
    } else {
        error = old.mnt != dir.mnt ? -EXDEV : vfs_link(old.dentry, dir.dentry->inode, dentry);
        path_create_end(&dir, dentry);
    }
    path_put(&old);
    return error;
}

/* The name's dentry below its locked directory, for removal; ERR_PTR leaves nothing locked. */
static struct dentry *remove_begin(int dfd, const char *name, struct path *dir, struct qstr *last,
                                   int (*type_error)(enum last_type type))
{
    struct dentry *dentry;
    enum last_type type;
    int error = path_lookup_parent(dfd, name, 0, dir, last, &type);

    if (error)
        return ERR_PTR(error);
    error = type_error(type);
    if (!error)
        error = mount_want_write(dir->mnt);
    if (error) {
        path_put(dir);
        return ERR_PTR(error);
    }
    rwsem_write_lock(&dir->dentry->inode->rwsem);
    dentry = lookup_one_locked(dir->dentry, last, 0);
    if (!IS_ERR(dentry))
        return dentry;
    rwsem_write_unlock(&dir->dentry->inode->rwsem);
    mount_drop_write(dir->mnt);
    path_put(dir);
    return dentry;
}

static int unlink_type_error(enum last_type type)
{
    return type == LAST_NORMAL ? 0 : -EISDIR;
}

static int rmdir_type_error(enum last_type type)
{
    switch (type) {
    case LAST_DOTDOT: return -ENOTEMPTY;
    case LAST_DOT: return -EINVAL;
    case LAST_ROOT: return -EBUSY;
    default: return 0;
    }
}

/* "name/" in unlink: why not. */
static int slash_error(const struct dentry *dentry)
{
    if (!dentry->inode)
        return -ENOENT;
    return S_ISDIR(dentry->inode->mode) ? -EISDIR : -ENOTDIR;
}

int do_unlinkat(int dfd, const char *name)
{
    struct inode *inode;
    struct qstr last;
    struct path dir;
    struct dentry *dentry = remove_begin(dfd, name, &dir, &last, unlink_type_error);
    int error;

    if (IS_ERR(dentry))
        return PTR_ERR(dentry);
    /* The file's end, which may take long, comes after the directory is unlocked. */
    inode = dentry->inode ? inode_get(dentry->inode) : NULL;
    if (last.name[last.len] || !inode)
        error = slash_error(dentry);
    else
        error = vfs_unlink(dir.dentry->inode, dentry);
    dentry_put(dentry);
    rwsem_write_unlock(&dir.dentry->inode->rwsem);
    inode_put(inode);
    mount_drop_write(dir.mnt);
    path_put(&dir);
    return error;
}

int do_rmdirat(int dfd, const char *name)
{
    struct qstr last;
    struct path dir;
    struct dentry *dentry = remove_begin(dfd, name, &dir, &last, rmdir_type_error);
    int error;

    if (IS_ERR(dentry))
        return PTR_ERR(dentry);
    error = vfs_rmdir(dir.dentry->inode, dentry);
    path_create_end(&dir, dentry);
    return error;
}
