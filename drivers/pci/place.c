// SPDX-License-Identifier: MIT
/*
 * Giving addresses to BARs that the firmware left without.
 *
 * Firmware places everything on a PC, so this is for machines started without any, and for devices
 * that firmware did not manage. Room is looked for in the window of the bus the device is on: for
 * a root bus, the gap below 4 GiB between memory and the chipset's fixed registers; behind a
 * bridge, the bridge's memory window, which is made first if it is not there. Within a window the
 * first aligned run that nothing on the same bus covers is taken. I/O BARs are left: no driver
 * here needs them, and what they would get, 64 KiB for the whole machine, is soon used up.
 */
#include "pci_internal.h"

#include <kernel/base/log.h>
#include <kernel/mm/page.h>

#define GAP_END       0xfe000000ULL /* I/O APIC, local APIC, TPM and flash are above */
#define GAP_START_MIN 0x80000000ULL
#define BRIDGE_WINDOW 0x100000ULL /* granularity */
#define ECAM_BUS_SIZE 0x100000ULL

struct window {
    u64 start, end; /* end is the first address beyond; start >= end: none */
};

static bool overlap(u64 start, u64 size, struct window other, u64 *beyond)
{
    if (start >= other.end || other.start >= start + size)
        return false;
    *beyond = other.end;
    return true;
}

static struct window bridge_window(const struct pci_dev *bridge)
{
    u32 base = pci_read16(bridge, PCI_BRIDGE_MEM_BASE) & 0xfff0;
    u32 limit = pci_read16(bridge, PCI_BRIDGE_MEM_LIMIT) & 0xfff0;
    struct window none = {};

    if (base == 0 || base > limit)
        return none;
    return (struct window){(u64)base << 16, ((u64)limit << 16) + BRIDGE_WINDOW};
}

static struct window bridge_prefetch_window(const struct pci_dev *bridge)
{
    u32 base = pci_read16(bridge, PCI_BRIDGE_PREF_BASE);
    u32 limit = pci_read16(bridge, PCI_BRIDGE_PREF_LIMIT);
    u64 start = (u64)(base & 0xfff0) << 16, last = (u64)(limit & 0xfff0) << 16;
    struct window none = {};

    if ((base & 0xf) == 1) {
        start |= (u64)pci_read32(bridge, PCI_BRIDGE_PREF_BASE_HIGH) << 32;
        last |= (u64)pci_read32(bridge, PCI_BRIDGE_PREF_LIMIT_HIGH) << 32;
    }
    if (start == 0 || start > last)
        return none;
    return (struct window){start, last + BRIDGE_WINDOW};
}

/* Whether something on the bus covers part of the run; *beyond is where that ends. */
static bool bus_conflict(const struct pci_bus *bus, u64 start, u64 size, u64 *beyond)
{
    const struct pci_dev *pdev;

    list_for_each_entry (pdev, &bus->devices, bus_link) {
        for (unsigned int i = 0; i <= PCI_BAR_ROM; i++) {
            const struct pci_bar *bar = &pdev->bars[i];
            struct window taken = {bar->address, bar->address + bar->size};

            if (!bar->size || (bar->flags & (PCI_BAR_IO | PCI_BAR_UNPLACED)))
                continue;
            if (overlap(start, size, taken, beyond))
                return true;
        }
        if (pdev->header_type == PCI_HEADER_BRIDGE &&
            (overlap(start, size, bridge_window(pdev), beyond) ||
             overlap(start, size, bridge_prefetch_window(pdev), beyond)))
            return true;
    }
    return false;
}

/* The lowest free run of size (a power of two, or a multiple of align) in the window; 0: none. */
static u64 window_find(const struct pci_bus *bus, struct window window, u64 size, u64 align)
{
    u64 at = ALIGN(window.start, align), beyond;

    while (at < window.end && size <= window.end - at) {
        if (!bus_conflict(bus, at, size, &beyond))
            return at;
        at = ALIGN(beyond, align);
    }
    return 0;
}

/* Between the last memory below 4 GiB and the fixed registers, less the configuration space. */
static struct window root_window(const struct pci_host *host)
{
    struct window gap = {GAP_START_MIN, GAP_END};
    u64 ecam = host->ecam_address;
    u64 ecam_end = ecam + (host->last_bus + 1ULL) * ECAM_BUS_SIZE;

    for (u64 at = GAP_START_MIN; at < GAP_END; at += BRIDGE_WINDOW)
        if (pfn_valid(at >> PAGE_SHIFT))
            gap.start = at + BRIDGE_WINDOW;
    if (ecam && ecam < gap.end && ecam_end > gap.start) {
        if (gap.end > ecam_end && gap.end - ecam_end >= ecam - min(gap.start, ecam))
            gap.start = ecam_end;
        else
            gap.end = ecam;
    }
    return gap;
}

static bool needs_place(const struct pci_bar *bar)
{
    return bar->size && (bar->flags & PCI_BAR_UNPLACED) && !(bar->flags & PCI_BAR_IO);
}

/* Room for everything behind a bridge, alignment losses at most doubling it. */
static u64 bus_need(const struct pci_bus *bus)
{
    const struct pci_dev *pdev;
    u64 need = 0;

    list_for_each_entry (pdev, &bus->devices, bus_link) {
        for (unsigned int i = 0; i < PCI_NR_BARS; i++)
            if (needs_place(&pdev->bars[i]) && pdev->bars[i].size < GAP_END)
                need += 2 * pdev->bars[i].size;
        if (pdev->secondary)
            need += bus_need(pdev->secondary);
    }
    return ALIGN(need, BRIDGE_WINDOW);
}

/* The window of a bridge; made inside the parent's when the firmware has not and it is needed. */
static struct window bridge_window_get(struct pci_dev *bridge, struct window parent)
{
    struct window window = bridge_window(bridge);
    u64 need = bus_need(bridge->secondary);

    if (window.end > window.start || !need)
        return window;
    window.start = window_find(bridge->bus, parent, need, BRIDGE_WINDOW);
    if (!window.start)
        return (struct window){};
    window.end = window.start + need;
    pci_write16(bridge, PCI_BRIDGE_MEM_BASE, window.start >> 16);
    pci_write16(bridge, PCI_BRIDGE_MEM_LIMIT, (window.end - 1) >> 16 & 0xfff0);
    pci_write16(bridge, PCI_COMMAND,
                pci_read16(bridge, PCI_COMMAND) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return window;
}

static void dev_place(struct pci_dev *pdev, struct window window)
{
    for (unsigned int i = 0; i < PCI_NR_BARS; i++) {
        struct pci_bar *bar = &pdev->bars[i];
        u64 address;

        if (!needs_place(bar))
            continue;
        address = window_find(pdev->bus, window, bar->size, max(bar->size, (u64)PAGE_SIZE));
        if (!address) {
            pr_warn("pci: %s: no room for BAR %u of %#llx bytes\n", pdev->dev.name, i, bar->size);
            continue;
        }
        bar->address = address;
        pci_bar_write(pdev, i);
    }
}

static void bus_place(struct pci_bus *bus, struct window window)
{
    struct pci_dev *pdev;

    list_for_each_entry (pdev, &bus->devices, bus_link) {
        dev_place(pdev, window);
        if (pdev->secondary)
            bus_place(pdev->secondary, bridge_window_get(pdev, window));
    }
}

void pci_bars_place(struct pci_host *host)
{
    if (bus_need(host->root))
        bus_place(host->root, root_window(host));
}
