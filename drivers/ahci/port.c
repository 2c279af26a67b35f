// SPDX-License-Identifier: MIT
/*
 * An AHCI port: the link, the command list, and commands.
 *
 * Each slot has a command table of its own, so that filling one needs no allocation. Queued (NCQ)
 * commands are done when their bit in SACT clears, others when their bit in CI does; both kinds
 * are never in flight together, which the standard forbids (the disk's queue sees to it: flush and
 * trim wait until the port is empty, and hold others back).
 *
 * Any error stops the port; what is left in flight is sorted out in task context, by resetting the
 * link and giving the requests back to be tried again. Waits are bounded, since hardware is known
 * that never leaves a state. Specification: AHCI 1.3.1, 5.5, 6.2, 10.
 */
#include "ahci.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define STOP_NS       (600 * NSEC_PER_MSEC)
#define SHOW_MS       20
#define LINK_NS       (1000 * NSEC_PER_MSEC)
#define READY_NS      (10 * NSEC_PER_SEC) /* disks spin up */
#define INTERNAL_NS   (10 * NSEC_PER_SEC)
#define RECEIVED_SIZE 256

/* Until the bits of a register have a value; false when they do not come to it. */
static bool register_wait(const struct ahci_port *port, u32 offset, u32 mask, u32 value,
                          u64 timeout_ns)
{
    u64 deadline = ktime_ns() + timeout_ns;

    while ((port_read(port, offset) & mask) != value) {
        if (ktime_ns() > deadline)
            return false;
        msleep(1);
    }
    return true;
}

int ahci_port_alloc(struct ahci_port *port)
{
    struct device *dev = &port->ahci->pdev->dev;
    unsigned int nr = port->ahci->nr_slots;

    port->headers = dma_alloc_coherent(dev, AHCI_SLOTS_MAX * sizeof(*port->headers),
                                       &port->headers_address, GFP_KERNEL);
    port->tables =
        dma_alloc_coherent(dev, nr * sizeof(*port->tables), &port->tables_address, GFP_KERNEL);
    port->received = dma_alloc_coherent(dev, RECEIVED_SIZE, &port->received_address, GFP_KERNEL);
    if (!port->headers || !port->tables || !port->received)
        return -ENOMEM;
    for (unsigned int i = 0; i < nr; i++)
        port->headers[i].table = port->tables_address + i * sizeof(*port->tables);
    return 0;
}

void ahci_port_free(struct ahci_port *port)
{
    struct device *dev = &port->ahci->pdev->dev;

    if (port->headers)
        dma_free_coherent(dev, AHCI_SLOTS_MAX * sizeof(*port->headers), port->headers,
                          port->headers_address);
    if (port->tables)
        dma_free_coherent(dev, port->ahci->nr_slots * sizeof(*port->tables), port->tables,
                          port->tables_address);
    if (port->received)
        dma_free_coherent(dev, RECEIVED_SIZE, port->received, port->received_address);
    kfree(port);
}

/* Stops processing commands and receiving. */
static int engine_stop(struct ahci_port *port)
{
    u32 command = port_read(port, PORT_CMD);

    port_write(port, PORT_CMD, command & ~PORT_CMD_START);
    if (!register_wait(port, PORT_CMD, PORT_CMD_CR, 0, STOP_NS))
        return -EIO;
    port_write(port, PORT_CMD, port_read(port, PORT_CMD) & ~PORT_CMD_FRE);
    return register_wait(port, PORT_CMD, PORT_CMD_FR, 0, STOP_NS) ? 0 : -EIO;
}

static void address_write(struct ahci_port *port, u32 offset, dma_addr_t address)
{
    port_write(port, offset, address);
    port_write(port, offset + 4, address >> 32);
}

static void receive_start(struct ahci_port *port)
{
    address_write(port, PORT_CLB, port->headers_address);
    address_write(port, PORT_FB, port->received_address);
    port_write(port, PORT_SERR, ~0U);
    port_write(port, PORT_IS, ~0U);
    port_write(port, PORT_CMD,
               port_read(port, PORT_CMD) | PORT_CMD_POWER | PORT_CMD_SPIN_UP | PORT_CMD_FRE);
}

/* COMRESET (10.4.2). 0, or -ENODEV when nothing answers: a device shows itself soon, even if its
 * link takes longer (SATA 3, 8.4.1). */
static int link_reset(struct ahci_port *port)
{
    u32 control = port_read(port, PORT_SCTL) & ~0xfU;

    port_write(port, PORT_SCTL, control | 0x300 | 1); /* no power saving; reset */
    msleep(2);
    port_write(port, PORT_SCTL, control | 0x300);
    msleep(SHOW_MS);
    if (SSTS_DETECT(port_read(port, PORT_SSTS)) == 0 ||
        !register_wait(port, PORT_SSTS, 0xf, SSTS_DETECT_PRESENT, LINK_NS))
        return -ENODEV;
    port_write(port, PORT_SERR, ~0U);
    return 0;
}

static int engine_start(struct ahci_port *port)
{
    u32 busy = ATA_STATUS_BUSY | ATA_STATUS_DRQ;

    if (!register_wait(port, PORT_TFD, busy, 0, READY_NS))
        return -EIO;
    port_write(port, PORT_CMD, port_read(port, PORT_CMD) | PORT_CMD_START);
    port_write(port, PORT_IE, PORT_IRQ_D2H | PORT_IRQ_SDB | PORT_IRQ_ERRORS | PORT_IRQ_HOTPLUG);
    return 0;
}

