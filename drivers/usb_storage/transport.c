// SPDX-License-Identifier: MIT
/*
 * The bulk-only transport (USB Mass Storage Class, Bulk-Only Transport 1.0): command wrapper out,
 * data, status wrapper in.
 *
 * Each phase is a transfer whose completion, in interrupt, starts the next. Anything out of order
 * (a stall, a bus error, a status wrapper that is not this command's) goes to the recovery work,
 * which may sleep: it clears stalls and reads the status where the standard says so, and otherwise
 * resets the device's transport (5.3.4). The command is over exactly once, whatever happened.
 */
#include "storage.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define COMMAND_SIGNATURE 0x43425355
#define STATUS_SIGNATURE  0x53425355
#define STATUS_PASSED     0
#define STATUS_FAILED     1
#define REQUEST_RESET     0xff
#define RESET_WAIT_MS     100
#define TIMEOUT_MS        5000
#define EXEC_NS           (20 * NSEC_PER_SEC)
#define STATUS_OFFSET     64 /* in the wrappers' memory */

static void phase_done(struct usb_transfer *transfer);

bool storage_claim(struct storage *s)
{
    unsigned long flags;
    bool mine;

    spin_lock_irqsave(&s->lock, flags);
    mine = s->phase == PHASE_IDLE && !s->gone;
    if (mine)
        s->phase = PHASE_COMMAND;
    spin_unlock_irqrestore(&s->lock, flags);
    return mine;
}

static void phase_set(struct storage *s, enum storage_phase phase)
{
    unsigned long flags;

    spin_lock_irqsave(&s->lock, flags);
    s->phase = phase;
    spin_unlock_irqrestore(&s->lock, flags);
}

/* The command is over. */
static void command_finish(struct storage *s, int result)
{
    struct request *rq = s->rq;

    s->result = result;
    s->rq = NULL;
    if (rq) {
        phase_set(s, PHASE_IDLE);
        storage_request_done(s, rq, result);
    } else {
        complete(&s->done);
    }
}

static int transfer_start(struct storage *s, const struct usb_endpoint *ep,
                          const struct usb_segment *segments, unsigned int nr, u32 length)
{
    s->transfer = (struct usb_transfer){
        .udev = s->udev,
        .ep = ep,
        .segments = segments,
        .nr_segments = nr,
        .length = length,
        .complete = phase_done,
        .context = s,
    };
    return usb_submit(&s->transfer);
}

static int status_start(struct storage *s)
{
    phase_set(s, PHASE_STATUS);
    s->wrapper_segment.address = s->wrapper_address + STATUS_OFFSET;
    s->wrapper_segment.len = sizeof(struct status_wrapper);
    return transfer_start(s, s->in, &s->wrapper_segment, 1, s->wrapper_segment.len);
}

static int data_start(struct storage *s)
{
    if (!s->command.length)
        return status_start(s);
    phase_set(s, PHASE_DATA);
    return transfer_start(s, s->command.in ? s->in : s->out, s->segments, s->command.nr_segments,
                          s->command.length);
}

int storage_start(struct storage *s)
{
    struct command_wrapper *wrapper = (struct command_wrapper *)s->wrapper;

    *wrapper = (struct command_wrapper){
        .signature = COMMAND_SIGNATURE,
        .tag = ++s->tag,
        .length = s->command.length,
        .flags = s->command.in ? USB_DIR_IN : 0,
        .cdb_length = s->command.cdb_length,
    };
    memcpy(wrapper->cdb, s->command.cdb, sizeof(wrapper->cdb));
    s->residue = 0;
    s->wrapper_segment.address = s->wrapper_address;
    s->wrapper_segment.len = sizeof(*wrapper);
    return transfer_start(s, s->out, &s->wrapper_segment, 1, sizeof(*wrapper));
}

/* What the status wrapper says: 0, STORAGE_CHECK, or -EPROTO for one that is none (6.3). */
static int status_judge(struct storage *s)
{
    const struct status_wrapper *status = (void *)(s->wrapper + STATUS_OFFSET);

    if (s->transfer.actual != sizeof(*status) || status->signature != STATUS_SIGNATURE ||
        status->tag != s->tag || status->residue > s->command.length)
        return -EPROTO;
    s->residue = status->residue;
    if (status->status == STATUS_PASSED)
        return 0;
    return status->status == STATUS_FAILED ? STORAGE_CHECK : -EPROTO;
}

static bool is_gone(struct storage *s)
{
    return READ_ONCE(s->gone) || READ_ONCE(s->udev->gone);
}

