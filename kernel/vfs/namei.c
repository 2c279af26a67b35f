// SPDX-License-Identifier: MIT
/*
 * Path walk: from a name to a dentry in a mount (path_resolution(7)).
 *
 * A walk first runs under RCU: it takes no lock and no reference on any component. What makes that
 * sound is the sequence of each dentry: the child is looked up, its sequence noted, and then the
 * parent's sequence checked, so the child was the parent's child while the parent was where the
 * walk found it; and the same link by link from the start. At the end the walk takes references on
 * the last dentry and its mount, and checks their sequences once more. Whenever something is not in
 * the cache, or an operation might sleep, the walk either takes references where it stands and goes
 * on (walk_leave_rcu), or, when that fails, gives up with -ECHILD and is repeated with references
 * from the start.
 *
 * Symlinks are walked without recursion: links[] keeps what follows each link in its path. A body
 * lives as long as its link's inode, which RCU keeps; so with a link in progress a walk does not
 * leave RCU in the middle but starts over.
 *
 * Lock order: a directory's rwsem is taken for one component's look-up, never two at a time here.
 */
#include <kernel/arch/uaccess.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

#include "name_hash.h"
#include "walk.h"

static inline bool in_rcu(const struct walk *w)
{
    return w->flags & WALK_RCU;
}

void path_get(const struct path *path)
{
    mount_get(path->mnt);
    dentry_get(path->dentry);
}

void path_put(const struct path *path)
{
    dentry_put(path->dentry);
    mount_put(path->mnt);
}

/* --- beginning and ending --- */

void walk_begin(struct walk *w, int dfd, const char *name, u32 flags)
{
    w->flags = flags;
    w->depth = 0;
    w->nr_links = 0;
    w->dfd = dfd;
    w->name = name;
    w->have_dir_fd = false;
    w->links = w->inline_links;
    w->path = (struct path){};
    w->outer = current->walk;
    current->walk = w;
    if (flags & WALK_RCU)
        rcu_read_lock();
}

/* The link's body is not needed any more. */
static void link_pop(struct walk *w)
{
    struct walk_link *link = &w->links[--w->depth];

    if (link->done)
        link->done(link->cookie);
    if (!in_rcu(w))
        path_put(&link->path);
}

static void walk_drop_root(struct walk *w)
{
    if (w->flags & WALK_ROOT_REF)
        path_put(&w->root);
    w->flags &= ~(WALK_ROOT_SET | WALK_ROOT_REF);
}

void walk_end(struct walk *w, bool keep_path)
{
    while (w->depth)
        link_pop(w);
    if (in_rcu(w)) {
        rcu_read_unlock();
    } else {
        if (!keep_path && w->path.mnt)
            path_put(&w->path);
        walk_drop_root(w);
    }
    if (w->links != w->inline_links)
        kfree(w->links);
    if (w->have_dir_fd)
        fd_put(w->dir_fd);
    current->walk = w->outer;
}

int walk_leave_rcu(struct walk *w)
{
    struct mount *mnt = w->path.mnt;
    int legitimate;

    if (w->depth)
        return -ECHILD;
    legitimate = mount_legitimize(mnt, w->mount_seq);
    if (legitimate == 1) {
        if (dentry_try_get(w->path.dentry)) {
            w->flags &= ~(WALK_RCU | WALK_ROOT_SET);
            rcu_read_unlock();
            if (likely(!read_seqcount_retry(&w->path.dentry->seq, w->seq)))
                return 0;
            path_put(&w->path);
            w->path.mnt = NULL;
            return -ECHILD;
        }
        legitimate = -1;
    }
    w->flags &= ~(WALK_RCU | WALK_ROOT_SET);
    rcu_read_unlock();
    w->path.mnt = NULL;
    if (legitimate < 0)
        mount_put(mnt);
    return -ECHILD;
}

/* --- where it starts --- */

