// SPDX-License-Identifier: MIT
/*
 * The tree of mounts.
 *
 * A mount is attached at (parent, mountpoint); a hash finds it from there. The mountpoint's dentry
 * carries DCACHE_MOUNTED as long as something is attached to it anywhere, so that path walk looks
 * into the hash only there.
 *
 * The tree changes under namespace_sem (who may sleep) and mount_lock (who may not). Path walk
 * reads it under RCU, remembers mount_lock's count, and when it wants a reference checks the count
 * after taking it (mount_legitimize). Unmounting does the reverse: it raises the count first and
 * looks at the references second, so one of the two notices the other.
 */
#include <kernel/base/panic.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/list_rcu.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>

#include "mount_internal.h"

#define MOUNT_HASH_BITS 8
#define MOUNTS_MAX      100000

DEFINE_SEQLOCK(mount_lock);
DEFINE_RWSEM(namespace_sem);
DEFINE_WAIT_QUEUE(mounts_wq);

static struct hlist_head mount_table[1 << MOUNT_HASH_BITS];      /* mount_lock, RCU */
static struct hlist_head mountpoint_table[1 << MOUNT_HASH_BITS]; /* mount_lock */
static struct kmem_cache *mount_cache __ro_after_init;

/* A dentry with mounts on it. */
struct mountpoint {
    struct hlist_node node; /* mountpoint_table */
    struct dentry *dentry;
    struct hlist_head mounts;
};

static struct hlist_head *mount_bucket(const struct mount *parent, const struct dentry *dentry)
{
    u64 key = (u64)(unsigned long)parent * 31 + (u64)(unsigned long)dentry;

    return &mount_table[hash_64(key, MOUNT_HASH_BITS)];
}

struct mount *mount_find_rcu(const struct mount *parent, const struct dentry *dentry)
{
    struct mount *mnt;

    hlist_for_each_entry_rcu (mnt, mount_bucket(parent, dentry), hash_node) {
        if (mnt->parent == parent && mnt->mountpoint == dentry)
            return mnt;
    }
    return NULL;
}

int mount_legitimize(struct mount *mnt, u32 seq)
{
    if (read_seqretry(&mount_lock, seq) || !atomic_inc_not_zero(&mnt->count))
        return 0;
    return likely(!read_seqretry(&mount_lock, seq)) ? 1 : -1;
}

/* --- walking --- */

bool path_follow_mount_one(struct path *path)
{
    struct mount *mnt;

    spin_lock(&mount_lock.lock);
    mnt = mount_find_rcu(path->mnt, path->dentry);
    if (mnt)
        mount_get(mnt);
    spin_unlock(&mount_lock.lock);
    if (!mnt)
        return false;
    path_put(path);
    path->mnt = mnt;
    path->dentry = dentry_get(mnt->root);
    return true;
}

bool path_up_one(const struct path *path, struct path *up)
{
    spin_lock(&mount_lock.lock);
    if (path->mnt->parent == path->mnt) {
        spin_unlock(&mount_lock.lock);
        return false;
    }
    up->mnt = mount_get(path->mnt->parent);
    up->dentry = dentry_get(path->mnt->mountpoint);
    spin_unlock(&mount_lock.lock);
    return true;
}

/* --- mountpoints; mount_lock held --- */

static struct mountpoint *mountpoint_find(const struct dentry *dentry)
{
    struct mountpoint *mp;

    hlist_for_each_entry (mp, &mountpoint_table[hash_ptr(dentry, MOUNT_HASH_BITS)], node) {
        if (mp->dentry == dentry)
            return mp;
    }
    return NULL;
}

/* Uses the caller's spare if the dentry is none yet. */
static struct mountpoint *mountpoint_get(struct dentry *dentry, struct mountpoint **spare)
{
    struct mountpoint *mp = mountpoint_find(dentry);

    if (mp)
        return mp;
    mp = *spare;
    *spare = NULL;
    mp->dentry = dentry;
    INIT_HLIST_HEAD(&mp->mounts);
    hlist_add_head(&mp->node, &mountpoint_table[hash_ptr(dentry, MOUNT_HASH_BITS)]);
    spin_lock(&dentry->lock);
    dentry->flags |= DCACHE_MOUNTED;
    spin_unlock(&dentry->lock);
    return mp;
}

