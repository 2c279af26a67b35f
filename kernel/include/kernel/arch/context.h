/* SPDX-License-Identifier: MIT */
/* What the scheduler and process code ask of the architecture. */
#ifndef KERNEL_ARCH_CONTEXT_H
#define KERNEL_ARCH_CONTEXT_H

#include <kernel/types.h>

struct mm;
struct pt_regs;
struct task;

/* entry.S: changes stacks; returns, in next, the task that ran before. */
struct task *switch_context(struct task *prev, struct task *next);
/* Everything else that belongs to a task and lives in the processor: FPU, FS and GS base, stack
 * pointers for entry, address space. Interrupts off. */
void arch_switch_prepare(struct task *prev, struct task *next);
void arch_switch_mm(struct mm *prev, struct mm *next);

/* Makes the first frame of a new task: fn(arg) for kernel threads; for programs (fn NULL) a return
 * to user mode with *regs. sp, tls as clone(2). */
void arch_task_setup(struct task *task, void (*fn)(void *arg), void *arg);
int arch_task_fork(struct task *child, const struct pt_regs *regs, unsigned long sp, bool set_tls,
                   unsigned long tls);
void arch_task_free(struct task *task);
/* Fresh register state of a program that execve() starts. */
void arch_start_program(struct pt_regs *regs, unsigned long entry, unsigned long sp);

/* Acknowledges the interrupt being handled. */
void arch_irq_eoi(void);
void kernel_stack_set(unsigned long top);
long arch_prctl(struct task *task, int option, unsigned long arg);
#endif
