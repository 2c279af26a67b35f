// SPDX-License-Identifier: MIT
/*
 * What the processor can do (CPUID, SDM vol. 2A), as one table, and the control bits the kernel
 * sets for it on every processor. A feature can be turned off on the command line (no<name>).
 */
#include "cpu.h"

#include "msr.h"
#include "uaccess.h"

#include <kernel/arch/cpuinfo.h>
#include <kernel/arch/paging.h>
#include <kernel/arch/ptrace.h>
#include <kernel/base/sections.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/lib/string.h>

enum cpuid_reg { EAX, EBX, ECX, EDX };

static const struct {
    enum cpu_feature feature;
    u32 leaf, subleaf;
    enum cpuid_reg reg;
    u8 bit;
} feature_table[] __initconst = {
    {CPU_SSE42, 1, 0, ECX, 20},
    {CPU_X2APIC, 1, 0, ECX, 21},
    {CPU_TSC_DEADLINE, 1, 0, ECX, 24},
    {CPU_XSAVE, 1, 0, ECX, 26},
    {CPU_AVX, 1, 0, ECX, 28},
    {CPU_RDRAND, 1, 0, ECX, 30},
    {CPU_HYPERVISOR, 1, 0, ECX, 31},
    {CPU_PCID, 1, 0, ECX, 17},
    {CPU_PGE, 1, 0, EDX, 13},
    {CPU_FSGSBASE, 7, 0, EBX, 0},
    {CPU_SMEP, 7, 0, EBX, 7},
    {CPU_ERMS, 7, 0, EBX, 9},
    {CPU_INVPCID, 7, 0, EBX, 10},
    {CPU_RDSEED, 7, 0, EBX, 18},
    {CPU_SMAP, 7, 0, EBX, 20},
    {CPU_UMIP, 7, 0, ECX, 2},
    {CPU_LA57, 7, 0, ECX, 16},
    {CPU_FSRM, 7, 0, EDX, 4},
    {CPU_XSAVEOPT, 0xd, 1, EAX, 0},
    {CPU_XSAVEC, 0xd, 1, EAX, 1},
    {CPU_NX, 0x80000001, 0, EDX, 20},
    {CPU_PDPE1GB, 0x80000001, 0, EDX, 26},
    {CPU_RDTSCP, 0x80000001, 0, EDX, 27},
    {CPU_INVARIANT_TSC, 0x80000007, 0, EDX, 8},
};

struct cpu_info boot_cpu;
static u64 features __ro_after_init;

bool cpu_has(enum cpu_feature feature)
{
    return features & BIT(feature);
}

static bool __init leaf_present(u32 leaf)
{
    return leaf <= cpuid(leaf & 0x80000000, 0).eax;
}

static void __init detect_identity(void)
{
    struct cpuid_regs r = cpuid(0, 0);
    u32 family, model;

    boot_cpu.max_leaf = r.eax;
    memcpy(boot_cpu.vendor, &r.ebx, 4);
    memcpy(boot_cpu.vendor + 4, &r.edx, 4);
    memcpy(boot_cpu.vendor + 8, &r.ecx, 4);
    r = cpuid(1, 0);
    family = (r.eax >> 8) & 0xf;
    model = (r.eax >> 4) & 0xf;
    if (family == 0xf)
        family += (r.eax >> 20) & 0xff;
    if (family == 6 || family >= 0xf)
        model |= ((r.eax >> 16) & 0xf) << 4;
    boot_cpu.family = family;
    boot_cpu.model = model;
    boot_cpu.stepping = r.eax & 0xf;
    boot_cpu.clflush_size = ((r.ebx >> 8) & 0xff) * 8;
    for (u32 i = 0; i < 3 && leaf_present(0x80000004); i++) {
        r = cpuid(0x80000002 + i, 0);
        memcpy(boot_cpu.model_name + 16 * i, &r, 16);
    }
    boot_cpu.phys_bits = 36;
    boot_cpu.virt_bits = 48;
    if (leaf_present(0x80000008)) {
        r = cpuid(0x80000008, 0);
        boot_cpu.phys_bits = r.eax & 0xff;
        boot_cpu.virt_bits = (r.eax >> 8) & 0xff;
    }
}

/* Intel processors before the fix leak through the cache what the page tables forbid, unless
 * IA32_ARCH_CAPABILITIES says RDCL_NO. */
