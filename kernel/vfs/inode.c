// SPDX-License-Identifier: MIT
/*
 * The inode cache: one struct inode for each file in use, found by (super block, number).
 *
 * Life of an inode: made I_NEW and hashed while its file system fills it in; used, refcount > 0;
 * unused, refcount 0, on the LRU while it has names; I_FREEING from the moment somebody decided
 * that it goes, until its memory is freed after a grace period. A look-up that meets I_NEW or
 * I_FREEING waits and looks again. Inodes that are not hashed (pipes, anonymous files, tmpfs) go
 * with their last reference.
 *
 * Locks, outer to inner: hash bucket lock > inode->lock > (LRU lock, sb->inode_lock,
 * sb->dirty_lock).
 */
#include <kernel/arch/percpu.h>
#include <kernel/base/panic.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/shrinker.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/writeback.h>
#include <kernel/sync/wait.h>

#include "internal.h"

#define NR_BUCKET_LOCKS 64
#define NR_WAIT_QUEUES  32

static struct hlist_head *inode_table __ro_after_init;
static unsigned int inode_table_bits __ro_after_init;
static spinlock_t bucket_locks[NR_BUCKET_LOCKS];
static struct wait_queue wait_queues[NR_WAIT_QUEUES];
static struct kmem_cache *inode_cache __ro_after_init;

static LIST_HEAD(lru);
static DEFINE_SPINLOCK(lru_lock);
static unsigned long lru_count;
static DEFINE_PER_CPU(long, nr_inodes);

static u32 bucket_index(const struct super_block *sb, u64 ino)
{
    return hash_64((u64)(unsigned long)sb + ino * GOLDEN_RATIO_64, inode_table_bits);
}

static spinlock_t *bucket_lock(u32 index)
{
    return &bucket_locks[index % NR_BUCKET_LOCKS];
}

static struct wait_queue *inode_wait_queue(const struct inode *inode)
{
    return &wait_queues[hash_ptr(inode, 5)];
}

/* --- making --- */

static void inode_init(struct inode *inode, struct super_block *sb)
{
    memset(inode, 0, sizeof(*inode));
    inode->sb = sb;
    inode->nlink = 1;
    inode->blkbits = sb->blocksize_bits;
    inode->mapping = &inode->data;
    spin_lock_init(&inode->lock);
    rwsem_init(&inode->rwsem);
    atomic_set(&inode->refcount, 1);
    INIT_LIST_HEAD(&inode->sb_link);
    INIT_LIST_HEAD(&inode->lru_link);
    INIT_LIST_HEAD(&inode->dirty_link);
    address_space_init(&inode->data, inode, NULL, GFP_USER);
}

static struct inode *inode_alloc(struct super_block *sb)
{
    struct inode *inode;

    if (sb->ops->alloc_inode)
        inode = sb->ops->alloc_inode(sb);
    else
        inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
    if (!inode)
        return NULL;
    inode_init(inode, sb);
    this_cpu_inc(nr_inodes);
    return inode;
}

static void inode_link_super(struct inode *inode)
{
    struct super_block *sb = inode->sb;

    spin_lock(&sb->inode_lock);
    list_add(&inode->sb_link, &sb->inodes);
    spin_unlock(&sb->inode_lock);
}

struct inode *inode_new(struct super_block *sb)
{
    struct inode *inode = inode_alloc(sb);

    if (inode)
        inode_link_super(inode);
    return inode;
}

static void inode_free_rcu(struct rcu_head *head)
{
    struct inode *inode = container_of(head, struct inode, rcu);

    inode->free_fn(inode);
}

static void inode_free_plain(struct inode *inode)
{
    kmem_cache_free(inode_cache, inode);
}

static void inode_free(struct inode *inode)
{
    address_space_fini(&inode->data);
    file_lock_context_free(inode);
    this_cpu_dec(nr_inodes);
    /* The super block may be gone by then. */
    inode->free_fn = inode->sb->ops->free_inode ?: inode_free_plain;
    call_rcu(&inode->rcu, inode_free_rcu);
}

/* --- finding --- */

static struct inode *bucket_find(struct hlist_head *bucket, const struct super_block *sb, u64 ino)
{
    struct inode *inode;

    hlist_for_each_entry (inode, bucket, hash_node) {
        if (inode->ino == ino && inode->sb == sb)
            return inode;
    }
    return NULL;
}

