/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel goes: which physical slot, and how far up its virtual window.
 */
#ifndef EFI_KASLR_H
#define EFI_KASLR_H

#include "libc.h"

/** struct memory_map - the firmware's memory map, @stride bytes between struct boot_mem_desc. */
struct memory_map {
    uint8_t *descs;
    size_t size;
    size_t stride;
};

/**
 * kaslr_nr_slots() - how many places of BOOT_KERNEL_ALIGN alignment in free memory can take @size
 * bytes. Memory below 16 MiB, which old devices and firmware like, is left out.
 */
uint64_t kaslr_nr_slots(const struct memory_map *map, uint64_t size);

/** kaslr_slot() - the physical address of slot @index, counted as kaslr_nr_slots() does; 0: none.
 */
uint64_t kaslr_slot(const struct memory_map *map, uint64_t size, uint64_t index);

/** kaslr_slide() - turn the random number @random into a slide for an image of @size bytes. */
uint64_t kaslr_slide(uint64_t size, uint64_t random);

/** memory_map_end() - the end of the highest memory in the map, device memory left out. */
uint64_t memory_map_end(const struct memory_map *map);

#endif
