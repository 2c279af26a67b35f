// SPDX-License-Identifier: MIT
/*
 * xHCI controllers on PCI: taken from the firmware, reset, given their memory, started.
 *
 * Firmware that keeps the controller busy for its own keyboard support (in SMM) gets a second to
 * let go, and is then shut out. Specification: xHCI 1.2, 4.2, 4.22.1.
 */
#include "xhci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>

#define LEGACY_BIOS    (1U << 16)
#define LEGACY_OS      (1U << 24)
#define LEGACY_SMI_OFF 0xe0000000U /* write ones to the status bits, no enables */
#define HANDOFF_NS     NSEC_PER_SEC
#define HALT_NS        (100 * NSEC_PER_MSEC)
#define RESET_NS       (5 * NSEC_PER_SEC)
#define XCAPS_MAX      64
#define MODERATION     160 /* of 250 ns: at most 25,000 interrupts a second */

static bool op_wait(struct xhci *xhci, u32 offset, u32 mask, u32 value, u64 timeout_ns)
{
    u64 deadline = ktime_ns() + timeout_ns;

    while ((op_read(xhci, offset) & mask) != value) {
        if (ktime_ns() > deadline)
            return false;
        msleep(1);
    }
    return true;
}

/* Offset of the extended capability from the register base, or 0. */
static u32 extended_find(struct xhci *xhci, u8 id)
{
    u32 at = HCC1_EXTENDED(mmio_read32(xhci->cap + CAP_HCC1)) * 4;

    for (unsigned int i = 0; i < XCAPS_MAX && at && at + 8 <= xhci->regs_size; i++) {
        u32 head = mmio_read32(xhci->cap + at), next = head >> 8 & 0xff;

        if ((head & 0xff) == id)
            return at;
        at = next ? at + next * 4 : 0;
    }
    return 0;
}

static void firmware_handoff(struct xhci *xhci)
{
    u32 at = extended_find(xhci, XCAP_LEGACY);
    u64 deadline = ktime_ns() + HANDOFF_NS;
    u32 value;

    if (!at)
        return;
    value = mmio_read32(xhci->cap + at);
    if (value & LEGACY_BIOS) {
        mmio_write32(xhci->cap + at, value | LEGACY_OS);
        while ((mmio_read32(xhci->cap + at) & LEGACY_BIOS) && ktime_ns() < deadline)
            msleep(1);
        value = mmio_read32(xhci->cap + at);
        if (value & LEGACY_BIOS) {
            dev_warn(&xhci->pdev->dev, "the firmware does not let go: shut out\n");
            mmio_write32(xhci->cap + at, (value | LEGACY_OS) & ~LEGACY_BIOS);
        }
    }
    mmio_write32(xhci->cap + at + 4, LEGACY_SMI_OFF);
}

static int controller_reset(struct xhci *xhci)
{
    op_write(xhci, OP_COMMAND, op_read(xhci, OP_COMMAND) & ~(COMMAND_RUN | COMMAND_IRQ));
    op_wait(xhci, OP_STATUS, STATUS_HALTED, STATUS_HALTED, HALT_NS);
    op_write(xhci, OP_COMMAND, COMMAND_RESET);
    if (!op_wait(xhci, OP_COMMAND, COMMAND_RESET, 0, RESET_NS) ||
        !op_wait(xhci, OP_STATUS, STATUS_NOT_READY, 0, RESET_NS))
        return -EIO;
    return 0;
}

static int regs_map(struct xhci *xhci)
{
    struct pci_dev *pdev = xhci->pdev;
    u32 runtime, doorbells, length, hcs1, hcc1;

    xhci->regs_size = pdev->bars[0].size;
    xhci->cap = pci_bar_map(pdev, 0, 0, 0, CACHE_UC);
    if (!xhci->cap || xhci->regs_size < 0x1000)
        return -ENODEV;
    length = mmio_read8(xhci->cap + CAP_LENGTH);
    hcs1 = mmio_read32(xhci->cap + CAP_HCS1);
    hcc1 = mmio_read32(xhci->cap + CAP_HCC1);
    runtime = mmio_read32(xhci->cap + CAP_RUNTIME) & ~0x1fU;
    doorbells = mmio_read32(xhci->cap + CAP_DOORBELL) & ~3U;
    xhci->max_slots = min(HCS1_SLOTS(hcs1), 255U);
    xhci->hcd.nr_ports = min(HCS1_PORTS(hcs1), (u32)USB_MAX_PORTS);
    if (length < 0x20 || length + OP_PORT(HCS1_PORTS(hcs1) + 1) > xhci->regs_size ||
        runtime + 0x40 > xhci->regs_size || doorbells + 4 * 256 > xhci->regs_size ||
        !xhci->max_slots || !xhci->hcd.nr_ports) {
        dev_err(&pdev->dev, "registers that contradict themselves\n");
        return -ENODEV;
    }
    xhci->op = xhci->cap + length;
    xhci->runtime = xhci->cap + runtime;
    xhci->doorbells = xhci->cap + doorbells;
    xhci->context_size = hcc1 & HCC1_CONTEXT_64 ? 64 : 32;
    if (!(hcc1 & HCC1_64BIT))
        pdev->dev.dma_mask = 0xffffffff;
    return 0;
}

