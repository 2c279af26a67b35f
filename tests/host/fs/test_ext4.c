// SPDX-License-Identifier: MIT
// sources: tests/host/fs/fsimage.c tests/host/fs/shim_vfs.c tests/host/fs/shim_cache.c
// sources: fs/ext4/acl.c fs/ext4/buf.c fs/ext4/csum.c fs/ext4/dir.c fs/ext4/extents.c
// sources: fs/ext4/features.c fs/ext4/file.c fs/ext4/group.c fs/ext4/hash.c fs/ext4/htree.c
// sources: fs/ext4/indirect.c fs/ext4/inline.c fs/ext4/inode.c fs/ext4/map.c fs/ext4/namei.c
// sources: fs/ext4/options.c fs/ext4/readdir.c fs/ext4/replay.c fs/ext4/super.c
// sources: fs/ext4/symlink.c fs/ext4/xattr.c kernel/vfs/blockmap.c
// sources: kernel/lib/crc16.c kernel/lib/crc32c.c kernel/lib/hash.c kernel/lib/sort.c
// sources: kernel/lib/string.c kernel/lib/xarray.c kernel/lib/bitmap.c
/*
 * ext4, ext3 and ext2 images made by mke2fs and debugfs, read by the kernel's code: everything must
 * be as in the tree that the image was made from. Then the same images with bytes changed: nothing
 * may crash, hang or leak.
 */
#define KTAP_TIME_LIMIT_S 240
#include <errno.h>
#include "compare.h"
#include "../shim/log.h"

extern const struct fs_type ext4_fs_type, ext3_fs_type, ext2_fs_type;

static void attribute_set(const char *path, const char *name, const void *value, size_t size)
{
    char full[256];

    snprintf(full, sizeof(full), "%s/src/%s", work_dir, path);
    /* Where the folder's own file system has no attributes the test does without. */
    if (lsetxattr(full, name, value, size, 0))
        ktap_note("%s: %s: %s", path, name, strerror(errno));
}

static void attributes_set(void)
{
    static const unsigned char acl[] = {2,  0, 0, 0,                      /* version */
                                        1,  0, 6, 0, 255, 255, 255, 255,  /* user::rw- */
                                        2,  0, 7, 0, 57,  48,  0,   0,    /* user:12345:rwx */
                                        4,  0, 4, 0, 255, 255, 255, 255,  /* group::r-- */
                                        16, 0, 7, 0, 255, 255, 255, 255,  /* mask::rwx */
                                        32, 0, 0, 0, 255, 255, 255, 255}; /* other::--- */
    char value[1500];

    memset(value, 'v', sizeof(value));
    attribute_set("hello", "user.short", "value", 5);
    attribute_set("hello", "user.second", "22", 2);
    attribute_set("zero", "user.empty", "", 0);
    attribute_set("page", "user.long", value, 700);
    attribute_set("page1", "user.long", value, 700);
    attribute_set("page1", "user.more", value, 30);
    attribute_set("dir", "user.of-a-directory", "x", 1);
    attribute_set("tiny", "system.posix_acl_access", acl, sizeof(acl));
    attribute_set("empty", "system.posix_acl_default", acl, sizeof(acl));
    if (getuid() == 0) {
        attribute_set("hello", "trusted.secret", "t", 1);
        attribute_set("hello", "security.label", "s", 1);
        attribute_set("fast", "trusted.of-a-link", "l", 1);
    }
}

