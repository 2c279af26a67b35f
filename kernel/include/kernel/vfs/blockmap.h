/* SPDX-License-Identifier: MIT */
/*
 * Files that lie on a block device in runs: what every such file system needs to read its files
 * through the page cache. The file system says where a block is; pages, bios and the joining of
 * neighbours are done here. Large runs become large bios.
 */
#ifndef KERNEL_VFS_BLOCKMAP_H
#define KERNEL_VFS_BLOCKMAP_H

#include <kernel/types.h>

struct inode;
struct page;
struct readahead_control;

/* A run of a file's blocks (1 << inode->blkbits bytes each). */
struct block_run {
    sector_t sector;  /* where it begins, from the start of sb->bdev */
    u32 nr_blocks;    /* at least 1 */
    bool hole;        /* reads as zeroes; sector means nothing */
    const void *data; /* if set: contents in memory of exactly one block, to be used instead */
};

/*
 * The run that begins at block, at most max_blocks long (never more is asked for). 0 or -errno.
 * What lies beyond the end of the file is a hole. May sleep.
 */
typedef int (*block_map_fn)(struct inode *inode, u64 block, u32 max_blocks, struct block_run *run);

/** block_read_page() - a file system's read_page: see struct address_space_operations. */
int block_read_page(struct page *page, block_map_fn map);
/** block_readahead() - a file system's readahead. */
void block_readahead(struct readahead_control *rac, block_map_fn map);
#endif
