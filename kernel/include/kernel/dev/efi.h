/* SPDX-License-Identifier: MIT */
/*
 * UEFI runtime services (UEFI 2.10, chapter 8). All return 0 or -errno: -ENODEV when there are
 * none (not an EFI start, or efi=noruntime), else what the EFI status means. Task context, may
 * sleep, unless said.
 */
#ifndef KERNEL_DEV_EFI_H
#define KERNEL_DEV_EFI_H

#include <kernel/lib/guid.h>
#include <kernel/types.h>

/* 8.3, EFI_TIME */
struct efi_time {
    u16 year;
    u8 month, day, hour, minute, second, pad1;
    u32 nanosecond;
    s16 timezone; /* minutes from UTC: local = UTC - timezone; EFI_TIMEZONE_UNKNOWN */
    u8 daylight, pad2;
};
static_assert(sizeof(struct efi_time) == 16, "UEFI 2.10, 8.3.1");
#define EFI_TIMEZONE_UNKNOWN 0x7ff

#define EFI_VARIABLE_NON_VOLATILE 0x1
#define EFI_VARIABLE_BOOT_SERVICE 0x2
#define EFI_VARIABLE_RUNTIME      0x4

bool efi_runtime_available(void);
int efi_time_get(struct efi_time *time);
int efi_time_set(const struct efi_time *time);

/**
 * efi_variable_get() - *@size is the room in @data, and then the variable's size; -ENOSPC when it
 * does not fit (@size says how much it needs), -ENOENT. Names are NUL-terminated UTF-16.
 */
int efi_variable_get(const u16 *name, const guid_t *vendor, u32 *attributes, void *data,
                     size_t *size);
/** efi_variable_set() - @size 0 deletes it. -EROFS, -ENOSPC... */
int efi_variable_set(const u16 *name, const guid_t *vendor, u32 attributes, const void *data,
                     size_t size);
/**
 * efi_variable_next() - the variable after @name, which begins as an empty string. *@name_size is
 * the room in bytes. -ENOENT after the last; -ENOSPC: *@name_size says how much is needed.
 */
int efi_variable_next(u16 *name, size_t *name_size, guid_t *vendor);
#endif
