// SPDX-License-Identifier: MIT
// sources: kernel/mm/early_alloc.c kernel/mm/early_map.c kernel/lib/sort.c kernel/mm/page_array.c
// sources: kernel/mm/buddy.c kernel/mm/page_alloc.c kernel/mm/vmstat.c kernel/mm/slab.c
// sources: kernel/mm/kmalloc.c kernel/mm/fault_injection.c tests/host/mm/machine.c
// cflags: -DCONFIG_DEBUG=1
/* Zones, buddy lists, per-CPU stacks, slab and kmalloc, from a firmware map to exhaustion. */
#include "machine.h"

#include <kernel/base/panic.h>
#include <kernel/mm/fault_injection.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmstat.h>

#include "../../../kernel/mm/internal.h"
#include "../shim/panic.h"

#include <ktap.h>

static void boot(u64 size)
{
    machine_plain(size);
    machine_boot();
    mm_percpu_init();
}

/* Free pages counted block by block, each block checked. */
static unsigned long walk_free_lists(void)
{
    unsigned long total = 0;

    for (unsigned int z = 0; z < NR_ZONES; z++)
        for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
            struct page *page;
            unsigned long nr = 0;

            list_for_each_entry (page, &zones[z].areas[order].list, lru) {
                pfn_t pfn = page_to_pfn(page);

                if (!page_flag_test(page, PG_BUDDY) || page->private != order ||
                    pfn & ((1UL << order) - 1) || atomic_read(&page->refcount) ||
                    page_zone(page) != &zones[z]) {
                    KTAP_FAIL("block %#llx of order %u is damaged", (u64)pfn, order);
                    return 0;
                }
                nr++;
            }
            EXPECT_EQ(nr, zones[z].areas[order].nr_free);
            total += nr << order;
        }
    return total;
}

TEST(memory_is_handed_over_whole)
{
    unsigned long lost;

    boot(512 << 20);
    lost = (512 << 20 >> 12) - nr_total_pages();
    /* 1 MiB kernel, page 0, boot_info and map, VGA hole, page array (6 MiB), region lists. */
    EXPECT_TRUE(lost < (8 << 20 >> 12));
    page_cpu_lists_drain();
    EXPECT_EQ(walk_free_lists(), nr_free_pages());
    EXPECT_TRUE(zones[ZONE_DMA32].areas[PAGE_ORDER_MAX].nr_free >= 120);
}

TEST(memory_above_4_gib_is_normal)
{
    struct page *page;

    boot(10UL << 30);
    /* All but the page array, which is taken from the top. */
    EXPECT_TRUE(zones[ZONE_NORMAL].managed >= (6UL << 30 >> 12) - (124UL << 20 >> 12));
    page = page_alloc(GFP_KERNEL, 0);
    EXPECT_TRUE(page_to_phys(page) >= 4UL << 30);
    page_put(page);
    page = page_alloc(GFP_KERNEL | GFP_DMA32, 3);
    EXPECT_TRUE(page_to_phys(page) < 4UL << 30);
    page_free(page, 3);
    EXPECT_FALSE(pfn_valid(11UL << 30 >> 12));
    EXPECT_TRUE(pfn_valid((10UL << 30 >> 12) - 1));
}

TEST(holes_have_no_pages)
{
    machine_start(48);
    machine_desc(BOOT_MEM_CONVENTIONAL, 16 << 20, 64 << 20, 0);
    machine_desc(BOOT_MEM_LOADER_DATA, 1 << 20, 2 << 20, 0);
    machine_desc(BOOT_MEM_CONVENTIONAL, 1UL << 30, (5 << 20) + 4096, 0);
    machine_boot();
    EXPECT_FALSE(pfn_valid(512 << 20 >> 12));
    EXPECT_TRUE(pfn_valid(1UL << 30 >> 12));
    /* Rounded to a whole block: structures are there, and reserved. */
    EXPECT_TRUE(page_flag_test(pfn_to_page((1UL << 30 >> 12) + 2000), PG_RESERVED));
    page_cpu_lists_drain();
    EXPECT_EQ(walk_free_lists(), nr_free_pages());
}

