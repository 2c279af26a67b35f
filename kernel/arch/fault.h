/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: page faults. */
#ifndef ARCH_FAULT_H
#define ARCH_FAULT_H

#include <kernel/types.h>

struct pt_regs;

/* error_code as the processor pushes it (SDM vol. 3A, 4.7). Entered with interrupts off. */
void page_fault(struct pt_regs *regs, u64 error_code);
void nmi_dispatch(struct pt_regs *regs);
#endif