/* A tree with something of everything, in `src`. */
static int tree_make(bool xattrs)
{
    int err = sh("rm -rf src && mkdir -p src/dir/sub src/many src/empty src/large && cd src &&"
                 "echo hello > hello && : > zero && head -c 59 /dev/zero | tr '\\0' a > tiny &&"
                 "head -c 4096 /dev/urandom > page && head -c 4097 /dev/urandom > page1 &&"
                 "head -c 5000000 /dev/urandom > large/random &&"
                 "printf x | dd of=large/sparse bs=1 seek=40000000 status=none &&"
                 "printf y | dd of=large/sparse bs=1 seek=100000 conv=notrunc status=none &&"
                 "printf z | dd of=large/sparse bs=1 seek=5000001 conv=notrunc status=none &&"
                 "for i in $(seq 1 2000); do echo $i > many/a-name-of-some-length-$i; done &&"
                 "ln -s hello fast && ln -s $(head -c 59 /dev/zero | tr '\\0' b) fast59 &&"
                 "ln -s $(head -c 60 /dev/zero | tr '\\0' c) slow60 &&"
                 "ln -s $(head -c 900 /dev/zero | tr '\\0' d) slow900 &&"
                 "ln hello dir/hard && mkfifo fifo && chmod 4755 page && chmod 1777 dir &&"
                 "touch -d '1969-12-31 23:59:58 UTC' old && touch -d '1902-01-01 UTC' older &&"
                 "echo n > dir/$(head -c 255 /dev/zero | tr '\\0' n) &&"
                 "echo u > \"dir/ümläut ✓\"");

    if (!err && getuid() == 0)
        err = sh("cd src && mknod null c 1 3 && mknod big b 259 70000 && chown 12345:54321 hello &&"
                 "chown 70000:100000 page1");
    if (!err && xattrs)
        attributes_set();
    return err;
}

/* Compares image `img` with `src`. */
static void image_compare(const struct fs_type *type, const char *options, unsigned int flags)
{
    struct image image = image_open("img");
    struct comparison c = {.flags = flags | COMPARE_SECONDS};
    char source[128];
    int error;

    c.fs = fsimage_mount(type, image.data, image.size, options, FSIMAGE_RDONLY, &error);
    ASSERT_EQ(error, 0);
    snprintf(source, sizeof(source), "%s/src", work_dir);
    compare_tree(&c, "", source);
    EXPECT_GT(c.objects, 2000);
    fsimage_umount(c.fs);
    image_close(&image);
}

/* Makes and compares; `after` is run on the image in between. */
static void image_case(const char *mke2fs, const char *after, const struct fs_type *type,
                       unsigned int flags)
{
    if (!have("mke2fs") || !have("e2fsck"))
        SKIP("e2fsprogs are not installed");
    work_dir_make();
    ASSERT_EQ(tree_make(true), 0);
    ASSERT_EQ(sh("mke2fs -q -F -d src %s img 64M", mke2fs), 0);
    if (after)
        ASSERT_EQ(sh("%s", after), 0);
    image_compare(type, NULL, flags);
}

/* e2fsck -D makes large directories hashed; its exit status 1 says that it changed something. */
#define OPTIMIZE "e2fsck -fyD img; test $? -le 1"

