// SPDX-License-Identifier: MIT
/*
 * Slab objects under access checks: their shadow, who allocated and freed them, and quarantine.
 *
 * A freed object is not used again at once, or a late access to it would hit an allocated one and
 * look right. It joins a queue; when the queue holds more than its share of memory the oldest are
 * released to their slabs. Objects of SLAB_TYPESAFE_RCU caches may be looked at while they are
 * free: they stay accessible and do not wait.
 *
 * The queue is linked through the objects' own link words. quarantine_lock (interrupts off) is
 * taken inside anything that frees, and takes nothing.
 */
#include "kasan.h"

#include "../mm/slab.h"
#include "depot.h"

#include <kernel/debug/report.h>
#include <kernel/mm/page.h>
#include <kernel/sched/task.h>

#define QUARANTINE_SHARE  64 /* of all memory */
#define QUARANTINE_MAX    (8UL << 20)
#define RELEASED_TOGETHER 16

struct track {
    u32 alloc_trace, alloc_pid;
    u32 free_trace, free_pid;
};
static_assert(sizeof(struct track) == KASAN_TRACK_BYTES, "slab.c leaves so much room");

static spinlock_t quarantine_lock = SPINLOCK_INIT(quarantine_lock);
static void *queue_first, *queue_last;
static size_t queue_bytes;

static bool is_typesafe(const struct kmem_cache *cache)
{
    return cache->flags & SLAB_TYPESAFE_RCU;
}

static struct track *track_of(const struct kmem_cache *cache, const void *object)
{
    return (struct track *)((char *)object + cache->link_offset + sizeof(void *));
}

static void **link_of(const struct kmem_cache *cache, void *object)
{
    return (void **)((char *)object + cache->link_offset);
}

static struct kmem_cache *cache_of(const void *object)
{
    return virt_to_page(object)->cache;
}

static void object_poison(const struct kmem_cache *cache, void *object, u8 value)
{
    kasan_poison(object, ALIGN(cache->object_size, GRANULE), value);
}

void kasan_slab_created(struct kmem_cache *cache, struct page *slab)
{
    char *object = page_address(slab);

    kasan_poison(object, PAGE_SIZE << cache->order, SHADOW_SLAB_ZONE);
    for (unsigned int i = 0; i < cache->objects_per_slab; i++, object += cache->stride) {
        *track_of(cache, object) = (struct track){};
        if (is_typesafe(cache))
            kasan_unpoison(object, cache->object_size);
        else
            object_poison(cache, object, SHADOW_SLAB_FREE);
    }
}

noinline void kasan_slab_alloc(struct kmem_cache *cache, void *object)
{
    struct track *track = track_of(cache, object);

    track->alloc_trace = depot_take((unsigned long)__builtin_return_address(0));
    track->alloc_pid = current ? (u32)current->pid : 0;
    track->free_trace = 0;
    kasan_unpoison(object, cache->object_size);
}

void *kasan_slab_trim(void *object, size_t size)
{
    struct page *page;

    if (!object)
        return NULL;
    page = virt_to_page(object);
    if (page_flag_test(page, PG_SLAB)) {
        object_poison(page->cache, object, SHADOW_SLAB_ZONE);
        kasan_unpoison(object, min(size, (size_t)page->cache->object_size));
    }
    return object;
}

/* --- freeing --- */

static bool is_object(const struct kmem_cache *cache, const void *object)
{
    const struct page *page = virt_to_page(object);
    const struct page *head = page_flag_test(page, PG_TAIL) ? page->head : page;

    return page_flag_test(page, PG_SLAB) && page->cache == cache &&
           ((const char *)object - (const char *)page_address(head)) % cache->stride == 0;
}

noinline bool kasan_slab_free(struct kmem_cache *cache, void *object)
{
    unsigned long ip = (unsigned long)__builtin_return_address(0);
    const char *wrong = NULL;
    struct trace trace;

    if (!is_object(cache, object))
        wrong = "is no object";
    else if (!is_typesafe(cache) && *shadow_of(object) == SHADOW_SLAB_FREE)
        wrong = "is free already";
    if (likely(!wrong)) {
        struct track *track = track_of(cache, object);

        track->free_trace = depot_take(ip);
        track->free_pid = current ? (u32)current->pid : 0;
        if (!is_typesafe(cache))
            object_poison(cache, object, SHADOW_SLAB_FREE);
        return true;
    }
    if (report_begin(REPORT_MEMORY, "%p of %s is freed, and %s", object, cache->name, wrong)) {
        trace_take(&trace, ip);
        trace_report(&trace);
        kasan_describe_slab(object);
        report_end();
    }
    return false;
}

