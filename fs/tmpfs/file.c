// SPDX-License-Identifier: MIT
/*
 * tmpfs: file contents. A page is there or it is a hole; reading a hole by read(2) allocates
 * nothing, mapping it does.
 */
#include "tmpfs.h"

#include <kernel/lib/string.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>

/* --- charging --- */

static int charge_page(struct inode *inode)
{
    struct tmpfs *fs = tmpfs_of(inode->sb);
    bool ok;

    spin_lock(&fs->lock);
    ok = !fs->max_pages || fs->used_pages < fs->max_pages;
    if (ok)
        fs->used_pages++;
    spin_unlock(&fs->lock);
    if (!ok)
        return -ENOSPC;
    spin_lock(&inode->lock);
    tmpfs_inode_of(inode)->charged++;
    inode->blocks += PAGE_SIZE / 512;
    spin_unlock(&inode->lock);
    return 0;
}

void tmpfs_recharge(struct inode *inode)
{
    struct tmpfs *fs = tmpfs_of(inode->sb);
    struct tmpfs_inode *ti = tmpfs_inode_of(inode);
    u64 present, excess;

    if (!S_ISREG(inode->mode))
        return;
    spin_lock(&inode->lock);
    present = READ_ONCE(inode->data.nr_pages);
    excess = ti->charged > present ? ti->charged - present : 0;
    ti->charged -= excess;
    inode->blocks = ti->charged * (PAGE_SIZE / 512);
    spin_unlock(&inode->lock);
    if (!excess)
        return;
    spin_lock(&fs->lock);
    fs->used_pages -= excess;
    spin_unlock(&fs->lock);
}

/* The page at index, locked, charged; zeroed if it is new. ERR_PTR. */
static struct page *page_get_charged(struct inode *inode, u64 index)
{
    struct page *page = filemap_lock_page(&inode->data, index);
    int error;

    if (page)
        return page;
    error = charge_page(inode);
    if (error)
        return ERR_PTR(error);
    page = filemap_grab_page(&inode->data, index, GFP_USER);
    if (IS_ERR_OR_NULL(page)) {
        tmpfs_recharge(inode);
        return page ?: ERR_PTR(-ENOMEM);
    }
    if (!page_flag_test(page, PG_UPTODATE)) {
        memset(page_address(page), 0, PAGE_SIZE);
        page_flag_set(page, PG_UPTODATE);
    }
    return page;
}

/* --- page cache operations --- */

static int tmpfs_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
    int error = charge_page(mapping->host);

    if (!error) {
        memset(page_address(page), 0, PAGE_SIZE);
        page_flag_set(page, PG_UPTODATE);
    }
    page_unlock(page);
    return error;
}

static int tmpfs_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
                             unsigned int len, struct page **pagep, void **fsdata)
{
    struct inode *inode = mapping->host;
    struct page *page;

    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    if ((inode->seals & F_SEAL_GROW) && pos + len > inode->size)
        return -EPERM;
    page = page_get_charged(inode, pos >> PAGE_SHIFT);
    if (IS_ERR(page))
        return PTR_ERR(page);
    *pagep = page;
    return 0;
}

static int tmpfs_write_end(struct file *file, struct address_space *mapping, loff_t pos,
                           unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
    struct inode *inode = mapping->host;

    if (pos + copied > inode->size)
        WRITE_ONCE(inode->size, pos + copied);
    filemap_dirty_page(page);
    page_unlock(page);
    page_put(page);
    return copied;
}

const struct address_space_operations tmpfs_aops = {
    .read_page = tmpfs_read_page,
    .write_begin = tmpfs_write_begin,
    .write_end = tmpfs_write_end,
};

/* --- reading --- */

/* One page's worth at pos, already cut to the file's size. */
static size_t read_one(struct inode *inode, loff_t pos, size_t n, struct iov_iter *to)
{
    struct page *page = filemap_find_page(&inode->data, pos >> PAGE_SHIFT);
    size_t copied;

    if (page && !page_flag_test(page, PG_UPTODATE)) {
        page_put(page);
        page = filemap_read_page(&inode->data, pos >> PAGE_SHIFT, NULL);
        if (IS_ERR(page))
            return 0;
    }
    if (!page)
        return zero_to_iter(n, to);
    copied = copy_page_to_iter(page, pos & (PAGE_SIZE - 1), n, to);
    page_put(page);
    return copied;
}

