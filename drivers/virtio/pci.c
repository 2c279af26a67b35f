// SPDX-License-Identifier: MIT
/*
 * Virtio over PCI, the modern interface (VIRTIO 1.2, 4.1).
 *
 * Vendor capabilities say where in which BAR the common configuration, the notification area, the
 * interrupt status and the device's own configuration lie. Each is mapped only as far as the BAR
 * and the capability's own length allow; a capability that does not fit is passed over, and the
 * device refused if one that is needed is missing.
 *
 * Interrupts: one message for configuration changes and one for each queue; if there are not so
 * many, one for configuration and one for all queues; else one for everything, and if that is a
 * line, the status register says whether it was ours.
 */
#include "virtio_internal.h"

#include <pci/pci.h>

#include <kernel/arch/io.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>

#define VIRTIO_PCI_VENDOR       0x1af4
#define VIRTIO_PCI_TRANSITIONAL 0x1000 /* to 0x103f: type in the subsystem id */
#define VIRTIO_PCI_MODERN       0x1040 /* and up: type in the device id */
#define VIRTIO_PCI_LAST         0x107f

/* Vendor capability (4.1.4). */
#define CAP_LEN         2
#define CAP_TYPE        3
#define CAP_BAR         4
#define CAP_OFFSET      8
#define CAP_LENGTH      12
#define CAP_MULTIPLIER  16
#define CAP_SIZE        16
#define CAP_TYPE_COMMON 1
#define CAP_TYPE_NOTIFY 2
#define CAP_TYPE_ISR    3
#define CAP_TYPE_DEVICE 4

/* Common configuration (4.1.4.3). */
struct common_config {
    u32 device_feature_select, device_feature;
    u32 driver_feature_select, driver_feature;
    u16 config_vector, nr_queues;
    u8 status, generation;
    u16 queue_select, queue_size, queue_vector, queue_enable, queue_notify_offset;
    u32 queue_desc[2], queue_driver[2], queue_device[2];
};
static_assert(sizeof(struct common_config) == 56, "VIRTIO 1.2, 4.1.4.3");

#define NO_VECTOR        0xffff
#define ISR_QUEUE        1
#define ISR_CONFIG       2
#define RESET_TIMEOUT_NS (2000 * NSEC_PER_MSEC)

struct virtio_pci {
    struct virtio_device vdev;
    struct pci_dev *pdev;
    struct common_config __iomem *common;
    u8 __iomem *isr;
    u8 __iomem *config; /* NULL: the type has none */
    u32 config_size;
    u8 __iomem *notify;
    u32 notify_size, notify_multiplier;
    unsigned int nr_vectors;   /* 0: no interrupts requested */
    unsigned int nr_requested; /* handlers installed, by vector */
};

static struct virtio_pci *to_virtio_pci(struct virtio_device *vdev)
{
    return container_of(vdev, struct virtio_pci, vdev);
}

static u64 vp_features_offered(struct virtio_device *vdev)
{
    struct common_config __iomem *common = to_virtio_pci(vdev)->common;
    u64 features;

    mmio_write32(&common->device_feature_select, 1);
    features = (u64)mmio_read32(&common->device_feature) << 32;
    mmio_write32(&common->device_feature_select, 0);
    return features | mmio_read32(&common->device_feature);
}

static void vp_features_accept(struct virtio_device *vdev, u64 features)
{
    struct common_config __iomem *common = to_virtio_pci(vdev)->common;

    mmio_write32(&common->driver_feature_select, 0);
    mmio_write32(&common->driver_feature, features);
    mmio_write32(&common->driver_feature_select, 1);
    mmio_write32(&common->driver_feature, features >> 32);
}

static u8 vp_status_get(struct virtio_device *vdev)
{
    return mmio_read8(&to_virtio_pci(vdev)->common->status);
}

static void vp_status_set(struct virtio_device *vdev, u8 status)
{
    mmio_write8(&to_virtio_pci(vdev)->common->status, status);
}

