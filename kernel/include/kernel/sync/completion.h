/* SPDX-License-Identifier: MIT */
/* A completion: one side waits for the other to say done. */
#ifndef KERNEL_SYNC_COMPLETION_H
#define KERNEL_SYNC_COMPLETION_H

#include <kernel/sync/wait.h>

struct completion {
    unsigned int done; /* protected by wait.lock; ~0: for good */
    struct wait_queue wait;
};

#define COMPLETION_INIT(n)                           \
    {                                                \
        .done = 0, .wait = WAIT_QUEUE_INIT((n).wait) \
    }
#define DEFINE_COMPLETION(n) struct completion n = COMPLETION_INIT(n)
#define completion_init(c)           \
    do {                             \
        (c)->done = 0;               \
        wait_queue_init(&(c)->wait); \
    } while (0)
/* Lets one waiter through. Any context. */
void complete(struct completion *c);
/* Lets all waiters through, also future ones. Any context. */
void complete_all(struct completion *c);
/* May sleep. */
void wait_for_completion(struct completion *c);
/* 0 or -ETIMEDOUT. */
int wait_for_completion_until(struct completion *c, u64 deadline_ns);
/* 0 or -ERESTARTSYS. */
int wait_for_completion_interruptible(struct completion *c);
int wait_for_completion_killable(struct completion *c);
#endif
