/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: processors other than the one that boots. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <kernel/arch/smp.h>
#include <kernel/types.h>

/* Notes the APIC ids of all enabled processors; returns how many. Needs the ACPI tables. */
unsigned int smp_enumerate(u32 boot_apic_id);
/* Per-CPU areas for nr processors; the boot processor moves to its own. */
void percpu_init(unsigned int nr);
void smp_init_vectors(void);
/* NR_IST stacks, aligned; NULL on no memory. */
char *ist_stacks_alloc(void);
/* A panic is under way elsewhere: stop here. */
bool smp_is_stopping(void);
extern u32 cpu_to_apic_id[];
#endif
