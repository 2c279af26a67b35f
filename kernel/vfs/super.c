// SPDX-License-Identifier: MIT
/*
 * Super blocks: mounted file systems, and the registry of file system types.
 *
 * A super block lives while its active count is above 0: one for each mount, one for each internal
 * user. super_mutex serialises making and killing, so that whoever looks for the super block of a
 * device finds a living one or none. A device has at most one; several mounts share it.
 *
 * sb->umount is held for reading by those who need it to stay read-write and mounted as it is
 * (sync), for writing by remount.
 */
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/block/blkdev.h>
#include <kernel/dev/device.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/lib/xarray.h>
#include <kernel/mm/slab.h>

#include "internal.h"

SECTION_ARRAY_DEFINE(const struct fs_type, fs_types);

static DEFINE_MUTEX(super_mutex);
static LIST_HEAD(super_blocks);
static DEFINE_SPINLOCK(super_list_lock);

/* --- types --- */

const struct fs_type *fs_type_find(const char *name)
{
    const struct fs_type *const *it;

    section_for_each (it, fs_types) {
        if (!strcmp((*it)->name, name))
            return *it;
    }
    return NULL;
}

void fs_types_show(struct seq_file *m,
                   void (*line)(struct seq_file *m, const char *name, bool nodev))
{
    const struct fs_type *const *it;

    section_for_each (it, fs_types)
        line(m, (*it)->name, !((*it)->flags & FS_REQUIRES_DEV));
}

/* --- numbers of file systems without a device --- */

static DEFINE_XARRAY(anon_devs);
static DEFINE_MUTEX(anon_dev_mutex);

dev_t super_anon_dev(void)
{
    u64 minor = 0;
    int error;

    mutex_lock(&anon_dev_mutex);
    error = xa_alloc(&anon_devs, &minor, xa_mk_value(1), XA_LIMIT(1, MINORMASK), GFP_KERNEL);
    mutex_unlock(&anon_dev_mutex);
    return error ? 0 : MKDEV(0, (u32)minor);
}

static void anon_dev_free(dev_t dev)
{
    mutex_lock(&anon_dev_mutex);
    xa_erase(&anon_devs, MINOR(dev));
    mutex_unlock(&anon_dev_mutex);
}

/* --- making --- */

static struct super_block *super_alloc(struct fs_context *fc)
{
    struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

    if (!sb)
        return NULL;
    sb->type = fc->type;
    sb->flags = fc->sb_flags & ~SB_SILENT;
    sb->blocksize = 4096;
    sb->blocksize_bits = 12;
    sb->maxbytes = MAX_LFS_FILESIZE;
    sb->time_gran_ns = 1;
    rwsem_init(&sb->umount);
    atomic_set(&sb->active, 1);
    INIT_LIST_HEAD(&sb->link);
    INIT_LIST_HEAD(&sb->mounts);
    INIT_LIST_HEAD(&sb->inodes);
    INIT_LIST_HEAD(&sb->dirty_inodes);
    spin_lock_init(&sb->inode_lock);
    spin_lock_init(&sb->dirty_lock);
    mutex_init(&sb->rename_mutex);
    return sb;
}

static void super_list_add(struct super_block *sb)
{
    spin_lock(&super_list_lock);
    list_add_tail(&sb->link, &super_blocks);
    spin_unlock(&super_list_lock);
}

static void super_free(struct super_block *sb)
{
    spin_lock(&super_list_lock);
    list_del_init(&sb->link);
    spin_unlock(&super_list_lock);
    kfree_rcu(sb, rcu);
}

/* Reads the file system in. Returns its root with a reference; on failure sb is gone. */
static struct dentry *super_fill(struct super_block *sb, struct fs_context *fc,
                                 int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    int error;

    super_list_add(sb);
    error = fill(sb, fc);
    if (!error && WARN_ON(!sb->root))
        error = -EINVAL;
    if (error) {
        sb->type->kill_super(sb);
        super_free(sb);
        return ERR_PTR(error);
    }
    sb->flags |= SB_ACTIVE;
    return dentry_get(sb->root);
}

