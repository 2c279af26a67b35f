/* SPDX-License-Identifier: MIT */
/* xHCI: registers, structures in memory, and what the driver's files share (xHCI 1.2). */
#ifndef DRIVERS_XHCI_H
#define DRIVERS_XHCI_H

#include <usb/usb.h>

#include <kernel/arch/io.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/spinlock.h>

#include <pci/pci.h>

/* Capability registers (5.3). */
#define CAP_LENGTH       0x00
#define CAP_HCS1         0x04
#define CAP_HCS2         0x08
#define CAP_HCC1         0x10
#define CAP_DOORBELL     0x14
#define CAP_RUNTIME      0x18
#define HCS1_SLOTS(v)    ((v)&0xff)
#define HCS1_PORTS(v)    ((v) >> 24)
#define HCS2_SCRATCH(v)  (((v) >> 16 & 0x3e0) | ((v) >> 27 & 0x1f))
#define HCC1_64BIT       0x1
#define HCC1_CONTEXT_64  0x4
#define HCC1_EXTENDED(v) ((v) >> 16)

/* Operational registers (5.4). */
#define OP_COMMAND       0x00
#define OP_STATUS        0x04
#define OP_PAGE_SIZE     0x08
#define OP_NOTIFICATION  0x14
#define OP_CRCR          0x18
#define OP_DCBAAP        0x30
#define OP_CONFIG        0x38
#define OP_PORT(n)       (0x400 + 0x10 * ((n)-1))
#define COMMAND_RUN      0x1
#define COMMAND_RESET    0x2
#define COMMAND_IRQ      0x4
#define STATUS_HALTED    0x1
#define STATUS_FATAL     0x4
#define STATUS_EVENT     0x8
#define STATUS_NOT_READY 0x800
#define STATUS_ERROR     0x1000
#define CRCR_ABORT       0x4

/* PORTSC (5.4.8). */
#define PORT_CONNECTED  0x1
#define PORT_ENABLED    0x2
#define PORT_RESET      0x10
#define PORT_POWER      0x200
#define PORT_SPEED(v)   ((v) >> 10 & 0xf)
#define PORT_C_CONNECT  0x20000
#define PORT_C_ENABLE   0x40000
#define PORT_C_WARM     0x80000
#define PORT_C_CURRENT  0x100000
#define PORT_C_RESET    0x200000
#define PORT_C_LINK     0x400000
#define PORT_C_CONFIG   0x800000
#define PORT_CHANGES    0xfe0000
#define PORT_WARM_RESET 0x80000000
#define PORT_KEEP       0x0e00c200 /* power, indicators, wake: written back as they are */

/* Runtime registers of interrupter 0 (5.5.2), from the runtime base. */
#define IR_MANAGEMENT 0x20
#define IR_MODERATION 0x24
#define IR_ERST_SIZE  0x28
#define IR_ERST       0x30
#define IR_DEQUEUE    0x38
#define IMAN_PENDING  0x1
#define IMAN_ENABLE   0x2
#define ERDP_BUSY     0x8

/* Extended capabilities (7). */
#define XCAP_LEGACY   1
#define XCAP_PROTOCOL 2

struct trb {
    u64 parameter;
    u32 status, control;
};
static_assert(sizeof(struct trb) == 16, "xHCI 1.2, 4.11.1");

