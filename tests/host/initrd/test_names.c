// SPDX-License-Identifier: MIT
// sources: initrd/init/gpt.c initrd/init/probe.c initrd/init/cmdline.c
/* How the initrd finds the root: partition tables, superblocks, the command line. */
#include "../../../initrd/init/init.h"
#include <sys/mman.h>
#include "ktap.h"

#define DISK_SIZE (4 << 20)
static unsigned char *disk;
static int disk_fd;

static void disk_make(void)
{
    disk_fd = memfd_create("disk", 0);
    if (disk_fd < 0 || ftruncate(disk_fd, DISK_SIZE) != 0)
        abort();
    disk = mmap(NULL, DISK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, disk_fd, 0);
}

static void put32(unsigned char *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

static void put64(unsigned char *p, uint64_t v)
{
    memcpy(p, &v, 8);
}

static uint32_t reference_crc(const unsigned char *p, size_t n)
{
    uint32_t crc = ~0U;

    for (; n; n--, p++)
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (((crc ^ *p >> bit) & 1) ? 0xedb88320 : 0);
    return ~crc;
}

static const unsigned char root_type[16] = {0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d,
                                            0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09};

/* A header at @lba whose 8 entries of 128 bytes lie at @entries_lba. */
static void gpt_put(unsigned int block, uint64_t lba, uint64_t entries_lba, unsigned char unique)
{
    unsigned char *header = disk + lba * block, *entries = disk + entries_lba * block;

    memset(entries, 0, 8 * 128);
    memcpy(entries + 128, root_type, 16);
    memset(entries + 128 + 16, unique, 16);
    put64(entries + 128 + 48, GPT_ATTRIBUTE_RO);
    memcpy(entries + 128 + 56, (unsigned char[]){'r', 0, 0xf6, 0, 0x2d, 0x4e}, 6);
    memset(header, 0, block);
    memcpy(header, "EFI PART\0\0\1\0", 12);
    put32(header + 12, 92);
    put64(header + 24, lba);
    put64(header + 72, entries_lba);
    put32(header + 80, 8);
    put32(header + 84, 128);
    put32(header + 88, reference_crc(entries, 8 * 128));
    put32(header + 16, reference_crc(header, 92));
}

static void gpt_put_both(unsigned int block)
{
    uint64_t last = DISK_SIZE / block - 1;

    disk_make();
    gpt_put(block, 1, 2, 0x11);
    gpt_put(block, last, last - 4, 0x22);
}

TEST(gpt_entries_are_read_at_any_block_size)
{
    for (unsigned int block = 512; block <= 4096; block *= 2) {
        struct partition part;

        gpt_put_both(block);
        ASSERT_TRUE(partition_read(disk_fd, block, 2, &part));
        EXPECT_STREQ(part.type, GPT_TYPE_ROOT_X86_64);
        EXPECT_STREQ(part.uuid, "11111111-1111-1111-1111-111111111111");
        EXPECT_STREQ(part.label, "r\xc3\xb6\xe4\xb8\xad");
        EXPECT_TRUE(part.attributes == GPT_ATTRIBUTE_RO);
        EXPECT_FALSE(partition_read(disk_fd, block, 9, &part));
        EXPECT_FALSE(partition_read(disk_fd, block, 0, &part));
    }
}

TEST(a_damaged_primary_gpt_falls_back_to_the_backup)
{
    static const unsigned int places[] = {512, 512 + 8, 512 + 24, 512 + 72, 512 + 88, 1024 + 130};

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        struct partition part;

        gpt_put_both(512);
        disk[places[i]] ^= 0x40;
        ASSERT_TRUE(partition_read(disk_fd, 512, 2, &part));
        EXPECT_STREQ(part.uuid, "22222222-2222-2222-2222-222222222222");
        disk[DISK_SIZE - 512 + 20] ^= 1;
        disk[DISK_SIZE - 512 + 40] ^= 1;
        EXPECT_FALSE(partition_read(disk_fd, 512, 2, &part));
    }
}

TEST(impossible_gpt_numbers_are_refused)
{
    static const struct {
        unsigned int offset;
        uint32_t value;
    } bad[] = {{12, 91}, {12, 513}, {12, 0xffffffff}, {80, 0x7fffffff},
               {84, 0},  {84, 127}, {84, 0x80000000}, {76, 0x7fffffff}};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct partition part;

        disk_make();
        gpt_put(512, 1, 2, 0x11);
        put32(disk + 512 + bad[i].offset, bad[i].value);
        put32(disk + 512 + 16, 0);
        put32(disk + 512 + 16, reference_crc(disk + 512, 92));
        EXPECT_FALSE(partition_read(disk_fd, 512, 2, &part));
    }
}

