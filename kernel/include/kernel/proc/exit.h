/* SPDX-License-Identifier: MIT */
/* The end of a task. */
#ifndef KERNEL_PROC_EXIT_H
#define KERNEL_PROC_EXIT_H

#include <kernel/compiler.h>

struct task;

/** do_exit() - ends current alone; @code as wait4() gives it. The group: signal_group_exit(). */
void do_exit(int code) __noreturn;
/**
 * release_task() - the last trace of a task that has exited (exit_state is EXIT_DEAD) goes: out of
 * the process tree, and the tree's reference is dropped. May go on with its group's leader. Task
 * context.
 */
void release_task(struct task *task);

#endif
