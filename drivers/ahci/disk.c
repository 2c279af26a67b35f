// SPDX-License-Identifier: MIT
/*
 * A disk behind an AHCI port: sda...
 *
 * Reads and writes are queued (NCQ) where disk and controller can; a tag is a slot. Flush and trim
 * are not: they go alone. QUEUE_BUSY makes the block layer come back when the port is empty, or,
 * for queued ones, when the one that goes alone is done.
 *
 * Recovery: every request in flight goes back to be tried again (the layer bounds how often) after
 * the link was reset; when nothing answers any more the disk is taken away, and when something is
 * plugged in one is made.
 */
#include "ahci.h"

#include <sd/sd.h>

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

#define SECTORS_MAX    2560U
#define TRIM_SECTORS   (64U * 65535U) /* one block of ranges */
#define TRIM_RANGE_MAX 65535U
#define TRIM_RANGES    64

/* Read, write, and whether they may be queued. */
static void command_transfer(const struct ahci_port *port, const struct request *rq,
                             struct ata_command *command)
{
    const struct ata_identity *id = &port->id;
    unsigned int shift = __builtin_ctz(id->block_size) - SECTOR_SHIFT;
    bool fua = rq->op == BIO_WRITE && (rq->flags & BIO_FUA);

    command->write = rq->op == BIO_WRITE;
    command->lba = rq->sector >> shift;
    command->count = rq->size_bytes >> (shift + SECTOR_SHIFT);
    command->device = ATA_DEVICE_LBA;
    command->queued = id->ncq && (port->ahci->cap & HBA_CAP_NCQ);
    if (command->queued) {
        command->command = command->write ? ATA_WRITE_FPDMA : ATA_READ_FPDMA;
        command->fua = fua ? ATA_FPDMA_FUA : 0;
    } else if (command->write) {
        command->command = fua ? ATA_WRITE_FUA_EXT : ATA_WRITE_DMA_EXT;
    } else {
        command->command = ATA_READ_DMA_EXT;
    }
}

static int regions_fill(struct ahci_port *port, struct request *rq, unsigned int slot)
{
    struct ahci_region *regions = port->tables[slot].regions;
    struct request_iter it;
    paddr_t phys;
    u32 len;
    int n = 0;

    request_iter_init(&it, rq);
    while (request_iter_next(&it, &phys, &len)) {
        dma_addr_t address = dma_map_phys(&port->ahci->pdev->dev, phys, len,
                                          rq->op == BIO_READ ? DMA_FROM_DEVICE : DMA_TO_DEVICE);

        if (n == AHCI_SEGMENTS || address == DMA_MAPPING_ERROR || (address & 1) || (len & 1))
            return -EIO;
        regions[n++] = (struct ahci_region){.address = address, .count = len - 1};
    }
    return n;
}

/* Ranges of 48 bits of block and 16 of count; the page for them is in the driver's data. */
static int trim_fill(struct ahci_port *port, struct request *rq, unsigned int slot,
                     struct ata_command *command)
{
    unsigned int shift = __builtin_ctz(port->id.block_size) - SECTOR_SHIFT;
    u64 *ranges = rq->driver_data, lba = rq->sector >> shift;
    u32 left = rq->size_bytes >> (shift + SECTOR_SHIFT);
    dma_addr_t address;

    memset(ranges, 0, 512);
    for (unsigned int i = 0; left && i < TRIM_RANGES; i++) {
        u32 n = min(left, TRIM_RANGE_MAX);

        ranges[i] = lba | (u64)n << 48;
        lba += n;
        left -= n;
    }
    address = dma_map_single(&port->ahci->pdev->dev, ranges, 512, DMA_TO_DEVICE);
    if (left || address == DMA_MAPPING_ERROR)
        return -EIO;
    *command = (struct ata_command){
        .command = ATA_DATA_SET, .feature = 1, .count = 1, .device = ATA_DEVICE_LBA, .write = true};
    port->tables[slot].regions[0] = (struct ahci_region){.address = address, .count = 511};
    return 1;
}

static int command_fill(struct ahci_port *port, struct request *rq, struct ata_command *command)
{
    switch (rq->op) {
    case BIO_READ:
    case BIO_WRITE: command_transfer(port, rq, command); return regions_fill(port, rq, rq->tag);
    case BIO_FLUSH:
        *command = (struct ata_command){.command = ATA_FLUSH_EXT, .device = ATA_DEVICE_LBA};
        return 0;
    case BIO_DISCARD: return trim_fill(port, rq, rq->tag, command);
    default: return -EOPNOTSUPP;
    }
}

