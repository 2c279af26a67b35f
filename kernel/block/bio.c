/* SPDX-License-Identifier: MIT */
/*
 * bios: from the submitter to the queue, and back.
 *
 * A submitted bio is checked against its device, moved from partition to disk sectors, and, when it
 * is larger than one request may be, cut into children that each hold a part of its pages. The
 * parent completes when the last child does (remaining); the first error stays. Writes that want
 * the device's cache flushed go through flush.c first. What is left becomes a request, or joins
 * one.
 *
 * Every bio that was submitted gets its end_io exactly once, whatever happens.
 */
#define LOG_PREFIX "block: "

#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>

/* Most bios have a vec or a few; larger ones are kmalloc'ed. */
#define SMALL_VECS 4

static struct kmem_cache *small_bios;

void __init bio_init_caches(void)
{
    small_bios = kmem_cache_create("bio", sizeof(struct bio) + SMALL_VECS * sizeof(struct bio_vec),
                                   0, SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
}

struct bio *bio_alloc(struct block_device *bdev, unsigned int nr_vecs, enum bio_op op, u32 flags,
                      gfp_t gfp)
{
    struct bio *bio;

    ASSERT(nr_vecs <= BIO_MAX_VECS);
    /* Writing pages back is how memory becomes free: it must not fail for want of memory. */
    if (gfp & GFP_WAIT)
        gfp |= GFP_NOFAIL;
    if (nr_vecs <= SMALL_VECS)
        bio = kmem_cache_alloc(small_bios, gfp);
    else
        bio = kmalloc(struct_size(bio, vecs, nr_vecs), gfp);
    if (!bio)
        return NULL;
    memset(bio, 0, sizeof(*bio));
    bio->bdev = bdev;
    bio->op = op;
    bio->flags = flags;
    bio->max_vecs = max_t(unsigned int, nr_vecs, nr_vecs <= SMALL_VECS ? SMALL_VECS : 0);
    atomic_set(&bio->remaining, 1);
    return bio;
}

void bio_free(struct bio *bio)
{
    if (bio->max_vecs == SMALL_VECS)
        kmem_cache_free(small_bios, bio);
    else
        kfree(bio);
}

bool bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset)
{
    struct bio_vec *last = bio->nr_vecs ? &bio->vecs[bio->nr_vecs - 1] : NULL;

    /* Vecs of different pages stay apart even if the memory is contiguous: end_io walks pages by
     * vec. */
    if (last && last->bv_page == page && last->bv_offset + last->bv_len == offset) {
        last->bv_len += len;
        bio->size_bytes += len;
        return true;
    }
    if (bio->nr_vecs == bio->max_vecs)
        return false;
    bio->vecs[bio->nr_vecs++] = (struct bio_vec){page, len, offset};
    bio->size_bytes += len;
    return true;
}

void bio_complete(struct bio *bio, int status)
{
    while (bio) {
        struct bio *parent = bio->parent;

        if (status && !bio->status)
            bio->status = status;
        if (!atomic_dec_and_test(&bio->remaining))
            return;
        status = bio->status;
        if (!parent) {
            bio->end_io(bio);
            return;
        }
        bio_free(bio);
        bio = parent;
    }
}

/* --- cutting --- */

static u32 bytes_of_sectors(u32 sectors)
{
    return min(sectors, ~0U >> SECTOR_SHIFT) << SECTOR_SHIFT;
}

/* What one request may hold of what is left of the bio, in bytes. */
static u32 bio_fitting_bytes(const struct bio *bio, const struct queue_limits *limits)
{
    u32 most = bytes_of_sectors(limits->max_sectors), bytes = 0, segments = 0;

    if (bio->op == BIO_DISCARD)
        return min(bio->size_bytes, bytes_of_sectors(limits->max_discard_sectors));
    if (bio->op == BIO_WRITE_ZEROES)
        return min(bio->size_bytes, bytes_of_sectors(limits->max_write_zeroes_sectors));
    for (unsigned int i = bio->vec_index; i < bio->nr_vecs; i++) {
        u32 left = bio->vecs[i].bv_len - (i == bio->vec_index ? bio->vec_done : 0);

        if (i > bio->vec_index && vecs_leave_gap(&bio->vecs[i - 1], &bio->vecs[i], limits))
            return ALIGN_DOWN(bytes, limits->logical_block_size);
        while (left) {
            u32 n = min3(left, limits->max_segment_size, most - bytes);

            if (n == 0 || segments == limits->max_segments)
                return ALIGN_DOWN(bytes, limits->logical_block_size);
            bytes += n;
            left -= n;
            segments++;
        }
    }
    return bytes;
}

/* A bio for the next bytes of another, which stands behind them afterwards. */
static struct bio *bio_cut(struct bio *bio, u32 bytes)
{
    struct bio *part =
        bio_alloc(bio->bdev, bio->nr_vecs - bio->vec_index, bio->op, bio->flags, GFP_NOIO);
    u32 left = bytes;

