/* SPDX-License-Identifier: MIT */
/*
 * The account of the boot: what began when, from the starter's first instruction to init. Shown by
 * /proc/lintel/boot.
 */
#ifndef KERNEL_BASE_BOOT_ACCOUNT_H
#define KERNEL_BASE_BOOT_ACCOUNT_H

#include <kernel/types.h>

/* The phase that begins now; name must stay valid. Ignored when the account is full. Any context.
 */
void boot_phase(const char *name);
/* The i-th entry, the starter's first. start_ns counts from the processor's reset as far as the TSC
 * knows; duration_ns: to the next entry, 0 for the last. false past the end. */
bool boot_account_get(unsigned int i, const char **name, u64 *start_ns, u64 *duration_ns);
#endif
