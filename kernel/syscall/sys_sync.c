// SPDX-License-Identifier: MIT
/* fsync(2), sync(2), fallocate(2), posix_fadvise(2), readahead(2). */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <kernel/block/blkdev.h>
#include <kernel/sched/sched.h>

static long fsync_common(unsigned int fd, bool datasync)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = vfs_fsync(f.file, 0, MAX_LFS_FILESIZE, datasync);
    fd_put(f);
    return error;
}

long sys_fsync(unsigned int fd)
{
    return fsync_common(fd, false);
}

long sys_fdatasync(unsigned int fd)
{
    return fsync_common(fd, true);
}

long sys_sync(void)
{
    super_sync_all();
    bdev_write_back_all(true);
    return 0;
}

long sys_syncfs(int fd)
{
    struct fd f = fd_get(fd);
    struct super_block *sb;
    int error;

    if (!f.file)
        return -EBADF;
    sb = f.file->path.dentry->sb;
    rwsem_read_lock(&sb->umount);
    error = super_sync(sb, true);
    rwsem_read_unlock(&sb->umount);
    fd_put(f);
    return error;
}

static int sync_range(struct file *file, loff_t offset, loff_t bytes, unsigned int flags)
{
    struct address_space *mapping = file->mapping;
    umode_t mode = file->inode->mode;
    u64 end = bytes ? (u64)offset + bytes - 1 : ~0ULL;
    int error = 0;

    if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
        return -ESPIPE;
    if (flags & SYNC_FILE_RANGE_WAIT_BEFORE)
        error = filemap_wait_range(mapping, offset, end);
    if (!error && (flags & SYNC_FILE_RANGE_WRITE))
        error = filemap_write_range(mapping, offset, end);
    if (!error && (flags & SYNC_FILE_RANGE_WAIT_AFTER))
        error = filemap_wait_range(mapping, offset, end);
    return error;
}

long sys_sync_file_range(int fd, loff_t offset, loff_t bytes, unsigned int flags)
{
    loff_t end;
    struct fd f;
    int error;

    if (flags & ~(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
        return -EINVAL;
    if (offset < 0 || bytes < 0 || check_add_overflow(offset, bytes, &end))
        return -EINVAL;
    f = fd_get(fd);
    if (!f.file)
        return -EBADF;
    error = sync_range(f.file, offset, bytes, flags);
    fd_put(f);
    return error;
}

long sys_fallocate(int fd, int mode, loff_t offset, loff_t len)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = vfs_fallocate(f.file, mode, offset, len);
    fd_put(f);
    return error;
}

/* --- advice --- */

#define SEQUENTIAL_PAGES 64

static void advise_pattern(struct file *file, int advice)
{
    u32 pages = 0; /* the default */

    if (advice == POSIX_FADV_RANDOM)
        pages = READAHEAD_RANDOM;
    else if (advice == POSIX_FADV_SEQUENTIAL)
        pages = SEQUENTIAL_PAGES;
    WRITE_ONCE(file->ra.max_pages, pages);
}

/* Starts reading what is not cached of the range. */
static void read_ahead(struct file *file, u64 offset, u64 count)
{
    struct address_space *mapping = file->mapping;
    u64 size = READ_ONCE(file->inode->size), end;
    u64 index = offset >> PAGE_SHIFT;

    if (!mapping->ops || !mapping->ops->read_page || offset >= size)
        return;
    end = DIV_ROUND_UP(offset + min(count, size - offset), PAGE_SIZE);
    while (index < end && !signal_pending(current)) {
        struct page *page = filemap_find_page(mapping, index);

        if (page)
            page_put(page);
        else
            readahead_miss(NULL, mapping, index, min_t(u64, end - index, 32));
        index++;
        cond_resched();
    }
}

/* Whole pages only: a page that is wanted in part is not dropped. */
static void advise_dontneed(struct file *file, u64 offset, u64 end)
{
    u64 first = (offset + PAGE_SIZE - 1) >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

    if ((end & (PAGE_SIZE - 1)) != PAGE_SIZE - 1 && end != (u64)file->inode->size - 1) {
        if (!last)
            return;
        last--;
    }
    (void)filemap_write_range(file->mapping, offset, end);
    if (last >= first)
        (void)invalidate_clean_pages(file->mapping, first, last);
}

static int advise(struct file *file, loff_t offset, loff_t len, int advice)
{
    umode_t mode = file->inode->mode;
    u64 end =
        len && (u64)offset + len > (u64)offset ? (u64)offset + len - 1 : (u64)MAX_LFS_FILESIZE;

    if (S_ISFIFO(mode))
        return -ESPIPE;
    if (len < 0)
        return -EINVAL;
    switch (advice) {
    case POSIX_FADV_NORMAL:
    case POSIX_FADV_RANDOM:
    case POSIX_FADV_SEQUENTIAL: advise_pattern(file, advice); return 0;
    case POSIX_FADV_WILLNEED: read_ahead(file, offset, end - offset + 1); return 0;
    case POSIX_FADV_NOREUSE: return 0;
    case POSIX_FADV_DONTNEED: advise_dontneed(file, offset, end); return 0;
    default: return -EINVAL;
    }
}

long sys_fadvise64(int fd, loff_t offset, size_t len, int advice)
{
    struct fd f = fd_get(fd);
    int error;

    if (!f.file)
        return -EBADF;
    error = advise(f.file, offset, len, advice);
    fd_put(f);
    return error;
}

long sys_readahead(int fd, loff_t offset, size_t count)
{
    struct fd f = fd_get(fd);
    umode_t mode;
    int error = 0;

    if (!f.file)
        return -EBADF;
    mode = f.file->inode->mode;
    if (!(f.file->mode & FMODE_READ))
        error = -EBADF;
    else if ((!S_ISREG(mode) && !S_ISBLK(mode)) || offset < 0)
        error = -EINVAL;
    else
        read_ahead(f.file, offset, count);
    fd_put(f);
    return error;
}
