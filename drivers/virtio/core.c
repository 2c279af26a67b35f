// SPDX-License-Identifier: MIT
/*
 * Virtio as a bus of the device model: start-up of a device up to its driver, and its stop.
 *
 * The steps are those of VIRTIO 1.2, 3.1.1: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK read
 * back, then the driver's own probe with queues and configuration, and DRIVER_OK when the driver
 * says so. A device without VERSION_1 is refused: the legacy interface is not spoken here. When
 * anything fails the device is left with FAILED set, and silent.
 */
#include "virtio_internal.h"

#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

#define RING_FEATURES                                                                           \
    (1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_INDIRECT_DESC | 1ULL << VIRTIO_F_EVENT_IDX | \
     1ULL << VIRTIO_F_ACCESS_PLATFORM)
#define CONFIG_READ_TRIES 16

static const struct virtio_driver *to_virtio_driver(const struct driver *drv)
{
    return drv->bus_data;
}

static bool virtio_match(const struct device *dev, const struct driver *drv)
{
    return to_virtio_driver(drv)->id == to_virtio_device(dev)->id;
}

static void status_add(struct virtio_device *vdev, u8 bits)
{
    vdev->ops->status_set(vdev, vdev->ops->status_get(vdev) | bits);
}

static int features_negotiate(struct virtio_device *vdev, u64 wanted)
{
    u64 offered = vdev->ops->features_offered(vdev);

    if (!(offered & (1ULL << VIRTIO_F_VERSION_1))) {
        dev_err(&vdev->dev, "only the legacy interface is offered\n");
        return -ENODEV;
    }
    vdev->features = offered & (wanted | RING_FEATURES);
    vdev->ops->features_accept(vdev, vdev->features);
    status_add(vdev, VIRTIO_STATUS_FEATURES_OK);
    if (!(vdev->ops->status_get(vdev) & VIRTIO_STATUS_FEATURES_OK)) {
        dev_err(&vdev->dev, "features %#llx of %#llx were not accepted\n", vdev->features, offered);
        return -ENODEV;
    }
    return 0;
}

static int virtio_probe(struct device *dev, const struct driver *drv)
{
    struct virtio_device *vdev = to_virtio_device(dev);
    const struct virtio_driver *driver = to_virtio_driver(drv);
    int error = vdev->ops->reset(vdev);

    if (error)
        return error;
    status_add(vdev, VIRTIO_STATUS_ACKNOWLEDGE);
    status_add(vdev, VIRTIO_STATUS_DRIVER);
    error = features_negotiate(vdev, driver->features);
    if (!error)
        error = driver->probe(vdev);
    if (error) {
        virtio_device_reset(vdev);
        virtio_queues_destroy(vdev);
        status_add(vdev, VIRTIO_STATUS_FAILED);
    }
    return error;
}

static void virtio_remove(struct device *dev)
{
    struct virtio_device *vdev = to_virtio_device(dev);
    const struct virtio_driver *driver = to_virtio_driver(dev->driver);

    if (driver->remove)
        driver->remove(vdev);
    virtio_device_reset(vdev);
    virtio_queues_destroy(vdev);
}

static int virtio_uevent(const struct device *dev, char *buf, size_t size)
{
    const struct virtio_device *vdev = to_virtio_device(dev);

    return scnprintf(buf, size, "MODALIAS=virtio:d%08Xv%08X\n", vdev->id, vdev->vendor);
}

enum field { FIELD_DEVICE, FIELD_VENDOR, FIELD_STATUS, FIELD_MODALIAS, FIELD_FEATURES };

static ssize_t features_show(const struct virtio_device *vdev, char *buf)
{
    ssize_t len = 0;

    for (unsigned int bit = 0; bit < 64; bit++)
        buf[len++] = virtio_has_feature(vdev, bit) ? '1' : '0';
    buf[len++] = '\n';
    return len;
}

