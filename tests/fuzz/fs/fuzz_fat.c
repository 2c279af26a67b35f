// SPDX-License-Identifier: MIT
// sources: tests/host/fs/fsimage.c tests/host/fs/shim_vfs.c tests/host/fs/shim_cache.c
// sources: fs/fat/boot.c fs/fat/chain.c fs/fat/dir.c fs/fat/inode.c fs/fat/name.c
// sources: fs/fat/namei.c fs/fat/options.c fs/fat/super.c fs/fat/table.c kernel/vfs/blockmap.c
// sources: kernel/lib/kstrtox.c kernel/lib/string.c kernel/lib/utf.c kernel/lib/xarray.c
// sources: kernel/lib/bitmap.c kernel/lib/printf.c tests/host/shim/log.c tests/host/shim/slab.c
// sources: tests/host/shim/sync.c tests/host/shim/panic.c
/* FAT12, FAT16 and FAT32 images with changes. */
#include "patched_image.h"

extern const struct fs_type vfat_fs_type;

#define FILL " img && for f in src/*; do mcopy -i img -s -Q \"$f\" ::/ || exit 1; done"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    work_dir_make();
    if (sh("mkdir -p src/dir/sub src/many && cd src && echo x > 'A long name.text' && : > zero &&"
           "head -c 5000 /dev/urandom > dir/data && echo y > dir/sub/$(printf n%%.0s $(seq 200)) &&"
           "for i in $(seq 1 20); do echo $i > many/name-number-$i; done"))
        exit(1);
    base_make("rm -f img; truncate -s 360K img && mkfs.fat -F 12" FILL);
    base_make("rm -f img; truncate -s 3M img && mkfs.fat -F 16 -s 1" FILL);
    base_make("rm -f img; truncate -s 34M img && mkfs.fat -F 32 -s 1" FILL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_image(&vfat_fs_type, data, size);
    return 0;
}
