/* SPDX-License-Identifier: MIT */
/* Readahead as the page cache's readers call it. */
#ifndef KERNEL_MM_READAHEAD_H
#define KERNEL_MM_READAHEAD_H

#include <kernel/mm/filemap.h>

struct address_space;
struct file;
struct page;

/* A reader met a page with PG_READAHEAD. May sleep. */
void readahead_hit(struct file *file, struct address_space *mapping, struct page *page, u64 index);
#endif
