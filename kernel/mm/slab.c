/* SPDX-License-Identifier: MIT */
/*
 * Object caches.
 *
 * A slab is a block of 2^order pages cut into objects of one cache; its free objects are linked
 * through themselves from page->freelist. Each CPU has, for each cache, a stack of free objects
 * (cpu_stack.h): allocation pops, freeing pushes, whatever slab the object came from, without a
 * lock and with interrupts on. An empty stack is filled with a batch from the partial slabs, a full
 * one returns a batch to them, under the cache's lock.
 *
 * States of a slab: full (on no list), partial (on cache->partial), empty (partial with no object
 * out; one is kept, the next goes back to the page allocator). An object on a CPU's stack counts as
 * used.
 *
 * The link of a free object is its first word; caches with a constructor or SLAB_TYPESAFE_RCU keep
 * it behind the object, whose contents must survive.
 *
 * In the debug kernel every object is followed by a red zone that also says whether the object is
 * allocated, so that overruns and double frees are reported at the free; free objects are filled
 * with a pattern that must still be there when they are handed out again.
 *
 * Per-CPU stacks live in one array indexed by cache number. Slot 0 stays empty: caches beyond the
 * array's size use it with a limit of 0 and work through the lock alone. So do all caches until
 * slab_percpu_init().
 *
 * Locking: cache->lock (interrupts off) over partial, the counts and the slabs' free lists;
 * caches_lock over the list of caches. Order: caches_lock > cache->lock. No lock is held while
 * pages are allocated.
 */
#define LOG_PREFIX "slab: "

#include "slab.h"

#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/string.h>

#define MAX_STACKS       192
#define SLAB_MAX_ORDER   3
#define SLAB_MIN_OBJECTS 4
#define STACK_BYTES      8192 /* free objects a CPU may keep of one cache */
#define STACK_LIMIT_MAX  64
#define STACK_LIMIT_MIN  4
#define EMPTY_SLABS_KEPT 1

static DEFINE_PER_CPU(struct cpu_stack, slab_stacks[MAX_STACKS]);
static DEFINE_SPINLOCK(caches_lock);
static LIST_HEAD(caches); /* in order of creation */
static unsigned long stacks_used[MAX_STACKS / 64] = {1};
static bool stacks_enabled;
static struct kmem_cache cache_of_caches;

/* --- debug: red zones and patterns --- */
#if CONFIG_DEBUG

#define RED_FREE 0xbbbbbbbbbbbbbbbbULL
#define RED_USED 0xccccccccccccccccULL

static inline u64 *red_zone(const struct kmem_cache *cache, void *object)
{
    return (u64 *)((char *)object + ALIGN(cache->object_size, 8));
}

static bool may_poison(const struct kmem_cache *cache)
{
    return !cache->ctor && !(cache->flags & SLAB_TYPESAFE_RCU);
}

static void debug_make_free(struct kmem_cache *cache, void *object)
{
    *red_zone(cache, object) = RED_FREE;
    if (may_poison(cache))
        memset(object, POISON_FREE, cache->object_size);
}

static void debug_check_alloc(struct kmem_cache *cache, void *object)
{
    if (*red_zone(cache, object) != RED_FREE)
        panic("slab: %s: free object %p was overrun (red zone %#llx)", cache->name, object,
              *red_zone(cache, object));
    if (may_poison(cache) && memchr_inv(object, POISON_FREE, cache->object_size))
        panic("slab: %s: object %p was written after it was freed", cache->name, object);
    *red_zone(cache, object) = RED_USED;
    if (may_poison(cache))
        memset(object, POISON_FRESH, cache->object_size);
}

static void debug_check_free(struct kmem_cache *cache, void *object)
{
    struct page *page = virt_to_page(object);

    if (!page_flag_test(page, PG_SLAB) || page->cache != cache)
        panic("slab: %s: %p is not an object of this cache", cache->name, object);
    if (*red_zone(cache, object) == RED_FREE)
        panic("slab: %s: object %p freed twice", cache->name, object);
    if (*red_zone(cache, object) != RED_USED)
        panic("slab: %s: object %p was overrun (red zone %#llx)", cache->name, object,
              *red_zone(cache, object));
    debug_make_free(cache, object);
}