static void mountpoint_leave(struct mount *mnt)
{
    struct mountpoint *mp = mnt->mp;

    mnt->mp = NULL;
    hlist_del_init(&mnt->mp_link);
    if (!hlist_empty(&mp->mounts))
        return;
    spin_lock(&mp->dentry->lock);
    mp->dentry->flags &= ~DCACHE_MOUNTED;
    spin_unlock(&mp->dentry->lock);
    hlist_del(&mp->node);
    kfree(mp);
}

/* --- making and unmaking --- */

struct mount *mount_create(struct dentry *root, const char *source, u32 flags)
{
    static atomic_t last_id = ATOMIC_INIT(0);
    struct mount *mnt = kmem_cache_alloc(mount_cache, GFP_KERNEL | GFP_ZERO);

    if (mnt)
        mnt->source = kstrdup(source && *source ? source : "none", GFP_KERNEL);
    if (!mnt || !mnt->source) {
        if (mnt)
            kmem_cache_free(mount_cache, mnt);
        return NULL;
    }
    mnt->parent = mnt;
    mnt->mountpoint = root;
    mnt->root = root;
    mnt->sb = root->sb;
    mnt->flags = flags;
    atomic_set(&mnt->count, 1);
    mnt->id = atomic_inc_return(&last_id);
    INIT_LIST_HEAD(&mnt->children);
    INIT_LIST_HEAD(&mnt->child_link);
    INIT_LIST_HEAD(&mnt->ns_link);
    write_seqlock(&mount_lock);
    list_add_tail(&mnt->sb_link, &mnt->sb->mounts);
    write_sequnlock(&mount_lock);
    return mnt;
}

static void mount_free_rcu(struct rcu_head *head)
{
    kmem_cache_free(mount_cache, container_of(head, struct mount, rcu));
}

void mount_release(struct mount *mnt)
{
    struct super_block *sb = mnt->sb;

    DEBUG_ASSERT(!mnt->ns && list_empty(&mnt->children));
    write_seqlock(&mount_lock);
    list_del(&mnt->sb_link);
    write_sequnlock(&mount_lock);
    dentry_put(mnt->root);
    kfree(mnt->source);
    call_rcu(&mnt->rcu, mount_free_rcu);
    super_put(sb);
}

struct mount *mount_new(struct fs_context *fc, u32 flags)
{
    struct dentry *root = fs_mount(fc);
    struct super_block *sb;
    struct mount *mnt;

    if (IS_ERR(root))
        return ERR_CAST(root);
    mnt = mount_create(root, fc->source, flags);
    if (mnt)
        return mnt;
    sb = root->sb;
    dentry_put(root);
    super_put(sb);
    return ERR_PTR(-ENOMEM);
}

struct mount *mount_internal(const struct fs_type *type, void *options)
{
    struct fs_context fc = {.type = type, .source = type->name, .options = options};

    return mount_new(&fc, MNT_INTERNAL);
}

/* --- attaching and detaching --- */

static void namespace_changed(struct mnt_namespace *ns)
{
    ns->event++;
    wake_up_all(&mounts_wq);
}

/* mount_lock held; parent and mountpoint come with references that the mount keeps. */
static void attach_locked(struct mount *mnt, struct mount *parent, struct dentry *mountpoint,
                          struct mountpoint **spare)
{
    mnt->parent = parent;
    mnt->mountpoint = mountpoint;
    mnt->mp = mountpoint_get(mountpoint, spare);
    hlist_add_head(&mnt->mp_link, &mnt->mp->mounts);
    hlist_add_head_rcu(&mnt->hash_node, mount_bucket(parent, mountpoint));
    list_add_tail(&mnt->child_link, &parent->children);
}

/* mount_lock held. The caller drops the references that *at receives. */
static void detach_locked(struct mount *mnt, struct path *at)
{
    at->mnt = mnt->parent;
    at->dentry = mnt->mountpoint;
    hlist_del_init_rcu(&mnt->hash_node);
    list_del_init(&mnt->child_link);
    mountpoint_leave(mnt);
    mnt->parent = mnt;
    mnt->mountpoint = mnt->root;
}

struct mount *mount_next_in_tree(struct mount *mnt, const struct mount *top)
{
    if (!list_empty(&mnt->children))
        return list_first_entry(&mnt->children, struct mount, child_link);
    while (mnt != top) {
        if (!list_is_last(&mnt->child_link, &mnt->parent->children))
            return list_next_entry(mnt, child_link);
        mnt = mnt->parent;
    }
    return NULL;
}

