// SPDX-License-Identifier: MIT
/*
 * Queue pairs: rings in memory that the controller reads and writes, and doorbells.
 *
 * The completion ring has no index that the controller writes: a new entry is known by its phase
 * bit, which changes each time round. Everything else in an entry is the controller's word: its
 * command id must be that of a command in flight, which is found by an atomic exchange, so that an
 * id that comes twice, or never was given, finds nothing; the queue then counts as broken and the
 * controller is reset. Specification: NVM Express Base 2.0, 3.3 and 4.2.
 */
#include "nvme.h"

#include <kernel/arch/io.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

#define BATCH 16

static u32 __iomem *doorbell(struct nvme *nvme, u16 id, bool completion)
{
    size_t stride = 4UL << NVME_CAP_STRIDE(nvme->cap);
    size_t offset = NVME_DOORBELLS + (2UL * id + completion) * stride;

    return offset + 4 <= nvme->regs_size ? (u32 __iomem *)(nvme->regs + offset) : NULL;
}

int nvme_queue_alloc(struct nvme *nvme, struct nvme_queue *queue, u16 id, u16 depth)
{
    struct device *dev = &nvme->pdev->dev;

    queue->nvme = nvme;
    queue->id = id;
    queue->depth = depth;
    spin_lock_init(&queue->sq_lock);
    spin_lock_init(&queue->cq_lock);
    queue->sq_doorbell = doorbell(nvme, id, false);
    queue->cq_doorbell = doorbell(nvme, id, true);
    if (!queue->sq_doorbell || !queue->cq_doorbell)
        return -EIO;
    queue->sq = dma_alloc_coherent(dev, depth * sizeof(*queue->sq), &queue->sq_address, GFP_KERNEL);
    queue->cq = dma_alloc_coherent(dev, depth * sizeof(*queue->cq), &queue->cq_address, GFP_KERNEL);
    if (id) {
        queue->inflight = kcalloc(depth, sizeof(*queue->inflight), GFP_KERNEL);
        queue->lists = kcalloc(depth, sizeof(*queue->lists), GFP_KERNEL);
    }
    if (!queue->sq || !queue->cq || (id && (!queue->inflight || !queue->lists)))
        return -ENOMEM;
    nvme_queue_clear(queue);
    return 0;
}

void nvme_queue_free(struct nvme_queue *queue)
{
    struct device *dev = &queue->nvme->pdev->dev;

    if (queue->sq)
        dma_free_coherent(dev, queue->depth * sizeof(*queue->sq), queue->sq, queue->sq_address);
    if (queue->cq)
        dma_free_coherent(dev, queue->depth * sizeof(*queue->cq), (void *)queue->cq,
                          queue->cq_address);
    for (unsigned int i = 0; queue->lists && i < queue->depth; i++)
        kfree(queue->lists[i].entries);
    kfree(queue->lists);
    kfree(queue->inflight);
    queue->sq = NULL;
    queue->cq = NULL;
    queue->lists = NULL;
    queue->inflight = NULL;
}

void nvme_queue_clear(struct nvme_queue *queue)
{
    memset((void *)queue->cq, 0, queue->depth * sizeof(*queue->cq));
    queue->sq_tail = queue->sq_rung = 0;
    queue->cq_head = 0;
    queue->phase = 1;
    queue->broken = false;
}

static void ring_locked(struct nvme_queue *queue)
{
    if (queue->sq_rung == queue->sq_tail)
        return;
    queue->sq_rung = queue->sq_tail;
    wmb();
    mmio_write32(queue->sq_doorbell, queue->sq_tail);
}

/* There is a place: at most depth - 1 commands have ids. */
bool nvme_queue_submit(struct nvme_queue *queue, const struct nvme_command *command, bool ring)
{
    unsigned long flags;

    spin_lock_irqsave(&queue->sq_lock, flags);
    if (queue->id && queue->nvme->state != NVME_LIVE) {
        spin_unlock_irqrestore(&queue->sq_lock, flags);
        return false;
    }
    queue->sq[queue->sq_tail] = *command;
    if (++queue->sq_tail == queue->depth)
        queue->sq_tail = 0;
    if (ring)
        ring_locked(queue);
    spin_unlock_irqrestore(&queue->sq_lock, flags);
    return true;
}

void nvme_queue_ring(struct nvme_queue *queue)
{
    unsigned long flags;

    spin_lock_irqsave(&queue->sq_lock, flags);
    ring_locked(queue);
    spin_unlock_irqrestore(&queue->sq_lock, flags);
}

/* Copies up to BATCH new entries out, and tells the controller that their places are free. */
static unsigned int entries_take(struct nvme_queue *queue, struct nvme_completion *entries)
{
    unsigned int n = 0;
    unsigned long flags;

    spin_lock_irqsave(&queue->cq_lock, flags);
    while (n < BATCH && (queue->cq[queue->cq_head].status & 1) == queue->phase) {
        rmb(); /* the entry after its phase */
        entries[n].result = queue->cq[queue->cq_head].result;
        entries[n].command_id = queue->cq[queue->cq_head].command_id;
        entries[n++].status = queue->cq[queue->cq_head].status;
        if (++queue->cq_head == queue->depth) {
            queue->cq_head = 0;
            queue->phase ^= 1;
        }
    }
    if (n)
        mmio_write32(queue->cq_doorbell, queue->cq_head);
    spin_unlock_irqrestore(&queue->cq_lock, flags);
    return n;
}

static void queue_break(struct nvme_queue *queue, u16 id)
{
    if (__atomic_exchange_n(&queue->broken, true, __ATOMIC_RELAXED))
        return;
    dev_err(&queue->nvme->pdev->dev, "queue %u: completion of command %u, which is not there\n",
            queue->id, id);
    work_schedule(&queue->nvme->reset_work);
}

static bool admin_complete(struct nvme_queue *queue, const struct nvme_completion *entry)
{
    struct nvme_waiter *waiter;

    if (entry->command_id >= NVME_ADMIN_DEPTH)
        return false;
    waiter = &queue->nvme->waiters[entry->command_id];
    if (!READ_ONCE(waiter->busy))
        return false;
    waiter->status = NVME_STATUS(entry->status);
    waiter->result = entry->result;
    complete(&waiter->done);
    return true;
}

static bool io_complete(struct nvme_queue *queue, const struct nvme_completion *entry)
{
    struct request *rq;

    if (entry->command_id >= queue->depth)
        return false;
    rq = xchg(&queue->inflight[entry->command_id], NULL);
    if (!rq)
        return false;
    request_complete(rq, nvme_status_to_errno(NVME_STATUS(entry->status)));
    return true;
}

unsigned int nvme_queue_poll(struct nvme_queue *queue)
{
    struct nvme_completion entries[BATCH];
    unsigned int n, total = 0;

    do {
        n = entries_take(queue, entries);
        for (unsigned int i = 0; i < n; i++) {
            bool known = queue->inflight ? io_complete(queue, &entries[i])
                                         : admin_complete(queue, &entries[i]);

            if (!known)
                queue_break(queue, entries[i].command_id);
        }
        total += n;
    } while (n == BATCH && total < 4U * queue->depth);
    return total;
}

irq_return_t nvme_irq(unsigned int irq, void *dev)
{
    return nvme_queue_poll(dev) ? IRQ_HANDLED : IRQ_NONE;
}

void nvme_queue_fail_all(struct nvme_queue *queue, int status)
{
    for (unsigned int i = 0; queue->inflight && i < queue->depth; i++) {
        struct request *rq = xchg(&queue->inflight[i], NULL);

        if (rq)
            request_complete(rq, status);
    }
}
