// SPDX-License-Identifier: MIT
/*
 * mount(2), umount2(2) and pivot_root(2): what they check, and in which order, so that programs see
 * the errors the manual pages promise. The tree itself is changed in mount.c.
 */
#include <abi/linux/mount.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

#include "mount_internal.h"

/* --- flags --- */

static const struct {
    unsigned long ms;
    u32 mnt;
} flag_map[] = {
    {MS_NOSUID, MNT_NOSUID},         {MS_NODEV, MNT_NODEV},
    {MS_NOEXEC, MNT_NOEXEC},         {MS_NOATIME, MNT_NOATIME},
    {MS_NODIRATIME, MNT_NODIRATIME}, {MS_RELATIME, MNT_RELATIME},
    {MS_RDONLY, MNT_READONLY},       {MS_NOSYMFOLLOW, MNT_NOSYMFOLLOW},
};

/* The mount's own flags. Without a word about access times it is relatime. */
static u32 mount_flags(unsigned long flags)
{
    u32 result = 0;

    if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
        flags |= MS_RELATIME;
    if (flags & MS_STRICTATIME)
        flags &= ~(MS_NOATIME | MS_RELATIME);
    for (unsigned int i = 0; i < ARRAY_SIZE(flag_map); i++) {
        if (flags & flag_map[i].ms)
            result |= flag_map[i].mnt;
    }
    return result;
}

/* A remount that says nothing about access times leaves them as they were. */
static u32 remount_flags(const struct mount *mnt, unsigned long flags)
{
    const u32 atime = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME;
    u32 result = mount_flags(flags);

    if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
        result = (result & ~atime) | (mnt->flags & atime);
    return result;
}

#define SUPER_MS_FLAGS \
    (MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_SILENT | MS_POSIXACL | MS_LAZYTIME | MS_I_VERSION)

/* The bits of the file system as a whole are the same in both. */
static_assert(SB_RDONLY == MS_RDONLY && SB_SYNCHRONOUS == MS_SYNCHRONOUS &&
                  SB_DIRSYNC == MS_DIRSYNC && SB_SILENT == MS_SILENT &&
                  SB_POSIXACL == MS_POSIXACL && SB_LAZYTIME == MS_LAZYTIME,
              "SB_* are MS_*");

/* --- new mounts --- */

static int mount_new_fs(const char *source, const struct path *target, const char *type,
                        unsigned long flags, char *data)
{
    struct fs_context fc = {.source = source, .options = data, .sb_flags = flags & SUPER_MS_FLAGS};
    struct mount *mnt;
    int error;

    if (!type)
        return -EINVAL;
    fc.type = fs_type_find(type);
    if (!fc.type)
        return -ENODEV;
    mnt = mount_new(&fc, mount_flags(flags));
    if (IS_ERR(mnt))
        return PTR_ERR(mnt);
    /* The same file system twice in the same place says nothing new. */
    if (target->mnt->sb == mnt->sb && target->mnt->root == target->dentry)
        error = -EBUSY;
    else
        error = mount_attach(mnt, target);
    if (error)
        mount_put(mnt);
    return error;
}

/* --- bind mounts --- */

static struct mount *mount_clone(struct mount *mnt, struct dentry *root)
{
    struct mount *clone;

    atomic_inc(&mnt->sb->active);
    clone = mount_create(dentry_get(root), mnt->source, mnt->flags & (MNT_USER_FLAGS));
    if (!clone) {
        dentry_put(root);
        super_put(mnt->sb);
    }
    return clone;
}

/* The mount in the clone's tree that stands for original, which is in the tree of top. */
static struct mount *clone_of(struct mount *original, const struct mount *top,
                              struct mount *top_clone)
{
    struct mount *parent, *child;

    if (original == top)
        return top_clone;
    parent = clone_of(original->parent, top, top_clone);
    if (!parent)
        return NULL;
    list_for_each_entry (child, &parent->children, child_link) {
        if (child->mountpoint == original->mountpoint && child->root == original->root)
            return child;
    }
    return NULL;
}

static int clone_children(struct mount *top, struct dentry *root, struct mount *top_clone)
{
    for (struct mount *mnt = mount_next_in_tree(top, top); mnt;
         mnt = mount_next_in_tree(mnt, top)) {
        struct mount *parent = clone_of(mnt->parent, top, top_clone), *clone;
        int error;

        /* Not below the bound directory, or below something that is not copied. */
        if (!parent || (mnt->flags & MNT_UNBINDABLE) ||
            (mnt->parent == top && !dentry_is_ancestor(root, mnt->mountpoint)))
            continue;
        clone = mount_clone(mnt, mnt->root);
        if (!clone)
            return -ENOMEM;
        error = mount_attach_clone(clone, parent, mnt->mountpoint);
        if (error) {
            mount_put(clone);
            return error;
        }
    }
    return 0;
}

