/* SPDX-License-Identifier: MIT */
/*
 * The page cache: the one place where file contents, and the metadata that file systems read
 * through their block device's mapping, are kept in memory. read, write, mmap all work on it.
 *
 * Locking: pages (xarray) is changed under lock (interrupts off); looked up under RCU with
 * page_try_get() and a second look. A page's identity (mapping, index) and its contents while I/O
 * runs are protected by its page lock. invalidate_lock: read by whoever fills pages from disk,
 * written by whoever removes blocks (truncate, punch).
 */
#ifndef KERNEL_MM_FILEMAP_H
#define KERNEL_MM_FILEMAP_H

#include <kernel/lib/rbtree.h>
#include <kernel/lib/xarray.h>
#include <kernel/mm/page.h>
#include <kernel/sync/rwsem.h>

struct address_space;
struct file;
struct inode;
struct iov_iter;
struct kiocb;
struct vm_area;

/* Marks on the pages xarray. */
#define PAGE_MARK_DIRTY     0
#define PAGE_MARK_WRITEBACK 1
#define PAGE_MARK_TOWRITE   2

struct writeback_control {
    u64 start, end;   /* byte range, end inclusive; 0..~0: all */
    long nr_to_write; /* pages still wanted; decremented */
    bool sync_all;    /* wait on pages under writeback (data integrity) */
};

/* A run of locked, not yet up-to-date pages in the cache that readahead wants read. */
struct readahead_control {
    struct file *file; /* may be NULL */
    struct address_space *mapping;
    u64 index;
    unsigned int nr_pages;
};
/* The next page of the run, locked, with a reference the callee drops when I/O is done (unlock
 * then put); NULL at the end. */
struct page *readahead_next_page(struct readahead_control *rac);

struct address_space_operations {
    /* Starts reading into a locked page; unlocks it when done, up to date or with PG_ERROR set. May
     * return before the I/O is complete. 0 or -errno (then the page has been unlocked too). */
    int (*read_page)(struct file *file, struct address_space *mapping, struct page *page);
    /* Optional: reads a whole run; pages it does not take are read one by one. */
    void (*readahead)(struct readahead_control *rac);
    /* Prepares [pos, pos+len) (within one page) for a copy; returns it locked. */
    int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
                       unsigned int len, struct page **page, void **fsdata);
    /* copied <= len bytes were written; unlocks and puts the page. Returns bytes accepted. */
    int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
                     unsigned int copied, struct page *page, void *fsdata);
    /* Writes dirty pages. */
    int (*writepages)(struct address_space *mapping, struct writeback_control *wbc);
    /* The page becomes dirty (accounting, reservation). true if it was clean before. */
    bool (*dirty_page)(struct address_space *mapping, struct page *page);
    /* The bytes from offset on are being truncated away (page locked). */
    void (*invalidate_page)(struct page *page, unsigned int offset, unsigned int len);
    /* Reclaim wants the page: drop private data. false to keep it. */
    bool (*release_page)(struct page *page, gfp_t gfp);
    ssize_t (*direct_io)(struct kiocb *iocb, struct iov_iter *iter);
};

struct address_space {
    struct inode *host;
    struct xarray pages; /* lock */
    spinlock_t lock;
    unsigned long nr_pages; /* lock */
    const struct address_space_operations *ops;
    gfp_t gfp;
    u32 flags;  /* atomic bits: MAPPING_* */
    u32 wb_err; /* sequence of write-back errors (errseq) */
    struct rwsem invalidate_lock;
    struct rwsem i_mmap_rwsem;    /* protects i_mmap */
    struct rb_root_cached i_mmap; /* interval tree of the VMAs that map it, by page offset */
    atomic_t i_mmap_writable;     /* number of shared writable mappings */
    u64 futex_space; /* its number in keys of futexes; 0 until the first; set once, atomically */
    void *private;
};

#define MAPPING_UNEVICTABLE 0x1 /* no backing store: tmpfs, ramfs */
#define MAPPING_EIO         0x2
#define MAPPING_ENOSPC      0x4

