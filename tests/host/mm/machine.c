// SPDX-License-Identifier: MIT
/* What the allocators need of the rest of the kernel. */
#include "machine.h"

#include <kernel/mm/vmalloc.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

#include "../../../kernel/mm/internal.h"

struct boot_info *machine_info;
u64 machine_rng = 1;

struct task init_task;
struct task *current_task = &init_task;

/* The page array is the host's memory, full of rubbish: nobody may rely on fresh structures. */
int kernel_map(unsigned long virt, paddr_t phys, size_t size_bytes, u64 kmap_prot,
               enum cache_mode mode)
{
    machine_back(virt, size_bytes);
    memset((void *)virt, 0xff, size_bytes);
    return 0;
}

void machine_boot(void)
{
    mm_early_init(machine_info);
    early_set_limit(mem_ram_end());
    page_array_init();
    slab_init();
}

unsigned long pages_reclaim_direct(gfp_t gfp, unsigned int order)
{
    return slab_shrink();
}

void kswapd_wake(struct zone *zone)
{
}

bool reclaim_is_active(void)
{
    return false;
}

#ifndef REAL_LRU
void lru_remove(struct page *page)
{
    abort();
}
#endif

void sleep_ns(u64 ns)
{
}

void *vmalloc(size_t size)
{
    return NULL;
}

void *vzalloc(size_t size)
{
    return NULL;
}

void vfree(const void *p)
{
}

bool is_vmalloc_address(const void *p)
{
    return false;
}

/* The order of classes is checked in the kernel; here only the balance can be wrong. */
void lock_order_acquire(struct lock_map *map, const void *lock, unsigned int subclass, bool trylock,
                        bool shared)
{
}

void lock_order_release(struct lock_map *map, const void *lock)
{
}

bool fatal_signal_pending(const struct task *task)
{
    return false;
}

/* The tests run out of memory only where they may not wait. */
void oom_kill_someone(void)
{
    abort();
}
