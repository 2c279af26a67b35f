/* SPDX-License-Identifier: MIT */
/*
 * A machine for the memory tests: RAM behind the direct map, a firmware map made by the test, and
 * page tables that are the host's.
 */
#ifndef TESTS_HOST_MM_MACHINE_H
#define TESTS_HOST_MM_MACHINE_H

#include <kernel/arch/paging.h>
#include <kernel/mm/init.h>
#include <kernel/mm/page.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MACHINE_RAM      (16UL << 30) /* addresses backed on demand */
#define MACHINE_MAX_DESC 5000

extern struct boot_info *machine_info;
extern u64 machine_rng;

static inline u64 machine_random(u64 below)
{
    machine_rng ^= machine_rng << 13;
    machine_rng ^= machine_rng >> 7;
    machine_rng ^= machine_rng << 17;
    return machine_rng % below;
}

static inline void machine_back(unsigned long base, size_t size)
{
    void *p = mmap((void *)base, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)base) {
        perror("mmap");
        exit(1);
    }
}

/* Runs mm_init() on the map. */
void machine_boot(void);

/* RAM, and boot_info at 1 MiB with room for the map behind it; stride apart. */
static inline void machine_start(u32 stride)
{
    machine_back(DIRECT_MAP_BASE, MACHINE_RAM);
    machine_info = phys_to_virt(1 << 20);
    *machine_info = (struct boot_info){
        .magic = BOOT_INFO_MAGIC,
        .version = BOOT_INFO_VERSION,
        .size_bytes = sizeof(struct boot_info),
        .kernel_phys = 2 << 20,
        .kernel_size = 1 << 20,
        .mem_map = (1 << 20) + PAGE_SIZE,
        .mem_map_stride = stride,
    };
}

static inline void machine_desc(u32 type, u64 start, u64 size, u64 attributes)
{
    struct boot_mem_desc d = {.type = type,
                              .phys_start = start,
                              .nr_pages = size >> PAGE_SHIFT,
                              .attributes = attributes};

    memcpy(phys_to_virt(machine_info->mem_map +
                        (u64)machine_info->mem_map_count++ * machine_info->mem_map_stride),
           &d, sizeof(d));
}

/* Conventional memory up to size but for the first MiBs, which the loader holds. */
static inline void machine_plain(u64 size)
{
    machine_start(48);
    machine_desc(BOOT_MEM_CONVENTIONAL, 0, 0xa0000, 0);
    machine_desc(BOOT_MEM_LOADER_DATA, 1 << 20, 1 << 20, 0);
    machine_desc(BOOT_MEM_LOADER_CODE, 2 << 20, 1 << 20, 0);
    machine_desc(BOOT_MEM_CONVENTIONAL, 3 << 20, size - (3 << 20), 0);
}
#endif