/* Puts a tree of mounts into the name space. namespace_sem held for writing. */
static void namespace_add_tree(struct mnt_namespace *ns, struct mount *top)
{
    for (struct mount *mnt = top; mnt; mnt = mount_next_in_tree(mnt, top)) {
        mnt->ns = ns;
        list_add_tail(&mnt->ns_link, &ns->mounts);
        ns->nr_mounts++;
    }
    namespace_changed(ns);
}

/* The place where a mount on target goes: on top of what is mounted there. Referenced. */
static void mount_place(const struct path *target, struct path *place)
{
    *place = *target;
    path_get(place);
    path_follow_mounts(place);
}

/* The place must stay a name of the tree while something is mounted there: its inode is locked. */
static int place_check(const struct path *place, const struct mount *mnt)
{
    struct inode *inode = place->dentry->inode;

    if (dentry_is_unlinked(place->dentry) || (inode->flags & S_DEAD))
        return -ENOENT;
    if (S_ISDIR(inode->mode) != S_ISDIR(mnt->root->inode->mode))
        return -ENOTDIR;
    if (!place->mnt->ns || place->mnt->ns != current_mnt_ns())
        return -EINVAL;
    return 0;
}

/* Consumes the place's references on success. namespace_sem held for writing. */
static int attach_at_place(struct mount *mnt, struct path *place)
{
    struct mountpoint *spare = kzalloc(sizeof(*spare), GFP_KERNEL);
    struct mnt_namespace *ns = place->mnt->ns;
    struct inode *inode = place->dentry->inode;
    int error;

    if (!spare)
        return -ENOMEM;
    rwsem_write_lock(&inode->rwsem);
    error = place_check(place, mnt);
    if (!error && ns->nr_mounts >= MOUNTS_MAX)
        error = -ENOSPC;
    if (!error) {
        write_seqlock(&mount_lock);
        attach_locked(mnt, place->mnt, place->dentry, &spare);
        write_sequnlock(&mount_lock);
    }
    rwsem_write_unlock(&inode->rwsem);
    kfree(spare);
    return error;
}

int mount_attach_locked(struct mount *mnt, const struct path *target)
{
    struct path place;
    int error;

    mount_place(target, &place);
    error = attach_at_place(mnt, &place);
    if (error)
        path_put(&place);
    else
        namespace_add_tree(place.mnt->ns, mnt);
    return error;
}

int mount_attach(struct mount *mnt, const struct path *target)
{
    int error;

    rwsem_write_lock(&namespace_sem);
    error = mount_attach_locked(mnt, target);
    rwsem_write_unlock(&namespace_sem);
    return error;
}

/* A mount of a clone under construction: its parent is the clone of the original's parent. */
int mount_attach_clone(struct mount *clone, struct mount *parent, struct dentry *mountpoint)
{
    struct mountpoint *spare = kzalloc(sizeof(*spare), GFP_KERNEL);

    if (!spare)
        return -ENOMEM;
    write_seqlock(&mount_lock);
    attach_locked(clone, mount_get(parent), dentry_get(mountpoint), &spare);
    write_sequnlock(&mount_lock);
    kfree(spare);
    return 0;
}

void mount_detach(struct mount *mnt)
{
    struct path at;

    write_seqlock(&mount_lock);
    detach_locked(mnt, &at);
    write_sequnlock(&mount_lock);
    path_put(&at);
}

/* One mount leaves the tree and the name space; its own reference remains the caller's. */
static void tree_remove_one(struct mount *mnt)
{
    struct mnt_namespace *ns = mnt->ns;
    struct path at = {};

    write_seqlock(&mount_lock);
    if (mnt->parent != mnt)
        detach_locked(mnt, &at);
    mnt->ns = NULL;
    if (ns) {
        list_del_init(&mnt->ns_link);
        ns->nr_mounts--;
    }
    write_sequnlock(&mount_lock);
    if (at.mnt)
        path_put(&at);
}

void mount_tree_remove(struct mount *top)
{
    struct mnt_namespace *ns = top->ns;

    while (!list_empty(&top->children)) {
        struct mount *leaf = top;

        while (!list_empty(&leaf->children))
            leaf = list_first_entry(&leaf->children, struct mount, child_link);
        tree_remove_one(leaf);
        mount_put(leaf);
    }
    tree_remove_one(top);
    mount_put(top);
    if (ns)
        namespace_changed(ns);
}