TEST(default_features)
{
    image_case("-t ext4", NULL, &ext4_fs_type, 0);
}
TEST(hashed_directories)
{
    image_case("-t ext4", OPTIMIZE, &ext4_fs_type, 0);
}
TEST(blocks_of_1k_hashed)
{
    image_case("-t ext4 -b 1024", OPTIMIZE, &ext4_fs_type, 0);
}
TEST(blocks_of_2k)
{
    image_case("-t ext4 -b 2048", NULL, &ext4_fs_type, 0);
}
TEST(hash_tea)
{
    image_case("-t ext4 -b 1024 -E hash_seed=00112233-4455-6677-8899-aabbccddeeff",
               "tune2fs -E hash_alg=tea img && " OPTIMIZE, &ext4_fs_type, 0);
}
TEST(hash_legacy)
{
    image_case("-t ext4 -b 1024", "tune2fs -E hash_alg=legacy img && " OPTIMIZE, &ext4_fs_type, 0);
}
TEST(without_checksums)
{
    image_case("-t ext4 -O ^metadata_csum,^metadata_csum_seed,uninit_bg", OPTIMIZE, &ext4_fs_type,
               0);
}
TEST(without_64bit)
{
    image_case("-t ext4 -O ^64bit", NULL, &ext4_fs_type, 0);
}
TEST(without_flex_bg)
{
    image_case("-t ext4 -O ^flex_bg -g 2048", NULL, &ext4_fs_type, 0);
}
TEST(meta_block_groups)
{
    image_case("-t ext4 -O meta_bg,^resize_inode -b 1024 -g 1024", NULL, &ext4_fs_type, 0);
}
TEST(inline_data)
{
    image_case("-t ext4 -O inline_data", NULL, &ext4_fs_type, 0);
}
TEST(attributes_in_inodes)
{
    image_case("-t ext4 -O ea_inode", NULL, &ext4_fs_type, 0);
}
TEST(bigalloc)
{
    image_case("-t ext4 -O bigalloc -C 16384", NULL, &ext4_fs_type, 0);
}
TEST(small_inodes)
{
    /* Such inodes keep neither fractions of seconds nor times after 2038. */
    image_case("-t ext4 -I 128", NULL, &ext4_fs_type, COMPARE_NO_TIMES);
}
TEST(sparse_super2_and_large_dir)
{
    image_case("-t ext4 -O sparse_super2,large_dir", OPTIMIZE, &ext4_fs_type, 0);
}
TEST(ext2_image_as_ext4)
{
    image_case("-t ext2 -I 256", OPTIMIZE, &ext4_fs_type, 0);
}
TEST(ext2_image)
{
    image_case("-t ext2 -I 256 -b 1024", NULL, &ext2_fs_type, 0);
}
TEST(ext3_image)
{
    image_case("-t ext3 -I 256", OPTIMIZE, &ext3_fs_type, 0);
}
TEST(oldest_revision)
{
    image_case("-t ext2 -r 0 -I 128 -O none", NULL, &ext4_fs_type,
               COMPARE_NO_TIMES | COMPARE_NO_XATTRS);
}

/* --- single things; each makes its own small image --- */
static bool no_tools(void)
{
    work_dir_make();
    return !have("mke2fs") || !have("debugfs") || !have("e2fsck");
}

static struct fsimage *img_mount(struct image *image, const char *options, int *error)
{
    *image = image_open("img");
    return fsimage_mount(&ext4_fs_type, image->data, image->size, options, FSIMAGE_RDONLY, error);
}

/* Runs debugfs on `img` with one command a line; 0 when it found nothing wrong. */
__attribute__((format(printf, 1, 2))) static int debugfs(const char *format, ...)
{
    char path[128];
    va_list args;
    FILE *file;

    snprintf(path, sizeof(path), "%s/commands", work_dir);
    file = fopen(path, "w");
    if (!file)
        return -1;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    fclose(file);
    return sh("debugfs -w -f commands img && ! grep -iq 'error\\|invalid\\|usage' log");
}

TEST(times_of_any_century)
{
    struct fsimage_stat st;
    struct fsimage *fs;
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && : > src/f && mke2fs -q -F -t ext4 -d src img 8M"), 0);
    ASSERT_EQ(debugfs("sif f mtime_lo 0x845af239\nsif f mtime_extra 0x%x\n"
                      "sif f atime_lo 0xffffffff\nsif f atime_extra 2000000000\n"
                      "sif f ctime_lo 0x7fffffff\nsif f ctime_extra 1\n",
                      250000000U << 2 | 1),
              0);
    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(fsimage_stat(fs, "/f", &st), 0);
    EXPECT_EQ(st.mtime, (0x845af239LL) * 1000000000 + 250000000);
    EXPECT_EQ(st.atime, -1000000000LL + 500000000);
    EXPECT_EQ(st.ctime, (0x7fffffffLL + (1LL << 32)) * 1000000000);
    fsimage_umount(fs);
    image_close(&image);
}

