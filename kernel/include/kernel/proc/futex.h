/* SPDX-License-Identifier: MIT */
/* Futexes, as the end of a task needs them. */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include <kernel/types.h>

struct task;

/* Wakes up to nr waiters on a private or shared futex word. Number woken or -errno. May sleep. */
int futex_wake(u32 __user *address, bool shared, int nr, u32 bitset);
/* Marks the robust futexes that the dying current still holds (set_robust_list(2)). */
void futex_exit_robust(struct task *task);
#endif