static ssize_t field_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct virtio_device *vdev = to_virtio_device(dev);

    switch ((enum field)attr->arg) {
    case FIELD_DEVICE: return scnprintf(buf, PAGE_SIZE, "0x%04x\n", vdev->id);
    case FIELD_VENDOR: return scnprintf(buf, PAGE_SIZE, "0x%04x\n", vdev->vendor);
    case FIELD_STATUS: return scnprintf(buf, PAGE_SIZE, "0x%08x\n", vdev->ops->status_get(vdev));
    case FIELD_MODALIAS:
        return scnprintf(buf, PAGE_SIZE, "virtio:d%08Xv%08X\n", vdev->id, vdev->vendor);
    case FIELD_FEATURES: return features_show(vdev, buf);
    }
    return -EINVAL;
}

#define FIELD_ATTRIBUTE(attribute_name, field)              \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = field_show, .arg = (field)}

FIELD_ATTRIBUTE(device, FIELD_DEVICE);
FIELD_ATTRIBUTE(vendor, FIELD_VENDOR);
FIELD_ATTRIBUTE(status, FIELD_STATUS);
FIELD_ATTRIBUTE(modalias, FIELD_MODALIAS);
FIELD_ATTRIBUTE(features, FIELD_FEATURES);
static const struct attribute *const virtio_attrs[] = {&device_attr,   &vendor_attr,   &status_attr,
                                                       &modalias_attr, &features_attr, NULL};
static const struct attribute_group virtio_group = {.attrs = virtio_attrs};
static const struct attribute_group *const virtio_groups[] = {&virtio_group, NULL};

static struct bus virtio_bus = {
    .name = "virtio",
    .match = virtio_match,
    .probe = virtio_probe,
    .remove = virtio_remove,
    .uevent = virtio_uevent,
    .dev_groups = virtio_groups,
};

int virtio_driver_register(struct virtio_driver *driver)
{
    driver->drv.bus = &virtio_bus;
    driver->drv.bus_data = driver;
    return driver_register(&driver->drv);
}

int virtio_device_register(struct virtio_device *vdev)
{
    static atomic_t next_index;

    vdev->dev.bus = &virtio_bus;
    snprintf(vdev->dev.name, sizeof(vdev->dev.name), "virtio%d", atomic_fetch_inc(&next_index));
    return device_register(&vdev->dev);
}

void virtio_device_ready(struct virtio_device *vdev)
{
    vdev->ready = true;
    status_add(vdev, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_device_reset(struct virtio_device *vdev)
{
    vdev->ready = false;
    if (vdev->ops->reset(vdev) != 0)
        dev_err(&vdev->dev, "does not reset\n");
}

void virtio_config_changed(struct virtio_device *vdev)
{
    const struct virtio_driver *driver;

    if (!READ_ONCE(vdev->ready))
        return;
    if (vdev->ops->status_get(vdev) & VIRTIO_STATUS_NEEDS_RESET)
        pr_err_ratelimited("virtio: %s needs a reset\n", vdev->dev.name);
    driver = to_virtio_driver(vdev->dev.driver);
    if (driver->config_changed)
        driver->config_changed(vdev);
}

/* The generation changes when what is longer than one access does (2.5.3). */
void virtio_config_read(struct virtio_device *vdev, u32 offset, void *buf, u32 len)
{
    u8 before, after = vdev->ops->config_generation(vdev);

    for (unsigned int i = 0; i < CONFIG_READ_TRIES; i++) {
        before = after;
        vdev->ops->config_read(vdev, offset, buf, len);
        after = vdev->ops->config_generation(vdev);
        if (before == after)
            return;
    }
}

void virtio_config_write(struct virtio_device *vdev, u32 offset, const void *buf, u32 len)
{
    vdev->ops->config_write(vdev, offset, buf, len);
}

static int __init virtio_bus_init(void)
{
    return bus_register(&virtio_bus);
}
initcall(INIT_SUBSYS, virtio_bus_init);
