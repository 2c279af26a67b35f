/* SPDX-License-Identifier: MIT */
/* The steps of start-up that are called by name, in the order of kernel/init/main.c. */
#ifndef KERNEL_INIT_START_H
#define KERNEL_INIT_START_H

#include <kernel/types.h>

struct boot_info;

/* entry.S: the first C function. */
void start_kernel(struct boot_info *bi) __attribute__((noreturn));

/* arch */
void arch_early_init(const struct boot_info *bi); /* CPU state, tables, early console */
void arch_paging_init(void);                      /* the kernel's own page tables */
void arch_cpus_init(u64 acpi_rsdp);               /* ACPI tables, per-CPU areas */
void arch_memory_ready(void);                     /* the allocators work */
void arch_interrupts_init(void); /* APIC, clocks, timers; interrupts come on after */
void arch_free_init(void);       /* start-up code is not executable any more */

/* object caches that the first fork needs */
void fork_caches_init(void);
void mm_caches_init(void);
void vma_init(void);
/* init_task's address space */
void init_task_set_root(u64 *root);
#endif
