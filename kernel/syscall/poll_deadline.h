/* SPDX-License-Identifier: MIT */
/* Time limits and signal masks of calls that wait. */
#ifndef SYSCALL_POLL_DEADLINE_H
#define SYSCALL_POLL_DEADLINE_H

#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>

/* When a time from now will be; 0: at once; TIMEOUT_NONE for what lies beyond counting. */
u64 deadline_after(const struct timespec64 *timeout);
/* 0, -EFAULT, -EINVAL; NULL: never. */
int deadline_from_user(const struct timespec64 __user *user, u64 *deadline);
/* Blocks the signals of *mask (NULL: changes nothing) until the call is over. */
int signal_mask_suspend_user(const u64 __user *mask, size_t size);
/* A call that a signal ended leaves the mask for its handler; any other puts it back. */
void signal_mask_resume_user(const u64 __user *mask, long ret);
#endif