static bool __init has_meltdown(void)
{
    if (memcmp(boot_cpu.vendor, "GenuineIntel", 12))
        return false;
    if (leaf_present(7) && cpuid(7, 0).edx & BIT(29))
        return !(rdmsr(0x10a) & 1);
    return true;
}

void __init cpu_detect(void)
{
    detect_identity();
    for (size_t i = 0; i < ARRAY_SIZE(feature_table); i++) {
        struct cpuid_regs r;
        u32 words[4];

        if (!leaf_present(feature_table[i].leaf))
            continue;
        r = cpuid(feature_table[i].leaf, feature_table[i].subleaf);
        memcpy(words, &r, sizeof(words));
        if (words[feature_table[i].reg] & BIT(feature_table[i].bit))
            features |= BIT(feature_table[i].feature);
    }
    if (!cpu_has(CPU_XSAVE))
        features &= ~(BIT(CPU_XSAVEOPT) | BIT(CPU_XSAVEC) | BIT(CPU_AVX));
    if (has_meltdown())
        features |= BIT(CPU_MELTDOWN);
}

#define DISABLE_PARAM(word, feature)                    \
    static int __init disable_##word(const char *value) \
    {                                                   \
        features &= ~BIT(feature);                      \
        return 0;                                       \
    }                                                   \
    EARLY_PARAM(#word, disable_##word)
DISABLE_PARAM(nosmep, CPU_SMEP);
DISABLE_PARAM(nosmap, CPU_SMAP);
DISABLE_PARAM(nox2apic, CPU_X2APIC);
DISABLE_PARAM(noxsave, CPU_XSAVE);
DISABLE_PARAM(nofsgsbase, CPU_FSGSBASE);
DISABLE_PARAM(nopcid, CPU_PCID);

/* Write-combining at index 1 (PWT alone), the rest as after reset (SDM vol. 3A, 12.12). */
#define PAT_VALUE 0x0007040600070106ULL

void cpu_setup(void)
{
    u64 cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_MCE;

    write_cr0((read_cr0() | CR0_MP | CR0_NE | CR0_WP | CR0_AM) &
              ~(CR0_EM | CR0_TS | CR0_CD | CR0_NW));
    if (cpu_has(CPU_PGE))
        cr4 |= CR4_PGE;
    if (cpu_has(CPU_SMEP))
        cr4 |= CR4_SMEP;
    if (cpu_has(CPU_SMAP))
        cr4 |= CR4_SMAP;
    if (cpu_has(CPU_UMIP))
        cr4 |= CR4_UMIP;
    if (cpu_has(CPU_FSGSBASE))
        cr4 |= CR4_FSGSBASE;
    if (cpu_has(CPU_XSAVE))
        cr4 |= CR4_OSXSAVE;
    write_cr4(cr4);
    wrmsr(MSR_PAT, PAT_VALUE);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (cpu_has(CPU_NX) ? EFER_NXE : 0));
    wrmsr(MSR_STAR, (u64)(USER32_CS) << 48 | (u64)KERNEL_CS << 32);
    wrmsr(MSR_LSTAR, (u64)syscall_entry);
    wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_IF | X86_EFLAGS_NT |
                                X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_ID | X86_EFLAGS_CF |
                                0x3000 /* IOPL */ | 0xcd4 /* arithmetic flags */);
    if (cpu_has(CPU_RDTSCP))
        wrmsr(MSR_TSC_AUX, smp_processor_id());
    fpu_init_cpu();
}

static void __init patch(char *const *site, char *const *end, u8 last)
{
    for (; site < end; site++) {
        /* The direct map is writable where the image is not. */
        u8 *insn = phys_to_virt(image_to_phys(*site));

        insn[0] = 0x0f;
        insn[1] = 0x01;
        insn[2] = last;
    }
}

void __init cpu_patch_smap(void)
{
    if (!cpu_has(CPU_SMAP))
        return;
    patch(stac_sites, stac_sites_end, 0xcb);
    patch(clac_sites, clac_sites_end, 0xca);
}

unsigned int cpu_phys_bits(void)
{
    return boot_cpu.phys_bits;
}

void cpu_idle_wait(void)
{
    asm volatile("sti; hlt" : : : "memory");
}

void cpu_halt(void)
{
    for (;;)
        asm volatile("cli; hlt" : : : "memory");
}
