/* SPDX-License-Identifier: MIT */
/*
 * Futexes (futex(2)): a task sleeps on a word of user memory until another wakes it. "shared" words
 * may be mapped by several address spaces; others belong to current's alone.
 *
 * Context of everything here: task, may sleep.
 */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include <kernel/types.h>

struct task;

/** futex_wait() - sleeps while *@address is @value, until woken by a waker whose bitset meets
 * @bitset, or until @deadline. 0 when woken; -EAGAIN: another value; -ETIMEDOUT; -EFAULT; -EINVAL;
 * -ERESTARTSYS or -ERESTART_RESTARTBLOCK for a signal. */
struct futex_deadline {
    bool set;      /* false: no time limit */
    bool realtime; /* ns counts CLOCK_REALTIME, which may be set meanwhile */
    u64 ns;
};
int futex_wait(u32 __user *address, bool shared, u32 value, const struct futex_deadline *deadline,
               u32 bitset);

/** futex_wake() - wakes up to @nr (at least one) waiters. Number woken or -errno. */
int futex_wake(u32 __user *address, bool shared, int nr, u32 bitset);

/** futex_requeue() - wakes up to @nr_wake waiters on @from, and moves up to @nr_requeue others to
 * @to, if *@from is *@expected (NULL: whatever it is). How many both were, or -errno. */
int futex_requeue(u32 __user *from, u32 __user *to, bool shared, int nr_wake, int nr_requeue,
                  const u32 *expected);

/** futex_wake_op() - changes *@second as @op says, wakes up to @nr waiters on @first, and up to
 * @nr_second on @second when its old value compares as @op says. Number woken or -errno. */
int futex_wake_op(u32 __user *first, u32 __user *second, bool shared, int nr, int nr_second,
                  u32 op);

/** futex_exit_robust() - marks the robust futexes that the dying @task, current, still holds
 * (set_robust_list(2)) and wakes a waiter of each. The list is gone afterwards. */
void futex_exit_robust(struct task *task);
#endif