enum trb_type {
    TRB_NORMAL = 1,
    TRB_SETUP = 2,
    TRB_DATA = 3,
    TRB_STATUS = 4,
    TRB_LINK = 6,
    TRB_NOOP = 8,
    TRB_ENABLE_SLOT = 9,
    TRB_DISABLE_SLOT = 10,
    TRB_ADDRESS_DEVICE = 11,
    TRB_CONFIGURE = 12,
    TRB_EVALUATE = 13,
    TRB_RESET_ENDPOINT = 14,
    TRB_STOP_ENDPOINT = 15,
    TRB_SET_DEQUEUE = 16,
    TRB_EVENT_TRANSFER = 32,
    TRB_EVENT_COMMAND = 33,
    TRB_EVENT_PORT = 34,
};
#define TRB_TYPE(control)   ((control) >> 10 & 0x3f)
#define TRB_TYPE_SET(type)  ((u32)(type) << 10)
#define TRB_CYCLE           0x1
#define TRB_LINK_TOGGLE     0x2
#define TRB_SHORT_EVENT     0x4
#define TRB_CHAIN           0x10
#define TRB_EVENT           0x20 /* interrupt on completion */
#define TRB_IMMEDIATE       0x40
#define TRB_DIR_IN          0x10000
#define TRB_SETUP_OUT       (2U << 16)
#define TRB_SETUP_IN        (3U << 16)
#define TRB_SLOT(control)   ((control) >> 24)
#define TRB_SLOT_SET(slot)  ((u32)(slot) << 24)
#define TRB_EP(control)     ((control) >> 16 & 0x1f)
#define TRB_EP_SET(ep)      ((u32)(ep) << 16)
#define TRB_CODE(status)    ((status) >> 24)
#define TRB_RESIDUE(status) ((status)&0xffffff)
#define TRB_LENGTH_MAX      0x10000

enum completion_code {
    CODE_SUCCESS = 1,
    CODE_BUFFER_ERROR = 2,
    CODE_BABBLE = 3,
    CODE_TRANSACTION = 4,
    CODE_STALL = 6,
    CODE_SHORT = 13,
    CODE_RING_UNDERRUN = 14,
    CODE_RING_OVERRUN = 15,
    CODE_CONTEXT_STATE = 19,
    CODE_STOPPED = 26,
    CODE_STOPPED_LENGTH = 27,
    CODE_STOPPED_SHORT = 28,
};

#define RING_TRBS   256 /* a page; the last is the link back */
#define EVENT_TRBS  256
#define NR_CONTEXTS 32 /* slot, and 31 endpoints */
#define SCRATCH_MAX 1024

/* A ring that the driver fills. Owner's lock over everything. */
struct xhci_ring {
    struct trb *trbs;
    dma_addr_t address;
    u16 enqueue;
    u16 dequeue; /* the first that is not known to be done */
    u8 cycle;
};

struct xhci_endpoint {
    struct xhci_ring ring;
    struct list_head transfers; /* in order, by usb_transfer.link; device->lock */
    bool configured;
    bool halted; /* by an error: nothing runs until it is reset; device->lock */
};

/* usb_device.hcd_private */
struct xhci_device {
    struct usb_device *udev;
    u8 slot;
    spinlock_t lock; /* rings and lists of transfers */
    u8 *output;      /* device context, the controller's */
    dma_addr_t output_address;
    struct xhci_endpoint endpoints[NR_CONTEXTS]; /* by device context index; 0 unused */
    struct mutex cancel_lock;                    /* one endpoint is stopped or reset at a time */
};

struct xhci {
    struct usb_hcd hcd;
    struct pci_dev *pdev;
    u8 __iomem *cap, *op, *runtime, *doorbells;
    size_t regs_size;
    unsigned int context_size; /* 32 or 64 */
    unsigned int max_slots;
    u64 *dcbaa; /* device contexts by slot */
    dma_addr_t dcbaa_address;
    u64 *scratch; /* array of pages for the controller; their memory */
    dma_addr_t scratch_address;
    void **scratch_pages;
    unsigned int nr_scratch;
    struct xhci_device **devices; /* by slot; device_lock */
    spinlock_t device_lock;

    struct mutex command_lock; /* one command at a time */
    struct xhci_ring command_ring;
    dma_addr_t command_trb; /* address of the one that is waited for, 0: none; event_lock */
    struct completion command_done;
    u32 command_status, command_control;
    u8 *input; /* input context; command_lock */
    dma_addr_t input_address;

