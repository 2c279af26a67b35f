/* SPDX-License-Identifier: MIT */
/*
 * The GUID partition table (UEFI 2.10, chapter 5).
 *
 * Two headers, at block 1 and at the last block, each with a checksum over itself and over its
 * array of entries. Both are checked; the primary is used when it is good, else the backup, and the
 * log says which was damaged and how. An entry is believed as far as it lies inside the usable
 * range its header gives; overlaps are reported and both entries dropped.
 *
 * A protective MBR must be there (5.2.3), or the table belongs to a life before this disk's present
 * one.
 */
#define LOG_PREFIX "gpt: "

#include "gpt.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/crc32.h>
#include <kernel/lib/string.h>
#include <kernel/lib/utf.h>
#include <kernel/mm/slab.h>

#define GPT_SIGNATURE   0x5452415020494645ULL /* "EFI PART" */
#define HEADER_MIN      92U
#define ENTRY_MIN       128U
#define ENTRY_MAX       4096U
#define ENTRIES_MAX     128U /* as many as a disk has device numbers for */
#define ARRAY_MAX_BYTES (1U << 20)
#define LABEL_UNITS     36

/* UEFI 2.10, table 5.5. */
struct gpt_header {
    le64 signature;
    le32 revision;
    le32 header_size;
    le32 header_crc;
    le32 reserved;
    le64 my_lba;
    le64 alternate_lba;
    le64 first_usable_lba;
    le64 last_usable_lba;
    guid_t disk_guid;
    le64 entries_lba;
    le32 nr_entries;
    le32 entry_size;
    le32 entries_crc;
} __packed;

/* UEFI 2.10, table 5.6. */
struct gpt_entry {
    guid_t type;
    guid_t unique;
    le64 first_lba;
    le64 last_lba;
    le64 attributes;
    le16 name[LABEL_UNITS];
} __packed;

static_assert(sizeof(struct gpt_header) == HEADER_MIN, "GPT header");
static_assert(sizeof(struct gpt_entry) == ENTRY_MIN, "GPT entry");

/* A table whose header and array have been checked. */
struct gpt {
    struct gpt_header header;
    u8 *array;
    u32 nr_entries, entry_size;
    u64 nr_blocks; /* of the disk */
};

static int read_bytes(struct table_source *src, u64 offset, void *buf, size_t size)
{
    u8 *to = buf;

    while (size) {
        u32 n = min_t(size_t, size, 4096 - (offset & 4095));
        int err = src->read(src, offset, to, n);

        if (err)
            return err;
        offset += n;
        to += n;
        size -= n;
    }
    return 0;
}

/* Why a header cannot be used; NULL when it can. block is a whole block, and is changed. */
static const char *header_fault(struct gpt *gpt, u8 *block, u32 block_size, u64 lba)
{
    struct gpt_header *h = &gpt->header;
    u32 size;

    memcpy(h, block, sizeof(*h));
    size = le32_to_cpu(h->header_size);
    if (le64_to_cpu(h->signature) != GPT_SIGNATURE)
        return "no signature";
    if (size < HEADER_MIN || size > block_size)
        return "impossible header size";
    memset(block + offsetof(struct gpt_header, header_crc), 0, sizeof(h->header_crc));
    if (crc32(block, size) != le32_to_cpu(h->header_crc))
        return "header checksum wrong";
    if (le64_to_cpu(h->my_lba) != lba)
        return "header describes another block";
    if (le64_to_cpu(h->first_usable_lba) > le64_to_cpu(h->last_usable_lba) ||
        le64_to_cpu(h->last_usable_lba) >= gpt->nr_blocks)
        return "usable range outside the disk";
    gpt->nr_entries = le32_to_cpu(h->nr_entries);
    gpt->entry_size = le32_to_cpu(h->entry_size);
    if (gpt->entry_size < ENTRY_MIN || gpt->entry_size > ENTRY_MAX ||
        (gpt->entry_size & (gpt->entry_size - 1)) || gpt->nr_entries == 0 ||
        gpt->nr_entries > ARRAY_MAX_BYTES / gpt->entry_size)
        return "impossible entry array";
    return NULL;
}

static const char *array_load(struct table_source *src, struct gpt *gpt)
{
    size_t size = (size_t)gpt->nr_entries * gpt->entry_size;
    u64 lba = le64_to_cpu(gpt->header.entries_lba);

    if (lba >= gpt->nr_blocks || size > (gpt->nr_blocks - lba) * src->block_size)
        return "entry array outside the disk";
    gpt->array = kvmalloc(size, GFP_KERNEL);
    if (!gpt->array)
        return "no memory for the entry array";
    if (read_bytes(src, lba * src->block_size, gpt->array, size))
        return "entry array unreadable";
    if (crc32(gpt->array, size) != le32_to_cpu(gpt->header.entries_crc))
        return "entry array checksum wrong";
    return NULL;
}

static void gpt_unload(struct gpt *gpt)
{
    kvfree(gpt->array);
    gpt->array = NULL;
}

/* Loads the table whose header is at lba. NULL, or what is wrong with it. */
static const char *gpt_load(struct table_source *src, struct gpt *gpt, u64 lba)
{
    u8 *block = kmalloc(src->block_size, GFP_KERNEL);
    const char *fault;

    if (!block)
        return "no memory";
    if (read_bytes(src, lba * src->block_size, block, src->block_size))
        fault = "unreadable";
    else
        fault = header_fault(gpt, block, src->block_size, lba);
    kfree(block);
    if (!fault)
        fault = array_load(src, gpt);
    if (fault)
        gpt_unload(gpt);
    return fault;
}

