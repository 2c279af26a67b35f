/* SPDX-License-Identifier: MIT */
/*
 * mq-deadline: requests in order of sector, but none waits for ever.
 *
 * For reads and for writes there is a tree by sector and a queue by age. Dispatch goes upwards
 * through one tree in batches; at the end of a batch it looks whether the oldest request of the
 * other or of the same direction is overdue (reads 0.5 s, writes 5 s) and goes on there. Reads are
 * preferred, because somebody waits for them; after a few batches of reads with writes waiting, it
 * is the writes' turn.
 *
 * Flushes and other requests without data go first, in order.
 *
 * Locking: lock (bottom halves off) over all.
 */
#include <kernel/block/elevator.h>

#include <kernel/err.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define READ_EXPIRE_NS  (500 * NSEC_PER_MSEC)
#define WRITE_EXPIRE_NS (5 * NSEC_PER_SEC)
#define BATCH           16
#define WRITES_STARVED  2 /* batches of reads before writes get one */

enum direction { DIR_READ, DIR_WRITE, NR_DIRS };

struct deadline {
    spinlock_t lock;
    struct rb_root sorted[NR_DIRS];
    struct list_head fifo[NR_DIRS];
    struct list_head front;        /* what has no place on the disk */
    struct rb_node *next[NR_DIRS]; /* behind the last one dispatched */
    enum direction dir;
    unsigned int batch_left;
    unsigned int starved;
};

static enum direction request_dir(const struct request *rq)
{
    return rq->op == BIO_READ ? DIR_READ : DIR_WRITE;
}

static bool is_sortable(const struct request *rq)
{
    return rq->op == BIO_READ || rq->op == BIO_WRITE;
}

static struct request *request_of(struct rb_node *node)
{
    return rb_entry(node, struct request, sort_node);
}

static int deadline_init(struct blk_queue *queue, void **data)
{
    struct deadline *d = kzalloc(sizeof(*d), GFP_KERNEL);

    if (!d)
        return -ENOMEM;
    spin_lock_init(&d->lock);
    INIT_LIST_HEAD(&d->front);
    for (unsigned int i = 0; i < NR_DIRS; i++)
        INIT_LIST_HEAD(&d->fifo[i]);
    *data = d;
    return 0;
}

static void deadline_exit(void *data)
{
    kfree(data);
}

static bool sector_less(struct rb_node *a, const struct rb_node *b)
{
    return request_of(a)->sector < rb_entry(b, struct request, sort_node)->sector;
}

static void deadline_insert(void *data, struct request *rq)
{
    struct deadline *d = data;
    enum direction dir = request_dir(rq);

    spin_lock(&d->lock);
    if (is_sortable(rq)) {
        rq->sched_data[0] = ktime_ns() + (dir == DIR_READ ? READ_EXPIRE_NS : WRITE_EXPIRE_NS);
        rb_add(&rq->sort_node, &d->sorted[dir], sector_less);
        list_add_tail(&rq->fifo_link, &d->fifo[dir]);
    } else {
        list_add_tail(&rq->link, &d->front);
    }
    spin_unlock(&d->lock);
}

static void deadline_take(struct deadline *d, struct request *rq)
{
    enum direction dir = request_dir(rq);

    d->next[dir] = rb_next(&rq->sort_node);
    rb_erase(&rq->sort_node, &d->sorted[dir]);
    list_del(&rq->fifo_link);
}

static struct request *oldest(struct deadline *d, enum direction dir)
{
    return list_first_entry_or_null(&d->fifo[dir], struct request, fifo_link);
}

static bool is_overdue(struct deadline *d, enum direction dir)
{
    struct request *rq = oldest(d, dir);

    return rq && ktime_ns() >= rq->sched_data[0];
}

/* Which direction the next batch goes; false when there is nothing. */
static bool choose_direction(struct deadline *d)
{
    bool reads = !list_empty(&d->fifo[DIR_READ]), writes = !list_empty(&d->fifo[DIR_WRITE]);

    if (!reads && !writes)
        return false;
    if (reads && (!writes || (d->starved < WRITES_STARVED && !is_overdue(d, DIR_WRITE)))) {
        d->starved += writes;
        d->dir = DIR_READ;
    } else {
        d->starved = 0;
        d->dir = DIR_WRITE;
    }
    return true;
}

static struct request *deadline_dispatch(void *data, struct hw_queue *hctx)
{
    struct deadline *d = data;
    struct request *rq;

    spin_lock(&d->lock);
    rq = list_first_entry_or_null(&d->front, struct request, link);
    if (rq) {
        list_del(&rq->link);
        goto out;
    }
    if (d->batch_left && d->next[d->dir]) {
        d->batch_left--;
        rq = request_of(d->next[d->dir]);
        deadline_take(d, rq);
        goto out;
    }
    if (!choose_direction(d))
        goto out;
    d->batch_left = BATCH - 1;
    /* A batch begins at the oldest when that is overdue or the sweep has reached the end. */
    rq =
        d->next[d->dir] && !is_overdue(d, d->dir) ? request_of(d->next[d->dir]) : oldest(d, d->dir);
    deadline_take(d, rq);
out:
    spin_unlock(&d->lock);
    return rq;
}

/* The waiting request that ends at or before sector, or the one that begins behind it. */
static struct request *neighbour(struct deadline *d, enum direction dir, sector_t sector,
                                 bool after)
{
    struct rb_node *node = d->sorted[dir].rb_node;
    struct request *best = NULL;

    while (node) {
        struct request *rq = request_of(node);

        if (after ? rq->sector >= sector : rq->sector < sector) {
            best = rq;
            node = after ? node->rb_left : node->rb_right;
        } else {
            node = after ? node->rb_right : node->rb_left;
        }
    }
    return best;
}

static bool deadline_merge(void *data, struct bio *bio)
{
    struct deadline *d = data;
    enum direction dir = bio->op == BIO_READ ? DIR_READ : DIR_WRITE;
    sector_t end = bio->sector + (bio->size_bytes >> SECTOR_SHIFT);
    struct request *rq;
    bool merged = false;

    if (bio->op != BIO_READ && bio->op != BIO_WRITE)
        return false;
    spin_lock_bh(&d->lock);
    rq = neighbour(d, dir, bio->sector, false);
    if (rq)
        merged = request_try_merge_bio(rq, bio);
    if (!merged) {
        rq = neighbour(d, dir, end, true);
        /* Joining at the front moves the request's sector, never past another request's. */
        if (rq && rq->sector == end)
            merged = request_try_merge_bio(rq, bio);
    }
    spin_unlock_bh(&d->lock);
    return merged;
}

static const struct elevator mq_deadline = {
    .name = "mq-deadline",
    .init = deadline_init,
    .exit = deadline_exit,
    .merge = deadline_merge,
    .insert = deadline_insert,
    .dispatch = deadline_dispatch,
};
ELEVATOR(mq_deadline);