TEST(holes_and_unwritten_extents_are_zero)
{
    struct fsimage *fs;
    struct image image;
    unsigned char buf[65536];
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    /* Garbage on the disk first, so that a zero is one that was made. */
    ASSERT_EQ(sh("mkdir src && : > src/f && head -c 16M /dev/zero | tr '\\0' G > img &&"
                 "mke2fs -q -F -t ext4 -b 4096 -d src img"),
              0);
    ASSERT_EQ(debugfs("fallocate f 3 9\nsif f size 65536\n"), 0);
    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(fsimage_read(fs, "/f", 0, buf, sizeof(buf)), sizeof(buf));
    for (size_t i = 0; i < sizeof(buf); i++)
        ASSERT_EQ(buf[i], 0);
    EXPECT_EQ(fsimage_seek(fs, "/f", 0, SEEK_DATA), -ENXIO);
    EXPECT_EQ(fsimage_seek(fs, "/f", 5, SEEK_HOLE), 5);
    fsimage_umount(fs);
    image_close(&image);
}

TEST(data_and_holes_are_told_apart)
{
    struct fsimage *fs;
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && truncate -s 100000 src/f && printf x | dd of=src/f bs=1 seek=40960 "
                 "conv=notrunc && mke2fs -q -F -t ext4 -b 4096 -d src img 8M"),
              0);
    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_seek(fs, "/f", 0, SEEK_DATA), 40960);
    EXPECT_EQ(fsimage_seek(fs, "/f", 0, SEEK_HOLE), 0);
    EXPECT_EQ(fsimage_seek(fs, "/f", 40961, SEEK_HOLE), 45056);
    EXPECT_EQ(fsimage_seek(fs, "/f", 45056, SEEK_DATA), -ENXIO);
    EXPECT_EQ(fsimage_seek(fs, "/f", 100000, SEEK_HOLE), -ENXIO);
    fsimage_umount(fs);
    image_close(&image);
}

/* dumpe2fs and the free space that is computed here. */
TEST(free_space_is_what_dumpe2fs_says)
{
    struct fsimage_statfs st;
    struct fsimage *fs;
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && mke2fs -q -F -t ext4 -d src img 64M"), 0);
    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(fsimage_statfs(fs, &st), 0);
    EXPECT_EQ(sh("dumpe2fs -h img | grep -q '^Free blocks: *%llu$'", (unsigned long long)st.bfree),
              0);
    EXPECT_EQ(sh("dumpe2fs -h img | grep -q '^Free inodes: *%llu$'", (unsigned long long)st.ffree),
              0);
    EXPECT_EQ(sh("dumpe2fs -h img | grep -q '^Overhead clusters: *%llu$'",
                 65536 * 1024ULL / st.bsize - (unsigned long long)st.blocks),
              0);
    fsimage_umount(fs);
    image_close(&image);
}

TEST(options_are_known_or_refused)
{
    const char *good = "noatime_is_not_ours";
    struct fsimage *fs;
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && mke2fs -q -F -t ext4 -d src img 8M"), 0);
    fs = img_mount(&image, "errors=remount-ro,data=writeback,noload,commit=30,,nodelalloc", &error);
    ASSERT_EQ(error, 0);
    EXPECT_STREQ(fsimage_options(fs), ",errors=remount-ro,data=writeback,norecovery");
    fsimage_umount(fs);
    image_close(&image);
    EXPECT_TRUE(img_mount(&image, good, &error) == NULL);
    EXPECT_EQ(error, -EINVAL);
    EXPECT_TRUE(strstr(shim_log_last(), good) != NULL);
    image_close(&image);
    EXPECT_TRUE(img_mount(&image, "rw", &error) == NULL);
    EXPECT_EQ(error, -EROFS);
    image_close(&image);
    image = image_open("img");
    fs = fsimage_mount(&ext4_fs_type, image.data, image.size, NULL, 0, &error);
    ASSERT_EQ(error, 0);
    EXPECT_TRUE(fsimage_is_read_only(fs));
    EXPECT_STREQ(shim_log_last(), "ext4 (image): mounted read-only: writing is not supported yet");
    fsimage_umount(fs);
    image_close(&image);
}

