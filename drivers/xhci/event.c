// SPDX-License-Identifier: MIT
/*
 * The event ring: the controller writes, the driver reads (xHCI 1.2, 4.9.4). Events are copied out
 * under event_lock, and transfers completed without it. What an event points to is looked up, not
 * followed.
 */
#include "xhci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>

/* The next event, if there is one. */
static bool event_take(struct xhci *xhci, struct trb *event)
{
    volatile struct trb *next = &xhci->events[xhci->event_next];

    if ((next->control & TRB_CYCLE) != xhci->event_cycle)
        return false;
    rmb();
    event->parameter = next->parameter;
    event->status = next->status;
    event->control = next->control;
    if (++xhci->event_next == EVENT_TRBS) {
        xhci->event_next = 0;
        xhci->event_cycle ^= 1;
    }
    return true;
}

static void event_dequeue_write(struct xhci *xhci)
{
    u64 address = xhci->events_address + xhci->event_next * sizeof(struct trb);

    write_pair(xhci->runtime + IR_DEQUEUE, address | ERDP_BUSY);
}

static void event_handle(struct xhci *xhci, const struct trb *event)
{
    unsigned long flags;

    switch (TRB_TYPE(event->control)) {
    case TRB_EVENT_TRANSFER: xhci_transfer_event(xhci, event); return;
    case TRB_EVENT_COMMAND:
        spin_lock_irqsave(&xhci->event_lock, flags);
        xhci_command_event(xhci, event);
        spin_unlock_irqrestore(&xhci->event_lock, flags);
        return;
    case TRB_EVENT_PORT:
        if (xhci->hcd.root)
            usb_hcd_port_event(&xhci->hcd);
        return;
    default: return;
    }
}

/* At most a ring full: a controller that floods is served again by its next interrupt. */
static unsigned int events_handle(struct xhci *xhci)
{
    unsigned int n = 0;
    unsigned long flags;
    struct trb event;
    bool any;

    do {
        spin_lock_irqsave(&xhci->event_lock, flags);
        any = event_take(xhci, &event);
        if (!any && n)
            event_dequeue_write(xhci);
        spin_unlock_irqrestore(&xhci->event_lock, flags);
        if (any) {
            event_handle(xhci, &event);
            n++;
        }
    } while (any && n < EVENT_TRBS);
    if (n == EVENT_TRBS) {
        spin_lock_irqsave(&xhci->event_lock, flags);
        event_dequeue_write(xhci);
        spin_unlock_irqrestore(&xhci->event_lock, flags);
    }
    return n;
}

irq_return_t xhci_irq(unsigned int irq, void *dev)
{
    struct xhci *xhci = dev;
    u32 status = op_read(xhci, OP_STATUS);

    if (status == ~0U || !(status & (STATUS_EVENT | STATUS_FATAL | STATUS_ERROR)))
        return IRQ_NONE;
    op_write(xhci, OP_STATUS, STATUS_EVENT);
    mmio_write32(xhci->runtime + IR_MANAGEMENT,
                 mmio_read32(xhci->runtime + IR_MANAGEMENT) | IMAN_PENDING);
    if (status & (STATUS_FATAL | STATUS_ERROR)) {
        xhci_die(xhci, "host error");
        return IRQ_HANDLED;
    }
    events_handle(xhci);
    return IRQ_HANDLED;
}
