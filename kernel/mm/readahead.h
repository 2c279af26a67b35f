/* SPDX-License-Identifier: MIT */
/* Readahead as the page cache's readers call it. */
#ifndef KERNEL_MM_READAHEAD_H
#define KERNEL_MM_READAHEAD_H

#include <kernel/types.h>

struct address_space;
struct file;
struct page;

/* readahead_state.max_pages of a file that said it reads at random (posix_fadvise). */
#define READAHEAD_RANDOM 1U

/* The page at index is not cached; nr pages are wanted from there. file may be NULL. May sleep. */
void readahead_miss(struct file *file, struct address_space *mapping, u64 index, unsigned int nr);
/* A reader met a page with PG_READAHEAD. May sleep. */
void readahead_hit(struct file *file, struct address_space *mapping, struct page *page, u64 index);
#endif
