// SPDX-License-Identifier: MIT
/*
 * Transfers: TRBs out, events in (xHCI 1.2, 3.2, 4.10, 4.11).
 *
 * A transfer is a chain of TRBs on its endpoint's ring, its first held back until the last is
 * there. The endpoint's list has those under way in order; an event is matched by the TRB it names,
 * which must lie in one of them. Events for others are late (a short packet gives one for the TRB
 * and may give one for the chain's end) or wrong, and are dropped.
 *
 * An error halts the endpoint: the transfer fails, and whoever submitted it resets the endpoint,
 * which drops the rest of the ring. Cancelling stops the endpoint, takes the transfer's TRBs out
 * (by moving the dequeue pointer behind them, or by making no-ops of those that are not yet due),
 * and starts it again. Both are commands, so they sleep.
 *
 * Locking: device->lock over rings and lists. complete() is called without it.
 */
#include "xhci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

static struct xhci_device *to_device(const struct usb_device *udev)
{
    return udev->hcd_private;
}

/* Pieces of a segment: none crosses 64 KiB (4.11.7.1). */
static u32 piece_length(u64 address, u32 left)
{
    return min_t(u64, left, TRB_LENGTH_MAX - (address & (TRB_LENGTH_MAX - 1)));
}

static unsigned int pieces_count(const struct usb_transfer *transfer)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < transfer->nr_segments; i++) {
        u64 address = transfer->segments[i].address;

        for (u32 left = transfer->segments[i].len, len; left; left -= len, address += len, n++)
            len = piece_length(address, left);
    }
    return n;
}

/* How many packets are still to come behind this TRB (4.11.2.4), at most 31. */
static u32 remaining_packets(const struct usb_transfer *transfer, u32 done)
{
    u32 left = DIV_ROUND_UP(transfer->length - done, transfer->ep->max_packet ?: 1);

    return min(left, 31U) << 17;
}

struct chain {
    struct xhci_ring *ring;
    struct usb_transfer *transfer;
    bool begun; /* the first TRB, held, is there */
    u32 done;   /* bytes in TRBs so far */
};

static void chain_put(struct chain *c, u64 parameter, u32 status, u32 control)
{
    u16 index = xhci_ring_put(c->ring, parameter, status, control, !c->begun);

    if (!c->begun)
        c->transfer->first_trb = index;
    c->transfer->last_trb = index;
    c->begun = true;
}

/* type: of the first piece; the others are normal. last: also the last TRB of the chain. */
static void data_put(struct chain *c, u32 type, bool last)
{
    const struct usb_transfer *t = c->transfer;
    u32 flags = usb_endpoint_is_in(t->ep) ? TRB_SHORT_EVENT : 0;

    if (type == TRB_DATA)
        flags = t->setup.bmRequestType & USB_DIR_IN ? TRB_DIR_IN | TRB_SHORT_EVENT : 0;
    for (unsigned int i = 0; i < t->nr_segments; i++) {
        u64 address = t->segments[i].address;

        for (u32 left = t->segments[i].len, len; left; left -= len, address += len) {
            bool end;

            len = piece_length(address, left);
            c->done += len;
            end = c->done >= t->length;
            chain_put(c, address, len | (end ? 0 : remaining_packets(t, c->done)),
                      TRB_TYPE_SET(type) | flags | (end ? (last ? TRB_EVENT : 0) : TRB_CHAIN));
            if (type == TRB_DATA) {
                type = TRB_NORMAL;
                flags &= ~TRB_DIR_IN;
            }
        }
    }
}

