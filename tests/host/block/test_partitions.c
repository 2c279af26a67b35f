// SPDX-License-Identifier: MIT
// sources: kernel/block/gpt.c kernel/block/mbr.c kernel/lib/crc32.c kernel/lib/utf.c
// sources: kernel/lib/guid.c
/* Partition tables in memory: good ones, damaged ones, and random rubbish. */
#include "../../../kernel/block/gpt.h"
#include "../shim/log.h"

#include <kernel/err.h>
#include <kernel/lib/crc32.h>
#include <stdlib.h>
#include <string.h>

#include <ktap.h>

#define NR_BLOCKS 4096
#define MAX_FOUND 256

struct image {
    struct table_source src;
    u8 *bytes;
    size_t size;
    u64 fail_offset; /* reading this block fails; 0: none */
    struct partition found[MAX_FOUND];
    int nr_found;
};

static int image_read(struct table_source *src, u64 offset, void *buf, u32 size)
{
    struct image *im = container_of(src, struct image, src);

    if (offset > im->size || size > im->size - offset || (offset & 4095) + size > 4096)
        return -EINVAL;
    if (im->fail_offset && im->fail_offset >= offset && im->fail_offset < offset + size)
        return -EIO;
    memcpy(buf, im->bytes + offset, size);
    return 0;
}

static int image_found(struct table_source *src, const struct partition *part)
{
    struct image *im = container_of(src, struct image, src);

    if (im->nr_found < MAX_FOUND)
        im->found[im->nr_found] = *part;
    im->nr_found++;
    return 0;
}

static u8 pool[(size_t)NR_BLOCKS * 4096]; /* of the one image there is at a time */

static void image_init(struct image *im, u32 block_size)
{
    memset(im, 0, sizeof(*im));
    im->size = (size_t)NR_BLOCKS * block_size;
    im->bytes = memset(pool, 0, im->size);
    im->src = (struct table_source){.name = "test",
                                    .nr_sectors = im->size / 512,
                                    .block_size = block_size,
                                    .read = image_read,
                                    .found = image_found};
}

static void put(u8 *p, u64 value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = value >> 8 * i;
}

static void protective_mbr(struct image *im)
{
    im->bytes[446 + 4] = 0xee;
    put(im->bytes + 446 + 8, 1, 4);
    put(im->bytes + 446 + 12, NR_BLOCKS - 1, 4);
    im->bytes[510] = 0x55;
    im->bytes[511] = 0xaa;
}

static void entry(u8 *array, int i, u64 first, u64 last, const char *name)
{
    u8 *e = array + i * 128;

    memset(e, 0x11 + i, 16);
    memset(e + 16, 0x81 + i, 16);
    put(e + 32, first, 8);
    put(e + 40, last, 8);
    for (int c = 0; name[c]; c++)
        put(e + 56 + 2 * c, (u8)name[c], 2);
}

/* Writes header and array for lba with checksums. */
static void table(struct image *im, u64 lba, u64 other, u64 array_lba, const u8 *array)
{
    u32 bs = im->src.block_size;
    u8 *h = im->bytes + lba * bs;

    memcpy(im->bytes + array_lba * bs, array, 128 * 128);
    memset(h, 0, bs);
    memcpy(h, "EFI PART", 8);
    put(h + 8, 0x10000, 4);
    put(h + 12, 92, 4);
    put(h + 24, lba, 8);
    put(h + 32, other, 8);
    put(h + 40, 34, 8);
    put(h + 48, NR_BLOCKS - 34, 8);
    put(h + 72, array_lba, 8);
    put(h + 80, 128, 4);
    put(h + 84, 128, 4);
    put(h + 88, crc32(array, 128 * 128), 4);
    put(h + 16, crc32(h, 92), 4);
}

static u8 array[128 * 128];

static void good_gpt(struct image *im, u32 block_size)
{
    image_init(im, block_size);
    memset(array, 0, sizeof(array));
    entry(array, 0, 100, 199, "first");
    entry(array, 2, 200, 2000, "third");
    protective_mbr(im);
    table(im, 1, NR_BLOCKS - 1, 2, array);
    table(im, NR_BLOCKS - 1, 1, NR_BLOCKS - 33, array);
}

static void expect_two(struct image *im)
{
    u32 ratio = im->src.block_size / 512;

    ASSERT_EQ(gpt_scan(&im->src), 1);
    ASSERT_EQ(im->nr_found, 2);
    EXPECT_EQ(im->found[0].number, 1);
    EXPECT_EQ(im->found[0].start, 100 * ratio);
    EXPECT_EQ(im->found[0].nr_sectors, 100 * ratio);
    EXPECT_STREQ(im->found[0].label, "first");
    EXPECT_EQ(im->found[1].number, 3);
    EXPECT_EQ(im->found[1].uuid.b[0], 0x83);
    EXPECT_EQ(im->found[1].nr_sectors, 1801 * ratio);
}