#else
static inline void debug_make_free(struct kmem_cache *cache, void *object)
{
}
static inline void debug_check_alloc(struct kmem_cache *cache, void *object)
{
}
static inline void debug_check_free(struct kmem_cache *cache, void *object)
{
}
#endif

/* --- slabs --- */

static inline void **object_link(const struct kmem_cache *cache, void *object)
{
    return &cpu_stack_link(object, cache->link_offset);
}

static inline struct page *object_slab(void *object)
{
    struct page *page = virt_to_page(object);

    return page_flag_test(page, PG_TAIL) ? page->head : page;
}

static void slab_counter_add(const struct kmem_cache *cache, long pages)
{
    vm_counter_add(cache->flags & SLAB_RECLAIMABLE ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE,
                   pages);
}

/* A fresh slab with all objects free, on no list. NULL: no memory. */
static struct page *slab_create(struct kmem_cache *cache, gfp_t gfp)
{
    struct page *slab = page_alloc((gfp & ~(GFP_ZERO | GFP_MOVABLE)), cache->order);
    char *object;

    if (!slab)
        return NULL;
    for (unsigned long i = 0; i < 1UL << cache->order; i++) {
        slab[i].flags |= 1U << PG_SLAB;
        slab[i].cache = cache;
    }
    slab->slab_used = 0;
    slab->freelist = NULL;
    object = (char *)page_address(slab) + (size_t)cache->objects_per_slab * cache->stride;
    for (unsigned int i = 0; i < cache->objects_per_slab; i++) {
        object -= cache->stride;
        if (cache->ctor)
            cache->ctor(object);
        debug_make_free(cache, object);
        *object_link(cache, object) = slab->freelist;
        slab->freelist = object;
    }
    kasan_slab_created(cache, slab);
    slab_counter_add(cache, 1L << cache->order);
    return slab;
}

static void slab_pages_free(struct page *slab, unsigned int order)
{
    for (unsigned long i = 0; i < 1UL << order; i++)
        slab[i].flags &= ~(1U << PG_SLAB);
    atomic_set(&slab->mapcount, -1);
    slab->mapping = NULL;
    kasan_unpoison(page_address(slab), PAGE_SIZE << order);
    page_free(slab, order);
}

static void slab_free_rcu(struct rcu_head *head)
{
    struct page *slab = container_of(head, struct page, rcu);

    slab_pages_free(slab, slab->flags & (1U << PG_COMPOUND) ? slab->private : 0);
}

/* The slab is empty and on no list. */
static void slab_destroy(struct kmem_cache *cache, struct page *slab)
{
    slab_counter_add(cache, -(1L << cache->order));
    if (cache->flags & SLAB_TYPESAFE_RCU)
        call_rcu(&slab->rcu, slab_free_rcu);
    else
        slab_pages_free(slab, cache->order);
}

static void slabs_destroy(struct kmem_cache *cache, struct list_head *slabs)
{
    struct page *slab, *next;

    list_for_each_entry_safe (slab, next, slabs, slab_link) {
        list_del(&slab->slab_link);
        slab_destroy(cache, slab);
    }
}

/* Puts an object back on its slab; an empty slab too many moves to doomed. cache->lock held. */
static void slab_put_object(struct kmem_cache *cache, void *object, struct list_head *doomed)
{
    struct page *slab = object_slab(object);

    *object_link(cache, object) = slab->freelist;
    slab->freelist = object;
    if (slab->slab_used-- == cache->objects_per_slab)
        list_add(&slab->slab_link, &cache->partial);
    cache->nr_used--;
    if (slab->slab_used > 0)
        return;
    if (cache->nr_empty < EMPTY_SLABS_KEPT) {
        cache->nr_empty++;
        list_move_tail(&slab->slab_link, &cache->partial);
    } else {
        cache->nr_slabs--;
        list_move(&slab->slab_link, doomed);
    }
}

