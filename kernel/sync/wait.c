// SPDX-License-Identifier: MIT
/*
 * Wait queues: a list of entries under a spinlock, each with a function that is called on wake-up.
 *
 * Ordering: the sleeper queues its entry and sets its state (a full barrier) before it looks at
 * the condition; the waker changes the condition before it takes the queue's lock or looks at the
 * list with wait_queue_active() (a full barrier). One of the two therefore sees the other.
 * Non-exclusive entries stand before exclusive ones, so that a wake-up reaches all of them.
 */
#include <kernel/sync/wait.h>

#include <abi/linux/errno.h>
#include <kernel/errno_internal.h>
#include <kernel/sched/sched.h>

void wait_queue_init_class(struct wait_queue *wq, struct lock_class *class)
{
    spin_lock_init_class(&wq->lock, class);
    INIT_LIST_HEAD(&wq->entries);
}

void wait_entry_init(struct wait_entry *entry, wait_fn_t fn)
{
    entry->flags = 0;
    entry->task = current;
    entry->fn = fn;
    INIT_LIST_HEAD(&entry->link);
}

int wait_default(struct wait_entry *entry, unsigned int mode, void *key)
{
    return wake_up_state(entry->task, mode);
}

int wait_autoremove(struct wait_entry *entry, unsigned int mode, void *key)
{
    int woken = wake_up_state(entry->task, mode);

    if (woken)
        list_del_init(&entry->link);
    return woken;
}

void wait_queue_add(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags;

    spin_lock_irqsave(&wq->lock, flags);
    entry->flags &= ~WAIT_EXCLUSIVE;
    list_add(&entry->link, &wq->entries);
    spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_queue_add_exclusive(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags;

    spin_lock_irqsave(&wq->lock, flags);
    entry->flags |= WAIT_EXCLUSIVE;
    list_add_tail(&entry->link, &wq->entries);
    spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_queue_remove(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags;

    spin_lock_irqsave(&wq->lock, flags);
    list_del_init(&entry->link);
    spin_unlock_irqrestore(&wq->lock, flags);
}

static int prepare(struct wait_queue *wq, struct wait_entry *entry, unsigned int state,
                   bool exclusive)
{
    unsigned long flags;
    int error = 0;

    spin_lock_irqsave(&wq->lock, flags);
    if (unlikely(signal_pending_state(state, current))) {
        list_del_init(&entry->link);
        error = -ERESTARTSYS;
    } else {
        if (list_empty(&entry->link)) {
            if (exclusive) {
                entry->flags |= WAIT_EXCLUSIVE;
                list_add_tail(&entry->link, &wq->entries);
            } else {
                list_add(&entry->link, &wq->entries);
            }
        }
        set_current_state(state);
    }
    spin_unlock_irqrestore(&wq->lock, flags);
    return error;
}

int prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry, unsigned int state)
{
    return prepare(wq, entry, state, false);
}

int prepare_to_wait_exclusive(struct wait_queue *wq, struct wait_entry *entry, unsigned int state)
{
    return prepare(wq, entry, state, true);
}

void finish_wait(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags;

    set_current_state(TASK_RUNNING);
    /* A waker that unlinked the entry did so under the lock; empty means that it is done with it.
     */
    if (READ_ONCE(entry->link.next) != &entry->link ||
        READ_ONCE(entry->link.prev) != &entry->link) {
        spin_lock_irqsave(&wq->lock, flags);
        list_del_init(&entry->link);
        spin_unlock_irqrestore(&wq->lock, flags);
    }
}

void wake_up_key_locked(struct wait_queue *wq, unsigned int mode, int nr_exclusive, void *key)
{
    struct wait_entry *entry, *next;

    list_for_each_entry_safe (entry, next, &wq->entries, link) {
        unsigned int flags = entry->flags;

        if (entry->fn(entry, mode, key) > 0 && (flags & WAIT_EXCLUSIVE) && nr_exclusive &&
            --nr_exclusive == 0)
            break;
    }
}

void wake_up_key(struct wait_queue *wq, unsigned int mode, int nr_exclusive, void *key)
{
    unsigned long flags;

    spin_lock_irqsave(&wq->lock, flags);
    wake_up_key_locked(wq, mode, nr_exclusive, key);
    spin_unlock_irqrestore(&wq->lock, flags);
}
