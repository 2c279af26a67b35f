// SPDX-License-Identifier: MIT
/*
 * Base address registers: their kinds and sizes, found by writing ones and seeing which bits stay
 * (PCI Local Bus 3.0, 6.2.5.1), with decoding off meanwhile so that nothing answers at the
 * addresses tried. Firmware has usually placed them; those it has not are marked PCI_BAR_UNPLACED.
 */
#include "pci_internal.h"

#include <kernel/mm/page.h>
#include <kernel/mm/vmalloc.h>

#define BAR_IO           0x1
#define BAR_TYPE         0x6
#define BAR_TYPE_64      0x4
#define BAR_PREFETCH     0x8
#define BAR_IO_BITS      0x3U
#define BAR_MEMORY_BITS  0xfU
#define ROM_ENABLE       0x1
#define ROM_ADDRESS_BITS 0xfffff800U
#define PHYS_MAX         (1ULL << 52)

static u16 bar_offset(const struct pci_dev *pdev, unsigned int bar)
{
    if (bar != PCI_BAR_ROM)
        return PCI_BAR0 + 4 * bar;
    return pdev->header_type == PCI_HEADER_BRIDGE ? PCI_BRIDGE_ROM : PCI_ROM;
}

/* Which bits of the register keep a one. Its value is put back. */
static u32 bar_probe(struct pci_dev *pdev, u16 offset, u32 ones)
{
    u32 saved = pci_read32(pdev, offset), mask;

    pci_write32(pdev, offset, ones);
    mask = pci_read32(pdev, offset);
    pci_write32(pdev, offset, saved);
    return mask;
}

/* The lowest bit that can be set is the size; above it all must be settable. */
static u64 size_of_mask(u64 mask)
{
    u64 size = mask & -mask;

    return mask && (mask | (size - 1)) == ~0ULL ? size : 0;
}

static void bar_judge(struct pci_bar *bar)
{
    u64 end;

    if (!bar->size)
        return;
    if (!bar->address || (bar->address & (bar->size - 1)) ||
        __builtin_add_overflow(bar->address, bar->size - 1, &end) || end >= PHYS_MAX)
        bar->flags |= PCI_BAR_UNPLACED;
}

static void io_bar_read(struct pci_dev *pdev, unsigned int index, u32 value)
{
    struct pci_bar *bar = &pdev->bars[index];
    u32 mask = bar_probe(pdev, bar_offset(pdev, index), ~0U);

    bar->flags = PCI_BAR_IO;
    bar->address = value & ~BAR_IO_BITS & 0xffff;
    /* Devices may leave the upper 16 bits out: ports end there on x86. */
    bar->size = size_of_mask((mask & ~BAR_IO_BITS) | ~0xffffULL);
    if (bar->size > 0x10000)
        bar->size = 0;
    bar_judge(bar);
}

/* Returns how many registers it took. */
static unsigned int memory_bar_read(struct pci_dev *pdev, unsigned int index, unsigned int nr_bars,
                                    u32 value)
{
    struct pci_bar *bar = &pdev->bars[index];
    u64 mask = bar_probe(pdev, bar_offset(pdev, index), ~0U) & ~BAR_MEMORY_BITS;
    bool is_64 = (value & BAR_TYPE) == BAR_TYPE_64;

    bar->address = value & ~BAR_MEMORY_BITS;
    bar->flags = (value & BAR_PREFETCH ? PCI_BAR_PREFETCH : 0) | (is_64 ? PCI_BAR_64BIT : 0);
    if (is_64) {
        if (index + 1 >= nr_bars) {
            *bar = (struct pci_bar){};
            return 1;
        }
        bar->address |= (u64)pci_read32(pdev, bar_offset(pdev, index + 1)) << 32;
        mask |= (u64)bar_probe(pdev, bar_offset(pdev, index + 1), ~0U) << 32;
    } else {
        mask |= mask ? ~0ULL << 32 : 0;
    }
    bar->size = size_of_mask(mask);
    bar_judge(bar);
    return is_64 ? 2 : 1;
}

static void rom_read(struct pci_dev *pdev)
{
    struct pci_bar *bar = &pdev->bars[PCI_BAR_ROM];
    u16 offset = bar_offset(pdev, PCI_BAR_ROM);
    u32 value = pci_read32(pdev, offset), mask;

    mask = bar_probe(pdev, offset, ROM_ADDRESS_BITS) & ROM_ADDRESS_BITS;
    bar->address = value & ROM_ADDRESS_BITS;
    bar->size = mask ? size_of_mask(mask | ~0ULL << 32) : 0;
    bar_judge(bar);
    if (value & ROM_ENABLE)
        pci_write32(pdev, offset, value & ~ROM_ENABLE);
}

static unsigned int nr_bars(const struct pci_dev *pdev)
{
    switch (pdev->header_type) {
    case PCI_HEADER_NORMAL: return 6;
    case PCI_HEADER_BRIDGE: return 2;
    default: return 0;
    }
}

void pci_bars_read(struct pci_dev *pdev)
{
    u16 command = pci_read16(pdev, PCI_COMMAND);
    unsigned int nr = nr_bars(pdev), i = 0;

    if (!nr)
        return;
    pci_write16(pdev, PCI_COMMAND, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    while (i < nr) {
        u32 value = pci_read32(pdev, bar_offset(pdev, i));

        if (value & BAR_IO) {
            io_bar_read(pdev, i, value);
            i++;
        } else {
            i += memory_bar_read(pdev, i, nr, value);
        }
    }
    rom_read(pdev);
    pci_write16(pdev, PCI_COMMAND, command);
}

void pci_bar_write(struct pci_dev *pdev, unsigned int index)
{
    struct pci_bar *bar = &pdev->bars[index];
    u16 command = pci_read16(pdev, PCI_COMMAND), offset = bar_offset(pdev, index);

    pci_write16(pdev, PCI_COMMAND, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    pci_write32(pdev, offset, bar->address);
    if (bar->flags & PCI_BAR_64BIT)
        pci_write32(pdev, offset + 4, bar->address >> 32);
    pci_write16(pdev, PCI_COMMAND, command);
    bar->flags &= ~PCI_BAR_UNPLACED;
}

void __iomem *pci_bar_map(struct pci_dev *pdev, unsigned int index, u64 offset, u64 size,
                          enum cache_mode mode)
{
    const struct pci_bar *bar = &pdev->bars[index];

    if (index > PCI_BAR_ROM || !bar->size || (bar->flags & (PCI_BAR_IO | PCI_BAR_UNPLACED)))
        return NULL;
    if (offset >= bar->size || size > bar->size - offset)
        return NULL;
    if (!size)
        size = bar->size - offset;
    /* Registers that claim to lie in memory would be a hole in everyone's. */
    if (pfn_valid(bar->address >> PAGE_SHIFT) ||
        pfn_valid((bar->address + bar->size - 1) >> PAGE_SHIFT))
        return NULL;
    return ioremap(bar->address + offset, size, mode);
}
