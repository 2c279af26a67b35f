// SPDX-License-Identifier: MIT
/*
 * Hubs: ports where devices come and go.
 *
 * Every hub has one work that looks at all its ports and brings what hangs on them into line with
 * what they say. It runs on the bus's own work queue, one at a time, so that enumeration and
 * removal on one bus never meet. The root hub's work is scheduled by the controller's port events,
 * others' by the status interrupt endpoint. A connection must hold for a tenth of a second before
 * it counts (USB 2.0, 7.1.7.3); a device that does not come up is tried a few times and then left
 * until it is unplugged.
 */
#include "usb_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define DEBOUNCE_MS 100
#define RECOVERY_MS 10 /* after reset */
#define RESET_MS    800
#define POLL_MS     10
#define ATTEMPTS    3

/* Port features and status bits (USB 2.0, 11.24.2). */
#define FEATURE_RESET        4
#define FEATURE_POWER        8
#define FEATURE_C_CONNECTION 16
#define FEATURE_C_ENABLE     17
#define FEATURE_C_RESET      20
#define STATUS_CONNECTION    0x0001
#define STATUS_ENABLE        0x0002
#define STATUS_RESET         0x0010
#define STATUS_LOW           0x0200
#define STATUS_HIGH          0x0400
#define CHANGE_CONNECTION    0x0001
#define CHANGE_RESET         0x0010

static bool is_root(const struct usb_hub *hub)
{
    return !hub->udev->parent;
}

static int port_feature(struct usb_hub *hub, u8 request, u16 feature, unsigned int port)
{
    int n = usb_control(hub->udev, USB_TYPE_CLASS | USB_RECIP_OTHER, request, feature, port, NULL,
                        0, USB_TIMEOUT_MS);

    return n < 0 ? n : 0;
}

static int external_status(struct usb_hub *hub, unsigned int port, struct usb_port_status *status)
{
    u8 *data = kmalloc(4, GFP_KERNEL);
    u16 now, change;
    int n;

    memset(status, 0, sizeof(*status));
    if (!data)
        return -ENOMEM;
    n = usb_control(hub->udev, USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_OTHER, USB_REQ_GET_STATUS, 0,
                    port, data, 4, USB_TIMEOUT_MS);
    now = get_unaligned_le16(data);
    change = get_unaligned_le16(data + 2);
    kfree(data);
    if (n < 4)
        return n < 0 ? n : -EIO;
    status->connected = now & STATUS_CONNECTION;
    status->enabled = now & STATUS_ENABLE;
    status->changed = change & CHANGE_CONNECTION;
    status->reset_done = (change & CHANGE_RESET) && !(now & STATUS_RESET);
    if (hub->udev->speed >= USB_SPEED_SUPER)
        status->speed = hub->udev->speed;
    else if (now & STATUS_LOW)
        status->speed = USB_SPEED_LOW;
    else
        status->speed = now & STATUS_HIGH ? USB_SPEED_HIGH : USB_SPEED_FULL;
    return 0;
}

static int port_status(struct usb_hub *hub, unsigned int port, struct usb_port_status *status)
{
    if (!is_root(hub))
        return external_status(hub, port, status);
    hub->udev->hcd->ops->port_status(hub->udev->hcd, port, status);
    return 0;
}

static void port_clear_change(struct usb_hub *hub, unsigned int port)
{
    if (is_root(hub))
        hub->udev->hcd->ops->port_clear_change(hub->udev->hcd, port);
    else
        port_feature(hub, USB_REQ_CLEAR_FEATURE, FEATURE_C_CONNECTION, port);
}

static int external_reset(struct usb_hub *hub, unsigned int port)
{
    struct usb_port_status status;
    int error = port_feature(hub, USB_REQ_SET_FEATURE, FEATURE_RESET, port);

    for (unsigned int ms = 0; !error && ms < RESET_MS; ms += POLL_MS) {
        msleep(POLL_MS);
        error = external_status(hub, port, &status);
        if (error || !status.connected)
            return error ?: -ENODEV;
        if (status.reset_done || status.enabled) {
            port_feature(hub, USB_REQ_CLEAR_FEATURE, FEATURE_C_RESET, port);
            return 0;
        }
    }
    return error ?: -ETIMEDOUT;
}

