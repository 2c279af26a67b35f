// SPDX-License-Identifier: MIT
/*
 * The part of the VFS that a file system calls: super blocks, inodes by number, dentries without a
 * cache. Inodes are counted; one without users is evicted at once.
 */
#include "shim.h"
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/sync/mutex.h>
#include <kernel/vfs/seq_file.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct block_device *next_bdev;

void shim_bdev_set(struct block_device *bdev)
{
    next_bdev = bdev;
}

struct super_block *shim_super(struct dentry *root)
{
    return root->sb;
}

static void super_free(struct super_block *sb)
{
    ASSERT(list_empty(&sb->inodes));
    free(sb);
}

struct dentry *super_mount_bdev(struct fs_context *fc,
                                int (*fill)(struct super_block *sb, struct fs_context *fc))
{
    struct super_block *sb = calloc(1, sizeof(*sb));
    int err;

    sb->type = fc->type;
    sb->bdev = next_bdev;
    sb->flags = fc->sb_flags;
    strscpy(sb->id, "image", sizeof(sb->id));
    INIT_LIST_HEAD(&sb->inodes);
    err = fill(sb, fc);
    if (err) {
        ASSERT(!sb->root && !sb->private);
        super_free(sb);
        return ERR_PTR(err);
    }
    sb->flags |= SB_ACTIVE;
    return sb->root;
}

void shim_super_kill(struct super_block *sb)
{
    dentry_put(sb->root);
    sb->ops->put_super(sb);
    super_free(sb);
}

void super_kill_bdev(struct super_block *sb)
{
}

bool super_set_blocksize(struct super_block *sb, u32 size)
{
    sb->blocksize = size;
    sb->blocksize_bits = __builtin_ctz(size);
    return size >= sb->bdev->disk->limits.logical_block_size && size <= PAGE_SIZE;
}

/* --- inodes --- */
static struct inode *inode_find(struct super_block *sb, u64 ino)
{
    struct inode *inode;

    list_for_each_entry (inode, &sb->inodes, sb_link)
        if (inode->ino == ino)
            return inode;
    return NULL;
}

struct inode *inode_new(struct super_block *sb)
{
    struct inode *inode = sb->ops->alloc_inode(sb);

    if (!inode)
        return NULL;
    inode->sb = sb;
    inode->mapping = &inode->data;
    inode->data.host = inode;
    xa_init(&inode->data.pages);
    atomic_set(&inode->refcount, 1);
    list_add_tail(&inode->sb_link, &sb->inodes);
    return inode;
}

struct inode *inode_get_locked(struct super_block *sb, u64 ino)
{
    struct inode *inode = inode_find(sb, ino);

    if (inode)
        return inode_get(inode);
    inode = inode_new(sb);
    if (inode) {
        inode->ino = ino;
        inode->state = I_NEW;
    }
    return inode;
}

void inode_unlock_new(struct inode *inode)
{
    ASSERT(inode->state & I_NEW);
    inode->state &= ~I_NEW;
}

static void inode_drop(struct inode *inode)
{
    struct super_block *sb = inode->sb;

    if (sb->ops->evict_inode)
        sb->ops->evict_inode(inode);
    else
        truncate_pages(&inode->data, 0);
    ASSERT(xa_empty(&inode->data.pages));
    list_del(&inode->sb_link);
    sb->ops->free_inode(inode);
}

void inode_fail_new(struct inode *inode)
{
    inode_unlock_new(inode);
    inode_put(inode);
}

struct inode *inode_get(struct inode *inode)
{
    atomic_inc(&inode->refcount);
    return inode;
}

void inode_put(struct inode *inode)
{
    if (inode && atomic_dec_and_test(&inode->refcount))
        inode_drop(inode);
}

void inode_clear(struct inode *inode)
{
}

void inode_set_nlink(struct inode *inode, u32 nlink)
{
    inode->nlink = nlink;
}

void inode_init_special(struct inode *inode, umode_t mode, dev_t rdev)
{
    inode->mode = mode;
    inode->rdev = rdev;
}

void generic_fill_stat(struct inode *inode, struct kstat *stat)
{
    *stat = (struct kstat){
        .result_mask = STATX_BASIC_STATS,
        .mode = inode->mode,
        .nlink = inode->nlink,
        .ino = inode->ino,
        .rdev = inode->rdev,
        .uid = inode->uid,
        .gid = inode->gid,
        .size = inode->size,
        .atime = inode->atime,
        .mtime = inode->mtime,
        .ctime = inode->ctime,
        .blksize = 1U << inode->blkbits,
        .blocks = inode->blocks,
    };
}

/* --- dentries --- */
struct dentry *dentry_alloc(struct dentry *parent, const struct qstr *name)
{
    struct dentry *dentry = calloc(1, sizeof(*dentry) + name->len + 1);

    dentry->name = (struct qstr){.len = name->len, .name = (char *)(dentry + 1)};
    memcpy(dentry + 1, name->name, name->len);
    dentry->sb = parent ? parent->sb : NULL;
    dentry->ops = dentry->sb ? dentry->sb->dentry_ops : NULL;
    dentry->parent = parent;
    if (parent)
        parent->refcount++;
    dentry->refcount = 1;
    return dentry;
}

void dentry_put(struct dentry *dentry)
{
    while (dentry && --dentry->refcount == 0) {
        struct dentry *parent = dentry->parent;

        inode_put(dentry->inode);
        free(dentry);
        dentry = parent;
    }
}

struct dentry *dentry_make_root(struct inode *inode)
{
    struct dentry *root = dentry_alloc(NULL, &(struct qstr){.len = 1, .name = "/"});

    root->sb = inode->sb;
    root->inode = inode;
    return root;
}

void dentry_add(struct dentry *dentry, struct inode *inode)
{
    dentry->inode = inode;
}

struct dentry *dentry_splice_alias(struct inode *inode, struct dentry *dentry)
{
    if (IS_ERR(inode))
        return ERR_CAST(inode);
    dentry->inode = inode;
    return NULL;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                            void **cookie)
{
    return inode->link;
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
    struct dentry *dentry = file->path.dentry;
    u64 parent = dentry->parent ? dentry->parent->inode->ino : dentry->inode->ino;

    if (ctx->pos == 0) {
        if (!dir_emit(ctx, ".", 1, dentry->inode->ino, 4))
            return false;
        ctx->pos = 1;
    }
    if (ctx->pos == 1) {
        if (!dir_emit(ctx, "..", 2, parent, 4))
            return false;
        ctx->pos = 2;
    }
    return true;
}

/* --- what is only referred to --- */
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *to)
{
    return -EIO;
}
int filemap_mmap(struct file *file, struct vm_area *vma)
{
    return -EIO;
}
ssize_t generic_read_dir(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    return -EISDIR;
}
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
    return -EINVAL;
}
int put_user_bytes(void __user *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return 0;
}
bool capable(int cap)
{
    return true;
}

void seq_puts(struct seq_file *m, const char *s)
{
    seq_printf(m, "%s", s);
}

void seq_printf(struct seq_file *m, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    m->count += vsnprintf(m->buf + m->count, m->size - m->count, format, args);
    va_end(args);
}

/* Locks of one thread. */
void mutex_init_class(struct mutex *m, struct lock_class *class)
{
    m->owner = 0;
}
void mutex_lock(struct mutex *m)
{
    ASSERT(!m->owner);
    m->owner = 1;
}
void mutex_unlock(struct mutex *m)
{
    ASSERT(m->owner);
    m->owner = 0;
}
