// SPDX-License-Identifier: MIT
/*
 * From a port that says "connected" to interfaces with drivers, and back (USB 2.0, 9.1.2).
 *
 * The controller gives the device an address; then its descriptors are read, each first as far as
 * it says how long it is, and kept. The first configuration is chosen, its interfaces become
 * devices on the bus, and drivers bind to them.
 */
#include "usb_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define CONFIG_SIZE_MAX  4096
#define STRING_SIZE      255
#define LANGUAGE_ENGLISH 0x0409
#define TRIES            3
#define DEVICES_PER_BUS  128

int usb_device_number_take(struct usb_hcd *hcd)
{
    for (int i = 1; i < DEVICES_PER_BUS; i++) {
        if (hcd->numbers[i / 64] & (1ULL << (i % 64)))
            continue;
        hcd->numbers[i / 64] |= 1ULL << (i % 64);
        return i;
    }
    return -ENOSPC;
}

void usb_device_number_release(struct usb_hcd *hcd, u8 number)
{
    hcd->numbers[number / 64] &= ~(1ULL << (number % 64));
}

static void device_release(struct device *dev)
{
    struct usb_device *udev = to_usb_device(dev);

    kfree(udev->config);
    kfree(udev);
}

static void interface_release(struct device *dev)
{
    struct usb_interface *interface = to_usb_interface(dev);

    device_put(&interface->udev->dev);
    kfree(interface);
}

static int descriptor_read(struct usb_device *udev, u8 type, u8 index, u16 language, void *data,
                           u16 len)
{
    return usb_control(udev, USB_DIR_IN | USB_TYPE_STANDARD | USB_RECIP_DEVICE,
                       USB_REQ_GET_DESCRIPTOR, (u16)(type << 8 | index), language, data, len,
                       USB_TIMEOUT_MS);
}

/* The size of endpoint 0's packets, in the form of each speed (9.6.1; USB 3.2, 9.6.1). */
static int packet_size_learn(struct usb_device *udev, u8 said)
{
    u16 size = said;

    if (udev->speed >= USB_SPEED_SUPER)
        size = said == 9 ? 512 : 0;
    if (size != 8 && size != 16 && size != 32 && size != 64 && size != 512)
        return -EINVAL;
    if (size == udev->ep0.max_packet)
        return 0;
    udev->ep0.max_packet = size;
    return udev->hcd->ops->ep0_update(udev);
}

static int device_descriptor_read(struct usb_device *udev, u8 *buf)
{
    int n = descriptor_read(udev, USB_DT_DEVICE, 0, 0, buf, 8), error;

    if (n < 8 || buf[1] != USB_DT_DEVICE)
        return n < 0 ? n : -EINVAL;
    error = packet_size_learn(udev, buf[7]);
    if (error)
        return error;
    n = descriptor_read(udev, USB_DT_DEVICE, 0, 0, buf, sizeof(udev->descriptor));
    if (n < (int)sizeof(udev->descriptor) || buf[1] != USB_DT_DEVICE)
        return n < 0 ? n : -EINVAL;
    memcpy(&udev->descriptor, buf, sizeof(udev->descriptor));
    return 0;
}

static int config_read(struct usb_device *udev, u8 *buf)
{
    int n = descriptor_read(udev, USB_DT_CONFIG, 0, 0, buf, sizeof(struct usb_config_descriptor));
    u16 total;

    if (n < (int)sizeof(struct usb_config_descriptor))
        return n < 0 ? n : -EINVAL;
    total = get_unaligned_le16(buf + 2);
    if (buf[1] != USB_DT_CONFIG || total < n || total > CONFIG_SIZE_MAX)
        return -EINVAL;
    n = descriptor_read(udev, USB_DT_CONFIG, 0, 0, buf, total);
    if (n < (int)sizeof(struct usb_config_descriptor))
        return n < 0 ? n : -EINVAL;
    udev->config = kmemdup(buf, n, GFP_KERNEL);
    if (!udev->config)
        return -ENOMEM;
    udev->config_size = n;
    udev->config_value = buf[5];
    return 0;
}

/* A string that cannot be read is an empty one. */
static void string_read(struct usb_device *udev, u8 index, u8 *buf, char *text, size_t size)
{
    int n =
        index ? descriptor_read(udev, USB_DT_STRING, index, LANGUAGE_ENGLISH, buf, STRING_SIZE) : 0;

    text[0] = '\0';
    if (n > 0)
        usb_string_convert(buf, n, text, size);
}

static int interface_add(const struct usb_parsed_interface *parsed, void *arg)
{
    struct usb_device *udev = arg;
    struct usb_interface *interface;

    if (udev->nr_interfaces == USB_MAX_INTERFACES)
        return -EINVAL;
    interface = kzalloc(sizeof(*interface), GFP_KERNEL);
    if (!interface)
        return -ENOMEM;
    device_init(&interface->dev);
    interface->dev.bus = &usb_bus_type;
    interface->dev.parent = &udev->dev;
    interface->dev.groups = usb_interface_groups;
    interface->dev.release = interface_release;
    interface->dev.dma_mask = udev->dev.dma_mask;
    interface->udev = udev;
    device_get(&udev->dev);
    interface->descriptor = parsed->descriptor;
    interface->nr_endpoints = parsed->nr_endpoints;
    memcpy(interface->endpoints, parsed->endpoints, sizeof(parsed->endpoints));
    interface->extra = udev->config + parsed->extra_offset;
    interface->extra_size = parsed->extra_size;
    snprintf(interface->dev.name, sizeof(interface->dev.name), "%s:%u.%u", udev->dev.name,
             udev->config_value, parsed->descriptor.bInterfaceNumber);
    udev->interfaces[udev->nr_interfaces++] = interface;
    return 0;
}

