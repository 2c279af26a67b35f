// SPDX-License-Identifier: MIT
// sources: tests/host/fs/fsimage.c tests/host/fs/shim_vfs.c tests/host/fs/shim_cache.c
// sources: fs/fat/boot.c fs/fat/chain.c fs/fat/dir.c fs/fat/inode.c fs/fat/name.c
// sources: fs/fat/namei.c fs/fat/options.c fs/fat/super.c fs/fat/table.c kernel/vfs/blockmap.c
// sources: kernel/lib/kstrtox.c kernel/lib/string.c kernel/lib/utf.c kernel/lib/xarray.c
/*
 * FAT images made by mkfs.fat and mtools, read by the kernel's code: everything must be as in the
 * tree they were made from. Then the same with bytes changed: nothing may crash, hang or leak.
 */
#define KTAP_TIME_LIMIT_S 240
#include <errno.h>
#include "compare.h"

extern const struct fs_type vfat_fs_type, msdos_fs_type;

#define FAT_FLAGS \
    (COMPARE_NO_OWNER | COMPARE_NO_LINKS | COMPARE_NO_XATTRS | COMPARE_NO_MODE | COMPARE_FAT_TIMES)

static int tree_make(unsigned int nr_many, unsigned int large_bytes)
{
    return sh(
        "rm -rf src && mkdir -p src/dir/sub/deeper src/many src/empty && cd src &&"
        "echo hello > HELLO.TXT && echo lower > lower.txt && echo Mixed > Mixed.Txt &&"
        "echo l > 'A long name with spaces.text' && : > zero &&"
        "echo u > 'ümläut ✓ Ω.txt' &&"
        "head -c 511 /dev/urandom > s511 && head -c 512 /dev/urandom > s512 &&"
        "head -c 4097 /dev/urandom > dir/s4097 && head -c %u /dev/urandom > dir/large &&"
        "echo n > dir/sub/$(head -c 251 /dev/zero | tr '\\0' n).txt &&"
        "touch -d '1985-06-07 08:09:10 UTC' zero && touch -d '2099-12-31 23:59:58 UTC' s511 &&"
        "touch -d '2024-02-29 12:00:00 UTC' s512 &&"
        "for i in $(seq 1 %u); do echo $i > many/file-number-$i; done",
        large_bytes, nr_many);
}

static int image_make(const char *size, const char *mkfs)
{
    return sh(
        "export TZ=UTC LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1 && rm -f img && truncate -s %s img &&"
        "mkfs.fat %s img && for f in src/*; do mcopy -i img -s -m -Q \"$f\" ::/ || exit 1; done",
        size, mkfs);
}

static void image_compare(const struct fs_type *type, const char *options)
{
    struct image image = image_open("img");
    struct comparison c = {.flags = FAT_FLAGS};
    char source[128];
    int error;

    c.fs = fsimage_mount(type, image.data, image.size, options, FSIMAGE_RDONLY, &error);
    ASSERT_EQ(error, 0);
    snprintf(source, sizeof(source), "%s/src", work_dir);
    compare_tree(&c, "", source);
    EXPECT_GT(c.objects, 20);
    fsimage_umount(c.fs);
    image_close(&image);
}

static bool tools_missing(void)
{
    work_dir_make();
    return !have("mkfs.fat") || !have("mcopy");
}

static void image_case(const char *size, const char *mkfs, unsigned int nr_many,
                       unsigned int large_bytes)
{
    if (tools_missing())
        SKIP("dosfstools or mtools are not installed");
    ASSERT_EQ(tree_make(nr_many, large_bytes), 0);
    ASSERT_EQ(image_make(size, mkfs), 0);
    image_compare(&vfat_fs_type, NULL);
}

TEST(fat12_floppy)
{
    image_case("1440K", "-F 12", 50, 200000);
}
TEST(fat12_large_clusters)
{
    image_case("16M", "-F 12 -s 16", 100, 2000000);
}
TEST(fat16)
{
    image_case("32M", "-F 16", 600, 5000000);
}
TEST(fat16_sectors_of_2k)
{
    image_case("64M", "-F 16 -S 2048", 600, 5000000);
}
TEST(fat32)
{
    image_case("64M", "-F 32 -s 1", 600, 5000000);
}
TEST(fat32_sectors_of_4k)
{
    image_case("300M", "-F 32 -S 4096 -s 1", 300, 5000000);
}
TEST(fat32_one_fat_large_clusters)
{
    image_case("600M", "-F 32 -s 16 -f 1", 300, 5000000);
}

/* Removing every other file and writing a new one leaves its clusters scattered. */
TEST(scattered_clusters)
{
    if (tools_missing())
        SKIP("dosfstools or mtools are not installed");
    ASSERT_EQ(tree_make(600, 100000), 0);
    ASSERT_EQ(image_make("3M", "-F 12 -s 2"), 0);
    ASSERT_EQ(sh("export TZ=UTC MTOOLS_SKIP_CHECK=1 && for i in $(seq 1 2 599); do "
                 "rm src/many/file-number-$i && mdel -i img ::/many/file-number-$i || exit 1; done;"
                 "head -c 1900000 /dev/urandom > src/scattered &&"
                 "mcopy -i img -m src/scattered ::/"),
              0);
    image_compare(&vfat_fs_type, NULL);
}