static void walk_set_root(struct walk *w)
{
    struct fs_info *fs = current->fs;

    if (w->flags & WALK_ROOT_SET)
        return;
    if (in_rcu(w)) {
        u32 seq;

        do {
            seq = read_seqcount_begin(&fs->seq);
            w->root = fs->root;
        } while (read_seqcount_retry(&fs->seq, seq));
        w->flags |= WALK_ROOT_SET;
    } else {
        fs_info_get_root(fs, &w->root);
        w->flags |= WALK_ROOT_SET | WALK_ROOT_REF;
    }
}

/* Stands on *path, taking references unless under RCU. */
static void walk_stand_on(struct walk *w, const struct path *path)
{
    w->path = *path;
    if (in_rcu(w))
        w->seq = read_seqcount_begin(&path->dentry->seq);
    else
        path_get(path);
    w->inode = path->dentry->inode;
}

static int walk_start_cwd(struct walk *w)
{
    struct fs_info *fs = current->fs;

    if (in_rcu(w)) {
        u32 seq;

        do {
            seq = read_seqcount_begin(&fs->seq);
            walk_stand_on(w, &fs->cwd);
        } while (read_seqcount_retry(&fs->seq, seq));
    } else {
        fs_info_get_cwd(fs, &w->path);
        w->inode = w->path.dentry->inode;
    }
    return 0;
}

static int walk_start_fd(struct walk *w)
{
    struct file *file;

    w->dir_fd = fd_get_raw(w->dfd);
    file = w->dir_fd.file;
    if (!file)
        return -EBADF;
    w->have_dir_fd = true;
    if (*w->name && !S_ISDIR(file->inode->mode))
        return -ENOTDIR;
    walk_stand_on(w, &file->path);
    return 0;
}

static int walk_start_dir(struct walk *w)
{
    return w->dfd == AT_FDCWD ? walk_start_cwd(w) : walk_start_fd(w);
}

/* To the root, from an absolute path or symlink. */
static int walk_jump_root(struct walk *w)
{
    if (w->flags & LOOKUP_BENEATH)
        return -EXDEV;
    walk_set_root(w);
    if ((w->flags & LOOKUP_NO_XDEV) && w->path.mnt && w->path.mnt != w->root.mnt)
        return -EXDEV;
    if (!in_rcu(w) && w->path.mnt)
        path_put(&w->path);
    walk_stand_on(w, &w->root);
    return 0;
}

const char *walk_start(struct walk *w)
{
    const char *name = w->name;
    int error;

    w->mount_seq = read_seqbegin(&mount_lock);
    w->rename_seq = read_seqbegin(&rename_lock);
    if (unlikely(w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))) {
        if (in_rcu(w))
            return ERR_PTR(-ECHILD); /* scoped walks are rare: always with references */
        error = walk_start_dir(w);
        if (error)
            return ERR_PTR(error);
        w->root = w->path;
        path_get(&w->root);
        w->flags |= WALK_ROOT_SET | WALK_ROOT_REF;
        if (*name == '/')
            error = walk_jump_root(w);
    } else {
        error = *name == '/' ? walk_jump_root(w) : walk_start_dir(w);
    }
    return error ? ERR_PTR(error) : name;
}

/* --- ".." --- */

static bool at_root(const struct walk *w)
{
    return w->path.dentry == w->root.dentry && w->path.mnt == w->root.mnt;
}

/* Onto what is mounted on the dentry, under RCU. */
static int follow_mounts_rcu(struct walk *w, struct path *path, u32 *seq)
{
    while (unlikely(READ_ONCE(path->dentry->flags) & DCACHE_MOUNTED)) {
        struct mount *mnt = mount_find_rcu(path->mnt, path->dentry);

        if (!mnt)
            return read_seqretry(&mount_lock, w->mount_seq) ? -ECHILD : 0;
        if (w->flags & LOOKUP_NO_XDEV)
            return -EXDEV;
        path->mnt = mnt;
        path->dentry = mnt->root;
        *seq = read_seqcount_begin(&mnt->root->seq);
    }
    return 0;
}

