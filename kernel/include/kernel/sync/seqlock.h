/* SPDX-License-Identifier: MIT */
/*
 * Sequence counts: readers take no lock and retry when a writer was at work. What readers read
 * must stay readable while it changes (no pointers that are freed, unless by RCU).
 */
#ifndef KERNEL_SYNC_SEQLOCK_H
#define KERNEL_SYNC_SEQLOCK_H

#include <kernel/sync/spinlock.h>

/* The writer holds a lock of its own and has preemption off. */
typedef struct seqcount {
    u32 sequence; /* odd: a writer is at work */
} seqcount_t;

static inline void seqcount_init(seqcount_t *s)
{
    s->sequence = 0;
}

static inline u32 read_seqcount_begin(const seqcount_t *s)
{
    u32 seq;

    while (unlikely((seq = smp_load_acquire(&s->sequence)) & 1))
        cpu_relax();
    return seq;
}

/* Without waiting for a writer: an odd count makes the retry fail. */
static inline u32 raw_seqcount_begin(const seqcount_t *s)
{
    return smp_load_acquire(&s->sequence) & ~1U;
}

static inline bool read_seqcount_retry(const seqcount_t *s, u32 start)
{
    smp_rmb();
    return unlikely(READ_ONCE(s->sequence) != start);
}

static inline void write_seqcount_begin(seqcount_t *s)
{
    WRITE_ONCE(s->sequence, s->sequence + 1);
    smp_wmb();
}

static inline void write_seqcount_end(seqcount_t *s)
{
    smp_wmb();
    WRITE_ONCE(s->sequence, s->sequence + 1);
}

/* Makes readers retry without changing anything between. */
static inline void write_seqcount_invalidate(seqcount_t *s)
{
    smp_wmb();
    WRITE_ONCE(s->sequence, s->sequence + 2);
}

typedef struct seqlock {
    seqcount_t count;
    spinlock_t lock;
} seqlock_t;

#define SEQLOCK_INIT(n)               \
    {                                 \
        .lock = SPINLOCK_INIT(n.lock) \
    }
#define DEFINE_SEQLOCK(n) seqlock_t n = SEQLOCK_INIT(n)

static inline u32 read_seqbegin(const seqlock_t *s)
{
    return read_seqcount_begin(&s->count);
}

static inline bool read_seqretry(const seqlock_t *s, u32 start)
{
    return read_seqcount_retry(&s->count, start);
}

static inline void write_seqlock(seqlock_t *s)
{
    spin_lock(&s->lock);
    write_seqcount_begin(&s->count);
}

static inline void write_sequnlock(seqlock_t *s)
{
    write_seqcount_end(&s->count);
    spin_unlock(&s->lock);
}

#define write_seqlock_irqsave(s, flags)       \
    do {                                      \
        spin_lock_irqsave(&(s)->lock, flags); \
        write_seqcount_begin(&(s)->count);    \
    } while (0)

static inline void write_sequnlock_irqrestore(seqlock_t *s, unsigned long flags)
{
    write_seqcount_end(&s->count);
    spin_unlock_irqrestore(&s->lock, flags);
}
#endif
