/* SPDX-License-Identifier: MIT */
#ifndef EFI_ELF64_H
#define EFI_ELF64_H

#include "reason.h"

#define ELF_MAX_SEGMENTS 16

/** struct elf_segment - one PT_LOAD; every number has been checked. */
struct elf_segment {
    uint64_t vaddr; /* page aligned, as linked */
    uint64_t mem_size;
    uint64_t file_offset;
    uint64_t file_size;
    bool write;
    bool execute; /* never together with write */
};

/**
 * struct elf_image - a kernel file that passed every check of BOOT.md, "The kernel image".
 * @link_base: the lowest linked address; @size: bytes of memory from there, whole pages.
 * @relocs_offset: where in the file the nr_relocs Elf64_Rela are.
 */
struct elf_image {
    const uint8_t *file;
    uint64_t link_base;
    uint64_t size;
    uint64_t entry;
    unsigned nr_segments;
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    uint64_t relocs_offset;
    uint64_t nr_relocs;
};

/**
 * elf_check() - check the kernel file of @size bytes at @file (8-aligned) and describe it.
 *
 * @file must stay as it is while @image is used. Returns 0, or -EINVAL with the reason.
 */
int elf_check(struct elf_image *image, const void *file, uint64_t size, struct reason *why);

/**
 * elf_load() - lay a checked image out at @dst, which has @image->size zeroed bytes, and relocate
 * it for an address @slide above the linked one. Cannot fail.
 */
void elf_load(const struct elf_image *image, void *dst, uint64_t slide);

#endif