static void *coherent(struct xhci *xhci, size_t size, dma_addr_t *address)
{
    return dma_alloc_coherent(&xhci->pdev->dev, size, address, GFP_KERNEL);
}

/* Pages that the controller wants for itself (4.20). */
static int scratch_alloc(struct xhci *xhci)
{
    xhci->nr_scratch = HCS2_SCRATCH(mmio_read32(xhci->cap + CAP_HCS2));
    if (!xhci->nr_scratch)
        return 0;
    if (xhci->nr_scratch > SCRATCH_MAX)
        return -ENOMEM;
    xhci->scratch = coherent(xhci, xhci->nr_scratch * sizeof(u64), &xhci->scratch_address);
    xhci->scratch_pages = kcalloc(xhci->nr_scratch, sizeof(void *), GFP_KERNEL);
    if (!xhci->scratch || !xhci->scratch_pages)
        return -ENOMEM;
    for (unsigned int i = 0; i < xhci->nr_scratch; i++) {
        dma_addr_t address;

        xhci->scratch_pages[i] = coherent(xhci, PAGE_SIZE, &address);
        if (!xhci->scratch_pages[i])
            return -ENOMEM;
        xhci->scratch[i] = address;
    }
    xhci->dcbaa[0] = xhci->scratch_address;
    return 0;
}

static int memory_alloc(struct xhci *xhci)
{
    size_t input = (NR_CONTEXTS + 1) * xhci->context_size;

    if (!(op_read(xhci, OP_PAGE_SIZE) & 1))
        return -ENODEV; /* pages of 4 KiB */
    xhci->devices = kcalloc(xhci->max_slots + 1, sizeof(*xhci->devices), GFP_KERNEL);
    xhci->dcbaa = coherent(xhci, (xhci->max_slots + 1) * sizeof(u64), &xhci->dcbaa_address);
    xhci->input = coherent(xhci, input, &xhci->input_address);
    xhci->events = coherent(xhci, EVENT_TRBS * sizeof(struct trb), &xhci->events_address);
    xhci->event_table = coherent(xhci, 2 * sizeof(u64), &xhci->event_table_address);
    if (!xhci->devices || !xhci->dcbaa || !xhci->input || !xhci->events || !xhci->event_table)
        return -ENOMEM;
    xhci->event_table[0] = xhci->events_address;
    xhci->event_table[1] = EVENT_TRBS;
    xhci->event_cycle = 1;
    return xhci_ring_alloc(&xhci->pdev->dev, &xhci->command_ring) ?: scratch_alloc(xhci);
}

static void coherent_free(struct xhci *xhci, size_t size, void *p, dma_addr_t address)
{
    if (p)
        dma_free_coherent(&xhci->pdev->dev, size, p, address);
}

static void memory_free(struct xhci *xhci)
{
    for (unsigned int i = 0; xhci->scratch_pages && i < xhci->nr_scratch; i++)
        coherent_free(xhci, PAGE_SIZE, xhci->scratch_pages[i], xhci->scratch[i]);
    kfree(xhci->scratch_pages);
    coherent_free(xhci, xhci->nr_scratch * sizeof(u64), xhci->scratch, xhci->scratch_address);
    xhci_ring_free(&xhci->pdev->dev, &xhci->command_ring);
    coherent_free(xhci, 2 * sizeof(u64), xhci->event_table, xhci->event_table_address);
    coherent_free(xhci, EVENT_TRBS * sizeof(struct trb), xhci->events, xhci->events_address);
    coherent_free(xhci, (NR_CONTEXTS + 1) * xhci->context_size, xhci->input, xhci->input_address);
    coherent_free(xhci, (xhci->max_slots + 1) * sizeof(u64), xhci->dcbaa, xhci->dcbaa_address);
    kfree(xhci->devices);
}

static int irq_setup(struct xhci *xhci)
{
    int nr = pci_vectors_alloc(xhci->pdev, 1, 1), error;

    if (nr < 0)
        return nr;
    error = irq_request(pci_vector_irq(xhci->pdev, 0), xhci_irq, NULL,
                        pci_vector_is_shared(xhci->pdev) ? IRQF_SHARED : 0, "xhci", xhci);
    if (error)
        pci_vectors_free(xhci->pdev);
    return error;
}

