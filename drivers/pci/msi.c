// SPDX-License-Identifier: MIT
/*
 * Interrupts of PCI devices: MSI-X, else MSI, else the line.
 *
 * The irq layer owns vectors and processors; what it composes is written to the device here, when
 * a message is allocated and whenever its affinity moves. MSI-X keeps one message per table entry
 * in a BAR; the whole function is masked while the table is filled. Of MSI one message is used:
 * several would need aligned runs of vectors that move together. The line is taken from what the
 * firmware left in the Interrupt Line register, for devices so old that they have neither.
 * Specification: PCI Local Bus 3.0, 6.8; PCI Express Base 5.0, 7.7.1 and 7.7.2.
 */
#include "pci_internal.h"

#include <kernel/arch/percpu.h>
#include <kernel/dev/acpi.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>

#define MSI_CONTROL        0x02
#define MSI_ENABLE         0x0001
#define MSI_MULTIPLE       0x0070 /* how many are enabled, log2 */
#define MSI_64BIT          0x0080
#define MSI_MASKABLE       0x0100
#define MSI_ADDRESS        0x04
#define MSI_ADDRESS_HIGH   0x08
#define MSIX_CONTROL       0x02
#define MSIX_SIZE          0x07ff
#define MSIX_MASK_ALL      0x4000
#define MSIX_ENABLE        0x8000
#define MSIX_TABLE         0x04
#define MSIX_ENTRY_SIZE    16
#define MSIX_ENTRY_DATA    8
#define MSIX_ENTRY_CONTROL 12
#define MSIX_ENTRY_MASKED  1

enum vector_kind { VECTORS_MSIX, VECTORS_MSI, VECTORS_LINE };

struct pci_vector_state {
    enum vector_kind kind;
    unsigned int nr;
    u8 __iomem *table; /* MSI-X */
    unsigned int irqs[];
};

static struct pci_vector_state *state_create(enum vector_kind kind, unsigned int max)
{
    struct pci_vector_state *state =
        kzalloc(sizeof(*state) + max * sizeof(state->irqs[0]), GFP_KERNEL);

    if (state)
        state->kind = kind;
    return state;
}

static void msix_write_msg(void *owner, unsigned int index, const struct msi_msg *msg)
{
    struct pci_dev *pdev = owner;
    u8 __iomem *entry = pdev->vectors->table + index * MSIX_ENTRY_SIZE;
    u32 control = mmio_read32(entry + MSIX_ENTRY_CONTROL);

    /* A message may not change while it can be sent (7.7.2.2). */
    mmio_write32(entry + MSIX_ENTRY_CONTROL, control | MSIX_ENTRY_MASKED);
    mmio_write32(entry, msg->address);
    mmio_write32(entry + 4, msg->address >> 32);
    mmio_write32(entry + MSIX_ENTRY_DATA, msg->data);
    mmio_write32(entry + MSIX_ENTRY_CONTROL, control);
    mmio_read32(entry + MSIX_ENTRY_CONTROL);
}

static void msix_mask(void *owner, unsigned int index, bool masked)
{
    struct pci_dev *pdev = owner;
    u8 __iomem *entry = pdev->vectors->table + index * MSIX_ENTRY_SIZE;

    mmio_write32(entry + MSIX_ENTRY_CONTROL, masked ? MSIX_ENTRY_MASKED : 0);
    mmio_read32(entry + MSIX_ENTRY_CONTROL);
}

static const struct msi_ops msix_ops = {.write_msg = msix_write_msg, .mask = msix_mask};

static void msi_write_msg(void *owner, unsigned int index, const struct msi_msg *msg)
{
    struct pci_dev *pdev = owner;
    bool is_64 = pci_read16(pdev, pdev->msi + MSI_CONTROL) & MSI_64BIT;

    pci_write32(pdev, pdev->msi + MSI_ADDRESS, msg->address);
    if (is_64)
        pci_write32(pdev, pdev->msi + MSI_ADDRESS_HIGH, msg->address >> 32);
    pci_write16(pdev, pdev->msi + (is_64 ? 12 : 8), msg->data);
}

static void msi_mask(void *owner, unsigned int index, bool masked)
{
    struct pci_dev *pdev = owner;
    u16 control = pci_read16(pdev, pdev->msi + MSI_CONTROL);
    u16 offset = pdev->msi + (control & MSI_64BIT ? 16 : 12);

    if (control & MSI_MASKABLE)
        pci_write32(pdev, offset, masked ? 1 : 0);
}

static const struct msi_ops msi_ops = {.write_msg = msi_write_msg, .mask = msi_mask};

static unsigned int nth_online_cpu(unsigned int n)
{
    u64 online = READ_ONCE(cpu_online_mask);
    unsigned int count = hweight64(online), cpu;

    n = count ? n % count : 0;
    for_each_cpu (cpu, online)
        if (n-- == 0)
            return cpu;
    return 0;
}

static void messages_free(struct pci_vector_state *state)
{
    while (state->nr)
        irq_msi_free(state->irqs[--state->nr]);
}

/* Fills state->irqs as far as vectors go. */
static void messages_alloc(struct pci_dev *pdev, const struct msi_ops *ops, unsigned int max,
                           const char *chip_name)
{
    struct pci_vector_state *state = pdev->vectors;

    while (state->nr < max) {
        int irq = irq_msi_alloc(ops, pdev, state->nr, nth_online_cpu(state->nr), chip_name);

        if (irq < 0)
            return;
        state->irqs[state->nr++] = irq;
    }
}

