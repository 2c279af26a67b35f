// SPDX-License-Identifier: MIT
/*
 * rename(2) and renameat2(2).
 *
 * Two directories are locked ancestor first; the super block's rename_mutex keeps ancestry still
 * meanwhile, so that two renames cannot make a loop between them. What may not be renamed into or
 * onto is the trap: the child of one directory through which the other is reached.
 */
#include <abi/linux/inotify.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

#include "change.h"

/* The child of ancestor on the way down to dentry, or NULL. rename_mutex held. */
static struct dentry *child_towards(struct dentry *ancestor, struct dentry *dentry)
{
    while (!dentry_is_root(dentry)) {
        if (dentry->parent == ancestor)
            return dentry;
        dentry = dentry->parent;
    }
    return NULL;
}

/* Locks both directories; the trap, or NULL. */
static struct dentry *lock_dirs(struct dentry *a, struct dentry *b)
{
    struct dentry *trap;

    if (a == b) {
        rwsem_write_lock(&a->inode->rwsem);
        return NULL;
    }
    mutex_lock(&a->sb->rename_mutex);
    trap = child_towards(a, b);
    if (trap) {
        rwsem_write_lock(&a->inode->rwsem);
        rwsem_write_lock_nested(&b->inode->rwsem, INODE_LOCK_PARENT2);
        return trap;
    }
    trap = child_towards(b, a);
    rwsem_write_lock(&b->inode->rwsem);
    rwsem_write_lock_nested(&a->inode->rwsem, INODE_LOCK_PARENT2);
    return trap;
}

static void unlock_dirs(struct dentry *a, struct dentry *b)
{
    rwsem_write_unlock(&a->inode->rwsem);
    if (a == b)
        return;
    rwsem_write_unlock(&b->inode->rwsem);
    mutex_unlock(&a->sb->rename_mutex);
}

static bool is_dir(const struct dentry *dentry)
{
    return dentry->inode && S_ISDIR(dentry->inode->mode);
}

static int rename_permission(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                             struct dentry *new, unsigned int flags)
{
    int error = dir_may_delete(old_dir, old, is_dir(old));

    if (error)
        return error;
    if (!new->inode)
        error = dir_may_create(new_dir, new);
    else if (flags & RENAME_EXCHANGE)
        error = dir_may_delete(new_dir, new, is_dir(new));
    else
        error = dir_may_delete(new_dir, new, is_dir(old));
    if (error)
        return error;
    if (!old_dir->ops->rename)
        return -EPERM;
    if (new_dir == old_dir)
        return 0;
    /* A directory that moves gets another "..": that is writing to it. */
    if (is_dir(old))
        error = inode_permission(old->inode, MAY_WRITE);
    if (!error && (flags & RENAME_EXCHANGE) && is_dir(new))
        error = inode_permission(new->inode, MAY_WRITE);
    return error;
}

/* The inodes that the operation changes besides the directories, in one order for everybody. */
struct rename_locks {
    struct inode *first, *second;
};

static struct rename_locks lock_inodes(struct dentry *old, struct dentry *new)
{
    struct rename_locks locks = {};

    if (!is_dir(old))
        locks.first = old->inode;
    if (new->inode)
        locks.second = new->inode;
    if (locks.first && locks.second && locks.first > locks.second)
        swap(locks.first, locks.second);
    if (locks.first)
        rwsem_write_lock_nested(&locks.first->rwsem, INODE_LOCK_CHILD);
    if (locks.second)
        rwsem_write_lock_nested(&locks.second->rwsem, INODE_LOCK_CHILD2);
    return locks;
}

static void unlock_inodes(const struct rename_locks *locks)
{
    if (locks->second)
        rwsem_write_unlock(&locks->second->rwsem);
    if (locks->first)
        rwsem_write_unlock(&locks->first->rwsem);
}

/* The file system did it: now the cache. */
static void rename_done(struct dentry *old, struct dentry *new, unsigned int flags)
{
    struct inode *victim = new->inode;

    if (flags & RENAME_EXCHANGE) {
        dentry_exchange(old, new);
        return;
    }
    if (victim && S_ISDIR(victim->mode))
        inode_set_dead(victim);
    dentry_move(old, new);
}

static void rename_notify(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
                          struct dentry *old, struct inode *victim)
{
    if (unlikely(READ_ONCE(inotify_nr_watches)))
        inotify_move_event(old_dir, old_name, new_dir, old, victim);
}