TEST(features_that_are_not_known_refuse_the_mount_by_name)
{
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && mke2fs -q -F -t ext4 -O encrypt,casefold -d src img 8M"), 0);
    EXPECT_TRUE(img_mount(&image, NULL, &error) == NULL);
    EXPECT_EQ(error, -EINVAL);
    EXPECT_TRUE(strstr(shim_log_last(), "encrypt casefold") != NULL);
    image_close(&image);
    ASSERT_EQ(sh("mke2fs -q -F -t ext4 -d src img 8M && debugfs -w -R 'feature FEATURE_I30' img"),
              0);
    EXPECT_TRUE(img_mount(&image, NULL, &error) == NULL);
    EXPECT_EQ(error, -EINVAL);
    EXPECT_TRUE(strstr(shim_log_last(), "0x40000000") != NULL);
    image_close(&image);
}

TEST(ext2_and_ext3_refuse_what_is_beyond_them)
{
    const struct fs_type *types[] = {&ext2_fs_type, &ext3_fs_type};
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir src && mke2fs -q -F -t ext4 -d src img 8M"), 0);
    image = image_open("img");
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(fsimage_mount(types[i], image.data, image.size, NULL, 0, &error) == NULL);
        EXPECT_EQ(error, -EINVAL);
    }
    image_close(&image);
}

TEST(checksums_are_verified)
{
    unsigned char *mtime;
    struct fsimage_stat st;
    struct fsimage *fs;
    struct image image;
    int error;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir -p src/d && touch -m -d @305419896 src/d/f &&"
                 "mke2fs -q -F -t ext4 -b 4096 -d src img 8M"),
              0);
    /* One bit of the free inode count: only the checksum shows it. */
    image = image_open("img");
    ((unsigned char *)image.data)[1024 + 16] ^= 1;
    EXPECT_TRUE(fsimage_mount(&ext4_fs_type, image.data, image.size, NULL, 0, &error) == NULL);
    EXPECT_EQ(error, -EBADMSG);
    ((unsigned char *)image.data)[1024 + 16] ^= 1;
    ((unsigned char *)image.data)[4096 + 12] ^= 1;
    EXPECT_TRUE(fsimage_mount(&ext4_fs_type, image.data, image.size, NULL, 0, &error) == NULL);
    EXPECT_EQ(error, -EBADMSG);
    image_close(&image);
    /* An inode, found by its time. */
    image = image_open("img");
    mtime = memmem(image.data, image.size, "\x78\x56\x34\x12", 4);
    ASSERT_TRUE(mtime != NULL);
    mtime[2 - 16] ^= 1; /* i_uid */
    fs = fsimage_mount(&ext4_fs_type, image.data, image.size, NULL, 0, &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_stat(fs, "/d/f", &st), -EBADMSG);
    EXPECT_EQ(fsimage_stat(fs, "/d", &st), 0);
    fsimage_umount(fs);
    image_close(&image);
}

/* --- journals --- */
/* Reads `img`, whose journal is dirty, and the same image after e2fsck replayed it: both must
 * agree. */
static void journal_compare(const char *path, const char *expected)
{
    char got[64] = "", replayed[64] = "";
    struct fsimage *fs;
    struct image image;
    int error;

    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    fsimage_read(fs, path, 0, got, sizeof(got) - 1);
    EXPECT_STREQ(got, expected);
    fsimage_umount(fs);
    image_close(&image);
    ASSERT_EQ(sh("e2fsck -fy -E journal_only img"), 0);
    fs = img_mount(&image, NULL, &error);
    ASSERT_EQ(error, 0);
    fsimage_read(fs, path, 0, replayed, sizeof(replayed) - 1);
    EXPECT_STREQ(replayed, expected);
    fsimage_umount(fs);
    image_close(&image);
}

/* `old` is the contents of file f on the disk, `new` what a transaction in the journal says. */
static int journal_image(const char *features)
{
    return sh("rm -rf src && mkdir src && printf old > src/f && printf keep > src/g &&"
              "mke2fs -q -F -t ext4 -b 4096 %s -d src img 32M &&"
              "printf new > new && truncate -s 4096 new &&"
              "printf xyz > newer && truncate -s 4096 newer &&"
              "b=$(debugfs -R 'bmap f 0' img 2>&1 | tail -1) && echo $b > block",
              features);
}

