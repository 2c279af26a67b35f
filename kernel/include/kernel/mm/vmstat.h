/* SPDX-License-Identifier: MIT */
/*
 * Memory's counters and what /proc shows of them.
 *
 * Each counter is a per-CPU signed word; a CPU adds to its own, readers sum. A sum is exact when
 * nobody counts meanwhile. Context of adding: any.
 */
#ifndef KERNEL_MM_VMSTAT_H
#define KERNEL_MM_VMSTAT_H

#include <kernel/arch/percpu.h>
#include <kernel/mm/zone.h>

struct seq_file;

/* Amounts, in pages unless said. Names: vm_counter_names[]. */
enum vm_counter {
    NR_FILE_PAGES, /* page cache, tmpfs included */
    NR_FILE_MAPPED,
    NR_ANON_MAPPED,
    NR_SHMEM,
    NR_FILE_DIRTY,
    NR_WRITEBACK,
    NR_SLAB_RECLAIMABLE,
    NR_SLAB_UNRECLAIMABLE,
    NR_PAGETABLE,
    NR_KERNEL_STACK_KB,
    NR_VMALLOC,
    NR_SWAPCACHE,
    /* Events since start-up. */
    PGPGIN,  /* KiB read from block devices */
    PGPGOUT, /* KiB written */
    PSWPIN,
    PSWPOUT,
    PGALLOC_DMA32,
    PGALLOC_NORMAL,
    PGFREE,
    PGFAULT,
    PGMAJFAULT,
    PGREFILL,
    PGSCAN_KSWAPD,
    PGSCAN_DIRECT,
    PGSTEAL_KSWAPD,
    PGSTEAL_DIRECT,
    PGACTIVATE,
    PGDEACTIVATE,
    PGROTATED,
    WORKINGSET_REFAULT_FILE,
    WORKINGSET_ACTIVATE_FILE,
    ALLOCSTALL,
    KSWAPD_WAKE,
    PAGEOUTRUN,
    OOM_KILL,
    READAHEAD_HIT,
    READAHEAD_PAGES,
    DIRTIED,
    WRITTEN,
    NR_VM_COUNTERS,
};

DECLARE_PER_CPU(long, vm_counters[NR_VM_COUNTERS]);
extern const char *const vm_counter_names[NR_VM_COUNTERS];

static inline void vm_counter_add(enum vm_counter which, long n)
{
    this_cpu_add(vm_counters[which], n);
}
static inline void vm_counter_inc(enum vm_counter which)
{
    this_cpu_inc(vm_counters[which]);
}
/* One page table entry more or fewer maps the page; page table lock held. */
static inline void page_mapping_added(struct page *page)
{
    if (atomic_inc_and_test(&page->mapcount))
        vm_counter_inc(page_flag_test(page, PG_ANON) ? NR_ANON_MAPPED : NR_FILE_MAPPED);
}
static inline void page_mapping_removed(struct page *page)
{
    if (atomic_add_negative(-1, &page->mapcount))
        vm_counter_add(page_flag_test(page, PG_ANON) ? NR_ANON_MAPPED : NR_FILE_MAPPED, -1);
}
/* The sum, never below 0. */
unsigned long vm_counter_read(enum vm_counter which);

/* /proc/meminfo, in pages. */
struct vm_meminfo {
    unsigned long total, free, available, buffers, cached, swap_cached;
    unsigned long active_anon, inactive_anon, active_file, inactive_file, unevictable, mlocked;
    unsigned long swap_total, swap_free, dirty, writeback, anon_pages, mapped, shmem;
    unsigned long slab_reclaimable, slab_unreclaimable, kernel_stack_kb, page_tables;
    unsigned long vmalloc_total, vmalloc_used, commit_limit, committed;
    unsigned long page_array_pages; /* what struct page takes; not in total */
};
void vm_meminfo_read(struct vm_meminfo *info);

/* /proc/buddyinfo: free blocks of each order, one row a zone. */
struct vm_buddyinfo {
    const char *zone;
    unsigned long nr_free[NR_PAGE_ORDERS];
};
/* False when there is no zone i; a zone without pages is skipped by the caller (present 0). */
bool vm_buddyinfo_read(unsigned int i, struct vm_buddyinfo *info);

/* /proc/zoneinfo. */
struct vm_zoneinfo {
    const char *name;
    unsigned long free, min, low, high, spanned, present, managed;
    unsigned long nr_lru[NR_LRU_LISTS];
    pfn_t start_pfn;
    struct {
        unsigned long count, high, batch;
    } per_cpu[NR_CPUS_MAX];
};
bool vm_zoneinfo_read(unsigned int i, struct vm_zoneinfo *info);

/* /proc/slabinfo, one row a cache. */
struct vm_slabinfo {
    const char *name;
    unsigned long active_objects, nr_objects, object_size, objects_per_slab, pages_per_slab;
    unsigned long limit, batch, active_slabs, nr_slabs;
};
/* Row i in order of creation; false past the end. May sleep. */
bool vm_slabinfo_read(unsigned int i, struct vm_slabinfo *info);
#endif