/* Up to n of the oldest, linked, into *chain. */
static void *quarantine_take(unsigned int n, size_t down_to)
{
    void *chain = NULL, *object;

    while (n-- > 0 && queue_bytes > down_to && (object = queue_first)) {
        struct kmem_cache *cache = cache_of(object);

        queue_first = *link_of(cache, object);
        if (!queue_first)
            queue_last = NULL;
        queue_bytes -= cache->stride;
        *link_of(cache, object) = chain;
        chain = object;
    }
    return chain;
}

static void chain_release(void *chain)
{
    while (chain) {
        struct kmem_cache *cache = cache_of(chain);
        void *next = *link_of(cache, chain);

        slab_object_release(cache, chain);
        chain = next;
    }
}

static size_t quarantine_limit(void)
{
    return min(nr_total_pages() * PAGE_SIZE / QUARANTINE_SHARE, QUARANTINE_MAX);
}

bool kasan_quarantine(struct kmem_cache *cache, void *object)
{
    unsigned long flags;
    void *chain;

    if (is_typesafe(cache))
        return false;
    spin_lock_irqsave(&quarantine_lock, flags);
    *link_of(cache, object) = NULL;
    if (queue_last)
        *link_of(cache_of(queue_last), queue_last) = object;
    else
        queue_first = object;
    queue_last = object;
    queue_bytes += cache->stride;
    chain = quarantine_take(RELEASED_TOGETHER, quarantine_limit());
    spin_unlock_irqrestore(&quarantine_lock, flags);
    chain_release(chain);
    return true;
}

/* Takes all objects of one cache out. quarantine_lock held. */
static void *quarantine_take_cache(struct kmem_cache *wanted)
{
    void *object = queue_first, *chain = NULL, *kept = NULL, *next;

    queue_first = NULL;
    for (; object; object = next) {
        struct kmem_cache *cache = cache_of(object);

        next = *link_of(cache, object);
        if (cache == wanted) {
            queue_bytes -= cache->stride;
            *link_of(cache, object) = chain;
            chain = object;
            continue;
        }
        *link_of(cache, object) = NULL;
        if (kept)
            *link_of(cache_of(kept), kept) = object;
        else
            queue_first = object;
        kept = object;
    }
    queue_last = kept;
    return chain;
}

void kasan_quarantine_flush(struct kmem_cache *cache)
{
    unsigned long flags;
    void *chain;

    spin_lock_irqsave(&quarantine_lock, flags);
    chain = cache ? quarantine_take_cache(cache) : quarantine_take(~0U, 0);
    spin_unlock_irqrestore(&quarantine_lock, flags);
    chain_release(chain);
}

/* --- reports --- */

static void report_trace(const char *what, u32 pid, u32 number)
{
    const struct trace *trace = depot_get(number);

    if (!trace)
        return;
    report_line("%s by task %u:", what, pid);
    trace_report(trace);
}

void kasan_report_object(struct kmem_cache *cache, void *object)
{
    const struct track *track = track_of(cache, object);

    report_trace("allocated", track->alloc_pid, track->alloc_trace);
    report_trace("freed", track->free_pid, track->free_trace);
}

bool kasan_describe_slab(const void *p)
{
    struct page *page, *head;
    struct kmem_cache *cache;
    size_t offset, index;
    char *object;

    if ((unsigned long)p < DIRECT_MAP_BASE ||
        (unsigned long)p - DIRECT_MAP_BASE >= DIRECT_MAP_SIZE ||
        !pfn_valid(virt_to_phys(p) >> PAGE_SHIFT))
        return false;
    page = virt_to_page(p);
    if (!page_flag_test(page, PG_SLAB))
        return false;
    cache = page->cache;
    head = page_flag_test(page, PG_TAIL) ? page->head : page;
    offset = (const char *)p - (const char *)page_address(head);
    index = min(offset / cache->stride, (size_t)cache->objects_per_slab - 1);
    object = (char *)page_address(head) + index * cache->stride;
    report_line("%ld bytes from the start of object %p of %s, which has %u",
                (long)((const char *)p - object), object, cache->name, cache->object_size);
    kasan_report_object(cache, object);
    return true;
}
