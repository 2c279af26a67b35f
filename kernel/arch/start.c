// SPDX-License-Identifier: MIT
/* The architecture's part of start-up, in the order in which kernel/init/main.c calls it. */
#include "apic.h"
#include "boot.h"
#include "cpu.h"
#include "fpu.h"
#include "msr.h"
#include "paging.h"
#include "smp.h"
#include "tsc.h"

#include <abi/boot.h>
#include <kernel/arch/context.h>
#include <kernel/base/boot_account.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/dev/acpi.h>
#include <kernel/init/start.h>
#include <kernel/mm/init.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/sched.h>
#include <kernel/time/start.h>

/* Until there are allocators. */
static char first_ist_stacks[NR_IST * IST_STACK_SIZE] __initdata __aligned(IST_STACK_SIZE);

void __init arch_early_init(const struct boot_info *bi)
{
    paging_set_image(bi->kernel_phys);
    cpu_detect();
    idt_init();
    descriptors_load(0, first_ist_stacks);
    kernel_stack_set((unsigned long)init_stack + KERNEL_STACK_SIZE);
}

void __init arch_paging_init(void)
{
    cpu_setup();
    cpu_patch_smap();
    paging_init();
    init_task_set_root(paging_kernel_root());
}

void __init arch_cpus_init(u64 acpi_rsdp)
{
    acpi_tables_init(acpi_rsdp);
    percpu_init(smp_enumerate(cpuid(1, 0).ebx >> 24));
    descriptors_load(0, first_ist_stacks);
    kernel_stack_set((unsigned long)init_stack + KERNEL_STACK_SIZE);
    cpu_setup();
}

void __init arch_memory_ready(void)
{
    char *stacks;

    paging_allocator_ready();
    mm_percpu_init();
    stacks = ist_stacks_alloc();
    if (!stacks)
        panic("no memory for the interrupt stacks");
    descriptors_load(0, stacks);
    fpu_init();
}

void __init arch_interrupts_init(void)
{
    apic_init_boot();
    ioapic_init();
    smp_init_vectors();
    tsc_init();
    clock_start(boot_info_get()->nr_stamps && boot_info_get()->flags & BOOT_FLAG_PVH
                    ? boot_info_get()->stamps[0].tsc
                    : kernel_entry_tsc);
    timers_init();
    apic_timer_calibrate();
    apic_timer_setup();
    timers_start_cpu();
}

void arch_free_init(void)
{
    paging_free_init();
    paging_seal();
}