/* Whether the command may join what is in flight. issue_lock held. */
static bool may_issue(const struct ahci_port *port, bool queued)
{
    return queued ? port->issued == port->queued_issued : port->issued == 0;
}

static enum queue_result ahci_queue_request(struct hw_queue *hctx, struct request *rq, bool last)
{
    struct ahci_port *port = hctx->driver_data;
    enum queue_result result = QUEUE_BUSY;
    struct ata_command command = {};
    unsigned long flags;
    int nr_regions;

    if (READ_ONCE(port->state) == PORT_DEAD || READ_ONCE(port->state) == PORT_EMPTY)
        return QUEUE_ERROR;
    nr_regions = command_fill(port, rq, &command);
    if (nr_regions < 0)
        return QUEUE_ERROR;
    ahci_slot_fill(port, rq->tag, &command, nr_regions);
    spin_lock_irqsave(&port->issue_lock, flags);
    if (port->state == PORT_LIVE && !port->error_irq && may_issue(port, command.queued)) {
        port->inflight[rq->tag] = rq;
        port->issued |= 1U << rq->tag;
        if (command.queued) {
            port->queued_issued |= 1U << rq->tag;
            port_write(port, PORT_SACT, 1U << rq->tag);
        }
        wmb();
        port_write(port, PORT_CI, 1U << rq->tag);
        result = QUEUE_OK;
    }
    spin_unlock_irqrestore(&port->issue_lock, flags);
    return result;
}

static enum timeout_result ahci_timeout(struct request *rq)
{
    struct ahci_port *port = rq->hctx->driver_data;

    ahci_port_poll(port);
    if (READ_ONCE(port->inflight[rq->tag]) != rq)
        return TIMEOUT_DONE;
    dev_err(&port->ahci->pdev->dev, "port %u: no answer to a request\n", port->number);
    spin_lock_irq(&port->issue_lock);
    port->error_irq |= PORT_IRQ_TASK_FILE;
    spin_unlock_irq(&port->issue_lock);
    ahci_port_recover(port);
    return TIMEOUT_DONE;
}

static int ahci_init_hctx(struct hw_queue *hctx, void *driver_data, unsigned int index)
{
    hctx->driver_data = driver_data;
    return 0;
}

static const struct blk_ops ahci_blk_ops = {
    .queue_request = ahci_queue_request,
    .timeout = ahci_timeout,
    .init_hctx = ahci_init_hctx,
    .request_size = 512, /* trim ranges; aligned as powers of two are */
};

static void disk_fill(struct ahci_port *port, struct disk *disk)
{
    const struct ata_identity *id = &port->id;

    disk->nr_sectors = id->nr_sectors * (id->block_size / SECTOR_SIZE);
    disk->private = port;
    strscpy(disk->model, id->model, sizeof(disk->model));
    strscpy(disk->serial, id->serial, sizeof(disk->serial));
    strscpy(disk->firmware, id->firmware, sizeof(disk->firmware));
    disk->limits = (struct queue_limits){
        .logical_block_size = id->block_size,
        .physical_block_size = id->physical_block_size,
        .max_sectors = SECTORS_MAX,
        .max_segments = AHCI_SEGMENTS,
        .max_segment_size = REGION_SIZE_MAX,
        .max_discard_sectors = id->trim ? TRIM_SECTORS : 0,
        .volatile_cache = id->write_cache,
        .fua = id->write_cache && id->fua,
        .rotational = id->rotational,
    };
}

/* lock held, nothing in flight. */
static int disk_identify(struct ahci_port *port, struct ata_identity *id)
{
    const struct ata_command command = {.command = ATA_IDENTIFY};
    dma_addr_t address;
    u16 *data = dma_alloc_coherent(&port->ahci->pdev->dev, PAGE_SIZE, &address, GFP_KERNEL);
    int error;

    if (!data)
        return -ENOMEM;
    error = ahci_exec(port, &command, address, 512);
    if (!error)
        error = ata_identify_parse(data, id);
    if (error)
        dev_warn(&port->ahci->pdev->dev, "port %u: identification failed: error %d\n", port->number,
                 -error);
    /* What did not answer may still write: then the page is lost rather than reused. */
    if (error != -ETIMEDOUT)
        dma_free_coherent(&port->ahci->pdev->dev, PAGE_SIZE, data, address);
    return error;
}