/* A small volume for the tests of single things. */
static struct fsimage *small_mount(struct image *image, const struct fs_type *type,
                                   const char *options, int *error)
{
    *image = image_open("img");
    return fsimage_mount(type, image->data, image->size, options, 0, error);
}

#define SMALL_IMAGE()                                        \
    do {                                                     \
        if (tools_missing())                                 \
            SKIP("dosfstools or mtools are not installed");  \
        ASSERT_EQ(tree_make(5, 10000), 0);                   \
        ASSERT_EQ(image_make("1440K", "-F 12 -n LABEL"), 0); \
    } while (0)

TEST(names_are_found_in_any_case)
{
    struct fsimage_stat st, other;
    struct fsimage *fs;
    struct image image;
    int error;

    SMALL_IMAGE();
    fs = small_mount(&image, &vfat_fs_type, NULL, &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_stat(fs, "/HELLO.TXT", &st), 0);
    EXPECT_EQ(fsimage_stat(fs, "/hello.txt", &other), 0);
    EXPECT_EQ(st.ino, other.ino);
    EXPECT_EQ(fsimage_stat(fs, "/a LONG name WITH spaces.TEXT", &st), 0);
    EXPECT_EQ(fsimage_stat(fs, "/ALONGN~1.TEX", &other), 0);
    EXPECT_EQ(st.ino, other.ino);
    EXPECT_EQ(fsimage_stat(fs, "/ÜMLÄUT ✓ ω.TXT", &st), 0);
    EXPECT_EQ(fsimage_stat(fs, "/hello.txt..", &st), 0);
    EXPECT_EQ(fsimage_stat(fs, "/LABEL", &st), -ENOENT);
    EXPECT_EQ(fsimage_stat(fs, "/...", &st), -ENOENT);
    EXPECT_EQ(fsimage_stat(fs, "/hello.tx", &st), -ENOENT);
    fsimage_umount(fs);
    image_close(&image);
}

static bool upper_seen;

static bool name_has_upper(void *arg, const char *name, uint64_t ino, unsigned int type)
{
    for (; *name; name++)
        upper_seen |= *name >= 'A' && *name <= 'Z';
    return true;
}

TEST(msdos_shows_short_names_in_small_letters)
{
    struct fsimage_stat st;
    struct fsimage *fs;
    struct image image;
    int error;

    SMALL_IMAGE();
    fs = small_mount(&image, &msdos_fs_type, NULL, &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_stat(fs, "/alongn~1.tex", &st), 0);
    EXPECT_EQ(fsimage_stat(fs, "/a long name with spaces.text", &st), -ENOENT);
    EXPECT_EQ(fsimage_readdir(fs, "/", 3, name_has_upper, NULL), 0);
    EXPECT_FALSE(upper_seen);
    fsimage_umount(fs);
    image_close(&image);
}

TEST(options_give_owner_and_mode)
{
    struct fsimage_stat st;
    struct fsimage *fs;
    struct image image;
    int error;

    SMALL_IMAGE();
    fs = small_mount(&image, &vfat_fs_type, "uid=1000,gid=100,fmask=0137,dmask=027", &error);
    ASSERT_EQ(error, 0);
    EXPECT_TRUE(fsimage_is_read_only(fs));
    ASSERT_EQ(fsimage_stat(fs, "/lower.txt", &st), 0);
    EXPECT_EQ(st.mode, S_IFREG | 0640);
    EXPECT_EQ(st.uid, 1000);
    EXPECT_EQ(st.gid, 100);
    ASSERT_EQ(fsimage_stat(fs, "/dir", &st), 0);
    EXPECT_EQ(st.mode, S_IFDIR | 0750);
    EXPECT_EQ(st.nlink, 3);
    EXPECT_STREQ(fsimage_options(fs),
                 ",uid=1000,gid=100,fmask=0137,dmask=0027,codepage=437,iocharset=utf8,"
                 "shortname=mixed,utf8,errors=remount-ro");
    fsimage_umount(fs);
    image_close(&image);
}

TEST(unknown_options_are_refused)
{
    const char *wrong[] = {"uid=x",        "fmask=888", "iocharset=koi8-r",
                           "codepage=850", "bogus",     "shortname=odd"};
    struct image image;
    int error;

    SMALL_IMAGE();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        EXPECT_TRUE(small_mount(&image, &vfat_fs_type, wrong[i], &error) == NULL);
        EXPECT_EQ(error, -EINVAL);
        image_close(&image);
    }
    EXPECT_TRUE(small_mount(&image, &vfat_fs_type, "rw", &error) == NULL);
    EXPECT_EQ(error, -EROFS);
    image_close(&image);
}

TEST(free_space_is_what_fsck_counts)
{
    struct fsimage_statfs st;
    struct fsimage *fs;
    struct image image;
    int error;

    SMALL_IMAGE();
    fs = small_mount(&image, &vfat_fs_type, NULL, &error);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(fsimage_statfs(fs, &st), 0);
    EXPECT_EQ(sh("fsck.fat -n img; fsck.fat -n img | grep -q ', %llu/%llu clusters'",
                 (unsigned long long)(st.blocks - st.bfree), (unsigned long long)st.blocks),
              0);
    fsimage_umount(fs);
    image_close(&image);
}

