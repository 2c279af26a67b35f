/* SPDX-License-Identifier: MIT */
#include "kaslr.h"
#include "mem.h"

#include <abi/boot.h>

#define LOWEST_ADDRESS  0x1000000ULL
#define ADDRESS_LIMIT   (1ULL << 52) /* no x86-64 has physical addresses from here up */
#define MIN_DESC_STRIDE sizeof(struct boot_mem_desc)

static size_t map_count(const struct memory_map *map)
{
    return map->stride < MIN_DESC_STRIDE ? 0 : map->size / map->stride;
}

static struct boot_mem_desc map_desc(const struct memory_map *map, size_t index)
{
    struct boot_mem_desc desc;

    memcpy(&desc, map->descs + index * map->stride, sizeof(desc));
    return desc;
}

/* The end of a region, or 0 for one that cannot be. */
static uint64_t desc_end(const struct boot_mem_desc *desc)
{
    if (desc->phys_start >= ADDRESS_LIMIT ||
        desc->nr_pages > (ADDRESS_LIMIT - desc->phys_start) / PAGE_SIZE)
        return 0;
    return desc->phys_start + desc->nr_pages * PAGE_SIZE;
}

static uint64_t desc_slots(const struct boot_mem_desc *desc, uint64_t size, uint64_t *first)
{
    uint64_t end = desc_end(desc);
    uint64_t start = desc->phys_start < LOWEST_ADDRESS ? LOWEST_ADDRESS : desc->phys_start;

    start = ROUND_UP(start, BOOT_KERNEL_ALIGN);
    *first = start;
    if (desc->type != BOOT_MEM_CONVENTIONAL || end <= start || end - start < size)
        return 0;
    return (end - start - size) / BOOT_KERNEL_ALIGN + 1;
}

uint64_t kaslr_nr_slots(const struct memory_map *map, uint64_t size)
{
    uint64_t nr = 0;

    for (size_t i = 0; i < map_count(map); i++) {
        struct boot_mem_desc desc = map_desc(map, i);
        uint64_t first;

        nr += desc_slots(&desc, size, &first);
    }
    return nr;
}

uint64_t kaslr_slot(const struct memory_map *map, uint64_t size, uint64_t index)
{
    for (size_t i = 0; i < map_count(map); i++) {
        struct boot_mem_desc desc = map_desc(map, i);
        uint64_t first;
        uint64_t nr = desc_slots(&desc, size, &first);

        if (index < nr)
            return first + index * BOOT_KERNEL_ALIGN;
        index -= nr;
    }
    return 0;
}

uint64_t kaslr_slide(uint64_t size, uint64_t random)
{
    uint64_t room = BOOT_KERNEL_WINDOW_SIZE - size;

    return random % (room / BOOT_KERNEL_ALIGN + 1) * BOOT_KERNEL_ALIGN;
}

static bool is_device(uint32_t type)
{
    return type == BOOT_MEM_MMIO || type == BOOT_MEM_MMIO_PORT || type == BOOT_MEM_RESERVED ||
           type == BOOT_MEM_UNUSABLE;
}

uint64_t memory_map_end(const struct memory_map *map)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < map_count(map); i++) {
        struct boot_mem_desc desc = map_desc(map, i);
        uint64_t end = is_device(desc.type) ? 0 : desc_end(&desc);

        if (end > highest)
            highest = end;
    }
    return highest;
}
