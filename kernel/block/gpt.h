/* SPDX-License-Identifier: MIT */
/* Partition tables, read through a function so that the same code runs on the host. */
#ifndef KERNEL_BLOCK_GPT_H
#define KERNEL_BLOCK_GPT_H

#include <kernel/lib/guid.h>
#include <kernel/types.h>

#define PART_LABEL_SIZE (36 * 3 + 1)

struct partition {
    unsigned int number; /* from 1 */
    sector_t start, nr_sectors;
    guid_t uuid, type;
    u64 attributes;
    char label[PART_LABEL_SIZE]; /* UTF-8 */
};

/* A disk to be looked at. */
struct table_source {
    const char *name; /* for messages */
    sector_t nr_sectors;
    u32 block_size;
    /* Reads size bytes (at most a page, not crossing a page) at a byte offset. 0 or -errno. */
    int (*read)(struct table_source *src, u64 offset, void *buf, u32 size);
    /* Called for each partition found, in order of number. 0 or -errno, which ends the scan. */
    int (*found)(struct table_source *src, const struct partition *part);
};

/* 1: a table was there and its partitions were reported; 0: none of this kind; -errno. */
int gpt_scan(struct table_source *src);
int mbr_scan(struct table_source *src);
#endif
