/* SPDX-License-Identifier: MIT */
/*
 * USB devices, their drivers, and the controllers behind them (USB 2.0 and 3.2).
 *
 * A driver binds to an interface (struct usb_interface) by class or by ids. It talks through
 * transfers: usb_control() and usb_bulk() wait, usb_submit() does not. Descriptors have been
 * checked before a driver sees the device: lengths, that endpoints are of the interface, packet
 * sizes. Devices come and go at any time: after remove returns the driver may not touch it, and
 * until then everything it asks for fails with -ENODEV once the device is gone.
 *
 * Locking: enumeration and removal run in one thread per controller.
 */
#ifndef DRIVERS_USB_H
#define DRIVERS_USB_H

#include <kernel/base/initcall.h>
#include <kernel/dev/device.h>
#include <kernel/lib/list.h>
#include <kernel/mm/dma.h>

struct usb_device;
struct usb_hcd;
struct usb_hub;
struct usb_interface;
struct usb_transfer;

enum usb_speed {
    USB_SPEED_UNKNOWN,
    USB_SPEED_FULL,
    USB_SPEED_LOW,
    USB_SPEED_HIGH,
    USB_SPEED_SUPER,
    USB_SPEED_SUPER_PLUS
};

/* Descriptors, as they come (USB 2.0, 9.6). */
#define USB_DT_DEVICE     1
#define USB_DT_CONFIG     2
#define USB_DT_STRING     3
#define USB_DT_INTERFACE  4
#define USB_DT_ENDPOINT   5
#define USB_DT_HID        0x21
#define USB_DT_HID_REPORT 0x22
#define USB_DT_HUB        0x29
#define USB_DT_HUB_SUPER  0x2a
#define USB_DT_COMPANION  0x30

struct usb_device_descriptor {
    u8 bLength, bDescriptorType;
    u16 bcdUSB;
    u8 bDeviceClass, bDeviceSubClass, bDeviceProtocol, bMaxPacketSize0;
    u16 idVendor, idProduct, bcdDevice;
    u8 iManufacturer, iProduct, iSerialNumber, bNumConfigurations;
} __packed;
static_assert(sizeof(struct usb_device_descriptor) == 18, "USB 2.0, table 9-8");

struct usb_config_descriptor {
    u8 bLength, bDescriptorType;
    u16 wTotalLength;
    u8 bNumInterfaces, bConfigurationValue, iConfiguration, bmAttributes, bMaxPower;
} __packed;

struct usb_interface_descriptor {
    u8 bLength, bDescriptorType, bInterfaceNumber, bAlternateSetting, bNumEndpoints;
    u8 bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol, iInterface;
} __packed;

struct usb_endpoint_descriptor {
    u8 bLength, bDescriptorType, bEndpointAddress, bmAttributes;
    u16 wMaxPacketSize;
    u8 bInterval;
} __packed;

#define USB_DIR_IN          0x80
#define USB_ENDPOINT_NUMBER 0x0f
#define USB_XFER_CONTROL    0
#define USB_XFER_ISOC       1
#define USB_XFER_BULK       2
#define USB_XFER_INTERRUPT  3

#define USB_CLASS_HID     0x03
#define USB_CLASS_STORAGE 0x08
#define USB_CLASS_HUB     0x09

/* Requests (USB 2.0, 9.4) and request types. */
#define USB_REQ_GET_STATUS        0
#define USB_REQ_CLEAR_FEATURE     1
#define USB_REQ_SET_FEATURE       3
#define USB_REQ_GET_DESCRIPTOR    6
#define USB_REQ_SET_CONFIGURATION 9
#define USB_REQ_SET_INTERFACE     11
#define USB_TYPE_STANDARD         0x00
#define USB_TYPE_CLASS            0x20
#define USB_RECIP_DEVICE          0x00
#define USB_RECIP_INTERFACE       0x01
#define USB_RECIP_ENDPOINT        0x02
#define USB_RECIP_OTHER           0x03
#define USB_FEATURE_HALT          0

