/* SPDX-License-Identifier: MIT */
/*
 * The old PC partition table: four entries in block 0; one of them may be an extended partition,
 * which holds a chain of further tables, each with one logical partition and the place of the next.
 * Logical partitions are numbered from 5. Addresses in the chain are relative: a logical
 * partition's to its own table, a link's to the extended partition.
 */
#define LOG_PREFIX "mbr: "

#include "gpt.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

#define NR_PRIMARY   4
#define LOGICAL_MAX  60 /* tables in the chain: also what ends a chain that bites its tail */
#define TYPE_EMPTY   0x00
#define TYPE_EXT     0x05
#define TYPE_EXT_LBA 0x0f
#define TYPE_EXT_OLD 0x85
#define TYPE_GPT     0xee

struct mbr_entry {
    u8 status;
    u8 first_chs[3];
    u8 type;
    u8 last_chs[3];
    le32 first_lba;
    le32 nr_blocks;
} __packed;

struct mbr {
    u8 code[440];
    le32 disk_id;
    u8 unused[2];
    struct mbr_entry entries[NR_PRIMARY];
    u8 signature[2];
} __packed;

static_assert(sizeof(struct mbr) == 512, "MBR");

static bool is_extended(u8 type)
{
    return type == TYPE_EXT || type == TYPE_EXT_LBA || type == TYPE_EXT_OLD;
}

static int table_read(struct table_source *src, u64 lba, struct mbr *table)
{
    int err = src->read(src, lba * src->block_size, table, sizeof(*table));

    if (err)
        return err;
    return table->signature[0] == 0x55 && table->signature[1] == 0xaa ? 0 : -EINVAL;
}

/* PARTUUID of an MBR partition: DISKID-NN, kept as the bytes of that text cannot be: see
 * bdev_lookup(). */
static int entry_report(struct table_source *src, const struct mbr_entry *e, u64 base,
                        unsigned int number, u32 disk_id)
{
    u32 ratio = src->block_size / 512;
    u64 first = base + le32_to_cpu(e->first_lba), nr = le32_to_cpu(e->nr_blocks);
    struct partition part = {.number = number, .start = first * ratio, .nr_sectors = nr * ratio};

    if (e->type == TYPE_EMPTY || nr == 0)
        return 0;
    if (part.start >= src->nr_sectors || part.nr_sectors > src->nr_sectors - part.start) {
        pr_warn("%s: partition %u lies beyond the end of the disk, ignored\n", src->name, number);
        return 0;
    }
    memcpy(part.uuid.b, &disk_id, sizeof(disk_id));
    part.uuid.b[4] = number;
    return src->found(src, &part);
}

/* The chain of logical partitions in the extended partition at start. */
static int chain_scan(struct table_source *src, u64 start, u32 disk_id)
{
    unsigned int number = NR_PRIMARY + 1;
    u64 at = start;

    for (unsigned int i = 0; i < LOGICAL_MAX; i++) {
        const struct mbr_entry *link = NULL;
        struct mbr table;
        int err;

        if (at * (src->block_size / 512) >= src->nr_sectors || table_read(src, at, &table)) {
            pr_warn("%s: chain of logical partitions is broken behind %u\n", src->name, number - 1);
            return 0;
        }
        for (unsigned int n = 0; n < NR_PRIMARY; n++) {
            const struct mbr_entry *e = &table.entries[n];

            if (is_extended(e->type)) {
                link = link ? link : e;
            } else if (e->type != TYPE_EMPTY && le32_to_cpu(e->nr_blocks)) {
                err = entry_report(src, e, at, number++, disk_id);
                if (err)
                    return err;
            }
        }
        if (!link || le32_to_cpu(link->first_lba) == 0)
            return 0;
        at = start + le32_to_cpu(link->first_lba);
    }
    pr_warn("%s: too many logical partitions, the rest is ignored\n", src->name);
    return 0;
}

/* A boot sector of a file system ends in the same signature: entries must make sense, too. */
static bool table_is_sane(const struct mbr *mbr)
{
    bool any = false;

    for (unsigned int i = 0; i < NR_PRIMARY; i++) {
        if (mbr->entries[i].status & 0x7f)
            return false;
        any |= mbr->entries[i].type != TYPE_EMPTY;
    }
    return any;
}

int mbr_scan(struct table_source *src)
{
    struct mbr mbr;
    u32 disk_id;
    int err = src->read(src, 0, &mbr, sizeof(mbr));

    if (err)
        return err;
    if (mbr.signature[0] != 0x55 || mbr.signature[1] != 0xaa || !table_is_sane(&mbr))
        return 0;
    disk_id = le32_to_cpu(mbr.disk_id);
    for (unsigned int i = 0; i < NR_PRIMARY; i++) {
        const struct mbr_entry *e = &mbr.entries[i];

        if (e->type == TYPE_GPT)
            continue;
        err = entry_report(src, e, 0, i + 1, disk_id);
        if (err)
            return err;
    }
    for (unsigned int i = 0; i < NR_PRIMARY; i++)
        if (is_extended(mbr.entries[i].type))
            return chain_scan(src, le32_to_cpu(mbr.entries[i].first_lba), disk_id) ?: 1;
    return 1;
}
