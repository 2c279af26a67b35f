// SPDX-License-Identifier: MIT
/*
 * The dentry cache: names, and what they lead to.
 *
 * A dentry is one name in one directory. It is positive (it has an inode) or negative (known not to
 * exist). Hashed dentries are found by (parent, name); an unhashed one lives only as long as
 * somebody holds it. Each dentry holds a reference on its parent and on its inode, so a chain of
 * parents never breaks, and a directory with cached children is never unused.
 *
 * States by refcount: > 0 in use; 0 unused, on the LRU (kept as long as memory allows); negative:
 * dead, on its way to the RCU callback. From dead there is no way back, which is why killing needs
 * no lock juggling: whoever meets a dead dentry in a list passes it by.
 *
 * Path walk reads dentries under RCU without any lock. It reads seq before and checks it after
 * whatever it took from the dentry; seq changes with name, parent, inode and with leaving the hash.
 *
 * Locks, outer to inner:
 *   rename_lock                 a dentry moves: name and parent
 *     inode->lock               aliases
 *       parent's d_lock         children
 *         d_lock                flags, refcount, inode
 *           hash bucket lock
 *           LRU lock
 *
 * The count changes without the lock by a compare-and-exchange of lock and count as one word, which
 * fails whenever somebody holds, or has held in between, the lock (tickets only grow).
 */
#include <kernel/arch/percpu.h>
#include <kernel/base/panic.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/list_rcu.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>

#include "internal.h"
#include "name_hash.h"

/* A name too long for the dentry; shared with the dentry that took it over by rename. */
struct long_name {
    struct rcu_head rcu;
    atomic_t count;
    char text[];
};

#define NR_BUCKET_LOCKS 256

static struct hlist_head *dentry_table __ro_after_init;
static unsigned int dentry_table_bits __ro_after_init;
static spinlock_t bucket_locks[NR_BUCKET_LOCKS];
static struct kmem_cache *dentry_cache __ro_after_init;

static DEFINE_PER_CPU(long, nr_dentries);

static inline u32 bucket_index(const struct dentry *parent, u32 hash)
{
    return hash_64((u64)(unsigned long)parent ^ ((u64)hash << 32 | hash), dentry_table_bits);
}

static inline spinlock_t *bucket_lock(u32 index)
{
    return &bucket_locks[index % NR_BUCKET_LOCKS];
}

void qstr_hash(const struct dentry *parent, struct qstr *name)
{
    if (unlikely(parent && parent->ops && parent->ops->hash) && !parent->ops->hash(parent, name))
        return;
    name->hash = name_hash(name->name, name->len);
}

/* --- reference counts --- */

/* The lock fits beside the count only where it carries no debug map. */
#define LOCK_COUNT_IS_WORD (sizeof(spinlock_t) == sizeof(u32))

static inline bool lock_count_is_free(u64 word)
{
    return (u16)word == (u16)(word >> 16);
}

static inline int lock_count_value(u64 word)
{
    return (int)(word >> 32);
}

