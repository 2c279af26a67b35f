/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BOOT_HOSTILE_H
#define TESTS_BOOT_HOSTILE_H

#include "uefi.h"

/**
 * struct quirk - one way in which firmware misbehaves.
 * @name: as it stands in QUIRKS.TXT.
 * @apply: change the firmware; runs once, before the loader is started.
 */
struct quirk {
    const char *name;
    void (*apply)(void);
};

/* Each file of quirks ends its table with an empty name. */
extern const struct quirk memory_quirks[];
extern const struct quirk device_quirks[];

#endif