static struct dentry *mount_nodev_locked(struct fs_context *fc, void *key,
                                         int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    struct super_block *sb = super_alloc(fc);

    if (!sb)
        return ERR_PTR(-ENOMEM);
    sb->single_key = key;
    sb->dev = super_anon_dev();
    if (!sb->dev) {
        super_free(sb);
        return ERR_PTR(-EMFILE);
    }
    strscpy(sb->id, fc->type->name, sizeof(sb->id));
    return super_fill(sb, fc, fill);
}

struct dentry *super_mount_nodev(struct fs_context *fc,
                                 int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    struct dentry *root;

    mutex_lock(&super_mutex);
    root = mount_nodev_locked(fc, NULL, fill);
    mutex_unlock(&super_mutex);
    return root;
}

/* One that passes, with an active reference. super_mutex held. */
static struct super_block *super_find(bool (*match)(const struct super_block *sb, const void *arg),
                                      const void *arg)
{
    struct super_block *sb;

    list_for_each_entry (sb, &super_blocks, link) {
        if (match(sb, arg)) {
            atomic_inc(&sb->active);
            return sb;
        }
    }
    return NULL;
}

static bool match_single(const struct super_block *sb, const void *arg)
{
    return sb->single_key == arg;
}

struct dentry *super_mount_single(struct fs_context *fc,
                                  int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    void *key = (void *)(unsigned long)fc->type;
    struct super_block *sb;
    struct dentry *root;

    mutex_lock(&super_mutex);
    sb = super_find(match_single, key);
    root = sb ? dentry_get(sb->root) : mount_nodev_locked(fc, key, fill);
    mutex_unlock(&super_mutex);
    return root;
}

/* The number of the block device that a path names. */
static int source_devt(const char *source, dev_t *devt)
{
    struct path path;
    int error;

    if (!source || !*source)
        return -EINVAL;
    error = path_lookup_kernel(source, LOOKUP_FOLLOW, &path);
    if (error)
        return error;
    if (!S_ISBLK(path.dentry->inode->mode))
        error = -ENOTBLK;
    else if (path.mnt->flags & MNT_NODEV)
        error = -EACCES;
    else
        *devt = path.dentry->inode->rdev;
    path_put(&path);
    return error;
}

struct bdev_key {
    dev_t devt;
    const struct fs_type *type;
};

static bool match_bdev(const struct super_block *sb, const void *arg)
{
    const struct bdev_key *key = arg;

    return sb->bdev && sb->dev == key->devt && sb->type == key->type;
}

/* Another mount of what is mounted already: both must agree on writing. */
static struct dentry *super_share(struct super_block *sb, struct fs_context *fc)
{
    if ((fc->sb_flags ^ sb->flags) & SB_RDONLY) {
        atomic_dec(&sb->active); /* not the last: super_mutex is held and it is mounted */
        return ERR_PTR(-EBUSY);
    }
    return dentry_get(sb->root);
}

static struct dentry *mount_bdev_locked(struct fs_context *fc, dev_t devt,
                                        int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    const struct bdev_key key = {.devt = devt, .type = fc->type};
    struct super_block *sb = super_find(match_bdev, &key);
    struct block_device *bdev;

    if (sb)
        return super_share(sb, fc);
    sb = super_alloc(fc);
    if (!sb)
        return ERR_PTR(-ENOMEM);
    bdev = bdev_get(devt, !(fc->sb_flags & SB_RDONLY), sb);
    if (IS_ERR(bdev)) {
        super_free(sb);
        return ERR_CAST(bdev);
    }
    sb->bdev = bdev;
    sb->dev = devt;
    if (bdev->dev)
        strscpy(sb->id, bdev->dev->name, sizeof(sb->id));
    else
        snprintf(sb->id, sizeof(sb->id), "%u:%u", MAJOR(devt), MINOR(devt));
    return super_fill(sb, fc, fill);
}

