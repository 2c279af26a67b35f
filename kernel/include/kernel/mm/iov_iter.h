/* SPDX-License-Identifier: MIT */
/* Where data goes to or comes from: user memory, kernel memory, or pages. */
#ifndef KERNEL_MM_IOV_ITER_H
#define KERNEL_MM_IOV_ITER_H

#include <kernel/types.h>

struct page;

#ifdef __KERNEL__
#define UIO_MAXIOV 1024
struct iovec {
    void __user *iov_base;
    size_t iov_len;
};
#else
#include <sys/uio.h>
#endif
struct kvec {
    void *iov_base;
    size_t iov_len;
};
struct bio_vec {
    struct page *bv_page;
    u32 bv_len;
    u32 bv_offset;
};

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_KVEC, ITER_BVEC, ITER_DISCARD };

struct iov_iter {
    u8 type;        /* enum iter_type */
    bool is_source; /* data is copied from it (write), else to it (read) */
    size_t offset;  /* in the current segment */
    size_t count;   /* bytes left */
    union {
        void __user *ubuf;
        const struct iovec *iov;
        const struct kvec *kvec;
        const struct bio_vec *bvec;
    };
    unsigned long nr_segs;
};

/* The most bytes one read or write moves: what Linux moves. */
#define MAX_RW_COUNT ((size_t)0x7ffff000)

/* Nothing is copied: bytes are counted off. */
static inline void iov_iter_discard(struct iov_iter *i, size_t count)
{
    *i = (struct iov_iter){.type = ITER_DISCARD, .count = count, .nr_segs = 1};
}

void iov_iter_ubuf(struct iov_iter *i, bool is_source, void __user *buf, size_t count);
void iov_iter_iovec(struct iov_iter *i, bool is_source, const struct iovec *iov,
                    unsigned long nr_segs, size_t count);
void iov_iter_kvec(struct iov_iter *i, bool is_source, const struct kvec *kvec,
                   unsigned long nr_segs, size_t count);
void iov_iter_bvec(struct iov_iter *i, bool is_source, const struct bio_vec *bvec,
                   unsigned long nr_segs, size_t count);

/* Bytes copied; short on a fault. They advance the iterator. May sleep. */
size_t copy_to_iter(const void *from, size_t bytes, struct iov_iter *to);
size_t copy_from_iter(void *to, size_t bytes, struct iov_iter *from);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *to);
/* Does not fault: for use with a page locked. May be short; see fault_in_iter_readable(). */
size_t copy_page_from_iter_nofault(struct page *page, size_t offset, size_t bytes,
                                   struct iov_iter *from);
size_t zero_to_iter(size_t bytes, struct iov_iter *to);
void iov_iter_advance(struct iov_iter *i, size_t bytes);
void iov_iter_revert(struct iov_iter *i, size_t bytes);
/* Touches up to bytes of user source memory; returns the bytes NOT reachable. May sleep. */
size_t fault_in_iter_readable(const struct iov_iter *i, size_t bytes);
static inline size_t iov_iter_count(const struct iov_iter *i)
{
    return i->count;
}
/* Copies in an array of iovecs and checks it (EINVAL: more than UIO_MAXIOV, a length over
 * SSIZE_MAX; EFAULT); the total is cut at MAX_RW_COUNT. fast is used for up to nr_fast segments;
 * *iov is then fast, else kmalloc'ed (caller frees if != fast). Total or -errno. */
ssize_t import_iovec(bool is_source, const struct iovec __user *uvec, unsigned long nr_segs,
                     unsigned long nr_fast, struct iovec *fast, struct iovec **iov,
                     struct iov_iter *i);
#endif
