/* SPDX-License-Identifier: MIT */
/* /sys/devices/system and what else is no device: processors, memory's node, the kernel's own. */
#include <kernel/arch/percpu.h>
#include <kernel/lib/bitmap.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmstat.h>
#include <kernel/vfs/sysfs.h>

#define PAGE_KIB (PAGE_SIZE / 1024)

/* --- masks of processors --- */

static ssize_t mask_list(u64 mask, char *buf)
{
    unsigned long word = mask;
    int n = bitmap_print_list(buf, PAGE_SIZE - 2, &word, NR_CPUS_MAX);

    buf[n++] = '\n';
    return n;
}

static ssize_t online_show(const struct sysfs_file *file, char *buf)
{
    return mask_list(READ_ONCE(cpu_online_mask), buf);
}

static ssize_t possible_show(const struct sysfs_file *file, char *buf)
{
    return mask_list(cpu_possible_mask, buf);
}

static ssize_t offline_show(const struct sysfs_file *file, char *buf)
{
    return mask_list(cpu_possible_mask & ~READ_ONCE(cpu_online_mask), buf);
}

static ssize_t kernel_max_show(const struct sysfs_file *file, char *buf)
{
    return scnprintf(buf, PAGE_SIZE, "%d\n", NR_CPUS_MAX - 1);
}

static ssize_t none_show(const struct sysfs_file *file, char *buf)
{
    buf[0] = '\n';
    return 1;
}

static const struct sysfs_file cpu_online = {"devices/system/cpu/online", 0444, online_show};
SYSFS_FILE(cpu_online);
static const struct sysfs_file cpu_possible = {"devices/system/cpu/possible", 0444, possible_show};
SYSFS_FILE(cpu_possible);
static const struct sysfs_file cpu_present = {"devices/system/cpu/present", 0444, possible_show};
SYSFS_FILE(cpu_present);
static const struct sysfs_file cpu_offline = {"devices/system/cpu/offline", 0444, offline_show};
SYSFS_FILE(cpu_offline);
static const struct sysfs_file cpu_isolated = {"devices/system/cpu/isolated", 0444, none_show};
SYSFS_FILE(cpu_isolated);
static const struct sysfs_file cpu_kernel_max = {"devices/system/cpu/kernel_max", 0444,
                                                 kernel_max_show};
SYSFS_FILE(cpu_kernel_max);

/* --- one node of memory with everything --- */

static ssize_t node_list_show(const struct sysfs_file *file, char *buf)
{
    return scnprintf(buf, PAGE_SIZE, "0\n");
}

static ssize_t node_cpumap_show(const struct sysfs_file *file, char *buf)
{
    unsigned long word = cpu_possible_mask;
    int n = bitmap_print_hex(buf, PAGE_SIZE - 2, &word, nr_cpus);

    buf[n++] = '\n';
    return n;
}

static ssize_t node_meminfo_show(const struct sysfs_file *file, char *buf)
{
    struct vm_meminfo i;

    vm_meminfo_read(&i);
    return scnprintf(buf, PAGE_SIZE,
                     "Node 0 MemTotal:       %8lu kB\n"
                     "Node 0 MemFree:        %8lu kB\n"
                     "Node 0 MemUsed:        %8lu kB\n"
                     "Node 0 FilePages:      %8lu kB\n"
                     "Node 0 AnonPages:      %8lu kB\n"
                     "Node 0 Slab:           %8lu kB\n",
                     i.total * PAGE_KIB, i.free * PAGE_KIB, (i.total - i.free) * PAGE_KIB,
                     i.cached * PAGE_KIB, i.anon_pages * PAGE_KIB,
                     (i.slab_reclaimable + i.slab_unreclaimable) * PAGE_KIB);
}

static const struct sysfs_file node_online = {"devices/system/node/online", 0444, node_list_show};
SYSFS_FILE(node_online);
static const struct sysfs_file node_possible = {"devices/system/node/possible", 0444,
                                                node_list_show};
SYSFS_FILE(node_possible);
static const struct sysfs_file node_has_cpu = {"devices/system/node/has_cpu", 0444, node_list_show};
SYSFS_FILE(node_has_cpu);
static const struct sysfs_file node_has_memory = {"devices/system/node/has_memory", 0444,
                                                  node_list_show};
SYSFS_FILE(node_has_memory);
static const struct sysfs_file node0_cpumap = {"devices/system/node/node0/cpumap", 0444,
                                               node_cpumap_show};
SYSFS_FILE(node0_cpumap);
static const struct sysfs_file node0_cpulist = {"devices/system/node/node0/cpulist", 0444,
                                                possible_show};
SYSFS_FILE(node0_cpulist);
static const struct sysfs_file node0_meminfo = {"devices/system/node/node0/meminfo", 0444,
                                                node_meminfo_show};
SYSFS_FILE(node0_meminfo);

/* --- places for others' mounts --- */

static const struct sysfs_file fs_cgroup = {.path = "fs/cgroup/"};
SYSFS_FILE(fs_cgroup);
static const struct sysfs_file kernel_debug = {.path = "kernel/debug/"};
SYSFS_FILE(kernel_debug);
