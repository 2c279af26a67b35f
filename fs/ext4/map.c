// SPDX-License-Identifier: MIT
/*
 * Where a file's blocks are, whichever way the file keeps them. The last run found is remembered in
 * the inode, so that reading on does not walk the tree for each page.
 */
#include "ext4.h"

/* Answers from the remembered run. */
static bool run_recall(struct ext4_node *node, struct ext4_map *map)
{
    bool hit;
    u32 skip;

    spin_lock(&node->run_lock);
    skip = map->lblk - node->run.lblk;
    hit = map->lblk >= node->run.lblk && skip < node->run.len;
    if (hit) {
        map->len = min(map->len, node->run.len - skip);
        map->flags = node->run.flags;
        map->pblk = map->flags ? node->run.pblk + skip : 0;
    }
    spin_unlock(&node->run_lock);
    return hit;
}

static void run_remember(struct ext4_node *node, const struct ext4_map *map)
{
    spin_lock(&node->run_lock);
    node->run = *map;
    spin_unlock(&node->run_lock);
}

/* The whole run is looked for, so that the next question is answered from memory. */
int ext4_map_blocks(struct inode *inode, struct ext4_map *map)
{
    struct ext4_node *node = ext4_node(inode);
    struct ext4_map whole = {.lblk = map->lblk, .len = EXT4_MAX_LBLK - map->lblk};
    int err;

    if (map->lblk == EXT4_MAX_LBLK)
        return -EFBIG;
    if (run_recall(node, map))
        return 0;
    if (node->flags & EXT4_INLINE_DATA_FL)
        return ext4_inode_corrupted(inode, "blocks wanted of inline data");
    if (node->flags & EXT4_EXTENTS_FL)
        err = ext4_extent_map(inode, &whole);
    else
        err = ext4_indirect_map(inode, &whole);
    if (err)
        return err;
    run_remember(node, &whole);
    map->len = min(map->len, whole.len);
    map->flags = whole.flags;
    map->pblk = whole.pblk;
    return 0;
}

struct ext4_buf *ext4_file_block(struct inode *inode, u32 lblk)
{
    struct ext4_map map = {.lblk = lblk, .len = 1};
    int err = ext4_map_blocks(inode, &map);

    if (err)
        return ERR_PTR(err);
    if (!(map.flags & EXT4_MAP_MAPPED))
        return NULL;
    return ext4_buf_read(ext4_inode_fs(inode), map.pblk);
}
