// SPDX-License-Identifier: MIT
/* The allocators on the real machine: concurrency, balance, mappings. */
#include <kernel/arch/percpu.h>
#include <kernel/base/ktest.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/mm/vmstat.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>

static u64 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* --- pages and objects from several threads at once --- */

#define THREADS 4
#define HELD    64
#define ROUNDS  20000

struct stress {
    struct completion done;
    struct kmem_cache *cache;
    u64 seed;
    unsigned int errors;
};

struct held {
    void *p;
    u64 stamp;
    unsigned int kind; /* 0: page, 1: object, 2: kmalloc */
};

static void held_release(struct stress *s, struct held *h)
{
    if (*(u64 *)h->p != h->stamp)
        s->errors++;
    if (h->kind == 0)
        page_free(virt_to_page(h->p), 0);
    else if (h->kind == 1)
        kmem_cache_free(s->cache, h->p);
    else
        kfree(h->p);
    h->p = NULL;
}

static void held_take(struct stress *s, struct held *h, u64 random)
{
    h->kind = random % 3;
    if (h->kind == 0)
        h->p = page_alloc_address(GFP_KERNEL, 0);
    else if (h->kind == 1)
        h->p = kmem_cache_alloc(s->cache, GFP_KERNEL);
    else
        h->p = kmalloc(16 + random % 1000, GFP_KERNEL);
    h->stamp = random;
    if (h->p)
        *(u64 *)h->p = random;
}

static int stress_thread(void *arg)
{
    struct stress *s = arg;
    struct held *held = kcalloc(HELD, sizeof(*held), GFP_KERNEL);
    u64 random = s->seed;

    for (unsigned int i = 0; held && i < ROUNDS; i++) {
        struct held *h = &held[next_random(&random) % HELD];

        if (h->p)
            held_release(s, h);
        else
            held_take(s, h, random);
        if (i % 1000 == 0)
            cond_resched();
    }
    for (unsigned int i = 0; held && i < HELD; i++)
        if (held[i].p)
            held_release(s, &held[i]);
    kfree(held);
    complete(&s->done);
    return 0;
}

static void allocators_keep_what_threads_wrote(struct ktest *t)
{
    struct kmem_cache *cache = kmem_cache_create("ktest", 72, 0, 0, NULL);
    struct stress *s = kcalloc(THREADS, sizeof(*s), GFP_KERNEL);
    unsigned int started = 0;

    KTEST_ASSERT(t, cache && s);
    for (; started < THREADS; started++) {
        struct task *task;

        completion_init(&s[started].done);
        s[started].cache = cache;
        s[started].seed = 0x9e3779b97f4a7c15ULL * (started + 1);
        task = kthread_run(stress_thread, &s[started], "ktest-mm%u", started);
        if (!KTEST_EXPECT(t, !IS_ERR(task)))
            break;
    }
    for (unsigned int i = 0; i < started; i++) {
        wait_for_completion(&s[i].done);
        KTEST_EXPECT_EQ(t, s[i].errors, 0);
    }
    kmem_cache_destroy(cache);
    kfree(s);
}

static void free_pages_balance(struct ktest *t)
{
    unsigned long before = nr_free_pages(), after;
    struct page *pages[200];

    for (unsigned int round = 0; round < 20; round++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
            pages[i] = page_alloc(GFP_KERNEL, i % 4);
        for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
            if (KTEST_EXPECT(t, pages[i] != NULL))
                page_free(pages[i], i % 4);
    }
    after = nr_free_pages();
    /* Other tasks run meanwhile. */
    KTEST_EXPECT(t, after + 64 >= before && before + 64 >= after);
}

static void large_blocks_are_aligned_and_mapped(struct ktest *t)
{
    for (unsigned int order = 0; order <= PAGE_ORDER_MAX; order++) {
        struct page *page = page_alloc(GFP_KERNEL | GFP_ZERO, order);
        u64 *words;

        KTEST_ASSERT(t, page != NULL);
        words = page_address(page);
        KTEST_EXPECT_EQ(t, page_to_pfn(page) & ((1UL << order) - 1), 0);
        KTEST_EXPECT_EQ(t, words[0], 0);
        KTEST_EXPECT_EQ(t, words[((PAGE_SIZE << order) >> 3) - 1], 0);
        page_free(page, order);
    }
}