static void control_put(struct chain *c)
{
    struct usb_transfer *t = c->transfer;
    bool in = t->setup.bmRequestType & USB_DIR_IN;
    u32 stage = !t->length ? 0 : in ? TRB_SETUP_IN : TRB_SETUP_OUT;
    u64 setup;

    memcpy(&setup, &t->setup, sizeof(setup));
    chain_put(c, setup, sizeof(t->setup), TRB_TYPE_SET(TRB_SETUP) | TRB_IMMEDIATE | stage);
    t->data_trb = xhci_ring_next(t->first_trb);
    if (t->length)
        data_put(c, TRB_DATA, false);
    chain_put(c, 0, 0, TRB_TYPE_SET(TRB_STATUS) | TRB_EVENT | (t->length && in ? 0 : TRB_DIR_IN));
}

static int transfer_put(struct xhci_endpoint *endpoint, struct usb_transfer *transfer)
{
    bool control = transfer->ep->type == USB_XFER_CONTROL;
    unsigned int needed = pieces_count(transfer) + (control ? 2 : 0);
    struct chain c = {.ring = &endpoint->ring, .transfer = transfer};

    if (!endpoint->configured || transfer->ep->type == USB_XFER_ISOC)
        return -EINVAL;
    if (endpoint->halted)
        return -EPIPE;
    if (xhci_ring_room(&endpoint->ring) < max(needed, 1U))
        return -ENOMEM;
    transfer->data_short = false;
    if (control)
        control_put(&c);
    else if (needed)
        data_put(&c, TRB_NORMAL, true);
    else
        chain_put(&c, 0, 0, TRB_TYPE_SET(TRB_NORMAL) | TRB_EVENT);
    list_add_tail(&transfer->link, &endpoint->transfers);
    xhci_ring_release(&endpoint->ring, transfer->first_trb);
    return 0;
}

int xhci_submit(struct usb_transfer *transfer)
{
    struct xhci *xhci = to_xhci(transfer->udev->hcd);
    struct xhci_device *device = to_device(transfer->udev);
    unsigned int index = endpoint_index(transfer->ep);
    unsigned long flags;
    int error;

    if (!device)
        return -ENODEV;
    spin_lock_irqsave(&device->lock, flags);
    error = xhci->hcd.dead ? -ENODEV : transfer_put(&device->endpoints[index], transfer);
    spin_unlock_irqrestore(&device->lock, flags);
    if (!error)
        doorbell(xhci, device->slot, index);
    return error;
}

/* Whether index lies in [first, last] on the ring. */
static bool chain_has(const struct usb_transfer *t, u16 index)
{
    if (t->first_trb <= t->last_trb)
        return index >= t->first_trb && index <= t->last_trb;
    return index >= t->first_trb || index <= t->last_trb;
}

static struct usb_transfer *transfer_find(struct xhci_endpoint *endpoint, u16 index)
{
    struct usb_transfer *transfer;

    list_for_each_entry (transfer, &endpoint->transfers, link)
        if (chain_has(transfer, index))
            return transfer;
    return NULL;
}

/* Bytes in the data TRBs before @index, and in it less the residue. */
static u32 bytes_until(const struct xhci_ring *ring, const struct usb_transfer *t, u16 index,
                       u32 residue)
{
    u32 bytes = 0, len;
    u16 at = t->ep->type == USB_XFER_CONTROL ? t->data_trb : t->first_trb;

    for (unsigned int i = 0; at != index && i < RING_TRBS; i++, at = xhci_ring_next(at))
        bytes += ring->trbs[at].status & 0x1ffff;
    len = ring->trbs[index].status & 0x1ffff;
    bytes += len > residue ? len - residue : 0;
    return min(bytes, t->length);
}

static int code_to_status(u32 code)
{
    switch (code) {
    case CODE_SUCCESS:
    case CODE_SHORT: return 0;
    case CODE_STALL: return -EPIPE;
    case CODE_TRANSACTION:
    case CODE_BABBLE:
    case CODE_BUFFER_ERROR: return -EPROTO;
    default: return -EIO;
    }
}

static bool code_halts(u32 code)
{
    return code == CODE_STALL || code == CODE_TRANSACTION || code == CODE_BABBLE;
}