/* Up to n objects of the partial slabs, linked; how many. cache->lock held. */
static unsigned int slabs_take_objects(struct kmem_cache *cache, unsigned int n, void **first,
                                       void **last)
{
    unsigned int got = 0;

    *first = *last = NULL;
    while (got < n && !list_empty(&cache->partial)) {
        struct page *slab = list_first_entry(&cache->partial, struct page, slab_link);

        if (slab->slab_used == 0)
            cache->nr_empty--;
        while (got < n && slab->freelist) {
            void *object = slab->freelist;

            slab->freelist = *object_link(cache, object);
            slab->slab_used++;
            *object_link(cache, object) = *first;
            *first = object;
            if (!*last)
                *last = object;
            got++;
        }
        if (!slab->freelist)
            list_del(&slab->slab_link);
    }
    cache->nr_used += got;
    return got;
}

/* Returns a chain of objects, linked through themselves, to their slabs. */
static void objects_return(struct kmem_cache *cache, void *chain)
{
    LIST_HEAD(doomed);
    unsigned long flags;

    spin_lock_irqsave(&cache->lock, flags);
    while (chain) {
        void *next = *object_link(cache, chain);

        slab_put_object(cache, chain, &doomed);
        chain = next;
    }
    spin_unlock_irqrestore(&cache->lock, flags);
    slabs_destroy(cache, &doomed);
}

static bool cache_grow(struct kmem_cache *cache, gfp_t gfp)
{
    struct page *slab = slab_create(cache, gfp);
    unsigned long flags;

    if (!slab)
        return false;
    spin_lock_irqsave(&cache->lock, flags);
    list_add(&slab->slab_link, &cache->partial);
    cache->nr_slabs++;
    cache->nr_empty++;
    spin_unlock_irqrestore(&cache->lock, flags);
    return true;
}

/* --- allocation and freeing --- */

static void *alloc_slow(struct kmem_cache *cache, gfp_t gfp)
{
    unsigned int want = cache->limit ? cache->batch : 1, got;
    void *first, *last, *rest;
    unsigned long flags;

    for (;;) {
        spin_lock_irqsave(&cache->lock, flags);
        got = slabs_take_objects(cache, want, &first, &last);
        spin_unlock_irqrestore(&cache->lock, flags);
        if (got)
            break;
        if (!cache_grow(cache, gfp))
            return NULL;
    }
    if (got > 1) {
        rest = *object_link(cache, first);
        if (!cpu_stack_push_chain(&slab_stacks[cache->slot], rest, last, got - 1, cache->limit,
                                  cache->link_offset)) {
            *object_link(cache, last) = NULL;
            objects_return(cache, rest);
        }
    }
    return first;
}

static noinline void *alloc_refill(struct kmem_cache *cache, gfp_t gfp)
{
    void *object = alloc_slow(cache, gfp);

    if (!object)
        return NULL;
    kasan_slab_alloc(cache, object);
    debug_check_alloc(cache, object);
    return gfp & GFP_ZERO ? memset(object, 0, cache->object_size) : object;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
    void *object;

    if (alloc_fault_hit(gfp))
        return NULL;
    object = cpu_stack_pop(&slab_stacks[cache->slot], cache->link_offset);
    if (unlikely(!object))
        return alloc_refill(cache, gfp);
    kasan_slab_alloc(cache, object);
    debug_check_alloc(cache, object);
    if (gfp & GFP_ZERO)
        return memset(object, 0, cache->object_size);
    return object;
}

static noinline void free_slow(struct kmem_cache *cache, void *object)
{
    void *chain = object, *more;

    *object_link(cache, object) = NULL;
    for (unsigned int n = cache->batch; n > 0; n--) {
        more = cpu_stack_pop(&slab_stacks[cache->slot], cache->link_offset);
        if (!more)
            break;
        *object_link(cache, more) = chain;
        chain = more;
    }
    objects_return(cache, chain);
}

static inline void object_release(struct kmem_cache *cache, void *object)
{
    if (unlikely(
            !cpu_stack_push(&slab_stacks[cache->slot], object, cache->limit, cache->link_offset)))
        free_slow(cache, object);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
    if (!kasan_slab_free(cache, object))
        return;
    debug_check_free(cache, object);
    if (!kasan_quarantine(cache, object))
        object_release(cache, object);
}

