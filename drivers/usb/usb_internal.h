/* SPDX-License-Identifier: MIT */
/* What the files of the USB core share. */
#ifndef DRIVERS_USB_INTERNAL_H
#define DRIVERS_USB_INTERNAL_H

#include <usb/usb.h>

#include <kernel/irq/workqueue.h>

#define USB_TIMEOUT_MS 5000
#define USB_MAX_LEVEL  6 /* tiers of hubs (USB 2.0, 4.1.1) */

/* A hub's ports: the root hub's through the controller, others through requests. */
struct usb_hub {
    struct usb_device *udev;
    unsigned int nr_ports;
    struct usb_device *children[USB_MAX_PORTS + 1]; /* by port; the bus's work queue alone */
    u8 failures[USB_MAX_PORTS + 1]; /* attempts that failed, until it is unplugged */
    struct work event_work;         /* looks at all ports */
    /* External hubs. */
    struct usb_interface *interface;
    struct usb_transfer status_transfer;
    struct usb_segment status_segment;
    u8 *status_data;
    bool stopping;
};

extern struct bus usb_bus_type;
extern const struct attribute_group *const usb_device_groups[];
extern const struct attribute_group *const usb_interface_groups[];

/* descriptor.c: pure */
/** usb_config_parse() - checks a configuration and calls @fn for each interface (alternate 0). */
struct usb_parsed_interface {
    struct usb_interface_descriptor descriptor;
    unsigned int nr_endpoints;
    struct usb_endpoint endpoints[USB_MAX_ENDPOINTS];
    u16 extra_offset, extra_size;
};
int usb_config_parse(const u8 *config, u16 size, enum usb_speed speed,
                     int (*fn)(const struct usb_parsed_interface *parsed, void *arg), void *arg);
/** usb_string_convert() - a string descriptor as UTF-8; "" when it is none. */
void usb_string_convert(const u8 *descriptor, u16 size, char *text, size_t text_size);

/* device.c: the bus's work queue */
struct usb_device *usb_device_create(struct usb_hub *hub, unsigned int port, enum usb_speed speed);
void usb_device_destroy(struct usb_device *udev);
int usb_device_number_take(struct usb_hcd *hcd);
void usb_device_number_release(struct usb_hcd *hcd, u8 number);

/* hub.c */
void usb_hub_init(struct usb_hub *hub, struct usb_device *udev, unsigned int nr_ports);
void usb_hub_disconnect(struct usb_hub *hub); /* everything behind it goes */
#endif
