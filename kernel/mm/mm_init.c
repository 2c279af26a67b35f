/* SPDX-License-Identifier: MIT */
/* The allocators' start and the end of start-up memory: see <kernel/mm/init.h> for the order. */
#define LOG_PREFIX "mm: "

#include <kernel/mm/init.h>

#include "internal.h"

#include <kernel/base/sections.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>

void __init mm_init(void)
{
    page_array_init();
    slab_init();
    page_wait_init();
    pr_info("%lu KiB of memory, %lu KiB free, page array %lu KiB\n",
            nr_total_pages() << (PAGE_SHIFT - 10), nr_free_pages() << (PAGE_SHIFT - 10),
            page_array_pages() << (PAGE_SHIFT - 10));
}

static int __init mm_start_percpu(void)
{
    mm_percpu_init();
    return 0;
}
initcall(INIT_CORE, mm_start_percpu);

void mm_free_init(void)
{
    size_t size = __init_end - __init_start;

    mm_free_range(image_to_phys(__init_start), size);
    pr_info("%zu KiB of start-up code and data freed\n", size >> 10);
}
