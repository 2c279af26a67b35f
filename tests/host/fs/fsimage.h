/* SPDX-License-Identifier: MIT */
/*
 * A file system under test: an image in memory, mounted by the kernel's own code over a small
 * stand-in for the VFS, the page cache and the block layer (shim_vfs.c, shim_cache.c). Only plain C
 * types here, so that tests can include it beside the C library's headers. Results are as in the
 * kernel: -errno.
 */
#ifndef TESTS_HOST_FS_FSIMAGE_H
#define TESTS_HOST_FS_FSIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fsimage;
struct fs_type;

#define FSIMAGE_RDONLY 1UL

struct fsimage_stat {
    uint64_t ino, size, blocks, nlink;
    uint32_t mode, uid, gid, rdev_major, rdev_minor;
    int64_t atime, mtime, ctime, btime; /* nanoseconds */
};

struct fsimage_statfs {
    uint64_t bsize, blocks, bfree, bavail, files, ffree;
};

/* Mounts; NULL and *error. options may be NULL. The image stays the caller's and is not changed. */
struct fsimage *fsimage_mount(const struct fs_type *type, void *image, size_t size,
                              const char *options, unsigned long flags, int *error);
/* Also checks that nothing was left behind: inodes, pages, bios. */
void fsimage_umount(struct fsimage *fs);

/* Paths begin with '/'; links are not followed. */
int fsimage_stat(struct fsimage *fs, const char *path, struct fsimage_stat *st);
ssize_t fsimage_read(struct fsimage *fs, const char *path, uint64_t offset, void *buf, size_t size);
ssize_t fsimage_readlink(struct fsimage *fs, const char *path, char *buf, size_t size);
ssize_t fsimage_getxattr(struct fsimage *fs, const char *path, const char *name, void *value,
                         size_t size);
ssize_t fsimage_listxattr(struct fsimage *fs, const char *path, char *list, size_t size);
int64_t fsimage_seek(struct fsimage *fs, const char *path, int64_t offset, int whence);
int fsimage_statfs(struct fsimage *fs, struct fsimage_statfs *st);
/* What /proc/mounts would show behind ro or rw. */
const char *fsimage_options(struct fsimage *fs);
bool fsimage_is_read_only(struct fsimage *fs);

/* Called for each name; false to stop. */
typedef bool (*fsimage_name_fn)(void *arg, const char *name, uint64_t ino, unsigned int type);
/* All names, in calls of at most `batch` entries (0: as many as there are), as getdents(2) would.
 */
int fsimage_readdir(struct fsimage *fs, const char *path, unsigned int batch, fsimage_name_fn fn,
                    void *arg);

/* Walks everything: stats, reads, links, attributes. Bounded; returns how many objects it saw. What
 * fails is counted in *errors. */
unsigned long fsimage_walk(struct fsimage *fs, unsigned long max_objects, unsigned long *errors);
#endif