TEST(gpt_is_read)
{
    struct image im;

    good_gpt(&im, 512);
    expect_two(&im);
    EXPECT_EQ(shim_log_troubles(), 0);
}

TEST(gpt_with_large_blocks_is_read)
{
    struct image im;

    good_gpt(&im, 4096);
    expect_two(&im);
}

TEST(damaged_primary_header_falls_back)
{
    struct image im;

    good_gpt(&im, 512);
    im.bytes[512 + 40] ^= 1;
    expect_two(&im);
    EXPECT_TRUE(strstr(shim_log_last(), "primary") && strstr(shim_log_last(), "header checksum"));
}

TEST(damaged_primary_array_falls_back)
{
    struct image im;

    good_gpt(&im, 512);
    im.bytes[1024 + 300] ^= 1;
    expect_two(&im);
    EXPECT_TRUE(strstr(shim_log_last(), "array checksum") != NULL);
}

TEST(unreadable_primary_falls_back)
{
    struct image im;

    good_gpt(&im, 512);
    im.fail_offset = 512;
    expect_two(&im);
    EXPECT_TRUE(strstr(shim_log_last(), "unreadable") != NULL);
}

TEST(damaged_backup_is_reported_and_primary_used)
{
    struct image im;

    good_gpt(&im, 512);
    im.bytes[(NR_BLOCKS - 1) * 512 + 1] = 0;
    expect_two(&im);
    EXPECT_TRUE(strstr(shim_log_last(), "backup") && strstr(shim_log_last(), "no signature"));
}

TEST(both_damaged_finds_nothing_and_says_so)
{
    struct image im;

    good_gpt(&im, 512);
    im.bytes[512] = 0;
    im.bytes[(NR_BLOCKS - 1) * 512] = 0;
    EXPECT_EQ(gpt_scan(&im.src), 1);
    EXPECT_EQ(im.nr_found, 0);
    EXPECT_TRUE(strstr(shim_log_last(), "both") != NULL);
}

TEST(no_protective_mbr_is_no_gpt)
{
    struct image im;

    good_gpt(&im, 512);
    im.bytes[510] = 0;
    EXPECT_EQ(gpt_scan(&im.src), 0);
}

TEST(backup_of_a_disk_that_has_grown_is_found)
{
    struct image im;

    good_gpt(&im, 512);
    memcpy(im.bytes + (NR_BLOCKS - 101) * 512, im.bytes + (NR_BLOCKS - 1) * 512, 512);
    memset(im.bytes + (NR_BLOCKS - 1) * 512, 0, 512);
    table(&im, 1, NR_BLOCKS - 101, 2, array);
    table(&im, NR_BLOCKS - 101, 1, NR_BLOCKS - 133, array);
    expect_two(&im);
    EXPECT_EQ(shim_log_troubles(), 0);
}

TEST(overlapping_and_outlying_entries_are_dropped)
{
    struct image im;

    good_gpt(&im, 512);
    entry(array, 3, 1990, 2100, "over");   /* overlaps third */
    entry(array, 4, 3000, 5000, "beyond"); /* ends behind the disk */
    entry(array, 5, 3500, 3400, "backwards");
    entry(array, 6, 10, 20, "header"); /* below the usable range */
    entry(array, 7, 2200, 2200, "one");
    table(&im, 1, NR_BLOCKS - 1, 2, array);
    table(&im, NR_BLOCKS - 1, 1, NR_BLOCKS - 33, array);
    ASSERT_EQ(gpt_scan(&im.src), 1);
    ASSERT_EQ(im.nr_found, 2);
    EXPECT_EQ(im.found[0].number, 1);
    EXPECT_EQ(im.found[1].number, 8);
    EXPECT_EQ(im.found[1].nr_sectors, 1);
}

TEST(labels_become_utf8)
{
    struct image im;
    static const u16 name[] = {0x41, 0xe4, 0x20ac, 0xd83d, 0xde00, 0xd800, 0x42};

    good_gpt(&im, 512);
    for (int i = 0; i < 7; i++)
        put(array + 56 + 2 * i, name[i], 2);
    table(&im, 1, NR_BLOCKS - 1, 2, array);
    table(&im, NR_BLOCKS - 1, 1, NR_BLOCKS - 33, array);
    ASSERT_EQ(gpt_scan(&im.src), 1);
    EXPECT_STREQ(im.found[0].label, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd"
                                    "B");
}

TEST(longest_label_fits)
{
    struct image im;

    good_gpt(&im, 512);
    for (int i = 0; i < 36; i++)
        put(array + 56 + 2 * i, 0x20ac, 2);
    table(&im, 1, NR_BLOCKS - 1, 2, array);
    table(&im, NR_BLOCKS - 1, 1, NR_BLOCKS - 33, array);
    ASSERT_EQ(gpt_scan(&im.src), 1);
    EXPECT_EQ(strlen(im.found[0].label), 108);
}