static unsigned long journal_home; /* the block of f */

static bool journal_ready(const char *features)
{
    char path[128];
    FILE *file;

    if (no_tools() || journal_image(features))
        return false;
    snprintf(path, sizeof(path), "%s/block", work_dir);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%lu", &journal_home) != 1)
        return false;
    fclose(file);
    return true;
}

TEST(a_committed_transaction_is_seen)
{
    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njc\n", journal_home), 0);
    ASSERT_EQ(sh("dumpe2fs -h img | grep -q needs_recovery"), 0);
    journal_compare("/f", "new");
}

TEST(the_newest_of_several_transactions_is_seen)
{
    ASSERT_TRUE(journal_ready("-O ^64bit"));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njw -b %lu newer\njc\n", journal_home, journal_home),
              0);
    journal_compare("/f", "xyz");
}

TEST(an_uncommitted_transaction_is_not_seen)
{
    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njw -c -b %lu newer\njc\n", journal_home, journal_home),
              0);
    journal_compare("/f", "new");
}

TEST(a_revoked_block_is_not_seen)
{
    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njw -r %lu\njc\n", journal_home, journal_home), 0);
    journal_compare("/f", "old");
}

TEST(a_revocation_that_was_not_committed_does_not_count)
{
    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njw -c -r %lu\njc\n", journal_home, journal_home), 0);
    journal_compare("/f", "new");
}

TEST(a_block_written_again_after_its_revocation_is_seen)
{
    ASSERT_TRUE(journal_ready("-O ^metadata_csum,^metadata_csum_seed,^orphan_file"));
    ASSERT_EQ(debugfs("jo\njw -r %lu\njw -b %lu new\njc\n", journal_home, journal_home), 0);
    journal_compare("/f", "new");
}

TEST(a_block_that_begins_like_a_journal_block_is_restored)
{
    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(sh("printf '\\300\\073\\071\\230' | dd of=new conv=notrunc"), 0);
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njc\n", journal_home), 0);
    journal_compare("/f", "\300\073\071");
}

TEST(noload_leaves_the_journal_alone)
{
    char got[8] = "";
    struct fsimage *fs;
    struct image image;
    int error;

    ASSERT_TRUE(journal_ready(""));
    ASSERT_EQ(debugfs("jo -c\njw -b %lu new\njc\n", journal_home), 0);
    fs = img_mount(&image, "noload", &error);
    ASSERT_EQ(error, 0);
    EXPECT_EQ(fsimage_read(fs, "/f", 0, got, sizeof(got)), 3);
    EXPECT_STREQ(got, "old");
    fsimage_umount(fs);
    image_close(&image);
}

/* --- damage --- */
/* Somewhere in a block that is not empty: what is empty is mostly not looked at. */
static size_t place_in_use(const struct image *image)
{
    static const unsigned char zero[1024];
    size_t at;

    do
        at = rng(image->size);
    while (!memcmp((char *)image->data + (at & ~1023UL), zero, 1024));
    return at;
}

static void damage(struct image *image)
{
    unsigned int nr = 1 + rng(20);
    unsigned char *bytes = image->data;

    for (unsigned int i = 0; i < nr; i++) {
        size_t at = place_in_use(image);

        switch (rng(4)) {
        case 0: bytes[at] ^= 1 << rng(8); break;
        case 1: bytes[at] = rng(256); break;
        case 2: bytes[at] = 0xff; break;
        default: memset(bytes + (at & ~3UL), rng(2) ? 0 : 0xff, 4); break;
        }
    }
}

