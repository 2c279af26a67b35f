// SPDX-License-Identifier: MIT
/*
 * Chains of clusters. Following one costs a look at the FAT for each cluster, so the runs that were
 * found are kept with the inode, from its start as far as anybody has looked (or FAT_RUNS_MAX
 * runs), and the walk goes on from there.
 *
 * A chain that meets itself would never end: more clusters than the volume has means that it does.
 */
#include "fat.h"
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/vfs/blockmap.h>

/* Where a walk stands. */
struct walk {
    struct fat_fs *fs;
    struct fat_cursor cursor;
    struct fat_run run; /* the run being extended */
};

static int next_cluster(struct inode *inode, struct walk *walk, u32 cluster, u32 *next)
{
    int err = fat_entry_read(walk->fs, &walk->cursor, cluster, next);

    if (err)
        return err;
    if (*next >= FAT_ENTRY_END || fat_cluster_valid(walk->fs, *next))
        return 0;
    return fat_corrupted(inode->sb, inode->ino, "cluster %u is followed by %u", cluster, *next);
}

/* Remembers a finished run. Without memory, or with too many, the walk is just repeated. */
static void run_remember(struct fat_node *node, const struct fat_run *run)
{
    u32 room = node->runs_room;

    if (node->nr_runs &&
        node->runs[node->nr_runs - 1].first + node->runs[node->nr_runs - 1].len != run->first)
        return;
    if (node->nr_runs == room) {
        struct fat_run *runs;

        room = room ? room * 2 : 4;
        if (room > FAT_RUNS_MAX)
            return;
        runs = krealloc(node->runs, room * sizeof(*runs), GFP_NOFS);
        if (!runs)
            return;
        node->runs = runs;
        node->runs_room = room;
    }
    node->runs[node->nr_runs++] = *run;
}

void fat_chain_forget(struct inode *inode)
{
    struct fat_node *node = fat_node(inode);

    kfree(node->runs);
    node->runs = NULL;
    node->nr_runs = node->runs_room = 0;
}

/* The remembered run that holds cluster `index` of the file. */
static const struct fat_run *run_recall(const struct fat_node *node, u32 index)
{
    u32 low = 0, high = node->nr_runs;

    while (low < high) {
        u32 middle = (low + high) / 2;

        if (node->runs[middle].first <= index)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || index - node->runs[low - 1].first >= node->runs[low - 1].len)
        return NULL;
    return &node->runs[low - 1];
}

/* Extends walk->run to its end. *behind: the cluster that follows, FAT_ENTRY_END.. if none. */
static int run_extend(struct inode *inode, struct walk *walk, u32 *behind)
{
    struct fat_run *run = &walk->run;
    int err;

    for (;;) {
        err = next_cluster(inode, walk, run->cluster + run->len - 1, behind);
        if (err)
            return err;
        if (*behind != run->cluster + run->len)
            return 0;
        run->len++;
        if ((u64)run->first + run->len > walk->fs->nr_clusters)
            return fat_corrupted(inode->sb, inode->ino, "its chain of clusters never ends");
    }
}

/* Walks until the run that holds `index` is known: 1; 0: the chain ends before, walk->run is its
 * last. */
static int walk_to(struct inode *inode, struct walk *walk, u32 index)
{
    struct fat_node *node = fat_node(inode);
    u32 behind = node->start, first = 0;

    if (node->nr_runs) { /* the last one again, for what follows it */
        walk->run = node->runs[node->nr_runs - 1];
        node->nr_runs--;
        behind = walk->run.cluster;
        first = walk->run.first;
    }
    for (;;) {
        int err;

        if (behind >= FAT_ENTRY_END)
            return 0;
        if (first >= walk->fs->nr_clusters)
            return fat_corrupted(inode->sb, inode->ino, "its chain of clusters never ends");
        walk->run = (struct fat_run){first, behind, 1};
        err = run_extend(inode, walk, &behind);
        if (err)
            return err;
        run_remember(node, &walk->run);
        if (index - first < walk->run.len)
            return 1;
        first += walk->run.len;
    }
}

/* runs_lock held. 1, 0 beyond the end, -errno; *run is the run, or the last one. */
static int chain_find(struct inode *inode, u32 index, struct fat_run *run)
{
    struct fat_node *node = fat_node(inode);
    const struct fat_run *known = run_recall(node, index);
    struct walk walk = {.fs = fat_fs(inode->sb)};
    int found;

    if (known) {
        *run = *known;
        return 1;
    }
    if (!node->start) {
        *run = (struct fat_run){0};
        return 0;
    }
    found = walk_to(inode, &walk, index);
    fat_cursor_release(&walk.cursor);
    *run = walk.run;
    return found;
}

int fat_chain_find(struct inode *inode, u32 index, u32 *cluster, u32 *len)
{
    struct fat_node *node = fat_node(inode);
    struct fat_run run;
    int found;

    mutex_lock(&node->runs_lock);
    found = chain_find(inode, index, &run);
    mutex_unlock(&node->runs_lock);
    if (found < 0)
        return found;
    if (found == 0)
        return fat_corrupted(inode->sb, inode->ino, "its chain has %u clusters, not %u",
                             run.first + run.len, index + 1);
    *cluster = run.cluster + (index - run.first);
    *len = run.len - (index - run.first);
    return 0;
}

int fat_chain_length(struct inode *inode, u32 *len)
{
    struct fat_node *node = fat_node(inode);
    struct fat_run run;
    int found;

    mutex_lock(&node->runs_lock);
    found = chain_find(inode, ~0U, &run);
    mutex_unlock(&node->runs_lock);
    *len = run.first + run.len;
    return min(found, 0);
}

int fat_dir_place(struct inode *dir, u32 offset, u64 *place, u32 *left)
{
    struct fat_fs *fs = fat_fs(dir->sb);
    u32 within = offset & ((1U << fs->cluster_bits) - 1), cluster, len;
    int err;

    if (dir->ino == FAT_ROOT_INO && fs->bits != 32) {
        *place = fs->root_start + offset;
        *left = fs->root_size - offset;
        return 0;
    }
    err = fat_chain_find(dir, offset >> fs->cluster_bits, &cluster, &len);
    if (err)
        return err;
    *place = fat_cluster_offset(fs, cluster) + within;
    *left = (1U << fs->cluster_bits) - within;
    return 0;
}

/* Files as runs of sectors, for the page cache. */
static int run_map(struct inode *inode, u64 block, u32 max_blocks, struct block_run *run)
{
    struct fat_fs *fs = fat_fs(inode->sb);
    u8 shift = fs->cluster_bits - fs->sector_bits; /* sectors in a cluster */
    u64 end = DIV_ROUND_UP((u64)inode->size, fs->sector_size);
    u32 within = block & ((1U << shift) - 1), cluster, len;
    int err;

    *run = (struct block_run){.nr_blocks = max_blocks, .hole = true};
    if (block >= end)
        return 0;
    err = fat_chain_find(inode, block >> shift, &cluster, &len);
    if (err)
        return err;
    run->hole = false;
    run->nr_blocks = min3((u64)max_blocks, end - block, ((u64)len << shift) - within);
    run->sector = (fat_cluster_offset(fs, cluster) >> SECTOR_SHIFT) +
                  ((u64)within << (fs->sector_bits - SECTOR_SHIFT));
    return 0;
}

static int fat_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
    return block_read_page(page, run_map);
}

static void fat_readahead(struct readahead_control *rac)
{
    block_readahead(rac, run_map);
}

const struct address_space_operations fat_aops = {
    .read_page = fat_read_page,
    .readahead = fat_readahead,
};
