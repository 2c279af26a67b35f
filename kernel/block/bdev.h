/* SPDX-License-Identifier: MIT */
/* Between the parts that make block devices. */
#ifndef KERNEL_BLOCK_BDEV_H
#define KERNEL_BLOCK_BDEV_H

#include "internal.h"

struct attribute_group;

extern const struct address_space_operations bdev_aops;
extern const struct attribute_group *const bdev_disk_groups[];
extern const struct attribute_group *const bdev_partition_groups[];

/* The published device with that number, with a reference; NULL. */
struct block_device *bdev_find(dev_t devt);
void disk_get(struct disk *disk);
long bdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
/* -EBUSY while one is open, -EINVAL on a partition. */
int disk_rescan(struct disk *disk);
#endif
