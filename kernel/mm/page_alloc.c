/* SPDX-License-Identifier: MIT */
/*
 * Page allocation.
 *
 * Single pages come from a stack of free pages that each CPU keeps for each zone (cpu_stack.h): no
 * lock, interrupts stay on, about twenty instructions. A stack is refilled from the buddy lists and
 * drained to them in batches. Larger blocks come from the buddy lists under the zone's lock.
 *
 * Zones are tried from the highest that the request allows down to DMA32. Below a zone's low
 * watermark kswapd is woken; below min only GFP_HIGHPRIO (atomic callers) and reclaim itself go on,
 * down to half of min and to nothing. Requests that may wait reclaim pages themselves and try
 * again.
 *
 * Every allocated page is initialised here: flags hold only the zone, refcount 1, mapcount -1,
 * private and mapping 0. Blocks of more than one page are compound: the head says PG_COMPOUND and
 * keeps the order in private; the others say PG_TAIL and point to it.
 *
 * Until mm_percpu_init() the limit of the stacks is 0: everything goes to the buddy lists, so that
 * the per-CPU areas can be copied from the template without duplicating pages.
 *
 * Lock order: zone->lock is taken inside nearly everything and takes nothing.
 */
#define LOG_PREFIX "mm: "

#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>
#include <kernel/mm/oom.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

/* Pages a CPU keeps for each zone: enough to make the lock rare, little enough not to hoard. */
#define CPU_LIST_BATCH 16
#define CPU_LIST_LIMIT 64
/* How often a request that may wait reclaims before it gives up. */
#define RECLAIM_TRIES 16
/* Blocks up to this order are fought for; larger ones have a fallback at the caller. */
#define ORDER_COSTLY 3

#define PAGE_LINK offsetof(struct page, lru.next)

struct zone zones[NR_ZONES];
const char *const zone_names[NR_ZONES] = {"DMA32", "Normal"};

static DEFINE_PER_CPU(struct cpu_stack, cpu_pages[NR_ZONES]);
static unsigned int cpu_list_limit __read_mostly; /* 0 until per-CPU areas exist */
static unsigned int top_zone __read_mostly;       /* the highest zone that has pages */

static inline unsigned int gfp_zone(gfp_t gfp)
{
    return gfp & GFP_DMA32 ? ZONE_DMA32 : top_zone;
}

static inline u32 zone_flags(unsigned int zone)
{
    return (u32)zone << PG_ZONE_SHIFT;
}

static inline void page_init_head(struct page *page, unsigned int zone)
{
    page->flags = zone_flags(zone);
    atomic_set(&page->mapcount, -1);
    page->private = 0;
    page->mapping = NULL;
    smp_store_release(&page->refcount.counter, 1);
}

static void page_init_compound(struct page *head, unsigned int zone, unsigned int order)
{
    for (unsigned long i = 1; i < 1UL << order; i++) {
        struct page *tail = head + i;

        tail->flags = zone_flags(zone) | 1U << PG_TAIL;
        atomic_set(&tail->refcount, 0);
        atomic_set(&tail->mapcount, -1);
        tail->head = head;
        tail->mapping = NULL;
    }
    page_init_head(head, zone);
    head->private = order;
    head->flags |= 1U << PG_COMPOUND;
}

#if CONFIG_DEBUG
static void page_poison(struct page *page, unsigned int order)
{
    memset(page_address(page), POISON_FREE_PAGE, PAGE_SIZE << order);
}
#else
static inline void page_poison(struct page *page, unsigned int order)
{
}
#endif

/* Makes a page taken from a zone the caller's. */
static struct page *page_finish(struct page *page, gfp_t gfp, unsigned int order)
{
    unsigned int zone = page->flags >> PG_ZONE_SHIFT;

    vm_counter_add(PGALLOC_DMA32 + zone, 1L << order);
    if (order == 0)
        page_init_head(page, zone);
    else
        page_init_compound(page, zone, order);
    kasan_pages_alloc(page, order);
    if (gfp & GFP_ZERO)
        for (unsigned long i = 0; i < 1UL << order; i++)
            page_bytes_clear(page_address(page + i));
    return page;
}

/* --- the stacks --- */

/* Takes up to n single pages from the zone, linked; 0 when it may not or cannot. */
static unsigned int zone_take_chain(struct zone *zone, unsigned int n, unsigned long floor,
                                    struct page **first, struct page **last)
{
    unsigned long flags;
    unsigned int got = 0;