/* The reset is done when the status reads 0 (4.1.4.3.2); all ones: the device was pulled. */
static int vp_reset(struct virtio_device *vdev)
{
    u64 deadline = ktime_ns() + RESET_TIMEOUT_NS;
    u8 status;

    vp_status_set(vdev, 0);
    while ((status = vp_status_get(vdev)) != 0) {
        if (status == 0xff)
            return -ENODEV;
        if (ktime_ns() > deadline)
            return -ETIMEDOUT;
        msleep(1);
    }
    return 0;
}

/* In accesses of the field's own width where aligned; bytes beyond the area read as 0. */
static void vp_config_read(struct virtio_device *vdev, u32 offset, void *buf, u32 len)
{
    struct virtio_pci *vp = to_virtio_pci(vdev);
    u8 *out = buf;

    for (u32 i = 0; i < len;) {
        u32 at = offset + i, left = len - i;

        if (!vp->config || at >= vp->config_size) {
            out[i++] = 0;
        } else if (!(at & 3) && left >= 4 && at + 4 <= vp->config_size) {
            u32 value = mmio_read32(vp->config + at);

            __builtin_memcpy(out + i, &value, 4);
            i += 4;
        } else if (!(at & 1) && left >= 2 && at + 2 <= vp->config_size) {
            u16 value = mmio_read16(vp->config + at);

            __builtin_memcpy(out + i, &value, 2);
            i += 2;
        } else {
            out[i++] = mmio_read8(vp->config + at);
        }
    }
}

static void vp_config_write(struct virtio_device *vdev, u32 offset, const void *buf, u32 len)
{
    struct virtio_pci *vp = to_virtio_pci(vdev);
    const u8 *in = buf;

    for (u32 i = 0; i < len && vp->config && offset + i < vp->config_size; i++)
        mmio_write8(vp->config + offset + i, in[i]);
}

static u8 vp_config_generation(struct virtio_device *vdev)
{
    return mmio_read8(&to_virtio_pci(vdev)->common->generation);
}

static void all_queues_interrupt(struct virtio_pci *vp)
{
    for (unsigned int i = 0; i < vp->vdev.nr_queues; i++)
        virtio_queue_interrupt(vp->vdev.queues[i]);
}

static irq_return_t queue_irq(unsigned int irq, void *dev)
{
    virtio_queue_interrupt(dev);
    return IRQ_HANDLED;
}

static irq_return_t queues_irq(unsigned int irq, void *dev)
{
    all_queues_interrupt(dev);
    return IRQ_HANDLED;
}

static irq_return_t config_irq(unsigned int irq, void *dev)
{
    struct virtio_pci *vp = dev;

    virtio_config_changed(&vp->vdev);
    return IRQ_HANDLED;
}

/* Reading the status register takes the line down. */
static irq_return_t only_irq(unsigned int irq, void *dev)
{
    struct virtio_pci *vp = dev;
    u8 isr = mmio_read8(vp->isr);

    if (pci_vector_is_shared(vp->pdev) && !isr)
        return IRQ_NONE;
    if (isr & ISR_CONFIG)
        virtio_config_changed(&vp->vdev);
    all_queues_interrupt(vp);
    return IRQ_HANDLED;
}

static void *vector_owner(struct virtio_pci *vp, unsigned int vector)
{
    bool per_queue = vp->nr_vectors == vp->vdev.nr_queues + 1 && vp->nr_vectors > 1;

    return per_queue && vector > 0 ? (void *)vp->vdev.queues[vector - 1] : vp;
}

static int vector_request(struct virtio_pci *vp, unsigned int vector)
{
    void *owner = vector_owner(vp, vector);
    irq_handler_t handler;
    const char *name = vp->vdev.dev.name;
    unsigned int flags = pci_vector_is_shared(vp->pdev) ? IRQF_SHARED : 0;

    if (vp->nr_vectors == 1)
        handler = only_irq;
    else if (vector == 0)
        handler = config_irq;
    else
        handler = owner == vp ? queues_irq : queue_irq;
    if (handler == queue_irq)
        name = vp->vdev.queues[vector - 1]->name;
    return irq_request(pci_vector_irq(vp->pdev, vector), handler, NULL, flags, name, owner);
}

static void vectors_release(struct virtio_pci *vp)
{
    while (vp->nr_requested) {
        vp->nr_requested--;
        irq_free(pci_vector_irq(vp->pdev, vp->nr_requested), vector_owner(vp, vp->nr_requested));
    }
    pci_vectors_free(vp->pdev);
    vp->nr_vectors = 0;
}