    spinlock_t event_lock;
    struct trb *events;
    dma_addr_t events_address;
    u64 *event_table; /* segment table: one entry */
    dma_addr_t event_table_address;
    u16 event_next;
    u8 event_cycle;
};

static inline struct xhci *to_xhci(struct usb_hcd *hcd)
{
    return container_of(hcd, struct xhci, hcd);
}

static inline u32 op_read(const struct xhci *xhci, u32 offset)
{
    return mmio_read32(xhci->op + offset);
}

static inline void op_write(struct xhci *xhci, u32 offset, u32 value)
{
    mmio_write32(xhci->op + offset, value);
}

/* In two halves: not every controller takes 64 bits at once. */
static inline void write_pair(u8 __iomem *at, u64 value)
{
    mmio_write32(at, value);
    mmio_write32(at + 4, value >> 32);
}

static inline void doorbell(struct xhci *xhci, u8 slot, u8 target)
{
    wmb();
    mmio_write32(xhci->doorbells + 4UL * slot, target);
}

/* Device context index of an endpoint (4.5.1). */
static inline unsigned int endpoint_index(const struct usb_endpoint *ep)
{
    if (ep->type == USB_XFER_CONTROL)
        return 1;
    return (ep->address & USB_ENDPOINT_NUMBER) * 2 + (usb_endpoint_is_in(ep) ? 1 : 0);
}

/* ring.c: pure but for allocation */
int xhci_ring_alloc(struct device *dev, struct xhci_ring *ring);
void xhci_ring_free(struct device *dev, struct xhci_ring *ring);
void xhci_ring_clear(struct xhci_ring *ring);
unsigned int xhci_ring_room(const struct xhci_ring *ring);
/* Writes a TRB, its cycle bit set last unless @hold: then it stays invisible. Its index. */
u16 xhci_ring_put(struct xhci_ring *ring, u64 parameter, u32 status, u32 control, bool hold);
/* Makes a held TRB visible. */
void xhci_ring_release(struct xhci_ring *ring, u16 index);
dma_addr_t xhci_ring_trb_address(const struct xhci_ring *ring, u16 index);
/* The index of the TRB at a bus address, or -EINVAL: not on this ring. */
int xhci_ring_trb_index(const struct xhci_ring *ring, u64 address);
/* The one behind, past the link. */
u16 xhci_ring_next(u16 index);
/* Turns a chain into nothing. The endpoint is stopped. */
void xhci_ring_void(struct xhci_ring *ring, u16 first, u16 last);
/* The cycle bit that a TRB put at this index now would have. */
u8 xhci_ring_cycle_at(const struct xhci_ring *ring, u16 index);

/* command.c: 0, or -errno */
int xhci_command(struct xhci *xhci, u64 parameter, u32 status, u32 control, u8 *slot);
void xhci_command_event(struct xhci *xhci, const struct trb *event);
void xhci_die(struct xhci *xhci, const char *why);

/* device.c */
int xhci_device_enable(struct usb_device *udev);
void xhci_device_disable(struct usb_device *udev);
int xhci_ep0_update(struct usb_device *udev);
int xhci_hub_update(struct usb_device *udev, unsigned int nr_ports);
int xhci_endpoints_configure(struct usb_device *udev);

/* transfer.c */
int xhci_submit(struct usb_transfer *transfer);
void xhci_cancel(struct usb_transfer *transfer);
int xhci_endpoint_reset(struct usb_device *udev, const struct usb_endpoint *ep);
void xhci_transfer_event(struct xhci *xhci, const struct trb *event);
void xhci_device_fail_all(struct xhci_device *device, int status);

/* port.c */
void xhci_port_status(struct usb_hcd *hcd, unsigned int port, struct usb_port_status *status);
int xhci_port_reset(struct usb_hcd *hcd, unsigned int port);
void xhci_port_clear_change(struct usb_hcd *hcd, unsigned int port);

/* event.c */
irq_return_t xhci_irq(unsigned int irq, void *xhci);
#endif