TEST(an_mbr_gives_linux_partuuids)
{
    struct partition part;

    disk_make();
    put32(disk + 440, 0x1234abcd);
    disk[510] = 0x55;
    disk[511] = 0xaa;
    ASSERT_TRUE(partition_read(disk_fd, 512, 2, &part));
    EXPECT_STREQ(part.uuid, "1234abcd-02");
    EXPECT_STREQ(part.type, "");
}

static void ext_put(uint32_t compat, uint32_t incompat, uint32_t ro_compat)
{
    unsigned char *sb;

    disk_make();
    sb = disk + 1024;
    sb[56] = 0x53;
    sb[57] = 0xef;
    put32(sb + 92, compat);
    put32(sb + 96, incompat);
    put32(sb + 100, ro_compat);
    for (int i = 0; i < 16; i++)
        sb[104 + i] = i;
    memcpy(sb + 120, "sixteen-letters!", 16);
}

TEST(ext_generations_are_told_apart)
{
    struct probed probed;

    ext_put(0, 0x2, 0x3);
    ASSERT_TRUE(probe_superblock(disk_fd, &probed));
    EXPECT_STREQ(probed.type, "ext2");
    ext_put(0x4, 0x6, 0x3);
    ASSERT_TRUE(probe_superblock(disk_fd, &probed));
    EXPECT_STREQ(probed.type, "ext3");
    ext_put(0x4, 0x2c2, 0x46b);
    ASSERT_TRUE(probe_superblock(disk_fd, &probed));
    EXPECT_STREQ(probed.type, "ext4");
    EXPECT_STREQ(probed.uuid, "00010203-0405-0607-0809-0a0b0c0d0e0f");
    EXPECT_STREQ(probed.label, "sixteen-letters!");
}

static void fat_put(bool fat32)
{
    unsigned char *extended;

    disk_make();
    memcpy(disk, "\xeb\x3c\x90mkfs.fat", 11);
    disk[12] = 2;
    disk[13] = 4;
    disk[16] = 2;
    disk[22] = fat32 ? 0 : 16;
    disk[510] = 0x55;
    disk[511] = 0xaa;
    extended = disk + (fat32 ? 64 : 36);
    extended[2] = 0x29;
    put32(extended + 3, 0x12ab34cd);
    memcpy(extended + 7, "EFI SYSTEM ", 11);
}

TEST(fat_of_either_layout_is_known)
{
    for (int fat32 = 0; fat32 < 2; fat32++) {
        struct probed probed;

        fat_put(fat32);
        ASSERT_TRUE(probe_superblock(disk_fd, &probed));
        EXPECT_STREQ(probed.type, "vfat");
        EXPECT_STREQ(probed.uuid, "12AB-34CD");
        EXPECT_STREQ(probed.label, "EFI SYSTEM");
    }
}

TEST(what_is_no_file_system_is_not_one)
{
    struct probed probed;
    int tiny = memfd_create("tiny", 0);

    disk_make();
    EXPECT_FALSE(probe_superblock(disk_fd, &probed));
    EXPECT_FALSE(probe_superblock(tiny, &probed));
    /* A boot sector's signature alone (an MBR) is no FAT. */
    disk[510] = 0x55;
    disk[511] = 0xaa;
    EXPECT_FALSE(probe_superblock(disk_fd, &probed));
}

TEST(the_command_line_gives_the_wishes)
{
    char text[] =
        "console=ttyS0 root=LABEL=a rootfstype=ext4 rootflags=noatime rw rootdelay=3 rd.break "
        "\"root=PARTLABEL=two words\" init=/bin/sh panic=5 rootwait ro -- rw root=no\n";
    char empty[] = "root= panic=0";
    struct wishes wishes;

    wishes_parse(&wishes, text);
    EXPECT_STREQ(wishes.root, "PARTLABEL=two words");
    EXPECT_STREQ(wishes.fstype, "ext4");
    EXPECT_STREQ(wishes.flags, "noatime");
    EXPECT_STREQ(wishes.init, "/bin/sh");
    EXPECT_FALSE(wishes.read_write);
    EXPECT_TRUE(wishes.wait_for_ever);
    EXPECT_EQ(wishes.wait_s, 3);
    EXPECT_TRUE(wishes.panic_set);
    EXPECT_EQ(wishes.panic_s, 5);
    EXPECT_TRUE(wishes.stop_for_shell);
    wishes_parse(&wishes, empty);
    EXPECT_TRUE(wishes.root == NULL);
    EXPECT_FALSE(wishes.panic_set);
    EXPECT_EQ(wishes.wait_s, WAIT_DEFAULT_S);
}
