/* SPDX-License-Identifier: MIT */
#ifndef EFI_HANDOVER_H
#define EFI_HANDOVER_H

#include "guid.h"
#include "image.h"

/** struct handover - everything that the kernel is started with. */
struct handover {
    const struct boot_images *images;
    const char *cmdline;
    struct guid esp_partuuid;
    struct guid root_partuuid;
    bool secure_boot;
};

/**
 * handover_start() - lay the kernel out, leave the firmware and jump to it (BOOT.md).
 *
 * Returns only if that failed while boot services were still whole; then nothing has changed and
 * @why has the reason. If leaving fails half-way the machine is reset.
 */
int handover_start(const struct handover *handover, struct reason *why);

/** handover_switch() - load the page tables and jump; in switch.S. */
void handover_switch(uint64_t root_table, uint64_t entry, uint64_t boot_info)
    __attribute__((noreturn));

/** The end of handover_switch(), behind its last byte. */
extern const char handover_switch_end[];

#endif
