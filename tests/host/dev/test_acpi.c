// SPDX-License-Identifier: MIT
// Parsing of ACPI tables: sound ones, short ones, and ones that lie about their lengths.
// sources: kernel/dev/acpi_parse.c kernel/dev/aml_scan.c
#include <kernel/dev/acpi.h>

#include <kernel/base/log.h>
#include <kernel/lib/byteorder.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"

static int log_lines;

void klog(enum log_level level, const char *fmt, ...)
{
    log_lines++;
}

/* A table on the heap, exactly as long as it says, so that a read beyond it is caught. */
static struct acpi_header *table_make(const char *signature, u8 revision, u32 length)
{
    struct acpi_header *table = calloc(1, length);

    memcpy(table->signature, signature, 4);
    table->revision = revision;
    table->length = length;
    return table;
}

static void checksum_set(void *p, size_t size, u8 *at)
{
    u8 sum = 0;

    *at = 0;
    for (size_t i = 0; i < size; i++)
        sum += ((u8 *)p)[i];
    *at = -sum;
}

TEST(rsdp_of_revision_0_gives_the_rsdt)
{
    u8 rsdp[20] = "RSD PTR ";
    struct acpi_root root;

    put_unaligned_le32(0x7fe0000, rsdp + 16);
    checksum_set(rsdp, 20, rsdp + 8);
    ASSERT_EQ(acpi_rsdp_parse(rsdp, 20, &root), 0);
    EXPECT_EQ(root.revision, 0);
    EXPECT_EQ(root.rsdt, 0x7fe0000);
    EXPECT_EQ(root.xsdt, 0);
}

TEST(rsdp_of_revision_2_gives_the_xsdt_unless_its_checksum_is_wrong)
{
    u8 rsdp[36] = "RSD PTR ";
    struct acpi_root root;

    rsdp[15] = 2;
    put_unaligned_le32(0x1000, rsdp + 16);
    put_unaligned_le32(36, rsdp + 20);
    put_unaligned_le64(0x123456789000, rsdp + 24);
    checksum_set(rsdp, 20, rsdp + 8);
    checksum_set(rsdp, 36, rsdp + 32);
    ASSERT_EQ(acpi_rsdp_parse(rsdp, 36, &root), 0);
    EXPECT_EQ(root.xsdt, 0x123456789000);
    rsdp[33]++;
    ASSERT_EQ(acpi_rsdp_parse(rsdp, 36, &root), 0);
    EXPECT_EQ(root.xsdt, 0);
    EXPECT_EQ(root.rsdt, 0x1000);
    rsdp[16]++;
    EXPECT_EQ(acpi_rsdp_parse(rsdp, 36, &root), -EINVAL);
}

TEST(fadt_too_short_is_refused)
{
    struct acpi_header *table = table_make("FACP", 1, 100);
    struct acpi_fadt fadt;

    EXPECT_EQ(acpi_fadt_parse(table, &fadt), -EINVAL);
    free(table);
}

TEST(fadt_of_revision_1_has_what_every_pc_had)
{
    struct acpi_header *table = table_make("FACP", 1, 116);
    struct acpi_fadt fadt;

    put_unaligned_le32(0x604, (u8 *)table + 64);
    ((u8 *)table)[89] = 2;
    put_unaligned_le32(0xe0000, (u8 *)table + 40);
    ASSERT_EQ(acpi_fadt_parse(table, &fadt), 0);
    EXPECT_TRUE(fadt.has_8042);
    EXPECT_TRUE(fadt.has_cmos_rtc);
    EXPECT_FALSE(fadt.has_reset);
    EXPECT_EQ(fadt.pm1a_control.address, 0x604);
    EXPECT_EQ(fadt.pm1a_control.space, ACPI_SPACE_IO);
    EXPECT_EQ(fadt.pm1a_control.bit_width, 16);
    EXPECT_EQ(fadt.pm1b_control.address, 0);
    EXPECT_EQ(fadt.dsdt, 0xe0000);
    free(table);
}

TEST(fadt_of_a_reduced_machine_names_sleep_registers_and_absent_devices)
{
    struct acpi_header *table = table_make("FACP", 5, 268);
    u8 *p = (u8 *)table;
    struct acpi_fadt fadt;

    put_unaligned_le32(1U << 20 | 1U << 10, p + 112);
    put_unaligned_le16(1U << 5, p + 109);
    p[116] = ACPI_SPACE_IO;
    put_unaligned_le64(0xcf9, p + 120);
    p[128] = 6;
    p[244] = ACPI_SPACE_MEMORY;
    put_unaligned_le64(0xfed00000, p + 248);
    put_unaligned_le64(0x123450000, p + 140);
    ASSERT_EQ(acpi_fadt_parse(table, &fadt), 0);
    EXPECT_TRUE(fadt.hardware_reduced);
    EXPECT_FALSE(fadt.has_8042);
    EXPECT_FALSE(fadt.has_cmos_rtc);
    EXPECT_TRUE(fadt.has_reset);
    EXPECT_EQ(fadt.reset.address, 0xcf9);
    EXPECT_EQ(fadt.reset_value, 6);
    EXPECT_EQ(fadt.sleep_control.address, 0xfed00000);
    EXPECT_EQ(fadt.dsdt, 0x123450000);
    free(table);
}

