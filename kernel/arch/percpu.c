// SPDX-License-Identifier: MIT
/*
 * Per-CPU areas: one copy of the .data..percpu template for each processor that may run, from the
 * boot-time allocator. The boot processor starts on the template itself (offset 0) and moves to its
 * copy here, which therefore begins with what the template holds now.
 */
#include <kernel/arch/percpu.h>

#include "msr.h"
#include "smp.h"

#include <kernel/arch/paging.h>
#include <kernel/base/sections.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>

DEFINE_PER_CPU(unsigned int, cpu_number);
DEFINE_PER_CPU(unsigned long, percpu_offset);

unsigned long percpu_offsets[NR_CPUS_MAX];
u64 cpu_possible_mask = 1, cpu_online_mask = 1;
unsigned int nr_cpus = 1;

void __init percpu_init(unsigned int nr)
{
    size_t size = __percpu_end - __percpu_start;

    for (unsigned int cpu = 0; cpu < nr; cpu++) {
        char *area = phys_to_virt(early_alloc(size, PAGE_SIZE));

        memcpy(area, __percpu_start, size);
        percpu_offsets[cpu] = (unsigned long)area - (unsigned long)__percpu_start;
        per_cpu(cpu_number, cpu) = cpu;
        per_cpu(percpu_offset, cpu) = percpu_offsets[cpu];
    }
    nr_cpus = nr;
    cpu_possible_mask = nr == 64 ? ~0ULL : BIT_ULL(nr) - 1;
    wrmsr(MSR_GS_BASE, percpu_offsets[0]);
}
