// SPDX-License-Identifier: MIT
/*
 * open(2): from a path and flags to an open file.
 *
 * The walk goes to the last component's directory. Then, without O_CREAT, the last component is a
 * step like any other; with it, the name is looked up and created under the directory's lock. A
 * symlink at the end is walked on from there, so O_CREAT through a dangling link makes the link's
 * target.
 */
#include <abi/linux/inotify.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>

#include "walk.h"

/* --- flags --- */

#define OPEN_VALID_FLAGS                                                                   \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |  \
     O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | \
     O_PATH | __O_TMPFILE)
#define OPEN_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define RESOLVE_VALID                                                                  \
    (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
     RESOLVE_IN_ROOT | RESOLVE_CACHED)

static int resolve_to_lookup(u64 resolve, u64 flags, u32 *lookup)
{
    if ((resolve & ~RESOLVE_VALID) ||
        (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
        return -EINVAL;
    if (resolve & RESOLVE_NO_XDEV)
        *lookup |= LOOKUP_NO_XDEV;
    if (resolve & RESOLVE_NO_MAGICLINKS)
        *lookup |= LOOKUP_NO_MAGICLINKS;
    if (resolve & RESOLVE_NO_SYMLINKS)
        *lookup |= LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS;
    if (resolve & RESOLVE_BENEATH)
        *lookup |= LOOKUP_BENEATH;
    if (resolve & RESOLVE_IN_ROOT)
        *lookup |= LOOKUP_IN_ROOT;
    if (resolve & RESOLVE_CACHED) {
        if (flags & (O_TRUNC | O_CREAT | __O_TMPFILE))
            return -EAGAIN;
        *lookup |= LOOKUP_CACHED;
    }
    return 0;
}

/* O_TMPFILE is two bits, so that kernels without it see a directory opened for writing. */
static int tmpfile_flags_check(u64 flags)
{
    if (!(flags & __O_TMPFILE))
        return 0;
    if (!(flags & O_DIRECTORY) || (flags & O_CREAT) || !(flags & (O_WRONLY | O_RDWR)))
        return -EINVAL;
    return 0;
}

static u32 flags_to_access(int flags)
{
    static const u32 access[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
    u32 result = MAY_OPEN;

    if (!(flags & O_PATH))
        result |= access[flags & O_ACCMODE];
    if (flags & O_TRUNC)
        result |= MAY_WRITE;
    if (flags & O_APPEND)
        result |= MAY_APPEND;
    return flags & O_PATH ? 0 : result;
}

int open_flags_check(const struct open_how *how, struct open_request *req)
{
    u64 flags = how->flags;
    int error;

    if (flags & ~(u64)OPEN_VALID_FLAGS)
        return -EINVAL;
    if (flags & (O_CREAT | __O_TMPFILE)) {
        if (how->mode & ~(u64)S_IALLUGO)
            return -EINVAL;
    } else if (how->mode) {
        return -EINVAL;
    }
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return -EINVAL;
    error = tmpfile_flags_check(flags);
    if (error)
        return error;
    if ((flags & O_PATH) && (flags & ~(u64)OPEN_PATH_FLAGS))
        return -EINVAL;
    req->lookup_flags = 0;
    error = resolve_to_lookup(how->resolve, flags, &req->lookup_flags);
    if (error)
        return error;
    if (flags & __O_SYNC)
        flags |= O_DSYNC;
    req->flags = flags;
    req->mode = (how->mode & S_IALLUGO) | (flags & (O_CREAT | __O_TMPFILE) ? S_IFREG : 0);
    req->acc_mode = flags_to_access(flags);
    if (flags & O_DIRECTORY)
        req->lookup_flags |= LOOKUP_DIRECTORY;
    if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
        req->lookup_flags |= LOOKUP_FOLLOW;
    return 0;
}

/* --- permission --- */

static int may_open_type(const struct path *path, int acc_mode)
{
    umode_t mode = path->dentry->inode->mode;

    switch (mode & S_IFMT) {
    case S_IFLNK: return -ELOOP;
    case S_IFDIR:
        if (acc_mode & (MAY_WRITE | MAY_EXEC))
            return acc_mode & MAY_WRITE ? -EISDIR : -EACCES;
        return 0;
    case S_IFBLK:
    case S_IFCHR:
        if (path->mnt->flags & MNT_NODEV)
            return -EACCES;
        fallthrough;
    case S_IFIFO:
    case S_IFSOCK: return acc_mode & MAY_EXEC ? -EACCES : 0;
    default: return (acc_mode & MAY_EXEC) && (path->mnt->flags & MNT_NOEXEC) ? -EACCES : 0;
    }
}

int may_open(const struct path *path, int acc_mode, int flags)
{
    struct inode *inode = path->dentry->inode;
    int error = may_open_type(path, acc_mode);

    if (error)
        return error;
    error = inode_permission(inode, acc_mode);
    if (error)
        return error;
    if (inode->flags & S_APPEND) {
        if ((flags & O_ACCMODE) != O_RDONLY && !(flags & O_APPEND))
            return -EPERM;
        if (flags & O_TRUNC)
            return -EPERM;
    }
    if ((flags & O_NOATIME) && !inode_owner_or_capable(inode))
        return -EPERM;
    return 0;
}

/* --- the last component --- */

/* What the last component turned out to be. */
struct open_state {
    struct file *file;
    const struct open_request *req;
    bool created;
};

static int create_locked(struct walk *w, struct open_state *o, struct dentry *dentry)
{
    struct inode *dir = w->path.dentry->inode;
    umode_t mode = o->req->mode & ~current->fs->umask;
    int error = mount_want_write(w->path.mnt);

    if (error)
        return error;
    error = vfs_create(dir, dentry, mode, o->req->flags & O_EXCL);
    if (!error)
        o->created = true;
    mount_drop_write(w->path.mnt);
    return error;
}

/* Looks the name up under the directory's lock and makes it if it is not there. */
static struct dentry *lookup_or_create(struct walk *w, struct open_state *o)
{
    struct dentry *dir = w->path.dentry, *dentry;
    int error = 0;

    rwsem_write_lock(&dir->inode->rwsem);
    dentry = lookup_one_locked(dir, &w->last, LOOKUP_OPEN | LOOKUP_CREATE);
    if (!IS_ERR(dentry) && !dentry->inode)
        error = create_locked(w, o, dentry);
    else if (!IS_ERR(dentry) && (o->req->flags & O_EXCL))
        error = -EEXIST;
    rwsem_write_unlock(&dir->inode->rwsem);
    if (!error)
        return dentry;
    dentry_put(dentry);
    return ERR_PTR(error);
}

static const char *open_last_creating(struct walk *w, struct open_state *o)
{
    struct dentry *dentry;
    u32 seq = 0;
    int error;

    if (w->last_type != LAST_NORMAL || w->last_slash)
        return ERR_PTR(-EISDIR);
    /* A file that is there and known is opened like without O_CREAT. */
    if (!(o->req->flags & O_EXCL)) {
        dentry = walk_lookup_fast(w, &seq);
        if (IS_ERR(dentry))
            return ERR_CAST(dentry);
        if (dentry && READ_ONCE(dentry->inode))
            return walk_step(w, dentry, seq, STEP_TRAILING);
        if (dentry && !(w->flags & WALK_RCU))
            dentry_put(dentry);
    }
    if (w->flags & WALK_RCU) {
        error = walk_leave_rcu(w);
        if (error)
            return ERR_PTR(error);
    }
    dentry = lookup_or_create(w, o);
    if (IS_ERR(dentry))
        return ERR_CAST(dentry);
    return walk_step(w, dentry, 0, STEP_TRAILING);
}

static const char *open_last(struct walk *w, struct open_state *o)
{
    return o->req->flags & O_CREAT ? open_last_creating(w, o) : walk_last(w);
}

static int handle_truncate(struct file *file)
{
    int error = inode_get_write(file->inode);

    if (error)
        return error;
    error = path_truncate(&file->path, 0, file);
    atomic_dec(&file->inode->writers);
    return error;
}

/* The walk is at its end: checks, and opens. */
static int open_found(struct walk *w, struct open_state *o)
{
    const struct open_request *req = o->req;
    struct file *file = o->file;
    int flags = req->flags, acc_mode = req->acc_mode, error;
    bool truncate = false;
    umode_t mode = w->inode->mode;

    if ((flags & O_CREAT) && S_ISDIR(mode) && !o->created)
        return -EISDIR;
    if ((w->flags & LOOKUP_DIRECTORY) && !S_ISDIR(mode))
        return -ENOTDIR;
    if (o->created) {
        /* Whoever makes a file may open it as asked, whatever its mode says. */
        acc_mode = MAY_OPEN;
    } else if ((flags & O_TRUNC) && S_ISREG(mode)) {
        error = mount_want_write(w->path.mnt);
        if (error)
            return error;
        truncate = true;
    }
    error = flags & O_PATH ? 0 : may_open(&w->path, acc_mode, flags);
    if (!error) {
        file->path = w->path;
        path_get(&file->path);
        error = file_open_finish(file);
    }
    if (!error && truncate) {
        error = handle_truncate(file);
        if (error)
            o->file = NULL, file_put(file);
    }
    if (truncate)
        mount_drop_write(w->path.mnt);
    return error;
}

static int open_tmpfile(struct walk *w, struct open_state *o)
{
    static const struct qstr nameless = {.name = "#", .len = 1};
    struct inode *dir = w->inode;
    struct file *file = o->file;
    int error = mount_want_write(w->path.mnt);

    if (error)
        return error;
    error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
    if (!error && !dir->ops->tmpfile)
        error = -EOPNOTSUPP;
    if (!error) {
        file->path.dentry = dentry_alloc(w->path.dentry, &nameless);
        error = file->path.dentry ? 0 : -ENOMEM;
    }
    if (!error) {
        file->path.mnt = mount_get(w->path.mnt);
        error = dir->ops->tmpfile(dir, file, o->req->mode & ~current->fs->umask);
        if (!error)
            error = file_open_finish(file);
    }
    mount_drop_write(w->path.mnt);
    return error;
}

static int open_walk(struct walk *w, struct open_state *o)
{
    const char *name = walk_start(w);
    bool whole = o->req->flags & __O_TMPFILE;
    int error;

    do {
        if (IS_ERR(name))
            return PTR_ERR(name);
        error = walk_components(w, name);
        if (error)
            return error;
        name = whole ? walk_last(w) : open_last(w, o);
    } while (name);
    error = walk_complete(w);
    if (error)
        return error;
    if (!whole)
        return open_found(w, o);
    return S_ISDIR(w->inode->mode) ? open_tmpfile(w, o) : -ENOTDIR;
}

static int open_once(struct walk *w, struct open_state *o)
{
    int error = open_walk(w, o);

    walk_end(w, false);
    return error;
}

struct file *path_open(int dfd, const char *name, const struct open_request *req)
{
    struct open_state o = {.req = req};
    struct walk w;
    int error;

    o.file = file_alloc(req->flags & ~O_CLOEXEC, current->cred);
    if (IS_ERR(o.file))
        return o.file;
    WALK_TRY(error, &w, dfd, name, req->lookup_flags, open_once(&w, &o));
    if (likely(!error))
        return o.file;
    if (o.file)
        file_free_unopened(o.file);
    if (error == -ECHILD)
        error = req->lookup_flags & LOOKUP_CACHED ? -EAGAIN : -ESTALE;
    return ERR_PTR(error);
}

/* --- from inside the kernel --- */

struct file *file_open_path(const struct path *path, int flags, const struct cred *cred)
{
    struct file *file = file_alloc(flags, cred);
    int error;

    if (IS_ERR(file))
        return file;
    file->path = *path;
    path_get(path);
    error = file_open_finish(file);
    if (!error)
        return file;
    file_free_unopened(file);
    return ERR_PTR(error);
}

static struct file *open_kernel_name(int dfd, const char *text, int flags, umode_t mode,
                                     u32 acc_mode)
{
    const struct open_how how = {.flags = (unsigned int)flags, .mode = flags & O_CREAT ? mode : 0};
    struct open_request req;
    struct file *file;
    int error = open_flags_check(&how, &req);
    char *name;

    if (error)
        return ERR_PTR(error);
    req.acc_mode |= acc_mode;
    name = path_name_from_kernel(text);
    if (IS_ERR(name))
        return ERR_CAST(name);
    file = path_open(dfd, name, &req);
    path_name_put(name);
    return file;
}

struct file *file_open_name(const char *name, int flags, umode_t mode)
{
    return open_kernel_name(AT_FDCWD, name, flags, mode, 0);
}

/* Checked as for execution, and kept from being written until the file is closed by exec's owner.
 */
static struct file *exec_checked(struct file *file)
{
    int error;

    if (IS_ERR(file))
        return file;
    error = S_ISREG(file->inode->mode) ? deny_write_access(file) : -EACCES;
    if (!error)
        return file;
    file_put(file);
    return ERR_PTR(error);
}

struct file *file_open_exec_name(const char *text)
{
    return exec_checked(open_kernel_name(AT_FDCWD, text, O_RDONLY, 0, MAY_EXEC));
}

struct file *file_open_exec(int dfd, const char *name, int at_flags)
{
    struct open_request req = {.flags = O_RDONLY | O_LARGEFILE, .acc_mode = MAY_EXEC | MAY_OPEN};

    if (!(at_flags & AT_SYMLINK_NOFOLLOW))
        req.lookup_flags |= LOOKUP_FOLLOW;
    if (at_flags & AT_EMPTY_PATH)
        req.lookup_flags |= LOOKUP_EMPTY;
    return exec_checked(path_open(dfd, name, &req));
}