/* Sleeps until an inode on its way out is gone. Bucket lock and inode->lock held; both dropped. */
static void wait_freeing(struct inode *inode, spinlock_t *bucket)
{
    struct wait_queue *wq = inode_wait_queue(inode);
    struct wait_entry entry;

    wait_entry_init(&entry, wait_autoremove);
    (void)prepare_to_wait(wq, &entry, TASK_UNINTERRUPTIBLE);
    spin_unlock(&inode->lock);
    spin_unlock(bucket);
    schedule();
    finish_wait(wq, &entry);
}

static bool inode_is_hashed(const struct inode *inode)
{
    return READ_ONCE(inode->state) & I_HASHED;
}

/* Waits until the inode found has been filled in. False if that failed: look again. */
static bool wait_new(struct inode *inode)
{
    wait_event(inode_wait_queue(inode), !(READ_ONCE(inode->state) & I_NEW));
    if (inode_is_hashed(inode))
        return true;
    inode_put(inode);
    return false;
}

enum find_result { FIND_ABSENT, FIND_RETRY, FIND_FOUND };

/* Looks in the bucket, whose lock is held and dropped but for FIND_ABSENT. */
static enum find_result bucket_get(u32 index, struct super_block *sb, u64 ino,
                                   struct inode **result)
{
    spinlock_t *lock = bucket_lock(index);
    struct inode *inode = bucket_find(&inode_table[index], sb, ino);

    if (!inode)
        return FIND_ABSENT;
    spin_lock(&inode->lock);
    if (inode->state & I_FREEING) {
        wait_freeing(inode, lock);
        return FIND_RETRY;
    }
    atomic_inc(&inode->refcount);
    spin_unlock(&inode->lock);
    spin_unlock(lock);
    if (!wait_new(inode))
        return FIND_RETRY;
    *result = inode;
    return FIND_FOUND;
}

static void bucket_insert(struct inode *inode, u32 index)
{
    spin_lock(&inode->lock);
    hlist_add_head(&inode->hash_node, &inode_table[index]);
    inode->state |= I_HASHED;
    spin_unlock(&inode->lock);
}

struct inode *inode_get_locked(struct super_block *sb, u64 ino)
{
    u32 index = bucket_index(sb, ino);
    struct inode *fresh = NULL, *inode = NULL;
    enum find_result found;

    for (;;) {
        spin_lock(bucket_lock(index));
        found = bucket_get(index, sb, ino, &inode);
        if (found == FIND_FOUND)
            break;
        if (found == FIND_RETRY)
            continue;
        if (fresh) {
            fresh->ino = ino;
            fresh->state |= I_NEW;
            bucket_insert(fresh, index);
            spin_unlock(bucket_lock(index));
            inode_link_super(fresh);
            return fresh;
        }
        spin_unlock(bucket_lock(index));
        fresh = inode_alloc(sb);
        if (!fresh)
            return NULL;
    }
    if (fresh)
        inode_free(fresh);
    return inode;
}

void inode_hash_insert(struct inode *inode)
{
    u32 index = bucket_index(inode->sb, inode->ino);

    spin_lock(bucket_lock(index));
    bucket_insert(inode, index);
    spin_unlock(bucket_lock(index));
}

static void inode_unhash(struct inode *inode)
{
    u32 index = bucket_index(inode->sb, inode->ino);

    spin_lock(bucket_lock(index));
    spin_lock(&inode->lock);
    if (inode->state & I_HASHED) {
        hlist_del_init(&inode->hash_node);
        inode->state &= ~I_HASHED;
    }
    spin_unlock(&inode->lock);
    spin_unlock(bucket_lock(index));
}

static void inode_clear_new(struct inode *inode)
{
    spin_lock(&inode->lock);
    inode->state &= ~I_NEW;
    spin_unlock(&inode->lock);
    wake_up_all(inode_wait_queue(inode));
}

void inode_unlock_new(struct inode *inode)
{
    inode_compute_opflags(inode);
    inode_clear_new(inode);
}

void inode_fail_new(struct inode *inode)
{
    inode_unhash(inode);
    inode_clear_new(inode);
    inode_put(inode);
}

/* --- references --- */

struct inode *inode_get(struct inode *inode)
{
    atomic_inc(&inode->refcount);
    return inode;
}

/* inode->lock held. */
static void lru_add_locked(struct inode *inode)
{
    if (inode->state & I_LRU)
        return;
    inode->state |= I_LRU;
    spin_lock(&lru_lock);
    list_add(&inode->lru_link, &lru);
    lru_count++;
    spin_unlock(&lru_lock);
}

static void lru_del_locked(struct inode *inode)
{
    if (!(inode->state & I_LRU))
        return;
    inode->state &= ~I_LRU;
    spin_lock(&lru_lock);
    list_del_init(&inode->lru_link);
    lru_count--;
    spin_unlock(&lru_lock);
}

