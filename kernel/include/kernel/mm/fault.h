/* SPDX-License-Identifier: MIT */
/* What the architecture's page fault handler asks of mm. */
#ifndef KERNEL_MM_FAULT_H
#define KERNEL_MM_FAULT_H

#include <kernel/types.h>

/* Beside VM_FAULT_SIGSEGV: the area exists but does not allow the access (SEGV_ACCERR). */
#define VM_FAULT_BAD_ACCESS 0x100

/* Resolves a fault of current at a user address. flags: FAULT_*; user_sp for growing stacks.
 * VM_FAULT_*; 0 or VM_FAULT_MAJOR mean: try again. Task context, may sleep. */
unsigned int mm_fault(unsigned long address, unsigned int flags, unsigned long user_sp);
/* The fault found no memory: lets the OOM killer act, or ends current. */
void mm_fault_out_of_memory(void);
#endif
