// SPDX-License-Identifier: MIT
/*
 * Renaming in the dentry cache, and what depends on the shape of the tree: ancestry, and the text
 * of a path.
 *
 * rename_lock is held for writing while a dentry changes its name or parent. Whoever walks upwards
 * without locks reads its count before and checks it after; after a failed try it takes the lock
 * itself, so a stream of renames cannot starve it.
 */
#include <kernel/lib/list_rcu.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

#include "internal.h"

DEFINE_SEQLOCK(rename_lock);

static bool is_ancestor_rcu(const struct dentry *ancestor, const struct dentry *dentry)
{
    for (;;) {
        const struct dentry *parent;

        if (dentry == ancestor)
            return true;
        parent = READ_ONCE(dentry->parent);
        if (parent == dentry)
            return false;
        dentry = parent;
    }
}

bool dentry_is_ancestor(const struct dentry *ancestor, const struct dentry *dentry)
{
    bool result;
    u32 seq;

    do {
        seq = read_seqbegin(&rename_lock);
        rcu_read_lock();
        result = is_ancestor_rcu(ancestor, dentry);
        rcu_read_unlock();
    } while (read_seqretry(&rename_lock, seq));
    return result;
}

/* Locks two parents, which may be one; rename_lock keeps ancestry and other movers still. */
static void parents_lock(struct dentry *a, struct dentry *b)
{
    if (a == b) {
        spin_lock(&a->lock);
    } else if (is_ancestor_rcu(a, b) || (!is_ancestor_rcu(b, a) && a < b)) {
        spin_lock(&a->lock);
        spin_lock_nested(&b->lock, 1);
    } else {
        spin_lock(&b->lock);
        spin_lock_nested(&a->lock, 1);
    }
}

static void parents_unlock(struct dentry *a, struct dentry *b)
{
    spin_unlock(&a->lock);
    if (a != b)
        spin_unlock(&b->lock);
}

/* Both parents and both dentries are locked, both sequences are being written. */
static void change_place(struct dentry *dentry, struct dentry *target, bool exchange)
{
    bool target_hashed = target->flags & DCACHE_HASHED;
    struct dentry *old_parent = dentry->parent, *new_parent = target->parent;

    dentry_unhash_locked(dentry);
    dentry_unhash_locked(target);
    write_seqcount_begin(&dentry->seq);
    write_seqcount_begin(&target->seq);
    if (exchange)
        dentry_name_swap(dentry, target);
    else
        dentry_name_copy(dentry, target);
    if (old_parent != new_parent) {
        /* The victim keeps its parent's reference; without exchange it takes over the old one's. */
        list_move(&dentry->child_link, &new_parent->children);
        list_move(&target->child_link, &old_parent->children);
        WRITE_ONCE(dentry->parent, new_parent);
        WRITE_ONCE(target->parent, old_parent);
    }
    write_seqcount_end(&target->seq);
    write_seqcount_end(&dentry->seq);
    dentry_hash_locked(dentry);
    if (exchange && target_hashed)
        dentry_hash_locked(target);
}

static void dentry_move_common(struct dentry *dentry, struct dentry *target, bool exchange)
{
    struct dentry *old_parent, *new_parent;

    write_seqlock(&rename_lock);
    old_parent = dentry->parent;
    new_parent = target->parent;
    parents_lock(old_parent, new_parent);
    spin_lock_nested(&dentry->lock, 2);
    spin_lock_nested(&target->lock, 3);
    change_place(dentry, target, exchange);
    spin_unlock(&target->lock);
    spin_unlock(&dentry->lock);
    parents_unlock(old_parent, new_parent);
    write_sequnlock(&rename_lock);
}

void dentry_move(struct dentry *dentry, struct dentry *target)
{
    dentry_move_common(dentry, target, false);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
    dentry_move_common(a, b, true);
}

/* --- the text of a path --- */

/* A string that grows towards lower addresses. */
struct tail {
    char *start, *low;
};

static bool tail_prepend(struct tail *t, const char *text, size_t len)
{
    if ((size_t)(t->start - t->low) < len)
        return false;
    t->start -= len;
    memcpy(t->start, text, len);
    return true;
}

