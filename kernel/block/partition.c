/* SPDX-License-Identifier: MIT */
/* From partition tables to block devices: the parsers (gpt.c, mbr.c) read through the disk's page
 * cache. */
#define LOG_PREFIX "block: "

#include "bdev.h"
#include "gpt.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

struct disk_scan {
    struct table_source src;
    struct disk *disk;
    bool is_gpt;
    unsigned int nr_found;
};

static int scan_read(struct table_source *src, u64 offset, void *buf, u32 size)
{
    struct disk_scan *scan = container_of(src, struct disk_scan, src);
    struct block_device *whole = scan->disk->part[0];
    struct page *page;

    if (offset >= bdev_size_bytes(whole) || size > bdev_size_bytes(whole) - offset)
        return -EINVAL;
    page = filemap_read_page(whole->mapping, offset >> PAGE_SHIFT, NULL);
    if (IS_ERR(page))
        return PTR_ERR(page);
    memcpy(buf, (char *)page_address(page) + (offset & ~PAGE_MASK), size);
    page_put(page);
    return 0;
}

static void partuuid_format(struct block_device *bdev, bool is_gpt)
{
    u32 disk_id;

    if (is_gpt) {
        snprintf(bdev->partuuid_text, sizeof(bdev->partuuid_text), "%pU", &bdev->partuuid);
        return;
    }
    memcpy(&disk_id, bdev->partuuid.b, sizeof(disk_id));
    snprintf(bdev->partuuid_text, sizeof(bdev->partuuid_text), "%08x-%02x", disk_id, bdev->partno);
}

static int scan_found(struct table_source *src, const struct partition *part)
{
    struct disk_scan *scan = container_of(src, struct disk_scan, src);
    struct disk *disk = scan->disk;
    struct block_device *bdev;
    int err;

    if (part->number > DISK_MAX_PARTS || disk->part[part->number])
        return 0;
    bdev = bdev_create(disk, part->number, part->start, part->nr_sectors);
    if (!bdev)
        return -ENOMEM;
    bdev->partuuid = part->uuid;
    bdev->parttype = part->type;
    bdev->part_attributes = part->attributes;
    strscpy(bdev->label, part->label, sizeof(bdev->label));
    partuuid_format(bdev, scan->is_gpt);
    disk->part[part->number] = bdev;
    err = bdev_publish(bdev);
    if (err)
        pr_warn("%s: partition %u has no node: %d\n", disk->name, part->number, err);
    scan->nr_found++;
    return 0;
}

/* " vda: vda1 vda2": what there is now. */
static void partitions_log(const struct disk *disk)
{
    char line[256], name[DISK_NAME_SIZE + 8];
    size_t n = 0;

    for (unsigned int i = 1; i <= DISK_MAX_PARTS; i++) {
        if (!disk->part[i])
            continue;
        bdev_name(disk->part[i], name, sizeof(name));
        n += scnprintf(line + n, sizeof(line) - n, " %s", name);
    }
    pr_info("%s:%s\n", disk->name, line);
}

int disk_scan_partitions(struct disk *disk)
{
    struct disk_scan scan = {
        .src = {.name = disk->name,
                .nr_sectors = disk->nr_sectors,
                .block_size = disk->limits.logical_block_size,
                .read = scan_read,
                .found = scan_found},
        .disk = disk,
        .is_gpt = true,
    };
    int result;

    if (disk->nr_sectors < 2)
        return 0;
    result = gpt_scan(&scan.src);
    if (result == 0) {
        scan.is_gpt = false;
        result = mbr_scan(&scan.src);
    }
    if (scan.nr_found)
        partitions_log(disk);
    if (result < 0)
        pr_warn("%s: partition table cannot be read: %d\n", disk->name, result);
    return min(result, 0);
}

int disk_drop_partitions(struct disk *disk)
{
    for (unsigned int i = 1; i <= DISK_MAX_PARTS; i++)
        if (disk->part[i] && atomic_read(&disk->part[i]->openers) && !disk->dead)
            return -EBUSY;
    for (unsigned int i = 1; i <= DISK_MAX_PARTS; i++) {
        struct block_device *bdev = disk->part[i];

        disk->part[i] = NULL;
        if (bdev)
            bdev_withdraw(bdev);
    }
    return 0;
}
