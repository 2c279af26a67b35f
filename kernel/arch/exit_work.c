// SPDX-License-Identifier: MIT
/* What is done on the way to user mode when the task's work word says so. */
#include "cpu.h"

#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/panic.h>
#include <kernel/proc/rseq.h>
#include <kernel/proc/signal.h>
#include <kernel/proc/task_work.h>
#include <kernel/sched/sched.h>
#include <kernel/syscall/return.h>

/* Entered and left with interrupts off; returns when nothing is left to do. */
void exit_to_user(struct pt_regs *regs)
{
    u32 work;

    while ((work = READ_ONCE(current->work) & WORK_EXIT_MASK)) {
        local_irq_enable();
        if (work & WORK_NEED_RESCHED)
            schedule();
        if (work & WORK_NOTIFY_RESUME) {
            task_work_clear(current, WORK_NOTIFY_RESUME);
            task_work_run();
        }
        if (work & (WORK_SIGPENDING | WORK_NOTIFY_SIGNAL)) {
            task_work_clear(current, WORK_NOTIFY_SIGNAL);
            do_signal(regs);
        }
        if (work & WORK_RSEQ) {
            task_work_clear(current, WORK_RSEQ);
            rseq_fix_up(regs);
        }
        local_irq_disable();
    }
    /* IRETQ to such an address would fault in the kernel; like this it faults in the program. */
    if (unlikely(regs->rip >= USER_ADDR_MAX))
        regs->rip = 0;
    DEBUG_ASSERT(preempt_count() == 0);
}
