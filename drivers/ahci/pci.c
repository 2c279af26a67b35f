// SPDX-License-Identifier: MIT
/*
 * AHCI controllers on PCI: taken over from the firmware, reset, their ports started one by one.
 * Links take their time (and empty ones tens of milliseconds to be known as such), so ports are
 * started by a work queue while start-up goes on; it is one for all controllers, and does one at a
 * time, so that disks have the same names at each boot. One interrupt serves all ports.
 * Specification: AHCI 1.3.1, 10.1.2, 10.6.3.
 */
#include "ahci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>

#define AHCI_BAR        5
#define HANDOFF_NS      (25 * NSEC_PER_MSEC)
#define HANDOFF_BUSY_NS (2 * NSEC_PER_SEC)
#define RESET_NS        NSEC_PER_SEC

static u32 hba_read(struct ahci *ahci, u32 offset)
{
    return mmio_read32(ahci->regs + offset);
}

static void hba_write(struct ahci *ahci, u32 offset, u32 value)
{
    mmio_write32(ahci->regs + offset, value);
}

static bool hba_wait_clear(struct ahci *ahci, u32 offset, u32 bits, u64 timeout_ns)
{
    u64 deadline = ktime_ns() + timeout_ns;

    while (hba_read(ahci, offset) & bits) {
        if (ktime_ns() > deadline)
            return false;
        msleep(1);
    }
    return true;
}

/* Takes the controller from the firmware, by force if it does not let go. */
static void firmware_handoff(struct ahci *ahci)
{
    if (!(hba_read(ahci, HBA_CAP2) & HBA_CAP2_HANDOFF))
        return;
    hba_write(ahci, HBA_BOHC, hba_read(ahci, HBA_BOHC) | HBA_BOHC_OS);
    if (hba_wait_clear(ahci, HBA_BOHC, HBA_BOHC_BIOS, HANDOFF_NS))
        return;
    if (hba_read(ahci, HBA_BOHC) & HBA_BOHC_BUSY)
        hba_wait_clear(ahci, HBA_BOHC, HBA_BOHC_BIOS, HANDOFF_BUSY_NS);
}

static int controller_reset(struct ahci *ahci)
{
    hba_write(ahci, HBA_GHC, hba_read(ahci, HBA_GHC) | HBA_GHC_AHCI);
    hba_write(ahci, HBA_GHC, hba_read(ahci, HBA_GHC) | HBA_GHC_RESET);
    if (!hba_wait_clear(ahci, HBA_GHC, HBA_GHC_RESET, RESET_NS))
        return -EIO;
    hba_write(ahci, HBA_GHC, hba_read(ahci, HBA_GHC) | HBA_GHC_AHCI);
    return 0;
}

static irq_return_t ahci_irq(unsigned int irq, void *dev)
{
    struct ahci *ahci = dev;
    u32 status = hba_read(ahci, HBA_IS);

    if (!status || status == ~0U)
        return IRQ_NONE;
    for (unsigned int n = 0; n < AHCI_PORTS_MAX; n++)
        if ((status & (1U << n)) && ahci->ports[n])
            ahci_port_interrupt(ahci->ports[n]);
    /* The ports first: theirs keeps the controller's bit set. */
    hba_write(ahci, HBA_IS, status);
    return IRQ_HANDLED;
}

static void recover_work(struct work *work)
{
    ahci_port_recover(container_of(work, struct ahci_port, recover_work));
}

static void plug_work(struct work *work)
{
    ahci_port_plug(container_of(work, struct ahci_port, plug_work));
}

static struct ahci_port *port_create(struct ahci *ahci, unsigned int number)
{
    struct ahci_port *port = kzalloc(sizeof(*port), GFP_KERNEL);

    if (!port)
        return NULL;
    port->ahci = ahci;
    port->number = number;
    port->regs = ahci->regs + HBA_PORT(number);
    mutex_init(&port->plug_lock);
    mutex_init(&port->lock);
    spin_lock_init(&port->issue_lock);
    completion_init(&port->internal_done);
    work_init(&port->recover_work, recover_work);
    work_init(&port->plug_work, plug_work);
    if (ahci_port_alloc(port) != 0) {
        ahci_port_free(port);
        return NULL;
    }
    return port;
}

static int ports_create(struct ahci *ahci)
{
    u32 implemented = hba_read(ahci, HBA_PI);

    for (unsigned int n = 0; n < AHCI_PORTS_MAX; n++) {
        if (!(implemented & (1U << n)) || HBA_PORT(n + 1) > ahci->regs_size)
            continue;
        ahci->ports[n] = port_create(ahci, n);
        if (!ahci->ports[n])
            return -ENOMEM;
    }
    return 0;
}

