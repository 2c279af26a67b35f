// SPDX-License-Identifier: MIT
/*
 * The local APIC, through MSRs (x2APIC) or its memory window (xAPIC). x2APIC is used where the
 * processor has it, and also where firmware has locked it on: then EXTD is set at entry and must
 * not be cleared (a write that does faults).
 *
 * The 8259s, if the machine has them, are masked for good after being moved away from the exception
 * vectors, so that a stray interrupt of theirs cannot be taken for one.
 */
#include "apic.h"

#include "msr.h"
#include "smp.h"

#include <kernel/arch/context.h>
#include <kernel/arch/io.h>
#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/dev/acpi.h>
#include <kernel/irq/dispatch.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>
#include <kernel/time/event.h>

#define APIC_BASE_EXTD   BIT(10)
#define APIC_BASE_ENABLE BIT(11)

/* Register offsets in the xAPIC window; an x2APIC register is MSR 0x800 + offset / 16. */
#define REG_ID           0x020
#define REG_TPR          0x080
#define REG_EOI          0x0b0
#define REG_SPURIOUS     0x0f0
#define REG_ESR          0x280
#define REG_ICR_LOW      0x300
#define REG_ICR_HIGH     0x310
#define REG_LVT_TIMER    0x320
#define REG_LVT_THERMAL  0x330
#define REG_LVT_PERF     0x340
#define REG_LVT_LINT0    0x350
#define REG_LVT_LINT1    0x360
#define REG_LVT_ERROR    0x370
#define REG_TIMER_COUNT  0x380
#define REG_TIMER_NOW    0x390
#define REG_TIMER_DIVIDE 0x3e0

#define SPURIOUS_ENABLE    BIT(8)
#define LVT_MASKED         BIT(16)
#define LVT_NMI            (4U << 8)
#define TIMER_TSC_DEADLINE (2U << 17)
#define DIVIDE_BY_1        0xb
#define ICR_PENDING        BIT(12)
#define ICR_NMI            (4U << 8)
#define ICR_INIT           (5U << 8)
#define ICR_STARTUP        (6U << 8)
#define ICR_ASSERT         BIT(14)

static bool x2apic __ro_after_init;
static bool tsc_deadline __ro_after_init;
static volatile char __iomem *window __ro_after_init;
/* Timer ticks for a nanosecond, 32.32 fixed point. */
static u64 ticks_per_ns_fp __ro_after_init;
static u64 spurious_count, error_count;

static u32 apic_read(u32 reg)
{
    return x2apic ? (u32)rdmsr(MSR_X2APIC + reg / 16) : mmio_read32(window + reg);
}

static void apic_write(u32 reg, u32 value)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + reg / 16, value);
    else
        mmio_write32(window + reg, value);
}

bool apic_is_x2apic(void)
{
    return x2apic;
}

u32 apic_id(void)
{
    u32 id = apic_read(REG_ID);

    return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
    apic_write(REG_EOI, 0);
}

void arch_irq_eoi(void)
{
    apic_eoi();
}

/* xAPIC: the command is two writes and must not be torn by an interrupt that sends one too. */
void apic_send_ipi(u32 target, u32 command)
{
    unsigned long flags;

    if (x2apic) {
        smp_mb();
        wrmsr(MSR_X2APIC + REG_ICR_LOW / 16, (u64)target << 32 | command);
        return;
    }
    flags = local_irq_save();
    for (int i = 0; i < 1000000 && apic_read(REG_ICR_LOW) & ICR_PENDING; i++)
        cpu_relax();
    apic_write(REG_ICR_HIGH, target << 24);
    apic_write(REG_ICR_LOW, command);
    local_irq_restore(flags);
}

void apic_send_nmi(u32 target)
{
    apic_send_ipi(target, ICR_NMI | ICR_ASSERT);
}

void apic_send_init(u32 target)
{
    apic_send_ipi(target, ICR_INIT | ICR_ASSERT);
}

void apic_send_startup(u32 target, u8 page)
{
    apic_send_ipi(target, ICR_STARTUP | ICR_ASSERT | page);
}

static void spurious_interrupt(void)
{
    spurious_count++; /* takes no EOI (SDM vol. 3A, 11.9) */
}

static void error_interrupt(void)
{
    apic_write(REG_ESR, 0);
    error_count++;
    pr_warn_ratelimited("apic: error status %x\n", apic_read(REG_ESR));
    apic_eoi();
}

static void timer_interrupt(void)
{
    apic_eoi();
    clock_event_interrupt();
}

