// SPDX-License-Identifier: MIT
// sources: kernel/mm/early_alloc.c kernel/mm/early_map.c kernel/lib/sort.c
/* The firmware's map and the boot-time allocator, against a model of one byte a page. */
#include "machine.h"

#include "../../../kernel/mm/early.h"

#include <ktap.h>

struct boot_info *machine_info;
u64 machine_rng = 1;

#define MODEL_PAGES (1UL << 20) /* 4 GiB */

enum { HOLE, FREE, LATER, OTHER };
static u8 model[MODEL_PAGES];

static u8 model_kind(u32 type, u64 attributes)
{
    if (attributes & BOOT_MEM_ATTR_RUNTIME)
        return OTHER;
    switch (type) {
    case BOOT_MEM_CONVENTIONAL: return FREE;
    case BOOT_MEM_LOADER_CODE:
    case BOOT_MEM_LOADER_DATA:
    case BOOT_MEM_BOOT_SERVICES_CODE:
    case BOOT_MEM_BOOT_SERVICES_DATA: return LATER;
    default: return OTHER;
    }
}

static void add(u32 type, u64 start, u64 size, u64 attributes)
{
    u8 kind = model_kind(type, attributes);

    machine_desc(type, start, size, attributes);
    for (u64 pfn = start >> 12; pfn < MODEL_PAGES && pfn < (start + size) >> 12; pfn++)
        if (model[pfn] < kind)
            model[pfn] = kind;
}

static void check_regions(void)
{
    paddr_t last = 0;
    u64 pfn = 0;

    for (unsigned int i = 0; i < mem_region_count(); i++) {
        const struct mem_region *r = mem_region_get(i);

        ASSERT_TRUE(r->start >= last && r->start < r->end);
        ASSERT_EQ(r->start & 4095, 0);
        for (; pfn < r->start >> 12 && pfn < MODEL_PAGES; pfn++)
            ASSERT_EQ(model[pfn], HOLE);
        for (; pfn < r->end >> 12 && pfn < MODEL_PAGES; pfn++)
            ASSERT_EQ(model[pfn], r->type == BOOT_MEM_CONVENTIONAL ? FREE
                                  : mem_region_is_usable(r)        ? LATER
                                                                   : OTHER);
        last = r->end;
    }
}

TEST(plain_map_becomes_regions)
{
    machine_start(40);
    add(BOOT_MEM_CONVENTIONAL, 16 << 20, 64 << 20, 0);
    add(BOOT_MEM_LOADER_DATA, 1 << 20, 15 << 20, 0);
    mm_early_init(machine_info);
    ASSERT_EQ(mem_region_count(), 2);
    check_regions();
    EXPECT_EQ(mem_ram_end(), 80 << 20);
}

TEST(overlap_takes_the_more_cautious_type)
{
    machine_start(48);
    add(BOOT_MEM_CONVENTIONAL, 0, 256 << 20, 0);
    add(BOOT_MEM_RESERVED, 32 << 20, 1 << 20, 0);
    add(BOOT_MEM_CONVENTIONAL, 31 << 20, 8 << 20, BOOT_MEM_ATTR_RUNTIME);
    add(0x80001234, 100 << 20, 4096, 0);
    mm_early_init(machine_info);
    check_regions();
}

TEST(empty_and_overflowing_entries_are_cut)
{
    machine_start(48);
    add(BOOT_MEM_CONVENTIONAL, 16 << 20, 64 << 20, 0);
    machine_desc(BOOT_MEM_CONVENTIONAL, 200 << 20, 0, 0);
    machine_desc(BOOT_MEM_RESERVED, ~0ULL << 12, 1 << 20, 0);
    ((struct boot_mem_desc *)phys_to_virt(machine_info->mem_map))[0].pad = 7;
    machine_desc(BOOT_MEM_MMIO, 1ULL << 51, ~0ULL, 0);
    mm_early_init(machine_info);
    ASSERT_EQ(mem_region_count(), 2);
    EXPECT_EQ(mem_region_get(1)->end, 1ULL << 52);
    EXPECT_EQ(mem_ram_end(), 80 << 20);
}

TEST(partial_pages_go_to_the_cautious_side)
{
    machine_start(48);
    machine_desc(BOOT_MEM_CONVENTIONAL, (16 << 20) + 100, 1 << 20, 0);
    machine_desc(BOOT_MEM_RESERVED, (32 << 20) + 100, 4096, 0);
    mm_early_init(machine_info);
    ASSERT_EQ(mem_region_count(), 2);
    EXPECT_EQ(mem_region_get(0)->start, (16 << 20) + 4096);
    EXPECT_EQ(mem_region_get(0)->end, 17 << 20);
    EXPECT_EQ(mem_region_get(1)->start, 32 << 20);
    EXPECT_EQ(mem_region_get(1)->end, (32 << 20) + 8192);
}

