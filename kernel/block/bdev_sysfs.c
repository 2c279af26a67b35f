/* SPDX-License-Identifier: MIT */
/* What /sys/block/NAME shows, in Linux's formats (Documentation/ABI/stable/sysfs-block). */
#include "bdev.h"

#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

static struct block_device *dev_bdev(const struct device *dev)
{
    return dev->private;
}

/* --- numbers --- */

enum number {
    N_SIZE,
    N_RO,
    N_START,
    N_PARTITION,
    N_REMOVABLE,
    N_LOGICAL,
    N_PHYSICAL,
    N_IO_MIN,
    N_IO_OPT,
    N_MAX_KB,
    N_MAX_SEGMENTS,
    N_SEGMENT_SIZE,
    N_ROTATIONAL,
    N_DISCARD_BYTES,
    N_ZEROES_BYTES,
    N_FUA,
    N_REQUESTS,
    N_DISKSEQ,
    N_ZERO,
};

static u64 number_of(const struct block_device *bdev, enum number which)
{
    const struct queue_limits *l = &bdev->disk->limits;

    switch (which) {
    case N_SIZE: return bdev->nr_sectors;
    case N_RO: return bdev->read_only;
    case N_START: return bdev->start;
    case N_PARTITION: return bdev->partno;
    case N_REMOVABLE: return bdev->disk->removable;
    case N_LOGICAL: return l->logical_block_size;
    case N_PHYSICAL: return l->physical_block_size;
    case N_IO_MIN: return l->io_min;
    case N_IO_OPT: return l->io_opt;
    case N_MAX_KB: return l->max_sectors / 2;
    case N_MAX_SEGMENTS: return l->max_segments;
    case N_SEGMENT_SIZE: return l->max_segment_size;
    case N_ROTATIONAL: return l->rotational;
    case N_DISCARD_BYTES: return (u64)l->max_discard_sectors << SECTOR_SHIFT;
    case N_ZEROES_BYTES: return (u64)l->max_write_zeroes_sectors << SECTOR_SHIFT;
    case N_FUA: return l->fua;
    case N_REQUESTS: return bdev->disk->queue->depth;
    case N_DISKSEQ: return bdev->disk->seq;
    default: return 0;
    }
}

static ssize_t number_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);

    return bdev ? snprintf(buf, PAGE_SIZE, "%llu\n", number_of(bdev, attr->arg)) : -ENODEV;
}

#define NUMBER(var, file, which)          \
    static const struct attribute var = { \
        .name = file, .mode = 0444, .show = number_show, .arg = which}

NUMBER(attr_size, "size", N_SIZE);
NUMBER(attr_ro, "ro", N_RO);
NUMBER(attr_start, "start", N_START);
NUMBER(attr_partition, "partition", N_PARTITION);
NUMBER(attr_removable, "removable", N_REMOVABLE);
NUMBER(attr_diskseq, "diskseq", N_DISKSEQ);
NUMBER(attr_hidden, "hidden", N_ZERO);
NUMBER(attr_alignment, "alignment_offset", N_ZERO);
NUMBER(attr_logical, "logical_block_size", N_LOGICAL);
NUMBER(attr_hw_sector, "hw_sector_size", N_LOGICAL);
NUMBER(attr_physical, "physical_block_size", N_PHYSICAL);
NUMBER(attr_io_min, "minimum_io_size", N_IO_MIN);
NUMBER(attr_io_opt, "optimal_io_size", N_IO_OPT);
NUMBER(attr_max_kb, "max_sectors_kb", N_MAX_KB);
NUMBER(attr_max_hw_kb, "max_hw_sectors_kb", N_MAX_KB);
NUMBER(attr_max_segments, "max_segments", N_MAX_SEGMENTS);
NUMBER(attr_segment_size, "max_segment_size", N_SEGMENT_SIZE);
NUMBER(attr_rotational, "rotational", N_ROTATIONAL);
NUMBER(attr_discard_max, "discard_max_bytes", N_DISCARD_BYTES);
NUMBER(attr_discard_granularity, "discard_granularity", N_LOGICAL);
NUMBER(attr_zeroes_max, "write_zeroes_max_bytes", N_ZEROES_BYTES);
NUMBER(attr_fua, "fua", N_FUA);
NUMBER(attr_requests, "nr_requests", N_REQUESTS);

