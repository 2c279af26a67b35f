/* SPDX-License-Identifier: MIT */
#ifndef EFI_STAMPS_H
#define EFI_STAMPS_H

#include <abi/boot.h>

/** stamp() - note that @name (at most 23 bytes) begins now. Beyond BOOT_NR_STAMPS nothing happens.
 */
void stamp(const char *name);

/** stamps_store() - copy what has been noted to @info. */
void stamps_store(struct boot_info *info);

#endif
