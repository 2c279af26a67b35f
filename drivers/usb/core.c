// SPDX-License-Identifier: MIT
/* USB as a bus of the device model: which driver fits which interface, and the buses themselves. */
#include "usb_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

/* Devices and interfaces are on the bus; drivers are for interfaces. */
static bool is_interface(const struct device *dev)
{
    return dev->groups == usb_interface_groups;
}

static const struct usb_driver *to_usb_driver(const struct driver *drv)
{
    return drv->bus_data;
}

static bool id_matches(const struct usb_id *id, const struct usb_interface *interface)
{
    const struct usb_interface_descriptor *d = &interface->descriptor;
    const struct usb_device_descriptor *device = &interface->udev->descriptor;

    if ((id->flags & USB_MATCH_CLASS) && id->class != d->bInterfaceClass)
        return false;
    if ((id->flags & USB_MATCH_SUBCLASS) && id->subclass != d->bInterfaceSubClass)
        return false;
    if ((id->flags & USB_MATCH_PROTOCOL) && id->protocol != d->bInterfaceProtocol)
        return false;
    return !(id->flags & USB_MATCH_PRODUCT) ||
           (id->vendor == device->idVendor && id->product == device->idProduct);
}

static bool usb_match(const struct device *dev, const struct driver *drv)
{
    if (!is_interface(dev))
        return false;
    for (const struct usb_id *id = to_usb_driver(drv)->ids; id->flags; id++)
        if (id_matches(id, to_usb_interface(dev)))
            return true;
    return false;
}

static int usb_probe(struct device *dev, const struct driver *drv)
{
    return to_usb_driver(drv)->probe(to_usb_interface(dev));
}

static void usb_remove(struct device *dev)
{
    to_usb_driver(dev->driver)->remove(to_usb_interface(dev));
}

static int interface_uevent(const struct usb_interface *interface, char *buf, size_t size)
{
    const struct usb_interface_descriptor *d = &interface->descriptor;
    const struct usb_device_descriptor *u = &interface->udev->descriptor;

    return scnprintf(buf, size,
                     "DEVTYPE=usb_interface\nPRODUCT=%x/%x/%x\nTYPE=%u/%u/%u\n"
                     "INTERFACE=%u/%u/%u\n"
                     "MODALIAS=usb:v%04Xp%04Xd%04Xdc%02Xdsc%02Xdp%02Xic%02Xisc%02Xip%02Xin%02X\n",
                     u->idVendor, u->idProduct, u->bcdDevice, u->bDeviceClass, u->bDeviceSubClass,
                     u->bDeviceProtocol, d->bInterfaceClass, d->bInterfaceSubClass,
                     d->bInterfaceProtocol, u->idVendor, u->idProduct, u->bcdDevice,
                     u->bDeviceClass, u->bDeviceSubClass, u->bDeviceProtocol, d->bInterfaceClass,
                     d->bInterfaceSubClass, d->bInterfaceProtocol, d->bInterfaceNumber);
}

static int usb_uevent(const struct device *dev, char *buf, size_t size)
{
    const struct usb_device *udev;

    if (is_interface(dev))
        return interface_uevent(to_usb_interface(dev), buf, size);
    udev = to_usb_device(dev);
    return scnprintf(buf, size,
                     "DEVTYPE=usb_device\nPRODUCT=%x/%x/%x\nTYPE=%u/%u/%u\nBUSNUM=%03u\n"
                     "DEVNUM=%03u\n",
                     udev->descriptor.idVendor, udev->descriptor.idProduct,
                     udev->descriptor.bcdDevice, udev->descriptor.bDeviceClass,
                     udev->descriptor.bDeviceSubClass, udev->descriptor.bDeviceProtocol,
                     udev->hcd->bus_number, udev->number);
}

struct bus usb_bus_type = {
    .name = "usb",
    .match = usb_match,
    .probe = usb_probe,
    .remove = usb_remove,
    .uevent = usb_uevent,
};

int usb_driver_register(struct usb_driver *driver)
{
    driver->drv.bus = &usb_bus_type;
    driver->drv.bus_data = driver;
    return driver_register(&driver->drv);
}

/* --- buses --- */