/* From the root of a mount to its mountpoint. 1 moved, 0 there is none, -errno. */
static int up_mount_rcu(struct walk *w)
{
    struct mount *mnt = w->path.mnt, *parent = READ_ONCE(mnt->parent);
    struct dentry *mountpoint = READ_ONCE(mnt->mountpoint);
    u32 seq = read_seqcount_begin(&mountpoint->seq);

    if (read_seqretry(&mount_lock, w->mount_seq))
        return -ECHILD;
    if (parent == mnt)
        return 0;
    if (w->flags & LOOKUP_NO_XDEV)
        return -EXDEV;
    w->path = (struct path){.mnt = parent, .dentry = mountpoint};
    w->seq = seq;
    return 1;
}

static int dotdot_rcu(struct walk *w)
{
    struct path path;
    u32 seq;
    int moved;

    for (;;) {
        if (at_root(w))
            goto stay;
        if (w->path.dentry != w->path.mnt->root)
            break;
        moved = up_mount_rcu(w);
        if (moved < 0)
            return moved;
        if (!moved)
            goto stay;
    }
    path = (struct path){.mnt = w->path.mnt, .dentry = READ_ONCE(w->path.dentry->parent)};
    seq = read_seqcount_begin(&path.dentry->seq);
    if (read_seqcount_retry(&w->path.dentry->seq, w->seq))
        return -ECHILD;
    moved = follow_mounts_rcu(w, &path, &seq);
    if (moved)
        return moved;
    w->path = path;
    w->seq = seq;
    w->inode = READ_ONCE(path.dentry->inode);
    return w->inode && !read_seqcount_retry(&path.dentry->seq, seq) ? 0 : -ECHILD;
stay:
    w->inode = READ_ONCE(w->path.dentry->inode);
    return 0;
}

static int dotdot_ref(struct walk *w)
{
    struct path up;
    struct mount *mnt = w->path.mnt;

    while (!at_root(w)) {
        if (w->path.dentry != w->path.mnt->root) {
            struct dentry *parent = dentry_get_parent(w->path.dentry);

            dentry_put(w->path.dentry);
            w->path.dentry = parent;
            path_follow_mounts(&w->path);
            break;
        }
        if (!path_up_one(&w->path, &up))
            break;
        path_put(&w->path);
        w->path = up;
    }
    w->inode = w->path.dentry->inode;
    return (w->flags & LOOKUP_NO_XDEV) && w->path.mnt != mnt ? -EXDEV : 0;
}

static int walk_dotdot(struct walk *w)
{
    walk_set_root(w);
    if (unlikely(w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))) {
        if ((w->flags & LOOKUP_BENEATH) && at_root(w))
            return -EXDEV;
        /* A rename or mount may have carried the walk out of its tree: no telling any more. */
        if (read_seqretry(&rename_lock, w->rename_seq) || read_seqretry(&mount_lock, w->mount_seq))
            return -EAGAIN;
    }
    return in_rcu(w) ? dotdot_rcu(w) : dotdot_ref(w);
}

/* --- symlinks --- */

static struct walk_link *link_push(struct walk *w)
{
    struct walk_link *link;

    if (unlikely(w->depth == WALK_INLINE_LINKS && w->links == w->inline_links)) {
        struct walk_link *more = kmalloc(sizeof(*more) * WALK_LINKS_MAX,
                                         in_rcu(w) ? GFP_ATOMIC | GFP_NOWARN : GFP_KERNEL);

        if (!more)
            return NULL;
        memcpy(more, w->links, sizeof(w->inline_links));
        w->links = more;
    }
    link = &w->links[w->depth++];
    link->rest = NULL;
    link->done = NULL;
    return link;
}

