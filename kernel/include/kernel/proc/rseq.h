/* SPDX-License-Identifier: MIT */
/* Restartable sequences (rseq(2)). */
#ifndef KERNEL_PROC_RSEQ_H
#define KERNEL_PROC_RSEQ_H

struct pt_regs;

/* current was preempted, moved, or gets a signal: writes the CPU number into its area and, if it is
 * inside a critical section, sends it to the abort handler. Task context on the way to user mode.
 */
void rseq_fix_up(struct pt_regs *regs);
#endif
