// SPDX-License-Identifier: MIT
/*
 * The configuration of a virtio block device, turned into limits that the block layer can rely on.
 * Also compiled for the host.
 */
#include "config.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

#define SECTOR          512U
#define BLOCK_MAX       4096U /* a page: what the page cache can address */
#define SEGMENT_MIN     4096U /* a page must fit into one segment */
#define SEGMENT_MAX     (1U << 20)
#define REQUEST_SECTORS 2560U /* 1280 KiB */
#define CAPACITY_MAX    (1ULL << 54)

static int capacity_check(const struct vblk_config *config, struct vblk_limits *limits)
{
    if (config->capacity > CAPACITY_MAX) {
        pr_err("virtio_blk: capacity of %llu sectors is impossible\n", config->capacity);
        return -EINVAL;
    }
    limits->nr_sectors = config->capacity & ~(u64)(limits->block_size / SECTOR - 1);
    return 0;
}

static int block_size_check(struct virtio_device *vdev, const struct vblk_config *config,
                            struct vblk_limits *limits)
{
    limits->block_size = SECTOR;
    if (virtio_has_feature(vdev, VBLK_F_BLK_SIZE))
        limits->block_size = config->block_size;
    if (!is_power_of_2(limits->block_size) || limits->block_size < SECTOR ||
        limits->block_size > BLOCK_MAX) {
        pr_err("virtio_blk: blocks of %u bytes cannot be used\n", limits->block_size);
        return -EINVAL;
    }
    limits->physical_block_size = limits->block_size;
    limits->io_min = limits->block_size;
    if (!virtio_has_feature(vdev, VBLK_F_TOPOLOGY))
        return 0;
    if (config->physical_block_exp <= 12)
        limits->physical_block_size = limits->block_size << config->physical_block_exp;
    if (config->min_io_size)
        limits->io_min = limits->block_size * config->min_io_size;
    if (config->opt_io_size <= ~0U / limits->block_size)
        limits->io_opt = limits->block_size * config->opt_io_size;
    return 0;
}

static void segments_check(struct virtio_device *vdev, const struct vblk_config *config,
                           u16 segments_max, struct vblk_limits *limits)
{
    limits->max_segments = 1;
    if (virtio_has_feature(vdev, VBLK_F_SEG_MAX) && config->seg_max)
        limits->max_segments = min_t(u32, config->seg_max, segments_max);
    limits->max_segment_size = SEGMENT_MAX;
    if (virtio_has_feature(vdev, VBLK_F_SIZE_MAX))
        limits->max_segment_size = clamp(config->size_max, SEGMENT_MIN, SEGMENT_MAX);
    limits->max_sectors = REQUEST_SECTORS;
}

static u32 range_limit(u32 sectors, u32 segments, const struct vblk_limits *limits)
{
    return segments ? sectors & ~(limits->block_size / SECTOR - 1) : 0;
}

int vblk_limits_read(struct virtio_device *vdev, u16 segments_max, struct vblk_limits *limits)
{
    struct vblk_config config;
    int error;

    memset(limits, 0, sizeof(*limits));
    virtio_config_read(vdev, 0, &config, offsetofend(struct vblk_config, write_zeroes_may_unmap));
    error = block_size_check(vdev, &config, limits);
    if (!error)
        error = capacity_check(&config, limits);
    if (error)
        return error;
    segments_check(vdev, &config, segments_max, limits);
    limits->read_only = virtio_has_feature(vdev, VBLK_F_RO);
    limits->volatile_cache = virtio_has_feature(vdev, VBLK_F_FLUSH);
    limits->nr_queues = 1;
    if (virtio_has_feature(vdev, VBLK_F_MQ) && config.nr_queues)
        limits->nr_queues = config.nr_queues;
    if (virtio_has_feature(vdev, VBLK_F_DISCARD))
        limits->max_discard_sectors =
            range_limit(config.max_discard_sectors, config.max_discard_segments, limits);
    if (virtio_has_feature(vdev, VBLK_F_WRITE_ZEROES))
        limits->max_write_zeroes_sectors =
            range_limit(config.max_write_zeroes_sectors, config.max_write_zeroes_segments, limits);
    return 0;
}