/* --- the rest --- */

static ssize_t stat_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);
    ssize_t n = 0;

    if (!bdev)
        return -ENODEV;
    for (unsigned int i = 0; i < NR_BDEV_STATS; i++)
        n += snprintf(buf + n, PAGE_SIZE - n, "%8llu%c", bdev_stat_shown(bdev, i),
                      i + 1 < NR_BDEV_STATS ? ' ' : '\n');
    return n;
}

static ssize_t inflight_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);

    return bdev ? snprintf(buf, PAGE_SIZE, "%8u %8llu\n", 0, bdev_stat_shown(bdev, STAT_IN_FLIGHT))
                : -ENODEV;
}

static ssize_t write_cache_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);

    if (!bdev)
        return -ENODEV;
    return snprintf(buf, PAGE_SIZE, "%s\n",
                    bdev->disk->limits.volatile_cache ? "write back" : "write through");
}

static ssize_t scheduler_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);
    size_t n;

    if (!bdev)
        return -ENODEV;
    n = disk_elevators_show(bdev->disk, buf, PAGE_SIZE - 1);
    buf[n++] = '\n';
    return n;
}

static ssize_t scheduler_store(struct device *dev, const struct attribute *attr, const char *buf,
                               size_t count)
{
    struct block_device *bdev = dev_bdev(dev);
    char name[32];
    int err;

    if (!bdev)
        return -ENODEV;
    if (count >= sizeof(name))
        return -EINVAL;
    memcpy(name, buf, count);
    name[count] = '\0';
    err = disk_elevator_set(bdev->disk, strim(name));
    return err ? err : (ssize_t)count;
}

enum text { T_MODEL, T_SERIAL, T_FIRMWARE };

static ssize_t text_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct block_device *bdev = dev_bdev(dev);
    const struct disk *disk;

    if (!bdev)
        return -ENODEV;
    disk = bdev->disk;
    return snprintf(buf, PAGE_SIZE, "%s\n",
                    attr->arg == T_MODEL    ? disk->model
                    : attr->arg == T_SERIAL ? disk->serial
                                            : disk->firmware);
}

static const struct attribute attr_stat = {.name = "stat", .mode = 0444, .show = stat_show};
static const struct attribute attr_inflight = {
    .name = "inflight", .mode = 0444, .show = inflight_show};
static const struct attribute attr_serial = {
    .name = "serial", .mode = 0444, .show = text_show, .arg = T_SERIAL};
static const struct attribute attr_write_cache = {
    .name = "write_cache", .mode = 0444, .show = write_cache_show};
static const struct attribute attr_scheduler = {
    .name = "scheduler", .mode = 0644, .show = scheduler_show, .store = scheduler_store};

static const struct attribute *const disk_attrs[] = {
    &attr_size,    &attr_ro,        &attr_removable, &attr_hidden, &attr_stat,
    &attr_diskseq, &attr_alignment, &attr_inflight,  &attr_serial, NULL};
static const struct attribute *const partition_attrs[] = {
    &attr_size,      &attr_ro,   &attr_start,    &attr_partition,
    &attr_alignment, &attr_stat, &attr_inflight, NULL};
static const struct attribute *const queue_attrs[] = {
    &attr_logical,     &attr_hw_sector,    &attr_physical,
    &attr_io_min,      &attr_io_opt,       &attr_max_kb,
    &attr_max_hw_kb,   &attr_max_segments, &attr_segment_size,
    &attr_rotational,  &attr_discard_max,  &attr_discard_granularity,
    &attr_zeroes_max,  &attr_fua,          &attr_requests,
    &attr_write_cache, &attr_scheduler,    NULL};

static const struct attribute_group disk_group = {.attrs = disk_attrs};
static const struct attribute_group queue_group = {.name = "queue", .attrs = queue_attrs};
static const struct attribute_group partition_group = {.attrs = partition_attrs};

const struct attribute_group *const bdev_disk_groups[] = {&disk_group, &queue_group, NULL};
const struct attribute_group *const bdev_partition_groups[] = {&partition_group, NULL};
