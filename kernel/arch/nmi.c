// SPDX-License-Identifier: MIT
/* Non-maskable interrupts: another CPU's panic, or the hardware's complaint. */
#include "fault.h"
#include "smp.h"

#include <kernel/arch/cpu.h>
#include <kernel/arch/ptrace.h>
#include <kernel/base/log.h>

void nmi_dispatch(struct pt_regs *regs)
{
    if (smp_is_stopping())
        cpu_halt();
    pr_err_ratelimited("nmi: unknown reason, at %llx\n", regs->rip);
}
