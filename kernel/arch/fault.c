// SPDX-License-Identifier: MIT
/*
 * Page faults, from the processor's side: who faulted, on whose address, and what becomes of it.
 *
 *   user mode                      mm resolves it, or a signal
 *   kernel mode, user address      the same for the current mm; else the exception table
 *   kernel mode, kernel address    the exception table, or a bug
 *
 * Where sleeping is not allowed, or page faults are disabled, the exception table is used at once.
 */
#include "fault.h"

#include "msr.h"
#include "uaccess.h"

#include <abi/linux/signal.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/mm/fault.h>
#include <kernel/mm/mm.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

#define PF_PRESENT 0x01
#define PF_WRITE   0x02
#define PF_USER    0x04
#define PF_RSVD    0x08
#define PF_INSTR   0x10

static void fault_signal(struct pt_regs *regs, unsigned long address, u64 error, int sig, int code)
{
    current->thread.cr2 = address;
    current->thread.error_code = error | (address >= USER_ADDR_MAX ? PF_PRESENT : 0);
    current->thread.trap_nr = 14;
    force_sig_fault(sig, code, (void __user *)address);
}

/* The kernel faulted and nobody can resolve it: recover where the code expected it, or stop. */
static void kernel_fault(struct pt_regs *regs, unsigned long address, u64 error)
{
    unsigned long fixup = extable_fixup(regs->rip);

    if (fixup) {
        regs->rip = fixup;
        return;
    }
    if (error & PF_RSVD)
        panic_regs(regs, "reserved bit set in a page table entry for %lx", address);
    panic_regs(regs, "%s at %lx in the kernel%s",
               error & PF_INSTR   ? "instruction fetch"
               : error & PF_WRITE ? "write"
                                  : "read",
               address, address < PAGE_SIZE ? " (NULL pointer)" : "");
}

static void report(struct pt_regs *regs, unsigned long address, u64 error, unsigned int result)
{
    if (!user_mode(regs)) {
        kernel_fault(regs, address, error);
    } else if (result & VM_FAULT_OOM) {
        mm_fault_out_of_memory();
    } else if (result & VM_FAULT_SIGBUS) {
        fault_signal(regs, address, error, SIGBUS, BUS_ADRERR);
    } else {
        fault_signal(regs, address, error, SIGSEGV,
                     result & VM_FAULT_BAD_ACCESS ? SEGV_ACCERR : SEGV_MAPERR);
    }
}

void page_fault(struct pt_regs *regs, u64 error)
{
    unsigned long address = read_cr2();
    unsigned int flags = 0, result;

    if (unlikely(address >= USER_ADDR_MAX)) {
        if (!user_mode(regs)) {
            kernel_fault(regs, address, error);
            return;
        }
        local_irq_enable();
        fault_signal(regs, address, error, SIGSEGV, SEGV_MAPERR);
        return;
    }
    if (unlikely(!current->mm || current->pagefault_disabled || in_interrupt() ||
                 (!user_mode(regs) && (preempt_count() || !(regs->rflags & X86_EFLAGS_IF))))) {
        kernel_fault(regs, address, error);
        return;
    }
    if (regs->rflags & X86_EFLAGS_IF)
        local_irq_enable();
    /* The kernel touches user memory only in the exception table's instructions. */
    if (unlikely(!user_mode(regs) && !extable_fixup(regs->rip))) {
        kernel_fault(regs, address, error);
        return;
    }
    if (error & PF_WRITE)
        flags |= FAULT_WRITE;
    if (error & PF_INSTR)
        flags |= FAULT_EXEC;
    if (user_mode(regs))
        flags |= FAULT_USER;
    result = mm_fault(address, flags, regs->rsp);
    if (unlikely(result & VM_FAULT_ERROR))
        report(regs, address, error, result);
}

#if CONFIG_DEBUG
void might_fault(void)
{
    if (current && !current->pagefault_disabled)
        might_sleep();
}
#endif
