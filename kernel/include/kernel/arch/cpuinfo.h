/* SPDX-License-Identifier: MIT */
/* Who the processor is, for /proc/cpuinfo. */
#ifndef KERNEL_ARCH_CPUINFO_H
#define KERNEL_ARCH_CPUINFO_H

#include <kernel/types.h>

struct cpu_info {
    char vendor[13], model_name[49];
    u32 max_leaf, family, model, stepping;
    u8 phys_bits, virt_bits;
    u16 clflush_size;
};
extern struct cpu_info boot_cpu;

/* Local APIC id of a CPU. */
u32 cpu_apic_id(unsigned int cpu);
#endif
