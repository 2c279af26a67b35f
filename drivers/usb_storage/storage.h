/* SPDX-License-Identifier: MIT */
/* USB mass storage: what the driver's files share. */
#ifndef DRIVERS_USB_STORAGE_H
#define DRIVERS_USB_STORAGE_H

#include <kernel/block/blkdev.h>
#include <kernel/irq/workqueue.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/spinlock.h>
#include <usb/usb.h>

#define STORAGE_SEGMENTS 64
#define STORAGE_CDB_MAX  16

/* Command and status wrappers (Bulk-Only Transport 1.0, 5). */
struct command_wrapper {
    u32 signature, tag, length;
    u8 flags, lun, cdb_length, cdb[STORAGE_CDB_MAX];
} __packed;
static_assert(sizeof(struct command_wrapper) == 31, "Bulk-Only Transport 1.0, 5.1");
struct status_wrapper {
    u32 signature, tag, residue;
    u8 status;
} __packed;
static_assert(sizeof(struct status_wrapper) == 13, "Bulk-Only Transport 1.0, 5.2");

/* A SCSI command and its data. */
struct storage_command {
    u8 cdb[STORAGE_CDB_MAX];
    u8 cdb_length;
    bool in;
    u32 length;
    unsigned int nr_segments; /* in storage.segments */
};

enum storage_phase { PHASE_IDLE, PHASE_COMMAND, PHASE_DATA, PHASE_STATUS, PHASE_RECOVERY };

/*
 * One logical unit. The transport carries one command at a time, from bulk phase to bulk phase in
 * complete(); (c) belongs to whoever has made phase something else than idle, under lock.
 */
struct storage {
    struct usb_interface *interface;
    struct usb_device *udev;
    const struct usb_endpoint *in, *out;
    spinlock_t lock;
    enum storage_phase phase;                      /* lock */
    struct usb_transfer transfer;                  /* c */
    struct storage_command command;                /* c */
    struct usb_segment segments[STORAGE_SEGMENTS]; /* c */
    struct usb_segment wrapper_segment;            /* c */
    struct request *rq;                            /* c; NULL: somebody waits on done */
    struct completion done;
    int result;  /* c; 0, -errno, or STORAGE_CHECK */
    u32 residue; /* c */
    u32 tag;     /* c */
    u8 *wrapper; /* memory of command and status wrapper */
    dma_addr_t wrapper_address;
    struct work recovery_work;
    struct work sense_work; /* asks why the disk's one request failed */
    struct request *sense_rq;
    struct mutex command_mutex; /* commands that are waited for */
    bool gone;                  /* lock */
    struct disk *disk;
    u8 block_shift;
    u64 nr_blocks;
    bool read_only, large; /* large: 16-byte commands */
    char vendor[9], product[17];
};

/* The device says that the command failed: ask it why. */
#define STORAGE_CHECK 1

/* transport.c */
int storage_transport_init(struct storage *s);
void storage_transport_fini(struct storage *s);
/* Starts s->command for s->rq; the caller has made the phase PHASE_COMMAND. 0 or -errno. */
int storage_start(struct storage *s);
/* Takes the transport if it is idle. Any context. */
bool storage_claim(struct storage *s);
/* Runs a command with data at @data and waits: 0, STORAGE_CHECK, -errno. Task context. */
int storage_exec(struct storage *s, const struct storage_command *command, void *data);
/* The device is gone: ends what is under way. */
void storage_abort(struct storage *s);
/* Called when s->rq's command is over; may be in interrupt. */
void storage_request_done(struct storage *s, struct request *rq, int result);
/* Bulk-only reset recovery. Task context. */
int storage_reset(struct storage *s);

/* scsi.c */
int scsi_inquiry(struct storage *s);
int scsi_wait_ready(struct storage *s);
int scsi_read_capacity(struct storage *s);
void scsi_read_protection(struct storage *s);
/* What a failed command's sense data means: -errno, -EAGAIN to try again. Task context. */
int scsi_sense_errno(struct storage *s);
/* The command for a request; -EOPNOTSUPP. */
int scsi_request_command(struct storage *s, const struct request *rq,
                         struct storage_command *command);
/* Key and codes of fixed or descriptor sense data into an errno. Pure. */
int scsi_sense_decode(const u8 *sense, u32 len);
#endif
