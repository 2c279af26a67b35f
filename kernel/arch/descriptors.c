// SPDX-License-Identifier: MIT
/*
 * Segment and interrupt descriptors (SDM vol. 3A, 3.4, 6.11, 8.7). One GDT and one TSS a CPU, one
 * IDT for all. Selectors are those SYSCALL and SYSRET want, and the numbers Linux programs see.
 */
#include "cpu.h"

#include "msr.h"

#include <kernel/arch/context.h>
#include <kernel/arch/ptrace.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>

struct tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 iomap_base; /* beyond the limit: no port is open to user mode */
} __packed;
static_assert(sizeof(struct tss) == 104, "TSS");

struct idt_gate {
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_mid;
    u32 offset_high, reserved;
};
static_assert(sizeof(struct idt_gate) == 16, "IDT gate");

struct table_register {
    u16 limit;
    u64 base;
} __packed;

#define GDT_ENTRIES  10
#define TSS_SELECTOR 0x40

static DEFINE_PER_CPU(struct tss, cpu_tss);
static DEFINE_PER_CPU(u64, cpu_gdt[GDT_ENTRIES]);
DEFINE_PER_CPU(unsigned long, kernel_stack_top);
DEFINE_PER_CPU(unsigned long, user_rsp_scratch);

static struct idt_gate idt[256] __section(".data..page_aligned") __aligned(4096);

/* Which vectors have a stack of their own (entry.S: paranoid_trap). */
static const u8 vector_ist[] = {[1] = 1, [2] = 2, [8] = 3, [18] = 4};

#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60

void __init idt_init(void)
{
    for (unsigned int v = 0; v < 256; v++) {
        u64 stub = (u64)trap_stubs + 16 * v;

        idt[v] = (struct idt_gate){
            .offset_low = (u16)stub,
            .selector = KERNEL_CS,
            .ist = v < ARRAY_SIZE(vector_ist) ? vector_ist[v] : 0,
            .type = GATE_INTERRUPT | (v == 3 || v == 4 ? GATE_DPL3 : 0),
            .offset_mid = (u16)(stub >> 16),
            .offset_high = (u32)(stub >> 32),
        };
    }
}

static void gdt_fill(u64 *gdt, const struct tss *tss)
{
    u64 base = (u64)tss, limit = sizeof(*tss) - 1;

    gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
    gdt[KERNEL_DS / 8] = 0x00cf93000000ffff;
    gdt[USER32_CS / 8] = 0x00cffb000000ffff;
    gdt[USER_DS / 8] = 0x00cff3000000ffff;
    gdt[USER_CS / 8] = 0x00affb000000ffff;
    gdt[TSS_SELECTOR / 8] =
        limit | (base & 0xffffff) << 16 | 0x89ULL << 40 | ((base >> 24) & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
}

static void gdt_load(const u64 *gdt)
{
    struct table_register gdtr = {GDT_ENTRIES * sizeof(u64) - 1, (u64)gdt};

    asm volatile("lgdt %0\n\t"
                 "pushq %1\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\n\t"
                 "movl %2, %%ss\n\t"
                 "movl %3, %%ds\n\t"
                 "movl %3, %%es"
                 :
                 : "m"(gdtr), "i"(KERNEL_CS), "r"(KERNEL_DS), "r"(0)
                 : "rax", "memory");
    /* FS and GS selectors 0: their bases come from MSRs. Loading them clears the bases. */
    {
        u64 gs_base = rdmsr(MSR_GS_BASE);

        asm volatile("movl %0, %%fs; movl %0, %%gs" : : "r"(0));
        wrmsr(MSR_GS_BASE, gs_base);
    }
}

void descriptors_load(unsigned int cpu, char *ist_stacks)
{
    struct tss *tss = this_cpu_ptr(&cpu_tss);
    u64 *gdt = *this_cpu_ptr(&cpu_gdt);
    struct table_register idtr = {sizeof(idt) - 1, (u64)idt};

    ASSERT(IS_ALIGNED((unsigned long)ist_stacks, IST_STACK_SIZE));
    tss->iomap_base = sizeof(*tss);
    for (unsigned int i = 0; i < NR_IST; i++) {
        u64 *top = (u64 *)(ist_stacks + (i + 1) * IST_STACK_SIZE);

        top[-1] = this_cpu_read(percpu_offset); /* GS base for paranoid_trap */
        tss->ist[i] = (u64)&top[-2];
    }
    gdt_fill(gdt, tss);
    gdt_load(gdt);
    asm volatile("lidt %0" : : "m"(idtr));
    asm volatile("lldt %w0" : : "r"(0));
    asm volatile("ltr %w0" : : "r"(TSS_SELECTOR));
}

void kernel_stack_set(unsigned long top)
{
    this_cpu_write(kernel_stack_top, top);
    this_cpu_ptr(&cpu_tss)->rsp[0] = top;
}
