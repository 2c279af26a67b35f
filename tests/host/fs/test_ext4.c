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
    /* tmpfs may have no user attributes: then the test does without. */
    if (!err && xattrs && have("setfattr"))
        (void)sh("cd src && setfattr -n user.short -v value hello &&"
                 "setfattr -n user.long -v $(head -c 700 /dev/zero | tr '\\0' v) page &&"
                 "setfattr -n user.one -v 1 dir && setfattr -n user.two -v 22 dir &&"
                 "setfattr -n user.empty zero");
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
    image_case("-t ext2 -r 0 -I 128 -O none", NULL, &ext4_fs_type, COMPARE_NO_TIMES);
}
