// SPDX-License-Identifier: MIT
#include <kernel/base/boot_info.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>

static struct boot_info kept;

void __init boot_info_keep(const struct boot_info *bi)
{
    if (bi->magic != BOOT_INFO_MAGIC)
        panic("the starter handed over no boot information (magic %#lx)", bi->magic);
    if (bi->version != BOOT_INFO_VERSION)
        panic("the starter's boot information has version %u, this kernel knows %u", bi->version,
              BOOT_INFO_VERSION);
    memcpy(&kept, bi, min(bi->size_bytes, sizeof(kept)));
}

const struct boot_info *boot_info_get(void)
{
    return &kept;
}

void boot_info_wipe_seed(void)
{
    memzero_explicit(kept.seed, sizeof(kept.seed));
}
