/* SPDX-License-Identifier: MIT */
/*
 * read(2) and write(2) through the page cache.
 *
 * Reading takes no lock at all while pages are cached: find the page under RCU, copy, put it. The
 * file's size is read after the page is known to be up to date, so that a read racing with
 * truncation sees zeroes or the end of the file, never stale bytes behind it.
 *
 * Writing copies into pages that the file system has prepared and locked (write_begin). The source
 * may be the very page that is locked, so the copy must not fault: when it comes out empty, the
 * source is touched without the lock and the round is repeated.
 */
#include <kernel/mm/filemap.h>

#include "internal.h"
#include "readahead.h"

#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/fs.h>

/* The page at index for a reader, up to date; ERR_PTR. */
static noinline struct page *read_get_page_slow(struct kiocb *iocb, u64 index, unsigned int nr)
{
    struct address_space *mapping = iocb->file->mapping;
    struct page *page;
    int err;

    if (iocb->flags & IOCB_NOWAIT)
        return ERR_PTR(-EAGAIN);
    for (;;) {
        page = filemap_find_page(mapping, index);
        if (!page) {
            readahead_miss(iocb->file, mapping, index, nr);
            page = filemap_find_page(mapping, index);
        }
        if (!page)
            return filemap_read_page(mapping, index, iocb->file);
        if (page_flag_test(page, PG_READAHEAD))
            readahead_hit(iocb->file, mapping, page, index);
        if (page_flag_test(page, PG_UPTODATE))
            return page;
        err = filemap_make_uptodate(iocb->file, mapping, page);
        if (!err)
            return page;
        page_put(page);
        if (err != -EAGAIN)
            return ERR_PTR(err);
    }
}

static __always_inline struct page *read_get_page(struct kiocb *iocb, u64 index, size_t bytes)
{
    struct page *page = filemap_find_page(iocb->file->mapping, index);

    if (likely(page)) {
        u32 flags = READ_ONCE(page->flags);

        if (likely((flags & (1U << PG_UPTODATE | 1U << PG_READAHEAD)) == 1U << PG_UPTODATE))
            return page;
        page_put(page);
    }
    return read_get_page_slow(iocb, index,
                              min_t(u64, (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT, UINT32_MAX));
}

/* One page's worth. Bytes, 0 at the end of the file, or -errno. */
static __always_inline ssize_t read_one(struct kiocb *iocb, struct iov_iter *to)
{
    struct file *file = iocb->file;
    struct inode *inode = file->mapping->host;
    size_t offset = (size_t)iocb->pos & ~PAGE_MASK, n, copied;
    u64 index = (u64)iocb->pos >> PAGE_SHIFT;
    struct page *page;
    loff_t size;

    if (iocb->pos >= READ_ONCE(inode->size))
        return 0;
    page = read_get_page(iocb, index, offset + to->count);
    if (IS_ERR(page))
        return PTR_ERR(page);
    size = READ_ONCE(inode->size);
    if (unlikely(iocb->pos >= size)) {
        page_put(page);
        return 0;
    }
    n = min(to->count, PAGE_SIZE - offset);
    if ((loff_t)n > size - iocb->pos)
        n = size - iocb->pos;
    if (iocb->pos != file->ra.prev_pos || offset == 0)
        page_mark_accessed(page);
    copied = copy_page_to_iter(page, offset, n, to);
    page_put(page);
    iocb->pos += copied;
    file->ra.prev_pos = iocb->pos;
    return copied < n ? (copied ? (ssize_t)copied : -EFAULT) : (ssize_t)copied;
}

ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct address_space *mapping = iocb->file->mapping;
    ssize_t done = 0, n;

    if (unlikely(iocb->flags & IOCB_DIRECT) && mapping->ops->direct_io) {
        n = filemap_write_and_wait(mapping, iocb->pos, iocb->pos + to->count - 1);
        return n ? n : mapping->ops->direct_io(iocb, to);
    }
    while (to->count) {
        n = read_one(iocb, to);
        if (n <= 0)
            return done ? done : n;
        done += n;
        if (to->count)
            cond_resched();
    }
    return done;
}

/* One page's worth into the cache. Bytes or -errno; 0: the source was not in memory. */
static ssize_t write_one(struct kiocb *iocb, struct iov_iter *from)
{
    struct address_space *mapping = iocb->file->mapping;
    size_t offset = (size_t)iocb->pos & ~PAGE_MASK;
    size_t n = min(from->count, PAGE_SIZE - offset), copied;
    struct page *page;
    void *fsdata = NULL;
    int err;

    err = mapping->ops->write_begin(iocb->file, mapping, iocb->pos, n, &page, &fsdata);
    if (unlikely(err))
        return err;
    copied = copy_page_from_iter_nofault(page, offset, n, from);
    page_mark_accessed(page);
    err = mapping->ops->write_end(iocb->file, mapping, iocb->pos, n, copied, page, fsdata);
    if (unlikely(err < 0)) {
        iov_iter_revert(from, copied);
        return err;
    }
    if (unlikely((size_t)err < copied))
        iov_iter_revert(from, copied - err);
    iocb->pos += err;
    return err;
}

ssize_t filemap_write(struct kiocb *iocb, struct iov_iter *from)
{
    ssize_t done = 0, n;

    while (from->count) {
        if (unlikely(fatal_signal_pending(current))) {
            n = -EINTR;
            return done ? done : n;
        }
        n = write_one(iocb, from);
        if (unlikely(n == 0) &&
            fault_in_iter_readable(from, PAGE_SIZE) == min(from->count, (size_t)PAGE_SIZE))
            n = -EFAULT;
        if (unlikely(n < 0))
            return done ? done : n;
        done += n;
        filemap_balance_dirty(iocb->file->mapping);
    }
    return done;
}