/* "/" and the name, read without a lock: length and text may not fit each other during a rename. */
static bool tail_prepend_name(struct tail *t, const struct dentry *dentry)
{
    const char *text = READ_ONCE(dentry->name.name);
    u32 len = READ_ONCE(dentry->name.len);

    if ((size_t)(t->start - t->low) < len + 1)
        return false;
    t->start -= len;
    for (u32 i = 0; i < len; i++) {
        char c = READ_ONCE(text[i]);

        t->start[i] = c;
        if (!c)
            break;
    }
    *--t->start = '/';
    return true;
}

enum climb { CLIMB_ROOT, CLIMB_UNREACHABLE, CLIMB_TOO_LONG };

/* Prepends the names from path up to root. */
static enum climb climb_to_root(struct tail *t, const struct path *path, const struct path *root)
{
    const struct dentry *dentry = path->dentry;
    struct mount *mnt = path->mnt;

    while (dentry != root->dentry || mnt != root->mnt) {
        if (dentry == mnt->root || dentry_is_root(dentry)) {
            struct mount *parent = READ_ONCE(mnt->parent);

            if (dentry != mnt->root || parent == mnt)
                return CLIMB_UNREACHABLE;
            dentry = READ_ONCE(mnt->mountpoint);
            mnt = parent;
            continue;
        }
        if (!tail_prepend_name(t, dentry))
            return CLIMB_TOO_LONG;
        dentry = READ_ONCE(dentry->parent);
    }
    return CLIMB_ROOT;
}

static enum climb climb_stable(struct tail *t, const struct path *path, const struct path *root)
{
    char *start = t->start;
    enum climb result;
    u32 mounts, renames;

    do {
        mounts = read_seqbegin(&mount_lock);
        renames = read_seqbegin(&rename_lock);
        t->start = start;
        rcu_read_lock();
        result = climb_to_root(t, path, root);
        rcu_read_unlock();
    } while (read_seqretry(&rename_lock, renames) || read_seqretry(&mount_lock, mounts));
    return result;
}

char *path_text_reachable(const struct path *path, const struct path *root, char *buf, size_t size,
                          bool *reachable)
{
    struct tail t = {.start = buf + size, .low = buf};
    enum climb result;

    if (!tail_prepend(&t, "", 1))
        return ERR_PTR(-ENAMETOOLONG);
    if (dentry_is_unlinked(path->dentry) && !tail_prepend(&t, " (deleted)", 10))
        return ERR_PTR(-ENAMETOOLONG);
    result = climb_stable(&t, path, root);
    if (result == CLIMB_TOO_LONG)
        return ERR_PTR(-ENAMETOOLONG);
    /* Nothing between the two: the root itself. */
    if ((*t.start == '\0' || *t.start == ' ') && !tail_prepend(&t, "/", 1))
        return ERR_PTR(-ENAMETOOLONG);
    *reachable = result == CLIMB_ROOT;
    return t.start;
}

static bool climb_in_fs(struct tail *t, const struct dentry *dentry)
{
    for (; !dentry_is_root(dentry); dentry = READ_ONCE(dentry->parent)) {
        if (!tail_prepend_name(t, dentry))
            return false;
    }
    return true;
}

char *dentry_text(const struct dentry *dentry, char *buf, size_t size)
{
    struct tail t;
    bool fits;
    u32 seq;

    do {
        seq = read_seqbegin(&rename_lock);
        t = (struct tail){.start = buf + size, .low = buf};
        rcu_read_lock();
        fits = tail_prepend(&t, "", 1) && climb_in_fs(&t, dentry);
        rcu_read_unlock();
    } while (read_seqretry(&rename_lock, seq));
    if (fits && !*t.start)
        fits = tail_prepend(&t, "/", 1);
    return fits ? t.start : ERR_PTR(-ENAMETOOLONG);
}

static char *special_text(const struct path *path, char *buf, size_t size)
{
    int len = path->dentry->ops->name_text(path->dentry, buf, size);

    return len < 0 || (size_t)len >= size ? ERR_PTR(-ENAMETOOLONG) : buf;
}

char *path_text(const struct path *path, const struct path *root, char *buf, size_t size)
{
    bool reachable;

    if (unlikely(path->dentry->ops && path->dentry->ops->name_text))
        return special_text(path, buf, size);
    return path_text_reachable(path, root, buf, size, &reachable);
}

char *file_path_text(struct file *file, char *buf, size_t size)
{
    struct path root;
    char *text;

    fs_info_get_root(current->fs, &root);
    text = path_text(&file->path, &root, buf, size);
    path_put(&root);
    return text;
}
