/* SPDX-License-Identifier: MIT */
/* What the assembly entry shares with C. */
#ifndef KERNEL_SYSCALL_RETURN_H
#define KERNEL_SYSCALL_RETURN_H

struct pt_regs;

/* Delivers pending signals or arranges the restart of an interrupted call (kernel/proc/signal.c). */
void do_signal(struct pt_regs *regs);
#endif
