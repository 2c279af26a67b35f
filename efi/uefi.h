/* SPDX-License-Identifier: MIT */
/*
 * The firmware as the loader's UEFI code sees it: gnu-efi's declarations, the tables handed to
 * efi_main, and messages for statuses. Pure code does not include this.
 */
#ifndef EFI_UEFI_H
#define EFI_UEFI_H

#include <efi.h>

#include "reason.h"

/* Set once, at the start of efi_main. */
extern EFI_HANDLE uefi_image;
extern EFI_SYSTEM_TABLE *uefi_system;
extern EFI_BOOT_SERVICES *uefi_boot;
extern EFI_RUNTIME_SERVICES *uefi_runtime;

/** uefi_init() - take the tables that the firmware passed. */
void uefi_init(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/** uefi_status_text() - a status in words ("not found"), for messages. */
const char *uefi_status_text(EFI_STATUS status);

/** uefi_protocol() - the interface of @guid on @handle, or NULL. */
void *uefi_protocol(EFI_HANDLE handle, const EFI_GUID *guid);

/** uefi_locate() - the first interface of @guid in the system, or NULL. */
void *uefi_locate(const EFI_GUID *guid);

/**
 * uefi_handles() - all handles that carry @guid.
 *
 * Returns their number and, if that is not 0, the array in *@handles, from the firmware's pool.
 */
size_t uefi_handles(const EFI_GUID *guid, EFI_HANDLE **handles);

/** uefi_table() - the configuration table of that GUID, or NULL. */
void *uefi_table(const EFI_GUID *guid);

/** uefi_secure_boot() - does the firmware enforce Secure Boot? */
bool uefi_secure_boot(void);

/** uefi_set_loader_variable() - tell the system a fact (Boot Loader Interface); best effort. */
void uefi_set_loader_variable(const CHAR16 *name, const char *value);

#endif
