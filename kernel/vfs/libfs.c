// SPDX-License-Identifier: MIT
/*
 * Operations that simple file systems share: those whose names live in the dentry cache alone
 * (DCACHE_PINNED: each name keeps its dentry by one reference), those without contents on a disk.
 *
 * A directory of pinned names is read by walking its dentries. dentry->time is an entry's number,
 * given when its name is made: the position of a reader is the number of the entry it saw last. The
 * list of children has the newest first, so a reader goes through it backwards.
 */
#include <kernel/arch/uaccess.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

#include "internal.h"

/* --- directories of pinned dentries --- */

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    dentry_add(dentry, NULL);
    return NULL;
}

/* The entry becomes the directory's newest. dir's rwsem held. */
static void entry_number(struct dentry *dentry, struct dentry *dir)
{
    static atomic64_t last = ATOMIC64_INIT(2); /* 0 to 2: before ".", before "..", after it */

    spin_lock(&dir->lock);
    dentry->time = atomic64_inc_return(&last);
    if (dentry->parent == dir)
        list_move(&dentry->child_link, &dir->children);
    spin_unlock(&dir->lock);
}

void simple_name_add(struct dentry *dentry, struct inode *inode)
{
    entry_number(dentry, dentry->parent);
    spin_lock(&dentry->lock);
    dentry->flags |= DCACHE_PINNED;
    spin_unlock(&dentry->lock);
    dentry_get(dentry);
    dentry_instantiate(dentry, inode);
    if (!(dentry->flags & DCACHE_HASHED))
        dentry_rehash(dentry);
}

void simple_name_remove(struct dentry *dentry)
{
    bool pinned;

    spin_lock(&dentry->lock);
    pinned = dentry->flags & DCACHE_PINNED;
    dentry->flags &= ~DCACHE_PINNED;
    spin_unlock(&dentry->lock);
    if (pinned)
        dentry_put(dentry);
}

static bool child_counts(struct dentry *child)
{
    return child->inode && (child->flags & DCACHE_HASHED);
}

bool simple_dir_empty(struct dentry *dentry)
{
    struct dentry *child;
    bool empty = true;

    spin_lock(&dentry->lock);
    list_for_each_entry (child, &dentry->children, child_link) {
        if (child_counts(child)) {
            empty = false;
            break;
        }
    }
    spin_unlock(&dentry->lock);
    return empty;
}

int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
    struct inode *inode = old->inode;

    inode->ctime = dir->ctime = dir->mtime = inode_now(inode);
    inode_inc_nlink(inode);
    simple_name_add(dentry, inode_get(inode));
    return 0;
}

int simple_unlink(struct inode *dir, struct dentry *dentry)
{
    struct inode *inode = dentry->inode;

    inode->ctime = dir->ctime = dir->mtime = inode_now(inode);
    inode_drop_nlink(inode);
    simple_name_remove(dentry);
    return 0;
}

int simple_rmdir(struct inode *dir, struct dentry *dentry)
{
    if (!simple_dir_empty(dentry))
        return -ENOTEMPTY;
    inode_drop_nlink(dentry->inode);
    simple_unlink(dir, dentry);
    inode_drop_nlink(dir);
    return 0;
}

static void simple_exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                            struct dentry *new)
{
    bool old_is_dir = S_ISDIR(old->inode->mode), new_is_dir = S_ISDIR(new->inode->mode);

    if (old_dir != new_dir && old_is_dir != new_is_dir) {
        inode_drop_nlink(old_is_dir ? old_dir : new_dir);
        inode_inc_nlink(old_is_dir ? new_dir : old_dir);
    }
}

int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                  struct dentry *new, unsigned int flags)
{
    bool is_dir = S_ISDIR(old->inode->mode);

    if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    if (flags & RENAME_EXCHANGE) {
        simple_exchange(old_dir, old, new_dir, new);
        entry_number(new, old->parent);
    } else {
        if (new->inode && is_dir && !simple_dir_empty(new))
            return -ENOTEMPTY;
        if (new->inode) {
            inode_drop_nlink(new->inode);
            if (is_dir) {
                inode_drop_nlink(new->inode);
                inode_drop_nlink(old_dir);
            }
            new->inode->ctime = inode_now(new->inode);
            simple_name_remove(new);
        } else if (is_dir) {
            inode_drop_nlink(old_dir);
            inode_inc_nlink(new_dir);
        }
    }
    /* dentry_move() puts it first in the list of another directory. */
    entry_number(old, new->parent);
    old->inode->ctime = old_dir->ctime = old_dir->mtime = new_dir->ctime = new_dir->mtime =
        inode_now(old_dir);
    return 0;
}