TEST(thousands_of_entries_agree_with_the_model)
{
    static const u32 types[] = {0, 1, 2, 3, 4,  5,  6,  7,  7,         7,
                                7, 7, 8, 9, 10, 11, 14, 15, 0x70000000};

    for (int round = 0; round < 3; round++) {
        if (round)
            munmap((void *)DIRECT_MAP_BASE, MACHINE_RAM);
        memset(model, 0, sizeof(model));
        machine_start(round ? 48 : 56);
        add(BOOT_MEM_CONVENTIONAL, 64 << 20, 16 << 20, 0);
        for (int i = 0; i < 4000; i++)
            add(types[machine_random(sizeof(types) / sizeof(*types))],
                (machine_random(1 << 19) << 12) + (96 << 20), machine_random(64) << 12,
                machine_random(50) ? 0 : BOOT_MEM_ATTR_RUNTIME);
        mm_early_init(machine_info);
        check_regions();
    }
}

TEST(no_memory_at_all_panics)
{
    machine_start(48);
    machine_desc(BOOT_MEM_RESERVED, 0, 1 << 30, 0);
    EXPECT_DEATH(mm_early_init(machine_info));
}

TEST(senseless_stride_panics)
{
    machine_start(48);
    add(BOOT_MEM_CONVENTIONAL, 16 << 20, 64 << 20, 0);
    machine_info->mem_map_stride = 16;
    EXPECT_DEATH(mm_early_init(machine_info));
}

static u8 taken[MODEL_PAGES];

static void take(paddr_t start, u64 size)
{
    for (u64 pfn = start >> 12; pfn < (start + size + 4095) >> 12; pfn++) {
        ASSERT_EQ(taken[pfn], 0);
        taken[pfn] = 1;
    }
}

static u64 free_pages_seen;
static paddr_t last_free_end;

static void see_free(paddr_t start, paddr_t end)
{
    ASSERT_TRUE(start > last_free_end || last_free_end == 0);
    last_free_end = end;
    for (u64 pfn = start >> 12; pfn < end >> 12; pfn++) {
        ASSERT_EQ(taken[pfn], 0);
        ASSERT_TRUE(model[pfn] == FREE || model[pfn] == LATER);
        free_pages_seen++;
    }
}

TEST(early_alloc_never_gives_what_is_taken)
{
    u64 want = 0;

    machine_start(48);
    add(BOOT_MEM_LOADER_DATA, 1 << 20, 3 << 20, 0);
    add(BOOT_MEM_CONVENTIONAL, 0, 640 << 10, 0);
    for (int i = 1; i < 20; i++) {
        add(BOOT_MEM_CONVENTIONAL, (u64)i << 24, 12 << 20, 0);
        add(BOOT_MEM_BOOT_SERVICES_DATA, ((u64)i << 24) + (12 << 20), 2 << 20, 0);
    }
    machine_info->initrd = (33 << 20) + 5;
    machine_info->initrd_size = 3000000;
    machine_info->low_page = 0x8000;
    machine_info->cmdline = (40 << 20) + 4000;
    machine_info->cmdline_size = 200;
    mm_early_init(machine_info);
    take(0, 4096);
    take(2 << 20, 1 << 20);
    take(1 << 20, 4096 + machine_info->mem_map_count * 48);
    take(33 << 20, 3000005);
    take(0x8000, 4096);
    take(40 << 20, 8192);
    take(virt_to_phys(mem_region_get(0)), mem_region_count() * sizeof(struct mem_region));
    for (int i = 0; i < 600; i++) {
        size_t size = machine_random(10) ? 4096 : machine_random(200000) + 1;
        size_t align = 4096UL << machine_random(8);
        paddr_t p = early_alloc(size, align);

        ASSERT_EQ(p & (align - 1), 0);
        ASSERT_EQ(model[p >> 12], FREE);
        take(p, size);
        for (size_t b = 0; b < size; b += 512)
            ASSERT_EQ(*(u8 *)phys_to_virt(p + b), 0);
        memset(phys_to_virt(p), 0xff, size);
    }
    early_for_each_free(see_free);
    for (u64 pfn = 0; pfn < MODEL_PAGES; pfn++)
        want += (model[pfn] == FREE || model[pfn] == LATER) && !taken[pfn];
    /* The list of reserved ranges may have moved to memory of its own. */
    EXPECT_TRUE(want - free_pages_seen <= 8);
}

TEST(early_alloc_respects_limit_and_offset)
{
    paddr_t p;

    machine_start(48);
    add(BOOT_MEM_CONVENTIONAL, 16 << 20, 64 << 20, 0);
    machine_desc(BOOT_MEM_CONVENTIONAL, 4ULL << 30, 64 << 20, 0);
    mm_early_init(machine_info);
    EXPECT_TRUE(early_alloc(4096, 4096) < 4ULL << 30);
    early_set_limit(5ULL << 30);
    EXPECT_TRUE(early_alloc(4096, 4096) > 4ULL << 30);
    p = early_alloc_raw(3 << 20, 2 << 20, 0x5000);
    EXPECT_EQ(p & ((2 << 20) - 1), 0x5000);
    EXPECT_EQ(early_alloc_raw(1ULL << 40, 4096, 0), ~0ULL);
    EXPECT_DEATH(early_alloc(1ULL << 40, 4096));
}