struct dentry *super_mount_bdev(struct fs_context *fc,
                                int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    struct dentry *root;
    dev_t devt = 0;
    int error = source_devt(fc->source, &devt);

    if (error)
        return ERR_PTR(error);
    mutex_lock(&super_mutex);
    root = mount_bdev_locked(fc, devt, fill);
    mutex_unlock(&super_mutex);
    return root;
}

bool super_set_blocksize(struct super_block *sb, u32 size)
{
    if (!is_power_of_2(size) || size < 512 || size > 4096 ||
        size < sb->bdev->disk->limits.logical_block_size)
        return false;
    sb->bdev->block_size = size;
    sb->blocksize = size;
    sb->blocksize_bits = ilog2(size);
    return true;
}

struct dentry *fs_mount(struct fs_context *fc)
{
    struct dentry *root = fc->type->mount(fc);

    if (WARN_ON(!root))
        return ERR_PTR(-EINVAL);
    return root;
}

/* --- unmaking --- */

static void super_shutdown(struct super_block *sb)
{
    struct dentry *root = sb->root;
    unsigned long busy;

    if (!root)
        return;
    inotify_super_gone(sb);
    dcache_shrink_tree(root, true);
    (void)super_sync(sb, true);
    sb->flags &= ~SB_ACTIVE;
    sb->root = NULL;
    dentry_put(root);
    busy = inodes_evict_super(sb);
    if (busy)
        pr_warn("%s (%s): %lu inodes still in use after the unmount\n", sb->type->name, sb->id,
                busy);
    if (sb->ops->put_super)
        sb->ops->put_super(sb);
}

void super_kill_bdev(struct super_block *sb)
{
    super_shutdown(sb);
    (void)filemap_write_and_wait(sb->bdev->mapping, 0, ~0ULL);
    bdev_put(sb->bdev, sb);
}

void super_kill_anon(struct super_block *sb)
{
    dev_t dev = sb->dev;

    super_shutdown(sb);
    anon_dev_free(dev);
}

void super_put(struct super_block *sb)
{
    if (atomic_add_unless(&sb->active, -1, 1))
        return;
    mutex_lock(&super_mutex);
    if (atomic_dec_and_test(&sb->active)) {
        sb->type->kill_super(sb);
        super_free(sb);
    }
    mutex_unlock(&super_mutex);
}

/* --- writing back --- */

/* Takes the first dirty inode off the list, with a reference. True to try again. */
static bool dirty_inode_try_take(struct super_block *sb, struct inode **result)
{
    struct inode *inode;
    bool again = false;

    spin_lock(&sb->dirty_lock);
    inode = list_first_entry_or_null(&sb->dirty_inodes, struct inode, dirty_link);
    if (inode && !spin_trylock(&inode->lock)) {
        /* Everywhere else the inode's lock is the outer one: let its holder through. */
        again = true;
    } else if (inode) {
        list_del_init(&inode->dirty_link);
        again = inode->state & I_FREEING;
        if (!again) {
            atomic_inc(&inode->refcount);
            *result = inode;
        }
        spin_unlock(&inode->lock);
    }
    spin_unlock(&sb->dirty_lock);
    return again;
}

static struct inode *dirty_inode_take(struct super_block *sb)
{
    struct inode *inode = NULL;

    while (dirty_inode_try_take(sb, &inode))
        cpu_relax();
    return inode;
}

static int dirty_inodes_write(struct super_block *sb, bool wait)
{
    struct inode *inode;
    int error = 0;

    while ((inode = dirty_inode_take(sb))) {
        int e = inode_write_now(inode, wait);

        error = error ?: e;
        inode_put(inode);
    }
    return error;
}