/*
 * device->lock held. Whether the transfer is over by this event: the data stage of a control
 * transfer that came short is not its end.
 */
static bool event_ends(struct xhci_endpoint *endpoint, struct usb_transfer *t, u16 index, u32 code,
                       u32 residue)
{
    bool control = t->ep->type == USB_XFER_CONTROL;
    bool is_status = control && index == t->last_trb;
    bool is_setup = control && index == t->first_trb;

    if (!is_status && !is_setup)
        t->actual = bytes_until(&endpoint->ring, t, index, residue);
    if (control && !is_status && (code == CODE_SHORT || code == CODE_SUCCESS)) {
        t->data_short = true;
        return false;
    }
    if (is_status && code == CODE_SUCCESS && !t->data_short)
        t->actual = t->length;
    return true;
}

/* device->lock held. Takes it off the list, and its TRBs off the ring if they are the first. */
static void transfer_retire(struct xhci_endpoint *endpoint, struct usb_transfer *transfer)
{
    list_del_init(&transfer->link);
    if (list_empty(&endpoint->transfers))
        endpoint->ring.dequeue = endpoint->ring.enqueue;
    else
        endpoint->ring.dequeue =
            list_first_entry(&endpoint->transfers, struct usb_transfer, link)->first_trb;
}

static struct usb_transfer *event_apply(struct xhci_device *device, const struct trb *event,
                                        int *status)
{
    struct xhci_endpoint *endpoint = &device->endpoints[TRB_EP(event->control)];
    u32 code = TRB_CODE(event->status);
    struct usb_transfer *transfer;
    int index;

    if (!endpoint->ring.trbs || code == CODE_STOPPED || code == CODE_STOPPED_LENGTH ||
        code == CODE_STOPPED_SHORT || code == CODE_RING_UNDERRUN || code == CODE_RING_OVERRUN)
        return NULL;
    index = xhci_ring_trb_index(&endpoint->ring, event->parameter);
    transfer = index >= 0 ? transfer_find(endpoint, index) : NULL;
    if (!transfer)
        return NULL;
    if (code_halts(code))
        endpoint->halted = true;
    if (!event_ends(endpoint, transfer, index, code, TRB_RESIDUE(event->status)))
        return NULL;
    transfer_retire(endpoint, transfer);
    *status = code_to_status(code);
    return transfer;
}

void xhci_transfer_event(struct xhci *xhci, const struct trb *event)
{
    u8 slot = TRB_SLOT(event->control);
    struct usb_transfer *transfer = NULL;
    struct xhci_device *device;
    unsigned long flags;
    int status = 0;

    if (slot == 0 || slot > xhci->max_slots || TRB_EP(event->control) == 0)
        return;
    /* device_lock keeps the device from being freed meanwhile. */
    spin_lock_irqsave(&xhci->device_lock, flags);
    device = xhci->devices[slot];
    if (device) {
        spin_lock(&device->lock);
        transfer = event_apply(device, event, &status);
        spin_unlock(&device->lock);
    }
    spin_unlock_irqrestore(&xhci->device_lock, flags);
    if (transfer)
        usb_transfer_done(transfer, status);
}

static struct usb_transfer *first_transfer(struct xhci_device *device)
{
    for (unsigned int i = 1; i < NR_CONTEXTS; i++) {
        struct xhci_endpoint *endpoint = &device->endpoints[i];

        if (!list_empty(&endpoint->transfers))
            return list_first_entry(&endpoint->transfers, struct usb_transfer, link);
    }
    return NULL;
}

void xhci_device_fail_all(struct xhci_device *device, int status)
{
    struct usb_transfer *transfer;
    unsigned long flags;

    do {
        spin_lock_irqsave(&device->lock, flags);
        transfer = first_transfer(device);
        if (transfer)
            list_del_init(&transfer->link);
        spin_unlock_irqrestore(&device->lock, flags);
        if (transfer)
            usb_transfer_done(transfer, status);
    } while (transfer);
}