int nd_jump_link(const struct path *path)
{
    struct walk *w = current->walk;

    if (w->flags & LOOKUP_NO_MAGICLINKS)
        return -ELOOP;
    if (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
        return -EXDEV;
    if ((w->flags & LOOKUP_NO_XDEV) && w->path.mnt != path->mnt)
        return -EXDEV;
    path_get(path);
    path_put(&w->path);
    w->path = *path;
    w->inode = path->dentry->inode;
    w->flags |= WALK_JUMPED;
    return 0;
}

static const char *link_body(struct walk *w, struct walk_link *link, struct inode *inode)
{
    if (likely(inode->opflags & IOP_FAST_LINK))
        return inode->link;
    if (!inode->ops->get_link)
        return ERR_PTR(-EINVAL);
    return inode->ops->get_link(in_rcu(w) ? NULL : link->path.dentry, inode, &link->done,
                                &link->cookie);
}

static int link_allowed(const struct walk *w, const struct mount *mnt)
{
    if (w->nr_links >= WALK_LINKS_MAX)
        return -ELOOP;
    return (w->flags & LOOKUP_NO_SYMLINKS) || (mnt->flags & MNT_NOSYMFOLLOW) ? -ELOOP : 0;
}

/* Takes up a symlink: its body, or NULL when it was a jump. link's references are consumed. */
static const char *walk_follow(struct walk *w, const struct path *path, struct inode *inode)
{
    struct walk_link *link;
    const char *body;
    int error = link_allowed(w, path->mnt);

    link = error ? NULL : link_push(w);
    if (!link) {
        if (!in_rcu(w))
            path_put(path);
        return ERR_PTR(error ?: in_rcu(w) ? -ECHILD : -ENOMEM);
    }
    w->nr_links++;
    link->path = *path;
    if (!in_rcu(w))
        inode_touch_atime(path);
    body = link_body(w, link, inode);
    if (IS_ERR(body))
        return body;
    if (!body) { /* jumped */
        link_pop(w);
        return NULL;
    }
    if (*body == '/') {
        error = walk_jump_root(w);
        if (error)
            return ERR_PTR(error);
    }
    return body;
}

/* --- one step --- */

static bool step_follows(const struct walk *w, unsigned int step)
{
    return !(step & STEP_TRAILING) || (w->flags & LOOKUP_FOLLOW);
}

static const char *step_rcu(struct walk *w, struct dentry *dentry, u32 seq, unsigned int step)
{
    struct path path = {.mnt = w->path.mnt, .dentry = dentry};
    struct inode *inode;
    u32 type;
    int error = follow_mounts_rcu(w, &path, &seq);

    if (unlikely(error))
        return ERR_PTR(error);
    inode = READ_ONCE(path.dentry->inode);
    type = READ_ONCE(path.dentry->flags);
    if (unlikely(read_seqcount_retry(&path.dentry->seq, seq)))
        return ERR_PTR(-ECHILD);
    if (unlikely(!inode))
        return ERR_PTR(-ENOENT);
    if (unlikely(type & DCACHE_SYMLINK) && step_follows(w, step))
        return walk_follow(w, &path, inode);
    w->path = path;
    w->inode = inode;
    w->seq = seq;
    return NULL;
}

static const char *step_ref(struct walk *w, struct dentry *dentry, unsigned int step)
{
    struct path path = {.mnt = mount_get(w->path.mnt), .dentry = dentry};
    struct inode *inode;

    path_follow_mounts(&path);
    inode = path.dentry->inode;
    if (unlikely(!inode) || ((w->flags & LOOKUP_NO_XDEV) && path.mnt != w->path.mnt)) {
        path_put(&path);
        return ERR_PTR(inode ? -EXDEV : -ENOENT);
    }
    if ((path.dentry->flags & DCACHE_SYMLINK) && step_follows(w, step))
        return walk_follow(w, &path, inode);
    path_put(&w->path);
    w->path = path;
    w->inode = inode;
    return NULL;
}

const char *walk_step(struct walk *w, struct dentry *dentry, u32 seq, unsigned int step)
{
    /* The string this component came from is used up: so is the link it was the body of. */
    if (!(step & STEP_MORE) && w->depth)
        link_pop(w);
    return in_rcu(w) ? step_rcu(w, dentry, seq, step) : step_ref(w, dentry, step);
}

/* --- looking up --- */

static int dentry_revalidate(struct dentry *dentry, bool rcu)
{
    if (likely(!(dentry->flags & DCACHE_REVALIDATE)))
        return 1;
    return dentry->ops->revalidate(dentry, rcu);
}

static struct dentry *lookup_fast_rcu(struct walk *w, u32 *seq)
{
    struct dentry *parent = w->path.dentry;
    struct dentry *dentry = dcache_find_rcu(parent, &w->last, seq);
    int valid;

    if (unlikely(!dentry)) {
        int error = walk_leave_rcu(w);

        return error ? ERR_PTR(error) : NULL;
    }
    if (unlikely(read_seqcount_retry(&parent->seq, w->seq)))
        return ERR_PTR(-ECHILD);
    valid = dentry_revalidate(dentry, true);
    if (likely(valid > 0))
        return dentry;
    return ERR_PTR(valid == 0 ? -ECHILD : valid);
}

/* A cached dentry that its file system still vouches for, or NULL. */
static struct dentry *lookup_cached(struct dentry *parent, const struct qstr *name)
{
    struct dentry *dentry = dcache_lookup(parent, name);
    int valid;

    if (!dentry)
        return NULL;
    valid = dentry_revalidate(dentry, false);
    if (valid > 0)
        return dentry;
    if (!valid)
        dentry_drop(dentry);
    dentry_put(dentry);
    return valid ? ERR_PTR(valid) : NULL;
}

struct dentry *walk_lookup_fast(struct walk *w, u32 *seq)
{
    if (likely(in_rcu(w)))
        return lookup_fast_rcu(w, seq);
    return lookup_cached(w->path.dentry, &w->last);
}

struct dentry *lookup_one_locked(struct dentry *dir, struct qstr *name, unsigned int flags)
{
    struct dentry *dentry = lookup_cached(dir, name), *other;
    struct inode *inode = dir->inode;

    if (dentry)
        return dentry;
    if (unlikely(inode->flags & S_DEAD))
        return ERR_PTR(-ENOENT);
    if (!inode->ops->lookup)
        return ERR_PTR(-ENOTDIR);
    dentry = dentry_alloc(dir, name);
    if (!dentry)
        return ERR_PTR(-ENOMEM);
    other = inode->ops->lookup(inode, dentry, flags);
    if (!other)
        return dentry;
    dentry_put(dentry);
    return other;
}

static struct dentry *lookup_slow(struct walk *w)
{
    struct dentry *dir = w->path.dentry, *dentry;
    struct inode *inode = dir->inode;

    if (w->flags & LOOKUP_CACHED)
        return ERR_PTR(-EAGAIN);
    rwsem_write_lock(&inode->rwsem);
    dentry = lookup_one_locked(dir, &w->last, w->flags & LOOKUP_MASK);
    rwsem_write_unlock(&inode->rwsem);
    return dentry;
}

static const char *walk_component(struct walk *w, unsigned int step)
{
    struct dentry *dentry;
    u32 seq = 0;

    if (unlikely(w->last_type != LAST_NORMAL)) {
        int error = w->last_type == LAST_DOTDOT ? walk_dotdot(w) : 0;

        if (!(step & STEP_MORE) && w->depth)
            link_pop(w);
        return error ? ERR_PTR(error) : NULL;
    }
    dentry = walk_lookup_fast(w, &seq);
    if (unlikely(!dentry))
        dentry = lookup_slow(w);
    if (IS_ERR(dentry))
        return ERR_CAST(dentry);
    return walk_step(w, dentry, seq, step);
}

/* --- the walk --- */

static int may_search(struct walk *w)
{
    int error;

    if (likely(in_rcu(w))) {
        error = inode_may_search(w->inode, MAY_NOT_BLOCK);
        if (likely(error != -ECHILD))
            return error;
        if (walk_leave_rcu(w))
            return -ECHILD;
    }
    return inode_may_search(w->inode, 0);
}

/* Takes the next component off name into w->last; what follows it, or ERR_PTR. */
static const char *next_component(struct walk *w, const char *name)
{
    u32 len;

    w->last.name = name;
    w->last.hash = name_hash_component(name, &len);
    w->last.len = len;
    if (unlikely(len > NAME_MAX))
        return ERR_PTR(-ENAMETOOLONG);
    w->last_type = LAST_NORMAL;
    if (unlikely(name[0] == '.')) {
        if (len == 1)
            w->last_type = LAST_DOT;
        else if (len == 2 && name[1] == '.')
            w->last_type = LAST_DOTDOT;
    }
    if (unlikely(w->path.dentry->ops && w->path.dentry->ops->hash))
        qstr_hash(w->path.dentry, &w->last);
    name += len;
    w->last_slash = *name == '/';
    while (*name == '/')
        name++;
    return name;
}

/* The string is at its end. Goes on with what follows the innermost link: true if something does.
 */
static bool resume_rest(struct walk *w, const char **name)
{
    if (!w->depth || !w->links[w->depth - 1].rest)
        return false;
    *name = w->links[w->depth - 1].rest;
    return true;
}

/* A string of nothing but slashes: the walk stands where it ends. */
static bool skip_empty(struct walk *w, const char **name)
{
    while (**name == '/')
        ++*name;
    while (!**name) {
        if (!resume_rest(w, name))
            return false;
        link_pop(w);
    }
    return true;
}

int walk_components(struct walk *w, const char *name)
{
    for (;;) {
        const char *body;
        int error;

        if (unlikely(*name == '/' || !*name) && !skip_empty(w, &name)) {
            w->last_type = LAST_ROOT;
            w->last_slash = false;
            return 0;
        }
        if (unlikely(!S_ISDIR(w->inode->mode)))
            return -ENOTDIR;
        error = may_search(w);
        if (unlikely(error))
            return error;
        name = next_component(w, name);
        if (IS_ERR(name))
            return PTR_ERR(name);
        if (*name) {
            body = walk_component(w, STEP_MORE);
        } else {
            if (!resume_rest(w, &name))
                return 0;
            body = walk_component(w, 0);
        }
        if (unlikely(body)) {
            if (IS_ERR(body))
                return PTR_ERR(body);
            w->links[w->depth - 1].rest = name;
            name = body;
        }
    }
}

const char *walk_last(struct walk *w)
{
    if (w->last_slash)
        w->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
    return walk_component(w, STEP_TRAILING);
}

/* A scoped walk may not have ended outside of its root. */
static int check_scope(const struct walk *w)
{
    const struct dentry *dentry = w->path.dentry;
    struct mount *mnt = w->path.mnt;
    int error = 0;

    spin_lock(&mount_lock.lock);
    while (mnt != w->root.mnt && mnt->parent != mnt) {
        dentry = mnt->mountpoint;
        mnt = mnt->parent;
    }
    if (mnt != w->root.mnt || !dentry_is_ancestor(w->root.dentry, dentry))
        error = -EXDEV;
    spin_unlock(&mount_lock.lock);
    return error;
}

int walk_complete(struct walk *w)
{
    if (in_rcu(w))
        return walk_leave_rcu(w);
    if (unlikely(w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)))
        return check_scope(w);
    return 0;
}

