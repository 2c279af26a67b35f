// SPDX-License-Identifier: MIT
/* What a panic shows of the processor: registers, control registers, the current task. */
#include "apic.h"
#include "asm.h"
#include "msr.h"

#include <kernel/arch/paging.h>
#include <kernel/arch/panic_ops.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/smp.h>
#include <kernel/base/backtrace.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/reboot.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/sched.h>

static void show_regs(const struct pt_regs *r)
{
    pr_emerg("rip %04llx:%016llx  rsp %04llx:%016llx  rflags %08llx\n", r->cs, r->rip, r->ss,
             r->rsp, r->rflags);
    pr_emerg("rax %016llx  rbx %016llx  rcx %016llx  rdx %016llx\n", r->rax, r->rbx, r->rcx,
             r->rdx);
    pr_emerg("rsi %016llx  rdi %016llx  rbp %016llx  r8  %016llx\n", r->rsi, r->rdi, r->rbp, r->r8);
    pr_emerg("r9  %016llx  r10 %016llx  r11 %016llx  r12 %016llx\n", r->r9, r->r10, r->r11, r->r12);
    pr_emerg("r13 %016llx  r14 %016llx  r15 %016llx\n", r->r13, r->r14, r->r15);
    pr_emerg("cr0 %08llx  cr2 %016llx  cr3 %012llx  cr4 %08llx\n", read_cr0(), read_cr2(),
             read_cr3(), read_cr4());
}

static void show_context(void)
{
    pr_emerg("CPU %u, task %s/%d, preemption count %x\n", smp_processor_id(), current->comm,
             current->pid, preempt_count());
}

/* The current task's stack, or the exception stack that @rsp is in; nothing where none is mapped.
 */
static bool stack_around(unsigned long rsp, struct stack_range *range)
{
    unsigned long low = (unsigned long)current->stack;

    if (rsp - low < KERNEL_STACK_SIZE) {
        range->low = low;
        range->high = low + KERNEL_STACK_SIZE;
        return true;
    }
    range->low = ALIGN_DOWN(rsp, IST_STACK_SIZE);
    range->high = range->low + IST_STACK_SIZE;
    if (kernel_virt_to_phys((void *)rsp) == ~0ULL ||
        kernel_virt_to_phys((void *)(range->high - 1)) == ~0ULL)
        range->high = range->low;
    return true;
}

static const struct panic_ops ops = {
    .stop_other_cpus = smp_stop_others,
    .show_regs = show_regs,
    .show_context = show_context,
    .reboot = power_restart_emergency,
};

void __init panic_ops_init(void)
{
    panic_set_ops(&ops);
    backtrace_set_stack_range(stack_around);
}