static int port_reset(struct usb_hub *hub, unsigned int port)
{
    int error = is_root(hub) ? hub->udev->hcd->ops->port_reset(hub->udev->hcd, port)
                             : external_reset(hub, port);

    msleep(RECOVERY_MS);
    return error;
}

/* Whether what is connected stays connected. */
static bool connection_holds(struct usb_hub *hub, unsigned int port)
{
    struct usb_port_status status;

    port_clear_change(hub, port);
    msleep(DEBOUNCE_MS);
    return port_status(hub, port, &status) == 0 && status.connected && !status.changed;
}

static int child_try(struct usb_hub *hub, unsigned int port)
{
    struct usb_port_status status;
    struct usb_device *child;
    int error = port_reset(hub, port);

    if (!error)
        error = port_status(hub, port, &status);
    if (error)
        return error;
    if (!status.connected || status.speed == USB_SPEED_UNKNOWN)
        return -ENODEV;
    child = usb_device_create(hub, port, status.speed);
    if (IS_ERR(child))
        return PTR_ERR(child);
    hub->children[port] = child;
    return 0;
}

static void child_attach(struct usb_hub *hub, unsigned int port)
{
    int error = -EIO;

    if (hub->udev->level >= USB_MAX_LEVEL || hub->failures[port] >= ATTEMPTS)
        return;
    if (!connection_holds(hub, port))
        return;
    while (error && hub->failures[port] < ATTEMPTS && !READ_ONCE(hub->udev->gone)) {
        error = child_try(hub, port);
        if (error == -ENODEV)
            return;
        if (error)
            hub->failures[port]++;
    }
    if (error)
        dev_err(&hub->udev->dev, "port %u: the device does not come up: error %d\n", port, -error);
}

static void child_detach(struct usb_hub *hub, unsigned int port)
{
    struct usb_device *child = hub->children[port];

    hub->failures[port] = 0;
    if (!child)
        return;
    hub->children[port] = NULL;
    usb_device_destroy(child);
}

static void port_look(struct usb_hub *hub, unsigned int port)
{
    struct usb_port_status status;

    if (port_status(hub, port, &status) != 0)
        return;
    if (!status.connected || status.changed)
        child_detach(hub, port);
    if (status.changed)
        port_clear_change(hub, port);
    if (status.connected && !hub->children[port])
        child_attach(hub, port);
}

static void hub_event(struct work *work)
{
    struct usb_hub *hub = container_of(work, struct usb_hub, event_work);

    for (unsigned int port = 1; port <= hub->nr_ports; port++) {
        if (READ_ONCE(hub->stopping) || READ_ONCE(hub->udev->gone) || hub->udev->hcd->dead)
            return;
        port_look(hub, port);
    }
    if (!is_root(hub) && hub->status_transfer.status != -EINPROGRESS &&
        usb_submit(&hub->status_transfer) != 0)
        hub->status_transfer.status = -EIO;
}

void usb_hub_init(struct usb_hub *hub, struct usb_device *udev, unsigned int nr_ports)
{
    hub->udev = udev;
    hub->nr_ports = min(nr_ports, (unsigned int)USB_MAX_PORTS);
    udev->hub = hub;
    work_init(&hub->event_work, hub_event);
}

void usb_hub_disconnect(struct usb_hub *hub)
{
    WRITE_ONCE(hub->stopping, true);
    for (unsigned int port = 1; port <= hub->nr_ports; port++)
        child_detach(hub, port);
}

/* --- external hubs, as a driver of their interface --- */