/* --- whole look-ups --- */

static int walk_whole(struct walk *w)
{
    const char *name = walk_start(w);
    int error;

    do {
        if (IS_ERR(name))
            return PTR_ERR(name);
        error = walk_components(w, name);
        if (error)
            return error;
        name = walk_last(w);
    } while (name);
    while (w->depth)
        link_pop(w);
    if ((w->flags & LOOKUP_DIRECTORY) && !S_ISDIR(w->inode->mode))
        return -ENOTDIR;
    return walk_complete(w);
}

static int lookup_once(struct walk *w, struct path *path)
{
    int error = walk_whole(w);

    if (!error)
        *path = w->path;
    walk_end(w, !error);
    return error;
}

int path_lookup_at(int dfd, const char *name, unsigned int flags, struct path *path)
{
    struct walk w;
    int error;

    WALK_TRY(error, &w, dfd, name, flags, lookup_once(&w, path));
    return unlikely(error == -ECHILD) ? -EAGAIN : error;
}

static int lookup_parent_once(struct walk *w, struct path *dir, struct qstr *last,
                              enum last_type *type)
{
    const char *name = walk_start(w);
    int error = IS_ERR(name) ? PTR_ERR(name) : walk_components(w, name);

    if (!error)
        error = walk_complete(w);
    if (!error) {
        *dir = w->path;
        *last = w->last;
        *type = w->last_type;
    }
    walk_end(w, !error);
    return error;
}

