/* SPDX-License-Identifier: MIT */
/*
 * Iterators over user memory, kernel memory and pages.
 *
 * Everything is one loop: take the current segment, move what fits, advance. A user segment may end
 * a copy early (a fault); what was moved until then counts, and the iterator stands behind it.
 */
#include <kernel/mm/iov_iter.h>

#include <kernel/arch/paging.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>

struct segment {
    union {
        void *kernel;
        void __user *user;
    };
    size_t len;
    bool is_user;
};

void iov_iter_ubuf(struct iov_iter *i, bool is_source, void __user *buf, size_t count)
{
    *i = (struct iov_iter){
        .type = ITER_UBUF, .is_source = is_source, .count = count, .ubuf = buf, .nr_segs = 1};
}

void iov_iter_iovec(struct iov_iter *i, bool is_source, const struct iovec *iov,
                    unsigned long nr_segs, size_t count)
{
    *i = (struct iov_iter){
        .type = ITER_IOVEC, .is_source = is_source, .count = count, .iov = iov, .nr_segs = nr_segs};
}

void iov_iter_kvec(struct iov_iter *i, bool is_source, const struct kvec *kvec,
                   unsigned long nr_segs, size_t count)
{
    *i = (struct iov_iter){.type = ITER_KVEC,
                           .is_source = is_source,
                           .count = count,
                           .kvec = kvec,
                           .nr_segs = nr_segs};
}

void iov_iter_bvec(struct iov_iter *i, bool is_source, const struct bio_vec *bvec,
                   unsigned long nr_segs, size_t count)
{
    *i = (struct iov_iter){.type = ITER_BVEC,
                           .is_source = is_source,
                           .count = count,
                           .bvec = bvec,
                           .nr_segs = nr_segs};
}

/* Length of the segment the iterator's pointer stands on. */
static size_t segment_size(const struct iov_iter *i)
{
    switch (i->type) {
    case ITER_IOVEC: return i->iov->iov_len;
    case ITER_KVEC: return i->kvec->iov_len;
    case ITER_BVEC: return i->bvec->bv_len;
    default: return i->offset + i->count;
    }
}

static void segment_step(struct iov_iter *i, int by)
{
    switch (i->type) {
    case ITER_IOVEC: i->iov += by; break;
    case ITER_KVEC: i->kvec += by; break;
    case ITER_BVEC: i->bvec += by; break;
    default: break;
    }
    i->nr_segs -= by;
}

/* What is left of the current segment; empty ones are passed over. count must not be 0. */
static struct segment segment_current(struct iov_iter *i)
{
    struct segment s = {};

    while (i->nr_segs > 1 && i->offset == segment_size(i)) {
        segment_step(i, 1);
        i->offset = 0;
    }
    s.len = min(i->count, segment_size(i) - i->offset);
    switch (i->type) {
    case ITER_UBUF:
        s.user = (char __user *)i->ubuf + i->offset;
        s.is_user = true;
        break;
    case ITER_IOVEC:
        s.user = (char __user *)i->iov->iov_base + i->offset;
        s.is_user = true;
        break;
    case ITER_KVEC: s.kernel = (char *)i->kvec->iov_base + i->offset; break;
    case ITER_BVEC:
        s.kernel = (char *)page_address(i->bvec->bv_page) + i->bvec->bv_offset + i->offset;
        break;
    default: break;
    }
    return s;
}

static inline void segment_advance(struct iov_iter *i, size_t n)
{
    i->offset += n;
    i->count -= n;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
    bytes = min(bytes, i->count);
    while (bytes) {
        struct segment s = segment_current(i);
        size_t n = min(bytes, s.len);

        segment_advance(i, n);
        bytes -= n;
    }
    if (i->count)
        (void)segment_current(i); /* stands at a byte, never behind the end of a segment */
}

void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
    i->count += bytes;
    while (bytes > i->offset) {
        bytes -= i->offset;
        segment_step(i, -1);
        i->offset = segment_size(i);
    }
    i->offset -= bytes;
}

static size_t segment_write(const struct segment *s, const void *from, size_t n)
{
    if (s->is_user)
        return n - copy_to_user(s->user, from, n);
    if (s->kernel)
        memcpy(s->kernel, from, n);
    return n;
}