void apic_init_cpu(void)
{
    u64 base = rdmsr(MSR_APIC_BASE);

    if (x2apic && !(base & APIC_BASE_EXTD))
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_EXTD);
    else if (!(base & APIC_BASE_ENABLE))
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    apic_write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    apic_write(REG_TPR, 0);
    apic_write(REG_LVT_TIMER, LVT_MASKED);
    apic_write(REG_LVT_LINT0, LVT_MASKED);
    apic_write(REG_LVT_LINT1, LVT_NMI);
    apic_write(REG_LVT_ERROR, VECTOR_APIC_ERROR);
    apic_write(REG_ESR, 0);
    apic_eoi();
}

/* Vectors 0x20 to 0x2f instead of 8 to 15, then all lines masked (8259A data sheet). */
static void __init legacy_pic_disable(void)
{
    outb(0x11, 0x20);
    outb(0x11, 0xa0);
    outb(0x20, 0x21);
    outb(0x28, 0xa1);
    outb(0x04, 0x21);
    outb(0x02, 0xa1);
    outb(0x01, 0x21);
    outb(0x01, 0xa1);
    outb(0xff, 0x21);
    outb(0xff, 0xa1);
}

static int __init madt_address(const struct acpi_madt_entry *entry, void *arg)
{
    if (entry->type == ACPI_MADT_LAPIC_ADDRESS)
        *(u64 *)arg = ((const struct acpi_madt_lapic_address *)entry)->address;
    return 0;
}

void __init apic_init_boot(void)
{
    const struct acpi_header *madt = acpi_table("APIC", 0);
    u64 base = rdmsr(MSR_APIC_BASE), address = base & 0xffffff000ULL;
    u32 madt_flags = ACPI_MADT_PCAT_COMPAT;

    if (madt)
        (void)acpi_madt_lapic_address(madt, &madt_flags);
    if (madt_flags & ACPI_MADT_PCAT_COMPAT)
        legacy_pic_disable();
    x2apic = cpu_has(CPU_X2APIC) || (base & APIC_BASE_EXTD);
    if (!x2apic) {
        acpi_madt_for_each(madt_address, &address);
        window = ioremap(address, PAGE_SIZE, CACHE_UC);
        if (!window)
            panic("apic: cannot map the registers at %llx", address);
    }
    apic_init_cpu();
    vector_set_handler(VECTOR_SPURIOUS, spurious_interrupt, "Spurious interrupts");
    vector_set_handler(VECTOR_APIC_ERROR, error_interrupt, "APIC errors");
    vector_set_handler(VECTOR_TIMER, timer_interrupt, "Local timer interrupts");
    pr_info("apic: %s, id %u%s\n", x2apic ? "x2APIC" : "xAPIC", apic_id(),
            x2apic && base & APIC_BASE_EXTD ? " (on at entry)" : "");
}

#define CALIBRATE_NS 2000000

/* How fast the timer counts, against the TSC. */
void __init apic_timer_calibrate(void)
{
    u64 start, elapsed;
    u32 counted;

    tsc_deadline = cpu_has(CPU_TSC_DEADLINE);
    if (tsc_deadline)
        return;
    apic_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(REG_LVT_TIMER, LVT_MASKED);
    start = ktime_ns();
    apic_write(REG_TIMER_COUNT, ~0U);
    while (ktime_ns() - start < CALIBRATE_NS)
        cpu_relax();
    counted = ~0U - apic_read(REG_TIMER_NOW);
    elapsed = ktime_ns() - start;
    apic_write(REG_TIMER_COUNT, 0);
    ticks_per_ns_fp = ((u64)counted << 32) / elapsed;
    if (!ticks_per_ns_fp)
        panic("apic: the timer does not count");
}

void apic_timer_setup(void)
{
    if (tsc_deadline) {
        apic_write(REG_LVT_TIMER, VECTOR_TIMER | TIMER_TSC_DEADLINE);
        mb(); /* the mode before the first deadline (SDM vol. 3A, 11.5.4.1) */
    } else {
        apic_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
        apic_write(REG_LVT_TIMER, VECTOR_TIMER);
    }
}

void apic_timer_arm_ns(u64 deadline_ns)
{
    u64 now = ktime_ns(), delta = deadline_ns > now ? deadline_ns - now : 0, ticks;

    if (tsc_deadline) {
        wrmsr(MSR_TSC_DEADLINE, tsc_read() + ns_to_tsc(delta) + 1);
        return;
    }
    ticks = delta > 0xffffffff ? 0xffffffff : (delta * ticks_per_ns_fp) >> 32;
    if (delta > 0xffffffff || ticks > 0xffffffff)
        ticks = 0x7fffffff; /* wakes early and is armed again */
    apic_write(REG_TIMER_COUNT, ticks ? (u32)ticks : 1);
}
