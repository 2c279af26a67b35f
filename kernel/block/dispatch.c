/* SPDX-License-Identifier: MIT */
/*
 * From waiting requests to the device and back.
 *
 * A request waits in one of three places: in the scheduler, if the queue has one; else in the
 * software queue of the CPU that submitted it; or on its hardware queue's dispatch list, when the
 * device had no room. hw_queue_run() takes from the dispatch list first, then from the scheduler or
 * from the software queues of the CPUs that the hardware queue serves, and feeds the driver until
 * it says busy. It runs in the submitting task and in a tasklet after completions.
 *
 * The driver learns with each request whether more follow (last), so that it rings the doorbell
 * once.
 *
 * Completion runs where the driver calls it. The state of a request goes from IN_FLIGHT to DONE by
 * one atomic exchange: a device that completes twice, or late, is ignored. Time-outs are looked for
 * by a work item that runs while anything is in flight; the driver decides what to do about one.
 * Errors that may pass (time-outs, busy) are retried a few times.
 *
 * Locking: dispatch_lock > scheduler's lock, software queue's lock; bottom halves off for all.
 */
#define LOG_PREFIX "block: "

#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/time/clock.h>

#define TIMEOUT_NS  (30 * NSEC_PER_SEC)
#define SCAN_NS     (5 * NSEC_PER_SEC)
#define BUSY_NS     (3 * NSEC_PER_MSEC)
#define MAX_RETRIES 5

/* --- taking --- */

static struct request *sw_queues_take(struct hw_queue *hctx)
{
    struct request *rq = NULL;
    unsigned int cpu;

    for_each_cpu (cpu, hctx->cpu_mask) {
        struct sw_queue *sw = &hctx->queue->sw_queues[cpu];

        if (list_empty(&sw->requests))
            continue;
        spin_lock(&sw->lock);
        rq = list_first_entry_or_null(&sw->requests, struct request, link);
        if (rq)
            list_del(&rq->link);
        spin_unlock(&sw->lock);
        if (rq)
            break;
    }
    return rq;
}

/* The next request for the device. dispatch_lock held. */
static struct request *next_request(struct hw_queue *hctx)
{
    struct blk_queue *queue = hctx->queue;
    struct request *rq = list_first_entry_or_null(&hctx->dispatch, struct request, link);

    if (rq) {
        list_del(&rq->link);
        return rq;
    }
    if (queue->elevator)
        return queue->elevator->dispatch(queue->elevator_data, hctx);
    return sw_queues_take(hctx);
}

/* --- giving to the driver --- */

static void timeout_arm(struct blk_queue *queue)
{
    if (!READ_ONCE(queue->timeout_armed)) {
        WRITE_ONCE(queue->timeout_armed, true);
        delayed_work_queue(block_wq, &queue->timeout_work, SCAN_NS);
    }
}

static enum queue_result request_start(struct hw_queue *hctx, struct request *rq, bool last)
{
    enum queue_result result;

    rq->deadline_ns = ktime_ns() + TIMEOUT_NS;
    atomic_inc(&hctx->in_flight);
    __atomic_store_n(&rq->state, REQUEST_IN_FLIGHT, __ATOMIC_RELEASE);
    result = rq->queue->ops->queue_request(hctx, rq, last);
    if (likely(result == QUEUE_OK))
        return result;
    WRITE_ONCE(rq->state, REQUEST_QUEUED);
    atomic_dec(&hctx->in_flight);
    return result;
}

/* Feeds the driver; what it refuses for good is collected in failed. dispatch_lock held. */
static void dispatch_locked(struct hw_queue *hctx, struct list_head *failed)
{
    struct request *rq = next_request(hctx), *next;
    bool uncommitted = false;

    while (rq) {
        enum queue_result result = QUEUE_ERROR;

        next = next_request(hctx);
        if (!READ_ONCE(hctx->queue->dead))
            result = request_start(hctx, rq, !next);
        if (result == QUEUE_OK)
            uncommitted = next != NULL;
        if (result == QUEUE_BUSY) {
            if (next)
                list_add(&next->link, &hctx->dispatch);
            list_add(&rq->link, &hctx->dispatch);
            break;
        }
        if (result == QUEUE_ERROR)
            list_add_tail(&rq->link, failed);
        rq = next;
    }
    if (uncommitted && hctx->queue->ops->commit)
        hctx->queue->ops->commit(hctx);
}

