// SPDX-License-Identifier: MIT
/* A disk larger than what is free is read through the page cache: the cache must give way, to
 * itself first. */
#include "ramdisk.h"

#include <kernel/base/ktest.h>
#include <kernel/err.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmstat.h>
#include <kernel/mm/writeback.h>
#include <kernel/sched/sched.h>
#include <kernel/vfs/fs.h>

#define MACHINE_PAGES (64UL << 20 >> PAGE_SHIFT) /* what the test plays with */

static struct ramdisk *rd;
static struct block_device *bdev;

static u32 stamp(u64 index, unsigned int word)
{
    return index * 0x9e3779b1U + word;
}

/* Memory taken away, so that the test needs no small machine: blocks linked through their first
 * word. */
static void *balloon;

static void balloon_fill(unsigned long leave_pages)
{
    while (nr_free_pages() > leave_pages + (1UL << PAGE_ORDER_MAX)) {
        void **block = page_alloc_address(GFP_KERNEL | GFP_NOWARN, PAGE_ORDER_MAX);

        if (!block)
            return;
        *block = balloon;
        balloon = block;
    }
}

static void balloon_empty(void)
{
    while (balloon) {
        void **block = balloon;

        balloon = *block;
        page_free(virt_to_page(block), PAGE_ORDER_MAX);
    }
}

static int big_disk_up(struct ktest *t)
{
    size_t size;

    balloon_fill(MACHINE_PAGES);
    size = ALIGN_DOWN((size_t)nr_free_pages() * 60 / 100 << PAGE_SHIFT, 1UL << 20);

    rd = ramdisk_create(size, 32);
    if (!rd)
        return -ENOMEM;
    for (u64 index = 1; index < size >> PAGE_SHIFT; index++)
        for (unsigned int word = 0; word < 1024; word += 256)
            ((u32 *)(rd->bytes + (index << PAGE_SHIFT)))[word] = stamp(index, word);
    if (ramdisk_start(rd))
        return -ENOMEM;
    bdev = bdev_get(rd->disk->part[0]->devt, true, NULL);
    return IS_ERR(bdev) ? PTR_ERR(bdev) : 0;
}

static void big_disk_down(struct ktest *t)
{
    if (!IS_ERR_OR_NULL(bdev))
        bdev_put(bdev, NULL);
    if (rd)
        ramdisk_destroy(rd);
    rd = NULL;
    bdev = NULL;
    balloon_empty();
}

static bool page_is_right(const struct page *page, u64 index)
{
    const u32 *words = page_address(page);

    for (unsigned int word = 0; word < 1024; word += 256)
        if (words[word] != stamp(index, word))
            return false;
    return true;
}

static void reading_more_than_memory_evicts(struct ktest *t)
{
    u64 pages = rd->size >> PAGE_SHIFT;
    unsigned long before = vm_counter_read(PGSTEAL_KSWAPD) + vm_counter_read(PGSTEAL_DIRECT);

    for (unsigned int round = 0; round < 2; round++)
        for (u64 index = 1; index < pages; index++) {
            struct page *page = filemap_read_page(bdev->mapping, index, NULL);

            KTEST_ASSERT(t, !IS_ERR(page));
            KTEST_ASSERT(t, page_is_right(page, index));
            page_put(page);
            cond_resched();
        }
    KTEST_EXPECT(t, vm_counter_read(PGSTEAL_KSWAPD) + vm_counter_read(PGSTEAL_DIRECT) > before);
    KTEST_EXPECT(t, vm_counter_read(WORKINGSET_REFAULT_FILE) > 0);
    ktest_note(t, "%llu pages read twice, %lu evicted by kswapd, %lu directly, %lu refaults", pages,
               vm_counter_read(PGSTEAL_KSWAPD), vm_counter_read(PGSTEAL_DIRECT),
               vm_counter_read(WORKINGSET_REFAULT_FILE));
}

/* Pages that are used again and again stay while others stream past. */
static void the_working_set_survives_a_stream(struct ktest *t)
{
    u64 pages = rd->size >> PAGE_SHIFT, hot = 256;
    unsigned long missing = 0;

    for (u64 index = 1; index < pages; index++) {
        struct page *page = filemap_read_page(bdev->mapping, index, NULL);

        KTEST_ASSERT(t, !IS_ERR(page));
        page_put(page);
        page = filemap_read_page(bdev->mapping, 1 + index % hot, NULL);
        KTEST_ASSERT(t, !IS_ERR(page));
        page_mark_accessed(page);
        page_put(page);
        cond_resched();
    }
    for (u64 index = 1; index <= hot; index++) {
        struct page *page = filemap_find_page(bdev->mapping, index);

        if (page)
            page_put(page);
        else
            missing++;
    }
    KTEST_EXPECT(t, missing <= hot / 8);
}

/* Dirty pages are not lost when memory is short. */
static void dirty_pages_are_written_before_they_go(struct ktest *t)
{
    u64 pages = rd->size >> PAGE_SHIFT;

    for (u64 index = 1; index < pages; index++) {
        struct page *page = filemap_read_page(bdev->mapping, index, NULL);

        KTEST_ASSERT(t, !IS_ERR(page));
        page_lock(page);
        ((u32 *)page_address(page))[1] = index;
        page_dirty(page);
        page_unlock(page);
        page_put(page);
        filemap_balance_dirty(bdev->mapping);
        cond_resched();
    }
    KTEST_EXPECT_EQ(t, filemap_write_and_wait(bdev->mapping, 0, ~0ULL), 0);
    for (u64 index = 1; index < pages; index++)
        KTEST_ASSERT_EQ(t, ((u32 *)(rd->bytes + (index << PAGE_SHIFT)))[1], index);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(reading_more_than_memory_evicts),
    KTEST_CASE(the_working_set_survives_a_stream),
    KTEST_CASE(dirty_pages_are_written_before_they_go),
    {},
};
KTEST_SUITE_FIXTURE(reclaim, cases, big_disk_up, big_disk_down);