struct madt_seen {
    unsigned int nr, types[16];
};

static int madt_note(const struct acpi_madt_entry *entry, void *arg)
{
    struct madt_seen *seen = arg;

    if (seen->nr < 16)
        seen->types[seen->nr] = entry->type;
    seen->nr++;
    return 0;
}

static struct acpi_header *madt_make(const u8 *entries, u32 size)
{
    struct acpi_header *table = table_make("APIC", 3, 44 + size);

    memcpy((u8 *)table + 44, entries, size);
    return table;
}

TEST(madt_walk_gives_each_entry)
{
    static const u8 entries[] = {0,    8, 0, 0, 1, 0, 0,  0, 1, 12, 0, 0, 0, 0, 0xc0,
                                 0xfe, 0, 0, 0, 0, 2, 10, 0, 0, 2,  0, 0, 0, 0, 0};
    struct acpi_header *madt = madt_make(entries, sizeof(entries));
    struct madt_seen seen = {};

    EXPECT_EQ(acpi_madt_walk(madt, madt_note, &seen), 0);
    ASSERT_EQ(seen.nr, 3);
    EXPECT_EQ(seen.types[0], ACPI_MADT_LAPIC);
    EXPECT_EQ(seen.types[1], ACPI_MADT_IOAPIC);
    EXPECT_EQ(seen.types[2], ACPI_MADT_OVERRIDE);
    free(madt);
}

TEST(madt_walk_skips_short_entries_and_stops_at_impossible_ones)
{
    static const u8 short_entry[] = {0, 6, 0, 0, 1, 0, 0, 8, 0, 0, 1, 0, 0, 0};
    static const u8 zero_length[] = {0, 8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 1, 0, 0, 0};
    static const u8 beyond[] = {0, 8, 0, 0, 1, 0, 0, 0, 1, 12, 0, 0};
    static const u8 half_head[] = {0, 8, 0, 0, 1, 0, 0, 0, 1};
    struct {
        const u8 *entries;
        u32 size;
    } cases[] = {{short_entry, sizeof(short_entry)},
                 {zero_length, sizeof(zero_length)},
                 {beyond, sizeof(beyond)},
                 {half_head, sizeof(half_head)}};

    for (int i = 0; i < 4; i++) {
        struct acpi_header *madt = madt_make(cases[i].entries, cases[i].size);
        struct madt_seen seen = {};

        EXPECT_EQ(acpi_madt_walk(madt, madt_note, &seen), 0);
        EXPECT_EQ(seen.nr, 1);
        free(madt);
    }
}

TEST(madt_shorter_than_its_head_has_no_entries)
{
    struct acpi_header *madt = table_make("APIC", 3, 36);
    struct madt_seen seen = {};
    u32 flags = 7;

    EXPECT_EQ(acpi_madt_walk(madt, madt_note, &seen), 0);
    EXPECT_EQ(seen.nr, 0);
    EXPECT_EQ(acpi_madt_lapic_address(madt, &flags), 0);
    EXPECT_EQ(flags, 0);
    free(madt);
}

TEST(mcfg_ranges_that_cannot_be_are_left_out)
{
    struct acpi_header *mcfg = table_make("MCFG", 1, 44 + 3 * 16 + 5);
    u8 *p = (u8 *)mcfg + 44;
    struct acpi_mcfg_range range;

    put_unaligned_le64(0xb0001000, p); /* not aligned to a bus */
    p[11] = 255;
    p += 16;
    put_unaligned_le64(0xb0000000, p);
    p[11] = 255;
    p += 16;
    put_unaligned_le64(0xc0000000, p);
    p[10] = 9; /* first after last */
    p[11] = 3;
    ASSERT_TRUE(acpi_mcfg_range(mcfg, 0, &range));
    EXPECT_EQ(range.address, 0xb0000000);
    EXPECT_EQ(range.last_bus, 255);
    EXPECT_FALSE(acpi_mcfg_range(mcfg, 1, &range));
    free(mcfg);
}