void inode_clear(struct inode *inode)
{
    if (READ_ONCE(inode->data.nr_pages))
        truncate_pages(&inode->data, 0);
    DEBUG_ASSERT(!inode->data.nr_pages);
}

static void inode_dirty_list_del(struct inode *inode)
{
    struct super_block *sb = inode->sb;

    spin_lock(&sb->dirty_lock);
    list_del_init(&inode->dirty_link);
    spin_unlock(&sb->dirty_lock);
}

/* The end: the caller has set I_FREEING with refcount 0. */
static void inode_evict(struct inode *inode)
{
    struct super_block *sb = inode->sb;

    inode_dirty_list_del(inode);
    inotify_inode_gone(inode);
    if (sb->ops->evict_inode)
        sb->ops->evict_inode(inode);
    else
        inode_clear(inode);
    inode_unhash(inode);
    wake_up_all(inode_wait_queue(inode));
    spin_lock(&sb->inode_lock);
    list_del_init(&inode->sb_link);
    spin_unlock(&sb->inode_lock);
    inode_free(inode);
}

/* Whether the inode goes with its last reference. inode->lock held. */
static bool inode_drops(struct inode *inode)
{
    if (inode->sb->ops->drop_inode)
        return inode->sb->ops->drop_inode(inode);
    return !inode->nlink || !(inode->state & I_HASHED);
}

void inode_put(struct inode *inode)
{
    bool drop;

    if (!inode || atomic_add_unless(&inode->refcount, -1, 1))
        return;
    spin_lock(&inode->lock);
    if (!atomic_dec_and_test(&inode->refcount)) {
        spin_unlock(&inode->lock);
        return;
    }
    drop = inode_drops(inode);
    if (!drop && (inode->sb->flags & SB_ACTIVE)) {
        lru_add_locked(inode);
        spin_unlock(&inode->lock);
        return;
    }
    inode->state |= I_FREEING;
    lru_del_locked(inode);
    spin_unlock(&inode->lock);
    if (inode->nlink && (inode->state & (I_DIRTY_INODE | I_DIRTY_PAGES | I_DIRTY_TIME)))
        (void)inode_write_now(inode, true);
    inode_evict(inode);
}

/* --- memory pressure and unmount --- */

/* The last of the LRU, claimed for eviction, or NULL if it stays. lru_lock held. */
static struct inode *lru_take_last(void)
{
    struct inode *inode = list_last_entry(&lru, struct inode, lru_link);
    struct inode *taken = NULL;

    if (!spin_trylock(&inode->lock)) {
        list_move(&inode->lru_link, &lru);
        return NULL;
    }
    if (atomic_read(&inode->refcount)) {
        inode->state &= ~I_LRU;
        list_del_init(&inode->lru_link);
        lru_count--;
    } else if (inode->data.nr_pages ||
               inode->state & (I_DIRTY_INODE | I_DIRTY_PAGES | I_DIRTY_TIME)) {
        list_move(&inode->lru_link, &lru);
    } else {
        inode->state = (inode->state & ~I_LRU) | I_FREEING;
        list_del_init(&inode->lru_link);
        lru_count--;
        taken = inode;
    }
    spin_unlock(&inode->lock);
    return taken;
}

unsigned long icache_shrink(unsigned long nr)
{
    unsigned long freed = 0, looked = 0;

    while (freed < nr && looked++ < 4 * nr) {
        struct inode *inode;

        spin_lock(&lru_lock);
        inode = list_empty(&lru) ? NULL : lru_take_last();
        spin_unlock(&lru_lock);
        if (inode) {
            inode_evict(inode);
            freed++;
        }
    }
    return freed;
}

static const struct shrinker icache_shrinker = {"inodes", icache_shrink};
SHRINKER(icache_shrinker);

/* An unused inode of the super block, claimed for eviction; counts those in use. */
static struct inode *super_take_unused(struct super_block *sb, unsigned long *busy)
{
    struct inode *inode;

    *busy = 0;
    spin_lock(&sb->inode_lock);
    list_for_each_entry (inode, &sb->inodes, sb_link) {
        /* The lock order is the other way round: try, and come again if it was taken. */
        if (atomic_read(&inode->refcount) || !spin_trylock(&inode->lock)) {
            ++*busy;
            continue;
        }
        if (!atomic_read(&inode->refcount) && !(inode->state & I_FREEING)) {
            inode->state |= I_FREEING;
            lru_del_locked(inode);
            spin_unlock(&inode->lock);
            spin_unlock(&sb->inode_lock);
            return inode;
        }
        spin_unlock(&inode->lock);
        ++*busy;
    }
    spin_unlock(&sb->inode_lock);
    return NULL;
}