static void vmalloc_maps_what_it_gives(struct ktest *t)
{
    unsigned long used = vm_counter_read(NR_VMALLOC);

    for (unsigned int i = 0; i < 40; i++) {
        size_t size = (i * 37777) % 300000 + 1;
        u8 *p = vzalloc(size);

        KTEST_ASSERT(t, p != NULL);
        KTEST_EXPECT(t, is_vmalloc_address(p));
        KTEST_EXPECT(t, !memchr_inv(p, 0, size));
        memset(p, i, size);
        KTEST_EXPECT(t, kernel_virt_to_phys(p) != ~0ULL);
        KTEST_EXPECT(t, kernel_virt_to_phys(p + ALIGN(size, PAGE_SIZE)) == ~0ULL); /* guard */
        vfree(p);
        KTEST_EXPECT(t, kernel_virt_to_phys(p) == ~0ULL);
    }
    KTEST_EXPECT_EQ(t, vm_counter_read(NR_VMALLOC), used);
}

static void vmap_joins_scattered_pages(struct ktest *t)
{
    struct page *pages[5];
    u8 *p;

    for (unsigned int i = 0; i < 5; i++) {
        pages[i] = page_alloc(GFP_KERNEL, 0);
        KTEST_ASSERT(t, pages[i] != NULL);
        memset(page_address(pages[i]), i, PAGE_SIZE);
    }
    p = vmap(pages, 5, KMAP_RW);
    KTEST_ASSERT(t, p != NULL);
    for (unsigned int i = 0; i < 5; i++)
        KTEST_EXPECT_EQ(t, p[i * PAGE_SIZE + 100], i);
    vunmap(p);
    for (unsigned int i = 0; i < 5; i++)
        page_free(pages[i], 0);
}

static void kernel_stacks_have_a_guard_below(struct ktest *t)
{
    u8 *stack = kernel_stack_alloc();

    KTEST_ASSERT(t, stack != NULL);
    KTEST_EXPECT(t, kernel_virt_to_phys(stack) != ~0ULL);
    KTEST_EXPECT(t, kernel_virt_to_phys(stack + KERNEL_STACK_SIZE - 1) != ~0ULL);
    KTEST_EXPECT(t, kernel_virt_to_phys(stack - 1) == ~0ULL);
    kernel_stack_free(stack);
}

/* Everything that can be had without waiting, and back: what is left is the reserve. */
static void exhaustion_is_survived(struct ktest *t)
{
    struct page *list = NULL, *page;
    unsigned long n = 0;

    while ((page = page_alloc(GFP_NOWAIT | GFP_NOWARN, 0))) {
        page->index = (u64)list;
        list = page;
        if (++n % 4096 == 0)
            cond_resched();
    }
    KTEST_EXPECT(t, n > 1000);
    KTEST_EXPECT(t, nr_free_pages() > 0);
    for (; list; list = page) {
        page = (struct page *)list->index;
        page_put(list);
    }
}

static void costs_are_known(struct ktest *t)
{
    struct kmem_cache *cache = kmem_cache_create("ktest", 128, 0, 0, NULL);
    u64 start;

    KTEST_ASSERT(t, cache != NULL);
    kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
    start = tsc_read();
    for (int i = 0; i < 1000; i++)
        page_put(page_alloc(GFP_KERNEL, 0));
    ktest_note(t, "page alloc+free: %llu cycles", (tsc_read() - start) / 1000);
    start = tsc_read();
    for (int i = 0; i < 1000; i++)
        kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
    ktest_note(t, "slab alloc+free: %llu cycles", (tsc_read() - start) / 1000);
    start = tsc_read();
    for (int i = 0; i < 1000; i++)
        kfree(kmalloc(100, GFP_KERNEL));
    ktest_note(t, "kmalloc+kfree: %llu cycles", (tsc_read() - start) / 1000);
    kmem_cache_destroy(cache);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(free_pages_balance),
    KTEST_CASE(large_blocks_are_aligned_and_mapped),
    KTEST_CASE(allocators_keep_what_threads_wrote),
    KTEST_CASE(vmalloc_maps_what_it_gives),
    KTEST_CASE(vmap_joins_scattered_pages),
    KTEST_CASE(kernel_stacks_have_a_guard_below),
    KTEST_CASE(exhaustion_is_survived),
    KTEST_CASE(costs_are_known),
    {},
};
KTEST_SUITE(mm, cases);