/* The entry after pos, from where the reader stands (NULL: from the oldest); with a reference. */
static struct dentry *next_entry(struct dentry *dir, struct dentry *from, u64 pos)
{
    struct list_head *link;
    struct dentry *found = NULL;

    spin_lock(&dir->lock);
    link = from ? from->child_link.prev : dir->children.prev;
    for (; link != &dir->children; link = link->prev) {
        struct dentry *child = list_entry(link, struct dentry, child_link);

        if (child_counts(child) && child->time > pos && dentry_try_get(child)) {
            found = child;
            break;
        }
    }
    spin_unlock(&dir->lock);
    return found;
}

static int simple_iterate(struct file *file, struct dir_context *ctx)
{
    struct dentry *dir = file->path.dentry, *entry = NULL, *next;

    if (!dir_emit_dots(file, ctx))
        return 0;
    /* The directory is locked: entries neither come nor go, and stay in order. */
    while ((next = next_entry(dir, entry, ctx->pos))) {
        struct inode *inode = next->inode;

        dentry_put(entry);
        entry = next;
        if (!dir_emit(ctx, entry->name.name, entry->name.len, inode->ino, mode_to_dt(inode->mode)))
            break;
        ctx->pos = entry->time;
    }
    dentry_put(entry);
    return 0;
}

static loff_t dir_llseek(struct file *file, loff_t offset, int whence)
{
    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;
    return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE, 0);
}

const struct file_operations simple_dir_fops = {
    .llseek = dir_llseek,
    .read = generic_read_dir,
    .iterate = simple_iterate,
    .fsync = simple_fsync,
};

ssize_t generic_read_dir(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    return -EISDIR;
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
    struct dentry *dentry = file->path.dentry;

    if (ctx->pos == 0) {
        if (!dir_emit(ctx, ".", 1, dentry->inode->ino, 4))
            return false;
        ctx->pos = 1;
    }
    if (ctx->pos == 1) {
        struct dentry *parent = dentry_get_parent(dentry);
        bool more = dir_emit(ctx, "..", 2, parent->inode->ino, 4);

        dentry_put(parent);
        if (!more)
            return false;
        ctx->pos = 2;
    }
    return true;
}

/* --- symlinks --- */

const char *simple_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                            void **cookie)
{
    return inode->link;
}

const struct inode_operations simple_symlink_iops = {.get_link = simple_get_link};

/* --- the rest --- */

int simple_statfs(struct dentry *dentry, struct kstatfs *st)
{
    struct super_block *sb = dentry->sb;

    st->type = sb->magic;
    st->bsize = st->frsize = sb->blocksize;
    st->namelen = NAME_MAX;
    return 0;
}

/* Nothing to be written: it is all in memory. */
int simple_fsync(struct file *file, loff_t start, loff_t end, bool datasync)
{
    return 0;
}

int generic_fsync(struct file *file, loff_t start, loff_t end, bool datasync)
{
    struct inode *inode = file->inode;
    struct writeback_control wbc = {.end = ~0ULL, .nr_to_write = 1, .sync_all = true};
    int error = filemap_write_and_wait(file->mapping, start, end), e;
    u32 dirty;

    spin_lock(&inode->lock);
    dirty = inode->state & (datasync ? I_DIRTY_INODE : I_DIRTY_INODE | I_DIRTY_TIME);
    inode->state &= ~dirty;
    spin_unlock(&inode->lock);
    if (!dirty || !inode->sb->ops->write_inode)
        return error;
    e = inode->sb->ops->write_inode(inode, &wbc);
    return error ?: e;
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
                                size_t available)
{
    size_t left;

    if (*pos < 0)
        return -EINVAL;
    if ((u64)*pos >= available || !count)
        return 0;
    count = min(count, available - (size_t)*pos);
    left = copy_to_user(to, (const char *)from + *pos, count);
    if (left == count)
        return -EFAULT;
    *pos += count - left;
    return count - left;
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
                               size_t count)
{
    size_t left;

    if (*pos < 0)
        return -EINVAL;
    if ((u64)*pos >= available || !count)
        return 0;
    count = min(count, available - (size_t)*pos);
    left = copy_from_user((char *)to + *pos, from, count);
    if (left == count)
        return -EFAULT;
    *pos += count - left;
    return count - left;
}