TEST(spcr_gives_port_and_speed)
{
    struct acpi_header *table = table_make("SPCR", 2, 80);
    u8 *p = (u8 *)table;
    struct acpi_spcr spcr;

    EXPECT_EQ(acpi_spcr_parse(table, &spcr), -EINVAL);
    p[40] = ACPI_SPACE_IO;
    p[41] = 8;
    put_unaligned_le64(0x2f8, p + 44);
    p[52] = 3;
    p[53] = 3;
    p[58] = 7;
    put_unaligned_le32(0xffffffff, p + 64);
    ASSERT_EQ(acpi_spcr_parse(table, &spcr), 0);
    EXPECT_EQ(spcr.base.address, 0x2f8);
    EXPECT_EQ(spcr.baud, 115200);
    EXPECT_EQ(spcr.isa_irq, 3);
    EXPECT_EQ(spcr.pci_vendor, 0xffff);
    free(table);
}

static struct acpi_header *dsdt_make(const u8 *aml, u32 size)
{
    struct acpi_header *table = table_make("DSDT", 2, sizeof(*table) + size);

    memcpy(table + 1, aml, size);
    return table;
}

TEST(sleep_type_is_found_in_its_usual_forms)
{
    static const u8 bytes[] = {0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 5, 0x0a, 3, 0, 0};
    static const u8 rooted[] = {0x5b, 0x08, '\\', '_',  'S',  '5', '_',
                                0x12, 0x06, 0x04, 0x00, 0x01, 0,   0};
    static const u8 words[] = {0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x02, 0x0b, 7, 0, 0x0b, 2, 0};
    static const u8 one[] = {0x08, '_', 'S', '5', '_', 0x12, 0x04, 0x01, 0x0a, 6};
    struct acpi_sleep_type type;
    struct acpi_header *table = dsdt_make(bytes, sizeof(bytes));

    ASSERT_EQ(aml_find_sleep_type(table, 5, &type), 0);
    EXPECT_EQ(type.a, 5);
    EXPECT_EQ(type.b, 3);
    EXPECT_EQ(aml_find_sleep_type(table, 3, &type), -ENOENT);
    free(table);
    table = dsdt_make(rooted, sizeof(rooted));
    ASSERT_EQ(aml_find_sleep_type(table, 5, &type), 0);
    EXPECT_EQ(type.a, 0);
    EXPECT_EQ(type.b, 1);
    free(table);
    table = dsdt_make(words, sizeof(words));
    ASSERT_EQ(aml_find_sleep_type(table, 5, &type), 0);
    EXPECT_EQ(type.a, 7);
    EXPECT_EQ(type.b, 2);
    free(table);
    table = dsdt_make(one, sizeof(one));
    ASSERT_EQ(aml_find_sleep_type(table, 5, &type), 0);
    EXPECT_EQ(type.b, 6);
    free(table);
}

TEST(sleep_type_scan_passes_over_what_only_looks_like_it)
{
    /* A reference, a method, a value too large, then the real one. */
    static const u8 aml[] = {0x70, '_', 'S', '5', '_',  0x14, 0x06, '_',  'S',  '5',  '_', 0x00,
                             0x08, '_', 'S', '5', '_',  0x12, 0x05, 0x02, 0x0a, 0x09, 0,   0x08,
                             '_',  'S', '5', '_', 0x12, 0x05, 0x02, 0x0a, 0x02, 0};
    struct acpi_sleep_type type;
    struct acpi_header *table = dsdt_make(aml, sizeof(aml));

    ASSERT_EQ(aml_find_sleep_type(table, 5, &type), 0);
    EXPECT_EQ(type.a, 2);
    EXPECT_EQ(type.b, 0);
    free(table);
}

TEST(sleep_type_scan_survives_every_cut_and_every_flipped_byte)
{
    static const u8 aml[] = {0x08, '_',  'S', '5', '_', 0x12, 0x4a, 0x00,
                             0x02, 0x0c, 5,   0,   0,   0,    0x0a, 5};
    struct acpi_sleep_type type;

    for (u32 size = 0; size <= sizeof(aml); size++) {
        struct acpi_header *table = dsdt_make(aml, size);

        aml_find_sleep_type(table, 5, &type);
        free(table);
    }
    for (u32 i = 0; i < sizeof(aml) * 256; i++) {
        u8 copy[sizeof(aml)];
        struct acpi_header *table;

        memcpy(copy, aml, sizeof(aml));
        copy[i / 256] = i;
        table = dsdt_make(copy, sizeof(copy));
        if (aml_find_sleep_type(table, 5, &type) == 0)
            EXPECT_TRUE(type.a <= 7 && type.b <= 7);
        free(table);
    }
}
