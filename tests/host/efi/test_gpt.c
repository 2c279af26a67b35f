/* SPDX-License-Identifier: MIT */
// sources: efi/gpt.c efi/guid.c efi/crc32.c tests/host/efi/host_mem.c
// cflags: -Iefi
#include "crc32.h"
#include "gpt.h"

#include "ktap.h"

#define NR_BLOCKS   2048
#define NR_ENTRIES  128
#define ENTRY_SIZE  128
#define ARRAY_BYTES (NR_ENTRIES * ENTRY_SIZE)

/* Offsets in a header: UEFI 2.10, table 5.5. */
enum {
    REVISION = 8,
    HEADER_SIZE = 12,
    HEADER_CRC = 16,
    MY_LBA = 24,
    ALTERNATE_LBA = 32,
    FIRST_USABLE = 40,
    LAST_USABLE = 48,
    DISK_GUID = 56,
    ENTRIES_LBA = 72,
    ENTRY_COUNT = 80,
    ENTRY_BYTES = 84,
    ENTRIES_CRC = 88,
};

/* A disk in memory. Blocks from fail_lba to fail_lba + fail_nr - 1 cannot be read. */
struct memory_disk {
    struct gpt_disk io;
    uint8_t *bytes;
    uint64_t fail_lba;
    uint64_t fail_nr;
};

static int read_memory(const struct gpt_disk *io, uint64_t lba, uint64_t nr, void *buf)
{
    const struct memory_disk *disk = (const struct memory_disk *)io;

    if (lba >= io->nr_blocks || nr > io->nr_blocks - lba)
        return -EIO;
    if (disk->fail_nr && lba < disk->fail_lba + disk->fail_nr && disk->fail_lba < lba + nr)
        return -EIO;
    memcpy(buf, disk->bytes + lba * io->block_size, nr * io->block_size);
    return 0;
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, 4);
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, 8);
}

static void seal_header(uint8_t *header)
{
    uint32_t size;

    memcpy(&size, header + HEADER_SIZE, 4);
    put32(header + HEADER_CRC, 0);
    put32(header + HEADER_CRC, crc32(header, size));
}

static uint8_t *block(struct memory_disk *disk, uint64_t lba)
{
    return disk->bytes + lba * disk->io.block_size;
}

static uint32_t array_blocks(const struct memory_disk *disk)
{
    return (ARRAY_BYTES + disk->io.block_size - 1) / disk->io.block_size;
}

static void put_header(struct memory_disk *disk, uint64_t lba, uint64_t other, uint64_t entries)
{
    uint8_t *header = block(disk, lba);

    memcpy(header, "EFI PART", 8);
    put32(header + REVISION, 0x10000);
    put32(header + HEADER_SIZE, 92);
    put64(header + MY_LBA, lba);
    put64(header + ALTERNATE_LBA, other);
    put64(header + FIRST_USABLE, 2 + array_blocks(disk));
    put64(header + LAST_USABLE, NR_BLOCKS - 2 - array_blocks(disk));
    memset(header + DISK_GUID, 0xd1, 16);
    put64(header + ENTRIES_LBA, entries);
    put32(header + ENTRY_COUNT, NR_ENTRIES);
    put32(header + ENTRY_BYTES, ENTRY_SIZE);
    put32(header + ENTRIES_CRC, crc32(block(disk, entries), ARRAY_BYTES));
    seal_header(header);
}

static void put_entry(uint8_t *array, unsigned slot, const struct guid *type, uint8_t uuid,
                      uint64_t first, uint64_t last, uint64_t attributes)
{
    struct gpt_entry entry = {
        .type = *type, .first_lba = first, .last_lba = last, .attributes = attributes};

    memset(&entry.partuuid, uuid, sizeof(entry.partuuid));
    memcpy(array + slot * ENTRY_SIZE, &entry, sizeof(entry));
}

/* ESP in slot 0, roots in slots 3 (not for automatic use), 5 and 6. */
static void disk_make(struct memory_disk *disk, uint32_t block_size)
{
    uint64_t backup_array;

    *disk = (struct memory_disk){
        .io = {.block_size = block_size, .nr_blocks = NR_BLOCKS, .read = read_memory},
        .bytes = calloc(NR_BLOCKS, block_size),
    };
    backup_array = NR_BLOCKS - 1 - array_blocks(disk);
    put_entry(block(disk, 2), 0, &gpt_type_esp, 0xe0, 100, 199, 0);
    put_entry(block(disk, 2), 3, &gpt_type_root_x86_64, 0x33, 200, 299, 1ULL << 63);
    put_entry(block(disk, 2), 5, &gpt_type_root_x86_64, 0x55, 300, 399, 0);
    put_entry(block(disk, 2), 6, &gpt_type_root_x86_64, 0x66, 400, 499, 0);
    memcpy(block(disk, backup_array), block(disk, 2), ARRAY_BYTES);
    put_header(disk, 1, NR_BLOCKS - 1, 2);
    put_header(disk, NR_BLOCKS - 1, 1, backup_array);
}

static void disk_free(struct memory_disk *disk)
{
    free(disk->bytes);
}

