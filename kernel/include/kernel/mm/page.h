/* SPDX-License-Identifier: MIT */
/*
 * struct page: one for every page frame of memory, in one array at PAGE_ARRAY_BASE indexed by
 * page frame number (holes are not backed). 48 bytes, so that bookkeeping stays near one percent.
 *
 * Who may change what:
 *  flags     atomically (page_flag_*)
 *  refcount  atomically; the page goes back to the buddy allocator when it reaches 0
 *  mapcount  atomically; number of page table entries that map it, less one
 *  the union by whoever owns the page: buddy (zone lock), slab, page cache LRU (zone LRU lock),
 *            page table
 *  mapping, index  page lock and the mapping's lock (page cache), anon: set once before mapping
 */
#ifndef KERNEL_MM_PAGE_H
#define KERNEL_MM_PAGE_H

#include <kernel/arch/paging.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/mm/gfp.h>
#include <kernel/sync/rcu.h>
#include <kernel/sync/spinlock.h>

struct address_space;
struct kmem_cache;

enum page_flag {
    PG_LOCKED,     /* someone does I/O on it or changes its identity */
    PG_UPTODATE,   /* contents are valid */
    PG_DIRTY,      /* newer than the disk */
    PG_WRITEBACK,  /* on its way to the disk */
    PG_ERROR,      /* the last I/O failed */
    PG_REFERENCED, /* used since reclaim last looked */
    PG_ACTIVE,     /* on the active list */
    PG_LRU,        /* on a reclaim list */
    PG_RESERVED,   /* not for the allocator: firmware, kernel image, holes */
    PG_BUDDY,      /* free, head of a block of 2^order */
    PG_SLAB,
    PG_TABLE,      /* a page table */
    PG_ANON,       /* anonymous user memory */
    PG_SWAPBACKED, /* reclaimed by swapping (anonymous, tmpfs) */
    PG_UNEVICTABLE,
    PG_PRIVATE,    /* private is in use by the file system */
    PG_READAHEAD,  /* reading it starts the next readahead */
    PG_COMPOUND,   /* head of an allocation of 2^order pages */
    PG_TAIL,       /* inside such an allocation */
    PG_WAITERS,    /* somebody sleeps on LOCKED or WRITEBACK */
    PG_WORKINGSET, /* was refaulted soon after eviction */
    PG_NR_FLAGS,
    PG_ZONE_SHIFT = 30, /* top two bits: zone */
};

struct page {
    u32 flags;
    atomic_t refcount;
    union {
        atomic_t mapcount; /* starts at -1 */
        u32 slab_used;     /* PG_SLAB: objects not on the slab's free list */
    };
    u32 private; /* order of a free or compound block; file system's while PG_PRIVATE */
    union {
        struct list_head lru;
        struct {
            void *freelist; /* slab */
            struct kmem_cache *cache;
        };
        struct page *head; /* PG_TAIL */
        struct {
            void *table_private;
            u64 nr_entries; /* PG_TABLE: entries in use */
        };
    };
    union {
        struct {
            struct address_space *mapping; /* page cache; anon_vma | 1; NULL */
            u64 index;                     /* in pages: offset in the mapping */
        };
        struct list_head slab_link; /* slab: the cache's list */
        struct rcu_head rcu;        /* on its way back after a grace period */
    };
};

static_assert(sizeof(struct page) == 48, "struct page: memory overhead of the whole machine");

#define page_array ((struct page *)PAGE_ARRAY_BASE)

static inline pfn_t page_to_pfn(const struct page *page)
{
    return (pfn_t)(page - page_array);
}
static inline struct page *pfn_to_page(pfn_t pfn)
{
    return page_array + pfn;
}
static inline paddr_t page_to_phys(const struct page *page)
{
    return page_to_pfn(page) << PAGE_SHIFT;
}
static inline struct page *phys_to_page(paddr_t p)
{
    return pfn_to_page(p >> PAGE_SHIFT);
}
/* Direct-map address of the page's bytes. */
static inline void *page_address(const struct page *page)
{
    return phys_to_virt(page_to_phys(page));
}
/* v must be a direct-map address. */
static inline struct page *virt_to_page(const void *v)
{
    return phys_to_page(virt_to_phys(v));
}
/* Whether the frame has a struct page (memory, not a device). Any context. */
bool pfn_valid(pfn_t pfn);

static inline bool page_flag_test(const struct page *page, enum page_flag flag)
{
    return READ_ONCE(page->flags) & (1U << flag);
}
static inline void page_flag_set(struct page *page, enum page_flag flag)
{
    __atomic_fetch_or(&page->flags, 1U << flag, __ATOMIC_RELEASE);
}
static inline void page_flag_clear(struct page *page, enum page_flag flag)
{
    __atomic_fetch_and(&page->flags, ~(1U << flag), __ATOMIC_RELEASE);
}
/* These return the value before. */
static inline bool page_flag_test_set(struct page *page, enum page_flag flag)
{
    return __atomic_fetch_or(&page->flags, 1U << flag, __ATOMIC_ACQ_REL) & (1U << flag);
}
static inline bool page_flag_test_clear(struct page *page, enum page_flag flag)
{
    return __atomic_fetch_and(&page->flags, ~(1U << flag), __ATOMIC_ACQ_REL) & (1U << flag);
}

#define PAGE_ORDER_MAX 10 /* blocks of up to 4 MiB */

/*
 * Allocates 2^order pages, refcount 1. NULL when there is no memory (never with GFP_NOFAIL).
 * Context: any; may sleep with GFP_WAIT. The common order-0 case takes no lock.
 */
struct page *page_alloc(gfp_t gfp, unsigned int order);
/* Drops what page_alloc() gave; the refcount must be 1. Any context. */
void page_free(struct page *page, unsigned int order);

static inline struct page *page_get(struct page *page)
{
    atomic_inc(&page->refcount);
    return page;
}
/* False if the page was already being freed (for lookups without a lock). */
static inline bool __must_check page_try_get(struct page *page)
{
    return atomic_inc_not_zero(&page->refcount);
}
void page_release(struct page *page); /* frees at refcount 0 */
static inline void page_put(struct page *page)
{
    if (atomic_dec_and_test(&page->refcount))
        page_release(page);
}
static inline int page_mapcount(const struct page *page)
{
    return atomic_read(&page->mapcount) + 1;
}

/* The page lock (PG_LOCKED). Sleeps. */
void page_lock(struct page *page);
int __must_check page_lock_killable(struct page *page); /* 0 or -EINTR */
static inline bool __must_check page_trylock(struct page *page)
{
    return !page_flag_test_set(page, PG_LOCKED);
}
void page_unlock(struct page *page); /* any context */
void page_wait_writeback(struct page *page);
void page_end_writeback(struct page *page); /* any context */

/* Notes that the page was used: the second time it moves to the active list. Any context but NMI.
 */
void page_mark_accessed(struct page *page);

/* Free and total pages of the machine; sums of per-CPU counters, a little behind. */
unsigned long nr_free_pages(void);
unsigned long nr_total_pages(void);

/* Helpers that give addresses rather than pages. */
static inline void *page_alloc_address(gfp_t gfp, unsigned int order)
{
    struct page *page = page_alloc(gfp, order);

    return page ? page_address(page) : NULL;
}
#endif