static void recovery_start(struct storage *s)
{
    if (is_gone(s))
        command_finish(s, -ENODEV);
    else
        work_queue(system_unbound_wq, &s->recovery_work);
}

/* A transfer of the command is over. Interrupt context, mostly. */
static void phase_done(struct usb_transfer *transfer)
{
    struct storage *s = transfer->context;
    int error;

    if (transfer->status) {
        recovery_start(s);
        return;
    }
    switch (s->phase) {
    case PHASE_COMMAND: error = data_start(s); break;
    case PHASE_DATA: error = status_start(s); break;
    default:
        error = status_judge(s);
        if (error >= 0) {
            command_finish(s, error);
            return;
        }
    }
    if (error) {
        transfer->status = error;
        recovery_start(s);
    }
}

int storage_reset(struct storage *s)
{
    int error = usb_control(s->udev, USB_TYPE_CLASS | USB_RECIP_INTERFACE, REQUEST_RESET, 0,
                            s->interface->descriptor.bInterfaceNumber, NULL, 0, TIMEOUT_MS);

    if (error < 0)
        return error;
    msleep(RESET_WAIT_MS);
    error = usb_clear_halt(s->udev, s->in);
    return error ?: usb_clear_halt(s->udev, s->out);
}

/* The status after a stalled data phase, or once more after a stalled status phase (5.3.3, 6.7). */
static int status_read(struct storage *s)
{
    struct status_wrapper *status = (void *)(s->wrapper + STATUS_OFFSET);
    int n = usb_bulk(s->udev, s->in, status, sizeof(*status), TIMEOUT_MS);

    if (n < 0)
        return n;
    s->transfer.actual = n;
    return status_judge(s);
}

static int recover(struct storage *s)
{
    int result = -EPROTO;

    if (s->transfer.status == -EPIPE && s->phase != PHASE_COMMAND) {
        result = usb_clear_halt(s->udev, s->transfer.ep);
        if (!result)
            result = status_read(s);
    }
    if (result >= 0)
        return result;
    /* What the transport lost is tried again; what the device lost is lost. */
    return storage_reset(s) == 0 && !is_gone(s) ? -EAGAIN : -EIO;
}

static void recovery_work(struct work *work)
{
    struct storage *s = container_of(work, struct storage, recovery_work);
    int result = is_gone(s) ? -ENODEV : recover(s);

    phase_set(s, PHASE_RECOVERY);
    command_finish(s, result);
}

int storage_exec(struct storage *s, const struct storage_command *command, void *data)
{
    int result;

    mutex_lock(&s->command_mutex);
    while (!storage_claim(s)) {
        if (is_gone(s)) {
            mutex_unlock(&s->command_mutex);
            return -ENODEV;
        }
        msleep(1);
    }
    s->command = *command;
    s->command.nr_segments = command->length ? 1 : 0;
    s->segments[0].len = command->length;
    if (command->length)
        s->segments[0].address = dma_map_single(s->udev->hcd->parent, data, command->length,
                                                command->in ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
    completion_init(&s->done);
    result = storage_start(s);
    if (!result) {
        if (wait_for_completion_until(&s->done, ktime_ns() + EXEC_NS) != 0) {
            usb_cancel(&s->transfer);
            wait_for_completion(&s->done);
        }
        result = s->result;
    }
    phase_set(s, PHASE_IDLE);
    mutex_unlock(&s->command_mutex);
    if (READ_ONCE(s->disk))
        hw_queue_kick(disk_hw_queue(s->disk, 0));
    return result;
}

void storage_abort(struct storage *s)
{
    bool busy;

    spin_lock_irq(&s->lock);
    s->gone = true;
    busy = s->phase != PHASE_IDLE;
    spin_unlock_irq(&s->lock);
    if (!busy)
        return;
    usb_cancel(&s->transfer);
    work_flush(&s->recovery_work);
}

int storage_transport_init(struct storage *s)
{
    spin_lock_init(&s->lock);
    mutex_init(&s->command_mutex);
    completion_init(&s->done);
    work_init(&s->recovery_work, recovery_work);
    s->wrapper = kzalloc(128, GFP_KERNEL);
    if (!s->wrapper)
        return -ENOMEM;
    s->wrapper_address = dma_map_single(s->udev->hcd->parent, s->wrapper, 128, DMA_BIDIRECTIONAL);
    return s->wrapper_address == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

void storage_transport_fini(struct storage *s)
{
    kfree(s->wrapper);
}
