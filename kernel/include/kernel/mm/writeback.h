/* SPDX-License-Identifier: MIT */
/* Dirty pages: for file systems and block devices that write them. */
#ifndef KERNEL_MM_WRITEBACK_H
#define KERNEL_MM_WRITEBACK_H

#include <kernel/mm/filemap.h>

/* Makes the page dirty through its mapping's dirty_page. True if it was clean. Page locked or
 * mapped. */
bool page_dirty(struct page *page);
/* The page is clean from now on (locked). */
void page_clear_dirty(struct page *page);
/* Between clearing dirty and submitting: page locked; unlock it after this. page_end_writeback()
 * ends it. */
void page_start_writeback(struct page *page);

/*
 * Writes one page: locked, no longer dirty, not under writeback. Calls page_start_writeback(),
 * unlocks it, submits. 0, or -errno with the page unlocked (and dirty again if it should be tried
 * later).
 */
typedef int (*page_write_fn)(struct page *page, struct writeback_control *wbc, void *arg);
/* A file system's writepages: calls write for each dirty page of the range. The first error. */
int filemap_write_pages(struct address_space *mapping, struct writeback_control *wbc,
                        page_write_fn write, void *arg);

/* Something became dirty: the flusher writes it in some seconds. Any context. */
void flusher_arm(void);
/* Too much is dirty: the flusher writes now. Any context. */
void flusher_kick(void);

/* Waits for writeback in the byte range without taking note of errors: they stay for fsync. */
void filemap_wait_keep_errors(struct address_space *mapping, u64 start, u64 end);
/* Notes that writing back failed, for fsync of every file open now. Any context. */
void mapping_set_error(struct address_space *mapping, int error);
/* What a file remembers at open (file->wb_err), and whether an error came since: reported once. */
u32 mapping_error_sample(struct address_space *mapping);
int __must_check mapping_error_check(struct address_space *mapping, u32 *since);
#endif
