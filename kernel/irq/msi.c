// SPDX-License-Identifier: MIT
/*
 * Message-signalled interrupts: the address names a local APIC, the data a vector (SDM vol. 3A,
 * 11.11). The device's owner (PCI) writes the message where the device keeps it.
 */
#include <kernel/irq/chip.h>

#include <abi/linux/errno.h>
#include <kernel/arch/cpuinfo.h>
#include <kernel/arch/percpu.h>

#define MSI_ADDRESS 0xfee00000ULL

static void msi_mask(struct irq_desc *desc, bool masked)
{
    desc->msi_ops->mask(desc->owner, desc->hw_number, masked);
}

static void msi_target(struct irq_desc *desc, unsigned int cpu, u8 vector)
{
    struct msi_msg msg = {
        .address = MSI_ADDRESS | (u64)(cpu_apic_id(cpu) & 0xff) << 12,
        .data = vector,
    };

    desc->msi_ops->write_msg(desc->owner, desc->hw_number, &msg);
}

static const struct irq_chip msi_chip = {
    .name = "PCI-MSI",
    .mask = msi_mask,
    .target = msi_target,
};

int irq_msi_alloc(const struct msi_ops *ops, void *owner, unsigned int index, unsigned int cpu,
                  const char *chip_name)
{
    struct irq_desc *desc = irq_desc_create(&msi_chip, index);

    if (!desc)
        return -ENOSPC;
    desc->chip_name = chip_name;
    desc->msi_ops = ops;
    desc->owner = owner;
    desc->trigger = IRQ_TRIGGER_EDGE;
    desc->cpu = cpu < nr_cpus && cpu_online_mask & BIT_ULL(cpu) ? cpu : 0;
    desc->affinity = BIT_ULL(desc->cpu);
    return (int)desc->irq;
}

void irq_msi_free(unsigned int irq)
{
    irq_desc_destroy(irq_desc_get(irq));
}
