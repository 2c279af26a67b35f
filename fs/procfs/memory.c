/* SPDX-License-Identifier: MIT */
/* /proc/meminfo, vmstat, buddyinfo, zoneinfo, slabinfo, swaps: where memory is. */
#include <kernel/mm/page.h>
#include <kernel/mm/vmstat.h>
#include <kernel/sync/mutex.h>
#include <kernel/vfs/proc.h>
#include <kernel/vfs/seq_file.h>

#define PAGE_KIB (PAGE_SIZE / 1024)

static void kib_line(struct seq_file *m, const char *name, unsigned long kib)
{
    /* The value stands in columns 16 to 24, whatever the name's length. */
    seq_printf(m, "%-16s%8lu kB\n", name, kib);
}

static int meminfo_show(struct seq_file *m, void *arg)
{
    struct vm_meminfo i;

    vm_meminfo_read(&i);
    const struct {
        const char *name;
        unsigned long pages;
    } lines[] = {
        {"MemTotal:", i.total},
        {"MemFree:", i.free},
        {"MemAvailable:", i.available},
        {"Buffers:", i.buffers},
        {"Cached:", i.cached},
        {"SwapCached:", i.swap_cached},
        {"Active:", i.active_anon + i.active_file},
        {"Inactive:", i.inactive_anon + i.inactive_file},
        {"Active(anon):", i.active_anon},
        {"Inactive(anon):", i.inactive_anon},
        {"Active(file):", i.active_file},
        {"Inactive(file):", i.inactive_file},
        {"Unevictable:", i.unevictable},
        {"Mlocked:", i.mlocked},
        {"SwapTotal:", i.swap_total},
        {"SwapFree:", i.swap_free},
        {"Dirty:", i.dirty},
        {"Writeback:", i.writeback},
        {"AnonPages:", i.anon_pages},
        {"Mapped:", i.mapped},
        {"Shmem:", i.shmem},
        {"KReclaimable:", i.slab_reclaimable},
        {"Slab:", i.slab_reclaimable + i.slab_unreclaimable},
        {"SReclaimable:", i.slab_reclaimable},
        {"SUnreclaim:", i.slab_unreclaimable},
        {"KernelStack:", i.kernel_stack_kb / PAGE_KIB},
        {"PageTables:", i.page_tables},
        {"CommitLimit:", i.commit_limit},
        {"Committed_AS:", i.committed},
        {"VmallocTotal:", i.vmalloc_total},
        {"VmallocUsed:", i.vmalloc_used},
    };

    for (size_t n = 0; n < ARRAY_SIZE(lines); n++)
        kib_line(m, lines[n].name, lines[n].pages * PAGE_KIB);
    return 0;
}

static const struct proc_file proc_meminfo = {.path = "meminfo", .show = meminfo_show};
PROC_FILE(proc_meminfo);

static int vmstat_show(struct seq_file *m, void *arg)
{
    seq_printf(m, "nr_free_pages %lu\n", nr_free_pages());
    for (unsigned int i = 0; i < NR_VM_COUNTERS; i++)
        seq_printf(m, "%s %lu\n", vm_counter_names[i], vm_counter_read((enum vm_counter)i));
    return 0;
}

static const struct proc_file proc_vmstat = {.path = "vmstat", .show = vmstat_show};
PROC_FILE(proc_vmstat);

static int buddyinfo_show(struct seq_file *m, void *arg)
{
    struct vm_buddyinfo info;

    for (unsigned int i = 0; vm_buddyinfo_read(i, &info); i++) {
        seq_printf(m, "Node 0, zone %8s ", info.zone);
        for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
            seq_printf(m, "%6lu ", info.nr_free[order]);
        seq_putc(m, '\n');
    }
    return 0;
}

static const struct proc_file proc_buddyinfo = {.path = "buddyinfo", .show = buddyinfo_show};
PROC_FILE(proc_buddyinfo);

static void zone_show(struct seq_file *m, const struct vm_zoneinfo *z)
{
    static const char *const lru_names[NR_LRU_LISTS] = {
        "nr_zone_inactive_anon", "nr_zone_active_anon", "nr_zone_inactive_file",
        "nr_zone_active_file", "nr_zone_unevictable"};
    unsigned int cpu;

    seq_printf(m, "Node 0, zone %8s\n  pages free     %lu\n        min      %lu\n", z->name,
               z->free, z->min);
    seq_printf(m, "        low      %lu\n        high     %lu\n        spanned  %lu\n", z->low,
               z->high, z->spanned);
    seq_printf(m, "        present  %lu\n        managed  %lu\n", z->present, z->managed);
    seq_printf(m, "      nr_free_pages %lu\n", z->free);
    for (unsigned int i = 0; i < NR_LRU_LISTS; i++)
        seq_printf(m, "      %s %lu\n", lru_names[i], z->nr_lru[i]);
    seq_puts(m, "  pagesets\n");
    for_each_online_cpu (cpu)
        seq_printf(m,
                   "    cpu: %u\n              count: %lu\n              high:  %lu\n"
                   "              batch: %lu\n",
                   cpu, z->per_cpu[cpu].count, z->per_cpu[cpu].high, z->per_cpu[cpu].batch);
    seq_printf(m, "  node_unreclaimable:  0\n  start_pfn:           %llu\n", z->start_pfn);
}

static DEFINE_MUTEX(zoneinfo_lock);

static int zoneinfo_show(struct seq_file *m, void *arg)
{
    static struct vm_zoneinfo info; /* too large for the stack; zoneinfo_lock */

    mutex_lock(&zoneinfo_lock);
    for (unsigned int i = 0; vm_zoneinfo_read(i, &info); i++) {
        if (info.present)
            zone_show(m, &info);
    }
    mutex_unlock(&zoneinfo_lock);
    return 0;
}

static const struct proc_file proc_zoneinfo = {.path = "zoneinfo", .show = zoneinfo_show};
PROC_FILE(proc_zoneinfo);

static int slabinfo_show(struct seq_file *m, void *arg)
{
    struct vm_slabinfo s;

    seq_puts(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
                "<objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
                "slabdata <active_slabs> <num_slabs> <sharedavail>\n");
    for (unsigned int i = 0; vm_slabinfo_read(i, &s); i++)
        seq_printf(m,
                   "%-17s %6lu %6lu %6lu %4lu %4lu : tunables %4lu %4lu    0 : slabdata %6lu %6lu "
                   "     0\n",
                   s.name, s.active_objects, s.nr_objects, s.object_size, s.objects_per_slab,
                   s.pages_per_slab, s.limit, s.batch, s.active_slabs, s.nr_slabs);
    return 0;
}

static const struct proc_file proc_slabinfo = {
    .path = "slabinfo", .mode = 0400, .show = slabinfo_show};
PROC_FILE(proc_slabinfo);

/* There is no swap yet: the heading alone, as Linux shows it then. */
static int swaps_show(struct seq_file *m, void *arg)
{
    seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return 0;
}

static const struct proc_file proc_swaps = {.path = "swaps", .show = swaps_show};
PROC_FILE(proc_swaps);