static int bind_locked(const struct path *old, const struct path *target, bool recursive)
{
    struct mount *clone;
    int error = 0;

    if ((old->mnt->flags & MNT_UNBINDABLE) || !old->mnt->ns || old->mnt->ns != current_mnt_ns())
        return -EINVAL;
    clone = mount_clone(old->mnt, old->dentry);
    if (!clone)
        return -ENOMEM;
    if (recursive)
        error = clone_children(old->mnt, old->dentry, clone);
    if (!error)
        error = mount_attach_locked(clone, target);
    if (error)
        mount_tree_remove(clone);
    return error;
}

static int mount_bind(const char *source, const struct path *target, bool recursive)
{
    struct path old;
    int error;

    if (!source || !*source)
        return -EINVAL;
    error = path_lookup_kernel(source, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &old);
    if (error)
        return error;
    rwsem_write_lock(&namespace_sem);
    error = bind_locked(&old, target, recursive);
    rwsem_write_unlock(&namespace_sem);
    path_put(&old);
    return error;
}

/* --- moving --- */

static int move_locked(const struct path *old, const struct path *target)
{
    struct mount *mnt = old->mnt;
    struct path home;
    int error;

    if (old->dentry != mnt->root || !mnt->ns || mnt->ns != current_mnt_ns() || mnt->parent == mnt)
        return -EINVAL;
    if (S_ISDIR(target->dentry->inode->mode) != S_ISDIR(mnt->root->inode->mode))
        return -EINVAL;
    if (mount_is_below(target->mnt, mnt))
        return -ELOOP;
    home = (struct path){.mnt = mnt->parent, .dentry = mnt->mountpoint};
    path_get(&home);
    for (struct mount *m = mnt; m; m = mount_next_in_tree(m, mnt)) {
        list_del_init(&m->ns_link);
        m->ns->nr_mounts--;
    }
    mount_detach(mnt);
    error = mount_attach_locked(mnt, target);
    if (error && mount_attach_locked(mnt, &home)) {
        /* It cannot go back either: its old place was removed meanwhile. */
        mount_tree_remove(mnt);
    }
    path_put(&home);
    return error;
}

static int mount_move(const char *source, const struct path *target)
{
    struct path old;
    int error;

    if (!source || !*source)
        return -EINVAL;
    error = path_lookup_kernel(source, LOOKUP_FOLLOW, &old);
    if (error)
        return error;
    rwsem_write_lock(&namespace_sem);
    error = move_locked(&old, target);
    rwsem_write_unlock(&namespace_sem);
    path_put(&old);
    return error;
}

/* --- changing what is mounted --- */

static int mount_remount(const struct path *target, unsigned long flags, char *data)
{
    struct mount *mnt = target->mnt;
    int error;

    if (target->dentry != mnt->root || !mnt->ns || mnt->ns != current_mnt_ns())
        return -EINVAL;
    rwsem_write_lock(&namespace_sem);
    error = flags & MS_BIND ? 0 : super_remount(mnt->sb, flags & SUPER_MS_FLAGS, data);
    if (!error)
        error = mount_set_flags(mnt, remount_flags(mnt, flags));
    rwsem_write_unlock(&namespace_sem);
    return error;
}

/*
 * Every mount is private: nothing propagates from or to it. So private is what it is already, a
 * slave of nobody is private, and shared, which would promise propagation, is refused.
 */
static int mount_change_type(const struct path *target, unsigned long flags)
{
    unsigned long type = flags & ~(MS_REC | MS_SILENT);
    struct mount *top = target->mnt;

    if (type != MS_SHARED && type != MS_PRIVATE && type != MS_SLAVE && type != MS_UNBINDABLE)
        return -EINVAL;
    if (target->dentry != top->root || type == MS_SHARED)
        return -EINVAL;
    rwsem_write_lock(&namespace_sem);
    write_seqlock(&mount_lock);
    for (struct mount *mnt = top; mnt; mnt = flags & MS_REC ? mount_next_in_tree(mnt, top) : NULL) {
        mnt->flags &= ~MNT_UNBINDABLE;
        if (type == MS_UNBINDABLE)
            mnt->flags |= MNT_UNBINDABLE;
    }
    write_sequnlock(&mount_lock);
    rwsem_write_unlock(&namespace_sem);
    return 0;
}

