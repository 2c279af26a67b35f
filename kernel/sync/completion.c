// SPDX-License-Identifier: MIT
/* Completions: a counter under the lock of a wait queue; DONE_FOR_GOOD is never counted down. */
#include <kernel/sync/completion.h>

#include <abi/linux/errno.h>
#include <kernel/errno_internal.h>
#include <kernel/sched/sched.h>

#define DONE_FOR_GOOD (~0U)

void complete(struct completion *c)
{
    unsigned long flags;

    spin_lock_irqsave(&c->wait.lock, flags);
    if (c->done != DONE_FOR_GOOD)
        c->done++;
    wake_up_key_locked(&c->wait, TASK_NORMAL | TASK_WAKEKILL, 1, NULL);
    spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
    unsigned long flags;

    spin_lock_irqsave(&c->wait.lock, flags);
    c->done = DONE_FOR_GOOD;
    wake_up_key_locked(&c->wait, TASK_NORMAL | TASK_WAKEKILL, 0, NULL);
    spin_unlock_irqrestore(&c->wait.lock, flags);
}

static bool completion_take(struct completion *c)
{
    unsigned long flags;
    bool taken;

    spin_lock_irqsave(&c->wait.lock, flags);
    taken = c->done != 0;
    if (taken && c->done != DONE_FOR_GOOD)
        c->done--;
    spin_unlock_irqrestore(&c->wait.lock, flags);
    return taken;
}

void wait_for_completion(struct completion *c)
{
    (void)__wait_event(&c->wait, completion_take(c), TASK_UNINTERRUPTIBLE, true, TIMEOUT_NONE);
}

int wait_for_completion_until(struct completion *c, u64 deadline_ns)
{
    return __wait_event(&c->wait, completion_take(c), TASK_UNINTERRUPTIBLE, true, deadline_ns);
}

int wait_for_completion_interruptible(struct completion *c)
{
    return __wait_event(&c->wait, completion_take(c), TASK_INTERRUPTIBLE, true, TIMEOUT_NONE);
}

int wait_for_completion_killable(struct completion *c)
{
    return __wait_event(&c->wait, completion_take(c), TASK_KILLABLE, true, TIMEOUT_NONE);
}
