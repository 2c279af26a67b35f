/* SPDX-License-Identifier: MIT */
/*
 * Memory for the loader's pure code. In firmware (pool.c) it is EfiLoaderData; on the host the
 * tests supply malloc. The loader mostly does not free: what it holds at ExitBootServices is
 * reclaimed by the kernel, and what it holds when it gives up is little.
 */
#ifndef EFI_MEM_H
#define EFI_MEM_H

#include "libc.h"

#define PAGE_SIZE 4096UL

/** mem_alloc() - @size zeroed bytes, 8-aligned, or NULL. Free with mem_free(). */
void *mem_alloc(size_t size);

/** mem_free() - give back what mem_alloc() returned; NULL is allowed. */
void mem_free(void *ptr);

/** pages_alloc() - @nr_pages zeroed pages of 4 KiB, page aligned, or NULL. */
void *pages_alloc(size_t nr_pages);

/** pages_free() - give back what pages_alloc() returned; NULL is allowed. */
void pages_free(void *ptr, size_t nr_pages);

static inline size_t pages_for(size_t size)
{
    return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

#endif
