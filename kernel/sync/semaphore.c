// SPDX-License-Identifier: MIT
/* Counting semaphores: a counter under the lock of a wait queue. */
#include <kernel/sync/semaphore.h>

#include <abi/linux/errno.h>
#include <kernel/sched/sched.h>

void semaphore_init(struct semaphore *s, unsigned int count)
{
    s->count = count;
    wait_queue_init(&s->wait);
}

bool semaphore_down_try(struct semaphore *s)
{
    unsigned long flags;
    bool taken;

    spin_lock_irqsave(&s->wait.lock, flags);
    taken = s->count > 0;
    if (taken)
        s->count--;
    spin_unlock_irqrestore(&s->wait.lock, flags);
    return taken;
}

void semaphore_down(struct semaphore *s)
{
    (void)__wait_event(&s->wait, semaphore_down_try(s), TASK_UNINTERRUPTIBLE, true, TIMEOUT_NONE);
}

int semaphore_down_interruptible(struct semaphore *s)
{
    int error =
        __wait_event(&s->wait, semaphore_down_try(s), TASK_INTERRUPTIBLE, true, TIMEOUT_NONE);

    return error ? -EINTR : 0;
}

void semaphore_up(struct semaphore *s)
{
    unsigned long flags;

    spin_lock_irqsave(&s->wait.lock, flags);
    s->count++;
    wake_up_key_locked(&s->wait, TASK_NORMAL, 1, NULL);
    spin_unlock_irqrestore(&s->wait.lock, flags);
}
