/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables without an AML interpreter: found through the RSDP, checked by length and checksum,
 * mapped for good. Context: any after acpi_tables_init().
 */
#ifndef KERNEL_DEV_ACPI_H
#define KERNEL_DEV_ACPI_H

#include <kernel/types.h>

struct acpi_header {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem_id[6], oem_table_id[8];
    u32 oem_revision;
    char creator_id[4];
    u32 creator_revision;
} __packed;

/* The instance-th valid table with this signature ("APIC", "MCFG", "FACP"), or NULL. */
const struct acpi_header *acpi_table(const char signature[4], unsigned int instance);
#endif
