/* SPDX-License-Identifier: MIT */
/*
 * Flushes and forced unit access.
 *
 * A device with a volatile write cache may lose what it has acknowledged. BIO_PREFLUSH asks that
 * everything acknowledged before is made durable first; BIO_FUA that the bio's own data is durable
 * when it completes. Devices without such a cache need neither and never see them. For the others a
 * write becomes up to three steps: flush, the data (with FUA if the device has it), flush again (if
 * it has not). A BIO_FLUSH is the first step alone.
 *
 * Each step but the first is started from a work item, because the one before completes in
 * interrupt context and starting may sleep. The data travels in a bio of the sequence's own: the
 * caller's completes when the last step has.
 */
#include "internal.h"

#include <kernel/err.h>
#include <kernel/mm/slab.h>

/* A write on its way through the steps. */
struct flush_sequence {
    struct work work;
    struct bio *bio;
    enum { STEP_PREFLUSH, STEP_DATA, STEP_POSTFLUSH, STEP_DONE } step;
    u32 flags; /* as submitted */
    int status;
};

bool bio_needs_flush_sequence(const struct bio *bio, const struct queue_limits *limits)
{
    if (!limits->volatile_cache)
        return false;
    return bio->op == BIO_FLUSH || bio->flags & BIO_PREFLUSH ||
           (bio->flags & BIO_FUA && !limits->fua);
}

static void step_end_io(struct bio *bio)
{
    struct flush_sequence *seq = bio->private;

    if (bio->status && !seq->status)
        seq->status = bio->status;
    bio_free(bio);
    work_queue(block_wq, &seq->work);
}

static void step_flush(struct flush_sequence *seq)
{
    struct bio *flush = bio_alloc(seq->bio->bdev, 0, BIO_FLUSH, BIO_SYNC, GFP_NOIO);

    flush->issue_ns = seq->bio->issue_ns;
    flush->end_io = step_end_io;
    flush->private = seq;
    bio_issue(flush);
}

static void step_data(struct flush_sequence *seq)
{
    struct bio *bio = seq->bio;
    struct bio *data = bio_alloc(bio->bdev, bio->nr_vecs, bio->op, bio->flags, GFP_NOIO);

    data->flags &= ~BIO_PREFLUSH;
    if (!bio->bdev->disk->limits.fua)
        data->flags &= ~BIO_FUA;
    data->sector = bio->sector;
    data->size_bytes = bio->size_bytes;
    data->issue_ns = bio->issue_ns;
    for (unsigned int i = 0; i < bio->nr_vecs; i++)
        data->vecs[data->nr_vecs++] = bio->vecs[i];
    data->end_io = step_end_io;
    data->private = seq;
    bio_issue(data);
}

static bool step_is_needed(const struct flush_sequence *seq)
{
    switch (seq->step) {
    case STEP_PREFLUSH: return seq->bio->op == BIO_FLUSH || seq->flags & BIO_PREFLUSH;
    case STEP_DATA: return seq->bio->size_bytes > 0;
    case STEP_POSTFLUSH:
        return seq->bio->size_bytes > 0 && seq->flags & BIO_FUA &&
               !seq->bio->bdev->disk->limits.fua;
    default: return true;
    }
}

static void sequence_next(struct flush_sequence *seq)
{
    struct bio *bio = seq->bio;
    int status = seq->status;

    while (!step_is_needed(seq))
        seq->step++;
    if (status)
        seq->step = STEP_DONE;
    switch (seq->step++) {
    case STEP_PREFLUSH:
    case STEP_POSTFLUSH: step_flush(seq); return;
    case STEP_DATA: step_data(seq); return;
    default:
        kfree(seq);
        bio_complete(bio, status);
        return;
    }
}

static void sequence_work(struct work *work)
{
    sequence_next(container_of(work, struct flush_sequence, work));
}

void flush_submit(struct bio *bio)
{
    const struct queue_limits *limits = &bio->bdev->disk->limits;
    struct flush_sequence *seq;

    if (!bio_needs_flush_sequence(bio, limits)) {
        if (!limits->volatile_cache)
            bio->flags &= ~(BIO_PREFLUSH | BIO_FUA);
        if (bio->op == BIO_FLUSH || bio->size_bytes == 0)
            bio_complete(bio, 0);
        else
            bio_issue(bio);
        return;
    }
    seq = kzalloc(sizeof(*seq), GFP_NOIO | GFP_NOFAIL);
    work_init(&seq->work, sequence_work);
    seq->bio = bio;
    seq->flags = bio->flags;
    sequence_next(seq);
}