/* Maps the table, every entry masked. NULL when the device's description of it cannot be. */
static u8 __iomem *msix_table_map(struct pci_dev *pdev, unsigned int nr_entries)
{
    u32 where = pci_read32(pdev, pdev->msix + MSIX_TABLE);
    unsigned int bar = where & 7;
    u8 __iomem *table;

    if (bar >= PCI_NR_BARS)
        return NULL;
    table = pci_bar_map(pdev, bar, where & ~7U, nr_entries * MSIX_ENTRY_SIZE, CACHE_UC);
    for (unsigned int i = 0; table && i < nr_entries; i++)
        mmio_write32(table + i * MSIX_ENTRY_SIZE + MSIX_ENTRY_CONTROL, MSIX_ENTRY_MASKED);
    return table;
}

static int msix_alloc(struct pci_dev *pdev, unsigned int min, unsigned int max)
{
    u16 control = pci_read16(pdev, pdev->msix + MSIX_CONTROL);
    unsigned int nr_entries = (control & MSIX_SIZE) + 1;
    struct pci_vector_state *state;

    max = min(max, nr_entries);
    if (max < min)
        return -ENOSPC;
    state = state_create(VECTORS_MSIX, max);
    if (!state)
        return -ENOMEM;
    pci_write16(pdev, pdev->msix + MSIX_CONTROL, control | MSIX_ENABLE | MSIX_MASK_ALL);
    state->table = msix_table_map(pdev, nr_entries);
    if (!state->table)
        goto undo;
    pdev->vectors = state;
    messages_alloc(pdev, &msix_ops, max, "PCI-MSIX");
    if (state->nr < min) {
        messages_free(state);
        pdev->vectors = NULL;
        iounmap(state->table);
        goto undo;
    }
    for (unsigned int i = 0; i < state->nr; i++)
        msix_mask(pdev, i, false);
    pci_write16(pdev, pdev->msix + MSIX_CONTROL, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    return state->nr;
undo:
    pci_write16(pdev, pdev->msix + MSIX_CONTROL, control & ~MSIX_ENABLE);
    kfree(state);
    return -ENOSPC;
}

static int msi_alloc(struct pci_dev *pdev)
{
    u16 control = pci_read16(pdev, pdev->msi + MSI_CONTROL) & ~(MSI_ENABLE | MSI_MULTIPLE);
    struct pci_vector_state *state = state_create(VECTORS_MSI, 1);

    if (!state)
        return -ENOMEM;
    pci_write16(pdev, pdev->msi + MSI_CONTROL, control);
    pdev->vectors = state;
    messages_alloc(pdev, &msi_ops, 1, "PCI-MSI");
    if (!state->nr) {
        pdev->vectors = NULL;
        kfree(state);
        return -ENOSPC;
    }
    msi_mask(pdev, 0, false);
    pci_write16(pdev, pdev->msi + MSI_CONTROL, control | MSI_ENABLE);
    return 1;
}

static int line_alloc(struct pci_dev *pdev)
{
    u8 line = pci_read8(pdev, PCI_INTERRUPT_LINE);
    struct pci_vector_state *state;
    int irq;

    if (!pdev->interrupt_pin || line == 0 || line == 0xff)
        return -ENOSPC;
    irq = irq_from_gsi(line, IRQ_TRIGGER_LEVEL | IRQ_ACTIVE_LOW);
    if (irq < 0)
        return -ENOSPC;
    state = state_create(VECTORS_LINE, 1);
    if (!state)
        return -ENOMEM;
    state->irqs[0] = irq;
    state->nr = 1;
    pdev->vectors = state;
    pci_write16(pdev, PCI_COMMAND, pci_read16(pdev, PCI_COMMAND) & ~PCI_COMMAND_NO_INTX);
    return 1;
}

int pci_vectors_alloc(struct pci_dev *pdev, unsigned int min, unsigned int max)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    bool messages = !fadt || fadt->has_msi;
    int nr = -ENOSPC;

    if (pdev->vectors || min < 1 || max < min)
        return -EINVAL;
    if (messages && (pdev->msix || pdev->msi))
        pci_write16(pdev, PCI_COMMAND, pci_read16(pdev, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
    if (messages && pdev->msix)
        nr = msix_alloc(pdev, min, max);
    if (nr < 0 && messages && pdev->msi && min == 1)
        nr = msi_alloc(pdev);
    if (nr < 0 && min == 1)
        nr = line_alloc(pdev);
    return nr;
}

void pci_vectors_free(struct pci_dev *pdev)
{
    struct pci_vector_state *state = pdev->vectors;

    if (!state)
        return;
    if (state->kind == VECTORS_MSIX) {
        pci_write16(pdev, pdev->msix + MSIX_CONTROL,
                    pci_read16(pdev, pdev->msix + MSIX_CONTROL) & ~MSIX_ENABLE);
        messages_free(state);
        iounmap(state->table);
    } else if (state->kind == VECTORS_MSI) {
        pci_write16(pdev, pdev->msi + MSI_CONTROL,
                    pci_read16(pdev, pdev->msi + MSI_CONTROL) & ~MSI_ENABLE);
        messages_free(state);
    }
    pdev->vectors = NULL;
    kfree(state);
}

unsigned int pci_vector_irq(const struct pci_dev *pdev, unsigned int index)
{
    return pdev->vectors->irqs[index];
}

bool pci_vectors_are_msix(const struct pci_dev *pdev)
{
    return pdev->vectors && pdev->vectors->kind == VECTORS_MSIX;
}

bool pci_vector_is_shared(const struct pci_dev *pdev)
{
    return pdev->vectors && pdev->vectors->kind == VECTORS_LINE;
}
