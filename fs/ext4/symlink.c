// SPDX-License-Identifier: MIT
/*
 * Symbolic links. A short one ("fast", less than 60 bytes) lies in the inode where other files keep
 * their block map; a longer one is the first block of the file; with inline data it may also be
 * split between the inode and its attributes, and is then copied out.
 */
#include "ext4.h"
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

static bool is_fast(const struct inode *inode)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    const struct ext4_node *node = ext4_node(inode);
    u64 attribute_sectors =
        node->file_acl ? (u64)(fs->block_size >> SECTOR_SHIFT) << fs->cluster_bits : 0;

    return inode->size < EXT4_BODY_SIZE && inode->blocks <= attribute_sectors;
}

static int fast_setup(struct inode *inode)
{
    char *text = (char *)ext4_node(inode)->body;

    text[inode->size] = '\0';
    inode->ops = &ext4_fast_symlink_iops;
    inode->link = text;
    return 0;
}

static int inline_setup(struct inode *inode)
{
    char *text = kzalloc(inode->size + 1, GFP_NOFS);
    ssize_t got;

    if (!text)
        return -ENOMEM;
    got = ext4_inline_read(inode, text, inode->size);
    if (got != inode->size) {
        kfree(text);
        return got < 0 ? got : ext4_inode_corrupted(inode, "link shorter than its size");
    }
    inode->ops = &ext4_fast_symlink_iops;
    inode->link = ext4_node(inode)->link_copy = text;
    return 0;
}

int ext4_symlink_setup(struct inode *inode)
{
    if (inode->size == 0 || inode->size >= PATH_MAX ||
        inode->size > ext4_inode_fs(inode)->block_size)
        return ext4_inode_corrupted(inode, "a link of %lld bytes", (long long)inode->size);
    if (ext4_node(inode)->flags & EXT4_INLINE_DATA_FL)
        return inline_setup(inode);
    if (is_fast(inode))
        return fast_setup(inode);
    inode->ops = &ext4_symlink_iops;
    inode->data.ops = &ext4_aops;
    if (ext4_node(inode)->flags & EXT4_EXTENTS_FL)
        return ext4_extent_check_root(inode);
    return ext4_indirect_check_root(inode);
}

static void link_done(void *page)
{
    page_put(page);
}

/* The page behind the end of the text is zero: the end is found there. */
static const char *slow_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                                 void **cookie)
{
    struct page *page;

    if (!dentry) {
        page = filemap_find_page(inode->mapping, 0);
        if (!page)
            return ERR_PTR(-ECHILD);
        if (!page_flag_test(page, PG_UPTODATE)) {
            page_put(page);
            return ERR_PTR(-ECHILD);
        }
    } else {
        page = filemap_read_page(inode->mapping, 0, NULL);
        if (IS_ERR(page))
            return ERR_CAST(page);
    }
    *done = link_done;
    *cookie = page;
    return page_address(page);
}

const struct inode_operations ext4_fast_symlink_iops = {
    .get_link = simple_get_link,
    .getattr = ext4_getattr,
    .getxattr = ext4_getxattr,
    .listxattr = ext4_listxattr,
};

const struct inode_operations ext4_symlink_iops = {
    .get_link = slow_get_link,
    .getattr = ext4_getattr,
    .getxattr = ext4_getxattr,
    .listxattr = ext4_listxattr,
};
