/* SPDX-License-Identifier: MIT */
/* Names and numbers of disks that are called sda, sdb..., whatever they hang on. */
#ifndef DRIVERS_SD_H
#define DRIVERS_SD_H

#include <kernel/types.h>

struct disk;

/** sd_disk_name() - gives @disk a free name, and major and minors with it. 0 or -ENOSPC. Any
 * context. */
int sd_disk_name(struct disk *disk);
/** sd_disk_release() - the name of @disk is free again. */
void sd_disk_release(const struct disk *disk);
#endif