int do_mount(const char *source, const struct path *target, const char *type, unsigned long flags,
             char *data)
{
    if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
        flags &= ~MS_MGC_MSK;
    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    if (flags & MS_REMOUNT)
        return mount_remount(target, flags, data);
    if (flags & MS_BIND)
        return mount_bind(source, target, flags & MS_REC);
    if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
        return mount_change_type(target, flags);
    if (flags & MS_MOVE)
        return mount_move(source, target);
    return mount_new_fs(source, target, type, flags, data);
}

int kern_mount(const char *source, const char *target, const char *type, unsigned long flags,
               void *data)
{
    struct path path;
    int error = path_lookup_kernel(target, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &path);

    if (error)
        return error;
    error = do_mount(source, &path, type, flags, data);
    path_put(&path);
    return error;
}

/* --- umount2(2) --- */

/* What umount of the root means: nobody can take it away, but it can be made safe to switch off. */
static int umount_root(struct mount *mnt)
{
    return mnt->sb->flags & SB_RDONLY ? 0
                                      : super_remount(mnt->sb, mnt->sb->flags | SB_RDONLY, NULL);
}

/* The first time it marks, the second time, if nobody used it in between, it unmounts. */
static int expire_check(struct mount *mnt, int flags)
{
    if (flags & (MNT_FORCE | MNT_DETACH))
        return -EINVAL;
    if (mnt == current->fs->root.mnt)
        return -EINVAL;
    if (atomic_read(&mnt->count) > 2 || !list_empty(&mnt->children))
        return -EBUSY;
    if (mnt->flags & MNT_EXPIRE_MARK)
        return 0;
    write_seqlock(&mount_lock);
    mnt->flags |= MNT_EXPIRE_MARK;
    write_sequnlock(&mount_lock);
    return -EAGAIN;
}

static int umount_locked(const struct path *path, int flags)
{
    struct mount *mnt = path->mnt;

    if (flags & MNT_EXPIRE) {
        int error = expire_check(mnt, flags);

        if (error)
            return error;
    }
    /* One reference is the name space's, one the caller's path. */
    if (!(flags & MNT_DETACH))
        return mount_try_remove(mnt, 2) ? 0 : -EBUSY;
    mount_tree_remove(mnt);
    return 0;
}

int do_umount(const struct path *path, int flags)
{
    struct mount *mnt = path->mnt;
    int error = -EINVAL;

    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    rwsem_write_lock(&namespace_sem);
    if (path->dentry == mnt->root && mnt->ns && mnt->ns == current_mnt_ns()) {
        if (mnt == current->fs->root.mnt && !(flags & MNT_DETACH))
            error = umount_root(mnt);
        else if (mnt != mnt->ns->root)
            error = umount_locked(path, flags);
    }
    rwsem_write_unlock(&namespace_sem);
    return error;
}

/* --- pivot_root(2) --- */

/* Whether path can be reached from root by names and mounts. */
static bool path_is_below(const struct path *path, const struct path *root)
{
    const struct dentry *dentry = path->dentry;
    struct mount *mnt = path->mnt;

    for (; mnt != root->mnt; mnt = mnt->parent) {
        if (mnt->parent == mnt)
            return false;
        dentry = mnt->mountpoint;
    }
    return dentry_is_ancestor(root->dentry, dentry);
}

static int pivot_check(const struct path *new_root, const struct path *put_old,
                       const struct path *root)
{
    struct mnt_namespace *ns = current_mnt_ns();

    if (!ns || new_root->mnt->ns != ns || root->mnt->ns != ns || put_old->mnt->ns != ns)
        return -EINVAL;
    if (dentry_is_unlinked(new_root->dentry) || dentry_is_unlinked(put_old->dentry))
        return -ENOENT;
    if (new_root->mnt == root->mnt || put_old->mnt == root->mnt)
        return -EBUSY; /* the current root */
    if (root->mnt->root != root->dentry || new_root->mnt->root != new_root->dentry)
        return -EINVAL; /* not mount points */
    if (new_root->mnt->parent == new_root->mnt)
        return -EINVAL;
    if (!path_is_below(put_old, new_root) || !path_is_below(new_root, root))
        return -EINVAL;
    return 0;
}

int do_pivot_root(const struct path *new_root, const struct path *put_old)
{
    struct path root, place;
    int error;

    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    fs_info_get_root(current->fs, &root);
    place = *put_old;
    path_get(&place);
    path_follow_mounts(&place);
    rwsem_write_lock(&namespace_sem);
    error = pivot_check(new_root, &place, &root);
    if (!error)
        error = mounts_pivot(new_root->mnt, root.mnt, &place);
    rwsem_write_unlock(&namespace_sem);
    path_put(&place);
    if (!error)
        fs_info_replace_all(&root, new_root);
    path_put(&root);
    return error;
}
