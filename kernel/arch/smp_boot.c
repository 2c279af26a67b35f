// SPDX-License-Identifier: MIT
/*
 * Starting the other processors: INIT, then start-up messages that name the page below 1 MiB with
 * the trampoline (SDM vol. 3A, 9.4.4). One after the other, since they share the page. A processor
 * that does not answer within a second is left out and said so.
 */
#include "smp.h"

#include "apic.h"
#include "cpu.h"
#include "msr.h"
#include "paging.h"
#include "trampoline.h"

#include <kernel/arch/context.h>
#include <kernel/arch/pgtable.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/irq/stat.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/fork.h>
#include <kernel/sched/idle.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/time/start.h>

/* The copy of a word of the trampoline. */
#define IN_PAGE(page, word) ((typeof(&(word)))((page) + ((char *)&(word)-trampoline_start)))

static char *ist_of_cpu[NR_CPUS_MAX];

/* First C code of a started processor, on its idle task's stack. */
static void ap_main(void)
{
    unsigned int cpu = smp_processor_id();

    write_cr3(virt_to_phys(paging_kernel_root()));
    descriptors_load(cpu, ist_of_cpu[cpu]);
    cpu_setup();
    kernel_stack_set((unsigned long)current->stack + KERNEL_STACK_SIZE);
    apic_init_cpu();
    apic_timer_setup();
    timers_start_cpu();
    __atomic_fetch_or(&cpu_online_mask, BIT_ULL(cpu), __ATOMIC_SEQ_CST);
    local_irq_enable();
    sched_idle_loop();
}

/* Tables with the kernel half and the trampoline's 2 MiB, 1:1 and executable. Below 4 GiB, because
 * CR3 is loaded in 32-bit mode. */
static paddr_t make_tables(void)
{
    u64 *root = page_alloc_address(GFP_KERNEL | GFP_ZERO | GFP_DMA32, 0);
    u64 *level4 = root, *level3 = page_alloc_address(GFP_KERNEL | GFP_ZERO, 0);
    u64 *level2 = page_alloc_address(GFP_KERNEL | GFP_ZERO, 0);

    if (!root || !level3 || !level2)
        return 0;
    memcpy(root, paging_kernel_root(), PAGE_SIZE);
    if (paging_five_levels()) {
        level4 = page_alloc_address(GFP_KERNEL | GFP_ZERO, 0);
        if (!level4)
            return 0;
        root[0] = virt_to_phys(level4) | PTE_P | PTE_W;
    }
    level4[0] = virt_to_phys(level3) | PTE_P | PTE_W;
    level3[0] = virt_to_phys(level2) | PTE_P | PTE_W;
    level2[0] = PTE_P | PTE_W | PTE_PS;
    return virt_to_phys(root);
}

static void free_tables(paddr_t root_phys)
{
    u64 *root = phys_to_virt(root_phys), *level4 = root, *level3, *level2;

    if (paging_five_levels())
        level4 = entry_table(root[0]);
    level3 = entry_table(level4[0]);
    level2 = entry_table(level3[0]);
    page_free(virt_to_page(level2), 0);
    page_free(virt_to_page(level3), 0);
    if (level4 != root)
        page_free(virt_to_page(level4), 0);
    page_free(virt_to_page(root), 0);
}

static void fill_page(char *page, paddr_t phys, paddr_t tables)
{
    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    *IN_PAGE(page, trampoline_base) = (u32)phys;
    *IN_PAGE(page, trampoline_gdt_base) += (u32)phys;
    *IN_PAGE(page, trampoline_far32) += (u32)phys;
    *IN_PAGE(page, trampoline_far64) += (u32)phys;
    *IN_PAGE(page, trampoline_cr3) = (u32)tables;
    *IN_PAGE(page, trampoline_cr4) = CR4_PAE | (paging_five_levels() ? (u32)CR4_LA57 : 0);
    *IN_PAGE(page, trampoline_efer) = 0x100 /* LME */ | (cpu_has(CPU_NX) ? (u32)EFER_NXE : 0);
    *IN_PAGE(page, trampoline_entry) = (u64)ap_main;
}

static bool wait_online(unsigned int cpu, u64 ns)
{
    u64 end = ktime_ns() + ns;

    while (!(READ_ONCE(cpu_online_mask) & BIT_ULL(cpu))) {
        if (ktime_ns() > end)
            return false;
        cpu_relax();
    }
    return true;
}

static bool start_cpu(unsigned int cpu, char *page, paddr_t phys)
{
    struct task *idle = fork_idle(cpu);
    u32 id = cpu_to_apic_id[cpu];

    ist_of_cpu[cpu] = ist_stacks_alloc();
    if (IS_ERR(idle) || !ist_of_cpu[cpu]) {
        pr_err("smp: no memory for CPU %u\n", cpu);
        return false;
    }
    per_cpu(current_task, cpu) = idle;
    *IN_PAGE(page, trampoline_gs) = percpu_offsets[cpu];
    *IN_PAGE(page, trampoline_stack) = (u64)idle->stack + KERNEL_STACK_SIZE;
    smp_mb();
    apic_send_init(id);
    udelay(10);
    apic_send_startup(id, (u8)(phys >> PAGE_SHIFT));
    if (wait_online(cpu, NSEC_PER_MSEC))
        return true;
    apic_send_startup(id, (u8)(phys >> PAGE_SHIFT));
    if (wait_online(cpu, NSEC_PER_SEC))
        return true;
    pr_err("smp: CPU %u (APIC id %u) does not start\n", cpu, id);
    return false;
}

void __init smp_start_all(void)
{
    paddr_t phys = boot_info_get()->low_page, tables;
    char *page = phys_to_virt(phys);
    unsigned int cpu;

    if (nr_cpus == 1)
        return;
    if (!phys) {
        pr_warn("smp: no page below 1 MiB to start processors with: one CPU only\n");
        return;
    }
    tables = make_tables();
    if (!tables) {
        pr_err("smp: no memory to start processors\n");
        return;
    }
    fill_page(page, phys, tables);
    for (cpu = 1; cpu < nr_cpus; cpu++) {
        if (start_cpu(cpu, page, phys))
            softirq_start_thread(cpu);
    }
    free_tables(tables);
    pr_info("smp: %d of %u CPUs\n", (int)hweight64(cpu_online_mask), nr_cpus);
}