unsigned long inodes_evict_super(struct super_block *sb)
{
    struct inode *inode;
    unsigned long busy;

    while ((inode = super_take_unused(sb, &busy)))
        inode_evict(inode);
    return busy;
}

/* --- dirtiness --- */

#define I_DIRTY_ALL (I_DIRTY_INODE | I_DIRTY_TIME | I_DIRTY_PAGES)

void inode_mark_dirty(struct inode *inode, int flags)
{
    struct super_block *sb = inode->sb;

    if (!sb->ops->write_inode && !sb->bdev)
        return; /* lives in memory alone */
    if (sb->ops->dirty_inode && (flags & (I_DIRTY_INODE | I_DIRTY_TIME)))
        sb->ops->dirty_inode(inode, flags);
    if ((READ_ONCE(inode->state) & flags) == (u32)flags)
        return;
    spin_lock(&inode->lock);
    inode->state |= flags & I_DIRTY_ALL;
    if (!(inode->state & I_FREEING)) {
        spin_lock(&sb->dirty_lock);
        if (list_empty(&inode->dirty_link))
            list_add_tail(&inode->dirty_link, &sb->dirty_inodes);
        spin_unlock(&sb->dirty_lock);
    }
    spin_unlock(&inode->lock);
    flusher_arm();
}

int inode_write_now(struct inode *inode, bool sync_all)
{
    struct writeback_control wbc = {.end = ~0ULL, .nr_to_write = 0x7fffffffL, .sync_all = sync_all};
    struct super_block *sb = inode->sb;
    int error = 0, e;
    u32 dirty;

    spin_lock(&inode->lock);
    dirty = inode->state & I_DIRTY_ALL;
    inode->state &= ~I_DIRTY_ALL;
    spin_unlock(&inode->lock);
    if (inode->mapping->ops && inode->mapping->ops->writepages)
        error = sync_all ? filemap_write_and_wait(inode->mapping, 0, ~0ULL)
                         : filemap_write_range(inode->mapping, 0, ~0ULL);
    if ((dirty & (I_DIRTY_INODE | I_DIRTY_TIME)) && sb->ops->write_inode) {
        e = sb->ops->write_inode(inode, &wbc);
        error = error ?: e;
    }
    return error;
}

/* --- small things --- */

u64 inode_next_ino(void)
{
    static atomic64_t last = ATOMIC64_INIT(1);

    return atomic64_inc_return(&last);
}

void inode_compute_opflags(struct inode *inode)
{
    u16 flags = inode->opflags;

    if (inode->ops && !inode->ops->permission)
        flags |= IOP_PLAIN_PERMISSION;
    if (inode->ops && !inode->ops->getattr)
        flags |= IOP_PLAIN_GETATTR;
    if (inode->ops == &simple_symlink_iops)
        flags |= IOP_FAST_LINK;
    if (flags != inode->opflags)
        WRITE_ONCE(inode->opflags, flags);
}

void inode_set_nlink(struct inode *inode, u32 nlink)
{
    WRITE_ONCE(inode->nlink, nlink);
}

void inode_inc_nlink(struct inode *inode)
{
    WRITE_ONCE(inode->nlink, inode->nlink + 1);
}

void inode_drop_nlink(struct inode *inode)
{
    if (WARN_ON_ONCE(!inode->nlink))
        return;
    WRITE_ONCE(inode->nlink, inode->nlink - 1);
}

void inode_cache_init(void)
{
    u64 heads = nr_total_pages() / 32;

    inode_table_bits = clamp(ilog2(heads | 1), 9, 19);
    inode_table = kvmalloc(sizeof(*inode_table) << inode_table_bits, GFP_KERNEL | GFP_ZERO);
    ASSERT(inode_table);
    for (unsigned int i = 0; i < NR_BUCKET_LOCKS; i++)
        spin_lock_init(&bucket_locks[i]);
    for (unsigned int i = 0; i < NR_WAIT_QUEUES; i++)
        wait_queue_init(&wait_queues[i]);
    inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
                                    SLAB_PANIC | SLAB_RECLAIMABLE, NULL);
}

void icache_stat(unsigned long *nr, unsigned long *nr_unused)
{
    long all = 0;
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        all += READ_ONCE(per_cpu(nr_inodes, cpu));
    *nr = max(all, 0L);
    *nr_unused = READ_ONCE(lru_count);
}
