/* SPDX-License-Identifier: MIT */
/*
 * The GUID partition table (UEFI 2.10, section 5.3).
 *
 * There are two copies of a header and of an array of entries: the primary header in block 1, the
 * backup header in the last block. Each header says which block it lies in, where its array lies,
 * and carries a CRC of itself and of the array. A copy is used only when all of that is right;
 * nothing in it is looked at before the header's CRC is. The backup is sought in the disk's last
 * block, and, because an image may have been copied to a larger disk, where the primary header
 * says that it is.
 *
 * Sizes read from the disk are bounded before they are used: the array may have at most
 * GPT_MAX_ARRAY_BYTES, which is 64 times what every known tool writes.
 */
#include "gpt.h"
#include "crc32.h"
#include "mem.h"

#define GPT_SIGNATURE       "EFI PART"
#define GPT_PRIMARY_LBA     1
#define GPT_MIN_HEADER_SIZE 92
#define GPT_MAX_ARRAY_BYTES (1U << 20)
#define GPT_ATTR_NO_AUTO    (1ULL << 63) /* Discoverable Partitions Specification */
#define GPT_MIN_BLOCK_SIZE  512
#define GPT_MAX_BLOCK_SIZE  65536

/* UEFI 2.10, table 5.5. */
struct gpt_header {
    char signature[8];
    uint32_t revision;
    uint32_t header_size;
    uint32_t header_crc;
    uint32_t reserved;
    uint64_t my_lba;
    uint64_t alternate_lba;
    uint64_t first_usable_lba;
    uint64_t last_usable_lba;
    struct guid disk_guid;
    uint64_t entries_lba;
    uint32_t nr_entries;
    uint32_t entry_size;
    uint32_t entries_crc;
} __attribute__((packed));

_Static_assert(sizeof(struct gpt_header) == GPT_MIN_HEADER_SIZE, "GPT header");