static void controller_program(struct xhci *xhci)
{
    op_write(xhci, OP_CONFIG, xhci->max_slots);
    write_pair(xhci->op + OP_DCBAAP, xhci->dcbaa_address);
    write_pair(xhci->op + OP_CRCR, xhci->command_ring.address | 1);
    mmio_write32(xhci->runtime + IR_ERST_SIZE, 1);
    write_pair(xhci->runtime + IR_DEQUEUE, xhci->events_address);
    write_pair(xhci->runtime + IR_ERST, xhci->event_table_address);
    mmio_write32(xhci->runtime + IR_MODERATION, MODERATION);
    mmio_write32(xhci->runtime + IR_MANAGEMENT, IMAN_ENABLE | IMAN_PENDING);
}

static int controller_run(struct xhci *xhci)
{
    controller_program(xhci);
    op_write(xhci, OP_COMMAND, COMMAND_RUN | COMMAND_IRQ);
    if (!op_wait(xhci, OP_STATUS, STATUS_HALTED, 0, HALT_NS))
        return -EIO;
    for (unsigned int port = 1; port <= xhci->hcd.nr_ports; port++) {
        u32 value = op_read(xhci, OP_PORT(port));

        if (!(value & PORT_POWER))
            op_write(xhci, OP_PORT(port), (value & PORT_KEEP) | PORT_POWER);
    }
    return 0;
}

static const struct usb_hcd_ops xhci_ops = {
    .device_enable = xhci_device_enable,
    .device_disable = xhci_device_disable,
    .ep0_update = xhci_ep0_update,
    .hub_update = xhci_hub_update,
    .endpoints_configure = xhci_endpoints_configure,
    .endpoint_reset = xhci_endpoint_reset,
    .submit = xhci_submit,
    .cancel = xhci_cancel,
    .port_status = xhci_port_status,
    .port_reset = xhci_port_reset,
    .port_clear_change = xhci_port_clear_change,
};

static struct xhci *xhci_create(struct pci_dev *pdev)
{
    struct xhci *xhci = kzalloc(sizeof(*xhci), GFP_KERNEL);

    if (!xhci)
        return NULL;
    xhci->pdev = pdev;
    xhci->hcd.ops = &xhci_ops;
    xhci->hcd.parent = &pdev->dev;
    spin_lock_init(&xhci->device_lock);
    spin_lock_init(&xhci->event_lock);
    mutex_init(&xhci->command_lock);
    completion_init(&xhci->command_done);
    return xhci;
}

static int controller_setup(struct xhci *xhci)
{
    int error = regs_map(xhci);

    if (error)
        return error;
    firmware_handoff(xhci);
    error = controller_reset(xhci);
    if (error) {
        dev_err(&xhci->pdev->dev, "does not reset\n");
        return error;
    }
    return memory_alloc(xhci);
}

static int xhci_probe(struct pci_dev *pdev, const struct pci_id *id)
{
    struct xhci *xhci = xhci_create(pdev);
    int error;

    if (!xhci)
        return -ENOMEM;
    error = pci_device_enable(pdev);
    if (error)
        goto free;
    error = controller_setup(xhci);
    if (error)
        goto memory;
    error = irq_setup(xhci);
    if (error)
        goto memory;
    error = controller_run(xhci);
    if (!error)
        error = usb_hcd_add(&xhci->hcd);
    if (error)
        goto stop;
    pdev->dev.private = xhci;
    return 0;
stop:
    op_write(xhci, OP_COMMAND, 0);
    irq_free(pci_vector_irq(pdev, 0), xhci);
    pci_vectors_free(pdev);
memory:
    if (xhci->op)
        memory_free(xhci);
    if (xhci->cap)
        iounmap(xhci->cap);
    pci_device_disable(pdev);
free:
    kfree(xhci);
    return error;
}

static void xhci_stop(struct xhci *xhci)
{
    op_write(xhci, OP_COMMAND, 0);
    op_wait(xhci, OP_STATUS, STATUS_HALTED, STATUS_HALTED, HALT_NS);
}

static void xhci_remove(struct pci_dev *pdev)
{
    struct xhci *xhci = pdev->dev.private;

    usb_hcd_remove(&xhci->hcd);
    xhci_stop(xhci);
    irq_free(pci_vector_irq(pdev, 0), xhci);
    pci_vectors_free(pdev);
    memory_free(xhci);
    iounmap(xhci->cap);
    pci_device_disable(pdev);
    kfree(xhci);
}

static void xhci_shutdown(struct pci_dev *pdev)
{
    xhci_stop(pdev->dev.private);
}

static const struct pci_id xhci_ids[] = {
    PCI_ID_CLASS(PCI_CLASS_SERIAL_XHCI, 0xffffff),
    {},
};

static struct pci_driver xhci_driver = {
    .drv = {.name = "xhci_hcd"},
    .ids = xhci_ids,
    .probe = xhci_probe,
    .remove = xhci_remove,
    .shutdown = xhci_shutdown,
};
PCI_DRIVER(xhci_driver);
