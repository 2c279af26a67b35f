/* SPDX-License-Identifier: MIT */
/* Task states, as wait queues and wake-ups name them. */
#ifndef KERNEL_SCHED_STATE_H
#define KERNEL_SCHED_STATE_H

#define TASK_RUNNING         0x0000
#define TASK_INTERRUPTIBLE   0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_STOPPED         0x0004
#define TASK_TRACED          0x0008
#define TASK_DEAD            0x0010
#define TASK_WAKEKILL        0x0020
#define TASK_NOLOAD          0x0040
#define TASK_NEW             0x0080

#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE     (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL   (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#endif
