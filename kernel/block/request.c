/* SPDX-License-Identifier: MIT */
/*
 * Requests: tags, merging, and walking their memory.
 *
 * A request is its tag: one structure for each tag of a hardware queue, made when the tag is first
 * used and kept. Tags are taken lowest first, so a quiet disk has a handful of requests. Who finds
 * no tag sleeps; before, it hands on what it has plugged itself, because those requests hold tags.
 *
 * Locking: the tag bitmap is atomic. A request belongs to one party at a time (see struct request).
 */
#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

#define NO_TAG (~0U)

struct hw_queue *queue_this_cpu(struct blk_queue *queue)
{
    return &queue->hw_queues[smp_processor_id() % queue->nr_hw_queues];
}

/* --- tags --- */

static unsigned int tag_take(struct hw_queue *hctx)
{
    unsigned long *bitmap = (unsigned long *)hctx->tag_bitmap;

    for (;;) {
        size_t tag = find_first_zero_bit(bitmap, hctx->depth);

        if (tag >= hctx->depth)
            return NO_TAG;
        if (!test_and_set_bit(tag, bitmap))
            return tag;
    }
}

static unsigned int tag_get(struct hw_queue *hctx)
{
    unsigned int tag = tag_take(hctx);

    if (likely(tag != NO_TAG))
        return tag;
    blk_plug_flush_current();
    wait_event(&hctx->tag_wait, (tag = tag_take(hctx)) != NO_TAG);
    return tag;
}

static void tag_put(struct hw_queue *hctx, unsigned int tag)
{
    clear_bit_unlock(tag, (unsigned long *)hctx->tag_bitmap);
    if (wait_queue_active(&hctx->tag_wait))
        wake_up(&hctx->tag_wait);
}

static struct request *request_create(struct hw_queue *hctx, unsigned int tag)
{
    size_t head = ALIGN(sizeof(struct request), CACHE_LINE_SIZE);
    struct request *rq = kzalloc(head + hctx->queue->ops->request_size, GFP_NOIO | GFP_NOFAIL);

    rq->queue = hctx->queue;
    rq->hctx = hctx;
    rq->tag = tag;
    rq->driver_data = (char *)rq + head;
    smp_store_release(&hctx->tags[tag], rq);
    return rq;
}

struct request *request_by_tag(struct hw_queue *hctx, unsigned int tag)
{
    struct request *rq = tag < hctx->depth ? smp_load_acquire(&hctx->tags[tag]) : NULL;

    return rq && READ_ONCE(rq->state) == REQUEST_IN_FLIGHT ? rq : NULL;
}

struct request *request_alloc(struct blk_queue *queue, struct bio *bio)
{
    struct hw_queue *hctx = queue_this_cpu(queue);
    unsigned int tag = tag_get(hctx);
    struct request *rq = hctx->tags[tag];

    if (!rq)
        rq = request_create(hctx, tag);
    bio->next = NULL;
    rq->bio = rq->bio_tail = bio;
    rq->op = bio->op;
    rq->flags = bio->flags;
    rq->sector = bio->sector;
    rq->size_bytes = bio->size_bytes;
    rq->nr_segments = bio_count_segments(bio, &queue->disk->limits);
    rq->status = 0;
    rq->retries = 0;
    rq->start_ns = bio->issue_ns;
    WRITE_ONCE(rq->state, REQUEST_QUEUED);
    request_account_start(rq);
    return rq;
}

void request_release(struct request *rq)
{
    WRITE_ONCE(rq->state, REQUEST_IDLE);
    tag_put(rq->hctx, rq->tag);
}

/* --- merging --- */

unsigned int bio_count_segments(const struct bio *bio, const struct queue_limits *limits)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < bio->nr_vecs; i++)
        n += DIV_ROUND_UP(bio->vecs[i].bv_len, limits->max_segment_size);
    return n;
}

bool vecs_leave_gap(const struct bio_vec *first, const struct bio_vec *second,
                    const struct queue_limits *limits)
{
    return limits->gap_boundary &&
           ((first->bv_offset + first->bv_len) | second->bv_offset) & (limits->gap_boundary - 1);
}

/* The last piece of a bio that has some. */
static const struct bio_vec *bio_last_vec(const struct bio *bio)
{
    return &bio->vecs[bio->nr_vecs - 1];
}

static bool merge_allowed(const struct request *rq, const struct bio *bio)
{
    const struct queue_limits *limits = &rq->queue->disk->limits;

    return rq->op == bio->op && (rq->op == BIO_READ || rq->op == BIO_WRITE) &&
           !((rq->flags | bio->flags) & BIO_NOMERGE) &&
           !((rq->flags ^ bio->flags) & (BIO_FUA | BIO_PREFLUSH)) && rq->bio->bdev == bio->bdev &&
           rq->size_bytes + bio->size_bytes <= (u64)limits->max_sectors << SECTOR_SHIFT &&
           rq->nr_segments + bio_count_segments(bio, limits) <= limits->max_segments;
}

