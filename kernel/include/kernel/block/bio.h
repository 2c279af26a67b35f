/* SPDX-License-Identifier: MIT */
/*
 * bio: one asynchronous transfer between pages and a run of sectors. Above it: page cache and file
 * systems. Below it: queues, schedulers and drivers, which see requests (block/request.h).
 */
#ifndef KERNEL_BLOCK_BIO_H
#define KERNEL_BLOCK_BIO_H

#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/types.h>

struct bio;
struct block_device;

enum bio_op {
    BIO_READ,
    BIO_WRITE,
    BIO_FLUSH,
    BIO_DISCARD,
    BIO_WRITE_ZEROES,
};

#define BIO_SYNC     0x01 /* somebody waits */
#define BIO_META     0x02
#define BIO_PREFLUSH 0x04 /* flush the device's cache first */
#define BIO_FUA      0x08 /* on stable storage when it completes */
#define BIO_RAHEAD   0x10
#define BIO_NOMERGE  0x20

#define SECTOR_SHIFT 9
#define SECTOR_SIZE  512U
#define BIO_MAX_VECS 256

struct bio {
    struct bio *next; /* owner of the moment: plug list, request */
    struct block_device *bdev;
    enum bio_op op;
    u32 flags;
    sector_t sector; /* of 512 bytes, from the start of bdev; remapped to the disk on submission */
    u32 size_bytes;  /* still to do; without pages (discard, write zeroes) set by the caller */
    int status;      /* 0 or -errno, valid in end_io */
    u16 nr_vecs, max_vecs;
    u16 vec_index; /* first vec not done, and how far into it */
    u32 vec_done;
    atomic_t remaining;              /* splits under way + 1 */
    struct bio *parent;              /* this is a split of it */
    void (*end_io)(struct bio *bio); /* irq or softirq context; owns the bio afterwards */
    void *private;
    u64 issue_ns;
    struct bio_vec vecs[];
};

/* nr_vecs <= BIO_MAX_VECS. NULL on no memory (never with GFP_WAIT). */
struct bio *bio_alloc(struct block_device *bdev, unsigned int nr_vecs, enum bio_op op, u32 flags,
                      gfp_t gfp);
void bio_free(struct bio *bio);
/* Adds len bytes (multiple of the logical block size in total). false when the bio is full. */
bool bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset);

/* Hands the bio to the device; end_io will be called exactly once, also for errors. May sleep. */
void bio_submit(struct bio *bio);
/* Submits and waits; 0 or -errno. The bio stays the caller's. */
int bio_submit_wait(struct bio *bio);
/* For stacking drivers and errors before submission. */
void bio_complete(struct bio *bio, int status);

/*
 * Collects this task's requests so that neighbours merge and the device is told once; they are
 * handed on at finish, when there are many, and when the task sleeps. Lives on the task's stack.
 */
struct blk_plug {
    struct list_head requests;
    unsigned int count;
};
void blk_plug_start(struct blk_plug *plug);
void blk_plug_finish(struct blk_plug *plug);
/* For the scheduler: called before a task with a plug sleeps. */
void blk_plug_flush_current(void);
#endif