    *first = *last = NULL;
    spin_lock_irqsave(&zone->lock, flags);
    while (got < n && zone->free_pages > floor) {
        struct page *page = zone_take_block(zone, 0);

        if (!page)
            break;
        cpu_stack_link(page, PAGE_LINK) = NULL;
        if (*last)
            cpu_stack_link(*last, PAGE_LINK) = page;
        else
            *first = page;
        *last = page;
        got++;
    }
    spin_unlock_irqrestore(&zone->lock, flags);
    return got;
}

static void zone_return_chain(struct zone *zone, struct page *page)
{
    unsigned long flags;

    spin_lock_irqsave(&zone->lock, flags);
    while (page) {
        struct page *next = cpu_stack_link(page, PAGE_LINK);

        zone_return_block(zone, page, 0);
        page = next;
    }
    spin_unlock_irqrestore(&zone->lock, flags);
}

/* Pops up to n pages of this CPU's stack and gives them back to the zone. */
static void cpu_pages_drain(unsigned int zone, unsigned int n)
{
    struct page *chain = NULL, *page;

    while (n-- > 0 && (page = cpu_stack_pop(&cpu_pages[zone], PAGE_LINK))) {
        cpu_stack_link(page, PAGE_LINK) = chain;
        chain = page;
    }
    if (chain)
        zone_return_chain(&zones[zone], chain);
}

void page_cpu_lists_drain(void)
{
    for (unsigned int i = 0; i < NR_ZONES; i++)
        cpu_pages_drain(i, CPU_LIST_LIMIT);
}

static noinline void page_free_single_slow(struct page *page, unsigned int zone)
{
    cpu_stack_link(page, PAGE_LINK) = NULL;
    if (cpu_list_limit == 0) {
        zone_return_chain(&zones[zone], page);
        return;
    }
    cpu_pages_drain(zone, CPU_LIST_BATCH);
    if (!cpu_stack_push(&cpu_pages[zone], page, cpu_list_limit, PAGE_LINK)) {
        cpu_stack_link(page, PAGE_LINK) = NULL;
        zone_return_chain(&zones[zone], page);
    }
}

/* --- allocation --- */

/* One page for the caller; the rest of a batch goes onto this CPU's stack. */
static struct page *zone_refill(struct zone *zone, unsigned long floor)
{
    unsigned int n = cpu_list_limit ? CPU_LIST_BATCH : 1;
    struct page *first, *last, *rest;

    n = zone_take_chain(zone, n, floor, &first, &last);
    if (n <= 1)
        return first;
    rest = cpu_stack_link(first, PAGE_LINK);
    if (!cpu_stack_push_chain(&cpu_pages[zone->index], rest, last, n - 1, cpu_list_limit,
                              PAGE_LINK)) {
        cpu_stack_link(last, PAGE_LINK) = NULL;
        zone_return_chain(zone, rest);
    }
    return first;
}

static struct page *zone_take_large(struct zone *zone, unsigned int order, unsigned long floor)
{
    struct page *page = NULL;
    unsigned long flags;

    spin_lock_irqsave(&zone->lock, flags);
    if (zone->free_pages >= floor + (1UL << order))
        page = zone_take_block(zone, order);
    spin_unlock_irqrestore(&zone->lock, flags);
    return page;
}

/* The page, uninitialised, from the first zone that has more than floor allows; NULL. */
static struct page *zones_take(gfp_t gfp, unsigned int order, enum zone_watermark mark,
                               unsigned int shift)
{
    for (int i = gfp_zone(gfp); i >= 0; i--) {
        struct zone *zone = &zones[i];
        unsigned long floor = mark < NR_WMARKS ? zone->watermark[mark] >> shift : 0;
        struct page *page = NULL;

        if (!zone->managed)
            continue;
        if (order > 0)
            page = zone_take_large(zone, order, floor);
        else if (!(page = cpu_stack_pop(&cpu_pages[i], PAGE_LINK)))
            page = zone_refill(zone, floor);
        if (page)
            return page;
    }
    return NULL;
}

static void kswapd_wake_all(gfp_t gfp)
{
    for (int i = gfp_zone(gfp); i >= 0; i--)
        if (zones[i].managed)
            kswapd_wake(&zones[i]);
}