static inline bool lock_count_try_change(struct dentry *dentry, u64 *word, s64 change)
{
    return __atomic_compare_exchange_n(&dentry->lock_count, word, *word + ((u64)change << 32),
                                       false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

bool dentry_try_get(struct dentry *dentry)
{
    bool alive;

    if (LOCK_COUNT_IS_WORD) {
        u64 word = READ_ONCE(dentry->lock_count);

        while (lock_count_is_free(word)) {
            if (lock_count_value(word) < 0)
                return false;
            if (lock_count_try_change(dentry, &word, 1))
                return true;
        }
    }
    spin_lock_nested(&dentry->lock, 1); /* the parent's may be held */
    alive = dentry->refcount >= 0;
    if (alive)
        dentry->refcount++;
    spin_unlock(&dentry->lock);
    return alive;
}

struct dentry *dentry_get(struct dentry *dentry)
{
    bool alive = dentry_try_get(dentry);

    DEBUG_ASSERT(alive);
    (void)alive;
    return dentry;
}

struct dentry *dentry_get_parent(struct dentry *dentry)
{
    for (;;) {
        struct dentry *parent;
        bool alive;

        rcu_read_lock();
        parent = READ_ONCE(dentry->parent);
        alive = dentry_try_get(parent);
        rcu_read_unlock();
        if (alive && READ_ONCE(dentry->parent) == parent)
            return parent;
        if (alive)
            dentry_put(parent);
    }
}

/* Whether the last reference may go by count alone: the dentry stays where it is, on the LRU. */
static inline bool dentry_stays_cached(const struct dentry *dentry)
{
    const u32 want = DCACHE_HASHED | DCACHE_LRU | DCACHE_REFERENCED;

    return (READ_ONCE(dentry->flags) & want) == want && !(dentry->ops && dentry->ops->delete_now);
}

static inline bool dentry_put_fast(struct dentry *dentry)
{
    u64 word;

    if (!LOCK_COUNT_IS_WORD)
        return false;
    word = READ_ONCE(dentry->lock_count);
    barrier();
    while (lock_count_is_free(word)) {
        if (lock_count_value(word) < 2 && !dentry_stays_cached(dentry))
            return false;
        if (lock_count_try_change(dentry, &word, -1))
            return true;
    }
    return false;
}

/* Drops one reference; true when that killed the dentry (it is marked dead, not yet taken apart).
 */
static bool dentry_put_slow(struct dentry *dentry)
{
    bool dead = false;

    spin_lock(&dentry->lock);
    DEBUG_ASSERT(dentry->refcount > 0);
    if (--dentry->refcount == 0) {
        dead = !(dentry->flags & DCACHE_HASHED) ||
               (dentry->ops && dentry->ops->delete_now && dentry->ops->delete_now(dentry));
        if (dead) {
            dentry->refcount = DENTRY_DEAD;
            dentry_lru_del_locked(dentry);
        } else {
            dentry_lru_add_locked(dentry);
        }
    }
    spin_unlock(&dentry->lock);
    return dead;
}

void dentry_put(struct dentry *dentry)
{
    while (dentry && !dentry_put_fast(dentry) && dentry_put_slow(dentry))
        dentry = dentry_kill(dentry);
}

/* --- making and unmaking --- */

static bool dentry_name_is_long(const struct dentry *dentry)
{
    return dentry->name.name != dentry->inline_name;
}

static struct long_name *dentry_long_name(const struct dentry *dentry)
{
    return container_of(dentry->name.name, struct long_name, text[0]);
}

static void dentry_name_put(struct dentry *dentry)
{
    struct long_name *name;

    if (!dentry_name_is_long(dentry))
        return;
    name = dentry_long_name(dentry);
    if (atomic_dec_and_test(&name->count))
        kfree_rcu(name, rcu);
}

static int dentry_name_set(struct dentry *dentry, const struct qstr *name)
{
    char *text = dentry->inline_name;

    if (name->len >= DNAME_INLINE) {
        /* Room for whole words, as name_equal() reads them. */
        struct long_name *lname = kmalloc(sizeof(*lname) + name->len + PATH_PADDING, GFP_KERNEL);

        if (!lname)
            return -ENOMEM;
        atomic_set(&lname->count, 1);
        text = lname->text;
    }
    memcpy(text, name->name, name->len);
    text[name->len] = '\0';
    dentry->name = (struct qstr){.hash = name->hash, .len = name->len, .name = text};
    return 0;
}

/* Takes over the name of another, for rename. Both seqs are being written. */
void dentry_name_copy(struct dentry *to, const struct dentry *from)
{
    dentry_name_put(to);
    to->name = from->name;
    if (dentry_name_is_long(from)) {
        atomic_inc(&dentry_long_name(from)->count);
    } else {
        memcpy(to->inline_name, from->inline_name, DNAME_INLINE);
        to->name.name = to->inline_name;
    }
}

void dentry_name_swap(struct dentry *a, struct dentry *b)
{
    bool a_long = dentry_name_is_long(a), b_long = dentry_name_is_long(b);
    char text[DNAME_INLINE];

    memcpy(text, a->inline_name, DNAME_INLINE);
    memcpy(a->inline_name, b->inline_name, DNAME_INLINE);
    memcpy(b->inline_name, text, DNAME_INLINE);
    swap(a->name, b->name);
    if (!b_long)
        a->name.name = a->inline_name;
    if (!a_long)
        b->name.name = b->inline_name;
}

static struct dentry *dentry_alloc_bare(struct super_block *sb, const struct qstr *name)
{
    struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);

    if (!dentry)
        return NULL;
    if (dentry_name_set(dentry, name)) {
        kmem_cache_free(dentry_cache, dentry);
        return NULL;
    }
    dentry->flags = 0;
    seqcount_init(&dentry->seq);
    INIT_HLIST_NODE(&dentry->hash_node);
    dentry->inode = NULL;
    spin_lock_init(&dentry->lock);
    dentry->refcount = 1;
    dentry->sb = sb;
    dentry->ops = sb->dentry_ops;
    dentry->time = 0;
    dentry->private = NULL;
    INIT_LIST_HEAD(&dentry->lru_link);
    INIT_LIST_HEAD(&dentry->child_link);
    INIT_LIST_HEAD(&dentry->children);
    INIT_HLIST_NODE(&dentry->alias_link);
    if (dentry->ops && dentry->ops->revalidate)
        dentry->flags |= DCACHE_REVALIDATE;
    this_cpu_inc(nr_dentries);
    return dentry;
}

struct dentry *dentry_alloc(struct dentry *parent, const struct qstr *name)
{
    struct dentry *dentry = dentry_alloc_bare(parent->sb, name);

    if (!dentry)
        return NULL;
    dentry->parent = dentry_get(parent);
    spin_lock(&parent->lock);
    list_add(&dentry->child_link, &parent->children);
    spin_unlock(&parent->lock);
    return dentry;
}

struct dentry *dentry_make_root(struct inode *inode)
{
    static const struct qstr slash = {.name = "/", .len = 1};
    struct dentry *dentry;

    if (!inode)
        return NULL;
    dentry = dentry_alloc_bare(inode->sb, &slash);
    if (!dentry) {
        inode_put(inode);
        return NULL;
    }
    dentry->parent = dentry;
    dentry->flags |= DCACHE_ROOT;
    dentry_instantiate(dentry, inode);
    return dentry;
}

static void dentry_free_rcu(struct rcu_head *head)
{
    kmem_cache_free(dentry_cache, container_of(head, struct dentry, rcu));
}

/* The inode goes from the dentry; the caller drops the reference. */
static struct inode *dentry_detach_inode(struct dentry *dentry)
{
    struct inode *inode = dentry->inode;

    if (!inode)
        return NULL;
    spin_lock(&inode->lock);
    spin_lock(&dentry->lock);
    write_seqcount_begin(&dentry->seq);
    dentry->flags &= ~DCACHE_TYPE_MASK;
    WRITE_ONCE(dentry->inode, NULL);
    hlist_del_init(&dentry->alias_link);
    write_seqcount_end(&dentry->seq);
    spin_unlock(&dentry->lock);
    spin_unlock(&inode->lock);
    return inode;
}

struct dentry *dentry_kill(struct dentry *dentry)
{
    struct dentry *parent = dentry->parent;
    struct inode *inode;

    spin_lock(&dentry->lock);
    dentry_unhash_locked(dentry);
    spin_unlock(&dentry->lock);
    if (parent != dentry) {
        spin_lock(&parent->lock);
        list_del_init(&dentry->child_link);
        spin_unlock(&parent->lock);
    }
    inode = dentry_detach_inode(dentry);
    if (inode) {
        inotify_inode_deleted(inode);
        inode_put(inode);
    }
    if (dentry->ops && dentry->ops->release)
        dentry->ops->release(dentry);
    dentry_name_put(dentry);
    this_cpu_dec(nr_dentries);
    call_rcu(&dentry->rcu, dentry_free_rcu);
    return parent != dentry ? parent : NULL;
}

/* --- the hash --- */

void dentry_unhash_locked(struct dentry *dentry)
{
    u32 index;

    if (!(dentry->flags & DCACHE_HASHED))
        return;
    index = bucket_index(dentry->parent, dentry->name.hash);
    spin_lock(bucket_lock(index));
    hlist_del_init_rcu(&dentry->hash_node);
    spin_unlock(bucket_lock(index));
    dentry->flags &= ~DCACHE_HASHED;
    write_seqcount_invalidate(&dentry->seq);
}

void dentry_hash_locked(struct dentry *dentry)
{
    u32 index = bucket_index(dentry->parent, dentry->name.hash);

    dentry->flags |= DCACHE_HASHED;
    spin_lock(bucket_lock(index));
    hlist_add_head_rcu(&dentry->hash_node, &dentry_table[index]);
    spin_unlock(bucket_lock(index));
}

void dentry_rehash(struct dentry *dentry)
{
    spin_lock(&dentry->lock);
    if (!(dentry->flags & DCACHE_HASHED))
        dentry_hash_locked(dentry);
    spin_unlock(&dentry->lock);
}

void dentry_drop(struct dentry *dentry)
{
    spin_lock(&dentry->lock);
    if (!(dentry->flags & DCACHE_ROOT))
        dentry_unhash_locked(dentry);
    spin_unlock(&dentry->lock);
}

static bool dentry_name_matches(const struct dentry *dentry, const struct dentry *parent,
                                const struct qstr *name, u32 seq)
{
    const char *text = READ_ONCE(dentry->name.name);
    u32 len = READ_ONCE(dentry->name.len);

    /* Text and length belong together only if no rename came between. */
    if (unlikely(read_seqcount_retry(&dentry->seq, seq)))
        return false;
    if (unlikely(parent->ops && parent->ops->compare))
        return parent->ops->compare(dentry, len, text, name) == 0;
    return len == name->len && name_equal(text, name->name, len);
}

struct dentry *dcache_find_rcu(const struct dentry *parent, const struct qstr *name, u32 *seq)
{
    struct hlist_head *bucket = &dentry_table[bucket_index(parent, name->hash)];
    struct dentry *dentry;

    hlist_for_each_entry_rcu (dentry, bucket, hash_node) {
        u32 s;

        if (READ_ONCE(dentry->name.hash) != name->hash)
            continue;
        s = raw_seqcount_begin(&dentry->seq);
        if (READ_ONCE(dentry->parent) != parent || !(READ_ONCE(dentry->flags) & DCACHE_HASHED))
            continue;
        if (!dentry_name_matches(dentry, parent, name, s))
            continue;
        *seq = s;
        return dentry;
    }
    return NULL;
}

static struct dentry *dcache_lookup_once(struct dentry *parent, const struct qstr *name)
{
    struct dentry *dentry;
    u32 seq;

    rcu_read_lock();
    dentry = dcache_find_rcu(parent, name, &seq);
    if (dentry && !dentry_try_get(dentry))
        dentry = NULL;
    rcu_read_unlock();
    if (dentry && read_seqcount_retry(&dentry->seq, seq)) {
        dentry_put(dentry);
        dentry = NULL;
    }
    return dentry;
}

struct dentry *dcache_lookup(struct dentry *parent, const struct qstr *name)
{
    struct dentry *dentry;
    u32 seq;

    /* A rename may carry the walker of a chain into another: only then is a miss no miss. */
    do {
        seq = read_seqbegin(&rename_lock);
        dentry = dcache_lookup_once(parent, name);
    } while (!dentry && read_seqretry(&rename_lock, seq));
    return dentry;
}

/* --- what a dentry leads to --- */

static u32 inode_dentry_type(const struct inode *inode)
{
    if (S_ISDIR(inode->mode))
        return DCACHE_DIR;
    return S_ISLNK(inode->mode) ? DCACHE_SYMLINK : 0;
}

void dentry_instantiate(struct dentry *dentry, struct inode *inode)
{
    inode_compute_opflags(inode);
    spin_lock(&inode->lock);
    spin_lock(&dentry->lock);
    hlist_add_head(&dentry->alias_link, &inode->aliases);
    write_seqcount_begin(&dentry->seq);
    dentry->flags = (dentry->flags & ~DCACHE_TYPE_MASK) | inode_dentry_type(inode);
    WRITE_ONCE(dentry->inode, inode);
    write_seqcount_end(&dentry->seq);
    spin_unlock(&dentry->lock);
    spin_unlock(&inode->lock);
}

void dentry_add(struct dentry *dentry, struct inode *inode)
{
    if (inode)
        dentry_instantiate(dentry, inode);
    dentry_rehash(dentry);
}

void dentry_delete(struct dentry *dentry)
{
    bool sole;

    spin_lock(&dentry->lock);
    sole = dentry->refcount == 1;
    if (!sole)
        dentry_unhash_locked(dentry);
    spin_unlock(&dentry->lock);
    if (sole) {
        struct inode *inode = dentry_detach_inode(dentry);

        if (inode) {
            inotify_inode_deleted(inode);
            inode_put(inode);
        }
    }
}

/* Any live dentry of a directory, with a reference. */
static struct dentry *inode_find_alias(struct inode *inode)
{
    struct dentry *alias;

    spin_lock(&inode->lock);
    hlist_for_each_entry (alias, &inode->aliases, alias_link) {
        if (dentry_try_get(alias)) {
            spin_unlock(&inode->lock);
            return alias;
        }
    }
    spin_unlock(&inode->lock);
    return NULL;
}

/* Moves a directory's dentry that turned up elsewhere: possible if nothing is being renamed there.
 */
static int alias_move(struct dentry *alias, struct dentry *dentry)
{
    struct inode *old_dir;
    int error = -ESTALE;

    if (alias->flags & DCACHE_ROOT || dentry_is_ancestor(alias, dentry))
        return -ELOOP;
    if (alias->parent == dentry->parent) {
        dentry_move(alias, dentry);
        return 0;
    }
    if (!mutex_trylock(&alias->sb->rename_mutex))
        return error;
    old_dir = alias->parent->inode;
    if (old_dir && rwsem_write_trylock(&old_dir->rwsem)) {
        dentry_move(alias, dentry);
        rwsem_write_unlock(&old_dir->rwsem);
        error = 0;
    }
    mutex_unlock(&alias->sb->rename_mutex);
    return error;
}

struct dentry *dentry_splice_alias(struct inode *inode, struct dentry *dentry)
{
    struct dentry *alias;
    int error;

    if (IS_ERR(inode))
        return ERR_CAST(inode);
    alias = inode && S_ISDIR(inode->mode) ? inode_find_alias(inode) : NULL;
    if (!alias) {
        dentry_add(dentry, inode);
        return NULL;
    }
    /* The directory has a dentry that lost its name or was renamed behind our back: it moves here.
     */
    inode_put(inode);
    error = alias_move(alias, dentry);
    if (error) {
        dentry_put(alias);
        return ERR_PTR(error);
    }
    return alias;
}

/* --- start and figures --- */

void dcache_init(void)
{
    u64 heads = nr_total_pages() / 16;

    dentry_table_bits = clamp(ilog2(heads | 1), 10, 20);
    dentry_table = kvmalloc(sizeof(*dentry_table) << dentry_table_bits, GFP_KERNEL | GFP_ZERO);
    ASSERT(dentry_table);
    for (unsigned int i = 0; i < NR_BUCKET_LOCKS; i++)
        spin_lock_init(&bucket_locks[i]);
    dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), CACHE_LINE_SIZE,
                                     SLAB_PANIC | SLAB_RECLAIMABLE, NULL);
}

void dcache_stat(unsigned long *nr, unsigned long *nr_unused)
{
    long all = 0;
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        all += READ_ONCE(per_cpu(nr_dentries, cpu));
    *nr = max(all, 0L);
    *nr_unused = dcache_nr_unused();
}
