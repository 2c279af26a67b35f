// SPDX-License-Identifier: MIT
/* The SCSI commands that a disk behind USB needs (SPC-4, SBC-3). */
#include "storage.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

enum {
    TEST_UNIT_READY = 0x00,
    REQUEST_SENSE = 0x03,
    INQUIRY = 0x12,
    MODE_SENSE_6 = 0x1a,
    READ_CAPACITY_10 = 0x25,
    READ_10 = 0x28,
    WRITE_10 = 0x2a,
    SYNCHRONIZE_CACHE_10 = 0x35,
    READ_16 = 0x88,
    WRITE_16 = 0x8a,
    SERVICE_ACTION_IN_16 = 0x9e,
};
#define READ_CAPACITY_16 0x10
#define WRITE_FUA        0x08
#define INQUIRY_SIZE     36
#define SENSE_SIZE       18
#define DATA_SIZE        64
#define READY_TRIES      50
#define READY_WAIT_MS    100
#define TYPE_DISK        0x00
#define TYPE_RBC         0x0e

/* Sense keys (SPC-4, table 56). */
enum {
    SENSE_NONE = 0,
    SENSE_RECOVERED = 1,
    SENSE_NOT_READY = 2,
    SENSE_ILLEGAL = 5,
    SENSE_ATTENTION = 6,
    SENSE_PROTECT = 7,
    SENSE_ABORTED = 11
};
#define ASC_NO_MEDIUM 0x3a

int scsi_sense_decode(const u8 *sense, u32 len)
{
    bool descriptor = len >= 4 && (sense[0] & 0x7f) >= 0x72;
    u8 key, code;

    if (len < (descriptor ? 4 : 13))
        return -EIO;
    key = descriptor ? sense[1] & 0xf : sense[2] & 0xf;
    code = descriptor ? sense[2] : sense[12];
    switch (key) {
    case SENSE_NONE:
    case SENSE_RECOVERED: return 0;
    case SENSE_NOT_READY: return code == ASC_NO_MEDIUM ? -ENOMEDIUM : -EAGAIN;
    case SENSE_ATTENTION:
    case SENSE_ABORTED: return -EAGAIN;
    case SENSE_ILLEGAL: return -EOPNOTSUPP;
    case SENSE_PROTECT: return -EROFS;
    default: return -EIO;
    }
}

int scsi_sense_errno(struct storage *s)
{
    struct storage_command command = {
        .cdb = {REQUEST_SENSE, 0, 0, 0, SENSE_SIZE},
        .cdb_length = 6,
        .in = true,
        .length = SENSE_SIZE,
    };
    u8 *sense = kzalloc(DATA_SIZE, GFP_KERNEL);
    int result;

    if (!sense)
        return -ENOMEM;
    result = storage_exec(s, &command, sense);
    if (result == 0)
        result = scsi_sense_decode(sense, SENSE_SIZE - min(s->residue, (u32)SENSE_SIZE));
    else if (result > 0)
        result = -EIO;
    kfree(sense);
    return result;
}

/* As storage_exec(), with the reason of a failure instead of STORAGE_CHECK. */
static int scsi_exec(struct storage *s, const struct storage_command *command, void *data)
{
    int result = storage_exec(s, command, data);

    return result == STORAGE_CHECK ? scsi_sense_errno(s) ?: -EAGAIN : result;
}

