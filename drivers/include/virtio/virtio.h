/* SPDX-License-Identifier: MIT */
/*
 * Virtio devices and their drivers (OASIS VIRTIO 1.2).
 *
 * A transport (drivers/virtio: PCI) finds devices and puts them on the virtio bus. A driver names
 * the device type and the features it can use; when its probe runs, features have been negotiated.
 * It makes its queues, reads its configuration, then calls virtio_device_ready(). Whatever comes
 * from the device is checked in the queue code as far as the queue goes (indices, that a buffer is
 * really outstanding); lengths and contents are the driver's to check.
 */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include <kernel/base/initcall.h>
#include <kernel/dev/device.h>
#include <kernel/mm/dma.h>

struct virtio_device;
struct virtio_queue;

/* Device types (5). */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4
#define VIRTIO_ID_SCSI    8
#define VIRTIO_ID_GPU     16
#define VIRTIO_ID_INPUT   18
#define VIRTIO_ID_ANY     0xffffffffU

/* Features of every device: bit numbers (6). */
#define VIRTIO_F_INDIRECT_DESC   28
#define VIRTIO_F_EVENT_IDX       29
#define VIRTIO_F_VERSION_1       32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED     34

/* How a transport does what devices need. */
struct virtio_transport_ops {
    u64 (*features_offered)(struct virtio_device *vdev);
    void (*features_accept)(struct virtio_device *vdev, u64 features);
    u8 (*status_get)(struct virtio_device *vdev);
    void (*status_set)(struct virtio_device *vdev, u8 status);
    int (*reset)(struct virtio_device *vdev); /* 0 or -ETIMEDOUT */
    void (*config_read)(struct virtio_device *vdev, u32 offset, void *buf, u32 len);
    void (*config_write)(struct virtio_device *vdev, u32 offset, const void *buf, u32 len);
    u8 (*config_generation)(struct virtio_device *vdev);
    int (*queues_create)(struct virtio_device *vdev, unsigned int nr);
    void (*queues_destroy)(struct virtio_device *vdev);
};

struct virtio_device {
    struct device dev; /* name: virtio0... */
    u32 id, vendor;
    u64 features; /* negotiated */
    const struct virtio_transport_ops *ops;
    unsigned int nr_queues_max, nr_queues;
    struct virtio_queue **queues;
    bool ready;    /* DRIVER_OK was set; configuration changes are passed on */
    void *private; /* the driver's */
};

static inline struct virtio_device *to_virtio_device(const struct device *dev)
{
    return (struct virtio_device *)((char *)dev - offsetof(struct virtio_device, dev));
}

static inline bool virtio_has_feature(const struct virtio_device *vdev, unsigned int bit)
{
    return vdev->features & (1ULL << bit);
}

struct virtio_driver {
    struct driver drv; /* name; the rest is filled by virtio_driver_register() */
    u32 id;            /* VIRTIO_ID_* */
    u64 features;      /* of the device type that the driver can use */
    int (*probe)(struct virtio_device *vdev);
    void (*remove)(struct virtio_device *vdev);
    void (*config_changed)(struct virtio_device *vdev); /* irq context */
};

int __must_check virtio_driver_register(struct virtio_driver *driver);
#define VIRTIO_DRIVER(driver)                     \
    static int __init driver##_register(void)     \
    {                                             \
        return virtio_driver_register(&(driver)); \
    }                                             \
    initcall(INIT_DEVICE, driver##_register)

/** virtio_device_ready() - the device may use its queues from now on. Before the first kick. */
void virtio_device_ready(struct virtio_device *vdev);
/** virtio_device_reset() - stops all its queues for good. Task context, may sleep. */
void virtio_device_reset(struct virtio_device *vdev);

/** virtio_config_read() - @len bytes of device configuration, consistent with each other. */
void virtio_config_read(struct virtio_device *vdev, u32 offset, void *buf, u32 len);
void virtio_config_write(struct virtio_device *vdev, u32 offset, const void *buf, u32 len);

/* One run of memory for the device. */
struct virtio_buffer {
    dma_addr_t address;
    u32 len;
};

/* A descriptor as it lies in memory (2.7.5). */
struct virtio_desc {
    u64 address;
    u32 len;
    u16 flags, next;
};
static_assert(sizeof(struct virtio_desc) == 16, "VIRTIO 1.2, 2.7.5");

/* Called when buffers came back. irq context. */
typedef void (*virtio_callback_t)(struct virtio_queue *queue);

struct virtio_queue_spec {
    const char *name; /* stays valid */
    virtio_callback_t callback;
    u16 size_max; /* 0: as the device has it */
};

/**
 * virtio_queues_create() - makes queues 0 to @nr - 1. 0 or -errno. In probe, once.
 * virtio_queues_destroy() - after virtio_device_reset(); what was outstanding is forgotten.
 */
int __must_check virtio_queues_create(struct virtio_device *vdev, unsigned int nr,
                                      const struct virtio_queue_spec *specs);
void virtio_queues_destroy(struct virtio_device *vdev);

/*
 * Using a queue. The caller serialises these for one queue. Any context.
 */

/**
 * virtio_queue_add() - gives @nr_out buffers for the device to read, then @nr_in for it to write,
 * as one chain. @token comes back from virtio_queue_get(), and is not NULL. If @table is given and
 * the device can, the chain is put there (room for nr_out + nr_in descriptors, at bus address
 * @table_address, untouched until the chain returns) and takes one place in the queue.
 * 0; -ENOSPC when the queue is full; -EIO when it is broken.
 */
int __must_check virtio_queue_add(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                                  unsigned int nr_out, unsigned int nr_in, void *token,
                                  struct virtio_desc *table, dma_addr_t table_address);
/** virtio_queue_kick() - tells the device what was added, if it wants to be told. */
void virtio_queue_kick(struct virtio_queue *queue);
/** virtio_queue_get() - a token that the device is done with; *@len bytes were written. Or NULL. */
void *virtio_queue_get(struct virtio_queue *queue, u32 *len);
/**
 * virtio_queue_callback_enable() - asks for a callback for the next chain. False when one came
 * meanwhile: get it, and try again. virtio_queue_callback_disable() - a hint: none is needed now.
 */
bool __must_check virtio_queue_callback_enable(struct virtio_queue *queue);
void virtio_queue_callback_disable(struct virtio_queue *queue);
/** virtio_queue_detach_unused() - after a reset: tokens that never came back, then NULL. */
void *virtio_queue_detach_unused(struct virtio_queue *queue);

u16 virtio_queue_size(const struct virtio_queue *queue);
unsigned int virtio_queue_index(const struct virtio_queue *queue);
struct virtio_device *virtio_queue_device(const struct virtio_queue *queue);
/** virtio_queue_broken() - the device broke the rules; nothing works until it is reset. */
bool virtio_queue_broken(const struct virtio_queue *queue);
#endif