/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B: UEFI 2.10, table 5.7. */
const struct guid gpt_type_esp = {{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00,
                                   0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};

/* BC13C2FF-59E6-4262-A352-B275FD6F7172: Discoverable Partitions Specification. */
const struct guid gpt_type_xbootldr = {{0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42, 0xa3, 0x52,
                                        0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72}};

/* 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709: Discoverable Partitions Specification. */
const struct guid gpt_type_root_x86_64 = {{0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96,
                                           0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09}};

/* The CRC is taken with the CRC field itself as zero. @header is restored. */
static uint32_t header_crc(struct gpt_header *header)
{
    uint32_t stored = header->header_crc;
    uint32_t crc;

    header->header_crc = 0;
    crc = crc32(header, header->header_size);
    header->header_crc = stored;
    return crc;
}

static int check_identity(struct gpt_header *header, uint32_t block_size, uint64_t lba,
                          struct reason *why)
{
    uint32_t crc;

    if (memcmp(header->signature, GPT_SIGNATURE, sizeof(header->signature)) != 0)
        return reason_set(why, -ENOENT, "no \"" GPT_SIGNATURE "\" signature in block %llu",
                          (unsigned long long)lba);
    if (header->header_size < GPT_MIN_HEADER_SIZE || header->header_size > block_size)
        return reason_set(why, -EIO, "header size %u is not between %u and %u", header->header_size,
                          GPT_MIN_HEADER_SIZE, block_size);
    crc = header_crc(header);
    if (crc != header->header_crc)
        return reason_set(why, -EIO, "header CRC is %08x, should be %08x", header->header_crc, crc);
    if (header->revision >> 16 != 1)
        return reason_set(why, -EIO, "unknown revision %08x", header->revision);
    if (header->my_lba != lba)
        return reason_set(why, -EIO, "header in block %llu says that it belongs in block %llu",
                          (unsigned long long)lba, (unsigned long long)header->my_lba);
    return 0;
}

static int check_geometry(const struct gpt_disk *disk, const struct gpt_header *header,
                          struct reason *why)
{
    uint64_t array_bytes = (uint64_t)header->nr_entries * header->entry_size;
    uint64_t array_blocks;

    if (header->entry_size < sizeof(struct gpt_entry) || header->entry_size % 8 != 0)
        return reason_set(why, -EIO, "entry size %u is impossible", header->entry_size);
    if (array_bytes == 0 || array_bytes > GPT_MAX_ARRAY_BYTES)
        return reason_set(why, -EIO, "%u entries of %u bytes are not believable",
                          header->nr_entries, header->entry_size);
    array_blocks = (array_bytes + disk->block_size - 1) / disk->block_size;
    if (header->entries_lba <= GPT_PRIMARY_LBA || header->entries_lba >= disk->nr_blocks ||
        array_blocks > disk->nr_blocks - header->entries_lba)
        return reason_set(why, -EIO, "entry array at block %llu does not fit on the disk",
                          (unsigned long long)header->entries_lba);
    if (header->first_usable_lba > header->last_usable_lba ||
        header->last_usable_lba >= disk->nr_blocks)
        return reason_set(why, -EIO, "usable blocks %llu to %llu do not fit on the disk",
                          (unsigned long long)header->first_usable_lba,
                          (unsigned long long)header->last_usable_lba);
    return 0;
}

static int read_entries(const struct gpt_disk *disk, const struct gpt_header *header,
                        struct gpt *gpt, struct reason *why)
{
    uint32_t array_bytes = header->nr_entries * header->entry_size;
    uint64_t array_blocks = (array_bytes + disk->block_size - 1) / disk->block_size;
    uint8_t *entries = mem_alloc(array_blocks * disk->block_size);
    uint32_t crc;
    int err;

    if (!entries)
        return reason_set(why, -ENOMEM, "no memory for %u entries", header->nr_entries);
    err = disk->read(disk, header->entries_lba, array_blocks, entries);
    if (err) {
        reason_set(why, -EIO, "entry array at block %llu cannot be read",
                   (unsigned long long)header->entries_lba);
        goto fail;
    }
    crc = crc32(entries, array_bytes);
    if (crc != header->entries_crc) {
        reason_set(why, -EIO, "entry array CRC is %08x, should be %08x", crc, header->entries_crc);
        goto fail;
    }
    *gpt = (struct gpt){.disk_guid = header->disk_guid,
                        .header_lba = header->my_lba,
                        .first_usable_lba = header->first_usable_lba,
                        .last_usable_lba = header->last_usable_lba,
                        .nr_entries = header->nr_entries,
                        .entry_size = header->entry_size,
                        .entries = entries};
    return 0;
fail:
    mem_free(entries);
    return -EIO;
}

/* Read and check the copy whose header is at @lba. @block has room for one block. */
static int read_copy(const struct gpt_disk *disk, uint64_t lba, void *block, struct gpt *gpt,
                     struct reason *why)
{
    struct gpt_header *header = block;
    int err;

    if (lba >= disk->nr_blocks)
        return reason_set(why, -EIO, "block %llu is beyond the disk's end",
                          (unsigned long long)lba);
    if (disk->read(disk, lba, 1, block))
        return reason_set(why, -EIO, "block %llu cannot be read", (unsigned long long)lba);
    err = check_identity(header, disk->block_size, lba, why);
    if (!err)
        err = check_geometry(disk, header, why);
    if (!err)
        err = read_entries(disk, header, gpt, why);
    return err;
}

static int read_backup(const struct gpt_disk *disk, uint64_t hint_lba, void *block, struct gpt *gpt,
                       struct reason *why)
{
    uint64_t last = disk->nr_blocks - 1;
    struct reason ignored;
    int err = read_copy(disk, last, block, gpt, why);

    if (err && hint_lba != last && hint_lba > GPT_PRIMARY_LBA &&
        read_copy(disk, hint_lba, block, gpt, &ignored) == 0) {
        why->text[0] = '\0';
        return 0;
    }
    return err;
}

int gpt_read(const struct gpt_disk *disk, struct gpt *gpt, struct gpt_report *report)
{
    struct gpt_header *header;
    uint64_t hint_lba = 0;
    int primary_err;
    int err;

    *report = (struct gpt_report){0};
    if (disk->block_size < GPT_MIN_BLOCK_SIZE || disk->block_size > GPT_MAX_BLOCK_SIZE ||
        (disk->block_size & (disk->block_size - 1)) != 0 || disk->nr_blocks < 3)
        return reason_set(&report->primary, -ENOENT, "a disk of %llu blocks of %u bytes has no GPT",
                          (unsigned long long)disk->nr_blocks, disk->block_size);
    header = mem_alloc(disk->block_size);
    if (!header)
        return reason_set(&report->primary, -ENOMEM, "no memory");
    primary_err = err = read_copy(disk, GPT_PRIMARY_LBA, header, gpt, &report->primary);
    if (err && err != -ENOMEM) {
        if (err == -EIO)
            hint_lba = header->alternate_lba;
        err = read_backup(disk, hint_lba, header, gpt, &report->backup);
        if (err == -ENOENT && primary_err != -ENOENT)
            err = -EIO;
    }
    mem_free(header);
    return err;
}

void gpt_release(struct gpt *gpt)
{
    mem_free(gpt->entries);
    *gpt = (struct gpt){0};
}

const struct gpt_entry *gpt_next(const struct gpt *gpt, uint32_t *slot)
{
    while (*slot < gpt->nr_entries) {
        const void *at = gpt->entries + (size_t)*slot * gpt->entry_size;
        const struct gpt_entry *entry = at;

        (*slot)++;
        if (!guid_is_zero(&entry->type) && entry->first_lba <= entry->last_lba &&
            entry->first_lba >= gpt->first_usable_lba && entry->last_lba <= gpt->last_usable_lba)
            return entry;
    }
    return NULL;
}

const struct gpt_entry *gpt_find_partuuid(const struct gpt *gpt, const struct guid *partuuid)
{
    const struct gpt_entry *entry;
    uint32_t slot = 0;

    while ((entry = gpt_next(gpt, &slot))) {
        if (guid_equal(&entry->partuuid, partuuid))
            return entry;
    }
    return NULL;
}

const struct gpt_entry *gpt_find_type(const struct gpt *gpt, const struct guid *type)
{
    const struct gpt_entry *entry;
    uint32_t slot = 0;

    while ((entry = gpt_next(gpt, &slot))) {
        if (guid_equal(&entry->type, type) && !(entry->attributes & GPT_ATTR_NO_AUTO))
            return entry;
    }
    return NULL;
}