struct usb_setup {
    u8 bmRequestType, bRequest;
    u16 wValue, wIndex, wLength;
} __packed;
static_assert(sizeof(struct usb_setup) == 8, "USB 2.0, table 9-2");

#define USB_MAX_ENDPOINTS  16 /* of an interface */
#define USB_MAX_INTERFACES 16
#define USB_MAX_PORTS      31

struct usb_endpoint {
    u8 address;       /* number, and USB_DIR_IN */
    u8 type;          /* USB_XFER_* */
    u8 interval;      /* as in the descriptor */
    u8 max_burst;     /* packets less one (companion descriptor) */
    u16 max_packet;   /* bytes */
    u8 extra_packets; /* high-speed interrupt: transactions more a microframe */
};

static inline bool usb_endpoint_is_in(const struct usb_endpoint *ep)
{
    return ep->address & USB_DIR_IN;
}

struct usb_interface {
    struct device dev; /* 1-2:1.0 */
    struct usb_device *udev;
    struct usb_interface_descriptor descriptor; /* of alternate setting 0 */
    unsigned int nr_endpoints;
    struct usb_endpoint endpoints[USB_MAX_ENDPOINTS];
    const u8 *extra; /* descriptors of class and vendor, inside the configuration */
    u16 extra_size;
    void *private; /* the driver's */
};

static inline struct usb_interface *to_usb_interface(const struct device *dev)
{
    return (struct usb_interface *)((char *)dev - offsetof(struct usb_interface, dev));
}

struct usb_device {
    struct device dev; /* 1-2.3 */
    struct usb_hcd *hcd;
    struct usb_device *parent; /* the hub; NULL for a root hub */
    unsigned int port;         /* of the hub, from 1 */
    unsigned int level;        /* hubs between it and the root hub */
    u32 route;                 /* xHCI's route string: four bits a level */
    enum usb_speed speed;
    u8 number; /* device number on the bus, for programs */
    bool gone; /* unplugged: everything fails from now on */
    struct usb_device_descriptor descriptor;
    u8 *config; /* the configuration descriptor with all that belongs to it */
    u16 config_size;
    u8 config_value;
    char manufacturer[64], product[64], serial[64]; /* UTF-8 */
    struct usb_endpoint ep0;
    unsigned int nr_interfaces;
    struct usb_interface *interfaces[USB_MAX_INTERFACES];
    struct usb_hub *hub; /* if it is one */
    void *hcd_private;
};

static inline struct usb_device *to_usb_device(const struct device *dev)
{
    return (struct usb_device *)((char *)dev - offsetof(struct usb_device, dev));
}

/* A row of a driver's table; flags say what counts. Ends with flags 0. */
#define USB_MATCH_CLASS    0x1
#define USB_MATCH_SUBCLASS 0x2
#define USB_MATCH_PROTOCOL 0x4
#define USB_MATCH_PRODUCT  0x8
struct usb_id {
    u8 flags, class, subclass, protocol;
    u16 vendor, product;
};

