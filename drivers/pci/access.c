// SPDX-License-Identifier: MIT
/*
 * Configuration registers of one device: reads and writes by width, and the walk through the lists
 * of capabilities. The lists are the device's word: each step must stay inside the space and
 * behind the header, and the number of steps is bounded by what could fit, so that a loop ends.
 * Pure but for the host's operations; also compiled for the host tests.
 * Specification: PCI Local Bus 3.0, 6.7; PCI Express Base 5.0, 7.6.
 */
#include "pci_internal.h"

#define HEADER_END     0x40
#define CAPS_MAX       ((256 - HEADER_END) / 4)
#define EXT_CAPS_START 0x100
#define EXT_CAPS_MAX   ((4096 - EXT_CAPS_START) / 8)

static u32 config_read(const struct pci_dev *pdev, u16 offset, unsigned int size)
{
    struct pci_host *host = pdev->bus->host;

    if (offset + size > pdev->config_size || (offset & (size - 1)))
        return ~0U;
    return host->ops->read(host, pdev->bus->number, pdev->devfn, offset, size);
}

static void config_write(const struct pci_dev *pdev, u16 offset, unsigned int size, u32 value)
{
    struct pci_host *host = pdev->bus->host;

    if (offset + size <= pdev->config_size && !(offset & (size - 1)))
        host->ops->write(host, pdev->bus->number, pdev->devfn, offset, size, value);
}

u8 pci_read8(const struct pci_dev *pdev, u16 offset)
{
    return config_read(pdev, offset, 1);
}

u16 pci_read16(const struct pci_dev *pdev, u16 offset)
{
    return config_read(pdev, offset, 2);
}

u32 pci_read32(const struct pci_dev *pdev, u16 offset)
{
    return config_read(pdev, offset, 4);
}

void pci_write8(const struct pci_dev *pdev, u16 offset, u8 value)
{
    config_write(pdev, offset, 1, value);
}

void pci_write16(const struct pci_dev *pdev, u16 offset, u16 value)
{
    config_write(pdev, offset, 2, value);
}

void pci_write32(const struct pci_dev *pdev, u16 offset, u32 value)
{
    config_write(pdev, offset, 4, value);
}

u8 pci_find_capability(const struct pci_dev *pdev, u8 after, u8 id)
{
    u8 at;

    if (!(pci_read16(pdev, PCI_STATUS) & PCI_STATUS_CAP_LIST))
        return 0;
    at = pci_read8(pdev, after ? after + 1 : PCI_CAP_POINTER) & 0xfc;
    for (unsigned int i = 0; i < CAPS_MAX && at >= HEADER_END; i++) {
        u16 head = pci_read16(pdev, at);

        if ((head & 0xff) == 0xff)
            return 0;
        if ((head & 0xff) == id)
            return at;
        at = (head >> 8) & 0xfc;
    }
    return 0;
}

u16 pci_find_ext_capability(const struct pci_dev *pdev, u16 id)
{
    u16 at = EXT_CAPS_START;

    if (pdev->config_size <= EXT_CAPS_START)
        return 0;
    for (unsigned int i = 0; i < EXT_CAPS_MAX && at >= EXT_CAPS_START; i++) {
        u32 head = pci_read32(pdev, at);

        if (head == 0 || head == ~0U)
            return 0;
        if ((head & 0xffff) == id)
            return at;
        at = (head >> 20) & 0xffc;
    }
    return 0;
}
