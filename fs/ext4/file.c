// SPDX-License-Identifier: MIT
/* Regular files: read and mapped through the page cache, which is filled from runs of blocks. */
#include "ext4.h"
#include <abi/linux/fs_ioctl.h>
#include <kernel/arch/uaccess.h>

/* A run as the page cache wants it, with blocks that an unreplayed journal holds newer put in. */
static int run_map(struct inode *inode, u64 block, u32 max_blocks, struct block_run *run)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_map map = {.lblk = block, .len = max_blocks};
    u64 end = DIV_ROUND_UP((u64)inode->size, fs->block_size);
    int err;

    *run = (struct block_run){.nr_blocks = max_blocks, .hole = true};
    if (block >= end)
        return 0;
    map.len = min_t(u64, max_blocks, end - block);
    err = ext4_map_blocks(inode, &map);
    if (err)
        return err;
    run->nr_blocks = map.len;
    if (!(map.flags & EXT4_MAP_MAPPED))
        return 0;
    run->hole = false;
    run->sector = map.pblk << (fs->block_bits - SECTOR_SHIFT);
    if (fs->replay_active)
        ext4_replay_redirect(fs, map.pblk, run);
    return 0;
}

static int ext4_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
    if (ext4_node(mapping->host)->flags & EXT4_INLINE_DATA_FL)
        return ext4_inline_read_page(mapping->host, page);
    return block_read_page(page, run_map);
}

static void ext4_readahead(struct readahead_control *rac)
{
    if (!(ext4_node(rac->mapping->host)->flags & EXT4_INLINE_DATA_FL))
        block_readahead(rac, run_map);
}

const struct address_space_operations ext4_aops = {
    .read_page = ext4_read_page,
    .readahead = ext4_readahead,
};

/* What fs-verity promises about a file cannot be kept here: such files are not opened. */
static int ext4_open(struct inode *inode, struct file *file)
{
    return ext4_node(inode)->flags & EXT4_VERITY_FL ? -EOPNOTSUPP : 0;
}

/* The next data (or hole) at or behind offset: the end of the file is a hole. */
static loff_t seek_run(struct inode *inode, loff_t offset, bool want_data)
{
    u8 bits = ext4_inode_fs(inode)->block_bits;

    if (offset < 0 || offset >= inode->size)
        return -ENXIO;
    if (ext4_node(inode)->flags & EXT4_INLINE_DATA_FL)
        return want_data ? offset : inode->size;
    while (offset < inode->size) {
        struct ext4_map map = {.lblk = offset >> bits,
                               .len = EXT4_MAX_LBLK - (u32)(offset >> bits)};
        int err = ext4_map_blocks(inode, &map);

        if (err)
            return err;
        if (!!(map.flags & EXT4_MAP_MAPPED) == want_data)
            return offset;
        offset = ((u64)map.lblk + map.len) << bits;
    }
    return want_data ? -ENXIO : inode->size;
}

static loff_t ext4_llseek(struct file *file, loff_t offset, int whence)
{
    struct inode *inode = file_inode(file);

    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return generic_file_llseek(file, offset, whence);
    offset = seek_run(inode, offset, whence == SEEK_DATA);
    if (offset >= 0)
        file->pos = offset;
    return offset;
}

long ext4_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct inode *inode = file_inode(file);

    switch (cmd) {
    case FS_IOC_GETFLAGS:
        return put_user(ext4_node(inode)->flags & EXT4_FL_USER_VISIBLE, (int __user *)arg);
    case FS_IOC_GETVERSION: return put_user(inode->generation, (int __user *)arg);
    case FS_IOC_SETFLAGS:
    case FS_IOC_SETVERSION: return -EROFS;
    }
    return -ENOTTY;
}

const struct file_operations ext4_file_fops = {
    .open = ext4_open,
    .llseek = ext4_llseek,
    .read_iter = filemap_read,
    .mmap = filemap_mmap,
    .ioctl = ext4_ioctl,
};

const struct inode_operations ext4_file_iops = {
    .getattr = ext4_getattr,
    .getxattr = ext4_getxattr,
    .listxattr = ext4_listxattr,
};