static int device_read(struct usb_device *udev)
{
    u8 *buf = kmalloc(CONFIG_SIZE_MAX, GFP_KERNEL);
    int error;

    if (!buf)
        return -ENOMEM;
    error = device_descriptor_read(udev, buf);
    if (!error)
        error = config_read(udev, buf);
    if (!error) {
        string_read(udev, udev->descriptor.iManufacturer, buf, udev->manufacturer,
                    sizeof(udev->manufacturer));
        string_read(udev, udev->descriptor.iProduct, buf, udev->product, sizeof(udev->product));
        string_read(udev, udev->descriptor.iSerialNumber, buf, udev->serial, sizeof(udev->serial));
        error = usb_config_parse(udev->config, udev->config_size, udev->speed, interface_add, udev);
    }
    kfree(buf);
    return error;
}

static int device_configure(struct usb_device *udev)
{
    int error = udev->hcd->ops->endpoints_configure(udev);

    if (error)
        return error;
    error = usb_control(udev, USB_TYPE_STANDARD | USB_RECIP_DEVICE, USB_REQ_SET_CONFIGURATION,
                        udev->config_value, 0, NULL, 0, USB_TIMEOUT_MS);
    return error < 0 ? error : 0;
}

static u16 packet_size_guess(enum usb_speed speed)
{
    if (speed >= USB_SPEED_SUPER)
        return 512;
    return speed == USB_SPEED_LOW ? 8 : 64;
}

/* The path of ports: "1-2" at the root, "1-2.3" behind a hub. */
static void device_name_make(struct usb_device *udev)
{
    struct usb_device *parent = udev->parent;

    if (!parent->parent)
        snprintf(udev->dev.name, sizeof(udev->dev.name), "%u-%u", udev->hcd->bus_number,
                 udev->port);
    else
        snprintf(udev->dev.name, sizeof(udev->dev.name), "%s.%u", parent->dev.name, udev->port);
}

static struct usb_device *device_alloc(struct usb_hub *hub, unsigned int port, enum usb_speed speed,
                                       int number)
{
    struct usb_device *parent = hub->udev, *udev = kzalloc(sizeof(*udev), GFP_KERNEL);

    if (!udev)
        return NULL;
    device_init(&udev->dev);
    udev->hcd = parent->hcd;
    udev->parent = parent;
    udev->port = port;
    udev->level = parent->level + 1;
    udev->number = number;
    udev->speed = speed;
    /* Ports above 15 cannot be told in a route (xHCI 1.2, 8.9). */
    if (parent->parent)
        udev->route = parent->route | min(port, 15U) << (4 * (parent->level - 1));
    udev->ep0 =
        (struct usb_endpoint){.type = USB_XFER_CONTROL, .max_packet = packet_size_guess(speed)};
    udev->dev.bus = &usb_bus_type;
    udev->dev.parent = &parent->dev;
    udev->dev.groups = usb_device_groups;
    udev->dev.release = device_release;
    udev->dev.dma_mask = udev->hcd->parent->dma_mask;
    device_name_make(udev);
    return udev;
}

static void interfaces_register(struct usb_device *udev)
{
    for (unsigned int i = 0; i < udev->nr_interfaces; i++)
        if (device_register(&udev->interfaces[i]->dev) != 0)
            dev_err(&udev->dev, "interface %u cannot be registered\n", i);
}

static void interfaces_drop(struct usb_device *udev)
{
    for (unsigned int i = 0; i < udev->nr_interfaces; i++) {
        device_unregister(&udev->interfaces[i]->dev);
        device_put(&udev->interfaces[i]->dev);
    }
    udev->nr_interfaces = 0;
}

static int device_set_up(struct usb_device *udev)
{
    int error = udev->hcd->ops->device_enable(udev);

    if (error)
        return error;
    error = device_read(udev);
    if (!error)
        error = device_configure(udev);
    if (error)
        udev->hcd->ops->device_disable(udev);
    return error;
}

struct usb_device *usb_device_create(struct usb_hub *hub, unsigned int port, enum usb_speed speed)
{
    int number = usb_device_number_take(hub->udev->hcd), error;
    struct usb_device *udev;

    if (number < 0)
        return ERR_PTR(number);
    udev = device_alloc(hub, port, speed, number);
    error = udev ? device_set_up(udev) : -ENOMEM;
    if (error)
        goto undo;
    dev_info(&udev->dev, "%04x:%04x %s %s\n", udev->descriptor.idVendor, udev->descriptor.idProduct,
             udev->manufacturer, udev->product);
    error = device_register(&udev->dev);
    if (error) {
        udev->hcd->ops->device_disable(udev);
        goto undo;
    }
    interfaces_register(udev);
    return udev;
undo:
    usb_device_number_release(hub->udev->hcd, number);
    if (udev) {
        udev->gone = true;
        interfaces_drop(udev);
        device_put(&udev->dev);
    }
    return ERR_PTR(error);
}

void usb_device_destroy(struct usb_device *udev)
{
    WRITE_ONCE(udev->gone, true);
    dev_info(&udev->dev, "disconnected\n");
    interfaces_drop(udev);
    udev->hcd->ops->device_disable(udev);
    usb_device_number_release(udev->hcd, udev->number);
    device_unregister(&udev->dev);
    device_put(&udev->dev);
}
