// SPDX-License-Identifier: MIT
/*
 * Finding the devices of a host: depth first through bridges.
 *
 * Bridges that the firmware has numbered keep their numbers when these make sense (behind the
 * parent, inside its range, used by nobody else); the others get the next free number once all
 * numbered ones on their bus have been walked, so that nothing is taken twice. Only when the whole
 * tree is known are BARs placed, and only then devices registered, which starts drivers.
 *
 * Bounds: 32 slots, 8 functions, and bus numbers that only grow below 256, so the walk ends for
 * any answers of the hardware. Specification: PCI-to-PCI Bridge Architecture 1.2; PCIe Base 5.0.
 */
#include "pci_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>

#define PCIE_FLAGS           0x02
#define PCIE_TYPE(flags)     (((flags) >> 4) & 0xf)
#define PCIE_TYPE_ROOT_PORT  4
#define PCIE_TYPE_DOWNSTREAM 6

static void bus_scan(struct pci_bus *bus);

static struct pci_bus *bus_create(struct pci_host *host, struct pci_dev *bridge, u8 number,
                                  u8 subordinate)
{
    struct pci_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);

    if (!bus)
        return NULL;
    bus->host = host;
    bus->bridge = bridge;
    bus->number = number;
    bus->subordinate = subordinate;
    INIT_LIST_HEAD(&bus->devices);
    return bus;
}

static void pci_dev_release(struct device *dev)
{
    kfree(to_pci_dev(dev));
}

static void dev_read_header(struct pci_dev *pdev)
{
    pdev->revision = pci_read8(pdev, PCI_REVISION);
    pdev->class = pci_read32(pdev, PCI_REVISION) >> 8;
    pdev->interrupt_pin = pci_read8(pdev, PCI_INTERRUPT_PIN);
    if (pdev->interrupt_pin > 4)
        pdev->interrupt_pin = 0;
    if (pdev->header_type == PCI_HEADER_NORMAL) {
        pdev->subsystem_vendor = pci_read16(pdev, PCI_SUBSYSTEM_VENDOR);
        pdev->subsystem_device = pci_read16(pdev, PCI_SUBSYSTEM_DEVICE);
    }
    pdev->pcie = pci_find_capability(pdev, 0, PCI_CAP_PCIE);
    pdev->msi = pci_find_capability(pdev, 0, PCI_CAP_MSI);
    pdev->msix = pci_find_capability(pdev, 0, PCI_CAP_MSIX);
    /* Only Express functions have the extended space; elsewhere it may alias the first 256. */
    if (!pdev->pcie && pdev->config_size > 256)
        pdev->config_size = 256;
}

static struct pci_dev *dev_create(struct pci_bus *bus, u8 devfn, u32 ids)
{
    struct pci_dev *pdev = kzalloc(sizeof(*pdev), GFP_KERNEL);

    if (!pdev)
        return NULL;
    device_init(&pdev->dev);
    pdev->dev.bus = &pci_bus_type;
    pdev->dev.dma_mask = ~0ULL;
    pdev->dev.release = pci_dev_release;
    pdev->dev.parent = bus->bridge ? &bus->bridge->dev : &bus->host->dev;
    pdev->bus = bus;
    pdev->devfn = devfn;
    pdev->config_size = bus->host->ops->config_size;
    pdev->vendor = ids;
    pdev->device = ids >> 16;
    pdev->header_type = pci_read8(pdev, PCI_HEADER_TYPE) & ~PCI_HEADER_MULTI;
    snprintf(pdev->dev.name, sizeof(pdev->dev.name), "%04x:%02x:%02x.%u", bus->host->segment,
             bus->number, PCI_SLOT(devfn), PCI_FUNC(devfn));
    dev_read_header(pdev);
    pdev->dev.groups = pdev->config_size > 256 ? pci_express_groups : pci_dev_groups;
    pci_bars_read(pdev);
    return pdev;
}

/* Whether something answers; *multi says that functions 1 to 7 may exist as well. */
static bool function_scan(struct pci_bus *bus, u8 devfn, bool *multi)
{
    struct pci_host *host = bus->host;
    u32 ids = host->ops->read(host, bus->number, devfn, PCI_VENDOR_ID, 4);
    struct pci_dev *pdev;

    if ((ids & 0xffff) == 0xffff || (ids & 0xffff) == 0 || (ids & 0xffff) == 1)
        return false;
    *multi = host->ops->read(host, bus->number, devfn, PCI_HEADER_TYPE, 1) & PCI_HEADER_MULTI;
    pdev = dev_create(bus, devfn, ids);
    if (!pdev) {
        pr_err("pci: no memory for device %02x:%02x\n", bus->number, devfn);
        return true;
    }
    list_add_tail(&pdev->bus_link, &bus->devices);
    return true;
}

