/* SPDX-License-Identifier: MIT */
/*
 * How much may be dirty. Above the limit (a fifth of what could be free) a task that dirties pages
 * writes some of the file it is dirtying before it goes on, so that it runs at the speed of the
 * device; from half of that on, the flusher works in the background.
 */
#include <kernel/mm/filemap.h>

#include "internal.h"

#include <kernel/mm/writeback.h>

/* Pages a throttled task writes at a time: enough for the device to work well. */
#define THROTTLE_CHUNK 1024

static unsigned long dirtyable_pages(void)
{
    unsigned long n = nr_free_pages();

    for (unsigned int i = 0; i < NR_ZONES; i++)
        n += zones[i].nr_lru[LRU_INACTIVE_FILE] + zones[i].nr_lru[LRU_ACTIVE_FILE];
    return n;
}

void filemap_balance_dirty(struct address_space *mapping)
{
    struct writeback_control wbc = {.start = 0, .end = ~0ULL, .nr_to_write = THROTTLE_CHUNK};
    static DEFINE_PER_CPU(unsigned int, calls);
    unsigned long limit, dirty;

    /* The sums are not cheap: look once in a while. */
    if (mapping->flags & MAPPING_UNEVICTABLE || !mapping->ops->writepages)
        return;
    this_cpu_inc(calls);
    if (this_cpu_read(calls) % 32)
        return;
    limit = dirtyable_pages() / 5;
    dirty = vm_counter_read(NR_FILE_DIRTY) + vm_counter_read(NR_WRITEBACK);
    if (dirty > limit / 2)
        flusher_kick();
    if (dirty <= limit)
        return;
    (void)mapping->ops->writepages(mapping, &wbc);
    filemap_wait_keep_errors(mapping, 0, ~0ULL);
}
