// SPDX-License-Identifier: MIT
/*
 * I/O APICs: lines of devices without messages (serial port, SCI). Each MADT entry is mapped where
 * it says and believed only if its version register reads like one. All entries are masked at
 * start, since firmware may have left some on. (Intel 82093AA data sheet; ACPI 6.5, 5.2.12.3
 * and 5.2.12.5.)
 */
#include "apic.h"

#include "smp.h"

#include <abi/linux/errno.h>
#include <kernel/arch/io.h>
#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/dev/acpi.h>
#include <kernel/irq/chip.h>
#include <kernel/irq/irq.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sync/spinlock.h>

#define NR_IOAPICS  16
#define NR_ISA_IRQS 16

#define REG_VERSION    0x01
#define REG_ENTRY(pin) (0x10 + 2 * (pin))
#define ENTRY_MASKED   BIT(16)
#define ENTRY_LEVEL    BIT(15)
#define ENTRY_LOW      BIT(13)
#define MAX_PINS       240

static struct ioapic {
    volatile char __iomem *window;
    u32 gsi_base, nr_pins;
} ioapics[NR_IOAPICS];
static unsigned int nr_ioapics;
static DEFINE_SPINLOCK(ioapic_lock); /* index and data registers; pins' routing */

static struct {
    u32 gsi;
    unsigned int trigger;
} isa_map[NR_ISA_IRQS];

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
    mmio_write32(io->window, reg);
    return mmio_read32(io->window + 0x10);
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 value)
{
    mmio_write32(io->window, reg);
    mmio_write32(io->window + 0x10, value);
}

static struct ioapic *ioapic_of(u32 gsi)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].nr_pins)
            return &ioapics[i];
    }
    return NULL;
}

static void pin_mask(struct irq_desc *desc, bool masked)
{
    u32 gsi = desc->hw_number, pin;
    struct ioapic *io = ioapic_of(gsi);
    unsigned long flags;
    u32 low;

    pin = gsi - io->gsi_base;
    spin_lock_irqsave(&ioapic_lock, flags);
    low = ioapic_read(io, REG_ENTRY(pin));
    ioapic_write(io, REG_ENTRY(pin), masked ? low | ENTRY_MASKED : low & ~ENTRY_MASKED);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void pin_target(struct irq_desc *desc, unsigned int cpu, u8 vector)
{
    u32 gsi = desc->hw_number, pin;
    struct ioapic *io = ioapic_of(gsi);
    unsigned long flags;
    u32 low = vector | ENTRY_MASKED;

    pin = gsi - io->gsi_base;
    if (desc->trigger & IRQ_TRIGGER_LEVEL)
        low |= ENTRY_LEVEL;
    if (desc->trigger & IRQ_ACTIVE_LOW)
        low |= ENTRY_LOW;
    spin_lock_irqsave(&ioapic_lock, flags);
    if (!(ioapic_read(io, REG_ENTRY(pin)) & ENTRY_MASKED))
        low &= ~ENTRY_MASKED;
    ioapic_write(io, REG_ENTRY(pin) + 1, cpu_to_apic_id[cpu] << 24);
    ioapic_write(io, REG_ENTRY(pin), low);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static const struct irq_chip ioapic_chip = {
    .name = "IO-APIC",
    .mask = pin_mask,
    .target = pin_target,
};

int irq_from_gsi(u32 gsi, unsigned int trigger)
{
    if (!ioapic_of(gsi))
        return -ENXIO;
    return irq_line_get(gsi, &ioapic_chip, trigger);
}

int irq_from_isa(unsigned int isa_irq)
{
    if (isa_irq >= NR_ISA_IRQS)
        return -EINVAL;
    return irq_from_gsi(isa_map[isa_irq].gsi, isa_map[isa_irq].trigger);
}

static void __init ioapic_add(const struct acpi_madt_ioapic *entry)
{
    struct ioapic *io = &ioapics[nr_ioapics];
    u32 version;

    if (nr_ioapics == NR_IOAPICS) {
        pr_warn("ioapic: more than %d, ignoring the one at %x\n", NR_IOAPICS, entry->address);
        return;
    }
    io->window = ioremap(entry->address, 0x20, CACHE_UC);
    if (!io->window)
        return;
    version = ioapic_read(io, REG_VERSION);
    io->nr_pins = ((version >> 16) & 0xff) + 1;
    if (version == ~0U || !(version & 0xff) || io->nr_pins > MAX_PINS) {
        pr_warn("ioapic: nothing answers at %x (version %x), ignored\n", entry->address, version);
        iounmap(io->window);
        return;
    }
    io->gsi_base = entry->gsi_base;
    for (u32 pin = 0; pin < io->nr_pins; pin++)
        ioapic_write(io, REG_ENTRY(pin), ENTRY_MASKED);
    nr_ioapics++;
}

static int __init madt_entry(const struct acpi_madt_entry *entry, void *arg)
{
    const struct acpi_madt_override *override = (const void *)entry;

    if (entry->type == ACPI_MADT_IOAPIC) {
        ioapic_add((const void *)entry);
    } else if (entry->type == ACPI_MADT_OVERRIDE && override->source < NR_ISA_IRQS) {
        bool low = (override->flags & 3) == 3, level = ((override->flags >> 2) & 3) == 3;

        isa_map[override->source].gsi = override->gsi;
        isa_map[override->source].trigger =
            (level ? IRQ_TRIGGER_LEVEL : IRQ_TRIGGER_EDGE) | (low ? IRQ_ACTIVE_LOW : 0);
    }
    return 0;
}

void __init ioapic_init(void)
{
    for (u32 i = 0; i < NR_ISA_IRQS; i++) {
        isa_map[i].gsi = i;
        isa_map[i].trigger = IRQ_TRIGGER_EDGE;
    }
    acpi_madt_for_each(madt_entry, NULL);
}
