// SPDX-License-Identifier: MIT
/* One set of names for the disks of SATA and USB. */
#include <sd/sd.h>

#include <kernel/block/blkdev.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/string.h>

#define DISK_MAJOR  8
#define DISK_MINORS 16
#define NAMES       26 /* sda to sdz */

static u64 taken; /* bit n; changed atomically */

int sd_disk_name(struct disk *disk)
{
    u64 now = READ_ONCE(taken);
    unsigned int index;

    do {
        index = __builtin_ctzll(~now);
        if (index >= NAMES)
            return -ENOSPC;
    } while (!try_cmpxchg(&taken, &now, now | 1ULL << index));
    strscpy(disk->name, "sda", sizeof(disk->name));
    disk->name[2] = 'a' + index;
    disk->major = DISK_MAJOR;
    disk->first_minor = index * DISK_MINORS;
    disk->minors = DISK_MINORS;
    return 0;
}

void sd_disk_release(const struct disk *disk)
{
    __atomic_fetch_and(&taken, ~(1ULL << (disk->first_minor / DISK_MINORS)), __ATOMIC_RELEASE);
}
