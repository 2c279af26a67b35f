/* SPDX-License-Identifier: MIT */
#ifndef EFI_GPT_H
#define EFI_GPT_H

#include "guid.h"
#include "reason.h"

/**
 * struct gpt_disk - a disk as the GPT reader sees it.
 * @block_size: bytes in a logical block: a power of two, 512 to 65536.
 * @nr_blocks: blocks on the disk.
 * @read: reads @nr blocks from @lba to @buf; 0 or -errno. @disk is this structure, so that the
 *	owner can find its own around it.
 */
struct gpt_disk {
    uint32_t block_size;
    uint64_t nr_blocks;
    int (*read)(const struct gpt_disk *disk, uint64_t lba, uint64_t nr, void *buf);
};

#define GPT_NAME_UNITS 36

/** struct gpt_entry - one partition (UEFI 2.10, table 5.6), as stored on the disk. */
struct gpt_entry {
    struct guid type;
    struct guid partuuid;
    uint64_t first_lba;
    uint64_t last_lba; /* inclusive */
    uint64_t attributes;
    uint16_t name[GPT_NAME_UNITS];
};

_Static_assert(sizeof(struct gpt_entry) == 128, "GPT entry");

/**
 * struct gpt - a partition table that passed every check.
 * @disk_guid: the disk's own GUID.
 * @header_lba: where the header that was used lies: 1, or that of the backup.
 * @nr_entries: slots in the table, unused ones included.
 * @entry_size: bytes between slots, at least sizeof(struct gpt_entry).
 */
struct gpt {
    struct guid disk_guid;
    uint64_t header_lba;
    uint64_t first_usable_lba;
    uint64_t last_usable_lba;
    uint32_t nr_entries;
    uint32_t entry_size;
    uint8_t *entries;
};

/**
 * struct gpt_report - what was wrong with each copy; an empty text says that nothing was found
 * wrong, or that the copy was not looked at because the primary was good.
 */
struct gpt_report {
    struct reason primary;
    struct reason backup;
};

extern const struct guid gpt_type_esp;
extern const struct guid gpt_type_xbootldr;
extern const struct guid gpt_type_root_x86_64;

/**
 * gpt_read() - read the partition table of @disk: the primary copy, or the backup where the primary
 * is damaged.
 *
 * Returns 0 with @gpt filled in (release with gpt_release()); -ENOENT when the disk has no GPT at
 * all; -EIO when both copies are damaged; -ENOMEM. @report is always filled in.
 */
int gpt_read(const struct gpt_disk *disk, struct gpt *gpt, struct gpt_report *report);

/** gpt_release() - free what gpt_read() allocated. */
void gpt_release(struct gpt *gpt);

/**
 * gpt_next() - the next used entry at or after slot *@slot, which moves behind it; NULL at the end.
 * Entries that lie outside the usable blocks, or backwards, are passed over.
 */
const struct gpt_entry *gpt_next(const struct gpt *gpt, uint32_t *slot);

/** gpt_find_partuuid() - the partition of that PARTUUID, or NULL. */
const struct gpt_entry *gpt_find_partuuid(const struct gpt *gpt, const struct guid *partuuid);

/** gpt_find_type() - the first partition of that type not marked "no automatic use", or NULL. */
const struct gpt_entry *gpt_find_type(const struct gpt *gpt, const struct guid *type);

#endif