static void status_complete(struct usb_transfer *transfer)
{
    struct usb_hub *hub = transfer->context;

    if (!READ_ONCE(hub->stopping) && (transfer->status == 0 || transfer->status == -EPROTO))
        work_queue(hub->udev->hcd->queue, &hub->event_work);
}

static int hub_descriptor_read(struct usb_hub *hub, unsigned int *nr_ports, unsigned int *power_ms)
{
    bool super = hub->udev->speed >= USB_SPEED_SUPER;
    u8 *data = kmalloc(16, GFP_KERNEL);
    int n;

    if (!data)
        return -ENOMEM;
    n = usb_control(hub->udev, USB_DIR_IN | USB_TYPE_CLASS, USB_REQ_GET_DESCRIPTOR,
                    (super ? USB_DT_HUB_SUPER : USB_DT_HUB) << 8, 0, data, super ? 12 : 8,
                    USB_TIMEOUT_MS);
    *nr_ports = n >= 7 ? data[2] : 0;
    *power_ms = n >= 7 ? data[5] * 2 : 0;
    kfree(data);
    if (n < 0)
        return n;
    return *nr_ports ? 0 : -EINVAL;
}

static int hub_status_prepare(struct usb_hub *hub, struct usb_interface *interface)
{
    const struct usb_endpoint *ep = usb_find_endpoint(interface, USB_XFER_INTERRUPT, USB_DIR_IN);

    if (!ep)
        return -ENODEV;
    hub->status_data = kzalloc(64, GFP_KERNEL);
    if (!hub->status_data)
        return -ENOMEM;
    hub->status_segment.len = min_t(u16, ep->max_packet, 64);
    hub->status_segment.address =
        dma_map_single(hub->udev->hcd->parent, hub->status_data, 64, DMA_FROM_DEVICE);
    if (hub->status_segment.address == DMA_MAPPING_ERROR)
        return -ENOMEM;
    hub->status_transfer = (struct usb_transfer){
        .udev = hub->udev,
        .ep = ep,
        .segments = &hub->status_segment,
        .nr_segments = 1,
        .length = hub->status_segment.len,
        .complete = status_complete,
        .context = hub,
    };
    return 0;
}

static int hub_probe(struct usb_interface *interface)
{
    struct usb_hub *hub = kzalloc(sizeof(*hub), GFP_KERNEL);
    unsigned int nr_ports, power_ms;
    int error;

    if (!hub)
        return -ENOMEM;
    hub->udev = interface->udev;
    hub->interface = interface;
    error = hub_descriptor_read(hub, &nr_ports, &power_ms);
    if (!error)
        error = hub_status_prepare(hub, interface);
    if (!error)
        error = hub->udev->hcd->ops->hub_update(hub->udev, nr_ports);
    if (error) {
        kfree(hub->status_data);
        kfree(hub);
        return error;
    }
    usb_hub_init(hub, interface->udev, nr_ports);
    interface->private = hub;
    for (unsigned int port = 1; port <= hub->nr_ports; port++)
        port_feature(hub, USB_REQ_SET_FEATURE, FEATURE_POWER, port);
    msleep(power_ms);
    work_queue(hub->udev->hcd->queue, &hub->event_work);
    return 0;
}

/* On the bus's work queue, as everything that removes devices: the hub's work is not running. */
static void hub_remove(struct usb_interface *interface)
{
    struct usb_hub *hub = interface->private;

    usb_hub_disconnect(hub);
    if (hub->status_transfer.status == -EINPROGRESS)
        usb_cancel(&hub->status_transfer);
    work_cancel_sync(&hub->event_work);
    hub->udev->hub = NULL;
    kfree(hub->status_data);
    kfree(hub);
}

static const struct usb_id hub_ids[] = {
    {.flags = USB_MATCH_CLASS, .class = USB_CLASS_HUB},
    {},
};

static struct usb_driver hub_driver = {
    .drv = {.name = "hub"},
    .ids = hub_ids,
    .probe = hub_probe,
    .remove = hub_remove,
};
USB_DRIVER(hub_driver);
