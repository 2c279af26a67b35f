/* SPDX-License-Identifier: MIT */
/* The body of a cache, for slab.c and kmalloc.c. */
#ifndef KERNEL_MM_SLAB_INTERNAL_H
#define KERNEL_MM_SLAB_INTERNAL_H

#include <kernel/lib/list.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/spinlock.h>

struct kmem_cache {
    /* Read by every allocation; never written once per-CPU areas exist. */
    u32 slot;        /* of the per-CPU stacks; 0: none */
    u32 link_offset; /* of the word that links free objects */
    u32 limit;       /* objects on a CPU's stack; 0: stacks are not used */
    u32 batch;
    u32 object_size; /* what the user asked for */
    u32 stride;
    u32 objects_per_slab;
    u32 full_limit;
    u32 order;
    u32 flags; /* SLAB_* */
    void (*ctor)(void *object);
    const char *name;

    u64 pad; /* the lock begins a cache line of its own */

    spinlock_t lock;
    struct list_head partial;         /* lock: slabs with free objects, empty ones last */
    unsigned long nr_used;            /* lock: objects not on a slab's free list */
    unsigned long nr_slabs, nr_empty; /* lock */
    struct list_head link;            /* caches_lock */
};

static_assert(offsetof(struct kmem_cache, lock) == 64, "the fast paths read one cache line");

#if CONFIG_DEBUG
/* The last step of freeing, for objects that were held back in quarantine. */
void slab_object_release(struct kmem_cache *cache, void *object);
#endif
unsigned long cache_shrink(struct kmem_cache *cache);
void kmalloc_init(void);
#endif