/* plug_lock held, not lock: reading the partition table may need recovery. */
static int disk_add(struct ahci_port *port)
{
    unsigned int depth = min_t(unsigned int, port->id.queue_depth, port->ahci->nr_slots);
    struct disk *disk = disk_alloc(&ahci_blk_ops, 1, depth, port, &port->ahci->pdev->dev);
    int error;

    if (!disk)
        return -ENOMEM;
    error = sd_disk_name(disk);
    if (error)
        goto put;
    disk_fill(port, disk);
    port->disk = disk;
    WRITE_ONCE(port->state, PORT_LIVE);
    error = disk_register(disk);
    if (!error)
        return 0;
    WRITE_ONCE(port->state, PORT_EMPTY);
    port->disk = NULL;
    sd_disk_release(disk);
put:
    disk_put(disk);
    return error;
}

/* plug_lock held. */
static void disk_remove(struct ahci_port *port)
{
    struct disk *disk = port->disk;

    disk_unregister(disk);
    mutex_lock(&port->lock);
    port->disk = NULL;
    mutex_unlock(&port->lock);
    sd_disk_release(disk);
    disk_put(disk);
}

/* Whether a disk answers, described in port->id. */
static bool disk_find(struct ahci_port *port)
{
    bool found;

    mutex_lock(&port->lock);
    found = port->state == PORT_EMPTY && ahci_port_start(port) == 0 &&
            disk_identify(port, &port->id) == 0;
    mutex_unlock(&port->lock);
    return found;
}

void ahci_port_plug(struct ahci_port *port)
{
    mutex_lock(&port->plug_lock);
    if (port->disk && READ_ONCE(port->state) == PORT_EMPTY)
        disk_remove(port);
    if (!port->disk && disk_find(port))
        disk_add(port);
    mutex_unlock(&port->plug_lock);
}

/* Everything in flight goes back. The port is stopped, or has been started anew. */
static void inflight_return(struct ahci_port *port, int status)
{
    struct request *back[AHCI_SLOTS_MAX];

    spin_lock_irq(&port->issue_lock);
    memcpy(back, port->inflight, sizeof(back));
    memset(port->inflight, 0, sizeof(port->inflight));
    port->issued = port->queued_issued = 0;
    port->error_irq = 0;
    spin_unlock_irq(&port->issue_lock);
    for (unsigned int slot = 0; slot < AHCI_SLOTS_MAX; slot++)
        if (back[slot])
            request_complete(back[slot], status);
}

void ahci_port_unplug(struct ahci_port *port)
{
    mutex_lock(&port->plug_lock);
    mutex_lock(&port->lock);
    WRITE_ONCE(port->state, PORT_DEAD);
    ahci_port_stop(port);
    mutex_unlock(&port->lock);
    inflight_return(port, -EIO);
    if (port->disk)
        disk_remove(port);
    mutex_unlock(&port->plug_lock);
}

/* Whether the link changed or something failed since this was asked last. */
static bool trouble_take(struct ahci_port *port)
{
    bool trouble;

    spin_lock_irq(&port->issue_lock);
    trouble = port->hotplug || port->error_irq;
    port->hotplug = false;
    spin_unlock_irq(&port->issue_lock);
    return trouble;
}

/* lock held. Whether the disk that was there is there again. */
static bool disk_returns(struct ahci_port *port)
{
    struct ata_identity now;
    bool started = ahci_port_start(port) == 0;

    inflight_return(port, started ? -EAGAIN : -EIO);
    return started && disk_identify(port, &now) == 0 && memcmp(&now, &port->id, sizeof(now)) == 0;
}

void ahci_port_recover(struct ahci_port *port)
{
    bool gone = false;

    mutex_lock(&port->lock);
    if (!trouble_take(port) || port->state == PORT_DEAD) {
        mutex_unlock(&port->lock);
        return;
    }
    if (port->state == PORT_LIVE) {
        dev_warn(&port->ahci->pdev->dev, "port %u: error or link change (status %#x), resetting\n",
                 port->number, port_read(port, PORT_TFD));
        WRITE_ONCE(port->state, PORT_RECOVERING);
        gone = !disk_returns(port);
        WRITE_ONCE(port->state, gone ? PORT_EMPTY : PORT_LIVE);
        if (gone)
            dev_err(&port->ahci->pdev->dev, "port %u: %s is gone\n", port->number,
                    port->disk->name);
        hw_queue_kick(disk_hw_queue(port->disk, 0));
    }
    mutex_unlock(&port->lock);
    if (READ_ONCE(port->state) == PORT_EMPTY)
        work_queue(system_unbound_wq, &port->plug_work);
}