bool request_try_merge_bio(struct request *rq, struct bio *bio)
{
    const struct queue_limits *limits = &rq->queue->disk->limits;
    bool back = bio->sector == request_end(rq);
    bool front = rq->sector == bio->sector + (bio->size_bytes >> SECTOR_SHIFT);

    if ((!back && !front) || !merge_allowed(rq, bio))
        return false;
    if (back ? vecs_leave_gap(bio_last_vec(rq->bio_tail), &bio->vecs[0], limits)
             : vecs_leave_gap(bio_last_vec(bio), &rq->bio->vecs[0], limits))
        return false;
    if (back) {
        bio->next = NULL;
        rq->bio_tail->next = bio;
        rq->bio_tail = bio;
    } else {
        bio->next = rq->bio;
        rq->bio = bio;
        rq->sector = bio->sector;
        rq->start_ns = min(rq->start_ns, bio->issue_ns);
    }
    rq->size_bytes += bio->size_bytes;
    rq->nr_segments += bio_count_segments(bio, &rq->queue->disk->limits);
    rq->flags |= bio->flags & BIO_SYNC;
    request_account_merge(rq);
    return true;
}

/* --- memory --- */

void request_iter_init(struct request_iter *it, struct request *rq)
{
    *it = (struct request_iter){.rq = rq, .bio = rq->bio};
}

/* The vec the iterator stands in, NULL at the end. */
static const struct bio_vec *iter_vec(struct request_iter *it)
{
    while (it->bio) {
        if (it->vec < it->bio->nr_vecs && it->done < it->bio->vecs[it->vec].bv_len)
            return &it->bio->vecs[it->vec];
        it->done = 0;
        if (++it->vec >= it->bio->nr_vecs) {
            it->bio = it->bio->next;
            it->vec = 0;
        }
    }
    return NULL;
}

bool request_iter_next(struct request_iter *it, paddr_t *phys, u32 *len)
{
    u32 most = it->rq->queue->disk->limits.max_segment_size;
    const struct bio_vec *vec = iter_vec(it);

    if (!vec)
        return false;
    *phys = page_to_phys(vec->bv_page) + vec->bv_offset + it->done;
    *len = 0;
    do {
        u32 n = min(vec->bv_len - it->done, most - *len);

        *len += n;
        it->done += n;
        vec = iter_vec(it);
    } while (vec && *len < most &&
             *phys + *len == page_to_phys(vec->bv_page) + vec->bv_offset + it->done);
    return true;
}

/* --- hardware queues --- */

static void hw_queue_map_cpus(struct hw_queue *hctx)
{
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        if (cpu % hctx->queue->nr_hw_queues == hctx->index)
            hctx->cpu_mask |= 1ULL << cpu;
}

int hw_queue_init(struct hw_queue *hctx, struct blk_queue *queue, unsigned int index,
                  void *driver_data)
{
    hctx->queue = queue;
    hctx->index = index;
    hctx->depth = queue->depth;
    spin_lock_init(&hctx->dispatch_lock);
    INIT_LIST_HEAD(&hctx->dispatch);
    wait_queue_init(&hctx->tag_wait);
    tasklet_init(&hctx->run, hw_queue_run_tasklet);
    delayed_work_init(&hctx->retry, hw_queue_run_work);
    spin_lock_init(&hctx->retry_lock);
    INIT_LIST_HEAD(&hctx->retries);
    work_init(&hctx->retry_work, hw_queue_retry_work);
    hw_queue_map_cpus(hctx);
    hctx->tag_bitmap = kcalloc(BITS_TO_LONGS(hctx->depth), sizeof(u64), GFP_KERNEL);
    hctx->tags = kcalloc(hctx->depth, sizeof(*hctx->tags), GFP_KERNEL);
    if (!hctx->tag_bitmap || !hctx->tags)
        return -ENOMEM;
    return queue->ops->init_hctx ? queue->ops->init_hctx(hctx, driver_data, index) : 0;
}

void hw_queue_fini(struct hw_queue *hctx)
{
    if (!hctx->queue)
        return;
    tasklet_kill(&hctx->run);
    delayed_work_cancel_sync(&hctx->retry);
    work_cancel_sync(&hctx->retry_work);
    for (unsigned int tag = 0; hctx->tags && tag < hctx->depth; tag++)
        kfree(hctx->tags[tag]);
    kfree(hctx->tags);
    kfree(hctx->tag_bitmap);
}