/* Whether a process may be killed for this request: small, and nobody has another way. */
static bool may_oom(gfp_t gfp, unsigned int order)
{
    return order <= ORDER_COSTLY && gfp & GFP_FS_OK && !(gfp & GFP_NORETRY);
}

static struct page *page_alloc_reclaiming(gfp_t gfp, unsigned int order)
{
    unsigned int tries = order > ORDER_COSTLY || gfp & GFP_NORETRY ? 1 : RECLAIM_TRIES;

    might_sleep();
    for (;;) {
        unsigned long freed = pages_reclaim_direct(gfp, order);
        struct page *page;

        page_cpu_lists_drain();
        page = zones_take(gfp, order, WMARK_MIN, 0);
        if (page)
            return page;
        if (fatal_signal_pending(current)) /* on its way out: the sooner, the better for all */
            return zones_take(gfp, order, NR_WMARKS, 0);
        if (freed && --tries)
            continue;
        if (may_oom(gfp, order))
            oom_kill_someone();
        else if (gfp & GFP_NOFAIL)
            msleep(1);
        else
            return NULL;
        tries = RECLAIM_TRIES;
    }
}

static void report_failure(gfp_t gfp, unsigned int order)
{
    if (!(gfp & GFP_NOWARN))
        pr_warn_ratelimited("page allocation of order %u failed, gfp %#x, %lu pages free\n", order,
                            gfp, nr_free_pages());
}

/* Everything but a single page that this CPU has at hand. */
static noinline struct page *page_alloc_slow(gfp_t gfp, unsigned int order)
{
    struct page *page;

    if (order > PAGE_ORDER_MAX)
        return NULL;
    page = zones_take(gfp, order, WMARK_LOW, 0);
    if (!page) {
        kswapd_wake_all(gfp);
        page = zones_take(gfp, order, WMARK_MIN, gfp & GFP_HIGHPRIO ? 1 : 0);
    }
    if (!page && reclaim_is_active())
        page = zones_take(gfp, order, NR_WMARKS, 0);
    else if (!page && (gfp & GFP_WAIT))
        page = page_alloc_reclaiming(gfp, order);
    if (page)
        return page_finish(page, gfp, order);
    report_failure(gfp, order);
    return NULL;
}

struct page *page_alloc(gfp_t gfp, unsigned int order)
{
    unsigned int zone = gfp_zone(gfp);
    struct page *page;

    if (alloc_fault_hit(gfp))
        return NULL;
    if (unlikely(order > 0))
        return page_alloc_slow(gfp, order);
    page = cpu_stack_pop(&cpu_pages[zone], PAGE_LINK);
    if (unlikely(!page))
        return page_alloc_slow(gfp, 0);
    vm_counter_inc(PGALLOC_DMA32 + zone);
    page_init_head(page, zone);
    kasan_pages_alloc(page, 0);
    if (gfp & GFP_ZERO)
        page_bytes_clear(page_address(page));
    return page;
}

/* --- freeing --- */

#define FLAGS_BAD_WHEN_FREED \
    (1U << PG_LOCKED | 1U << PG_WRITEBACK | 1U << PG_BUDDY | 1U << PG_TAIL | 1U << PG_RESERVED)

static noinline void page_free_compound(struct page *page)
{
    struct zone *zone = page_zone(page);
    unsigned int order = page->private;
    unsigned long flags;

    DEBUG_ASSERT(order > 0 && order <= PAGE_ORDER_MAX);
    vm_counter_add(PGFREE, 1L << order);
    page_poison(page, order);
    kasan_pages_free(page, order);
    spin_lock_irqsave(&zone->lock, flags);
    zone_return_block(zone, page, order);
    spin_unlock_irqrestore(&zone->lock, flags);
}

/* A page on a reclaim list, or the head of a block. */
static noinline void page_release_listed(struct page *page)
{
    if (page_flag_test(page, PG_LRU))
        lru_remove(page);
    if (page_flag_test(page, PG_COMPOUND))
        page_free_compound(page);
    else
        page_release(page);
}

void page_release(struct page *page)
{
    u32 flags = page->flags;
    unsigned int zone = flags >> PG_ZONE_SHIFT;

    DEBUG_ASSERT(!(flags & FLAGS_BAD_WHEN_FREED));
    DEBUG_ASSERT(atomic_read(&page->refcount) == 0);
    if (unlikely(flags & (1U << PG_LRU | 1U << PG_COMPOUND))) {
        page_release_listed(page);
        return;
    }
    vm_counter_inc(PGFREE);
    page_poison(page, 0);
    kasan_pages_free(page, 0);
    if (unlikely(!cpu_stack_push(&cpu_pages[zone], page, cpu_list_limit, PAGE_LINK)))
        page_free_single_slow(page, zone);
}

