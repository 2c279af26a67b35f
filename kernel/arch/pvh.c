// SPDX-License-Identifier: MIT
/*
 * Fills struct boot_info from the PVH start information (Xen public/arch-x86/hvm/start_info.h
 * describes the layout). Runs on the boot processor before anything else of the kernel.
 */
#include "boot.h"

#include <abi/boot.h>
#include <kernel/arch/paging.h>
#include <kernel/base/sections.h>
#include <kernel/lib/string.h>

#define HVM_START_MAGIC 0x336ec578U

struct hvm_start_info {
    u32 magic, version, flags, nr_modules;
    u64 modlist_paddr, cmdline_paddr, rsdp_paddr;
    u64 memmap_paddr; /* version 1 */
    u32 memmap_entries, reserved;
};

struct hvm_module {
    u64 paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry {
    u64 addr, size;
    u32 type, reserved;
};

#define PVH_MAP_MAX     128
#define PVH_CMDLINE_MAX 4096

static struct boot_info pvh_info __initdata;
static struct boot_mem_desc pvh_map[PVH_MAP_MAX] __initdata;
static char pvh_cmdline[PVH_CMDLINE_MAX] __initdata;

/* E820 types (ACPI 6.5, table 15.1) as memory types of the hand-over. */
static u32 __init mem_type(u32 e820)
{
    switch (e820) {
    case 1: return BOOT_MEM_CONVENTIONAL;
    case 3: return BOOT_MEM_ACPI_RECLAIM;
    case 4: return BOOT_MEM_ACPI_NVS;
    case 5: return BOOT_MEM_UNUSABLE;
    case 7: return BOOT_MEM_PERSISTENT;
    default: return BOOT_MEM_RESERVED;
    }
}

static void __init fill_map(const struct hvm_start_info *start)
{
    const struct hvm_memmap_entry *entry = phys_to_virt(start->memmap_paddr);
    u32 n = start->version >= 1 && start->memmap_paddr ? start->memmap_entries : 0;

    if (n > PVH_MAP_MAX)
        n = PVH_MAP_MAX;
    for (u32 i = 0; i < n; i++) {
        u64 begin = entry[i].addr, end = entry[i].addr + entry[i].size;
        bool ram = entry[i].type == 1;

        /* Pages that are only partly memory are not memory. */
        begin = ram ? ALIGN(begin, PAGE_SIZE) : ALIGN_DOWN(begin, PAGE_SIZE);
        end = ram ? ALIGN_DOWN(end, PAGE_SIZE) : ALIGN(end, PAGE_SIZE);
        pvh_map[i].type = mem_type(entry[i].type);
        pvh_map[i].phys_start = begin;
        pvh_map[i].nr_pages = end > begin ? (end - begin) >> PAGE_SHIFT : 0;
    }
    pvh_info.mem_map = image_to_phys_early(pvh_map);
    pvh_info.mem_map_count = n;
    pvh_info.mem_map_stride = sizeof(pvh_map[0]);
    pvh_info.mem_map_desc_version = 1;
}

static void __init map_append(u32 type, u64 begin, u64 end)
{
    u32 n = pvh_info.mem_map_count;

    if (begin >= end || n == PVH_MAP_MAX)
        return;
    pvh_map[n].type = type;
    pvh_map[n].phys_start = begin;
    pvh_map[n].nr_pages = (end - begin) >> PAGE_SHIFT;
    pvh_info.mem_map_count = n + 1;
}

/*
 * QEMU puts the initrd below what it thinks firmware needs, and firmware (SeaBIOS, for the queues
 * of an NVMe disk, say) may have reserved more. It is done when the initrd is copied there: those
 * pages are the initrd's, and have to be mapped.
 */
static void __init claim_initrd(void)
{
    u64 first = ALIGN_DOWN(pvh_info.initrd, PAGE_SIZE);
    u64 last = ALIGN(pvh_info.initrd + pvh_info.initrd_size, PAGE_SIZE);
    u32 n = pvh_info.mem_map_count;

    for (u32 i = 0; i < n; i++) {
        u64 begin = pvh_map[i].phys_start, end = begin + (pvh_map[i].nr_pages << PAGE_SHIFT);

        if (pvh_map[i].type != BOOT_MEM_RESERVED || end <= first || begin >= last)
            continue;
        map_append(BOOT_MEM_RESERVED, begin, max(begin, first));
        map_append(BOOT_MEM_RESERVED, min(end, last), end);
        pvh_map[i].type = BOOT_MEM_LOADER_DATA;
        pvh_map[i].phys_start = max(begin, first);
        pvh_map[i].nr_pages = (min(end, last) - max(begin, first)) >> PAGE_SHIFT;
    }
}

static void __init fill_cmdline(const struct hvm_start_info *start)
{
    size_t len = 0;

    if (start->cmdline_paddr) {
        const char *text = phys_to_virt(start->cmdline_paddr);

        len = strnlen(text, PVH_CMDLINE_MAX - 1);
        memcpy(pvh_cmdline, text, len);
    }
    pvh_info.cmdline = image_to_phys_early(pvh_cmdline);
    pvh_info.cmdline_size = len;
}

paddr_t __init image_to_phys_early(const void *p)
{
    return (paddr_t)p - BOOT_KERNEL_LINK_BASE + PVH_LOAD_BASE;
}

struct boot_info *__init pvh_fill_boot_info(u64 start_paddr)
{
    const struct hvm_start_info *start = phys_to_virt(start_paddr);

    pvh_info.magic = BOOT_INFO_MAGIC;
    pvh_info.version = BOOT_INFO_VERSION;
    pvh_info.size_bytes = sizeof(pvh_info);
    pvh_info.flags = BOOT_FLAG_PVH;
    pvh_info.kernel_phys = PVH_LOAD_BASE;
    pvh_info.kernel_virt = BOOT_KERNEL_LINK_BASE;
    pvh_info.kernel_size = __image_end - __image_start;
    strscpy(pvh_info.loader, "PVH", sizeof(pvh_info.loader));
    pvh_info.nr_stamps = 1;
    strscpy(pvh_info.stamps[0].name, "kernel entry", BOOT_STAMP_NAME_SIZE);
    pvh_info.stamps[0].tsc = __builtin_ia32_rdtsc();
    if (start->magic == HVM_START_MAGIC) {
        fill_map(start);
        fill_cmdline(start);
        pvh_info.acpi_rsdp = start->rsdp_paddr;
        if (start->nr_modules) {
            const struct hvm_module *initrd = phys_to_virt(start->modlist_paddr);

            pvh_info.initrd = initrd->paddr;
            pvh_info.initrd_size = initrd->size;
            claim_initrd();
        }
    }
    /* The first page below 1 MiB that starting processors may use: not page 0. */
    pvh_info.low_page = 0x8000;
    return phys_to_virt(image_to_phys_early(&pvh_info));
}