int ahci_port_start(struct ahci_port *port)
{
    u32 signature;
    int error;

    port_write(port, PORT_IE, 0);
    if (engine_stop(port) != 0)
        dev_warn(&port->ahci->pdev->dev, "port %u does not stop\n", port->number);
    receive_start(port);
    /* Hot-plug interrupts also for a port where nothing is yet. */
    port_write(port, PORT_IE, PORT_IRQ_HOTPLUG);
    error = link_reset(port);
    if (error)
        return error;
    error = engine_start(port);
    if (error) {
        dev_warn(&port->ahci->pdev->dev, "port %u: the device stays busy\n", port->number);
        return error;
    }
    signature = port_read(port, PORT_SIG);
    if (signature == SIGNATURE_ATA)
        return 0;
    dev_info(&port->ahci->pdev->dev, "port %u: %s (%#x) is not supported\n", port->number,
             signature == SIGNATURE_PM ? "a port multiplier" : "what is there", signature);
    return -ENODEV;
}

void ahci_port_stop(struct ahci_port *port)
{
    port_write(port, PORT_IE, 0);
    engine_stop(port);
}

void ahci_slot_fill(struct ahci_port *port, unsigned int slot, const struct ata_command *command,
                    unsigned int nr_regions)
{
    struct ahci_command_header *header = &port->headers[slot];
    struct ahci_fis fis = {
        .type = FIS_HOST_TO_DEVICE,
        .control_flags = FIS_IS_COMMAND,
        .command = command->command,
        .feature = command->feature,
        .device = command->device,
        .lba0 = command->lba,
        .lba1 = command->lba >> 8,
        .lba2 = command->lba >> 16,
        .lba3 = command->lba >> 24,
        .lba4 = command->lba >> 32,
        .lba5 = command->lba >> 40,
        .count = command->count,
        .count_high = command->count >> 8,
    };

    if (command->queued) {
        /* The count moves to the features, the tag takes its place. */
        fis.feature = command->count;
        fis.feature_high = command->count >> 8;
        fis.count = slot << 3;
        fis.count_high = 0;
        fis.device |= command->fua;
    }
    port->tables[slot].fis = fis;
    header->flags = HEADER_FIS_DWORDS | (command->write ? HEADER_WRITE : 0);
    header->nr_regions = nr_regions;
    header->transferred = 0;
}

int ahci_exec(struct ahci_port *port, const struct ata_command *command, dma_addr_t buffer,
              u32 size)
{
    int status;

    port->tables[0].regions[0] = (struct ahci_region){.address = buffer, .count = size - 1};
    ahci_slot_fill(port, 0, command, size ? 1 : 0);
    completion_init(&port->internal_done);
    spin_lock_irq(&port->issue_lock);
    port->internal_busy = true;
    port->issued |= 1;
    port_write(port, PORT_CI, 1);
    spin_unlock_irq(&port->issue_lock);
    status = wait_for_completion_until(&port->internal_done, ktime_ns() + INTERNAL_NS);
    if (status == -ETIMEDOUT) {
        ahci_port_poll(port);
        status = wait_for_completion_until(&port->internal_done, ktime_ns());
    }
    spin_lock_irq(&port->issue_lock);
    port->internal_busy = false;
    port->issued &= ~1U;
    spin_unlock_irq(&port->issue_lock);
    return status ?: port->internal_status;
}

/* Slots that the device has finished. issue_lock held. */
static u32 finished_take(struct ahci_port *port, struct request **done, bool *internal)
{
    u32 still = port_read(port, PORT_CI), finished;

    if (port->queued_issued)
        still |= port_read(port, PORT_SACT);
    finished = port->issued & ~still;
    port->issued &= ~finished;
    port->queued_issued &= ~finished;
    *internal = port->internal_busy && (finished & 1);
    for (unsigned int slot = 0; slot < AHCI_SLOTS_MAX; slot++) {
        done[slot] = NULL;
        if (!(finished & (1U << slot)) || (slot == 0 && *internal))
            continue;
        done[slot] = port->inflight[slot];
        port->inflight[slot] = NULL;
    }
    return finished;
}

void ahci_port_poll(struct ahci_port *port)
{
    struct request *done[AHCI_SLOTS_MAX];
    unsigned long flags;
    bool internal;
    u32 finished;

    spin_lock_irqsave(&port->issue_lock, flags);
    /* After an error CI and SACT say which commands were not the cause, and that is for recovery.
     */
    finished = port->error_irq ? 0 : finished_take(port, done, &internal);
    spin_unlock_irqrestore(&port->issue_lock, flags);
    if (!finished)
        return;
    if (internal) {
        port->internal_status = 0;
        complete(&port->internal_done);
    }
    for (unsigned int slot = 0; slot < AHCI_SLOTS_MAX; slot++)
        if (done[slot])
            request_complete(done[slot], 0);
    if (READ_ONCE(port->state) == PORT_LIVE)
        hw_queue_kick(disk_hw_queue(port->disk, 0));
}

void ahci_port_interrupt(struct ahci_port *port)
{
    u32 status = port_read(port, PORT_IS);
    unsigned long flags;
    bool recover = false;

    port_write(port, PORT_IS, status);
    if (status & PORT_IRQ_HOTPLUG)
        port_write(port, PORT_SERR, port_read(port, PORT_SERR));
    if (status & (PORT_IRQ_ERRORS | PORT_IRQ_HOTPLUG)) {
        spin_lock_irqsave(&port->issue_lock, flags);
        port->error_irq |= status & PORT_IRQ_ERRORS;
        port->hotplug |= (status & PORT_IRQ_HOTPLUG) != 0;
        recover = true;
        if (port->internal_busy && (status & PORT_IRQ_ERRORS)) {
            port->internal_status = -EIO;
            complete(&port->internal_done);
        }
        spin_unlock_irqrestore(&port->issue_lock, flags);
    }
    if (recover)
        work_queue(system_unbound_wq, &port->recover_work);
    else
        ahci_port_poll(port);
}
