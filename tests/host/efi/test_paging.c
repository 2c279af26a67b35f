/* SPDX-License-Identifier: MIT */
// sources: efi/paging.c efi/kaslr.c tests/host/efi/host_mem.c
// cflags: -Iefi
#include "kaslr.h"
#include "mem.h"
#include "paging.h"

#include <abi/boot.h>

#include "ktap.h"

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)

/* Table pages are not given back by the loader either: the kernel reclaims them. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static bool maps_to(const struct page_tables *tables, uint64_t virt, uint64_t expected,
                    unsigned expected_flags)
{
    uint64_t phys;
    unsigned flags;

    return paging_lookup(tables, virt, &phys, &flags) && phys == expected &&
           flags == expected_flags;
}

static bool is_unmapped(const struct page_tables *tables, uint64_t virt)
{
    uint64_t phys;
    unsigned flags;

    return !paging_lookup(tables, virt, &phys, &flags);
}

static void map_like_the_loader(int levels, bool large_1g)
{
    const uint64_t kernel = BOOT_KERNEL_LINK_BASE + 42 * BOOT_KERNEL_ALIGN;
    struct page_tables tables;

    ASSERT_EQ(paging_init(&tables, levels, large_1g), 0);
    ASSERT_EQ(paging_map(&tables, BOOT_DIRECT_MAP_BASE, 0, 5 * GIB, PAGING_WRITE), 0);
    ASSERT_EQ(paging_map(&tables, kernel, 0x4200000, 0x3000, PAGING_EXECUTE), 0);
    ASSERT_EQ(paging_map(&tables, kernel + 0x3000, 0x4203000, 2 * MIB, 0), 0);
    ASSERT_EQ(paging_map(&tables, 0x7f123000, 0x7f123000, 0x1000, PAGING_EXECUTE), 0);
    EXPECT_TRUE(maps_to(&tables, BOOT_DIRECT_MAP_BASE, 0, PAGING_WRITE));
    EXPECT_TRUE(maps_to(&tables, BOOT_DIRECT_MAP_BASE + 5 * GIB - 1, 5 * GIB - 1, PAGING_WRITE));
    EXPECT_TRUE(is_unmapped(&tables, BOOT_DIRECT_MAP_BASE + 5 * GIB));
    EXPECT_TRUE(is_unmapped(&tables, BOOT_DIRECT_MAP_BASE - 1));
    EXPECT_TRUE(maps_to(&tables, kernel + 0x2abc, 0x4202abc, PAGING_EXECUTE));
    EXPECT_TRUE(maps_to(&tables, kernel + 0x3000, 0x4203000, 0));
    EXPECT_TRUE(maps_to(&tables, kernel + 2 * MIB + 0x2fff, 0x4402fff, 0));
    EXPECT_TRUE(is_unmapped(&tables, kernel + 2 * MIB + 0x3000));
    EXPECT_TRUE(is_unmapped(&tables, kernel - 1));
    EXPECT_TRUE(maps_to(&tables, 0x7f123fff, 0x7f123fff, PAGING_EXECUTE));
    EXPECT_TRUE(is_unmapped(&tables, 0x7f124000));
    EXPECT_TRUE(is_unmapped(&tables, 0));
}

TEST(four_levels_map_what_they_should)
{
    map_like_the_loader(4, false);
    map_like_the_loader(4, true);
}

TEST(five_levels_map_what_they_should)
{
    map_like_the_loader(5, false);
    map_like_the_loader(5, true);
}

TEST(large_pages_are_used_only_where_they_fit)
{
    struct page_tables tables;

    ASSERT_EQ(paging_init(&tables, 4, true), 0);
    /* From 4 KiB below 2 MiB: a small page, large ones up to 1 GiB, a huge one, a small one. */
    ASSERT_EQ(paging_map(&tables, 2 * MIB - 0x1000, 2 * MIB - 0x1000, 2 * GIB, PAGING_WRITE), 0);
    EXPECT_TRUE(is_unmapped(&tables, 2 * MIB - 0x1001));
    for (uint64_t at = 2 * MIB - 0x1000; at < 2 * GIB; at += 123 * 0x1000 + 8)
        EXPECT_TRUE(maps_to(&tables, at, at, PAGING_WRITE));
    EXPECT_TRUE(is_unmapped(&tables, 2 * GIB + 2 * MIB - 0x1000));
}

