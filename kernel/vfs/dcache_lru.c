// SPDX-License-Identifier: MIT
/*
 * Unused dentries: which go when memory is wanted, and how whole trees go at unmount.
 *
 * A dentry is put on the LRU when its last reference goes, and stays there when it is used again:
 * only the shrinker takes it off when it finds it in use. DCACHE_REFERENCED, set when it is put a
 * second time, gives it one more round.
 */
#include <kernel/base/panic.h>
#include <kernel/mm/shrinker.h>
#include <kernel/mm/slab.h>

#include "internal.h"

static LIST_HEAD(lru);
static unsigned long lru_count;
static DEFINE_SPINLOCK(lru_lock);

void dentry_lru_add_locked(struct dentry *dentry)
{
    if (dentry->flags & DCACHE_LRU) {
        dentry->flags |= DCACHE_REFERENCED;
        return;
    }
    dentry->flags |= DCACHE_LRU;
    spin_lock(&lru_lock);
    list_add(&dentry->lru_link, &lru);
    lru_count++;
    spin_unlock(&lru_lock);
}

void dentry_lru_del_locked(struct dentry *dentry)
{
    if (!(dentry->flags & DCACHE_LRU))
        return;
    dentry->flags &= ~(DCACHE_LRU | DCACHE_REFERENCED);
    spin_lock(&lru_lock);
    list_del_init(&dentry->lru_link);
    lru_count--;
    spin_unlock(&lru_lock);
}

unsigned long dcache_nr_unused(void)
{
    return READ_ONCE(lru_count);
}

/* Kills the dead dentries of a list linked by lru_link, and what they alone kept alive. */
static void kill_list(struct list_head *dead)
{
    struct dentry *dentry;

    while ((dentry = list_first_entry_or_null(dead, struct dentry, lru_link))) {
        list_del_init(&dentry->lru_link);
        dentry_put(dentry_kill(dentry));
    }
}

/* Decides about the dentry at the LRU's end; lru_lock held. True if it was moved to dead. */
static bool lru_take_last(struct list_head *dead)
{
    struct dentry *dentry = list_last_entry(&lru, struct dentry, lru_link);
    bool taken = false;

    /* d_lock is taken before lru_lock everywhere else. */
    if (!spin_trylock(&dentry->lock)) {
        list_move(&dentry->lru_link, &lru);
        return false;
    }
    if (dentry->refcount) {
        dentry->flags &= ~(DCACHE_LRU | DCACHE_REFERENCED);
        list_del_init(&dentry->lru_link);
        lru_count--;
    } else if (dentry->flags & DCACHE_REFERENCED) {
        dentry->flags &= ~DCACHE_REFERENCED;
        list_move(&dentry->lru_link, &lru);
    } else {
        dentry->refcount = DENTRY_DEAD;
        dentry->flags &= ~DCACHE_LRU;
        list_move(&dentry->lru_link, dead);
        lru_count--;
        taken = true;
    }
    spin_unlock(&dentry->lock);
    return taken;
}

unsigned long dcache_shrink(unsigned long nr)
{
    unsigned long freed = 0, looked = 0;
    LIST_HEAD(dead);

    while (freed < nr && looked < 4 * nr) {
        unsigned long batch = 0;

        spin_lock(&lru_lock);
        while (!list_empty(&lru) && batch++ < 32 && freed < nr)
            freed += lru_take_last(&dead);
        spin_unlock(&lru_lock);
        kill_list(&dead);
        looked += batch;
        if (list_empty(&lru))
            break;
    }
    return freed;
}

static const struct shrinker dcache_shrinker = {"dentries", dcache_shrink};
SHRINKER(dcache_shrinker);

/* --- whole trees --- */

/* Marks a leaf dead if nothing but allowed references hold it. Its parent's lock is held. */
static bool leaf_try_take(struct dentry *dentry, int allowed, bool kill_pinned,
                          struct list_head *dead)
{
    bool taken;

    spin_lock_nested(&dentry->lock, 1);
    if (kill_pinned && (dentry->flags & DCACHE_PINNED))
        allowed++;
    taken = dentry->refcount >= 0 && dentry->refcount <= allowed && list_empty(&dentry->children);
    if (taken) {
        dentry_lru_del_locked(dentry);
        dentry->refcount = DENTRY_DEAD;
        list_add(&dentry->lru_link, dead);
    }
    spin_unlock(&dentry->lock);
    return taken;
}

/*
 * Takes unused leaves of parent from after pos on (NULL: from the start) until a child with
 * children of its own comes; returns that child with a reference, or NULL at the end.
 */
static struct dentry *children_scan(struct dentry *parent, struct dentry *pos, bool kill_pinned,
                                    struct list_head *dead)
{
    struct list_head *link = pos ? pos->child_link.next : parent->children.next;

    while (link != &parent->children) {
        struct dentry *child = list_entry(link, struct dentry, child_link);

        link = link->next;
        if (!list_empty(&child->children)) {
            if (dentry_try_get(child))
                return child;
        } else {
            leaf_try_take(child, 0, kill_pinned, dead);
        }
    }
    return NULL;
}

/* Back from a finished directory to its parent; both referenced, dentry's reference is used up. */
static struct dentry *scan_ascend(struct dentry *dentry, bool kill_pinned, struct list_head *dead,
                                  struct dentry **next)
{
    struct dentry *parent = dentry_get_parent(dentry);

    spin_lock(&parent->lock);
    /* Moved by a rename meanwhile: give up this branch, another pass comes. */
    *next = dentry->parent == parent ? children_scan(parent, dentry, kill_pinned, dead) : NULL;
    if (dentry->parent == parent && leaf_try_take(dentry, 1, kill_pinned, dead))
        dentry = NULL;
    spin_unlock(&parent->lock);
    dentry_put(dentry);
    return parent;
}

/* One walk over the tree; true if it freed something. */
static bool shrink_pass(struct dentry *root, bool kill_pinned)
{
    struct dentry *dir = dentry_get(root), *next;
    bool progress;
    LIST_HEAD(dead);

    spin_lock(&dir->lock);
    next = children_scan(dir, NULL, kill_pinned, &dead);
    spin_unlock(&dir->lock);
    for (;;) {
        if (next) {
            dentry_put(dir);
            dir = next;
            spin_lock(&dir->lock);
            next = children_scan(dir, NULL, kill_pinned, &dead);
            spin_unlock(&dir->lock);
        } else if (dir == root || dentry_is_root(dir)) {
            break;
        } else {
            dir = scan_ascend(dir, kill_pinned, &dead, &next);
        }
    }
    progress = !list_empty(&dead);
    dentry_put(dir);
    kill_list(&dead);
    return progress;
}

void dcache_shrink_tree(struct dentry *root, bool kill_pinned)
{
    while (shrink_pass(root, kill_pinned))
        ;
}
