/* SPDX-License-Identifier: MIT */
/* Between the pieces of the stand-in. */
#ifndef TESTS_HOST_FS_SHIM_H
#define TESTS_HOST_FS_SHIM_H

#include <kernel/block/blkdev.h>
#include <kernel/vfs/fs.h>

struct super_block *shim_super(struct dentry *root);
void shim_super_kill(struct super_block *sb);
/* The device that the next mount is made on. */
void shim_bdev_set(struct block_device *bdev);
struct block_device *shim_bdev_create(void *image, size_t size);
void shim_bdev_destroy(struct block_device *bdev);
/* Pages, bios and inodes in use: 0 when all is well. */
long shim_pages_live(void);
long shim_bios_live(void);
/* Reads through the cache, with readahead of up to nr_ahead pages. */
ssize_t shim_read(struct inode *inode, loff_t offset, void *buf, size_t size,
                  unsigned int nr_ahead);
#endif