static void text_copy(char *to, const u8 *from, size_t len)
{
    memcpy(to, from, len);
    to[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (to[i] < ' ' || to[i] > '~')
            to[i] = ' ';
    while (len && to[len - 1] == ' ')
        to[--len] = '\0';
}

int scsi_inquiry(struct storage *s)
{
    const struct storage_command command = {
        .cdb = {INQUIRY, 0, 0, 0, INQUIRY_SIZE},
        .cdb_length = 6,
        .in = true,
        .length = INQUIRY_SIZE,
    };
    u8 *data = kzalloc(DATA_SIZE, GFP_KERNEL);
    int error = -ENOMEM;

    if (!data)
        return error;
    for (int i = 0; i < 3; i++) {
        error = scsi_exec(s, &command, data);
        if (error != -EAGAIN)
            break;
    }
    if (!error && (data[0] & 0x1f) != TYPE_DISK && (data[0] & 0x1f) != TYPE_RBC)
        error = -ENODEV;
    if (!error) {
        text_copy(s->vendor, data + 8, 8);
        text_copy(s->product, data + 16, 16);
    }
    kfree(data);
    return error;
}

int scsi_wait_ready(struct storage *s)
{
    const struct storage_command command = {.cdb = {TEST_UNIT_READY}, .cdb_length = 6};
    int error = -EAGAIN;

    for (int i = 0; i < READY_TRIES && error == -EAGAIN; i++) {
        if (i)
            msleep(READY_WAIT_MS);
        error = scsi_exec(s, &command, NULL);
    }
    return error;
}

static int capacity_16(struct storage *s, u8 *data)
{
    const struct storage_command command = {
        .cdb = {SERVICE_ACTION_IN_16, READ_CAPACITY_16, [13] = 32},
        .cdb_length = 16,
        .in = true,
        .length = 32,
    };
    int error = scsi_exec(s, &command, data);

    if (error)
        return error;
    s->nr_blocks = get_unaligned_be64(data) + 1;
    s->large = true;
    return (int)get_unaligned_be32(data + 8);
}

static int capacity_10(struct storage *s, u8 *data)
{
    const struct storage_command command = {
        .cdb = {READ_CAPACITY_10}, .cdb_length = 10, .in = true, .length = 8};
    int error = scsi_exec(s, &command, data);

    if (error)
        return error;
    if (get_unaligned_be32(data) == ~0U)
        return capacity_16(s, data);
    s->nr_blocks = (u64)get_unaligned_be32(data) + 1;
    return (int)get_unaligned_be32(data + 4);
}

int scsi_read_capacity(struct storage *s)
{
    u8 *data = kzalloc(DATA_SIZE, GFP_KERNEL);
    int size;

    if (!data)
        return -ENOMEM;
    size = capacity_10(s, data);
    kfree(data);
    if (size < 0)
        return size;
    if (!is_power_of_2(size) || size < 512 || size > 4096 || !s->nr_blocks ||
        s->nr_blocks > 1ULL << 48) {
        dev_warn(&s->interface->dev, "%llu blocks of %d bytes cannot be used\n", s->nr_blocks,
                 size);
        return -EINVAL;
    }
    s->block_shift = __builtin_ctz(size);
    return 0;
}

/* Not every stick knows the command: those are writable. */
void scsi_read_protection(struct storage *s)
{
    const struct storage_command command = {
        .cdb = {MODE_SENSE_6, 0, 0x3f, 0, 4}, .cdb_length = 6, .in = true, .length = 4};
    u8 *data = kzalloc(DATA_SIZE, GFP_KERNEL);

    if (data && scsi_exec(s, &command, data) == 0)
        s->read_only = data[2] & 0x80;
    kfree(data);
}

static void transfer_command(struct storage *s, const struct request *rq,
                             struct storage_command *command)
{
    bool write = rq->op == BIO_WRITE;
    u64 block = rq->sector >> (s->block_shift - SECTOR_SHIFT);
    u32 count = rq->size_bytes >> s->block_shift;

    command->in = !write;
    command->length = rq->size_bytes;
    if (s->large) {
        command->cdb[0] = write ? WRITE_16 : READ_16;
        put_unaligned_be64(block, command->cdb + 2);
        put_unaligned_be32(count, command->cdb + 10);
        command->cdb_length = 16;
    } else {
        command->cdb[0] = write ? WRITE_10 : READ_10;
        put_unaligned_be32(block, command->cdb + 2);
        put_unaligned_be16(count, command->cdb + 7);
        command->cdb_length = 10;
    }
}

int scsi_request_command(struct storage *s, const struct request *rq,
                         struct storage_command *command)
{
    *command = (struct storage_command){};
    switch (rq->op) {
    case BIO_READ:
    case BIO_WRITE: transfer_command(s, rq, command); return 0;
    case BIO_FLUSH:
        command->cdb[0] = SYNCHRONIZE_CACHE_10;
        command->cdb_length = 10;
        return 0;
    default: return -EOPNOTSUPP;
    }
}