void hw_queue_run(struct hw_queue *hctx)
{
    struct request *rq, *next;
    LIST_HEAD(failed);
    bool stuck;

    spin_lock_bh(&hctx->dispatch_lock);
    dispatch_locked(hctx, &failed);
    /* Busy with nothing in flight: no completion will start us again. */
    stuck = !list_empty(&hctx->dispatch) && atomic_read(&hctx->in_flight) == 0;
    spin_unlock_bh(&hctx->dispatch_lock);
    timeout_arm(hctx->queue);
    list_for_each_entry_safe (rq, next, &failed, link) {
        list_del(&rq->link);
        rq->status = -EIO;
        request_finish(rq);
    }
    if (stuck)
        delayed_work_queue(block_wq, &hctx->retry, BUSY_NS);
}

void hw_queue_run_tasklet(struct tasklet *t)
{
    hw_queue_run(container_of(t, struct hw_queue, run));
}

void hw_queue_run_work(struct work *work)
{
    struct delayed_work *dwork = container_of(work, struct delayed_work, work);

    hw_queue_run(container_of(dwork, struct hw_queue, retry));
}

void hw_queue_kick(struct hw_queue *hctx)
{
    tasklet_schedule(&hctx->run);
}

static void request_insert(struct request *rq)
{
    struct blk_queue *queue = rq->queue;
    struct sw_queue *sw;

    local_bh_disable();
    if (queue->elevator) {
        queue->elevator->insert(queue->elevator_data, rq);
    } else {
        /* Behind the hardware queue that its tag belongs to, wherever the task has moved. */
        sw = &queue->sw_queues[__builtin_ctzll(rq->hctx->cpu_mask)];
        if (rq->hctx->cpu_mask & 1ULL << smp_processor_id())
            sw = &queue->sw_queues[smp_processor_id()];
        spin_lock(&sw->lock);
        list_add_tail(&rq->link, &sw->requests);
        spin_unlock(&sw->lock);
    }
    local_bh_enable();
}

void requests_issue(struct list_head *requests)
{
    struct request *rq, *next;
    struct hw_queue *hctx = NULL;

    list_for_each_entry_safe (rq, next, requests, link) {
        if (hctx && hctx != rq->hctx)
            hw_queue_run(hctx);
        hctx = rq->hctx;
        list_del(&rq->link);
        request_insert(rq);
    }
    if (hctx)
        hw_queue_run(hctx);
}

/* --- completion --- */

static bool error_may_pass(int status)
{
    return status == -EAGAIN || status == -ETIMEDOUT || status == -EBUSY;
}

void request_finish(struct request *rq)
{
    struct blk_queue *queue = rq->queue;
    struct bio *bio = rq->bio, *next;
    int status = rq->status;

    request_account_done(rq);
    request_release(rq);
    for (; bio; bio = next) {
        next = bio->next;
        bio->next = NULL;
        bio_complete(bio, status);
    }
    blk_queue_exit(queue);
}

static void request_requeue(struct request *rq)
{
    struct hw_queue *hctx = rq->hctx;

    WRITE_ONCE(rq->state, REQUEST_QUEUED);
    spin_lock_bh(&hctx->dispatch_lock);
    list_add_tail(&rq->link, &hctx->dispatch);
    spin_unlock_bh(&hctx->dispatch_lock);
}

