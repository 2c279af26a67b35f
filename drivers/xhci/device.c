// SPDX-License-Identifier: MIT
/*
 * Devices as the controller sees them: slots and contexts (xHCI 1.2, 4.3, 4.5, 6.2).
 *
 * A device context is the controller's: read only to see its state. What should change is put into
 * the input context, which all devices share under command_lock, and handed over by a command.
 */
#include "xhci.h"

#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

#define EP_TYPE_CONTROL 4
#define EP_ERRORS       3 /* tries before a transaction error counts */

static struct xhci_device *to_device(const struct usb_device *udev)
{
    return udev->hcd_private;
}

/* Context @index of the input context; the control context comes first. */
static u32 *input_context(struct xhci *xhci, unsigned int index)
{
    return (u32 *)(xhci->input + (index + 1) * xhci->context_size);
}

/* command_lock held. add: bits of contexts that count. */
static void input_begin(struct xhci *xhci, u32 add, u32 drop)
{
    u32 *control = (u32 *)xhci->input;

    memset(xhci->input, 0, (NR_CONTEXTS + 1) * xhci->context_size);
    control[0] = drop;
    control[1] = add;
}

/* The root port that the path to the device begins at. */
static unsigned int root_port(const struct usb_device *udev)
{
    while (udev->parent && udev->parent->parent)
        udev = udev->parent;
    return udev->port;
}

/* The hub whose translator a slow device behind a high-speed hub needs, or NULL. */
static const struct usb_device *translator(const struct usb_device *udev, unsigned int *port)
{
    if (udev->speed != USB_SPEED_LOW && udev->speed != USB_SPEED_FULL)
        return NULL;
    for (; udev->parent && udev->parent->parent; udev = udev->parent) {
        if (udev->parent->speed == USB_SPEED_HIGH) {
            *port = udev->port;
            return udev->parent;
        }
    }
    return NULL;
}

static void slot_context_fill(struct xhci *xhci, const struct usb_device *udev,
                              unsigned int last_context)
{
    static const u8 speeds[] = {[USB_SPEED_FULL] = 1,
                                [USB_SPEED_LOW] = 2,
                                [USB_SPEED_HIGH] = 3,
                                [USB_SPEED_SUPER] = 4,
                                [USB_SPEED_SUPER_PLUS] = 5};
    u32 *slot = input_context(xhci, 0);
    const struct usb_device *hub;
    unsigned int port;

    slot[0] = udev->route | (u32)speeds[udev->speed] << 20 | last_context << 27;
    slot[1] = root_port(udev) << 16;
    hub = translator(udev, &port);
    if (hub)
        slot[2] = to_device(hub)->slot | port << 8;
}

/* Ready for what the endpoint has on its ring from the first TRB on. */
static void endpoint_context_fill(struct xhci *xhci, struct xhci_device *device, unsigned int index,
                                  u8 type, const struct usb_endpoint *ep, unsigned int interval)
{
    u32 *context = input_context(xhci, index);
    struct xhci_ring *ring = &device->endpoints[index].ring;
    bool periodic = ep->type == USB_XFER_INTERRUPT || ep->type == USB_XFER_ISOC;
    unsigned int burst = ep->max_burst ?: ep->extra_packets;
    u32 payload = periodic ? ep->max_packet * (burst + 1) : 0;
    u32 average = ep->type == USB_XFER_CONTROL ? 8 : ep->type == USB_XFER_BULK ? 3072 : payload;

    context[0] = interval << 16;
    context[1] = (ep->type == USB_XFER_ISOC ? 0 : EP_ERRORS << 1) | (u32)type << 3 | burst << 8 |
                 (u32)ep->max_packet << 16;
    context[2] = (u32)ring->address | 1;
    context[3] = ring->address >> 32;
    context[4] = average | payload << 16;
}

