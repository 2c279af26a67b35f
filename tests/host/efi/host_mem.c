/* SPDX-License-Identifier: MIT */
/* The loader's memory on the host, where AddressSanitizer watches it. */
#include "mem.h"

void *mem_alloc(size_t size)
{
    return calloc(1, size);
}

void mem_free(void *ptr)
{
    free(ptr);
}

void *pages_alloc(size_t nr_pages)
{
    void *pages = aligned_alloc(PAGE_SIZE, nr_pages * PAGE_SIZE);

    return pages ? memset(pages, 0, nr_pages * PAGE_SIZE) : NULL;
}

void pages_free(void *ptr, size_t nr_pages)
{
    free(ptr);
}
