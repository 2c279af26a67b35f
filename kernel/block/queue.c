/* SPDX-License-Identifier: MIT */
/*
 * A disk's queues as a whole: making them, and the count of who is inside.
 *
 * Every submitter enters before it makes a request, and the request leaves when it is finished.
 * Freezing stops new ones and waits for zero: then limits, scheduler and queues may change. A dead
 * queue lets nobody in.
 *
 * Locking: entered is atomic; frozen is changed under freeze_lock.
 */
#include "internal.h"

#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/rcu.h>

SECTION_ARRAY_DEFINE(const struct elevator, elevators);

struct workqueue *block_wq;

int blk_queue_enter(struct blk_queue *queue)
{
    for (;;) {
        atomic_inc(&queue->entered);
        if (unlikely(READ_ONCE(queue->dead))) {
            blk_queue_exit(queue);
            return -ENODEV;
        }
        if (likely(!READ_ONCE(queue->frozen)))
            return 0;
        blk_queue_exit(queue);
        blk_plug_flush_current();
        wait_event(&queue->freeze_wait, !READ_ONCE(queue->frozen));
    }
}

void blk_queue_exit(struct blk_queue *queue)
{
    /* Who waits for zero to free the queue waits for a grace period, too. */
    rcu_read_lock();
    if (atomic_dec_and_test(&queue->entered) && unlikely(READ_ONCE(queue->frozen)))
        wake_up_all(&queue->freeze_wait);
    rcu_read_unlock();
}

void blk_queue_freeze(struct blk_queue *queue)
{
    mutex_lock(&queue->freeze_lock);
    blk_plug_flush_current();
    __atomic_store_n(&queue->frozen, true, __ATOMIC_SEQ_CST);
    wait_event(&queue->freeze_wait, atomic_read(&queue->entered) == 0);
}

void blk_queue_thaw(struct blk_queue *queue)
{
    __atomic_store_n(&queue->frozen, false, __ATOMIC_SEQ_CST);
    wake_up_all(&queue->freeze_wait);
    mutex_unlock(&queue->freeze_lock);
}

static int sw_queues_create(struct blk_queue *queue)
{
    queue->sw_queues = kcalloc(nr_cpus, sizeof(*queue->sw_queues), GFP_KERNEL);
    if (!queue->sw_queues)
        return -ENOMEM;
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
        spin_lock_init(&queue->sw_queues[cpu].lock);
        INIT_LIST_HEAD(&queue->sw_queues[cpu].requests);
    }
    return 0;
}

struct blk_queue *blk_queue_create(const struct blk_ops *ops, unsigned int nr_hw_queues,
                                   unsigned int depth, void *driver_data, struct disk *disk)
{
    struct blk_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

    if (!queue)
        return NULL;
    queue->disk = disk;
    queue->ops = ops;
    queue->nr_hw_queues = clamp(nr_hw_queues, 1U, nr_cpus);
    queue->depth = clamp(depth, 1U, 1024U);
    wait_queue_init(&queue->freeze_wait);
    mutex_init(&queue->freeze_lock);
    delayed_work_init(&queue->timeout_work, queue_timeout_scan);
    queue->hw_queues = kcalloc(queue->nr_hw_queues, sizeof(*queue->hw_queues), GFP_KERNEL);
    if (!queue->hw_queues || sw_queues_create(queue))
        goto fail;
    for (unsigned int i = 0; i < queue->nr_hw_queues; i++)
        if (hw_queue_init(&queue->hw_queues[i], queue, i, driver_data))
            goto fail;
    return queue;
fail:
    blk_queue_destroy(queue);
    return NULL;
}

void blk_queue_destroy(struct blk_queue *queue)
{
    blk_queue_freeze(queue);
    synchronize_rcu();
    mutex_unlock(&queue->freeze_lock);
    delayed_work_cancel_sync(&queue->timeout_work);
    for (unsigned int i = 0; queue->hw_queues && i < queue->nr_hw_queues; i++)
        hw_queue_fini(&queue->hw_queues[i]);
    if (queue->elevator)
        queue->elevator->exit(queue->elevator_data);
    kfree(queue->hw_queues);
    kfree(queue->sw_queues);
    kfree(queue);
}

static int __init block_init(void)
{
    bio_init_caches();
    block_wq = workqueue_create("kblockd", 1);
    return block_wq ? 0 : -ENOMEM;
}
initcall(INIT_CORE, block_init);
