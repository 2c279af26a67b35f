// SPDX-License-Identifier: MIT
/*
 * Reading configurations. A configuration is a chain of descriptors, each beginning with its
 * length: a length of less than two, or beyond the end, ends the walk and refuses the whole, since
 * nothing after it can be trusted. Only alternate setting 0 of each interface is used; endpoints
 * that cannot be (number 0, packet sizes that the speed does not have) refuse the configuration.
 * Pure: also compiled for the host. Specification: USB 2.0, 9.6; USB 3.2, 9.6.7.
 */
#include "usb_internal.h"

#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>
#include <kernel/lib/utf.h>

#define PACKET_SIZE 0x07ff

static u16 packet_max(enum usb_speed speed, u8 type)
{
    switch (speed) {
    case USB_SPEED_LOW: return 8;
    case USB_SPEED_FULL: return type == USB_XFER_ISOC ? 1023 : 64;
    case USB_SPEED_HIGH: return type == USB_XFER_BULK ? 512 : 1024;
    default: return 1024;
    }
}

static int endpoint_parse(const u8 *d, enum usb_speed speed, struct usb_endpoint *ep)
{
    u16 packet = get_unaligned_le16(d + 4);

    memset(ep, 0, sizeof(*ep));
    ep->address = d[2] & (USB_DIR_IN | USB_ENDPOINT_NUMBER);
    ep->type = d[3] & 3;
    ep->interval = d[6];
    ep->max_packet = packet & PACKET_SIZE;
    if (!(ep->address & USB_ENDPOINT_NUMBER) || ep->type == USB_XFER_CONTROL)
        return -EINVAL;
    if (!ep->max_packet && ep->type != USB_XFER_ISOC)
        return -EINVAL;
    /* Devices are known that say 64 at high speed, or 512 at full speed: what is too much is cut.
     */
    ep->max_packet = min(ep->max_packet, packet_max(speed, ep->type));
    if (speed == USB_SPEED_HIGH && ep->type != USB_XFER_BULK)
        ep->extra_packets = min((packet >> 11) & 3, 2);
    return 0;
}

/* What has been gathered of the interface the walk is in. */
struct walk {
    struct usb_parsed_interface interface;
    bool inside;   /* an interface has begun, its alternate setting is 0 */
    u16 seen;      /* bit per interface number */
    u32 endpoints; /* bit per endpoint address of the whole configuration */
};

static int interface_end(struct walk *w, u16 offset,
                         int (*fn)(const struct usb_parsed_interface *parsed, void *arg), void *arg)
{
    if (!w->inside)
        return 0;
    w->inside = false;
    w->interface.extra_size = offset - w->interface.extra_offset;
    return fn(&w->interface, arg);
}

static int interface_begin(struct walk *w, const u8 *d, u16 offset)
{
    if (d[0] < sizeof(struct usb_interface_descriptor) || d[2] >= USB_MAX_INTERFACES)
        return -EINVAL;
    if (d[3] != 0 || (w->seen & (1U << d[2])))
        return 0;
    memset(&w->interface, 0, sizeof(w->interface));
    memcpy(&w->interface.descriptor, d, sizeof(w->interface.descriptor));
    w->interface.extra_offset = offset + d[0];
    w->seen |= 1U << d[2];
    w->inside = true;
    return 0;
}

static int endpoint_add(struct walk *w, const u8 *d, enum usb_speed speed)
{
    struct usb_endpoint ep;
    u32 bit;

    if (!w->inside)
        return 0;
    if (d[0] < sizeof(struct usb_endpoint_descriptor) || endpoint_parse(d, speed, &ep) != 0)
        return -EINVAL;
    bit = 1U << ((ep.address & USB_ENDPOINT_NUMBER) + (usb_endpoint_is_in(&ep) ? 16 : 0));
    if ((w->endpoints & bit) || w->interface.nr_endpoints == USB_MAX_ENDPOINTS)
        return -EINVAL;
    w->endpoints |= bit;
    w->interface.endpoints[w->interface.nr_endpoints++] = ep;
    return 0;
}

static void companion_add(struct walk *w, const u8 *d)
{
    if (w->inside && w->interface.nr_endpoints && d[0] >= 6)
        w->interface.endpoints[w->interface.nr_endpoints - 1].max_burst = min(d[2], (u8)15);
}

int usb_config_parse(const u8 *config, u16 size, enum usb_speed speed,
                     int (*fn)(const struct usb_parsed_interface *parsed, void *arg), void *arg)
{
    struct walk w = {};
    u16 offset = 0;
    int error = 0;

    if (size < sizeof(struct usb_config_descriptor) || config[1] != USB_DT_CONFIG ||
        config[0] < sizeof(struct usb_config_descriptor))
        return -EINVAL;
    while (!error && offset + 2 <= size) {
        const u8 *d = config + offset;

        if (d[0] < 2 || d[0] > size - offset)
            return -EINVAL;
        if (d[1] == USB_DT_INTERFACE) {
            error = interface_end(&w, offset, fn, arg);
            if (!error)
                error = interface_begin(&w, d, offset);
        } else if (d[1] == USB_DT_ENDPOINT) {
            error = endpoint_add(&w, d, speed);
        } else if (d[1] == USB_DT_COMPANION) {
            companion_add(&w, d);
        }
        offset += d[0];
    }
    return error ?: interface_end(&w, offset, fn, arg);
}

void usb_string_convert(const u8 *descriptor, u16 size, char *text, size_t text_size)
{
    u16 units[126];
    size_t nr = 0;
    ssize_t len;

    text[0] = '\0';
    if (size < 2 || descriptor[1] != USB_DT_STRING || descriptor[0] < 2)
        return;
    size = min(size, (u16)descriptor[0]);
    for (u16 i = 2; i + 2 <= size && nr < sizeof(units) / sizeof(units[0]); i += 2)
        units[nr++] = get_unaligned_le16(descriptor + i);
    /* As much as fits, in whole characters. */
    do {
        len = utf16_to_utf8(units, nr, text, text_size - 1);
    } while (len < 0 && nr--);
    text[len > 0 ? len : 0] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = '?';
}
