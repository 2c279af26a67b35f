/* SPDX-License-Identifier: MIT */
/* Counting semaphores. */
#ifndef KERNEL_SYNC_SEMAPHORE_H
#define KERNEL_SYNC_SEMAPHORE_H

#include <kernel/sync/wait.h>

struct semaphore {
    unsigned int count; /* protected by wait.lock */
    struct wait_queue wait;
};

void semaphore_init(struct semaphore *s, unsigned int count);
void semaphore_down(struct semaphore *s);                           /* may sleep */
int __must_check semaphore_down_interruptible(struct semaphore *s); /* 0 or -EINTR */
bool __must_check semaphore_down_try(struct semaphore *s);          /* any context */
void semaphore_up(struct semaphore *s);                             /* any context */
#endif