static int endpoint_command(struct xhci *xhci, struct xhci_device *device, unsigned int index,
                            enum trb_type type, u64 parameter)
{
    int error;

    mutex_lock(&xhci->command_lock);
    error = xhci_command(xhci, parameter, 0,
                         TRB_TYPE_SET(type) | TRB_EP_SET(index) | TRB_SLOT_SET(device->slot), NULL);
    mutex_unlock(&xhci->command_lock);
    return error;
}

/* The controller goes on at the first transfer that is left, or where the next one will be. */
static int dequeue_move(struct xhci *xhci, struct xhci_device *device, unsigned int index)
{
    struct xhci_endpoint *endpoint = &device->endpoints[index];
    struct xhci_ring *ring = &endpoint->ring;
    u64 address;
    u16 at;

    spin_lock_irq(&device->lock);
    at = list_empty(&endpoint->transfers)
             ? ring->enqueue
             : list_first_entry(&endpoint->transfers, struct usb_transfer, link)->first_trb;
    ring->dequeue = at;
    address = xhci_ring_trb_address(ring, at) | xhci_ring_cycle_at(ring, at);
    spin_unlock_irq(&device->lock);
    return endpoint_command(xhci, device, index, TRB_SET_DEQUEUE, address);
}

static bool still_listed(struct xhci_endpoint *endpoint, const struct usb_transfer *transfer)
{
    struct usb_transfer *t;

    list_for_each_entry (t, &endpoint->transfers, link)
        if (t == transfer)
            return true;
    return false;
}

void xhci_cancel(struct usb_transfer *transfer)
{
    struct xhci *xhci = to_xhci(transfer->udev->hcd);
    struct xhci_device *device = to_device(transfer->udev);
    unsigned int index = endpoint_index(transfer->ep);
    struct xhci_endpoint *endpoint;
    bool mine, first;

    if (!device)
        return;
    endpoint = &device->endpoints[index];
    mutex_lock(&device->cancel_lock);
    endpoint_command(xhci, device, index, TRB_STOP_ENDPOINT, 0);
    spin_lock_irq(&device->lock);
    mine = still_listed(endpoint, transfer);
    first = mine && list_is_first(&transfer->link, &endpoint->transfers);
    if (mine && !first)
        xhci_ring_void(&endpoint->ring, transfer->first_trb, transfer->last_trb);
    if (mine)
        transfer_retire(endpoint, transfer);
    spin_unlock_irq(&device->lock);
    /* One in front of it goes on where it was stopped. */
    if (first)
        dequeue_move(xhci, device, index);
    doorbell(xhci, device->slot, index);
    mutex_unlock(&device->cancel_lock);
    if (mine)
        usb_transfer_done(transfer, -ECONNRESET);
}

int xhci_endpoint_reset(struct usb_device *udev, const struct usb_endpoint *ep)
{
    struct xhci *xhci = to_xhci(udev->hcd);
    struct xhci_device *device = to_device(udev);
    unsigned int index = endpoint_index(ep);
    bool halted;
    int error;

    if (!device)
        return -ENODEV;
    mutex_lock(&device->cancel_lock);
    spin_lock_irq(&device->lock);
    halted = device->endpoints[index].halted;
    spin_unlock_irq(&device->lock);
    /* A halt of the device's alone leaves the endpoint running: it is stopped to be moved. */
    error =
        endpoint_command(xhci, device, index, halted ? TRB_RESET_ENDPOINT : TRB_STOP_ENDPOINT, 0);
    if (!error || error == -EINVAL)
        error = dequeue_move(xhci, device, index);
    spin_lock_irq(&device->lock);
    if (!error)
        device->endpoints[index].halted = false;
    spin_unlock_irq(&device->lock);
    doorbell(xhci, device->slot, index);
    mutex_unlock(&device->cancel_lock);
    return error;
}