static int vectors_setup(struct virtio_pci *vp, unsigned int nr_queues)
{
    int nr = pci_vectors_alloc(vp->pdev, nr_queues + 1, nr_queues + 1);

    if (nr < 0)
        nr = pci_vectors_alloc(vp->pdev, 2, 2);
    if (nr < 0)
        nr = pci_vectors_alloc(vp->pdev, 1, 1);
    if (nr < 0)
        return nr;
    vp->nr_vectors = nr;
    while (vp->nr_requested < vp->nr_vectors) {
        int error = vector_request(vp, vp->nr_requested);

        if (error) {
            vectors_release(vp);
            return error;
        }
        vp->nr_requested++;
    }
    return 0;
}

/* The entry in the device's table for a queue. */
static u16 queue_vector(const struct virtio_pci *vp, unsigned int index)
{
    if (vp->nr_vectors == 1)
        return 0;
    return vp->nr_vectors == 2 ? 1 : index + 1;
}

static void address_write(u32 __iomem *field, dma_addr_t address)
{
    mmio_write32(&field[0], address);
    mmio_write32(&field[1], address >> 32);
}

static int queue_activate(struct virtio_pci *vp, struct virtio_queue *queue)
{
    struct common_config __iomem *common = vp->common;
    struct virtio_queue_addresses addresses;
    u32 notify_offset;
    int error;

    mmio_write16(&common->queue_select, queue->index);
    error = virtio_queue_setup(queue, mmio_read16(&common->queue_size), &addresses);
    if (error)
        return error;
    notify_offset = mmio_read16(&common->queue_notify_offset) * vp->notify_multiplier;
    if (vp->notify_size < 2 || notify_offset > vp->notify_size - 2)
        return -EIO;
    queue->notify = (u16 __iomem *)(vp->notify + notify_offset);
    mmio_write16(&common->queue_size, queue->ring.size);
    address_write(common->queue_desc, addresses.descs);
    address_write(common->queue_driver, addresses.avail);
    address_write(common->queue_device, addresses.used);
    if (pci_vectors_are_msix(vp->pdev)) {
        mmio_write16(&common->queue_vector, queue_vector(vp, queue->index));
        if (mmio_read16(&common->queue_vector) == NO_VECTOR)
            return -ENOSPC;
    }
    mmio_write16(&common->queue_enable, 1);
    return 0;
}

static int vp_queues_create(struct virtio_device *vdev, unsigned int nr)
{
    struct virtio_pci *vp = to_virtio_pci(vdev);
    int error = vectors_setup(vp, nr);

    if (error)
        return error;
    if (pci_vectors_are_msix(vp->pdev))
        mmio_write16(&vp->common->config_vector, 0);
    for (unsigned int i = 0; i < nr && !error; i++)
        error = queue_activate(vp, vdev->queues[i]);
    if (error) {
        vp_reset(vdev);
        vectors_release(vp);
    }
    return error;
}

static void vp_queues_destroy(struct virtio_device *vdev)
{
    vectors_release(to_virtio_pci(vdev));
}

static const struct virtio_transport_ops virtio_pci_ops = {
    .features_offered = vp_features_offered,
    .features_accept = vp_features_accept,
    .status_get = vp_status_get,
    .status_set = vp_status_set,
    .reset = vp_reset,
    .config_read = vp_config_read,
    .config_write = vp_config_write,
    .config_generation = vp_config_generation,
    .queues_create = vp_queues_create,
    .queues_destroy = vp_queues_destroy,
};

/* Maps what a capability of this type describes; the first that can be mapped is taken. */
static u8 __iomem *area_map(struct pci_dev *pdev, u8 type, u32 size_min, u32 *size, u8 *cap)
{
    for (u8 at = pci_find_capability(pdev, 0, PCI_CAP_VENDOR); at;
         at = pci_find_capability(pdev, at, PCI_CAP_VENDOR)) {
        u32 length = pci_read32(pdev, at + CAP_LENGTH);
        u8 __iomem *p;

        if (pci_read8(pdev, at + CAP_TYPE) != type || pci_read8(pdev, at + CAP_LEN) < CAP_SIZE ||
            length < size_min || pci_read8(pdev, at + CAP_BAR) >= PCI_NR_BARS)
            continue;
        p = pci_bar_map(pdev, pci_read8(pdev, at + CAP_BAR), pci_read32(pdev, at + CAP_OFFSET),
                        length, CACHE_UC);
        if (!p)
            continue;
        *size = length;
        *cap = at;
        return p;
    }
    return NULL;
}