/* The interval as a power of two of 125 us (6.2.3.6). */
static unsigned int endpoint_interval(const struct usb_device *udev, const struct usb_endpoint *ep)
{
    if (ep->type != USB_XFER_INTERRUPT && ep->type != USB_XFER_ISOC)
        return 0;
    if (udev->speed >= USB_SPEED_HIGH)
        return clamp_t(unsigned int, ep->interval, 1, 16) - 1;
    if (ep->type == USB_XFER_ISOC)
        return clamp_t(unsigned int, ep->interval, 1, 16) + 2;
    /* In milliseconds. */
    return clamp_t(unsigned int, fls(clamp_t(unsigned int, ep->interval, 1, 255)) + 2, 3, 10);
}

static void device_free(struct xhci *xhci, struct xhci_device *device)
{
    struct device *dev = &xhci->pdev->dev;

    for (unsigned int i = 1; i < NR_CONTEXTS; i++)
        xhci_ring_free(dev, &device->endpoints[i].ring);
    if (device->output)
        dma_free_coherent(dev, NR_CONTEXTS * xhci->context_size, device->output,
                          device->output_address);
    kfree(device);
}

static struct xhci_device *device_alloc(struct xhci *xhci, struct usb_device *udev)
{
    struct xhci_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

    if (!device)
        return NULL;
    device->udev = udev;
    spin_lock_init(&device->lock);
    mutex_init(&device->cancel_lock);
    for (unsigned int i = 0; i < NR_CONTEXTS; i++)
        INIT_LIST_HEAD(&device->endpoints[i].transfers);
    device->output = dma_alloc_coherent(&xhci->pdev->dev, NR_CONTEXTS * xhci->context_size,
                                        &device->output_address, GFP_KERNEL);
    if (!device->output || xhci_ring_alloc(&xhci->pdev->dev, &device->endpoints[1].ring) != 0) {
        device_free(xhci, device);
        return NULL;
    }
    device->endpoints[1].configured = true;
    return device;
}

static void device_publish(struct xhci *xhci, u8 slot, struct xhci_device *device)
{
    spin_lock_irq(&xhci->device_lock);
    xhci->devices[slot] = device;
    spin_unlock_irq(&xhci->device_lock);
    xhci->dcbaa[slot] = device ? device->output_address : 0;
}

/* command_lock held. */
static int address_device(struct xhci *xhci, struct xhci_device *device)
{
    struct usb_device *udev = device->udev;

    input_begin(xhci, 3, 0);
    slot_context_fill(xhci, udev, 1);
    endpoint_context_fill(xhci, device, 1, EP_TYPE_CONTROL, &udev->ep0, 0);
    return xhci_command(xhci, xhci->input_address, 0,
                        TRB_TYPE_SET(TRB_ADDRESS_DEVICE) | TRB_SLOT_SET(device->slot), NULL);
}

/* command_lock held. */
static int slot_enable(struct xhci *xhci, struct xhci_device *device)
{
    int error = xhci_command(xhci, 0, 0, TRB_TYPE_SET(TRB_ENABLE_SLOT), &device->slot);

    if (error)
        return error;
    if (device->slot == 0 || device->slot > xhci->max_slots || xhci->devices[device->slot])
        return -EIO;
    device_publish(xhci, device->slot, device);
    error = address_device(xhci, device);
    if (error) {
        xhci_command(xhci, 0, 0, TRB_TYPE_SET(TRB_DISABLE_SLOT) | TRB_SLOT_SET(device->slot), NULL);
        device_publish(xhci, device->slot, NULL);
    }
    return error;
}

int xhci_device_enable(struct usb_device *udev)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = device_alloc(xhci, udev);
    int error;

    if (!device)
        return -ENOMEM;
    udev->hcd_private = device;
    mutex_lock(&xhci->command_lock);
    error = slot_enable(xhci, device);
    mutex_unlock(&xhci->command_lock);
    if (error) {
        udev->hcd_private = NULL;
        device_free(xhci, device);
    }
    return error;
}

