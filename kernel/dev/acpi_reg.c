// SPDX-License-Identifier: MIT
/*
 * Registers that ACPI tables describe by a generic address: in I/O space, in memory, or in the
 * configuration space of bus 0. Memory registers are mapped on first use and stay mapped, so that
 * whoever may need one in a panic (reset, power-off) reads or maps it once before.
 */
#include <kernel/dev/acpi.h>

#include <kernel/arch/io.h>
#include <kernel/err.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sync/spinlock.h>

#define NR_MAPPED_MAX 16

struct mapped_register {
    paddr_t phys;
    void __iomem *virt;
};

/* Entries are only ever added; map_lock over adding. nr_mapped is published after its entry. */
static struct mapped_register mapped[NR_MAPPED_MAX];
static unsigned int nr_mapped;
static DEFINE_SPINLOCK(map_lock);

static void __iomem *register_find(paddr_t phys)
{
    unsigned int n = smp_load_acquire(&nr_mapped);

    for (unsigned int i = 0; i < n; i++)
        if (mapped[i].phys == phys)
            return mapped[i].virt;
    return NULL;
}

static void __iomem *register_map(paddr_t phys)
{
    void __iomem *virt = register_find(phys), *found;
    unsigned long flags;

    if (virt)
        return virt;
    virt = ioremap(phys, sizeof(u64), CACHE_UC);
    if (!virt)
        return NULL;
    spin_lock_irqsave(&map_lock, flags);
    found = register_find(phys);
    if (!found && nr_mapped < NR_MAPPED_MAX) {
        mapped[nr_mapped] = (struct mapped_register){phys, virt};
        smp_store_release(&nr_mapped, nr_mapped + 1);
        found = virt;
    }
    spin_unlock_irqrestore(&map_lock, flags);
    if (found != virt)
        iounmap(virt);
    return found;
}

/* 8, 16, 32 or 64; 0 for a register whose description makes no sense. */
static unsigned int access_bits(const struct acpi_gas *reg)
{
    unsigned int bits = reg->bit_width;

    if (!reg->address || reg->access_size > 4)
        return 0;
    if (reg->access_size)
        bits = 4U << reg->access_size;
    if (bits <= 8)
        return 8;
    if (bits <= 16)
        return 16;
    return bits <= 32 ? 32 : 64;
}

static int io_access(const struct acpi_gas *reg, unsigned int bits, u64 *value, bool write)
{
    u16 port = reg->address;

    if (reg->address > 0xffff)
        return -EINVAL;
    switch (bits) {
    case 8:
        if (write)
            outb(*value, port);
        else
            *value = inb(port);
        return 0;
    case 16:
        if (write)
            outw(*value, port);
        else
            *value = inw(port);
        return 0;
    case 32:
        if (write)
            outl(*value, port);
        else
            *value = inl(port);
        return 0;
    default: return -EINVAL;
    }
}

static int memory_access(const struct acpi_gas *reg, unsigned int bits, u64 *value, bool write)
{
    void __iomem *p = register_map(reg->address);

    if (!p)
        return -EINVAL;
    switch (bits) {
    case 8:
        if (write)
            mmio_write8(p, *value);
        else
            *value = mmio_read8(p);
        return 0;
    case 16:
        if (write)
            mmio_write16(p, *value);
        else
            *value = mmio_read16(p);
        return 0;
    case 32:
        if (write)
            mmio_write32(p, *value);
        else
            *value = mmio_read32(p);
        return 0;
    default:
        if (write)
            mmio_write64(p, *value);
        else
            *value = mmio_read64(p);
        return 0;
    }
}

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

/* The address holds device, function and offset in 16 bits each; the bus is 0 (table 5.1). */
static int config_access(const struct acpi_gas *reg, unsigned int bits, u64 *value, bool write)
{
    u32 device = (reg->address >> 32) & 0xffff, function = (reg->address >> 16) & 0xffff;
    u32 offset = reg->address & 0xffff;
    struct acpi_gas data = {.space = ACPI_SPACE_IO, .address = CONFIG_DATA + (offset & 3)};

    if (device > 31 || function > 7 || offset > 0xff || bits > 32)
        return -EINVAL;
    outl(0x80000000U | device << 11 | function << 8 | (offset & 0xfc), CONFIG_ADDRESS);
    return io_access(&data, bits, value, write);
}

static int register_access(const struct acpi_gas *reg, u64 *value, bool write)
{
    unsigned int bits = access_bits(reg);

    if (!bits)
        return -EINVAL;
    switch (reg->space) {
    case ACPI_SPACE_IO: return io_access(reg, bits, value, write);
    case ACPI_SPACE_MEMORY: return memory_access(reg, bits, value, write);
    case ACPI_SPACE_PCI_CONFIG: return config_access(reg, bits, value, write);
    default: return -EINVAL;
    }
}

int acpi_gas_write(const struct acpi_gas *reg, u64 value)
{
    return register_access(reg, &value, true);
}

int acpi_gas_read(const struct acpi_gas *reg, u64 *value)
{
    *value = 0;
    return register_access(reg, value, false);
}