static void areas_unmap(struct virtio_pci *vp)
{
    if (vp->common)
        iounmap(vp->common);
    if (vp->notify)
        iounmap(vp->notify);
    if (vp->isr)
        iounmap(vp->isr);
    if (vp->config)
        iounmap(vp->config);
}

static int areas_map(struct virtio_pci *vp)
{
    struct pci_dev *pdev = vp->pdev;
    u32 size;
    u8 cap;

    vp->common = (void *)area_map(pdev, CAP_TYPE_COMMON, sizeof(*vp->common), &size, &cap);
    vp->isr = area_map(pdev, CAP_TYPE_ISR, 1, &size, &cap);
    vp->notify = area_map(pdev, CAP_TYPE_NOTIFY, 2, &vp->notify_size, &cap);
    if (vp->notify)
        vp->notify_multiplier = pci_read32(pdev, cap + CAP_MULTIPLIER);
    vp->config = area_map(pdev, CAP_TYPE_DEVICE, 1, &vp->config_size, &cap);
    return vp->common && vp->isr && vp->notify ? 0 : -ENODEV;
}

static void virtio_pci_release(struct device *dev)
{
    kfree(to_virtio_pci(to_virtio_device(dev)));
}

static void vdev_fill(struct virtio_pci *vp)
{
    struct virtio_device *vdev = &vp->vdev;
    struct pci_dev *pdev = vp->pdev;

    device_init(&vdev->dev);
    vdev->dev.parent = &pdev->dev;
    vdev->dev.release = virtio_pci_release;
    vdev->dev.dma_mask = pdev->dev.dma_mask;
    vdev->id = pdev->device >= VIRTIO_PCI_MODERN ? pdev->device - VIRTIO_PCI_MODERN
                                                 : pdev->subsystem_device;
    vdev->vendor = pdev->subsystem_vendor;
    vdev->ops = &virtio_pci_ops;
    vdev->nr_queues_max = mmio_read16(&vp->common->nr_queues);
}

static int virtio_pci_probe(struct pci_dev *pdev, const struct pci_id *id)
{
    struct virtio_pci *vp;
    int error;

    if (pdev->device < VIRTIO_PCI_TRANSITIONAL || pdev->device > VIRTIO_PCI_LAST)
        return -ENODEV;
    vp = kzalloc(sizeof(*vp), GFP_KERNEL);
    if (!vp)
        return -ENOMEM;
    vp->pdev = pdev;
    error = pci_device_enable(pdev);
    if (error)
        goto free;
    error = areas_map(vp);
    if (error) {
        dev_warn(&pdev->dev, "virtio device without the modern interface\n");
        goto unmap;
    }
    vdev_fill(vp);
    pdev->dev.private = vp;
    error = virtio_device_register(&vp->vdev);
    if (error)
        goto unmap;
    return 0;
unmap:
    areas_unmap(vp);
    pci_device_disable(pdev);
free:
    kfree(vp);
    return error;
}

static void virtio_pci_remove(struct pci_dev *pdev)
{
    struct virtio_pci *vp = pdev->dev.private;

    device_unregister(&vp->vdev.dev);
    areas_unmap(vp);
    pci_device_disable(pdev);
    device_put(&vp->vdev.dev);
}

static const struct pci_id virtio_pci_ids[] = {
    PCI_ID_DEVICE(VIRTIO_PCI_VENDOR, PCI_ANY),
    {},
};

static struct pci_driver virtio_pci_driver = {
    .drv = {.name = "virtio-pci"},
    .ids = virtio_pci_ids,
    .probe = virtio_pci_probe,
    .remove = virtio_pci_remove,
};
PCI_DRIVER(virtio_pci_driver);
