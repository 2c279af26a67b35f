// SPDX-License-Identifier: MIT
/*
 * The rate of the time stamp counter: from the processor or the hypervisor where they say it, else
 * measured against a clock of known rate. References in order of preference: ACPI PM timer, HPET,
 * PIT. Each is watched for standing still, since any of them may be absent or gated.
 */
#include "tsc.h"

#include "msr.h"

#include <kernel/arch/cpuinfo.h>
#include <kernel/arch/io.h>
#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/dev/acpi.h>
#include <kernel/lib/math64.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>

#define MEASURE_US 10000

static u64 khz __ro_after_init;

u64 tsc_read(void)
{
    return __builtin_ia32_rdtsc();
}

u64 tsc_khz(void)
{
    return khz;
}

/* CPUID 15H: crystal and ratio; 40000010H: VMware's and KVM's convention. */
static u64 __init khz_from_cpuid(void)
{
    if (boot_cpu.max_leaf >= 0x15) {
        struct cpuid_regs r = cpuid(0x15, 0);

        if (r.eax && r.ebx && r.ecx)
            return (u64)r.ecx * r.ebx / r.eax / 1000;
    }
    if (cpu_has(CPU_HYPERVISOR)) {
        struct cpuid_regs r = cpuid(0x40000000, 0);

        if (r.eax >= 0x40000010 && r.eax < 0x40010000)
            return cpuid(0x40000010, 0).eax;
    }
    return 0;
}

/* A clock to measure against: its rate and how it is read. */
struct reference {
    const char *name;
    u64 hz;
    u64 mask;
    u64 (*read)(void);
};

static u64 __init pm_timer_read(void)
{
    u64 value = 0;

    (void)acpi_gas_read(&acpi_fadt()->pm_timer, &value);
    return value;
}

static bool __init pm_timer_get(struct reference *ref)
{
    const struct acpi_fadt *fadt = acpi_fadt();

    if (!fadt || !fadt->pm_timer.address)
        return false;
    *ref = (struct reference){"ACPI PM timer", 3579545,
                              fadt->timer_is_32bit ? 0xffffffff : 0xffffff, pm_timer_read};
    return true;
}

static volatile char __iomem *hpet_window __initdata;

static u64 __init hpet_read(void)
{
    return mmio_read32(hpet_window + 0xf0);
}

static bool __init hpet_get(struct reference *ref)
{
    const struct acpi_header *table = acpi_table("HPET", 0);
    struct acpi_hpet hpet;
    u32 period_fs;

    if (!table || acpi_hpet_parse(table, &hpet) || hpet.base.space != ACPI_SPACE_MEMORY)
        return false;
    hpet_window = ioremap(hpet.base.address, 0x400, CACHE_UC);
    if (!hpet_window)
        return false;
    period_fs = mmio_read32(hpet_window + 4);
    if (!period_fs || period_fs > 100000000)
        return false;
    mmio_write32(hpet_window + 0x10, mmio_read32(hpet_window + 0x10) | 1); /* let it count */
    *ref = (struct reference){"HPET", 1000000000000000ULL / period_fs, 0xffffffff, hpet_read};
    return true;
}

/* Channel 2 counts down; as a clock it must count up. */
static u64 __init pit_read(void)
{
    u32 low;

    outb(0x80, 0x43);
    low = inb(0x42);
    return 0xffff - (low | (u32)inb(0x42) << 8);
}

static bool __init pit_get(struct reference *ref)
{
    outb((inb(0x61) & ~0x02) | 0x01, 0x61); /* gate on, speaker off */
    outb(0xb4, 0x43);                       /* channel 2, both bytes, mode 2 */
    outb(0xff, 0x42);
    outb(0xff, 0x42);
    *ref = (struct reference){"PIT", 1193182, 0xffff, pit_read};
    return true;
}

/* 0 when the reference does not count. */
static u64 __init measure(const struct reference *ref)
{
    u64 want = ref->hz * MEASURE_US / 1000000, first = ref->read(), now, ticks = 0, last = first;
    u64 start = tsc_read(), end;
    u32 still = 0;

    do {
        now = ref->read();
        end = tsc_read();
        ticks += (now - last) & ref->mask;
        still = now == last ? still + 1 : 0;
        last = now;
        if (still > 100000)
            return 0;
    } while (ticks < want);
    return mul_div_u64(end - start, ref->hz, ticks) / 1000;
}

void __init tsc_init(void)
{
    static bool (*const references[])(struct reference *)
        __initconst = {pm_timer_get, hpet_get, pit_get};
    struct reference ref;

    khz = khz_from_cpuid();
    if (khz) {
        pr_info("tsc: %llu.%03llu MHz by CPUID\n", khz / 1000, khz % 1000);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(references) && !khz; i++) {
        if (!references[i](&ref))
            continue;
        khz = measure(&ref);
        if (!khz)
            pr_warn("tsc: %s does not count\n", ref.name);
    }
    if (khz) {
        pr_info("tsc: %llu.%03llu MHz by %s\n", khz / 1000, khz % 1000, ref.name);
    } else {
        khz = 1000000;
        pr_err("tsc: no clock to measure against, taking 1000 MHz\n");
    }
}