void page_free(struct page *page, unsigned int order)
{
    DEBUG_ASSERT(order == 0 ? !page_flag_test(page, PG_COMPOUND) : page->private == order);
    DEBUG_ASSERT(atomic_read(&page->refcount) > 0);
    page_put(page);
}

/* --- start-up --- */

void __init zones_init(void)
{
    for (unsigned int i = 0; i < NR_ZONES; i++) {
        struct zone *zone = &zones[i];

        spin_lock_init(&zone->lock);
        spin_lock_init(&zone->lru_lock);
        zone->index = i;
        for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
            INIT_LIST_HEAD(&zone->areas[order].list);
        for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
            INIT_LIST_HEAD(&zone->lru[list]);
    }
}

static unsigned long __init square_root(unsigned long n)
{
    unsigned long r = 0;

    for (unsigned long bit = 1UL << 31; bit; bit >>= 1)
        if ((r | bit) <= n / (r | bit))
            r |= bit;
    return r;
}

/*
 * The reserve grows with the square root of memory: bursts of atomic requests grow slower than
 * machines. 4 * sqrt(KiB) KiB, between 128 KiB and 64 MiB, shared out by size.
 */
void __init zones_set_watermarks(void)
{
    unsigned long total = nr_total_pages();
    unsigned long min_kb = clamp(4 * square_root(total << (PAGE_SHIFT - 10)), 128UL, 65536UL);
    unsigned long min_pages = min_kb >> (PAGE_SHIFT - 10);

    for (unsigned int i = 0; i < NR_ZONES; i++) {
        struct zone *zone = &zones[i];
        unsigned long share = total ? min_pages * zone->managed / total : 0;

        zone->watermark[WMARK_MIN] = share;
        zone->watermark[WMARK_LOW] = share + share / 4 + zone->managed / 1000;
        zone->watermark[WMARK_HIGH] = share + share / 2 + zone->managed / 500;
        if (zone->managed)
            top_zone = i;
    }
}

void mm_percpu_init(void)
{
    unsigned int cpu;

    if (cpu_list_limit)
        return;
    for_each_possible_cpu (cpu) {
        for (unsigned int i = 0; i < NR_ZONES; i++)
            cpu_stack_init(&per_cpu(cpu_pages, cpu)[i], cpu);
        if (cpu != smp_processor_id())
            memset(&per_cpu(vm_counters, cpu), 0, sizeof(vm_counters));
    }
    slab_percpu_init();
    cpu_list_limit = CPU_LIST_LIMIT;
}

unsigned int page_cpu_list_limit(void)
{
    return cpu_list_limit;
}

unsigned int page_cpu_list_count(unsigned int zone, unsigned int cpu)
{
    return cpu_stack_count(&per_cpu(cpu_pages, cpu)[zone]);
}

void mm_free_range(paddr_t start, u64 size)
{
    pfn_t pfn = ALIGN(start, (u64)PAGE_SIZE) >> PAGE_SHIFT, end = (start + size) >> PAGE_SHIFT;

    for (; pfn < end; pfn++) {
        struct page *page = pfn_to_page(pfn);
        struct zone *zone = pfn_zone(pfn);
        unsigned long flags;

        if (!pfn_valid(pfn) || WARN_ON(!page_flag_test(page, PG_RESERVED)))
            continue;
        page_flag_clear(page, PG_RESERVED);
        spin_lock_irqsave(&zone->lock, flags);
        zone_return_block(zone, page, 0);
        zone->managed++;
        spin_unlock_irqrestore(&zone->lock, flags);
    }
}

unsigned long zone_free_pages(const struct zone *zone)
{
    unsigned long n = READ_ONCE(zone->free_pages);
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        n += page_cpu_list_count(zone->index, cpu);
    return n;
}

unsigned long nr_free_pages(void)
{
    unsigned long n = 0;

    for (unsigned int i = 0; i < NR_ZONES; i++)
        n += zone_free_pages(&zones[i]);
    return n;
}

unsigned long nr_total_pages(void)
{
    unsigned long n = 0;

    for (unsigned int i = 0; i < NR_ZONES; i++)
        n += READ_ONCE(zones[i].managed);
    return n;
}