int super_sync(struct super_block *sb, bool wait)
{
    int error, e;

    if (sb->flags & SB_RDONLY)
        return 0;
    error = dirty_inodes_write(sb, wait);
    if (sb->ops->sync_fs) {
        e = sb->ops->sync_fs(sb, wait);
        error = error ?: e;
    }
    if (sb->bdev) {
        e = wait ? filemap_write_and_wait(sb->bdev->mapping, 0, ~0ULL)
                 : filemap_write_range(sb->bdev->mapping, 0, ~0ULL);
        error = error ?: e;
    }
    return error;
}

/* The super block after prev (NULL: the first), with a reference; prev's is dropped. */
static struct super_block *super_next(struct super_block *prev)
{
    struct list_head *link;
    struct super_block *next = NULL;

    spin_lock(&super_list_lock);
    for (link = prev ? prev->link.next : super_blocks.next; link != &super_blocks;
         link = link->next) {
        struct super_block *sb = list_entry(link, struct super_block, link);

        if ((sb->flags & SB_ACTIVE) && atomic_inc_not_zero(&sb->active)) {
            next = sb;
            break;
        }
    }
    spin_unlock(&super_list_lock);
    if (prev)
        super_put(prev);
    return next;
}

void super_write_back_all(void)
{
    for (struct super_block *sb = super_next(NULL); sb; sb = super_next(sb)) {
        if (!rwsem_read_trylock(&sb->umount))
            continue; /* being unmounted, which writes everything */
        (void)super_sync(sb, false);
        rwsem_read_unlock(&sb->umount);
    }
}

void super_sync_all(void)
{
    for (struct super_block *sb = super_next(NULL); sb; sb = super_next(sb)) {
        rwsem_read_lock(&sb->umount);
        (void)super_sync(sb, true);
        rwsem_read_unlock(&sb->umount);
    }
}

/* --- remounting --- */

#define REMOUNT_FLAGS (SB_RDONLY | SB_SYNCHRONOUS | SB_DIRSYNC | SB_POSIXACL | SB_LAZYTIME)

static bool super_has_writers(struct super_block *sb)
{
    struct mount *mnt;
    bool writers = false;

    spin_lock(&mount_lock.lock);
    list_for_each_entry (mnt, &sb->mounts, sb_link)
        writers |= atomic_read(&mnt->writers) > 0;
    spin_unlock(&mount_lock.lock);
    return writers;
}

/* New openers for writing are refused from here on; those that were before make it fail. */
static int super_become_readonly(struct super_block *sb)
{
    WRITE_ONCE(sb->flags, sb->flags | SB_RDONLY);
    smp_mb();
    if (!super_has_writers(sb))
        return 0;
    WRITE_ONCE(sb->flags, sb->flags & ~SB_RDONLY);
    return -EBUSY;
}

static int super_remount_locked(struct super_block *sb, unsigned long sb_flags, char *data)
{
    bool becomes_ro = (sb_flags & SB_RDONLY) && !(sb->flags & SB_RDONLY);
    unsigned long flags = sb_flags & REMOUNT_FLAGS;
    int error = 0;

    if (!(sb_flags & SB_RDONLY) && sb->bdev && sb->bdev->read_only)
        return -EACCES;
    if (becomes_ro) {
        (void)super_sync(sb, true);
        error = super_become_readonly(sb);
        if (error)
            return error;
    }
    if (sb->ops->remount)
        error = sb->ops->remount(sb, &flags, data);
    if (error) {
        if (becomes_ro)
            WRITE_ONCE(sb->flags, sb->flags & ~SB_RDONLY);
        return error;
    }
    WRITE_ONCE(sb->flags, (sb->flags & ~REMOUNT_FLAGS) | (flags & REMOUNT_FLAGS));
    return 0;
}

int super_remount(struct super_block *sb, unsigned long sb_flags, char *data)
{
    int error;

    rwsem_write_lock(&sb->umount);
    error = super_remount_locked(sb, sb_flags, data);
    rwsem_write_unlock(&sb->umount);
    return error;
}
