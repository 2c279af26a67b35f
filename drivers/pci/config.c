// SPDX-License-Identifier: MIT
/*
 * Reaching configuration space: memory-mapped (ECAM) where the firmware's MCFG table says so, else
 * through ports 0xcf8 and 0xcfc, which every x86 chipset keeps and which see the first 256 bytes
 * of segment 0. Of a segment only the buses that exist are mapped, 1 MiB each, on first use.
 * Specification: PCI Firmware 3.3, 4.1 (MCFG); PCI Local Bus 3.0, 3.2.2.3.2.
 */
#include "pci_internal.h"

#include <kernel/base/log.h>
#include <kernel/dev/acpi.h>
#include <kernel/err.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sync/spinlock.h>

#define ECAM_BUS_SIZE  (1UL << 20)
#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

static void __iomem *ecam_address(struct pci_host *host, u8 bus, u8 devfn, u16 offset)
{
    if (bus < host->first_bus || bus > host->last_bus)
        return NULL;
    if (!host->ecam_bus[bus])
        host->ecam_bus[bus] =
            ioremap(host->ecam_address + bus * ECAM_BUS_SIZE, ECAM_BUS_SIZE, CACHE_UC);
    if (!host->ecam_bus[bus])
        return NULL;
    return (u8 *)host->ecam_bus[bus] + ((size_t)devfn << 12) + offset;
}

static u32 ecam_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size)
{
    void __iomem *p = ecam_address(host, bus, devfn, offset);

    if (!p)
        return ~0U;
    if (size == 4)
        return mmio_read32(p);
    return size == 2 ? mmio_read16(p) : mmio_read8(p);
}

static void ecam_write(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size,
                       u32 value)
{
    void __iomem *p = ecam_address(host, bus, devfn, offset);

    if (!p)
        return;
    if (size == 4)
        mmio_write32(p, value);
    else if (size == 2)
        mmio_write16(p, value);
    else
        mmio_write8(p, value);
}

static const struct pci_config_ops ecam_ops = {
    .read = ecam_read, .write = ecam_write, .config_size = 4096};

/* Address and data port belong together. */
static DEFINE_SPINLOCK(config_port_lock);

static u16 config_port_select(u8 bus, u8 devfn, u16 offset)
{
    outl(0x80000000U | (u32)bus << 16 | (u32)devfn << 8 | (offset & 0xfc), CONFIG_ADDRESS);
    return CONFIG_DATA + (offset & 3);
}

static u32 port_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size)
{
    unsigned long flags;
    u16 port;
    u32 value;

    spin_lock_irqsave(&config_port_lock, flags);
    port = config_port_select(bus, devfn, offset);
    if (size == 4)
        value = inl(port);
    else
        value = size == 2 ? inw(port) : inb(port);
    spin_unlock_irqrestore(&config_port_lock, flags);
    return value;
}

static void port_write(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size,
                       u32 value)
{
    unsigned long flags;
    u16 port;

    spin_lock_irqsave(&config_port_lock, flags);
    port = config_port_select(bus, devfn, offset);
    if (size == 4)
        outl(value, port);
    else if (size == 2)
        outw(value, port);
    else
        outb(value, port);
    spin_unlock_irqrestore(&config_port_lock, flags);
}

static const struct pci_config_ops port_ops = {
    .read = port_read, .write = port_write, .config_size = 256};

static struct pci_host *host_create(const struct pci_config_ops *ops)
{
    struct pci_host *host = kzalloc(sizeof(*host), GFP_KERNEL);

    if (host) {
        host->ops = ops;
        host->last_bus = 255;
    }
    return host;
}

static int hosts_from_mcfg(int (*found)(struct pci_host *host))
{
    const struct acpi_header *mcfg = acpi_table("MCFG", 0);
    struct acpi_mcfg_range range;
    int nr = 0;

    for (unsigned int i = 0; mcfg && acpi_mcfg_range(mcfg, i, &range); i++) {
        struct pci_host *host = host_create(&ecam_ops);

        if (!host)
            return -ENOMEM;
        host->segment = range.segment;
        host->first_bus = range.first_bus;
        host->last_bus = range.last_bus;
        host->ecam_address = range.address;
        if (found(host) == 0)
            nr++;
    }
    return nr;
}

/* The address port keeps what is written to it. */
static bool config_ports_exist(void)
{
    u32 saved = inl(CONFIG_ADDRESS), read;

    outl(0x80000000U, CONFIG_ADDRESS);
    read = inl(CONFIG_ADDRESS);
    outl(saved, CONFIG_ADDRESS);
    return read == 0x80000000U;
}

int pci_hosts_find(int (*found)(struct pci_host *host))
{
    int nr = hosts_from_mcfg(found);
    struct pci_host *host;

    if (nr != 0)
        return nr;
    if (!config_ports_exist())
        return 0;
    pr_info("pci: no usable MCFG table, configuration through ports\n");
    host = host_create(&port_ops);
    if (!host)
        return -ENOMEM;
    return found(host) == 0 ? 1 : 0;
}
