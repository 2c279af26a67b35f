// SPDX-License-Identifier: MIT
// sources: tests/host/fs/fsimage.c tests/host/fs/shim_vfs.c tests/host/fs/shim_cache.c
// sources: fs/ext4/acl.c fs/ext4/buf.c fs/ext4/csum.c fs/ext4/dir.c fs/ext4/extents.c
// sources: fs/ext4/features.c fs/ext4/file.c fs/ext4/group.c fs/ext4/hash.c fs/ext4/htree.c
// sources: fs/ext4/indirect.c fs/ext4/inline.c fs/ext4/inode.c fs/ext4/map.c fs/ext4/namei.c
// sources: fs/ext4/options.c fs/ext4/readdir.c fs/ext4/replay.c fs/ext4/super.c
// sources: fs/ext4/symlink.c fs/ext4/xattr.c kernel/vfs/blockmap.c
// sources: kernel/lib/crc16.c kernel/lib/crc32c.c kernel/lib/hash.c kernel/lib/sort.c
// sources: kernel/lib/string.c kernel/lib/xarray.c kernel/lib/bitmap.c kernel/lib/printf.c
// sources: tests/host/shim/log.c tests/host/shim/slab.c tests/host/shim/sync.c
// sources: tests/host/shim/panic.c
/* ext4, ext3 and ext2 images with changes: super block, descriptors, inodes, extents, directories,
 * htree, attributes, inline data and journals. */
#include "patched_image.h"

extern const struct fs_type ext4_fs_type;

#define NO_CSUM "^metadata_csum,^metadata_csum_seed,^uninit_bg,^orphan_file"
#define MAKE    "mke2fs -q -F -N 300 -d src "
#define INDEX   " && { e2fsck -fyD img; test $? -le 1; }"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tree_make(void)
{
    if (sh("mkdir -p src/many src/deep/er && cd src && echo x > file && ln -s file link &&"
           "ln -s $(head -c 100 /dev/zero | tr '\\0' l) slow && mkfifo fifo &&"
           "head -c 9000 /dev/urandom > deep/data && truncate -s 3000000 deep/er/sparse &&"
           "for i in $(seq 1 20); do printf x | dd of=deep/er/sparse bs=1 seek=$((i*140000)) "
           "conv=notrunc status=none; done;"
           "for i in $(seq 1 200); do : > many/a-name-of-length-$i; done"))
        exit(1);
    /* Where there are attributes; without them the fuzzer has less to change. */
    (void)sh("cd src && setfattr -n user.a -v value file && setfattr -n user.b -v b deep");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    work_dir_make();
    tree_make();
    base_make(MAKE "-t ext4 -b 1024 -O ^has_journal," NO_CSUM " img 1M" INDEX);
    base_make(MAKE "-t ext2 -b 1024 -I 256 img 1M" INDEX);
    base_make(MAKE "-t ext4 -b 1024 -I 512 -O inline_data,ea_inode,^has_journal," NO_CSUM
                   " img 1M");
    base_make(MAKE "-t ext4 -b 1024 -O " NO_CSUM
                   " -J size=1 img 3M && head -c 1024 src/deep/data > new &&"
                   "printf 'jo\\njw -b 600 new\\njw -r 601\\njw -b 602 new\\njc\\n' |"
                   "debugfs -w -f - img");
    base_make(MAKE "-t ext4 -b 4096 -O ^has_journal img 2M" INDEX);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_image(&ext4_fs_type, data, size);
    return 0;
}