#define NR_HELD 4000

TEST(random_allocations_never_overlap_and_all_come_back)
{
    static struct {
        struct page *page;
        unsigned int order;
        u64 stamp;
    } held[NR_HELD];
    unsigned long before;

    boot(128 << 20);
    before = nr_free_pages();
    for (u64 i = 1; i < 60000; i++) {
        unsigned int slot = machine_random(NR_HELD);
        u64 *words;

        if (held[slot].page) {
            words = page_address(held[slot].page);
            ASSERT_EQ(words[0], held[slot].stamp);
            ASSERT_EQ(words[((PAGE_SIZE << held[slot].order) >> 3) - 1], held[slot].stamp);
            page_free(held[slot].page, held[slot].order);
            held[slot].page = NULL;
            continue;
        }
        held[slot].order = machine_random(4) ? 0 : machine_random(7);
        held[slot].page = page_alloc(GFP_NOWAIT | GFP_NOWARN, held[slot].order);
        if (!held[slot].page)
            continue;
        ASSERT_EQ(atomic_read(&held[slot].page->refcount), 1);
        ASSERT_EQ(page_mapcount(held[slot].page), 0);
        ASSERT_TRUE(!held[slot].page->mapping);
        words = page_address(held[slot].page);
        held[slot].stamp = words[0] = words[((PAGE_SIZE << held[slot].order) >> 3) - 1] = i;
    }
    for (unsigned int slot = 0; slot < NR_HELD; slot++)
        if (held[slot].page)
            page_free(held[slot].page, held[slot].order);
    EXPECT_EQ(nr_free_pages(), before);
    page_cpu_lists_drain();
    EXPECT_EQ(walk_free_lists(), before);
    EXPECT_TRUE(zones[ZONE_DMA32].areas[PAGE_ORDER_MAX].nr_free >= 28);
}

TEST(exhaustion_stops_at_the_reserve)
{
    struct page *list = NULL, *page;
    unsigned long before, nr = 0;

    boot(64 << 20);
    before = nr_free_pages();
    while ((page = page_alloc(GFP_NOWAIT | GFP_NOWARN, 0))) {
        page->index = (u64)list;
        list = page;
        nr++;
    }
    EXPECT_TRUE(nr_free_pages() >= zones[ZONE_DMA32].watermark[WMARK_MIN] - 16);
    page = page_alloc(GFP_ATOMIC, 0);
    EXPECT_TRUE(page != NULL);
    page_put(page);
    EXPECT_TRUE(nr > before / 2);
    for (; list; list = page) {
        page = (struct page *)list->index;
        page_put(list);
    }
    EXPECT_EQ(nr_free_pages(), before);
}

TEST(zeroed_pages_are_zero)
{
    boot(64 << 20);
    for (int i = 0; i < 50; i++) {
        struct page *page = page_alloc(GFP_KERNEL | GFP_ZERO, i % 3);
        u8 *bytes = page_address(page);

        for (size_t b = 0; b < PAGE_SIZE << (i % 3); b++)
            ASSERT_EQ(bytes[b], 0);
        memset(bytes, 0xee, PAGE_SIZE << (i % 3));
        page_free(page, i % 3);
    }
}

TEST(a_lookup_that_lost_the_race_frees_the_page)
{
    struct page *page;
    unsigned long before;

    boot(64 << 20);
    before = nr_free_pages();
    page = page_alloc(GFP_KERNEL, 2);
    ASSERT_TRUE(page_try_get(page));
    page_free(page, 2); /* somebody still looks at it */
    EXPECT_TRUE(nr_free_pages() < before);
    page_put(page);
    EXPECT_EQ(nr_free_pages(), before);
    EXPECT_FALSE(page_try_get(page));
}

