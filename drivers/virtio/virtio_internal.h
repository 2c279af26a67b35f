/* SPDX-License-Identifier: MIT */
/* What the virtio core shares with its transports. */
#ifndef DRIVERS_VIRTIO_INTERNAL_H
#define DRIVERS_VIRTIO_INTERNAL_H

#include <virtio/virtio.h>

#include <kernel/arch/io.h>

#include "split_ring.h"

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER      2
#define VIRTIO_STATUS_DRIVER_OK   4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED      128

struct virtio_queue {
    struct split_ring ring;
    struct virtio_device *vdev;
    unsigned int index;
    const char *name;
    virtio_callback_t callback;
    /* Set by the transport: where its number is written to kick it. */
    u16 __iomem *notify;
    void *memory;
    dma_addr_t address;
    size_t memory_size;
    struct ring_slot *slots;
};

/* Where the parts of a queue are, for the device. */
struct virtio_queue_addresses {
    dma_addr_t descs, avail, used;
};

/* Gives the queue its memory. size is what the device offers; cut to what the driver wants. */
int virtio_queue_setup(struct virtio_queue *queue, u16 size,
                       struct virtio_queue_addresses *addresses);

/* The transport found a device: registers it on the bus, with a name of its own. */
int virtio_device_register(struct virtio_device *vdev);
/* The device said that its configuration changed. irq context. */
void virtio_config_changed(struct virtio_device *vdev);
/* The device said that it used buffers of this queue: not before it may. irq context. */
static inline void virtio_queue_interrupt(struct virtio_queue *queue)
{
    if (queue->callback && READ_ONCE(queue->vdev->ready))
        queue->callback(queue);
}
#endif
