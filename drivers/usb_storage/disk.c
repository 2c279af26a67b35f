// SPDX-License-Identifier: MIT
/*
 * Memory sticks and disks behind USB, as block devices. One command is under way at a time, so the
 * queue is one deep. A command that the device refuses is looked into in task context: that is
 * where its sense data is read.
 */
#include "storage.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/list.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <sd/sd.h>

#define SECTORS_HIGH  480 /* of one request: old sticks choke on more */
#define SECTORS_SUPER 2048

static void sense_work(struct work *work)
{
    struct storage *s = container_of(work, struct storage, sense_work);
    struct request *rq = s->sense_rq;
    int error = scsi_sense_errno(s);

    /* A flush that the device does not know has nothing to flush. */
    if (rq->op == BIO_FLUSH && error == -EOPNOTSUPP)
        error = 0;
    else if (error == 0)
        error = -EAGAIN;
    request_complete(rq, error);
}

void storage_request_done(struct storage *s, struct request *rq, int result)
{
    if (result == 0 && s->residue)
        result = -EIO; /* less than all of it was moved */
    if (result == STORAGE_CHECK) {
        s->sense_rq = rq;
        work_queue(system_unbound_wq, &s->sense_work);
        return;
    }
    request_complete(rq, result);
}

static int segments_fill(struct storage *s, struct request *rq)
{
    struct request_iter it;
    paddr_t phys;
    u32 len;
    int n = 0;

    if (rq->op == BIO_FLUSH)
        return 0;
    request_iter_init(&it, rq);
    while (request_iter_next(&it, &phys, &len)) {
        dma_addr_t address = dma_map_phys(s->udev->hcd->parent, phys, len,
                                          rq->op == BIO_READ ? DMA_FROM_DEVICE : DMA_TO_DEVICE);

        if (n == STORAGE_SEGMENTS || address == DMA_MAPPING_ERROR)
            return -EIO;
        s->segments[n++] = (struct usb_segment){address, len};
    }
    return n;
}

static void claim_undo(struct storage *s)
{
    unsigned long flags;

    spin_lock_irqsave(&s->lock, flags);
    s->rq = NULL;
    s->phase = PHASE_IDLE;
    spin_unlock_irqrestore(&s->lock, flags);
}

static enum queue_result storage_queue_request(struct hw_queue *hctx, struct request *rq, bool last)
{
    struct storage *s = hctx->driver_data;
    int error, n;

    if (READ_ONCE(s->gone))
        return QUEUE_ERROR;
    if (!storage_claim(s))
        return QUEUE_BUSY;
    error = scsi_request_command(s, rq, &s->command);
    n = error ?: segments_fill(s, rq);
    if (n >= 0) {
        s->command.nr_segments = n;
        s->rq = rq;
        error = storage_start(s);
    }
    if (n < 0 || error) {
        claim_undo(s);
        return error == -ENOMEM ? QUEUE_BUSY : QUEUE_ERROR;
    }
    return QUEUE_OK;
}

/* The transfer under way is cancelled; recovery does the rest. */
static enum timeout_result storage_timeout(struct request *rq)
{
    struct storage *s = rq->hctx->driver_data;

    dev_err(&s->interface->dev, "%s: no answer to a request\n", s->disk->name);
    if (READ_ONCE(s->rq) == rq)
        usb_cancel(&s->transfer);
    return TIMEOUT_RESET_TIMER;
}

static int storage_init_hctx(struct hw_queue *hctx, void *driver_data, unsigned int index)
{
    hctx->driver_data = driver_data;
    return 0;
}

static const struct blk_ops storage_blk_ops = {
    .queue_request = storage_queue_request,
    .timeout = storage_timeout,
    .init_hctx = storage_init_hctx,
};

static void disk_fill(struct storage *s, struct disk *disk)
{
    disk->nr_sectors = s->nr_blocks << (s->block_shift - SECTOR_SHIFT);
    disk->read_only = s->read_only;
    disk->removable = true;
    disk->private = s;
    strscpy(disk->model, s->product, sizeof(disk->model));
    strscpy(disk->serial, s->udev->serial, sizeof(disk->serial));
    disk->limits = (struct queue_limits){
        .logical_block_size = 1U << s->block_shift,
        .physical_block_size = 1U << s->block_shift,
        .max_sectors = s->udev->speed >= USB_SPEED_SUPER ? SECTORS_SUPER : SECTORS_HIGH,
        .max_segments = STORAGE_SEGMENTS,
        .max_segment_size = 1U << 20,
        .volatile_cache = true,
        .rotational = true,
    };
}

static int disk_add(struct storage *s)
{
    struct disk *disk = disk_alloc(&storage_blk_ops, 1, 1, s, &s->interface->dev);
    int error;

    if (!disk)
        return -ENOMEM;
    error = sd_disk_name(disk);
    if (error)
        goto put;
    disk_fill(s, disk);
    WRITE_ONCE(s->disk, disk);
    error = disk_register(disk);
    if (!error)
        return 0;
    WRITE_ONCE(s->disk, NULL);
    sd_disk_release(disk);
put:
    disk_put(disk);
    return error;
}

static int unit_set_up(struct storage *s)
{
    int error = scsi_inquiry(s);

    if (!error)
        error = scsi_wait_ready(s);
    if (!error)
        error = scsi_read_capacity(s);
    if (error)
        return error;
    scsi_read_protection(s);
    dev_info(&s->interface->dev, "%s %s\n", s->vendor, s->product);
    return 0;
}

static int storage_probe(struct usb_interface *interface)
{
    struct storage *s = kzalloc(sizeof(*s), GFP_KERNEL);
    int error;

    if (!s)
        return -ENOMEM;
    s->interface = interface;
    s->udev = interface->udev;
    work_init(&s->sense_work, sense_work);
    s->in = usb_find_endpoint(interface, USB_XFER_BULK, USB_DIR_IN);
    s->out = usb_find_endpoint(interface, USB_XFER_BULK, 0);
    error = s->in && s->out ? storage_transport_init(s) : -ENODEV;
    if (!error)
        error = unit_set_up(s);
    if (!error)
        error = disk_add(s);
    if (error) {
        storage_transport_fini(s);
        kfree(s);
        return error == -ENOMEDIUM ? -ENODEV : error;
    }
    interface->private = s;
    return 0;
}

static void storage_remove(struct usb_interface *interface)
{
    struct storage *s = interface->private;

    disk_unregister(s->disk);
    storage_abort(s);
    work_flush(&s->sense_work);
    sd_disk_release(s->disk);
    disk_put(s->disk);
    storage_transport_fini(s);
    kfree(s);
}

#define SUBCLASS_SCSI      0x06
#define PROTOCOL_BULK_ONLY 0x50

static const struct usb_id storage_ids[] = {
    {.flags = USB_MATCH_CLASS | USB_MATCH_SUBCLASS | USB_MATCH_PROTOCOL,
     .class = USB_CLASS_STORAGE,
     .subclass = SUBCLASS_SCSI,
     .protocol = PROTOCOL_BULK_ONLY},
    {},
};

static struct usb_driver storage_driver = {
    .drv = {.name = "usb-storage"},
    .ids = storage_ids,
    .probe = storage_probe,
    .remove = storage_remove,
};
USB_DRIVER(storage_driver);