/* The root hub is no device that could be asked: what it would say is put together here. */
static const struct usb_device_descriptor root_descriptor = {
    .bLength = sizeof(root_descriptor),
    .bDescriptorType = USB_DT_DEVICE,
    .bcdUSB = 0x0300,
    .bDeviceClass = USB_CLASS_HUB,
    .bDeviceProtocol = 3,
    .bMaxPacketSize0 = 9,
    .idVendor = 0x1d6b,
    .idProduct = 0x0003,
    .bcdDevice = 0x0601,
    .bNumConfigurations = 1,
};

static const u8 root_config[] = {
    9,
    USB_DT_CONFIG,
    25,
    0,
    1,
    1,
    0,
    0xe0,
    0, /* self powered */
    9,
    USB_DT_INTERFACE,
    0,
    0,
    1,
    USB_CLASS_HUB,
    0,
    0,
    0,
    7,
    USB_DT_ENDPOINT,
    0x81,
    USB_XFER_INTERRUPT,
    4,
    0,
    12,
};

static void root_release(struct device *dev)
{
    struct usb_device *root = to_usb_device(dev);

    kfree(root->hub);
    kfree(root->config);
    kfree(root);
}

static struct usb_device *root_create(struct usb_hcd *hcd)
{
    struct usb_device *root = kzalloc(sizeof(*root), GFP_KERNEL);
    struct usb_hub *hub = kzalloc(sizeof(*hub), GFP_KERNEL);

    if (!root || !hub || !(root->config = kmemdup(root_config, sizeof(root_config), GFP_KERNEL))) {
        kfree(root);
        kfree(hub);
        return NULL;
    }
    device_init(&root->dev);
    root->hcd = hcd;
    root->speed = USB_SPEED_SUPER;
    root->number = usb_device_number_take(hcd);
    root->descriptor = root_descriptor;
    root->config_size = sizeof(root_config);
    root->config_value = 1;
    strscpy(root->manufacturer, "Lintel", sizeof(root->manufacturer));
    strscpy(root->product, "xHCI Host Controller", sizeof(root->product));
    strscpy(root->serial, hcd->parent->name, sizeof(root->serial));
    root->dev.bus = &usb_bus_type;
    root->dev.parent = hcd->parent;
    root->dev.groups = usb_device_groups;
    root->dev.release = root_release;
    snprintf(root->dev.name, sizeof(root->dev.name), "usb%u", hcd->bus_number);
    usb_hub_init(hub, root, hcd->nr_ports);
    return root;
}

int usb_hcd_add(struct usb_hcd *hcd)
{
    static atomic_t next_bus;
    int error = -ENOMEM;

    hcd->bus_number = atomic_fetch_inc(&next_bus) + 1;
    hcd->queue = workqueue_create("usb", 1);
    if (!hcd->queue)
        return -ENOMEM;
    hcd->root = root_create(hcd);
    if (hcd->root)
        error = device_register(&hcd->root->dev);
    if (error) {
        if (hcd->root)
            device_put(&hcd->root->dev);
        workqueue_destroy(hcd->queue);
        return error;
    }
    usb_hcd_port_event(hcd);
    return 0;
}

void usb_hcd_port_event(struct usb_hcd *hcd)
{
    work_queue(hcd->queue, &hcd->root->hub->event_work);
}

struct remove_work {
    struct work work;
    struct usb_hcd *hcd;
};

static void root_disconnect(struct work *work)
{
    struct remove_work *remove = container_of(work, struct remove_work, work);

    usb_hub_disconnect(remove->hcd->root->hub);
}

void usb_hcd_remove(struct usb_hcd *hcd)
{
    struct remove_work remove = {.hcd = hcd};

    /* Where all removals happen. */
    WRITE_ONCE(hcd->root->hub->stopping, true);
    work_init(&remove.work, root_disconnect);
    work_queue(hcd->queue, &remove.work);
    workqueue_flush(hcd->queue);
    work_cancel_sync(&hcd->root->hub->event_work);
    workqueue_destroy(hcd->queue);
    WRITE_ONCE(hcd->root->gone, true);
    device_unregister(&hcd->root->dev);
    device_put(&hcd->root->dev);
}

static int __init usb_init(void)
{
    return bus_register(&usb_bus_type);
}
initcall(INIT_SUBSYS, usb_init);
