// SPDX-License-Identifier: MIT
/*
 * Queues of virtio devices: their memory, and the operations drivers use. The ring itself is in
 * split_ring.c. A queue is as large as the device offers, at most QUEUE_SIZE_MAX entries: with
 * indirect tables a request takes one.
 */
#include "virtio_internal.h"

#include <kernel/err.h>
#include <kernel/mm/slab.h>

#define QUEUE_SIZE_MAX 256

int virtio_queue_setup(struct virtio_queue *queue, u16 size,
                       struct virtio_queue_addresses *addresses)
{
    struct virtio_device *vdev = queue->vdev;
    u16 wanted = queue->ring.size ?: QUEUE_SIZE_MAX;
    struct split_layout layout;

    /* Sizes of split queues are powers of two (2.7). */
    if (!is_power_of_2(size) || size > 32768)
        return -EIO;
    size = min3(size, wanted, (u16)QUEUE_SIZE_MAX);
    split_ring_layout(size, &layout);
    queue->memory = dma_alloc_coherent(&vdev->dev, layout.total, &queue->address, GFP_KERNEL);
    queue->slots = kcalloc(size, sizeof(*queue->slots), GFP_KERNEL);
    queue->memory_size = layout.total;
    if (!queue->memory || !queue->slots)
        return -ENOMEM;
    split_ring_init(&queue->ring, size, queue->memory, queue->slots,
                    virtio_has_feature(vdev, VIRTIO_F_EVENT_IDX),
                    virtio_has_feature(vdev, VIRTIO_F_INDIRECT_DESC));
    *addresses = (struct virtio_queue_addresses){queue->address, queue->address + layout.avail,
                                                 queue->address + layout.used};
    return 0;
}

static void queue_free(struct virtio_queue *queue)
{
    if (!queue)
        return;
    if (queue->memory)
        dma_free_coherent(&queue->vdev->dev, queue->memory_size, queue->memory, queue->address);
    kfree(queue->slots);
    kfree(queue);
}

static struct virtio_queue *queue_alloc(struct virtio_device *vdev, unsigned int index,
                                        const struct virtio_queue_spec *spec)
{
    struct virtio_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

    if (!queue)
        return NULL;
    queue->vdev = vdev;
    queue->index = index;
    queue->name = spec->name;
    queue->callback = spec->callback;
    queue->ring.size = spec->size_max;
    return queue;
}

static void queues_free(struct virtio_device *vdev)
{
    for (unsigned int i = 0; i < vdev->nr_queues; i++)
        queue_free(vdev->queues[i]);
    kfree(vdev->queues);
    vdev->queues = NULL;
    vdev->nr_queues = 0;
}

int virtio_queues_create(struct virtio_device *vdev, unsigned int nr,
                         const struct virtio_queue_spec *specs)
{
    int error = -ENOMEM;

    if (nr == 0 || nr > vdev->nr_queues_max || vdev->queues)
        return -EINVAL;
    vdev->queues = kcalloc(nr, sizeof(*vdev->queues), GFP_KERNEL);
    if (!vdev->queues)
        return -ENOMEM;
    for (; vdev->nr_queues < nr; vdev->nr_queues++) {
        unsigned int i = vdev->nr_queues;

        vdev->queues[i] = queue_alloc(vdev, i, &specs[i]);
        if (!vdev->queues[i])
            goto undo;
    }
    error = vdev->ops->queues_create(vdev, nr);
    if (!error)
        return 0;
undo:
    queues_free(vdev);
    return error;
}

void virtio_queues_destroy(struct virtio_device *vdev)
{
    if (!vdev->queues)
        return;
    vdev->ops->queues_destroy(vdev);
    queues_free(vdev);
}

int virtio_queue_add(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                     unsigned int nr_out, unsigned int nr_in, void *token,
                     struct virtio_desc *table, dma_addr_t table_address)
{
    return split_ring_add(&queue->ring, buffers, nr_out, nr_in, token, table, table_address);
}

void virtio_queue_kick(struct virtio_queue *queue)
{
    if (split_ring_kick_needed(&queue->ring))
        mmio_write16(queue->notify, queue->index);
}

void *virtio_queue_get(struct virtio_queue *queue, u32 *len)
{
    return split_ring_get(&queue->ring, len);
}

bool virtio_queue_callback_enable(struct virtio_queue *queue)
{
    return split_ring_callback_enable(&queue->ring);
}

void virtio_queue_callback_disable(struct virtio_queue *queue)
{
    split_ring_callback_disable(&queue->ring);
}

void *virtio_queue_detach_unused(struct virtio_queue *queue)
{
    return split_ring_detach_unused(&queue->ring);
}

u16 virtio_queue_size(const struct virtio_queue *queue)
{
    return queue->ring.size;
}

unsigned int virtio_queue_index(const struct virtio_queue *queue)
{
    return queue->index;
}

struct virtio_device *virtio_queue_device(const struct virtio_queue *queue)
{
    return queue->vdev;
}

bool virtio_queue_broken(const struct virtio_queue *queue)
{
    return queue->ring.broken;
}
