/* SPDX-License-Identifier: MIT */
/* Work that a task does on its way to user mode (task_work_add() is in <kernel/sched/task.h>). */
#ifndef KERNEL_PROC_TASK_WORK_H
#define KERNEL_PROC_TASK_WORK_H

/* Runs what is queued. current, may sleep. */
void task_work_run(void);
/* The same at exit: nothing can be added afterwards. */
void task_work_run_all(void);
#endif
