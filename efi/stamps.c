/* SPDX-License-Identifier: MIT */
#include "stamps.h"
#include "libc.h"

static struct boot_stamp stamps[BOOT_NR_STAMPS];
static uint32_t nr_stamps;

void stamp(const char *name)
{
    struct boot_stamp *next = &stamps[nr_stamps];

    if (nr_stamps == BOOT_NR_STAMPS)
        return;
    snprintf(next->name, sizeof(next->name), "%s", name);
    next->tsc = __builtin_ia32_rdtsc();
    nr_stamps++;
}

void stamps_store(struct boot_info *info)
{
    memcpy(info->stamps, stamps, sizeof(stamps));
    info->nr_stamps = nr_stamps;
}
