/* SPDX-License-Identifier: MIT */
/* Memory's counters, and the snapshots that /proc shows. */
#include <kernel/mm/vmstat.h>

#include "internal.h"

#include <kernel/lib/string.h>
#include <kernel/mm/init.h>
#include <kernel/mm/vmalloc.h>

DEFINE_PER_CPU(long, vm_counters[NR_VM_COUNTERS]);

const char *const vm_counter_names[NR_VM_COUNTERS] = {
    [NR_FILE_PAGES] = "nr_file_pages",
    [NR_FILE_MAPPED] = "nr_mapped",
    [NR_ANON_MAPPED] = "nr_anon_pages",
    [NR_SHMEM] = "nr_shmem",
    [NR_FILE_DIRTY] = "nr_dirty",
    [NR_WRITEBACK] = "nr_writeback",
    [NR_SLAB_RECLAIMABLE] = "nr_slab_reclaimable",
    [NR_SLAB_UNRECLAIMABLE] = "nr_slab_unreclaimable",
    [NR_PAGETABLE] = "nr_page_table_pages",
    [NR_KERNEL_STACK_KB] = "nr_kernel_stack",
    [NR_VMALLOC] = "nr_vmalloc_pages",
    [NR_SWAPCACHE] = "nr_swapcached",
    [PGPGIN] = "pgpgin",
    [PGPGOUT] = "pgpgout",
    [PSWPIN] = "pswpin",
    [PSWPOUT] = "pswpout",
    [PGALLOC_DMA32] = "pgalloc_dma32",
    [PGALLOC_NORMAL] = "pgalloc_normal",
    [PGFREE] = "pgfree",
    [PGFAULT] = "pgfault",
    [PGMAJFAULT] = "pgmajfault",
    [PGREFILL] = "pgrefill",
    [PGSCAN_KSWAPD] = "pgscan_kswapd",
    [PGSCAN_DIRECT] = "pgscan_direct",
    [PGSTEAL_KSWAPD] = "pgsteal_kswapd",
    [PGSTEAL_DIRECT] = "pgsteal_direct",
    [PGACTIVATE] = "pgactivate",
    [PGDEACTIVATE] = "pgdeactivate",
    [PGROTATED] = "pgrotated",
    [WORKINGSET_REFAULT_FILE] = "workingset_refault_file",
    [WORKINGSET_ACTIVATE_FILE] = "workingset_activate_file",
    [ALLOCSTALL] = "allocstall_normal",
    [KSWAPD_WAKE] = "kswapd_wake",
    [PAGEOUTRUN] = "pageoutrun",
    [OOM_KILL] = "oom_kill",
    [READAHEAD_HIT] = "readahead_hit",
    [READAHEAD_PAGES] = "readahead_pages",
    [DIRTIED] = "nr_dirtied",
    [WRITTEN] = "nr_written",
};

unsigned long vm_counter_read(enum vm_counter which)
{
    long sum = 0;
    unsigned int cpu;

    for_each_possible_cpu (cpu)
        sum += READ_ONCE(per_cpu(vm_counters, cpu)[which]);
    return sum > 0 ? sum : 0;
}

static unsigned long lru_pages(enum lru_list list)
{
    unsigned long n = 0;

    for (unsigned int i = 0; i < NR_ZONES; i++)
        n += READ_ONCE(zones[i].nr_lru[list]);
    return n;
}

/* What a program could get without swapping: free memory above the reserves, and most of the cache.
 */
static unsigned long available_pages(unsigned long cache, unsigned long slab)
{
    unsigned long low = 0, n = nr_free_pages();

    for (unsigned int i = 0; i < NR_ZONES; i++)
        low += zones[i].watermark[WMARK_LOW];
    n = n > low ? n - low : 0;
    return n + cache - min(cache / 2, low) + slab - min(slab / 2, low);
}

void vm_meminfo_read(struct vm_meminfo *info)
{
    unsigned long file_lru = lru_pages(LRU_ACTIVE_FILE) + lru_pages(LRU_INACTIVE_FILE);
    unsigned long reclaimable = vm_counter_read(NR_SLAB_RECLAIMABLE);

    *info = (struct vm_meminfo){
        .total = nr_total_pages(),
        .free = nr_free_pages(),
        .available = available_pages(file_lru, reclaimable),
        .cached = vm_counter_read(NR_FILE_PAGES),
        .swap_cached = vm_counter_read(NR_SWAPCACHE),
        .active_anon = lru_pages(LRU_ACTIVE_ANON),
        .inactive_anon = lru_pages(LRU_INACTIVE_ANON),
        .active_file = lru_pages(LRU_ACTIVE_FILE),
        .inactive_file = lru_pages(LRU_INACTIVE_FILE),
        .unevictable = lru_pages(LRU_UNEVICTABLE),
        .dirty = vm_counter_read(NR_FILE_DIRTY),
        .writeback = vm_counter_read(NR_WRITEBACK),
        .anon_pages = vm_counter_read(NR_ANON_MAPPED),
        .mapped = vm_counter_read(NR_FILE_MAPPED),
        .shmem = vm_counter_read(NR_SHMEM),
        .slab_reclaimable = reclaimable,
        .slab_unreclaimable = vm_counter_read(NR_SLAB_UNRECLAIMABLE),
        .kernel_stack_kb = vm_counter_read(NR_KERNEL_STACK_KB),
        .page_tables = vm_counter_read(NR_PAGETABLE),
        .vmalloc_total = VMALLOC_SIZE >> PAGE_SHIFT,
        .vmalloc_used = vm_counter_read(NR_VMALLOC),
        .commit_limit = nr_total_pages() / 2,
        .page_array_pages = page_array_pages(),
    };
}

bool vm_buddyinfo_read(unsigned int i, struct vm_buddyinfo *info)
{
    if (i >= NR_ZONES)
        return false;
    info->zone = zone_names[i];
    for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
        info->nr_free[order] = READ_ONCE(zones[i].areas[order].nr_free);
    return true;
}

bool vm_zoneinfo_read(unsigned int i, struct vm_zoneinfo *info)
{
    const struct zone *zone;
    unsigned int cpu;

    if (i >= NR_ZONES)
        return false;
    zone = &zones[i];
    memset(info, 0, sizeof(*info));
    info->name = zone_names[i];
    info->free = zone_free_pages(zone);
    info->min = zone->watermark[WMARK_MIN];
    info->low = zone->watermark[WMARK_LOW];
    info->high = zone->watermark[WMARK_HIGH];
    info->spanned = zone->spanned;
    info->present = zone->present;
    info->managed = READ_ONCE(zone->managed);
    info->start_pfn = zone->start_pfn;
    for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
        info->nr_lru[list] = READ_ONCE(zone->nr_lru[list]);
    for_each_possible_cpu (cpu) {
        info->per_cpu[cpu].count = page_cpu_list_count(i, cpu);
        info->per_cpu[cpu].high = page_cpu_list_limit();
        info->per_cpu[cpu].batch = page_cpu_list_limit() / 4;
    }
    return true;
}