TEST(tails_know_their_head)
{
    struct page *page;

    boot(64 << 20);
    page = page_alloc(GFP_KERNEL, 3);
    for (int i = 1; i < 8; i++) {
        EXPECT_TRUE(page_flag_test(page + i, PG_TAIL));
        EXPECT_TRUE(page[i].head == page);
        EXPECT_EQ(atomic_read(&page[i].refcount), 0);
    }
    page_free(page, 3);
}

TEST(double_free_of_a_page_is_found)
{
    struct page *page;

    boot(64 << 20);
    page = page_alloc(GFP_KERNEL, 0);
    page_free(page, 0);
    EXPECT_DEATH(page_free(page, 0));
}

TEST(reserved_ranges_come_back)
{
    unsigned long total, free;

    boot(64 << 20);
    total = nr_total_pages();
    free = nr_free_pages();
    mm_free_range((2 << 20) + 5, 1 << 20);
    EXPECT_EQ(nr_total_pages() - total, 255);
    EXPECT_EQ(nr_free_pages() - free, 255);
    page_cpu_lists_drain();
    EXPECT_EQ(walk_free_lists(), nr_free_pages());
}

/* --- slab --- */

TEST(kmalloc_sizes_and_alignment)
{
    boot(64 << 20);
    for (size_t size = 0; size < 20000; size += size < 300 ? 1 : 37) {
        u8 *p = kmalloc(size, GFP_KERNEL);

        ASSERT_TRUE(p != NULL);
        ASSERT_TRUE(kmalloc_usable_size(p) >= size);
        ASSERT_EQ((unsigned long)p & 15, 0);
        if (size && (size & (size - 1)) == 0 && size >= 16)
            ASSERT_EQ((unsigned long)p & (min(size, PAGE_SIZE) - 1), 0);
        memset(p, 0x11, size);
        kfree(p);
    }
    EXPECT_TRUE(kmalloc(KMALLOC_MAX + 1, GFP_KERNEL) == NULL);
    kfree(NULL);
}

TEST(kmalloc_objects_do_not_overlap)
{
    static u8 *held[3000];
    static size_t sizes[3000];
    unsigned long before;

    boot(64 << 20);
    for (int round = 0; round < 2; round++) {
        before = nr_free_pages();
        for (int i = 0; i < 100000; i++) {
            unsigned int slot = machine_random(3000);

            if (held[slot]) {
                for (size_t b = 0; b < sizes[slot]; b += 7)
                    ASSERT_EQ(held[slot][b], slot & 0xff);
                kfree(held[slot]);
                held[slot] = NULL;
            } else {
                sizes[slot] = machine_random(machine_random(50) ? 500 : 9000) + 1;
                held[slot] = kmalloc(sizes[slot], GFP_KERNEL);
                ASSERT_TRUE(held[slot] != NULL);
                memset(held[slot], slot, sizes[slot]);
            }
        }
        for (int i = 0; i < 3000; i++) {
            kfree(held[i]);
            held[i] = NULL;
        }
    }
    /* What stacks and kept slabs hold is bounded: the second round took next to nothing more. */
    EXPECT_TRUE(nr_free_pages() + 16 >= before);
}

static void count_ctor(void *object)
{
    *(u64 *)object = 0x1234;
}

TEST(constructed_objects_keep_their_contents_while_free)
{
    struct kmem_cache *cache;
    u64 *objects[100];

    boot(64 << 20);
    cache = kmem_cache_create("ctor", 40, 0, 0, count_ctor);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
            ASSERT_EQ(*objects[i], 0x1234);
        }
        for (int i = 0; i < 100; i++)
            kmem_cache_free(cache, objects[i]);
    }
    kmem_cache_destroy(cache);
}