TEST(nothing_is_mapped_twice)
{
    struct page_tables tables;

    ASSERT_EQ(paging_init(&tables, 4, true), 0);
    ASSERT_EQ(paging_map(&tables, GIB, 0, GIB, 0), 0);
    EXPECT_EQ(paging_map(&tables, GIB, 0, GIB, 0), -EEXIST);
    EXPECT_EQ(paging_map(&tables, GIB + 0x5000, 0, 0x1000, 0), -EEXIST);
    ASSERT_EQ(paging_map(&tables, 0x5000, 0x5000, 0x1000, 0), 0);
    EXPECT_EQ(paging_map(&tables, 0, 0, 2 * MIB, 0), -EEXIST);
}

/* --- where the kernel goes ---------------------------------------------------------------- */

#define STRIDE 48

static struct memory_map map_of(uint8_t *buf, const struct boot_mem_desc *descs, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        memcpy(buf + i * STRIDE, &descs[i], sizeof(descs[i]));
    return (struct memory_map){.descs = buf, .size = nr * STRIDE, .stride = STRIDE};
}

static const struct boot_mem_desc machine[] = {
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0x1000000, .nr_pages = 6 * MIB / 4096},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0, .nr_pages = 160},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0x100000, .nr_pages = 17 * MIB / 4096},
    {.type = BOOT_MEM_BOOT_SERVICES_DATA, .phys_start = 0x10000000, .nr_pages = 0x10000},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0x20001000, .nr_pages = 4 * MIB / 4096},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0x30000000, .nr_pages = 0},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = 0x30000000, .nr_pages = UINT64_MAX},
    {.type = BOOT_MEM_CONVENTIONAL, .phys_start = UINT64_MAX - 0xfff, .nr_pages = 100},
    {.type = BOOT_MEM_MMIO, .phys_start = 1ULL << 46, .nr_pages = 0x10000},
    {.type = BOOT_MEM_RUNTIME_SERVICES_DATA, .phys_start = 0x7f000000, .nr_pages = 0x100},
};

TEST(slots_are_aligned_free_memory_above_16_mib)
{
    uint8_t buf[sizeof(machine) / sizeof(machine[0]) * STRIDE];
    struct memory_map map = map_of(buf, machine, sizeof(machine) / sizeof(machine[0]));

    /* 3 MiB fit at 16 and 18 MiB of the first region only. */
    EXPECT_EQ(kaslr_nr_slots(&map, 3 * MIB), 2);
    EXPECT_EQ(kaslr_slot(&map, 3 * MIB, 0), 0x1000000);
    EXPECT_EQ(kaslr_slot(&map, 3 * MIB, 1), 0x1200000);
    EXPECT_EQ(kaslr_slot(&map, 3 * MIB, 2), 0);
    /* 2 MiB also fit at 20 MiB, at 16 MiB in the third region's end, and at 0x20200000. */
    EXPECT_EQ(kaslr_nr_slots(&map, 2 * MIB), 5);
    EXPECT_EQ(kaslr_slot(&map, 2 * MIB, 2), 0x1400000);
    EXPECT_EQ(kaslr_slot(&map, 2 * MIB, 3), 0x1000000);
    EXPECT_EQ(kaslr_slot(&map, 2 * MIB, 4), 0x20200000);
    EXPECT_EQ(kaslr_nr_slots(&map, 100 * MIB), 0);
}

TEST(senseless_maps_have_no_slots)
{
    uint8_t buf[STRIDE];
    struct memory_map map = map_of(buf, machine, 1);

    map.stride = 39;
    EXPECT_EQ(kaslr_nr_slots(&map, MIB), 0);
    map.stride = 0;
    EXPECT_EQ(kaslr_nr_slots(&map, MIB), 0);
    EXPECT_EQ(memory_map_end(&map), 0);
}

TEST(the_end_of_memory_leaves_devices_out)
{
    uint8_t buf[sizeof(machine) / sizeof(machine[0]) * STRIDE];
    struct memory_map map = map_of(buf, machine, sizeof(machine) / sizeof(machine[0]));

    EXPECT_EQ(memory_map_end(&map), 0x7f100000);
}

TEST(slides_stay_in_the_window)
{
    const uint64_t sizes[] = {0x1000, 3 * MIB, BOOT_KERNEL_WINDOW_SIZE};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t largest = 0;

        for (uint64_t random = 0; random < 4096; random++) {
            uint64_t slide = kaslr_slide(sizes[i], random * 0x9e3779b97f4a7c15);

            EXPECT_EQ(slide % BOOT_KERNEL_ALIGN, 0);
            EXPECT_LE(slide + sizes[i], BOOT_KERNEL_WINDOW_SIZE);
            largest = slide > largest ? slide : largest;
        }
        EXPECT_TRUE(i == 2 ? largest == 0 : largest > BOOT_KERNEL_WINDOW_SIZE / 2);
    }
}
