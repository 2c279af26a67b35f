/* SPDX-License-Identifier: MIT */
/* What the assembly entry shares with C. */
#ifndef KERNEL_SYSCALL_RETURN_H
#define KERNEL_SYSCALL_RETURN_H

#include <kernel/types.h>

struct pt_regs;

/* Delivers pending signals or arranges the restart of an interrupted call (kernel/proc/signal.c).
 */
void do_signal(struct pt_regs *regs);
/* Entry of calls without a handler, and of traced tasks (entry.S). */
long syscall_not_implemented(const struct pt_regs *regs, u32 nr);
void syscall_dispatch_traced(struct pt_regs *regs);
extern const u64 nr_syscalls;
/* On the way to user mode with work to do. */
void exit_to_user(struct pt_regs *regs);
#endif