/* Retrying takes locks that must not be taken with interrupts off: it is left to a work item. */
static void request_retry_later(struct request *rq)
{
    struct hw_queue *hctx = rq->hctx;
    unsigned long flags;

    spin_lock_irqsave(&hctx->retry_lock, flags);
    list_add_tail(&rq->link, &hctx->retries);
    spin_unlock_irqrestore(&hctx->retry_lock, flags);
    work_queue(block_wq, &hctx->retry_work);
}

void hw_queue_retry_work(struct work *work)
{
    struct hw_queue *hctx = container_of(work, struct hw_queue, retry_work);
    struct request *rq, *next;
    LIST_HEAD(list);

    spin_lock_irq(&hctx->retry_lock);
    list_splice_init(&hctx->retries, &list);
    spin_unlock_irq(&hctx->retry_lock);
    list_for_each_entry_safe (rq, next, &list, link) {
        list_del(&rq->link);
        request_requeue(rq);
    }
    hw_queue_run(hctx);
}

void request_complete(struct request *rq, int status)
{
    struct hw_queue *hctx = rq->hctx;
    struct blk_queue *queue = rq->queue;
    u32 expected = REQUEST_IN_FLIGHT;

    if (!__atomic_compare_exchange_n(&rq->state, &expected, REQUEST_DONE, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED)) {
        pr_warn_once("%s: completion of a request that is not in flight\n", queue->disk->name);
        return;
    }
    atomic_dec(&hctx->in_flight);
    if (queue->elevator && queue->elevator->completed)
        queue->elevator->completed(queue->elevator_data, rq, ktime_ns());
    if (unlikely(error_may_pass(status)) && rq->retries < MAX_RETRIES && !queue->dead) {
        rq->retries++;
        request_retry_later(rq);
        return;
    }
    if (unlikely(status))
        pr_err_ratelimited("%s: %s of %u sectors at %llu failed: %d\n", queue->disk->name,
                           rq->op == BIO_READ    ? "read"
                           : rq->op == BIO_WRITE ? "write"
                                                 : "command",
                           rq->size_bytes >> SECTOR_SHIFT, rq->sector, status);
    rq->status = error_may_pass(status) ? -EIO : status;
    if (!list_empty(&hctx->dispatch) || queue->elevator)
        hw_queue_kick(hctx);
    request_finish(rq); /* the queue may be gone after this */
}

/* --- time-outs --- */

static void request_check_timeout(struct request *rq, u64 now_ns)
{
    const struct blk_ops *ops = rq->queue->ops;

    if (READ_ONCE(rq->state) != REQUEST_IN_FLIGHT || now_ns < READ_ONCE(rq->deadline_ns))
        return;
    pr_warn_ratelimited("%s: no answer for %lld s (sector %llu)\n", rq->queue->disk->name,
                        TIMEOUT_NS / NSEC_PER_SEC, rq->sector);
    if (!ops->timeout || ops->timeout(rq) == TIMEOUT_RESET_TIMER)
        rq->deadline_ns = ktime_ns() + TIMEOUT_NS;
}

void queue_timeout_scan(struct work *work)
{
    struct delayed_work *dwork = container_of(work, struct delayed_work, work);
    struct blk_queue *queue = container_of(dwork, struct blk_queue, timeout_work);
    u64 now_ns = ktime_ns();
    bool busy = false;

    WRITE_ONCE(queue->timeout_armed, false);
    for (unsigned int i = 0; i < queue->nr_hw_queues; i++) {
        struct hw_queue *hctx = &queue->hw_queues[i];
        size_t tag;

        for_each_set_bit(tag, (unsigned long *)hctx->tag_bitmap, hctx->depth)
        {
            struct request *rq = smp_load_acquire(&hctx->tags[tag]);

            busy = true;
            if (rq)
                request_check_timeout(rq, now_ns);
        }
    }
    if (busy)
        timeout_arm(queue);
}

void queue_fail_waiting(struct blk_queue *queue)
{
    for (unsigned int i = 0; i < queue->nr_hw_queues; i++)
        hw_queue_run(&queue->hw_queues[i]); /* dead: dispatch fails what it takes */
}