void xhci_device_disable(struct usb_device *udev)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = to_device(udev);

    if (!device)
        return;
    mutex_lock(&xhci->command_lock);
    xhci_command(xhci, 0, 0, TRB_TYPE_SET(TRB_DISABLE_SLOT) | TRB_SLOT_SET(device->slot), NULL);
    device_publish(xhci, device->slot, NULL);
    mutex_unlock(&xhci->command_lock);
    xhci_device_fail_all(device, -ENODEV);
    udev->hcd_private = NULL;
    device_free(xhci, device);
}

int xhci_ep0_update(struct usb_device *udev)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = to_device(udev);
    int error;

    mutex_lock(&xhci->command_lock);
    input_begin(xhci, 2, 0);
    endpoint_context_fill(xhci, device, 1, EP_TYPE_CONTROL, &udev->ep0, 0);
    error = xhci_command(xhci, xhci->input_address, 0,
                         TRB_TYPE_SET(TRB_EVALUATE) | TRB_SLOT_SET(device->slot), NULL);
    mutex_unlock(&xhci->command_lock);
    return error;
}

/* The highest context in use. */
static unsigned int last_context(const struct xhci_device *device)
{
    unsigned int last = 1;

    for (unsigned int i = 2; i < NR_CONTEXTS; i++)
        if (device->endpoints[i].configured)
            last = i;
    return last;
}

int xhci_hub_update(struct usb_device *udev, unsigned int nr_ports)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = to_device(udev);
    u32 *slot;
    int error;

    mutex_lock(&xhci->command_lock);
    input_begin(xhci, 1, 0);
    slot_context_fill(xhci, udev, last_context(device));
    slot = input_context(xhci, 0);
    slot[0] |= 1U << 26;
    slot[1] |= nr_ports << 24;
    error = xhci_command(xhci, xhci->input_address, 0,
                         TRB_TYPE_SET(TRB_CONFIGURE) | TRB_SLOT_SET(device->slot), NULL);
    mutex_unlock(&xhci->command_lock);
    return error;
}

static int rings_alloc(struct xhci *xhci, struct xhci_device *device, u32 *add)
{
    struct usb_device *udev = device->udev;

    for (unsigned int i = 0; i < udev->nr_interfaces; i++) {
        const struct usb_interface *interface = udev->interfaces[i];

        for (unsigned int e = 0; e < interface->nr_endpoints; e++) {
            unsigned int index = endpoint_index(&interface->endpoints[e]);
            int error = xhci_ring_alloc(&xhci->pdev->dev, &device->endpoints[index].ring);

            if (error)
                return error;
            *add |= 1U << index;
        }
    }
    return 0;
}

static void endpoints_fill(struct xhci *xhci, struct xhci_device *device)
{
    struct usb_device *udev = device->udev;

    for (unsigned int i = 0; i < udev->nr_interfaces; i++) {
        const struct usb_interface *interface = udev->interfaces[i];

        for (unsigned int e = 0; e < interface->nr_endpoints; e++) {
            const struct usb_endpoint *ep = &interface->endpoints[e];
            u8 type = ep->type + (usb_endpoint_is_in(ep) ? 4 : 0);

            endpoint_context_fill(xhci, device, endpoint_index(ep), type, ep,
                                  endpoint_interval(udev, ep));
        }
    }
}

int xhci_endpoints_configure(struct usb_device *udev)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = to_device(udev);
    u32 add = 1;
    int error = rings_alloc(xhci, device, &add);

    if (error)
        return error;
    mutex_lock(&xhci->command_lock);
    input_begin(xhci, add, 0);
    slot_context_fill(xhci, udev, fls(add) - 1);
    endpoints_fill(xhci, device);
    error = xhci_command(xhci, xhci->input_address, 0,
                         TRB_TYPE_SET(TRB_CONFIGURE) | TRB_SLOT_SET(device->slot), NULL);
    mutex_unlock(&xhci->command_lock);
    for (unsigned int i = 2; i < NR_CONTEXTS && !error; i++)
        if (add & (1U << i))
            device->endpoints[i].configured = true;
    return error;
}
