/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks: fair (tickets), preemption off while held. Taken from interrupt context somewhere
 * means: taken with interrupts off everywhere else (the _irq and _irqsave forms).
 * Context: any; the holder must not sleep.
 */
#ifndef KERNEL_SYNC_SPINLOCK_H
#define KERNEL_SYNC_SPINLOCK_H

#include <kernel/sync/lockclass.h>
#include <kernel/sync/preempt.h>

typedef struct spinlock {
    union {
        u32 tickets;
        struct {
            u16 owner; /* being served */
            u16 next;  /* next ticket to hand out */
        };
    };
    LOCK_MAP_FIELD
} spinlock_t;

#define SPINLOCK_INIT(n)                \
    {                                   \
        .tickets = 0, LOCK_MAP_INIT(#n) \
    }
#define DEFINE_SPINLOCK(n) spinlock_t n = SPINLOCK_INIT(n)

/* Each place that initialises a lock makes a class of that lock's name. */
#define spin_lock_init(l)                                \
    do {                                                 \
        static struct lock_class __class = {.name = #l}; \
        spin_lock_init_class((l), &__class);             \
    } while (0)
static inline void spin_lock_init_class(spinlock_t *l, struct lock_class *class)
{
    l->tickets = 0;
    lock_map_set(&l->map, class);
}

void spin_lock_slow(spinlock_t *l, u16 ticket);

static inline void raw_spin_lock(spinlock_t *l)
{
    u32 old = __atomic_fetch_add(&l->tickets, 1U << 16, __ATOMIC_ACQUIRE);

    if (unlikely((u16)old != (u16)(old >> 16)))
        spin_lock_slow(l, old >> 16);
}

static inline void raw_spin_unlock(spinlock_t *l)
{
    __atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
}

static inline bool raw_spin_trylock(spinlock_t *l)
{
    u32 old = READ_ONCE(l->tickets);

    if ((u16)old != (u16)(old >> 16))
        return false;
    return __atomic_compare_exchange_n(&l->tickets, &old, old + (1U << 16), false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline bool spin_is_locked(const spinlock_t *l)
{
    u32 v = READ_ONCE(l->tickets);

    return (u16)v != (u16)(v >> 16);
}

static inline void spin_lock(spinlock_t *l)
{
    preempt_disable();
    lock_order_acquire(&l->map, l, 0, false, false);
    raw_spin_lock(l);
}

/* For two locks of one class taken in an order of the caller's own; subclass 1 is the inner. */
static inline void spin_lock_nested(spinlock_t *l, unsigned int subclass)
{
    preempt_disable();
    lock_order_acquire(&l->map, l, subclass, false, false);
    raw_spin_lock(l);
}

static inline bool spin_trylock(spinlock_t *l)
{
    preempt_disable();
    if (raw_spin_trylock(l)) {
        lock_order_acquire(&l->map, l, 0, true, false);
        return true;
    }
    preempt_enable();
    return false;
}

static inline void spin_unlock(spinlock_t *l)
{
    lock_order_release(&l->map, l);
    raw_spin_unlock(l);
    preempt_enable();
}

static inline void spin_lock_irq(spinlock_t *l)
{
    local_irq_disable();
    spin_lock(l);
}

static inline void spin_unlock_irq(spinlock_t *l)
{
    lock_order_release(&l->map, l);
    raw_spin_unlock(l);
    local_irq_enable();
    preempt_enable();
}

#define spin_lock_irqsave(l, flags) \
    do {                            \
        (flags) = local_irq_save(); \
        spin_lock(l);               \
    } while (0)

static inline void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
    lock_order_release(&l->map, l);
    raw_spin_unlock(l);
    local_irq_restore(flags);
    preempt_enable();
}

static inline void spin_lock_bh(spinlock_t *l)
{
    local_bh_disable();
    spin_lock(l);
}

static inline void spin_unlock_bh(spinlock_t *l)
{
    spin_unlock(l);
    local_bh_enable();
}
#endif
