/* SPDX-License-Identifier: MIT */
#ifndef EFI_CONFIG_H
#define EFI_CONFIG_H

#include "entry.h"
#include "uefi.h"

#define CONFIG_MAX_ENTRIES 64

/** struct boot_config - what the boot partition offers. */
struct boot_config {
    struct loader_config loader;
    struct entry entries[CONFIG_MAX_ENTRIES];
    unsigned nr_entries;
};

/**
 * config_read() - read \loader\loader.conf and \loader\entries\*.conf, sorted.
 *
 * What cannot be used is named on the console and left out; a missing loader.conf is named too and
 * means the defaults. Nothing fails; maybe there are no entries.
 */
void config_read(struct boot_config *config, EFI_FILE *root);

/**
 * config_count_try() - if the entry is counted, rename its file for one more try.
 *
 * A file that cannot be renamed (a read-only disk) is named on the console and no reason to stop.
 */
void config_count_try(struct entry *entry, EFI_FILE *root);

#endif