/* Without checksums, so that damage reaches the code behind them. */
static void damage_case(const char *mke2fs, const char *after, const struct fs_type *type,
                        unsigned int rounds)
{
    unsigned long mounted = 0, errors = 0, objects = 0;
    struct image image;

    if (no_tools())
        SKIP("e2fsprogs are not installed");
    ASSERT_EQ(sh("mkdir -p src/many src/deep/er && cd src && echo x > file && ln -s file link &&"
                 "ln -s $(head -c 100 /dev/zero | tr '\\0' l) slow && mkfifo fifo &&"
                 "head -c 9000 /dev/urandom > deep/data && truncate -s 3000000 deep/er/sparse &&"
                 "for i in $(seq 1 20); do printf x | dd of=deep/er/sparse bs=1 seek=$((i*140000)) "
                 "conv=notrunc status=none; done;"
                 "for i in $(seq 1 300); do : > many/a-name-of-length-$i; done"),
              0);
    attribute_set("file", "user.a", "value", 5);
    attribute_set("deep", "user.b", "other", 5);
    ASSERT_EQ(sh("mke2fs -q -F %s -N 400 -d src img 2M", mke2fs), 0);
    if (after)
        ASSERT_EQ(sh("%s", after), 0);
    for (unsigned int i = 0; i < rounds; i++) {
        unsigned long failed;
        struct fsimage *fs;
        int error;

        image = image_open("img");
        rng_state = 0x7654321 + i * 104729ULL;
        damage(&image);
        fs = fsimage_mount(type, image.data, image.size, NULL, FSIMAGE_RDONLY, &error);
        if (fs) {
            mounted++;
            objects += fsimage_walk(fs, 400, &failed);
            errors += failed;
            fsimage_umount(fs);
        }
        image_close(&image);
    }
    ktap_note("%lu of %u mounted, %lu objects, %lu errors", mounted, rounds, objects, errors);
    EXPECT_GT(mounted, rounds / 10);
    EXPECT_GT(errors, 0);
}

#define NO_CSUM "^metadata_csum,^metadata_csum_seed,^uninit_bg,^orphan_file,^has_journal"

TEST(damaged_extents)
{
    damage_case("-t ext4 -b 1024 -O " NO_CSUM, OPTIMIZE, &ext4_fs_type, 4000);
}
TEST(damaged_block_maps)
{
    damage_case("-t ext2 -b 1024 -I 256", OPTIMIZE, &ext2_fs_type, 3000);
}
TEST(damaged_inline_data)
{
    damage_case("-t ext4 -b 1024 -I 512 -O inline_data,ea_inode," NO_CSUM, NULL, &ext4_fs_type,
                3000);
}
TEST(damaged_with_checksums)
{
    damage_case("-t ext4 -b 4096", OPTIMIZE, &ext4_fs_type, 1000);
}

TEST(damaged_journal)
{
    unsigned long mounted = 0, failed, errors = 0;

    ASSERT_TRUE(journal_ready("-O ^metadata_csum,^metadata_csum_seed,^orphan_file -J size=4"));
    ASSERT_EQ(debugfs("jo\njw -b %lu new\njw -r %lu\njw -b %lu newer\njc\n", journal_home,
                      journal_home + 1, journal_home),
              0);
    for (unsigned int i = 0; i < 2000; i++) {
        struct image image = image_open("img");
        unsigned char *bytes = image.data;
        struct fsimage *fs;
        size_t at;
        int error;

        rng_state = 0xabcdef + i * 15485863ULL;
        /* The journal's super block says where it is. */
        for (at = 0; at < image.size; at += 4096)
            if (!memcmp(bytes + at, "\xc0\x3b\x39\x98\0\0\0\4", 8))
                break;
        ASSERT_LT(at, image.size);
        for (unsigned int n = 1 + rng(5); n > 0; n--)
            bytes[at + rng(8) * 4096 + rng(rng(2) ? 48 : 4096)] = rng(3) ? rng(256) : 0;
        fs = fsimage_mount(&ext4_fs_type, bytes, image.size, NULL, FSIMAGE_RDONLY, &error);
        if (fs) {
            mounted++;
            fsimage_walk(fs, 50, &failed);
            errors += failed;
            fsimage_umount(fs);
        }
        image_close(&image);
    }
    ktap_note("%lu of 2000 mounted, %lu errors", mounted, errors);
    EXPECT_GT(mounted, 200);
}
