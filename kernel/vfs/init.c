// SPDX-License-Identifier: MIT
/*
 * Start of the VFS. vfs_init() needs the slab allocator and makes the caches and the kernel's
 * internal file systems; vfs_mount_root() then makes the first name space, of one tmpfs, and gives
 * the calling task (the first: all others inherit from it) its root and working directory.
 */
#include <kernel/base/panic.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/shmem.h>

#include "mount_internal.h"

void vfs_init(void)
{
    dcache_init();
    inode_cache_init();
    names_cache_init();
    file_cache_init();
    files_init();
    mount_init();
    anon_init();
    pipe_init();
    epoll_init();
}

void vfs_mount_root(void)
{
    struct fs_context fc = {.source = "rootfs"};
    char options[] = "mode=0755";
    struct mnt_namespace *ns;
    struct mount *mnt;
    struct path root;

    fc.type = fs_type_find("tmpfs");
    ASSERT(fc.type);
    fc.options = options;
    shmem_init();
    mnt = mount_new(&fc, 0);
    ASSERT(!IS_ERR(mnt));
    ns = mnt_namespace_create(mnt);
    ASSERT(ns);
    root = (struct path){.mnt = mnt, .dentry = mnt->root};
    current->mnt_ns = ns;
    current->fs = fs_info_create(&root);
    ASSERT(current->fs);
    if (!current->files)
        current->files = files_create();
    ASSERT(current->files);
}
