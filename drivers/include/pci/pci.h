/* SPDX-License-Identifier: MIT */
/*
 * PCI Express devices and their drivers.
 *
 * A driver is a struct pci_driver with a table of ids, registered with PCI_DRIVER(). Its probe
 * finds the device's BARs sized (and placed), its memory decoding and bus mastering off: it calls
 * pci_device_enable(), maps BARs with pci_bar_map() and asks for interrupt messages with
 * pci_vectors_alloc(). Everything the device says about itself has been checked against the
 * specification's bounds, but what its BARs contain is the driver's to check.
 * Task context, may sleep, unless said. Specification: PCI Express Base 5.0, PCI Local Bus 3.0.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <kernel/arch/io.h>
#include <kernel/arch/paging.h>
#include <kernel/base/initcall.h>
#include <kernel/dev/device.h>
#include <kernel/irq/irq.h>
#include <kernel/lib/list.h>

struct pci_bus;
struct pci_host;
struct pci_vector_state;

#define PCI_NR_BARS                 6
#define PCI_BAR_ROM                 6 /* index of the expansion ROM in pci_dev.bars */
#define PCI_ANY                     0xffff
#define PCI_DEVFN(device, function) ((u8)((device) << 3 | (function)))
#define PCI_SLOT(devfn)             ((devfn) >> 3)
#define PCI_FUNC(devfn)             ((devfn)&7)

/* Configuration space (PCI 3.0, 6.1; type 1: PCI-to-PCI Bridge 1.2, 3.2). */
#define PCI_VENDOR_ID              0x00
#define PCI_DEVICE_ID              0x02
#define PCI_COMMAND                0x04
#define PCI_COMMAND_IO             0x0001
#define PCI_COMMAND_MEMORY         0x0002
#define PCI_COMMAND_MASTER         0x0004
#define PCI_COMMAND_NO_INTX        0x0400
#define PCI_STATUS                 0x06
#define PCI_STATUS_CAP_LIST        0x0010
#define PCI_REVISION               0x08
#define PCI_CLASS                  0x09 /* three bytes: interface, subclass, class */
#define PCI_HEADER_TYPE            0x0e
#define PCI_HEADER_MULTI           0x80
#define PCI_HEADER_NORMAL          0
#define PCI_HEADER_BRIDGE          1
#define PCI_HEADER_CARDBUS         2
#define PCI_BAR0                   0x10
#define PCI_BRIDGE_PRIMARY         0x18
#define PCI_BRIDGE_SECONDARY       0x19
#define PCI_BRIDGE_SUBORDINATE     0x1a
#define PCI_BRIDGE_MEM_BASE        0x20
#define PCI_BRIDGE_MEM_LIMIT       0x22
#define PCI_BRIDGE_PREF_BASE       0x24
#define PCI_BRIDGE_PREF_LIMIT      0x26
#define PCI_BRIDGE_PREF_BASE_HIGH  0x28
#define PCI_BRIDGE_PREF_LIMIT_HIGH 0x2c
#define PCI_SUBSYSTEM_VENDOR       0x2c
#define PCI_SUBSYSTEM_DEVICE       0x2e
#define PCI_ROM                    0x30
#define PCI_BRIDGE_ROM             0x38
#define PCI_CAP_POINTER            0x34
#define PCI_INTERRUPT_LINE         0x3c
#define PCI_INTERRUPT_PIN          0x3d

#define PCI_CAP_PM     0x01
#define PCI_CAP_MSI    0x05
#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_PCIE   0x10
#define PCI_CAP_MSIX   0x11

#define PCI_CLASS_STORAGE_SATA_AHCI 0x010601
#define PCI_CLASS_STORAGE_NVME      0x010802
#define PCI_CLASS_BRIDGE_HOST       0x060000
#define PCI_CLASS_BRIDGE_PCI        0x060400
#define PCI_CLASS_SERIAL_XHCI       0x0c0330

/* pci_bar.flags */
#define PCI_BAR_IO       0x01
#define PCI_BAR_64BIT    0x02
#define PCI_BAR_PREFETCH 0x04
#define PCI_BAR_UNPLACED 0x08 /* has a size but no usable address */

struct pci_bar {
    u64 address, size; /* size 0: no such BAR */
    u32 flags;
};

