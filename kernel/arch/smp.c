// SPDX-License-Identifier: MIT
/*
 * Processors: who there is (MADT), and calls between them. A call is a request on the stack of the
 * caller, linked into a list of each target; the interrupt makes the target run its list.
 */
#include "smp.h"

#include "apic.h"
#include "cpu.h"

#include <abi/linux/errno.h>
#include <kernel/arch/cpuinfo.h>
#include <kernel/arch/smp.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/dev/acpi.h>
#include <kernel/irq/dispatch.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/mm/page.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/preempt.h>

u32 cpu_to_apic_id[NR_CPUS_MAX];
static unsigned int nr_found __initdata = 1;
static unsigned int max_cpus __initdata = NR_CPUS_MAX;

u32 cpu_apic_id(unsigned int cpu)
{
    return cpu_to_apic_id[cpu];
}

/* --- who there is --- */

static int __init set_max_cpus(const char *value)
{
    unsigned int n;

    if (!value || kstrtouint(value, 10, &n))
        return -EINVAL;
    max_cpus = clamp(n, 1U, (unsigned int)NR_CPUS_MAX);
    return 0;
}
EARLY_PARAM("maxcpus", set_max_cpus);

static int __init set_nosmp(const char *value)
{
    max_cpus = 1;
    return 0;
}
EARLY_PARAM("nosmp", set_nosmp);

static void __init add_cpu(u32 id, u32 flags)
{
    if (!(flags & ACPI_CPU_ENABLED) || id == ~0U)
        return;
    for (unsigned int i = 0; i < nr_found; i++) {
        if (cpu_to_apic_id[i] == id)
            return; /* the boot processor, or listed twice */
    }
    if (nr_found < max_cpus)
        cpu_to_apic_id[nr_found++] = id;
}

static int __init madt_cpu(const struct acpi_madt_entry *entry, void *arg)
{
    if (entry->type == ACPI_MADT_LAPIC) {
        const struct acpi_madt_lapic *lapic = (const void *)entry;

        if (lapic->apic_id != 0xff)
            add_cpu(lapic->apic_id, lapic->flags);
    } else if (entry->type == ACPI_MADT_X2APIC) {
        const struct acpi_madt_x2apic *x2apic = (const void *)entry;

        add_cpu(x2apic->apic_id, x2apic->flags);
    }
    return 0;
}

unsigned int __init smp_enumerate(u32 boot_apic_id)
{
    cpu_to_apic_id[0] = boot_apic_id;
    acpi_madt_for_each(madt_cpu, NULL);
    return nr_found;
}

/* --- calls --- */

struct call {
    void (*fn)(void *arg);
    void *arg;
    u64 pending; /* CPUs that have not run it */
};

/* One slot for each pair of caller and target: a caller waits for its slots to be free. */
struct call_slot {
    struct call *call;
};
static DEFINE_PER_CPU(struct call_slot, call_slots[NR_CPUS_MAX]);

static void call_interrupt(void)
{
    u64 bit = BIT_ULL(smp_processor_id());

    apic_eoi();
    for (unsigned int from = 0; from < nr_cpus; from++) {
        struct call *call =
            __atomic_exchange_n(&this_cpu_ptr(&call_slots[from])->call, NULL, __ATOMIC_ACQUIRE);

        if (!call)
            continue;
        call->fn(call->arg);
        __atomic_fetch_and(&call->pending, ~bit, __ATOMIC_RELEASE);
    }
}

void smp_call_mask(u64 mask, void (*fn)(void *arg), void *arg, bool wait)
{
    struct call call = {fn, arg, 0};
    unsigned int cpu, me = smp_processor_id();

    mask &= READ_ONCE(cpu_online_mask) & ~BIT_ULL(me);
    if (!mask)
        return;
    ASSERT(wait); /* the request lives on this stack */
    call.pending = mask;
    for_each_cpu (cpu, mask)
        __atomic_store_n(&per_cpu(call_slots[me], cpu).call, &call, __ATOMIC_RELEASE);
    for_each_cpu (cpu, mask)
        apic_send_ipi(cpu_to_apic_id[cpu], VECTOR_CALL);
    while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE))
        cpu_relax();
}

static void reschedule_interrupt(void)
{
    apic_eoi();
    if (need_resched())
        this_cpu_and(preempt_count_word, ~PREEMPT_NEED_RESCHED_INVERTED);
}

void smp_send_reschedule(unsigned int cpu)
{
    if (cpu != smp_processor_id())
        apic_send_ipi(cpu_to_apic_id[cpu], VECTOR_RESCHEDULE);
}

void __init smp_init_vectors(void)
{
    vector_set_handler(VECTOR_CALL, call_interrupt, "Function call interrupts");
    vector_set_handler(VECTOR_RESCHEDULE, reschedule_interrupt, "Rescheduling interrupts");
}

/* --- stopping --- */

static bool stopping;

void smp_stop_others(void)
{
    unsigned int cpu;

    if (__atomic_exchange_n(&stopping, true, __ATOMIC_ACQ_REL))
        return;
    for_each_online_cpu (cpu) {
        if (cpu != smp_processor_id())
            apic_send_nmi(cpu_to_apic_id[cpu]);
    }
    for (int i = 0; i < 1000000; i++)
        cpu_relax();
}

bool smp_is_stopping(void)
{
    return READ_ONCE(stopping);
}

char *ist_stacks_alloc(void)
{
    return page_alloc_address(GFP_KERNEL | GFP_ZERO, 3);
}
