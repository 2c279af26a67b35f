/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: processors other than the one that boots, and calls between them. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <kernel/arch/smp.h>
#include <kernel/types.h>

/* Per-CPU areas of all processors the MADT lists (as far as NR_CPUS_MAX); the boot processor's
 * is loaded. */
void percpu_init(unsigned int nr);
/* Counts processors and notes their APIC ids; needs the ACPI tables. */
void smp_enumerate(void);
/* Interrupt stacks etc. of one processor, allocated. */
char *ist_stacks_of(unsigned int cpu);
extern u32 cpu_to_apic_id[];
#endif