/* The first cluster of the root's entry `name` (8.3, padded), in a FAT12 image of 512-byte sectors.
 */
static unsigned char *root_entry(struct image *image, const char *name)
{
    unsigned char *boot = image->data;
    size_t root = (boot[14] + boot[16] * boot[22]) * 512;

    for (size_t at = root; at < root + 224 * 32; at += 32)
        if (memcmp((char *)image->data + at, name, 11) == 0)
            return (unsigned char *)image->data + at;
    return NULL;
}

static void fat12_set(struct image *image, unsigned int cluster, unsigned int value)
{
    unsigned char *fat = (unsigned char *)image->data + 512 + cluster + cluster / 2;

    if (cluster & 1) {
        fat[0] = (fat[0] & 0x0f) | (value << 4);
        fat[1] = value >> 4;
    } else {
        fat[0] = value;
        fat[1] = (fat[1] & 0xf0) | (value >> 8);
    }
}

TEST(a_chain_that_meets_itself_ends)
{
    unsigned char *entry;
    struct fsimage *fs;
    struct image image;
    char buf[8192];
    int error;

    SMALL_IMAGE();
    image = image_open("img");
    entry = root_entry(&image, "DIR        ");
    ASSERT_TRUE(entry != NULL);
    fat12_set(&image, entry[26] | entry[27] << 8, entry[26] | entry[27] << 8);
    entry = root_entry(&image, "S511       ");
    ASSERT_TRUE(entry != NULL);
    fat12_set(&image, entry[26] | entry[27] << 8, entry[26] | entry[27] << 8);
    memcpy(entry + 28, (unsigned char[]){0, 0x20, 0, 0}, 4);
    fs = fsimage_mount(&vfat_fs_type, image.data, image.size, NULL, FSIMAGE_RDONLY, &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_readdir(fs, "/dir", 0, name_has_upper, NULL), -EUCLEAN);
    /* The same cluster again and again, as far as the size goes. */
    EXPECT_EQ(fsimage_read(fs, "/s511", 0, buf, sizeof(buf)), sizeof(buf));
    fsimage_umount(fs);
    image_close(&image);
}

TEST(a_chain_that_is_too_short_gives_an_error)
{
    unsigned char *entry;
    struct fsimage *fs;
    struct image image;
    char buf[8192];
    int error;

    SMALL_IMAGE();
    image = image_open("img");
    entry = root_entry(&image, "S511       ");
    ASSERT_TRUE(entry != NULL);
    memcpy(entry + 28, (unsigned char[]){0, 0x20, 0, 0}, 4);
    fs = fsimage_mount(&vfat_fs_type, image.data, image.size, NULL, FSIMAGE_RDONLY, &error);
    ASSERT_EQ(error, 0);
    EXPECT_LT(fsimage_read(fs, "/s511", 0, buf, sizeof(buf)), 0);
    fsimage_umount(fs);
    image_close(&image);
}

/* Bytes of the FATs, directories and boot sector changed at random. */
static void damage(struct image *image, size_t limit)
{
    unsigned int nr = 1 + rng(12);

    for (unsigned int i = 0; i < nr; i++) {
        size_t at = rng(2) ? rng(limit) : rng(64);

        ((unsigned char *)image->data)[at] ^= 1 << rng(8);
        if (rng(4) == 0)
            ((unsigned char *)image->data)[at] = rng(2) ? 0xff : rng(256);
    }
}

static void damage_case(const char *size, const char *mkfs, size_t limit, unsigned int rounds)
{
    unsigned long mounted = 0, errors = 0, objects = 0;

    if (tools_missing())
        SKIP("dosfstools or mtools are not installed");
    ASSERT_EQ(tree_make(20, 20000), 0);
    ASSERT_EQ(image_make(size, mkfs), 0);
    for (unsigned int i = 0; i < rounds; i++) {
        struct image image = image_open("img");
        unsigned long failed;
        struct fsimage *fs;
        int error;

        rng_state = 0x1234567 + i * 7919;
        damage(&image, limit);
        fs = fsimage_mount(&vfat_fs_type, image.data, image.size, NULL, FSIMAGE_RDONLY, &error);
        if (fs) {
            mounted++;
            objects += fsimage_walk(fs, 300, &failed);
            errors += failed;
            fsimage_umount(fs);
        }
        image_close(&image);
    }
    ktap_note("%lu of %u mounted, %lu objects, %lu errors", mounted, rounds, objects, errors);
    EXPECT_GT(mounted, rounds / 10);
}

TEST(damaged_fat12)
{
    damage_case("720K", "-F 12", 40000, 5000);
}
TEST(damaged_fat16)
{
    damage_case("9M", "-F 16 -s 4", 120000, 2500);
}
TEST(damaged_fat32)
{
    damage_case("34M", "-F 32 -s 1", 600000, 2500);
}
