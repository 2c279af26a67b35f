/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: control registers, model-specific registers, CPUID (SDM vol. 3A, 4). */
#ifndef ARCH_MSR_H
#define ARCH_MSR_H

#include "asm.h"

#include <kernel/types.h>

#define MSR_APIC_BASE    0x1b
#define MSR_PAT          0x277
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC       0x800
#define MSR_TSC_AUX      0xc0000103

#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)
#define CR0_AM (1UL << 18)
#define CR0_CD (1UL << 30)
#define CR0_NW (1UL << 29)

#define CR4_PAE        (1UL << 5)
#define CR4_MCE        (1UL << 6)
#define CR4_PGE        (1UL << 7)
#define CR4_OSFXSR     (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_UMIP       (1UL << 11)
#define CR4_LA57       (1UL << 12)
#define CR4_FSGSBASE   (1UL << 16)
#define CR4_PCIDE      (1UL << 17)
#define CR4_OSXSAVE    (1UL << 18)
#define CR4_SMEP       (1UL << 20)
#define CR4_SMAP       (1UL << 21)

#define EFER_SCE (1UL << 0)
#define EFER_NXE (1UL << 11)

static inline u64 rdmsr(u32 msr)
{
    u32 low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low | (u64)high << 32;
}

static inline void wrmsr(u32 msr, u64 value)
{
    asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

#define CR_ACCESSORS(name)                                          \
    static inline u64 read_##name(void)                             \
    {                                                               \
        u64 v;                                                      \
        asm volatile("mov %%" #name ", %0" : "=r"(v) : : "memory"); \
        return v;                                                   \
    }                                                               \
    static inline void write_##name(u64 v)                          \
    {                                                               \
        asm volatile("mov %0, %%" #name : : "r"(v) : "memory");     \
    }
CR_ACCESSORS(cr0)
CR_ACCESSORS(cr2)
CR_ACCESSORS(cr3)
CR_ACCESSORS(cr4)
CR_ACCESSORS(dr6)
CR_ACCESSORS(dr7)
#undef CR_ACCESSORS

static inline void xsetbv(u32 index, u64 value)
{
    asm volatile("xsetbv" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)));
}

struct cpuid_regs {
    u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
    struct cpuid_regs r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf));
    return r;
}

static inline void invlpg(unsigned long address)
{
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}
#endif
