// SPDX-License-Identifier: MIT
/* Transfers that are waited for, and what follows a stall. */
#include "usb_internal.h"

#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>

int usb_submit(struct usb_transfer *transfer)
{
    if (READ_ONCE(transfer->udev->gone) || READ_ONCE(transfer->udev->hcd->dead))
        return -ENODEV;
    transfer->actual = 0;
    transfer->status = -EINPROGRESS;
    return transfer->udev->hcd->ops->submit(transfer);
}

void usb_cancel(struct usb_transfer *transfer)
{
    transfer->udev->hcd->ops->cancel(transfer);
}

static void transfer_complete(struct usb_transfer *transfer)
{
    complete(transfer->context);
}

/* Bytes moved or -errno. */
static int transfer_wait(struct usb_transfer *transfer, unsigned int timeout_ms)
{
    DEFINE_COMPLETION(done);
    int error;

    transfer->complete = transfer_complete;
    transfer->context = &done;
    error = usb_submit(transfer);
    if (error)
        return error;
    if (wait_for_completion_until(&done, ktime_ns() + timeout_ms * NSEC_PER_MSEC) != 0) {
        usb_cancel(transfer);
        wait_for_completion(&done);
        if (transfer->status == -ECONNRESET)
            return -ETIMEDOUT;
    }
    return transfer->status ?: (int)transfer->actual;
}

static int data_map(struct usb_device *udev, void *data, u32 len, bool in, struct usb_segment *seg)
{
    if (!len)
        return 0;
    seg->address =
        dma_map_single(udev->hcd->parent, data, len, in ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
    seg->len = len;
    return seg->address == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

int usb_control(struct usb_device *udev, u8 type, u8 request, u16 value, u16 index, void *data,
                u16 len, unsigned int timeout_ms)
{
    struct usb_segment segment;
    struct usb_transfer transfer = {
        .udev = udev,
        .ep = &udev->ep0,
        .setup = {type, request, value, index, len},
        .segments = &segment,
        .nr_segments = len ? 1 : 0,
        .length = len,
    };
    int result = data_map(udev, data, len, type & USB_DIR_IN, &segment);

    if (result)
        return result;
    result = transfer_wait(&transfer, timeout_ms);
    /* A stall of endpoint 0 ends with the next request; the controller has to be told. */
    if (result == -EPIPE || result == -EPROTO)
        udev->hcd->ops->endpoint_reset(udev, &udev->ep0);
    return result;
}

int usb_bulk(struct usb_device *udev, const struct usb_endpoint *ep, void *data, u32 len,
             unsigned int timeout_ms)
{
    struct usb_segment segment;
    struct usb_transfer transfer = {
        .udev = udev,
        .ep = ep,
        .segments = &segment,
        .nr_segments = len ? 1 : 0,
        .length = len,
    };
    int error =
        len > 0x10000 ? -EINVAL : data_map(udev, data, len, usb_endpoint_is_in(ep), &segment);

    return error ?: transfer_wait(&transfer, timeout_ms);
}

int usb_clear_halt(struct usb_device *udev, const struct usb_endpoint *ep)
{
    int error = usb_control(udev, USB_TYPE_STANDARD | USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE,
                            USB_FEATURE_HALT, ep->address, NULL, 0, USB_TIMEOUT_MS);

    if (error < 0)
        return error;
    return udev->hcd->ops->endpoint_reset(udev, ep);
}

const struct usb_endpoint *usb_find_endpoint(const struct usb_interface *interface, u8 type,
                                             u8 direction)
{
    for (unsigned int i = 0; i < interface->nr_endpoints; i++) {
        const struct usb_endpoint *ep = &interface->endpoints[i];

        if (ep->type == type && (ep->address & USB_DIR_IN) == direction)
            return ep;
    }
    return NULL;
}
