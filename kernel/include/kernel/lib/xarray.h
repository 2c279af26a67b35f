/* SPDX-License-Identifier: MIT */
/*
 * A sparse array of pointers indexed by a 64-bit number: a radix tree of 64-way nodes, only as tall
 * as its largest index needs, with three mark bits for each entry that searches can follow.
 *
 * An entry is NULL (absent), a pointer aligned to 4 bytes, or a small integer (xa_mk_value).
 *
 * Locking: none of its own. xa_load, xa_find, xa_find_after, xa_get_mark and the iterators may run
 * under rcu_read_lock() while one writer works; everything else needs the caller's lock. What an
 * entry points to is the caller's business: take a reference that can fail, then look again.
 *
 * Storing may need nodes. Under a spinlock use GFP_ATOMIC and, when it fails with -ENOMEM, drop the
 * lock, xa_prealloc(), take it again and xa_store_prealloc(), which cannot fail.
 */
#ifndef KERNEL_LIB_XARRAY_H
#define KERNEL_LIB_XARRAY_H

#include <kernel/compiler.h>
#include <kernel/err.h>
#include <kernel/types.h>

struct xa_node;

struct xarray {
    void *head; /* NULL, the entry of index 0, or a node (tagged) */
    u8 marks;   /* bit m: some entry carries mark m; exact when head is a node or an entry */
};

/* What marks are for is the user's choice; the page cache uses 0 dirty, 1 writeback, 2 towrite. */
typedef unsigned int xa_mark_t;
#define XA_MARK_0   0U
#define XA_MARK_1   1U
#define XA_MARK_2   2U
#define XA_NR_MARKS 3
#define XA_PRESENT  8U /* for searches: any entry */

#define XARRAY_INIT \
    {               \
        NULL, 0     \
    }
#define DEFINE_XARRAY(name) struct xarray name = XARRAY_INIT

/* Nodes put aside so that one store cannot fail. */
#define XA_MAX_HEIGHT 11
struct xa_prealloc {
    struct xa_node *nodes[2 * XA_MAX_HEIGHT];
    unsigned int count;
};

static inline void xa_init(struct xarray *xa)
{
    xa->head = NULL;
    xa->marks = 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
    return READ_ONCE(xa->head) == NULL;
}

/* Small integers as entries: 0 to LONG_MAX. */
static inline void *xa_mk_value(unsigned long value)
{
    return (void *)((value << 1) | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
    return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
    return (unsigned long)entry & 1;
}

/** xa_load() - the entry at @index, or NULL. */
void *xa_load(const struct xarray *xa, u64 index);

/**
 * xa_store() - puts @entry at @index (NULL: erases), its marks cleared unless it replaces an entry,
 * whose marks then stay. Returns the old entry, or ERR_PTR(-ENOMEM): test with xa_is_err().
 */
void *xa_store(struct xarray *xa, u64 index, void *entry, gfp_t gfp);
#define xa_is_err(entry) IS_ERR(entry)
#define xa_err(entry)    PTR_ERR_OR_ZERO(entry)

/** xa_insert() - stores where nothing is. Returns 0, -EBUSY or -ENOMEM. */
int __must_check xa_insert(struct xarray *xa, u64 index, void *entry, gfp_t gfp);

/** xa_cmpxchg() - stores @entry when @old is there; returns what was there, or ERR_PTR. */
void *xa_cmpxchg(struct xarray *xa, u64 index, void *old, void *entry, gfp_t gfp);

/** xa_erase() - takes the entry out and returns it (or NULL). Never allocates, never fails. */
void *xa_erase(struct xarray *xa, u64 index);

/**
 * xa_prealloc() - fills @pool (zeroed before its first use) with what a store at @index may need at
 * worst. Returns 0 or -ENOMEM, the pool then holding what was got. May sleep if @gfp may.
 */
int __must_check xa_prealloc(struct xa_prealloc *pool, u64 index, gfp_t gfp);
void *xa_store_prealloc(struct xarray *xa, u64 index, void *entry, struct xa_prealloc *pool);
void xa_prealloc_free(struct xa_prealloc *pool);

struct xa_limit {
    u64 min, max;
};

#define XA_LIMIT(lo, hi)         \
    (struct xa_limit)            \
    {                            \
        .min = (lo), .max = (hi) \
    }

/**
 * xa_alloc() - stores @entry at the lowest free index inside @limit.
 * Returns 0 and *@index, -EBUSY (no free index) or -ENOMEM.
 */
int __must_check xa_alloc(struct xarray *xa, u64 *index, void *entry, struct xa_limit limit,
                          gfp_t gfp);

/** xa_alloc_cyclic() - the same from *@next on, going round once; *@next becomes index + 1. */
int __must_check xa_alloc_cyclic(struct xarray *xa, u64 *index, void *entry, struct xa_limit limit,
                                 u64 *next, gfp_t gfp);

/**
 * xa_find() - the first entry at *@index or above, up to @max, that has mark @filter (XA_PRESENT:
 * any). Sets *@index to where it is. NULL, *@index unchanged, when there is none.
 */
void *xa_find(const struct xarray *xa, u64 *index, u64 max, xa_mark_t filter);
/** xa_find_after() - the same strictly above *@index. */
void *xa_find_after(const struct xarray *xa, u64 *index, u64 max, xa_mark_t filter);
#define xa_find_marked(xa, index, max, mark) xa_find(xa, index, max, mark)

/**
 * xa_extract() - up to @n entries from @start to @max that pass @filter into @entries; how many.
 * Indices are stored in @indices when it is not NULL.
 */
unsigned int xa_extract(const struct xarray *xa, void **entries, u64 *indices, u64 start, u64 max,
                        unsigned int n, xa_mark_t filter);

/** xa_find_free() - the lowest index in @limit with no entry. Returns 0 or -EBUSY. */
int __must_check xa_find_free(const struct xarray *xa, u64 *index, struct xa_limit limit);

bool xa_get_mark(const struct xarray *xa, u64 index, xa_mark_t mark);
/* Nothing happens where there is no entry. */
void xa_set_mark(struct xarray *xa, u64 index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, u64 index, xa_mark_t mark);

/** xa_marked() - whether any entry carries @mark. */
static inline bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
    return READ_ONCE(xa->marks) & (1U << mark);
}

/** xa_destroy() - frees all nodes; what entries point to is the caller's. Leaves it empty. */
void xa_destroy(struct xarray *xa);

/* @index is a u64 variable. Entries may be erased or stored in the body. */
#define xa_for_each_range(xa, index, entry, start, last)                                \
    for ((index) = (start), (entry) = xa_find(xa, &(index), last, XA_PRESENT); (entry); \
         (entry) = xa_find_after(xa, &(index), last, XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start) \
    xa_for_each_range (xa, index, entry, start, ~0ULL)
#define xa_for_each(xa, index, entry) xa_for_each_range (xa, index, entry, 0, ~0ULL)
#define xa_for_each_marked(xa, index, entry, filter)                           \
    for ((index) = 0, (entry) = xa_find(xa, &(index), ~0ULL, filter); (entry); \
         (entry) = xa_find_after(xa, &(index), ~0ULL, filter))

#endif
