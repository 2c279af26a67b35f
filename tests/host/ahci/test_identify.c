// SPDX-License-Identifier: MIT
// What a SATA disk says of itself, sound and not.
// sources: drivers/ahci/identify.c
#include "../../../drivers/ahci/ahci.h"

#include <errno.h>

#include "ktap.h"

static u16 data[256];

/* A disk of 2^20 sectors of 512 bytes with NCQ. */
static void disk_make(void)
{
    memset(data, 0, sizeof(data));
    memcpy(data + 10, "  ba1234            ", 20); /* serial, bytes swapped in pairs below */
    for (int i = 10; i < 20; i++)
        data[i] = data[i] << 8 | data[i] >> 8;
    data[75] = 31;
    data[76] = 1 << 8;
    data[83] = 0x4000 | 1 << 10;
    data[100] = 0;
    data[101] = 0x10;
    data[106] = 0x4000;
}

TEST(plain_disk_is_understood)
{
    struct ata_identity id;

    disk_make();
    ASSERT_EQ(ata_identify_parse(data, &id), 0);
    EXPECT_EQ(id.nr_sectors, 1 << 20);
    EXPECT_EQ(id.block_size, 512);
    EXPECT_EQ(id.queue_depth, 32);
    EXPECT_TRUE(id.ncq);
    EXPECT_FALSE(id.write_cache);
    EXPECT_TRUE(id.rotational);
    EXPECT_STREQ(id.serial, "  ba1234");
}

TEST(large_physical_and_logical_blocks)
{
    struct ata_identity id;

    disk_make();
    data[106] = 0x4000 | 1 << 13 | 3;
    ASSERT_EQ(ata_identify_parse(data, &id), 0);
    EXPECT_EQ(id.block_size, 512);
    EXPECT_EQ(id.physical_block_size, 4096);
    data[106] = 0x4000 | 1 << 12;
    data[117] = 2048;
    ASSERT_EQ(ata_identify_parse(data, &id), 0);
    EXPECT_EQ(id.block_size, 4096);
}

TEST(disk_without_queueing_has_depth_1)
{
    struct ata_identity id;

    disk_make();
    data[76] = 0;
    ASSERT_EQ(ata_identify_parse(data, &id), 0);
    EXPECT_FALSE(id.ncq);
    EXPECT_EQ(id.queue_depth, 1);
    data[76] = 0xffff; /* no SATA words at all */
    ASSERT_EQ(ata_identify_parse(data, &id), 0);
    EXPECT_FALSE(id.ncq);
}

TEST(what_cannot_be_a_disk_is_refused)
{
    struct ata_identity id;

    disk_make();
    data[0] = 0x8580; /* ATAPI */
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
    disk_make();
    data[83] = 0x4000; /* no 48-bit addresses */
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
    disk_make();
    data[101] = 0; /* empty */
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
    disk_make();
    data[103] = 1 << 1; /* more than 48 bits can say */
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
    disk_make();
    data[106] = 0x4000 | 1 << 12;
    data[117] = 260; /* 520-byte blocks */
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
    memset(data, 0xff, sizeof(data));
    EXPECT_EQ(ata_identify_parse(data, &id), -EINVAL);
}

TEST(any_512_bytes_are_survived)
{
    struct ata_identity id;
    u32 seed = 3;

    for (int round = 0; round < 100000; round++) {
        for (int i = 0; i < 256; i++) {
            seed = seed * 1103515245 + 12345;
            data[i] = seed >> 12;
        }
        if (ata_identify_parse(data, &id) == 0) {
            ASSERT_TRUE(id.queue_depth >= 1 && id.queue_depth <= 32);
            ASSERT_TRUE(id.block_size >= 512 && id.block_size <= 4096);
        }
    }
}