static void slot_scan(struct pci_bus *bus, unsigned int slot)
{
    bool multi = false, ignored;

    if (!function_scan(bus, PCI_DEVFN(slot, 0), &multi) || !multi)
        return;
    for (unsigned int function = 1; function < 8; function++)
        function_scan(bus, PCI_DEVFN(slot, function), &ignored);
}

/* An Express link has one device at its end. */
static unsigned int nr_slots(const struct pci_bus *bus)
{
    u8 type;

    if (!bus->bridge || !bus->bridge->pcie)
        return 32;
    type = PCIE_TYPE(pci_read16(bus->bridge, bus->bridge->pcie + PCIE_FLAGS));
    return type == PCIE_TYPE_ROOT_PORT || type == PCIE_TYPE_DOWNSTREAM ? 1 : 32;
}

/* The firmware's numbers for the bus behind a bridge, if they can be kept. */
static bool bridge_numbers_sound(const struct pci_dev *bridge, u8 *secondary, u8 *subordinate)
{
    const struct pci_bus *bus = bridge->bus;

    *secondary = pci_read8(bridge, PCI_BRIDGE_SECONDARY);
    *subordinate = pci_read8(bridge, PCI_BRIDGE_SUBORDINATE);
    return *secondary > bus->number && *subordinate >= *secondary &&
           *subordinate <= bus->subordinate &&
           find_next_bit(bus->host->bus_used, 256, *secondary) > *subordinate;
}

/* The number above all that are taken; 256 when there is none. */
static unsigned int next_bus_number(const struct pci_host *host)
{
    unsigned int number = 256;

    while (number > 0 && !test_bit(number - 1, host->bus_used))
        number--;
    return number;
}

static void bridge_scan(struct pci_dev *bridge, u8 secondary, u8 subordinate)
{
    struct pci_host *host = bridge->bus->host;

    bridge->secondary = bus_create(host, bridge, secondary, subordinate);
    if (!bridge->secondary)
        return;
    bitmap_set(host->bus_used, secondary, 1);
    bus_scan(bridge->secondary);
}

/* A bridge that nobody has numbered: everything free while it is walked, then what was used. */
static void bridge_number_and_scan(struct pci_dev *bridge)
{
    struct pci_bus *bus = bridge->bus;
    unsigned int number = next_bus_number(bus->host), last;

    if (number > bus->subordinate) {
        pr_warn("pci: %s: no bus number left for what is behind it\n", bridge->dev.name);
        return;
    }
    pci_write8(bridge, PCI_BRIDGE_PRIMARY, bus->number);
    pci_write8(bridge, PCI_BRIDGE_SECONDARY, number);
    pci_write8(bridge, PCI_BRIDGE_SUBORDINATE, bus->subordinate);
    bridge_scan(bridge, number, bus->subordinate);
    last = max(next_bus_number(bus->host) - 1, number);
    if (bridge->secondary)
        bridge->secondary->subordinate = last;
    pci_write8(bridge, PCI_BRIDGE_SUBORDINATE, last);
}

static void bus_scan(struct pci_bus *bus)
{
    unsigned int slots = nr_slots(bus);
    struct pci_dev *pdev;
    u8 secondary, subordinate;

    for (unsigned int slot = 0; slot < slots; slot++)
        slot_scan(bus, slot);
    list_for_each_entry (pdev, &bus->devices, bus_link) {
        if (pdev->header_type != PCI_HEADER_BRIDGE ||
            !bridge_numbers_sound(pdev, &secondary, &subordinate))
            continue;
        bridge_scan(pdev, secondary, subordinate);
        /* Also what the walk did not use: it is kept for what may be plugged in. */
        bitmap_set(bus->host->bus_used, secondary, subordinate - secondary + 1);
    }
    list_for_each_entry (pdev, &bus->devices, bus_link)
        if (pdev->header_type == PCI_HEADER_BRIDGE && !pdev->secondary)
            bridge_number_and_scan(pdev);
}

static void bus_register_devices(struct pci_bus *bus)
{
    struct pci_dev *pdev;

    list_for_each_entry (pdev, &bus->devices, bus_link) {
        if (device_register(&pdev->dev) != 0)
            pr_err("pci: %s: cannot be registered\n", pdev->dev.name);
        if (pdev->secondary)
            bus_register_devices(pdev->secondary);
    }
}

int pci_host_enumerate(struct pci_host *host)
{
    int error;

    device_init(&host->dev);
    snprintf(host->dev.name, sizeof(host->dev.name), "pci%04x:%02x", host->segment,
             host->first_bus);
    host->root = bus_create(host, NULL, host->first_bus, host->last_bus);
    if (!host->root)
        return -ENOMEM;
    error = device_register(&host->dev);
    if (error)
        return error;
    bitmap_set(host->bus_used, host->first_bus, 1);
    bus_scan(host->root);
    pci_bars_place(host);
    bus_register_devices(host->root);
    return 0;
}