/* Read @disk and compare the result and both reports with what is expected ("": nothing wrong). */
static void expect_read(struct memory_disk *disk, int err, const char *primary, const char *backup)
{
    struct gpt_report report;
    struct gpt gpt;

    EXPECT_EQ(gpt_read(&disk->io, &gpt, &report), err);
    EXPECT_TRUE(*primary ? strstr(report.primary.text, primary) != NULL : !*report.primary.text);
    EXPECT_TRUE(*backup ? strstr(report.backup.text, backup) != NULL : !*report.backup.text);
    if (!err) {
        EXPECT_EQ(gpt.header_lba, *primary ? NR_BLOCKS - 1 : 1);
        EXPECT_TRUE(gpt_find_type(&gpt, &gpt_type_esp) != NULL);
        gpt_release(&gpt);
    }
}

TEST(crc32_has_the_standard_check_value)
{
    EXPECT_EQ(crc32("123456789", 9), 0xcbf43926);
    EXPECT_EQ(crc32("", 0), 0);
}

TEST(guid_text_round_trips)
{
    char text[GUID_TEXT_SIZE];
    struct guid guid;

    guid_format(&gpt_type_esp, text);
    EXPECT_STREQ(text, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    EXPECT_EQ(guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", &guid), 0);
    EXPECT_TRUE(guid_equal(&guid, &gpt_type_esp));
    EXPECT_EQ(guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", &guid), 0);
    EXPECT_TRUE(guid_equal(&guid, &gpt_type_root_x86_64));
    EXPECT_EQ(guid_parse("bc13c2ff-59e6-4262-a352-b275fd6f7172", &guid), 0);
    EXPECT_TRUE(guid_equal(&guid, &gpt_type_xbootldr));
    EXPECT_EQ(guid_parse("", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("C12A7328-F81F-11D2-BA4B00A0C93EC93B00", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC9xB", &guid), -EINVAL);
}

TEST(good_table_is_read_from_the_primary_at_any_block_size)
{
    for (uint32_t size = 512; size <= 65536; size *= 2) {
        struct memory_disk disk;

        disk_make(&disk, size);
        expect_read(&disk, 0, "", "");
        disk_free(&disk);
    }
}

TEST(entries_are_found)
{
    struct memory_disk disk;
    struct gpt_report report;
    const struct gpt_entry *entry;
    struct guid uuid;
    uint32_t slot = 0;
    int nr = 0;
    struct gpt gpt;

    disk_make(&disk, 512);
    ASSERT_EQ(gpt_read(&disk.io, &gpt, &report), 0);
    while (gpt_next(&gpt, &slot))
        nr++;
    EXPECT_EQ(nr, 4);
    entry = gpt_find_type(&gpt, &gpt_type_root_x86_64);
    ASSERT_TRUE(entry != NULL);
    EXPECT_EQ(entry->first_lba, 300); /* the one in slot 3 is not for automatic use */
    memset(&uuid, 0x33, sizeof(uuid));
    entry = gpt_find_partuuid(&gpt, &uuid);
    ASSERT_TRUE(entry != NULL);
    EXPECT_EQ(entry->first_lba, 200);
    memset(&uuid, 0x34, sizeof(uuid));
    EXPECT_TRUE(gpt_find_partuuid(&gpt, &uuid) == NULL);
    gpt_release(&gpt);
    disk_free(&disk);
}

TEST(every_flipped_bit_of_the_primary_header_leads_to_the_backup)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    for (int bit = 0; bit < 92 * 8; bit++) {
        struct gpt_report report;
        struct gpt gpt;

        block(&disk, 1)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ASSERT_EQ(gpt_read(&disk.io, &gpt, &report), 0);
        EXPECT_TRUE(report.primary.text[0] != '\0');
        EXPECT_EQ(gpt.header_lba, NR_BLOCKS - 1);
        gpt_release(&gpt);
        block(&disk, 1)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    expect_read(&disk, 0, "", "");
    disk_free(&disk);
}

TEST(damage_is_named)
{
    struct memory_disk disk;
    uint8_t *header;

    disk_make(&disk, 512);
    header = block(&disk, 1);
    header[DISK_GUID] ^= 1;
    expect_read(&disk, 0, "header CRC is ", "");
    header[DISK_GUID] ^= 1;
    block(&disk, 3)[100] ^= 1;
    expect_read(&disk, 0, "entry array CRC is ", "");
    block(&disk, 3)[100] ^= 1;
    memset(header, 0, 512);
    expect_read(&disk, 0, "no \"EFI PART\" signature in block 1", "");
    disk_free(&disk);
}

TEST(both_copies_damaged_is_an_error_that_names_both)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    block(&disk, 1)[DISK_GUID] ^= 1;
    block(&disk, NR_BLOCKS - 1)[MY_LBA] ^= 1;
    expect_read(&disk, -EIO, "header CRC", "header CRC");
    memset(block(&disk, NR_BLOCKS - 1), 0, 512);
    expect_read(&disk, -EIO, "header CRC", "no \"EFI PART\"");
    disk_free(&disk);
}

TEST(a_disk_without_a_table_has_none)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    memset(disk.bytes, 0, NR_BLOCKS * 512);
    expect_read(&disk, -ENOENT, "no \"EFI PART\"", "no \"EFI PART\"");
    disk.io.nr_blocks = 2;
    expect_read(&disk, -ENOENT, "has no GPT", "");
    disk.io.nr_blocks = NR_BLOCKS;
    disk.io.block_size = 1000;
    expect_read(&disk, -ENOENT, "has no GPT", "");
    disk.io.block_size = 0;
    expect_read(&disk, -ENOENT, "has no GPT", "");
    disk_free(&disk);
}

/* Set a field of the primary header to a senseless value, under a CRC that fits. */
static void expect_refused(size_t offset, size_t size, uint64_t value, const char *text)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    memcpy(block(&disk, 1) + offset, &value, size);
    seal_header(block(&disk, 1));
    expect_read(&disk, 0, text, "");
    disk_free(&disk);
}

TEST(impossible_fields_under_a_good_crc_are_refused)
{
    expect_refused(REVISION, 4, 0x20000, "unknown revision");
    expect_refused(MY_LBA, 8, 2, "says that it belongs in block 2");
    expect_refused(ENTRY_BYTES, 4, 64, "entry size 64");
    expect_refused(ENTRY_BYTES, 4, 129, "entry size 129");
    expect_refused(ENTRY_COUNT, 4, 0, "not believable");
    expect_refused(ENTRY_COUNT, 4, UINT32_MAX, "not believable");
    expect_refused(ENTRY_BYTES, 4, 0x80000000, "not believable");
    expect_refused(ENTRIES_LBA, 8, 0, "does not fit");
    expect_refused(ENTRIES_LBA, 8, NR_BLOCKS - 1, "does not fit");
    expect_refused(ENTRIES_LBA, 8, UINT64_MAX, "does not fit");
    expect_refused(LAST_USABLE, 8, NR_BLOCKS, "usable blocks");
    expect_refused(LAST_USABLE, 8, UINT64_MAX, "usable blocks");
    expect_refused(FIRST_USABLE, 8, NR_BLOCKS - 3, "usable blocks");
}

TEST(header_sizes_beyond_the_block_are_refused)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    put32(block(&disk, 1) + HEADER_SIZE, 91);
    expect_read(&disk, 0, "header size 91", "");
    put32(block(&disk, 1) + HEADER_SIZE, 513);
    expect_read(&disk, 0, "header size 513", "");
    put32(block(&disk, 1) + HEADER_SIZE, UINT32_MAX);
    expect_read(&disk, 0, "header size 4294967295", "");
    put32(block(&disk, 1) + HEADER_SIZE, 512);
    seal_header(block(&disk, 1));
    expect_read(&disk, 0, "", "");
    disk_free(&disk);
}

TEST(unreadable_blocks_lead_to_the_backup)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    disk.fail_lba = 1;
    disk.fail_nr = 1;
    expect_read(&disk, 0, "block 1 cannot be read", "");
    disk.fail_lba = 10;
    expect_read(&disk, 0, "entry array at block 2 cannot be read", "");
    disk.fail_lba = 0;
    disk.fail_nr = NR_BLOCKS;
    expect_read(&disk, -EIO, "cannot be read", "cannot be read");
    disk_free(&disk);
}

/* An image copied to a larger disk: its backup is where the primary says, not at the end. */
TEST(backup_is_found_where_the_primary_says)
{
    struct memory_disk disk;

    disk_make(&disk, 512);
    disk.bytes = realloc(disk.bytes, 2 * NR_BLOCKS * 512);
    ASSERT_TRUE(disk.bytes != NULL);
    memset(disk.bytes + NR_BLOCKS * 512, 0, NR_BLOCKS * 512);
    disk.io.nr_blocks = 2 * NR_BLOCKS;
    block(&disk, 1)[DISK_GUID] ^= 1;
    expect_read(&disk, 0, "header CRC", "");
    put64(block(&disk, 1) + ALTERNATE_LBA, UINT64_MAX);
    expect_read(&disk, -EIO, "header CRC", "no \"EFI PART\"");
    disk_free(&disk);
}

TEST(entries_outside_the_usable_blocks_are_passed_over)
{
    const uint64_t places[][2] = {{1, 50}, {300, 299}, {500, NR_BLOCKS - 1}, {0, UINT64_MAX}};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct memory_disk disk;
        struct gpt_report report;
        struct gpt gpt;

        disk_make(&disk, 512);
        memset(block(&disk, 2), 0, ARRAY_BYTES);
        put_entry(block(&disk, 2), 0, &gpt_type_esp, 1, places[i][0], places[i][1], 0);
        put_header(&disk, 1, NR_BLOCKS - 1, 2);
        ASSERT_EQ(gpt_read(&disk.io, &gpt, &report), 0);
        EXPECT_TRUE(gpt_find_type(&gpt, &gpt_type_esp) == NULL);
        gpt_release(&gpt);
        disk_free(&disk);
    }
}
