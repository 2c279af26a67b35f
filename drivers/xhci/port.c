// SPDX-License-Identifier: MIT
/* Root ports (xHCI 1.2, 4.19, 5.4.8). */
#include "xhci.h"

#include <kernel/err.h>
#include <kernel/time/clock.h>

#define RESET_MS 1000
#define POLL_MS  5

static u32 port_read(struct usb_hcd *hcd, unsigned int port)
{
    return op_read(to_xhci(hcd), OP_PORT(port));
}

/* Bits that a written one would change are left out, but for those asked for. */
static void port_write(struct usb_hcd *hcd, unsigned int port, u32 bits)
{
    op_write(to_xhci(hcd), OP_PORT(port), (port_read(hcd, port) & PORT_KEEP) | bits);
}

static enum usb_speed speed_of(u32 status)
{
    switch (PORT_SPEED(status)) {
    case 1: return USB_SPEED_FULL;
    case 2: return USB_SPEED_LOW;
    case 3: return USB_SPEED_HIGH;
    case 4: return USB_SPEED_SUPER;
    case 5: return USB_SPEED_SUPER_PLUS;
    default: return USB_SPEED_UNKNOWN;
    }
}

void xhci_port_status(struct usb_hcd *hcd, unsigned int port, struct usb_port_status *status)
{
    u32 value = port_read(hcd, port);

    *status = (struct usb_port_status){};
    if (value == ~0U)
        return;
    status->connected = value & PORT_CONNECTED;
    status->enabled = value & PORT_ENABLED;
    status->reset_done = value & PORT_C_RESET;
    status->changed = value & PORT_C_CONNECT;
    status->speed = speed_of(value);
}

void xhci_port_clear_change(struct usb_hcd *hcd, unsigned int port)
{
    u32 value = port_read(hcd, port);

    if (value != ~0U)
        port_write(hcd, port, value & PORT_CHANGES);
}

/* USB 3 links train by themselves; the others are enabled by a reset. */
int xhci_port_reset(struct usb_hcd *hcd, unsigned int port)
{
    u32 value = port_read(hcd, port);

    if (value == ~0U || !(value & PORT_CONNECTED))
        return -ENODEV;
    if ((value & PORT_ENABLED) && speed_of(value) >= USB_SPEED_SUPER)
        return 0;
    port_write(hcd, port, PORT_RESET);
    for (unsigned int ms = 0; ms < RESET_MS; ms += POLL_MS) {
        msleep(POLL_MS);
        value = port_read(hcd, port);
        if (value == ~0U || !(value & PORT_CONNECTED))
            return -ENODEV;
        if (!(value & PORT_RESET) && (value & (PORT_C_RESET | PORT_C_WARM))) {
            port_write(hcd, port, PORT_C_RESET | PORT_C_WARM);
            return value & PORT_ENABLED ? 0 : -EIO;
        }
    }
    return -ETIMEDOUT;
}