static struct workqueue *start_queue;

static void ports_start(struct work *work)
{
    struct ahci *ahci = container_of(work, struct ahci, start_work);

    for (unsigned int n = 0; n < AHCI_PORTS_MAX; n++)
        if (ahci->ports[n])
            ahci_port_plug(ahci->ports[n]);
}

static void ports_remove(struct ahci *ahci)
{
    for (unsigned int n = 0; n < AHCI_PORTS_MAX; n++) {
        struct ahci_port *port = ahci->ports[n];

        if (!port)
            continue;
        ahci_port_unplug(port);
        work_cancel_sync(&port->recover_work);
        work_cancel_sync(&port->plug_work);
    }
}

static void ports_free(struct ahci *ahci)
{
    for (unsigned int n = 0; n < AHCI_PORTS_MAX; n++)
        if (ahci->ports[n])
            ahci_port_free(ahci->ports[n]);
}

static int controller_setup(struct ahci *ahci)
{
    int error;

    firmware_handoff(ahci);
    error = controller_reset(ahci);
    if (error) {
        dev_err(&ahci->pdev->dev, "does not reset\n");
        return error;
    }
    ahci->cap = hba_read(ahci, HBA_CAP);
    ahci->nr_slots = HBA_CAP_SLOTS(ahci->cap);
    if (!(ahci->cap & HBA_CAP_64BIT))
        ahci->pdev->dev.dma_mask = 0xffffffff;
    return ports_create(ahci);
}

static int irq_setup(struct ahci *ahci)
{
    int nr = pci_vectors_alloc(ahci->pdev, 1, 1), error;

    if (nr < 0)
        return nr;
    error = irq_request(pci_vector_irq(ahci->pdev, 0), ahci_irq, NULL,
                        pci_vector_is_shared(ahci->pdev) ? IRQF_SHARED : 0, "ahci", ahci);
    if (error) {
        pci_vectors_free(ahci->pdev);
        return error;
    }
    hba_write(ahci, HBA_GHC, hba_read(ahci, HBA_GHC) | HBA_GHC_IRQ);
    return 0;
}

static int ahci_probe(struct pci_dev *pdev, const struct pci_id *id)
{
    struct ahci *ahci;
    int error;

    if (!start_queue)
        start_queue = workqueue_create("ahci", 1);
    if (!start_queue)
        return -ENOMEM;
    ahci = kzalloc(sizeof(*ahci), GFP_KERNEL);
    if (!ahci)
        return -ENOMEM;
    ahci->pdev = pdev;
    ahci->regs_size = pdev->bars[AHCI_BAR].size;
    error = pci_device_enable(pdev);
    if (error)
        goto free;
    error = -ENODEV;
    ahci->regs = pci_bar_map(pdev, AHCI_BAR, 0, 0, CACHE_UC);
    if (!ahci->regs || ahci->regs_size < HBA_PORT(1))
        goto disable;
    error = controller_setup(ahci);
    if (!error)
        error = irq_setup(ahci);
    if (error)
        goto ports;
    pdev->dev.private = ahci;
    work_init(&ahci->start_work, ports_start);
    work_queue(start_queue, &ahci->start_work);
    return 0;
ports:
    ports_free(ahci);
disable:
    if (ahci->regs)
        iounmap(ahci->regs);
    pci_device_disable(pdev);
free:
    kfree(ahci);
    return error;
}

static void ahci_remove(struct pci_dev *pdev)
{
    struct ahci *ahci = pdev->dev.private;

    work_cancel_sync(&ahci->start_work);
    ports_remove(ahci);
    hba_write(ahci, HBA_GHC, hba_read(ahci, HBA_GHC) & ~HBA_GHC_IRQ);
    irq_free(pci_vector_irq(pdev, 0), ahci);
    pci_vectors_free(pdev);
    ports_free(ahci);
    iounmap(ahci->regs);
    pci_device_disable(pdev);
    kfree(ahci);
}

static const struct pci_id ahci_ids[] = {
    PCI_ID_CLASS(PCI_CLASS_STORAGE_SATA_AHCI, 0xffffff),
    {},
};

static struct pci_driver ahci_driver = {
    .drv = {.name = "ahci"},
    .ids = ahci_ids,
    .probe = ahci_probe,
    .remove = ahci_remove,
};
PCI_DRIVER(ahci_driver);
