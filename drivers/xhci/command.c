// SPDX-License-Identifier: MIT
/*
 * Commands to the controller: one at a time, waited for. One that does not end is aborted; if even
 * that does not help the controller is given up, and every transfer on it fails.
 * Specification: xHCI 1.2, 4.6.
 */
#include "xhci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/time/clock.h>

#define COMMAND_NS (5 * NSEC_PER_SEC)
#define ABORT_NS   NSEC_PER_SEC

void xhci_die(struct xhci *xhci, const char *why)
{
    unsigned long flags;

    if (__atomic_exchange_n(&xhci->hcd.dead, true, __ATOMIC_ACQ_REL))
        return;
    dev_err(&xhci->pdev->dev, "%s: the controller is taken out of service\n", why);
    op_write(xhci, OP_COMMAND, 0);
    /* Under device_lock a device is not freed; submitting has been refused since dead was set. */
    spin_lock_irqsave(&xhci->device_lock, flags);
    for (unsigned int slot = 1; slot <= xhci->max_slots; slot++)
        if (xhci->devices[slot])
            xhci_device_fail_all(xhci->devices[slot], -ENODEV);
    spin_unlock_irqrestore(&xhci->device_lock, flags);
}

static int code_to_errno(u32 code)
{
    switch (code) {
    case CODE_SUCCESS: return 0;
    case CODE_TRANSACTION: return -EPROTO;
    case CODE_STALL: return -EPIPE;
    case CODE_CONTEXT_STATE: return -EINVAL;
    case 7: return -ENOMEM; /* resources */
    case 8: return -ENOSPC; /* bandwidth */
    case 9: return -ENOSPC; /* slots */
    default: return -EIO;
    }
}

/* command_lock held. */
static int command_wait(struct xhci *xhci)
{
    u64 deadline = ktime_ns() + COMMAND_NS;

    if (wait_for_completion_until(&xhci->command_done, deadline) == 0)
        return 0;
    write_pair(xhci->op + OP_CRCR, CRCR_ABORT);
    if (wait_for_completion_until(&xhci->command_done, ktime_ns() + ABORT_NS) == 0)
        return 0;
    xhci_die(xhci, "a command does not end");
    return -ETIMEDOUT;
}

int xhci_command(struct xhci *xhci, u64 parameter, u32 status, u32 control, u8 *slot)
{
    u16 index;
    int error;

    if (xhci->hcd.dead)
        return -ENODEV;
    completion_init(&xhci->command_done);
    spin_lock_irq(&xhci->event_lock);
    index = xhci_ring_put(&xhci->command_ring, parameter, status, control, false);
    xhci->command_trb = xhci_ring_trb_address(&xhci->command_ring, index);
    spin_unlock_irq(&xhci->event_lock);
    doorbell(xhci, 0, 0);
    error = command_wait(xhci);
    spin_lock_irq(&xhci->event_lock);
    xhci->command_trb = 0;
    xhci->command_ring.dequeue = xhci->command_ring.enqueue;
    spin_unlock_irq(&xhci->event_lock);
    if (error)
        return error;
    if (slot)
        *slot = TRB_SLOT(xhci->command_control);
    return code_to_errno(TRB_CODE(xhci->command_status));
}

/* event_lock held. */
void xhci_command_event(struct xhci *xhci, const struct trb *event)
{
    if (!xhci->command_trb || event->parameter != xhci->command_trb)
        return;
    xhci->command_trb = 0;
    xhci->command_status = event->status;
    xhci->command_control = event->control;
    complete(&xhci->command_done);
}
