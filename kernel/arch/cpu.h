/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: bringing a processor into the state the kernel wants. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <kernel/arch/percpu.h>

struct pt_regs;

/* Reads CPUID into the feature set. Boot processor, first of all. */
void cpu_detect(void);
/* Control registers, system call registers, PAT: on each processor. */
void cpu_setup(void);
/* The stack the next entry from user mode uses: its top. */
DECLARE_PER_CPU(unsigned long, kernel_stack_top);
DECLARE_PER_CPU(unsigned long, user_rsp_scratch);

/* GDT, TSS and IDT of this processor. stacks: NR_IST stacks of IST_STACK_SIZE, aligned to their
 * size. */
#define NR_IST 4
void descriptors_load(unsigned int cpu, char *ist_stacks);
/* Builds the IDT, once. */
void idt_init(void);

/* Physical address bits from CPUID. */
unsigned int cpu_phys_bits(void);

/* Turns the STAC and CLAC sites on if the processor has SMAP; the starter's tables are in use. */
void cpu_patch_smap(void);

/* entry.S */
void syscall_entry(void);
extern char trap_stubs[];
void trap_dispatch(struct pt_regs *regs, unsigned int vector);
void fpu_init_cpu(void);
#endif