struct usb_driver {
    struct driver drv; /* name; the rest is filled by usb_driver_register() */
    const struct usb_id *ids;
    int (*probe)(struct usb_interface *interface);
    void (*remove)(struct usb_interface *interface);
};
int __must_check usb_driver_register(struct usb_driver *driver);
#define USB_DRIVER(driver)                     \
    static int __init driver##_register(void)  \
    {                                          \
        return usb_driver_register(&(driver)); \
    }                                          \
    initcall(INIT_DEVICE, driver##_register)

/* One run of memory of a transfer. */
struct usb_segment {
    dma_addr_t address;
    u32 len;
};

/*
 * A transfer under way. The submitter owns it again in complete(), which runs in any context, once.
 * status: 0 (actual may be less than asked for), -EPIPE (stall), -EPROTO (bus error), -ECONNRESET
 * (cancelled), -ENODEV, -EIO.
 */
struct usb_transfer {
    struct usb_device *udev;
    const struct usb_endpoint *ep;
    struct usb_setup setup; /* control only */
    const struct usb_segment *segments;
    unsigned int nr_segments;
    u32 length, actual;
    int status;
    void (*complete)(struct usb_transfer *transfer);
    void *context;
    /* The controller driver's. */
    struct list_head link;
    u16 first_trb, last_trb, data_trb;
    bool data_short; /* control: actual is known from the data stage */
};

/** usb_submit() - starts it. 0, -ENODEV, -ENOMEM (no room now), -EINVAL. Any context. */
int __must_check usb_submit(struct usb_transfer *transfer);
/** usb_cancel() - ends it; complete() has been called when this returns. May sleep. */
void usb_cancel(struct usb_transfer *transfer);

/**
 * usb_control() - a control transfer with @len bytes at @data (kmalloc'ed, below a page). Returns
 * bytes moved or -errno (-ETIMEDOUT). May sleep.
 */
int usb_control(struct usb_device *udev, u8 type, u8 request, u16 value, u16 index, void *data,
                u16 len, unsigned int timeout_ms);
/** usb_bulk() - the same for a bulk or interrupt endpoint, with @len up to 64 KiB. */
int usb_bulk(struct usb_device *udev, const struct usb_endpoint *ep, void *data, u32 len,
             unsigned int timeout_ms);
/** usb_clear_halt() - ends a stall. 0 or -errno. May sleep. */
int usb_clear_halt(struct usb_device *udev, const struct usb_endpoint *ep);
/** usb_find_endpoint() - the first of this type and direction (USB_DIR_IN or 0), or NULL. */
const struct usb_endpoint *usb_find_endpoint(const struct usb_interface *interface, u8 type,
                                             u8 direction);

/* --- for controller drivers --- */

struct usb_port_status {
    bool connected, enabled, reset_done;
    bool changed; /* connection changed since it was cleared */
    enum usb_speed speed;
};

struct usb_hcd_ops {
    /* Gives the device a slot and an address; ep0.max_packet is a guess by speed. */
    int (*device_enable)(struct usb_device *udev);
    void (*device_disable)(struct usb_device *udev);
    /* ep0.max_packet is now known. */
    int (*ep0_update)(struct usb_device *udev);
    /* It is a hub with so many ports. */
    int (*hub_update)(struct usb_device *udev, unsigned int nr_ports);
    /* Makes every endpoint of every interface usable. */
    int (*endpoints_configure)(struct usb_device *udev);
    /* Forgets what was on a halted endpoint. */
    int (*endpoint_reset)(struct usb_device *udev, const struct usb_endpoint *ep);
    int (*submit)(struct usb_transfer *transfer);
    void (*cancel)(struct usb_transfer *transfer);
    /* Root ports, from 1. */
    void (*port_status)(struct usb_hcd *hcd, unsigned int port, struct usb_port_status *status);
    int (*port_reset)(struct usb_hcd *hcd, unsigned int port); /* waits; 0 or -errno */
    void (*port_clear_change)(struct usb_hcd *hcd, unsigned int port);
};

struct usb_hcd {
    const struct usb_hcd_ops *ops;
    struct device *parent;
    unsigned int nr_ports;
    unsigned int bus_number; /* from 1 */
    bool dead;               /* the controller answers no more */
    struct usb_device *root;
    u64 numbers[2]; /* device numbers in use */
    struct workqueue *queue;
};

/** usb_hcd_add() - the controller runs: makes the root hub and looks for devices. 0 or -errno. */
int usb_hcd_add(struct usb_hcd *hcd);
/** usb_hcd_remove() - everything on it goes. Task context. */
void usb_hcd_remove(struct usb_hcd *hcd);
/** usb_hcd_port_event() - something changed on some root port. Any context. */
void usb_hcd_port_event(struct usb_hcd *hcd);
/** usb_transfer_done() - reports a transfer. Any context, no locks held. */
static inline void usb_transfer_done(struct usb_transfer *transfer, int status)
{
    transfer->status = status;
    transfer->complete(transfer);
}
#endif