/* --- entries --- */

static const struct gpt_entry *entry_at(const struct gpt *gpt, u32 i)
{
    return (const struct gpt_entry *)(gpt->array + (size_t)i * gpt->entry_size);
}

/* The whole entry is inside the usable range. */
static bool entry_is_sane(const struct gpt *gpt, const struct gpt_entry *e)
{
    u64 first = le64_to_cpu(e->first_lba), last = le64_to_cpu(e->last_lba);

    return first <= last && first >= le64_to_cpu(gpt->header.first_usable_lba) &&
           last <= le64_to_cpu(gpt->header.last_usable_lba);
}

static bool entry_overlaps(const struct gpt *gpt, u32 i)
{
    const struct gpt_entry *e = entry_at(gpt, i);

    for (u32 j = 0; j < min(gpt->nr_entries, ENTRIES_MAX); j++) {
        const struct gpt_entry *o = entry_at(gpt, j);

        if (j != i && !guid_is_null(&o->type) && entry_is_sane(gpt, o) &&
            le64_to_cpu(e->first_lba) <= le64_to_cpu(o->last_lba) &&
            le64_to_cpu(o->first_lba) <= le64_to_cpu(e->last_lba))
            return true;
    }
    return false;
}

/* UTF-16 to UTF-8; what is no character becomes U+FFFD. Three bytes a unit are enough for all. */
static void label_decode(const le16 *name, char *label)
{
    size_t n = 0;

    for (unsigned int i = 0; i < LABEL_UNITS; i++) {
        u32 c = le16_to_cpu(name[i]);

        if (c == 0)
            break;
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < LABEL_UNITS) {
            u32 low = le16_to_cpu(name[i + 1]);

            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd;
        n += utf8_encode(c, label + n);
    }
    label[n] = '\0';
}

static int entry_report(struct table_source *src, const struct gpt *gpt, u32 i)
{
    const struct gpt_entry *e = entry_at(gpt, i);
    u32 ratio = src->block_size / 512;
    struct partition part = {
        .number = i + 1,
        .uuid = e->unique,
        .type = e->type,
        .attributes = le64_to_cpu(e->attributes),
    };
    le16 name[LABEL_UNITS];

    if (guid_is_null(&e->type))
        return 0;
    if (!entry_is_sane(gpt, e)) {
        pr_warn("%s: partition %u lies outside the usable range, ignored\n", src->name, i + 1);
        return 0;
    }
    if (entry_overlaps(gpt, i)) {
        pr_warn("%s: partition %u overlaps another, ignored\n", src->name, i + 1);
        return 0;
    }
    part.start = le64_to_cpu(e->first_lba) * ratio;
    part.nr_sectors = (le64_to_cpu(e->last_lba) - le64_to_cpu(e->first_lba) + 1) * ratio;
    memcpy(name, e->name, sizeof(name));
    label_decode(name, part.label);
    return src->found(src, &part);
}

static int entries_report(struct table_source *src, const struct gpt *gpt)
{
    u32 nr = min(gpt->nr_entries, ENTRIES_MAX);
    int err = 0;

    for (u32 i = 0; i < nr && !err; i++)
        err = entry_report(src, gpt, i);
    return err;
}

/* --- the table as a whole --- */

/* An MBR with a partition of type 0xee (5.2.3). */
static bool has_protective_mbr(struct table_source *src)
{
    u8 mbr[512];

    if (src->read(src, 0, mbr, sizeof(mbr)) || mbr[510] != 0x55 || mbr[511] != 0xaa)
        return false;
    for (unsigned int i = 0; i < 4; i++)
        if (mbr[446 + i * 16 + 4] == 0xee)
            return true;
    return false;
}

int gpt_scan(struct table_source *src)
{
    struct gpt primary = {.nr_blocks = src->nr_sectors / (src->block_size / 512)};
    struct gpt backup = primary, *use = NULL;
    const char *primary_fault, *backup_fault;
    u64 last = primary.nr_blocks - 1;
    int err;

    if (primary.nr_blocks < 3 || !has_protective_mbr(src))
        return 0;
    primary_fault = gpt_load(src, &primary, 1);
    backup_fault = gpt_load(src, &backup, last);
    if (backup_fault && !primary_fault) {
        /* A disk that has grown keeps its backup where it was. */
        u64 other = le64_to_cpu(primary.header.alternate_lba);

        if (other > 1 && other < last)
            backup_fault = gpt_load(src, &backup, other);
    }
    if (!primary_fault) {
        use = &primary;
        if (backup_fault)
            pr_warn("%s: backup table damaged (%s); using the primary\n", src->name, backup_fault);
    } else if (!backup_fault) {
        use = &backup;
        pr_warn("%s: primary table damaged (%s); using the backup\n", src->name, primary_fault);
    } else {
        pr_err("%s: both tables damaged (primary: %s; backup: %s)\n", src->name, primary_fault,
               backup_fault);
    }
    err = use ? entries_report(src, use) : 0;
    gpt_unload(&primary);
    gpt_unload(&backup);
    return err ? err : 1;
}