#if CONFIG_DEBUG
void slab_object_release(struct kmem_cache *cache, void *object)
{
    object_release(cache, object);
}
#endif

/* --- caches --- */

static size_t cache_stride(const struct kmem_cache *cache, size_t align)
{
    size_t bytes = ALIGN(cache->object_size, 8);

    if (CONFIG_DEBUG)
        bytes += 16 + (CONFIG_KASAN ? KASAN_TRACK_BYTES : 0); /* red zone, link, who it was */
    else if (cache->link_offset)
        bytes += 8;
    return ALIGN(bytes, align);
}

/* The smallest block that wastes at most an eighth and holds a few objects. */
static unsigned int cache_order(size_t stride)
{
    for (unsigned int order = 0; order < SLAB_MAX_ORDER; order++) {
        size_t bytes = PAGE_SIZE << order;

        if (bytes / stride >= SLAB_MIN_OBJECTS && bytes % stride <= bytes / 8)
            return order;
    }
    return SLAB_MAX_ORDER;
}

static unsigned int slot_take(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(stacks_used); i++) {
        if (~stacks_used[i] == 0)
            continue;
        unsigned int bit = __builtin_ctzl(~stacks_used[i]);

        stacks_used[i] |= 1UL << bit;
        return i * 64 + bit;
    }
    return 0;
}

static void cache_setup(struct kmem_cache *cache, const char *name, size_t size, size_t align,
                        unsigned int flags, void (*ctor)(void *object))
{
    bool link_behind = CONFIG_DEBUG || ctor || flags & SLAB_TYPESAFE_RCU;
    unsigned long irq;

    align = max3(align, sizeof(void *), flags & SLAB_HWCACHE_ALIGN ? (size_t)CACHE_LINE_SIZE : 8);
    cache->name = name;
    cache->object_size = size;
    cache->flags = flags;
    cache->ctor = ctor;
    cache->link_offset = link_behind ? ALIGN(size, 8) + (CONFIG_DEBUG ? 8 : 0) : 0;
    cache->stride = cache_stride(cache, align);
    cache->order = cache_order(cache->stride);
    cache->objects_per_slab = (PAGE_SIZE << cache->order) / cache->stride;
    cache->full_limit =
        clamp(STACK_BYTES / cache->stride, (size_t)STACK_LIMIT_MIN, (size_t)STACK_LIMIT_MAX);
    cache->batch = cache->full_limit / 2;
    spin_lock_init(&cache->lock);
    INIT_LIST_HEAD(&cache->partial);
    spin_lock_irqsave(&caches_lock, irq);
    cache->slot = slot_take();
    cache->limit = stacks_enabled && cache->slot ? cache->full_limit : 0;
    list_add_tail(&cache->link, &caches);
    spin_unlock_irqrestore(&caches_lock, irq);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
                                     unsigned int flags, void (*ctor)(void *object))
{
    struct kmem_cache *cache = NULL;
    bool sane = size > 0 && size <= PAGE_SIZE << (SLAB_MAX_ORDER - 1) && align <= PAGE_SIZE &&
                (align == 0 || is_power_of_2(align));

    if (!WARN_ON(!sane))
        cache = kmem_cache_alloc(&cache_of_caches, GFP_KERNEL | GFP_ZERO);
    if (!cache && flags & SLAB_PANIC)
        panic("slab: cannot make the cache %s", name);
    if (cache)
        cache_setup(cache, name, size, align, flags, ctor);
    return cache;
}

/* Empties every CPU's stack of a cache that nobody uses any more. */
static void cache_drain_all(struct kmem_cache *cache)
{
    unsigned int cpu;

    if (!stacks_enabled || !cache->slot)
        return;
    for_each_possible_cpu (cpu) {
        struct cpu_stack *stack = &per_cpu(slab_stacks, cpu)[cache->slot];
        void *chain = stack->head;

        stack->head = NULL;
        stack->tag = (stack->tag + CPU_STACK_OPERATION) & ~CPU_STACK_COUNT_MASK;
        objects_return(cache, chain);
    }
}