    part->sector = bio->sector;
    part->size_bytes = bytes;
    part->issue_ns = bio->issue_ns;
    part->parent = bio;
    while (left && bio->vec_index < bio->nr_vecs) {
        struct bio_vec *vec = &bio->vecs[bio->vec_index];
        u32 n = min(left, vec->bv_len - bio->vec_done);

        part->vecs[part->nr_vecs++] =
            (struct bio_vec){vec->bv_page, n, vec->bv_offset + bio->vec_done};
        bio->vec_done += n;
        left -= n;
        if (bio->vec_done == vec->bv_len) {
            bio->vec_index++;
            bio->vec_done = 0;
        }
    }
    bio->sector += bytes >> SECTOR_SHIFT;
    bio->size_bytes -= bytes;
    return part;
}

static void bio_issue_parts(struct bio *bio, const struct queue_limits *limits)
{
    int status = 0;

    while (bio->size_bytes) {
        u32 bytes = bio_fitting_bytes(bio, limits);

        if (bytes == 0) { /* limits that nothing fits into */
            status = -EIO;
            break;
        }
        atomic_inc(&bio->remaining);
        bio_issue(bio_cut(bio, bytes));
    }
    bio_complete(bio, status);
}

/* --- submission --- */

static int bio_check(const struct bio *bio)
{
    const struct block_device *bdev = bio->bdev;
    const struct queue_limits *limits = &bdev->disk->limits;
    sector_t nr = bio->size_bytes >> SECTOR_SHIFT;

    if (READ_ONCE(bdev->disk->dead))
        return -ENODEV;
    if (bio->op != BIO_READ && bio->op != BIO_FLUSH && bdev->read_only)
        return -EROFS;
    if ((bio->op == BIO_DISCARD && !limits->max_discard_sectors) ||
        (bio->op == BIO_WRITE_ZEROES && !limits->max_write_zeroes_sectors))
        return -EOPNOTSUPP;
    if (bio->size_bytes & (limits->logical_block_size - 1) ||
        (bio->sector << SECTOR_SHIFT) & (limits->logical_block_size - 1))
        return -EINVAL;
    if (bio->sector > bdev->nr_sectors || nr > bdev->nr_sectors - bio->sector) {
        pr_warn_ratelimited("%s: access to %llu sectors at %llu, beyond the end at %llu\n",
                            bdev->disk->name, nr, bio->sector, bdev->nr_sectors);
        return -EIO;
    }
    return 0;
}

void bio_issue(struct bio *bio)
{
    struct blk_queue *queue = bio_queue(bio);
    struct blk_plug *plug = current->plug;
    struct request *rq;
    LIST_HEAD(alone);

    if (bio_fitting_bytes(bio, &queue->disk->limits) < bio->size_bytes) {
        bio_issue_parts(bio, &queue->disk->limits);
        return;
    }
    if (plug && !list_empty(&plug->requests)) {
        rq = list_last_entry(&plug->requests, struct request, link);
        if (rq->queue == queue && request_try_merge_bio(rq, bio))
            return;
    }
    if (blk_queue_enter(queue)) {
        bio_complete(bio, -EIO);
        return;
    }
    if (queue->elevator && queue->elevator->merge && !(bio->flags & BIO_NOMERGE) &&
        queue->elevator->merge(queue->elevator_data, bio)) {
        blk_queue_exit(queue);
        return;
    }
    rq = request_alloc(queue, bio); /* keeps the entry until it is finished */
    if (plug) {
        list_add_tail(&rq->link, &plug->requests);
        if (++plug->count >= BLK_PLUG_MAX)
            blk_plug_flush_current();
        return;
    }
    list_add(&rq->link, &alone);
    requests_issue(&alone);
}

void bio_submit(struct bio *bio)
{
    struct block_device *bdev = bio->bdev;
    int err = bio_check(bio);

    might_sleep();
    if (err) {
        bio_complete(bio, err);
        return;
    }
    bio->issue_ns = ktime_ns();
    bio->sector += bdev->start;
    if (bio->op == BIO_FLUSH || bio->flags & (BIO_PREFLUSH | BIO_FUA))
        flush_submit(bio);
    else if (bio->size_bytes == 0)
        bio_complete(bio, 0);
    else
        bio_issue(bio);
}

static void wake_submitter(struct bio *bio)
{
    complete(bio->private);
}

int bio_submit_wait(struct bio *bio)
{
    DEFINE_COMPLETION(done);

    completion_init(&done);
    bio->end_io = wake_submitter;
    bio->private = &done;
    bio->flags |= BIO_SYNC;
    bio_submit(bio);
    blk_plug_flush_current();
    wait_for_completion(&done);
    return bio->status;
}

/* --- plugging --- */

void blk_plug_start(struct blk_plug *plug)
{
    INIT_LIST_HEAD(&plug->requests);
    plug->count = 0;
    /* The outer plug goes on collecting. */
    if (!current->plug)
        current->plug = plug;
}

void blk_plug_flush_current(void)
{
    struct blk_plug *plug = current->plug;
    LIST_HEAD(requests);

    if (!plug || list_empty(&plug->requests))
        return;
    list_splice_init(&plug->requests, &requests);
    plug->count = 0;
    requests_issue(&requests);
}

void blk_plug_finish(struct blk_plug *plug)
{
    if (current->plug != plug)
        return;
    blk_plug_flush_current();
    current->plug = NULL;
}