int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
               unsigned int flags)
{
    struct rename_locks locks;
    struct inode *victim;
    char name[NAME_MAX + 1];
    struct qstr old_name;
    int error;

    if (old->inode == new->inode)
        return 0; /* two names of one file: nothing is to be done (POSIX) */
    error = rename_permission(old_dir, old, new_dir, new, flags);
    if (error)
        return error;
    victim = new->inode ? inode_get(new->inode) : NULL;
    old_name = old->name;
    old_name.name = memcpy(name, old->name.name, old->name.len + 1);
    dentry_get(new);
    locks = lock_inodes(old, new);
    if ((READ_ONCE(old->flags) | READ_ONCE(new->flags)) & DCACHE_MOUNTED)
        error = -EBUSY;
    else
        error = old_dir->ops->rename(old_dir, old, new_dir, new, flags);
    if (!error)
        rename_done(old, new, flags);
    unlock_inodes(&locks);
    if (!error) {
        if (victim && S_ISDIR(victim->mode) && !(flags & RENAME_EXCHANGE))
            dcache_shrink_tree(new, false);
        rename_notify(old_dir, &old_name, new_dir, old, flags & RENAME_EXCHANGE ? NULL : victim);
        if (flags & RENAME_EXCHANGE)
            rename_notify(new_dir, &old->name, old_dir, new, NULL);
    }
    dentry_put(new);
    inode_put(victim);
    return error;
}

/* --- by path --- */

struct rename_call {
    struct path old_dir, new_dir;
    struct qstr old_last, new_last;
    enum last_type old_type, new_type;
    unsigned int flags;
};

static bool has_slash(const struct qstr *last)
{
    return last->name[last->len];
}

static int names_check(const struct rename_call *r, struct dentry *old, struct dentry *new,
                       struct dentry *trap)
{
    bool exchange = r->flags & RENAME_EXCHANGE;

    if (!old->inode)
        return -ENOENT;
    if ((r->flags & RENAME_NOREPLACE) && new->inode)
        return -EEXIST;
    if (exchange && !new->inode)
        return -ENOENT;
    if (exchange && !is_dir(new) && has_slash(&r->new_last))
        return -ENOTDIR;
    if (!is_dir(old)) {
        if (has_slash(&r->old_last) || (!exchange && has_slash(&r->new_last)))
            return -ENOTDIR;
    }
    if (old == trap)
        return -EINVAL; /* a directory into itself */
    if (new == trap)
        return exchange ? -EINVAL : -ENOTEMPTY;
    return 0;
}

static int rename_locked(const struct rename_call *r, struct dentry *trap)
{
    struct dentry *old, *new;
    struct qstr last = r->old_last;
    int error;

    old = lookup_one_locked(r->old_dir.dentry, &last, 0);
    if (IS_ERR(old))
        return PTR_ERR(old);
    last = r->new_last;
    new = lookup_one_locked(r->new_dir.dentry, &last, LOOKUP_RENAME_TARGET | LOOKUP_CREATE);
    if (IS_ERR(new)) {
        dentry_put(old);
        return PTR_ERR(new);
    }
    error = names_check(r, old, new, trap);
    if (!error)
        error = vfs_rename(r->old_dir.dentry->inode, old, r->new_dir.dentry->inode, new, r->flags);
    dentry_put(new);
    dentry_put(old);
    return error;
}

static int rename_dirs(const struct rename_call *r)
{
    struct dentry *trap;
    int error;

    if (r->old_dir.mnt != r->new_dir.mnt)
        return -EXDEV;
    if (r->old_type != LAST_NORMAL)
        return -EBUSY;
    if (r->new_type != LAST_NORMAL)
        return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    error = mount_want_write(r->old_dir.mnt);
    if (error)
        return error;
    trap = lock_dirs(r->new_dir.dentry, r->old_dir.dentry);
    error = rename_locked(r, trap);
    unlock_dirs(r->new_dir.dentry, r->old_dir.dentry);
    mount_drop_write(r->old_dir.mnt);
    return error;
}

int do_renameat(int old_dfd, const char *old_name, int new_dfd, const char *new_name,
                unsigned int flags)
{
    struct rename_call r = {.flags = flags};
    int error;

    if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
        return -EINVAL;
    if ((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE))
        return -EINVAL;
    if ((flags & RENAME_WHITEOUT) && !capable(CAP_MKNOD))
        return -EPERM;
    error = path_lookup_parent(old_dfd, old_name, 0, &r.old_dir, &r.old_last, &r.old_type);
    if (error)
        return error;
    error = path_lookup_parent(new_dfd, new_name, LOOKUP_RENAME_TARGET, &r.new_dir, &r.new_last,
                               &r.new_type);
    if (!error) {
        error = rename_dirs(&r);
        path_put(&r.new_dir);
    }
    path_put(&r.old_dir);
    return error;
}