/* Headers with good checksums and impossible contents. */
TEST(hostile_headers_are_refused)
{
    static const struct {
        int offset, bytes;
        u64 value;
    } lies[] = {
        {12, 4, 91},    {12, 4, 513},      {12, 4, ~0U},
        {24, 8, 2},     {48, 8, ~0},       {48, 8, NR_BLOCKS},
        {40, 8, ~0ULL}, {72, 8, ~0ULL},    {80, 4, 0},
        {80, 4, ~0U},   {84, 4, 0},        {84, 4, 127},
        {84, 4, 129},   {84, 4, 1U << 31}, {72, 8, NR_BLOCKS - 1},
    };

    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        struct image im;
        u8 *h;

        good_gpt(&im, 512);
        h = im.bytes + 512;
        put(h + lies[i].offset, lies[i].value, lies[i].bytes);
        put(h + 16, 0, 4);
        put(h + 16, crc32(h, lies[i].offset == 12 ? 92 : 92), 4);
        im.nr_found = 0;
        ASSERT_EQ(gpt_scan(&im.src), 1);
        EXPECT_EQ(im.nr_found, 2); /* from the backup */
    }
}

static u64 rng = 88172645463325252ULL;

static u64 rnd(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    return rng ^= rng << 17;
}

TEST(random_damage_never_harms)
{
    for (int round = 0; round < 3000; round++) {
        struct image im;

        good_gpt(&im, round & 1 ? 4096 : 512);
        for (int n = rnd() % 12; n >= 0; n--) {
            size_t at = rnd() % 3 ? rnd() % 2048 : rnd() % im.size;

            im.bytes[at] = rnd();
        }
        if (rnd() & 1) { /* checksums that agree with the damage */
            u8 *h = im.bytes + im.src.block_size;

            put(h + 88, crc32(im.bytes + 2 * im.src.block_size, 128 * 128), 4);
            put(h + 16, 0, 4);
            put(h + 16, crc32(h, 92), 4);
        }
        if (gpt_scan(&im.src) == 0)
            mbr_scan(&im.src);
    }
}

/* --- MBR --- */

static void mbr_entry(u8 *sector, int i, u8 type, u32 first, u32 nr)
{
    sector[446 + i * 16 + 4] = type;
    put(sector + 446 + i * 16 + 8, first, 4);
    put(sector + 446 + i * 16 + 12, nr, 4);
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

TEST(mbr_with_logical_partitions)
{
    struct image im;

    image_init(&im, 512);
    put(im.bytes + 440, 0x12345678, 4);
    mbr_entry(im.bytes, 0, 0x83, 63, 100);
    mbr_entry(im.bytes, 1, 0x05, 1000, 2000);
    mbr_entry(im.bytes + 1000 * 512, 0, 0x83, 10, 50);
    mbr_entry(im.bytes + 1000 * 512, 1, 0x05, 500, 600);
    mbr_entry(im.bytes + 1500 * 512, 0, 0x82, 20, 60);
    ASSERT_EQ(mbr_scan(&im.src), 1);
    ASSERT_EQ(im.nr_found, 4);
    EXPECT_EQ(im.found[0].start, 63);
    EXPECT_EQ(im.found[1].number, 2);
    EXPECT_EQ(im.found[2].number, 5);
    EXPECT_EQ(im.found[2].start, 1010);
    EXPECT_EQ(im.found[3].number, 6);
    EXPECT_EQ(im.found[3].start, 1520);
    EXPECT_EQ(im.found[3].nr_sectors, 60);
}

TEST(mbr_chain_in_a_circle_ends)
{
    struct image im;

    image_init(&im, 512);
    mbr_entry(im.bytes, 0, 0x0f, 1000, 2000);
    mbr_entry(im.bytes + 1000 * 512, 0, 0x83, 10, 50);
    mbr_entry(im.bytes + 1000 * 512, 1, 0x05, 500, 600);
    mbr_entry(im.bytes + 1500 * 512, 0, 0x83, 10, 50);
    mbr_entry(im.bytes + 1500 * 512, 1, 0x05, 500, 600);
    ASSERT_EQ(mbr_scan(&im.src), 1);
    EXPECT_TRUE(im.nr_found < 70);
}

TEST(boot_sector_of_a_file_system_is_no_table)
{
    struct image im;

    image_init(&im, 512);
    memset(im.bytes, 0x6d, 510);
    im.bytes[510] = 0x55;
    im.bytes[511] = 0xaa;
    EXPECT_EQ(mbr_scan(&im.src), 0);
    EXPECT_EQ(im.nr_found, 0);
}

TEST(mbr_partition_beyond_the_disk_is_dropped)
{
    struct image im;

    image_init(&im, 512);
    mbr_entry(im.bytes, 0, 0x83, NR_BLOCKS - 10, 11);
    mbr_entry(im.bytes, 1, 0x83, 0xffffffff, 0xffffffff);
    mbr_entry(im.bytes, 2, 0x83, NR_BLOCKS - 10, 10);
    ASSERT_EQ(mbr_scan(&im.src), 1);
    ASSERT_EQ(im.nr_found, 1);
    EXPECT_EQ(im.found[0].number, 3);
}