int path_lookup_parent(int dfd, const char *name, unsigned int flags, struct path *dir,
                       struct qstr *last, enum last_type *type)
{
    struct walk w;
    int error;

    WALK_TRY(error, &w, dfd, name, flags | LOOKUP_PARENT, lookup_parent_once(&w, dir, last, type));
    return error;
}

/* --- names from user space --- */

static struct kmem_cache *names_cache __ro_after_init;

char *path_name_get(const char __user *user, bool empty_ok)
{
    char *name = kmem_cache_alloc(names_cache, GFP_KERNEL);
    ssize_t len;

    if (!name)
        return ERR_PTR(-ENOMEM);
    len = strncpy_from_user(name, user, PATH_MAX);
    if (likely(len > 0 && len < PATH_MAX) || (len == 0 && empty_ok))
        return name;
    kmem_cache_free(names_cache, name);
    if (len < 0)
        return ERR_PTR(len);
    return ERR_PTR(len ? -ENAMETOOLONG : -ENOENT);
}

/* A kernel string as a path: into a buffer with the padding that the walk reads. */
char *path_name_from_kernel(const char *text)
{
    size_t len = strlen(text);
    char *name;

    if (!len || len >= PATH_MAX)
        return ERR_PTR(len ? -ENAMETOOLONG : -ENOENT);
    name = kmem_cache_alloc(names_cache, GFP_KERNEL);
    if (!name)
        return ERR_PTR(-ENOMEM);
    memcpy(name, text, len + 1);
    return name;
}

char *path_name_buffer(void)
{
    return kmem_cache_alloc(names_cache, GFP_KERNEL);
}

void path_name_put(char *name)
{
    if (!IS_ERR_OR_NULL(name))
        kmem_cache_free(names_cache, name);
}

int path_lookup_user(int dfd, const char __user *user, unsigned int flags, struct path *path)
{
    char *name = path_name_get(user, flags & LOOKUP_EMPTY);
    int error;

    if (IS_ERR(name))
        return PTR_ERR(name);
    error = path_lookup_at(dfd, name, flags, path);
    path_name_put(name);
    return error;
}

int path_lookup_kernel(const char *text, unsigned int flags, struct path *path)
{
    char *name = path_name_from_kernel(text);
    int error;

    if (IS_ERR(name))
        return PTR_ERR(name);
    error = path_lookup_at(AT_FDCWD, name, flags, path);
    path_name_put(name);
    return error;
}

void names_cache_init(void)
{
    names_cache = kmem_cache_create("names_cache", PATH_MAX + PATH_PADDING, CACHE_LINE_SIZE,
                                    SLAB_PANIC, NULL);
}