static ssize_t tmpfs_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    struct inode *inode = iocb->file->inode;
    ssize_t done = 0;

    while (to->count) {
        loff_t size = READ_ONCE(inode->size);
        size_t n = min(to->count, PAGE_SIZE - (size_t)(iocb->pos & (PAGE_SIZE - 1))), copied;

        if (iocb->pos >= size)
            break;
        n = min_t(u64, n, size - iocb->pos);
        copied = read_one(inode, iocb->pos, n, to);
        iocb->pos += copied;
        done += copied;
        if (copied < n) {
            done = done ?: -EFAULT;
            break;
        }
        cond_resched();
    }
    file_touch_atime(iocb->file);
    return done;
}

/* --- data and holes --- */

static loff_t seek_data_or_hole(struct inode *inode, loff_t offset, int whence)
{
    u64 index = offset >> PAGE_SHIFT, end = (inode->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    loff_t found;

    if (offset < 0 || offset >= inode->size)
        return -ENXIO;
    for (; index < end; index++) {
        struct page *page = filemap_find_page(&inode->data, index);
        bool data = page;

        if (page)
            page_put(page);
        if (data == (whence == SEEK_DATA))
            break;
        cond_resched();
    }
    found = max(offset, (loff_t)index << PAGE_SHIFT);
    if (index >= end)
        return whence == SEEK_DATA ? -ENXIO : inode->size;
    return min(found, inode->size);
}

static loff_t tmpfs_llseek(struct file *file, loff_t offset, int whence)
{
    struct inode *inode = file->inode;

    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return generic_file_llseek(file, offset, whence);
    rwsem_read_lock(&inode->rwsem);
    offset = seek_data_or_hole(inode, offset, whence);
    rwsem_read_unlock(&inode->rwsem);
    if (offset >= 0)
        file->pos = offset;
    return offset;
}

/* --- space --- */

static long punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    truncate_pages_range(&inode->data, offset, offset + len - 1);
    tmpfs_recharge(inode);
    inode->mtime = inode->ctime = inode_now(inode);
    return 0;
}

static long allocate_range(struct inode *inode, int mode, loff_t offset, loff_t len)
{
    u64 index = offset >> PAGE_SHIFT, end = (offset + len + PAGE_SIZE - 1) >> PAGE_SHIFT;

    if ((inode->seals & F_SEAL_GROW) && offset + len > inode->size && !(mode & FALLOC_FL_KEEP_SIZE))
        return -EPERM;
    for (; index < end; index++) {
        struct page *page = page_get_charged(inode, index);

        if (IS_ERR(page))
            return PTR_ERR(page);
        filemap_dirty_page(page);
        page_unlock(page);
        page_put(page);
        if (signal_pending(current))
            return -EINTR;
        cond_resched();
    }
    if (!(mode & FALLOC_FL_KEEP_SIZE) && offset + len > inode->size)
        WRITE_ONCE(inode->size, offset + len);
    inode->ctime = inode_now(inode);
    return 0;
}

static long tmpfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
    struct inode *inode = file->inode;
    long ret;

    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
        return -EOPNOTSUPP;
    rwsem_write_lock(&inode->rwsem);
    if (mode & FALLOC_FL_PUNCH_HOLE)
        ret = punch_hole(inode, offset, len);
    else
        ret = allocate_range(inode, mode, offset, len);
    rwsem_write_unlock(&inode->rwsem);
    return ret;
}

int tmpfs_setattr(struct dentry *dentry, struct iattr *attr)
{
    struct inode *inode = dentry->inode;
    loff_t old = inode->size;
    int error = setattr_prepare(dentry, attr);

    if (error)
        return error;
    if ((attr->valid & ATTR_SIZE) && S_ISREG(inode->mode)) {
        if ((attr->size < old && (inode->seals & F_SEAL_SHRINK)) ||
            (attr->size > old && (inode->seals & F_SEAL_GROW)))
            return -EPERM;
        WRITE_ONCE(inode->size, attr->size);
        /* Also when it grows: what a mapping left behind the old end must not appear. */
        truncate_pages(&inode->data, min(old, attr->size));
        tmpfs_recharge(inode);
    }
    setattr_copy(inode, attr);
    return 0;
}

static int tmpfs_mmap(struct file *file, struct vm_area *vma)
{
    file_touch_atime(file);
    return filemap_mmap(file, vma);
}

const struct file_operations tmpfs_file_fops = {
    .llseek = tmpfs_llseek,
    .read_iter = tmpfs_read_iter,
    .write_iter = generic_file_write_iter,
    .mmap = tmpfs_mmap,
    .fsync = simple_fsync,
    .fallocate = tmpfs_fallocate,
};

const struct inode_operations tmpfs_file_iops = {
    .setattr = tmpfs_setattr,
    .listxattr = tmpfs_listxattr,
    .getxattr = tmpfs_getxattr,
    .setxattr = tmpfs_setxattr,
};