void address_space_init(struct address_space *mapping, struct inode *host,
                        const struct address_space_operations *ops, gfp_t gfp);
/* All pages must be gone. */
void address_space_fini(struct address_space *mapping);

/* The page at index with a reference, or NULL. Any context but interrupts. */
struct page *filemap_find_page(struct address_space *mapping, u64 index);
/* As above, locked and still in the mapping; NULL if absent. May sleep. */
struct page *filemap_lock_page(struct address_space *mapping, u64 index);
/* Finds or allocates and inserts; locked, with a reference. ERR_PTR. May sleep. */
struct page *filemap_grab_page(struct address_space *mapping, u64 index, gfp_t gfp);
/* Inserts a fresh page (refcount 1: the cache takes one more); it is locked on success. 0, -EEXIST,
 * -ENOMEM. May sleep. */
int __must_check filemap_add_page(struct address_space *mapping, struct page *page, u64 index,
                                  gfp_t gfp);
/* Takes a locked page out of the cache and drops the cache's reference. */
void filemap_remove_page(struct page *page);

/* Locks a page found in the mapping and reads it if it is not up to date. 0 (unlocked, up to date),
 * -EIO, -EINTR, -EAGAIN (no longer in the mapping). May sleep. */
int __must_check filemap_make_uptodate(struct file *file, struct address_space *mapping,
                                       struct page *page);
/* An up-to-date page with a reference, reading it if needed; ERR_PTR(-EIO...). May sleep. file may
 * be NULL. */
struct page *filemap_read_page(struct address_space *mapping, u64 index, struct file *file);

/* read(2) through the cache with readahead; stops at i_size. Bytes or -errno. */
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *to);
/* write(2) through the cache by write_begin/write_end. The inode is write-locked. */
ssize_t filemap_write(struct kiocb *iocb, struct iov_iter *from);

bool filemap_dirty_page(struct page *page);
int filemap_write_range(struct address_space *mapping, u64 start, u64 end); /* start I/O */
int filemap_wait_range(struct address_space *mapping, u64 start, u64 end);  /* wait */
int filemap_write_and_wait(struct address_space *mapping, u64 start, u64 end);
/* Removes all pages from byte start on (zeroing the partial page's tail). Unmaps them first. */
void truncate_pages(struct address_space *mapping, loff_t start);
void truncate_pages_range(struct address_space *mapping, loff_t start, loff_t end_inclusive);
/*
 * Evicts a page that nobody else uses: page locked, the caller has one reference beside the
 * cache's. True: the page is out of the cache with refcount 0, still locked; unlock it, then
 * page_release().
 */
bool filemap_evict_page(struct page *page, gfp_t gfp, void *shadow);
/* A task that dirties pages faster than they are written waits here. May sleep. */
void filemap_balance_dirty(struct address_space *mapping);
/* Drops clean, unmapped, unused pages in [start, end] (indices). Returns how many. */
unsigned long invalidate_clean_pages(struct address_space *mapping, u64 start, u64 end);
/* Readahead state lives in struct file (vfs/file.h). */
/* readahead_state.max_pages of a file that said it reads at random (posix_fadvise). */
#define READAHEAD_RANDOM 1U
/* The page at index is not cached; nr pages are wanted from there. file may be NULL. May sleep. */
void readahead_miss(struct file *file, struct address_space *mapping, u64 index, unsigned int nr);

/* struct vm_area hooks for files in the page cache. */
struct vm_operations;
struct vm_fault;
extern const struct vm_operations filemap_vm_ops;
/* Its parts, for file systems that wrap them (page_mkwrite that allocates blocks, say). */
unsigned int filemap_fault(struct vm_fault *vmf);
unsigned int filemap_map_pages(struct vm_fault *vmf, u64 start_pgoff, u64 end_pgoff);
unsigned int filemap_page_mkwrite(struct vm_fault *vmf);
int filemap_mmap(struct file *file, struct vm_area *vma);
#endif