unsigned long cache_shrink(struct kmem_cache *cache)
{
    struct page *slab, *next;
    LIST_HEAD(doomed);
    unsigned long flags, pages = 0;

    spin_lock_irqsave(&cache->lock, flags);
    list_for_each_entry_safe (slab, next, &cache->partial, slab_link) {
        if (slab->slab_used)
            continue;
        list_move(&slab->slab_link, &doomed);
        cache->nr_slabs--;
        cache->nr_empty--;
        pages += 1UL << cache->order;
    }
    spin_unlock_irqrestore(&cache->lock, flags);
    slabs_destroy(cache, &doomed);
    return pages;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
    unsigned long flags;

    if (!cache)
        return;
    if (cache->flags & SLAB_TYPESAFE_RCU)
        rcu_barrier();
    kasan_quarantine_flush(cache);
    cache_drain_all(cache);
    cache_shrink(cache);
    if (WARN(cache->nr_used, "slab: %s destroyed with %lu objects in use", cache->name,
             cache->nr_used))
        return;
    spin_lock_irqsave(&caches_lock, flags);
    list_del(&cache->link);
    if (cache->slot)
        stacks_used[cache->slot / 64] &= ~(1UL << cache->slot % 64);
    spin_unlock_irqrestore(&caches_lock, flags);
    kmem_cache_free(&cache_of_caches, cache);
}

unsigned long slab_shrink(void)
{
    struct kmem_cache *cache;
    unsigned long flags, pages = 0;

    kasan_quarantine_flush(NULL);
    /* A cache cannot be freed without leaving the list first; the walk holds the list still. */
    spin_lock_irqsave(&caches_lock, flags);
    list_for_each_entry (cache, &caches, link)
        pages += cache_shrink(cache);
    spin_unlock_irqrestore(&caches_lock, flags);
    return pages;
}

void __init slab_percpu_init(void)
{
    struct kmem_cache *cache;
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        for (unsigned int i = 0; i < MAX_STACKS; i++)
            cpu_stack_init(&per_cpu(slab_stacks, cpu)[i], cpu);
    stacks_enabled = true;
    list_for_each_entry (cache, &caches, link)
        cache->limit = cache->slot ? cache->full_limit : 0;
}

void __init slab_init(void)
{
    cache_setup(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), CACHE_LINE_SIZE, 0,
                NULL);
    kmalloc_init();
}

static unsigned int cache_stacked_objects(const struct kmem_cache *cache)
{
    unsigned int cpu, n = 0;

    if (stacks_enabled && cache->slot)
        for_each_possible_cpu (cpu)
            n += cpu_stack_count(&per_cpu(slab_stacks, cpu)[cache->slot]);
    return n;
}

static void slabinfo_fill(struct kmem_cache *cache, struct vm_slabinfo *info)
{
    unsigned long stacked = cache_stacked_objects(cache), used = cache->nr_used;

    *info = (struct vm_slabinfo){
        .name = cache->name,
        .active_objects = used > stacked ? used - stacked : 0,
        .nr_objects = cache->nr_slabs * cache->objects_per_slab,
        .object_size = cache->stride,
        .objects_per_slab = cache->objects_per_slab,
        .pages_per_slab = 1UL << cache->order,
        .limit = cache->limit,
        .batch = cache->batch,
        .active_slabs = cache->nr_slabs - cache->nr_empty,
        .nr_slabs = cache->nr_slabs,
    };
}

bool vm_slabinfo_read(unsigned int i, struct vm_slabinfo *info)
{
    struct kmem_cache *cache;
    unsigned long flags;
    bool found = false;

    spin_lock_irqsave(&caches_lock, flags);
    list_for_each_entry (cache, &caches, link) {
        if (i-- > 0)
            continue;
        slabinfo_fill(cache, info);
        found = true;
        break;
    }
    spin_unlock_irqrestore(&caches_lock, flags);
    return found;
}
