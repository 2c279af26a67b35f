/* SPDX-License-Identifier: MIT */
/*
 * The processor as the rest of the kernel sees it: interrupt flag, identification, relaxation.
 * Context of everything here: any.
 */
#ifndef KERNEL_ARCH_CPU_H
#define KERNEL_ARCH_CPU_H

#include <kernel/compiler.h>
#include <kernel/lib/barrier.h>
#include <kernel/types.h>

#define NR_CPUS_MAX 64

#define X86_EFLAGS_CF (1UL << 0)
#define X86_EFLAGS_TF (1UL << 8)
#define X86_EFLAGS_IF (1UL << 9)
#define X86_EFLAGS_DF (1UL << 10)
#define X86_EFLAGS_NT (1UL << 14)
#define X86_EFLAGS_RF (1UL << 16)
#define X86_EFLAGS_AC (1UL << 18)
#define X86_EFLAGS_ID (1UL << 21)

static inline unsigned long local_save_flags(void)
{
    unsigned long flags;

    asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

static inline void local_irq_disable(void)
{
    asm volatile("cli" : : : "memory");
}

static inline void local_irq_enable(void)
{
    asm volatile("sti" : : : "memory");
}

static inline bool irqs_disabled(void)
{
    return !(local_save_flags() & X86_EFLAGS_IF);
}

/* Disables interrupts; returns what local_irq_restore() takes back. */
static inline unsigned long local_irq_save(void)
{
    unsigned long flags = local_save_flags();

    local_irq_disable();
    return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
    if (flags & X86_EFLAGS_IF)
        local_irq_enable();
}

/* Features the kernel decides on; filled once on the boot processor from CPUID. */
enum cpu_feature {
    CPU_X2APIC,
    CPU_TSC_DEADLINE,
    CPU_INVARIANT_TSC,
    CPU_RDTSCP,
    CPU_SMEP,
    CPU_SMAP,
    CPU_UMIP,
    CPU_PCID,
    CPU_INVPCID,
    CPU_PGE,
    CPU_NX,
    CPU_PDPE1GB,
    CPU_LA57,
    CPU_FSGSBASE,
    CPU_XSAVE,
    CPU_XSAVEOPT,
    CPU_XSAVEC,
    CPU_AVX,
    CPU_RDRAND,
    CPU_RDSEED,
    CPU_ERMS,
    CPU_FSRM,
    CPU_SSE42,
    CPU_HYPERVISOR,
    CPU_MELTDOWN, /* a flaw, not a gift: rogue data cache load */
    NR_CPU_FEATURES,
};

bool cpu_has(enum cpu_feature feature);

/* Sleeps until the next interrupt; called with interrupts off, returns with them on. */
void cpu_idle_wait(void);

/* Stops this processor for good, interrupts off. */
void cpu_halt(void) __attribute__((noreturn));
#endif
