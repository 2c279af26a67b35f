/* SPDX-License-Identifier: MIT */
/* What a virtio block device says of itself, checked. */
#ifndef DRIVERS_VIRTIO_BLK_CONFIG_H
#define DRIVERS_VIRTIO_BLK_CONFIG_H

#include <virtio/virtio.h>

/* Feature bits (VIRTIO 1.2, 5.2.3). */
#define VBLK_F_SIZE_MAX     1
#define VBLK_F_SEG_MAX      2
#define VBLK_F_RO           5
#define VBLK_F_BLK_SIZE     6
#define VBLK_F_FLUSH        9
#define VBLK_F_TOPOLOGY     10
#define VBLK_F_MQ           12
#define VBLK_F_DISCARD      13
#define VBLK_F_WRITE_ZEROES 14

#define VBLK_FEATURES                                                           \
    (1ULL << VBLK_F_SIZE_MAX | 1ULL << VBLK_F_SEG_MAX | 1ULL << VBLK_F_RO |     \
     1ULL << VBLK_F_BLK_SIZE | 1ULL << VBLK_F_FLUSH | 1ULL << VBLK_F_TOPOLOGY | \
     1ULL << VBLK_F_MQ | 1ULL << VBLK_F_DISCARD | 1ULL << VBLK_F_WRITE_ZEROES)

/* As struct queue_limits, plus capacity and queues. */
struct vblk_limits {
    u64 nr_sectors;
    u32 block_size, physical_block_size, io_min, io_opt;
    u32 max_sectors, max_segment_size;
    u16 max_segments;
    u32 max_discard_sectors, max_write_zeroes_sectors;
    unsigned int nr_queues;
    bool read_only, volatile_cache;
};

/* The device's configuration space (5.2.4); fields count only if their feature was negotiated. */
struct vblk_config {
    u64 capacity;
    u32 size_max, seg_max;
    u16 cylinders;
    u8 heads, sectors;
    u32 block_size;
    u8 physical_block_exp, alignment_offset;
    u16 min_io_size;
    u32 opt_io_size;
    u8 writeback, unused0;
    u16 nr_queues;
    u32 max_discard_sectors, max_discard_segments, discard_alignment;
    u32 max_write_zeroes_sectors, max_write_zeroes_segments;
    u8 write_zeroes_may_unmap, unused1[3];
};
static_assert(sizeof(struct vblk_config) == 64, "5.2.4, with padding");
static_assert(offsetof(struct vblk_config, nr_queues) == 34, "5.2.4");
static_assert(offsetof(struct vblk_config, write_zeroes_may_unmap) == 56, "5.2.4");

/**
 * vblk_limits_read() - reads and checks the configuration; no more than @segments_max segments are
 * promised. 0, or -EINVAL (and a line in the log) when no disk can be made of it.
 */
int vblk_limits_read(struct virtio_device *vdev, u16 segments_max, struct vblk_limits *limits);
#endif