bool mount_try_remove(struct mount *mnt, int references)
{
    struct mnt_namespace *ns = mnt->ns;
    struct path at = {};
    bool busy;

    write_seqlock(&mount_lock);
    smp_mb(); /* the raised count before the references: see mount_legitimize() */
    busy = !list_empty(&mnt->children) || atomic_read(&mnt->count) > references;
    if (!busy) {
        if (mnt->parent != mnt)
            detach_locked(mnt, &at);
        mnt->ns = NULL;
        list_del_init(&mnt->ns_link);
        ns->nr_mounts--;
    }
    write_sequnlock(&mount_lock);
    if (busy)
        return false;
    if (at.mnt)
        path_put(&at);
    mount_put(mnt);
    namespace_changed(ns);
    return true;
}

bool mount_is_below(const struct mount *mnt, const struct mount *ancestor)
{
    for (; mnt != ancestor; mnt = mnt->parent) {
        if (mnt->parent == mnt)
            return false;
    }
    return true;
}

/* --- pivoting: new_root becomes the root, the old root goes to put_old --- */

int mounts_pivot(struct mount *new_mnt, struct mount *root_mnt, struct path *put_old)
{
    struct mountpoint *spares[2] = {kzalloc(sizeof(struct mountpoint), GFP_KERNEL),
                                    kzalloc(sizeof(struct mountpoint), GFP_KERNEL)};
    struct path new_at, root_at = {};

    if (!spares[0] || !spares[1]) {
        kfree(spares[0]);
        kfree(spares[1]);
        return -ENOMEM;
    }
    write_seqlock(&mount_lock);
    detach_locked(new_mnt, &new_at);
    if (root_mnt->parent != root_mnt)
        detach_locked(root_mnt, &root_at);
    attach_locked(root_mnt, mount_get(put_old->mnt), dentry_get(put_old->dentry), &spares[0]);
    if (root_at.mnt)
        attach_locked(new_mnt, root_at.mnt, root_at.dentry, &spares[1]);
    else
        new_mnt->ns->root = new_mnt;
    write_sequnlock(&mount_lock);
    kfree(spares[0]);
    kfree(spares[1]);
    path_put(&new_at);
    namespace_changed(new_mnt->ns);
    return 0;
}

/* --- writing through a mount --- */

bool mount_is_readonly(const struct mount *mnt)
{
    return (READ_ONCE(mnt->flags) & MNT_READONLY) || (READ_ONCE(mnt->sb->flags) & SB_RDONLY);
}

int mount_want_write(struct mount *mnt)
{
    atomic_inc(&mnt->writers); /* before the look: see mount_set_flags() */
    if (likely(!mount_is_readonly(mnt)))
        return 0;
    atomic_dec(&mnt->writers);
    return -EROFS;
}

int mount_set_flags(struct mount *mnt, u32 flags)
{
    bool becomes_ro = (flags & MNT_READONLY) && !(mnt->flags & MNT_READONLY);
    int error = 0;

    write_seqlock(&mount_lock);
    if (becomes_ro) {
        WRITE_ONCE(mnt->flags, mnt->flags | MNT_READONLY);
        smp_mb();
        if (atomic_read(&mnt->writers) > 0) {
            WRITE_ONCE(mnt->flags, mnt->flags & ~MNT_READONLY);
            error = -EBUSY;
        }
    }
    if (!error)
        WRITE_ONCE(mnt->flags, (mnt->flags & ~MNT_USER_FLAGS) | flags);
    write_sequnlock(&mount_lock);
    if (!error && mnt->ns)
        namespace_changed(mnt->ns);
    return error;
}

/* --- name spaces --- */

struct mnt_namespace *mnt_namespace_create(struct mount *root)
{
    static u64 last_id;
    struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

    if (!ns)
        return NULL;
    atomic_set(&ns->count, 1);
    INIT_LIST_HEAD(&ns->mounts);
    ns->root = root;
    rwsem_write_lock(&namespace_sem);
    ns->id = ++last_id;
    namespace_add_tree(ns, root);
    rwsem_write_unlock(&namespace_sem);
    return ns;
}

struct mnt_namespace *current_mnt_ns(void)
{
    return current->mnt_ns ?: current->fs->root.mnt->ns;
}

u64 mounts_event(void)
{
    struct mnt_namespace *ns = current_mnt_ns();

    return ns ? READ_ONCE(ns->event) : 0;
}

struct wait_queue *mounts_wait_queue(void)
{
    return &mounts_wq;
}

void mount_init(void)
{
    mount_cache =
        kmem_cache_create("mnt_cache", sizeof(struct mount), CACHE_LINE_SIZE, SLAB_PANIC, NULL);
}