size_t copy_to_iter(const void *from, size_t bytes, struct iov_iter *to)
{
    size_t done = 0;

    if (likely(to->type == ITER_UBUF)) {
        bytes = min(bytes, to->count);
        done = bytes - copy_to_user((char __user *)to->ubuf + to->offset, from, bytes);
        segment_advance(to, done);
        return done;
    }
    bytes = min(bytes, to->count);
    while (done < bytes) {
        struct segment s = segment_current(to);
        size_t n = min(bytes - done, s.len), moved = segment_write(&s, (char *)from + done, n);

        segment_advance(to, moved);
        done += moved;
        if (moved < n)
            break;
    }
    return done;
}

size_t zero_to_iter(size_t bytes, struct iov_iter *to)
{
    size_t done = 0;

    bytes = min(bytes, to->count);
    while (done < bytes) {
        struct segment s = segment_current(to);
        size_t n = min(bytes - done, s.len), left = 0;

        if (s.is_user)
            left = clear_user(s.user, n);
        else if (s.kernel)
            memset(s.kernel, 0, n);
        segment_advance(to, n - left);
        done += n - left;
        if (left)
            break;
    }
    return done;
}

typedef size_t (*fetch_fn)(void *to, const void __user *from, size_t n);

static __always_inline size_t copy_from_segments(void *to, size_t bytes, struct iov_iter *from,
                                                 fetch_fn fetch)
{
    size_t done = 0;

    bytes = min(bytes, from->count);
    while (done < bytes) {
        struct segment s = segment_current(from);
        size_t n = min(bytes - done, s.len), left = 0;

        if (s.is_user)
            left = fetch((char *)to + done, s.user, n);
        else if (s.kernel)
            memcpy((char *)to + done, s.kernel, n);
        segment_advance(from, n - left);
        done += n - left;
        if (left)
            break;
    }
    return done;
}

size_t copy_from_iter(void *to, size_t bytes, struct iov_iter *from)
{
    return copy_from_segments(to, bytes, from, copy_from_user);
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *to)
{
    return copy_to_iter((char *)page_address(page) + offset, bytes, to);
}

size_t copy_page_from_iter_nofault(struct page *page, size_t offset, size_t bytes,
                                   struct iov_iter *from)
{
    return copy_from_segments((char *)page_address(page) + offset, bytes, from,
                              copy_from_user_nofault);
}

/* Reads one byte of every page of a user range; bytes reached. */
static size_t touch_readable(const char __user *p, size_t n)
{
    size_t done = 0;

    while (done < n) {
        char byte;

        if (get_user_bytes(&byte, p + done, 1))
            break;
        done = min(n, (size_t)(ALIGN((unsigned long)p + done + 1, PAGE_SIZE) - (unsigned long)p));
    }
    return done;
}

size_t fault_in_iter_readable(const struct iov_iter *i, size_t bytes)
{
    struct iov_iter at = *i;

    bytes = min(bytes, at.count);
    while (bytes) {
        struct segment s = segment_current(&at);
        size_t n = min(bytes, s.len), reached = s.is_user ? touch_readable(s.user, n) : n;

        bytes -= reached;
        if (reached < n)
            break;
        segment_advance(&at, n);
    }
    return bytes;
}

/* Checks lengths and ranges as Linux does; the total is cut at MAX_RW_COUNT. Total or -errno. */
static ssize_t iovec_check(struct iovec *iov, unsigned long nr_segs)
{
    size_t total = 0;

    for (unsigned long n = 0; n < nr_segs; n++) {
        if ((ssize_t)iov[n].iov_len < 0)
            return -EINVAL;
        if (!access_ok(iov[n].iov_base, iov[n].iov_len))
            return -EFAULT;
        iov[n].iov_len = min(iov[n].iov_len, MAX_RW_COUNT - total);
        total += iov[n].iov_len;
    }
    return total;
}

ssize_t import_iovec(bool is_source, const struct iovec __user *uvec, unsigned long nr_segs,
                     unsigned long nr_fast, struct iovec *fast, struct iovec **iov,
                     struct iov_iter *i)
{
    struct iovec *vec = fast;
    ssize_t total;

    *iov = fast;
    if (nr_segs > UIO_MAXIOV)
        return -EINVAL;
    if (nr_segs > nr_fast) {
        vec = kmalloc_array(nr_segs, sizeof(*vec), GFP_KERNEL);
        if (!vec)
            return -ENOMEM;
    }
    total = -EFAULT;
    if (!copy_from_user(vec, uvec, nr_segs * sizeof(*vec)))
        total = iovec_check(vec, nr_segs);
    if (total < 0) {
        if (vec != fast)
            kfree(vec);
        return total;
    }
    *iov = vec;
    iov_iter_iovec(i, is_source, vec, nr_segs, total);
    return total;
}
