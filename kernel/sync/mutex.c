// SPDX-License-Identifier: MIT
/*
 * Mutexes. owner holds the owning task's address; bit WAITERS says that the list is not empty, so
 * that unlock must take the slow path.
 *
 * Uncontended lock and unlock are one compare-and-exchange each. A contender first spins while the
 * owner is running on another CPU (it will soon be done), then queues and sleeps. Unlock wakes the
 * first waiter without giving it the lock, so that a running task may take it first; a waiter that
 * lost MUTEX_PATIENCE times asks for the lock to be handed to it (HANDOFF), which bounds its wait.
 */
#include <kernel/sync/mutex.h>

#include <abi/linux/errno.h>
#include <kernel/base/panic.h>
#include <kernel/sched/sched.h>

#define MUTEX_WAITERS 1UL
#define MUTEX_HANDOFF 2UL
#define MUTEX_FLAGS   (MUTEX_WAITERS | MUTEX_HANDOFF)

#define MUTEX_PATIENCE  2
#define MUTEX_MAX_SPINS 1000

struct mutex_waiter {
    struct list_head link;
    struct task *task;
};

void mutex_init_class(struct mutex *m, struct lock_class *class)
{
    m->owner = 0;
    spin_lock_init(&m->wait_lock);
    INIT_LIST_HEAD(&m->waiters);
    lock_map_set(&m->map, class);
}

static struct task *mutex_owner(const struct mutex *m)
{
    return (struct task *)(READ_ONCE(m->owner) & ~MUTEX_FLAGS);
}

bool mutex_is_locked(const struct mutex *m)
{
    return mutex_owner(m) != NULL;
}

bool mutex_is_mine(const struct mutex *m)
{
    return mutex_owner(m) == current;
}

/* Takes the mutex if it is free or was handed to current; keeps the flags but HANDOFF. */
static bool mutex_try(struct mutex *m)
{
    u64 old = READ_ONCE(m->owner);

    for (;;) {
        u64 holder = old & ~MUTEX_FLAGS;
        u64 want = (u64)current | (old & MUTEX_WAITERS);

        if (holder && holder != (u64)current)
            return false;
        if (holder == (u64)current && !(old & MUTEX_HANDOFF))
            return false;
        if (__atomic_compare_exchange_n(&m->owner, &old, want, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    }
}

/* The owner is running: it will let go sooner than a sleep and a wake-up take. */
static bool mutex_spin(struct mutex *m)
{
    for (int i = 0; i < MUTEX_MAX_SPINS; i++) {
        struct task *owner;
        bool running;

        if (mutex_try(m))
            return true;
        if (need_resched())
            return false;
        rcu_read_lock();
        owner = mutex_owner(m);
        running = owner && READ_ONCE(owner->on_cpu);
        rcu_read_unlock();
        if (owner && !running)
            return false;
        cpu_relax();
    }
    return false;
}

static int mutex_lock_slow(struct mutex *m, unsigned int state)
{
    struct mutex_waiter waiter = {.task = current};
    int lost = 0, error = 0;

    if (mutex_spin(m))
        return 0;
    spin_lock_irq(&m->wait_lock);
    list_add_tail(&waiter.link, &m->waiters);
    __atomic_fetch_or(&m->owner, MUTEX_WAITERS, __ATOMIC_RELAXED);
    for (;;) {
        set_current_state(state);
        if (mutex_try(m))
            break;
        if (signal_pending_state(state, current)) {
            error = -EINTR;
            break;
        }
        if (++lost > MUTEX_PATIENCE && m->waiters.next == &waiter.link)
            __atomic_fetch_or(&m->owner, MUTEX_HANDOFF, __ATOMIC_RELAXED);
        /* The owner may have let go between the attempt and the flag. */
        if (mutex_try(m))
            break;
        spin_unlock_irq(&m->wait_lock);
        schedule();
        spin_lock_irq(&m->wait_lock);
    }
    set_current_state(TASK_RUNNING);
    list_del(&waiter.link);
    if (list_empty(&m->waiters))
        __atomic_fetch_and(&m->owner, ~MUTEX_WAITERS, __ATOMIC_RELAXED);
    /* Handed over just as a signal arrived: it is ours, so take it. */
    if (error && mutex_owner(m) == current && mutex_try(m))
        error = 0;
    spin_unlock_irq(&m->wait_lock);
    return error;
}

static int mutex_lock_state(struct mutex *m, unsigned int state, unsigned int subclass)
{
    u64 expected = 0;
    int error = 0;

    might_sleep();
    lock_order_acquire(&m->map, m, subclass, false, false);
    if (unlikely(!__atomic_compare_exchange_n(&m->owner, &expected, (u64)current, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
        error = mutex_lock_slow(m, state);
    if (error)
        lock_order_release(&m->map, m);
    return error;
}

void mutex_lock(struct mutex *m)
{
    (void)mutex_lock_state(m, TASK_UNINTERRUPTIBLE, 0);
}

void mutex_lock_nested(struct mutex *m, unsigned int subclass)
{
    (void)mutex_lock_state(m, TASK_UNINTERRUPTIBLE, subclass);
}

int mutex_lock_interruptible(struct mutex *m)
{
    return mutex_lock_state(m, TASK_INTERRUPTIBLE, 0);
}

int mutex_lock_killable(struct mutex *m)
{
    return mutex_lock_state(m, TASK_KILLABLE, 0);
}

bool mutex_trylock(struct mutex *m)
{
    if (!mutex_try(m))
        return false;
    lock_order_acquire(&m->map, m, 0, true, false);
    return true;
}

static void mutex_unlock_slow(struct mutex *m)
{
    struct mutex_waiter *first = NULL;
    u64 old = READ_ONCE(m->owner);
    unsigned long flags;

    spin_lock_irqsave(&m->wait_lock, flags);
    if (!list_empty(&m->waiters))
        first = list_first_entry(&m->waiters, struct mutex_waiter, link);
    for (;;) {
        u64 next =
            first ? (old & MUTEX_HANDOFF ? (u64)first->task | MUTEX_FLAGS : MUTEX_WAITERS) : 0;

        if (__atomic_compare_exchange_n(&m->owner, &old, next, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            break;
    }
    if (first)
        wake_up_state(first->task, TASK_NORMAL | TASK_WAKEKILL);
    spin_unlock_irqrestore(&m->wait_lock, flags);
}

void mutex_unlock(struct mutex *m)
{
    u64 expected = (u64)current;

    DEBUG_ASSERT(mutex_owner(m) == current);
    lock_order_release(&m->map, m);
    if (unlikely(!__atomic_compare_exchange_n(&m->owner, &expected, 0, false, __ATOMIC_RELEASE,
                                              __ATOMIC_RELAXED)))
        mutex_unlock_slow(m);
}