TEST(destroying_a_cache_gives_everything_back)
{
    unsigned long before, slab;
    void *objects[500];

    boot(64 << 20);
    kmem_cache_destroy(kmem_cache_create("warm", 100, 0, 0, NULL));
    before = nr_free_pages();
    slab = vm_counter_read(NR_SLAB_UNRECLAIMABLE);
    for (int round = 0; round < 300; round++) {
        struct kmem_cache *cache =
            kmem_cache_create("brief", 100, 0, round & 1 ? SLAB_TYPESAFE_RCU : 0, NULL);

        for (int i = 0; i < 500; i++)
            objects[i] = kmem_cache_alloc(cache, GFP_KERNEL | GFP_ZERO);
        for (int i = 0; i < 500; i++)
            kmem_cache_free(cache, objects[(i * 7) % 500]);
        kmem_cache_destroy(cache);
    }
    EXPECT_EQ(nr_free_pages(), before);
    EXPECT_EQ(vm_counter_read(NR_SLAB_UNRECLAIMABLE), slab);
}

TEST(destroying_a_cache_in_use_warns)
{
    struct kmem_cache *cache;

    boot(64 << 20);
    cache = kmem_cache_create("busy", 100, 0, 0, NULL);
    ASSERT_TRUE(kmem_cache_alloc(cache, GFP_KERNEL) != NULL);
    shim_expect_warnings(1);
    kmem_cache_destroy(cache);
    EXPECT_EQ(warn_count(), 1);
}

TEST(more_caches_than_stacks_still_work)
{
    boot(64 << 20);
    for (int i = 0; i < 250; i++) {
        struct kmem_cache *cache = kmem_cache_create("many", 64, 0, SLAB_PANIC, NULL);
        void *a = kmem_cache_alloc(cache, GFP_KERNEL), *b = kmem_cache_alloc(cache, GFP_KERNEL);

        ASSERT_TRUE(a && b && a != b);
        kmem_cache_free(cache, a);
        kmem_cache_free(cache, b);
    }
}

TEST(double_free_of_an_object_is_found)
{
    void *p;

    boot(64 << 20);
    p = kmalloc(100, GFP_KERNEL);
    kfree(p);
    EXPECT_DEATH(kfree(p));
}

TEST(overrun_is_found_at_the_free)
{
    u8 *volatile p; /* the compiler knows kmalloc's sizes and must not see the overrun */

    boot(64 << 20);
    p = kmalloc(128, GFP_KERNEL);
    p[128] = 0;
    EXPECT_DEATH(kfree(p));
}

TEST(write_after_free_is_found)
{
    u8 *p;

    boot(64 << 20);
    p = kmalloc(128, GFP_KERNEL);
    kfree(p);
    p[50] = 1;
    EXPECT_DEATH(kmalloc(128, GFP_KERNEL));
}

TEST(the_nth_allocation_fails)
{
    void *a, *b, *c;

    boot(64 << 20);
    kfree(kmalloc(32, GFP_KERNEL));
    alloc_fault_arm(2, NULL);
    a = kmalloc(32, GFP_KERNEL);
    b = page_alloc(GFP_KERNEL, 0);
    c = kmalloc(32, GFP_KERNEL);
    EXPECT_EQ(alloc_fault_disarm(), 1);
    EXPECT_TRUE(a && !b && c);
    kfree(a);
    kfree(c);
}

TEST(krealloc_keeps_the_bytes)
{
    u8 *p = NULL;

    boot(64 << 20);
    for (size_t size = 1; size < 50000; size = size * 3 / 2 + 1) {
        p = krealloc(p, size, GFP_KERNEL);
        ASSERT_TRUE(p != NULL);
        p[size - 1] = size;
        ASSERT_TRUE(size == 1 || p[0] == 1);
    }
    kfree(p);
}

TEST(slabinfo_counts_objects)
{
    struct kmem_cache *cache;
    struct vm_slabinfo info = {};
    void *objects[70];
    unsigned int i = 0;

    boot(64 << 20);
    cache = kmem_cache_create("counted", 200, 0, 0, NULL);
    for (int n = 0; n < 70; n++)
        objects[n] = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free(cache, objects[0]);
    while (vm_slabinfo_read(i, &info) && strcmp(info.name, "counted"))
        i++;
    EXPECT_EQ(info.active_objects, 69);
    EXPECT_TRUE(info.nr_objects >= 70);
    EXPECT_EQ(info.nr_objects, info.nr_slabs * info.objects_per_slab);
}
