/* SPDX-License-Identifier: MIT */
/* The scheduler's inner seams: start, fork, idle loop, tick. */
#ifndef KERNEL_SCHED_IDLE_H
#define KERNEL_SCHED_IDLE_H

#include <kernel/sched/task.h>

#define TIMEOUT_NEVER (~0ULL)

/* A task waiting for a point in time, on its own stack. */
struct sleeper {
    struct timer timer;
    struct task *task;
    bool fired;
};

void sched_init(void);
/* The scheduler's part of a copy of current. */
void sched_fork(struct task *child);
void sched_make_idle(struct task *task, unsigned int cpu);
/* What a CPU does for the rest of its life. Preemption off. */
void sched_idle_loop(void) __attribute__((noreturn));
/* Switches away from the idle task. */
void sched_idle_switch(void);
void schedule_tail(struct task *prev);
void preempt_schedule_irq(void);
/* Writes the new thread's number where clone() said (CLONE_CHILD_SETTID). */
void sched_announce_tid(void);
/* Moves current off a CPU it is not allowed on any more. */
void sched_migrate_self(void);
void sched_tick_init(unsigned int cpu);
#endif
