// SPDX-License-Identifier: MIT
/*
 * Sleeping reader-writer locks. state holds, in one word, the number of readers, a writer bit and a
 * waiters bit. Readers pass with one atomic addition while neither bit is set; writers with one
 * compare-and-exchange from 0. Otherwise the task queues; whoever lets go hands the lock, under
 * wait_lock, to the first waiter: one writer, or all readers up to the next writer. Handing over
 * rather than waking to compete keeps it fair both ways.
 */
#include <kernel/sync/rwsem.h>

#include <abi/linux/errno.h>
#include <kernel/base/panic.h>
#include <kernel/sched/sched.h>

#define RWSEM_WRITER  1LL
#define RWSEM_WAITERS 2LL
#define RWSEM_READER  4LL /* each reader adds this */

struct rwsem_waiter {
    struct list_head link;
    struct task *task; /* NULL once the lock has been given */
    bool writer;
};

void rwsem_init_class(struct rwsem *s, struct lock_class *class)
{
    s->count = 0;
    spin_lock_init(&s->wait_lock);
    INIT_LIST_HEAD(&s->waiters);
    lock_map_set(&s->map, class);
}

bool rwsem_is_locked(const struct rwsem *s)
{
    return READ_ONCE(s->count) & ~RWSEM_WAITERS;
}

static bool reader_enter(struct rwsem *s)
{
    s64 old = READ_ONCE(s->count);

    while (!(old & (RWSEM_WRITER | RWSEM_WAITERS))) {
        if (__atomic_compare_exchange_n(&s->count, &old, old + RWSEM_READER, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

static bool writer_enter(struct rwsem *s)
{
    s64 expected = 0;

    return __atomic_compare_exchange_n(&s->count, &expected, RWSEM_WRITER, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Gives the lock to the waiters whose turn it is. wait_lock held; called whenever the lock may
 * have become free for them. */
static void rwsem_hand_over(struct rwsem *s)
{
    while (!list_empty(&s->waiters)) {
        struct rwsem_waiter *first = list_first_entry(&s->waiters, struct rwsem_waiter, link);
        s64 old = READ_ONCE(s->count), take = first->writer ? RWSEM_WRITER : RWSEM_READER;
        struct task *task = first->task;
        bool writer = first->writer;

        do {
            if (old & RWSEM_WRITER || (writer && old & ~RWSEM_WAITERS))
                return;
        } while (!__atomic_compare_exchange_n(&s->count, &old, old + take, false, __ATOMIC_ACQUIRE,
                                              __ATOMIC_RELAXED));
        list_del_init(&first->link);
        if (list_empty(&s->waiters))
            __atomic_fetch_and(&s->count, ~RWSEM_WAITERS, __ATOMIC_RELAXED);
        task_get(task);
        smp_store_release(&first->task, NULL); /* first is the waiter's stack: not ours any more */
        wake_up_state(task, TASK_NORMAL | TASK_WAKEKILL);
        task_put(task);
        if (writer)
            return;
    }
}

static int rwsem_wait(struct rwsem *s, bool writer, unsigned int state)
{
    struct rwsem_waiter waiter = {.task = current, .writer = writer};
    int error = 0;

    spin_lock_irq(&s->wait_lock);
    list_add_tail(&waiter.link, &s->waiters);
    __atomic_fetch_or(&s->count, RWSEM_WAITERS, __ATOMIC_SEQ_CST);
    rwsem_hand_over(s);
    spin_unlock_irq(&s->wait_lock);
    for (;;) {
        set_current_state(state);
        if (!smp_load_acquire(&waiter.task))
            break;
        if (signal_pending_state(state, current)) {
            spin_lock_irq(&s->wait_lock);
            if (waiter.task) {
                list_del(&waiter.link);
                if (list_empty(&s->waiters))
                    __atomic_fetch_and(&s->count, ~RWSEM_WAITERS, __ATOMIC_RELAXED);
                rwsem_hand_over(s);
                error = -EINTR;
            }
            spin_unlock_irq(&s->wait_lock);
            break;
        }
        schedule();
    }
    set_current_state(TASK_RUNNING);
    return error;
}

static void rwsem_wake(struct rwsem *s)
{
    unsigned long flags;

    spin_lock_irqsave(&s->wait_lock, flags);
    rwsem_hand_over(s);
    spin_unlock_irqrestore(&s->wait_lock, flags);
}

void rwsem_read_lock(struct rwsem *s)
{
    might_sleep();
    lock_order_acquire(&s->map, s, 0, false, true);
    if (unlikely(!reader_enter(s)))
        (void)rwsem_wait(s, false, TASK_UNINTERRUPTIBLE);
}

bool rwsem_read_trylock(struct rwsem *s)
{
    if (!reader_enter(s))
        return false;
    lock_order_acquire(&s->map, s, 0, true, true);
    return true;
}

void rwsem_read_unlock(struct rwsem *s)
{
    lock_order_release(&s->map, s);
    if (unlikely(__atomic_sub_fetch(&s->count, RWSEM_READER, __ATOMIC_RELEASE) & RWSEM_WAITERS))
        rwsem_wake(s);
}

static int rwsem_write_lock_state(struct rwsem *s, unsigned int state, unsigned int subclass)
{
    int error = 0;

    might_sleep();
    lock_order_acquire(&s->map, s, subclass, false, false);
    if (unlikely(!writer_enter(s)))
        error = rwsem_wait(s, true, state);
    if (error)
        lock_order_release(&s->map, s);
    return error;
}

void rwsem_write_lock(struct rwsem *s)
{
    (void)rwsem_write_lock_state(s, TASK_UNINTERRUPTIBLE, 0);
}

void rwsem_write_lock_nested(struct rwsem *s, unsigned int subclass)
{
    (void)rwsem_write_lock_state(s, TASK_UNINTERRUPTIBLE, subclass);
}

int rwsem_write_lock_killable(struct rwsem *s)
{
    return rwsem_write_lock_state(s, TASK_KILLABLE, 0);
}

bool rwsem_write_trylock(struct rwsem *s)
{
    if (!writer_enter(s))
        return false;
    lock_order_acquire(&s->map, s, 0, true, false);
    return true;
}

void rwsem_write_unlock(struct rwsem *s)
{
    lock_order_release(&s->map, s);
    DEBUG_ASSERT(s->count & RWSEM_WRITER);
    if (unlikely(__atomic_sub_fetch(&s->count, RWSEM_WRITER, __ATOMIC_RELEASE) & RWSEM_WAITERS))
        rwsem_wake(s);
}

void rwsem_downgrade(struct rwsem *s)
{
    if (__atomic_add_fetch(&s->count, RWSEM_READER - RWSEM_WRITER, __ATOMIC_RELEASE) &
        RWSEM_WAITERS)
        rwsem_wake(s);
}