struct pci_dev {
    struct device dev;
    struct pci_bus *bus;
    struct list_head bus_link; /* enumeration only */
    u8 devfn;
    u8 header_type; /* without PCI_HEADER_MULTI */
    u8 revision, interrupt_pin;
    u16 vendor, device, subsystem_vendor, subsystem_device;
    u32 class;          /* class << 16 | subclass << 8 | interface */
    u16 config_size;    /* 256 or 4096 */
    u8 msi, msix, pcie; /* offsets of the capabilities, 0: none */
    struct pci_bar bars[PCI_NR_BARS + 1];
    struct pci_bus *secondary;        /* bridges */
    struct pci_vector_state *vectors; /* between pci_vectors_alloc and _free */
    u8 enable_count;
};

static inline struct pci_dev *to_pci_dev(const struct device *dev)
{
    return (struct pci_dev *)((char *)dev - offsetof(struct pci_dev, dev));
}

/* A row of a driver's table: PCI_ANY matches all; class is compared under class_mask. */
struct pci_id {
    u16 vendor, device;
    u32 class, class_mask;
    unsigned long data;
};
#define PCI_ID_DEVICE(v, d)          \
    {                                \
        .vendor = (v), .device = (d) \
    }
#define PCI_ID_CLASS(c, mask)                                                    \
    {                                                                            \
        .vendor = PCI_ANY, .device = PCI_ANY, .class = (c), .class_mask = (mask) \
    }

struct pci_driver {
    struct driver drv;        /* name; the rest is filled by pci_driver_register() */
    const struct pci_id *ids; /* ends with a row of zeros */
    /* 0 takes the device; -ENODEV leaves it silently; other errors are logged. */
    int (*probe)(struct pci_dev *pdev, const struct pci_id *id);
    /* Also when the device was pulled: its registers may read all ones. */
    void (*remove)(struct pci_dev *pdev);
    /* The machine is about to go: come to rest. May be NULL. */
    void (*shutdown)(struct pci_dev *pdev);
};

int __must_check pci_driver_register(struct pci_driver *driver);
void pci_driver_unregister(struct pci_driver *driver);
#define PCI_DRIVER(driver)                     \
    static int __init driver##_register(void)  \
    {                                          \
        return pci_driver_register(&(driver)); \
    }                                          \
    initcall(INIT_DEVICE, driver##_register)

/* Configuration space. What is not there reads as all ones. Any context. */
u8 pci_read8(const struct pci_dev *pdev, u16 offset);
u16 pci_read16(const struct pci_dev *pdev, u16 offset);
u32 pci_read32(const struct pci_dev *pdev, u16 offset);
void pci_write8(const struct pci_dev *pdev, u16 offset, u8 value);
void pci_write16(const struct pci_dev *pdev, u16 offset, u16 value);
void pci_write32(const struct pci_dev *pdev, u16 offset, u32 value);

/**
 * pci_find_capability() - offset of the first capability @id at or behind position @after (0: from
 * the start), 0 when there is none. A list that loops or leads astray ends.
 */
u8 pci_find_capability(const struct pci_dev *pdev, u8 after, u8 id);
/** pci_find_ext_capability() - the same in PCI Express extended space. */
u16 pci_find_ext_capability(const struct pci_dev *pdev, u16 id);

/** pci_device_enable() - turns memory and I/O decoding and bus mastering on. 0, -ENODEV, -EIO. */
int __must_check pci_device_enable(struct pci_dev *pdev);
/** pci_device_disable() - undoes one pci_device_enable(): no DMA and no decoding any more. */
void pci_device_disable(struct pci_dev *pdev);

/**
 * pci_bar_map() - maps @size bytes (0: all the rest) of memory BAR @bar from @offset on. NULL when
 * the BAR is none, too short, or lies over memory. Undone by iounmap().
 */
void __iomem *pci_bar_map(struct pci_dev *pdev, unsigned int bar, u64 offset, u64 size,
                          enum cache_mode mode);

/**
 * pci_vectors_alloc() - gets the device between @min and @max interrupts: MSI-X, else one MSI,
 * else the line. Vector i is aimed at the i-th processor. Returns how many, or -ENOSPC.
 */
int __must_check pci_vectors_alloc(struct pci_dev *pdev, unsigned int min, unsigned int max);
/** pci_vectors_free() - after every irq_free(). */
void pci_vectors_free(struct pci_dev *pdev);
/** pci_vector_irq() - the number for irq_request(). @index is below what was allocated. */
unsigned int pci_vector_irq(const struct pci_dev *pdev, unsigned int index);
/** pci_vectors_are_msix() - what was allocated is MSI-X: entry i of the device's table is vector i.
 */
bool pci_vectors_are_msix(const struct pci_dev *pdev);
/** pci_vector_is_shared() - the interrupt is a line: the handler needs IRQF_SHARED and must look.
 */
bool pci_vector_is_shared(const struct pci_dev *pdev);
#endif
