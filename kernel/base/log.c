// SPDX-License-Identifier: MIT
/*
 * The kernel log. A message is formatted on the caller's stack, then added to the ring under
 * log_lock with interrupts off; then the consoles are brought up to date by whoever is not finding
 * somebody else at it (console.c), and sleeping readers are woken.
 *
 * Any context. log_lock is the innermost lock of all and is held for a copy only. What can
 * interrupt its holder on the same CPU (NMI, machine check, a fault inside) must not wait for it:
 * the CPU that holds it is noted, and a message that finds its own CPU there goes into a small side
 * buffer, which the next ordinary message empties. In a panic the lock is waited for only a bounded
 * time.
 *
 * Waking a reader takes scheduler locks, which the caller may hold: it is done at once only where
 * nothing can be held (preemptible context), otherwise left to log_wake_pending().
 */
#include <kernel/base/log.h>
#include "log_ring.h"
#include "log_internal.h"
#include <kernel/arch/cpu.h>
#include <kernel/base/panic.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>

static struct log_ring ring; /* protected by log_lock */
static spinlock_t log_lock = SPINLOCK_INIT(log_lock);
static unsigned int log_owner; /* CPU number + 1 while log_lock is held */
static DEFINE_WAIT_QUEUE(readers);
static bool wake_wanted;

/* Where messages go that interrupted log_lock's holder. A slot is claimed (0 -> 1), filled (2),
 * emptied (0). */
#define SIDE_SLOTS 8
#define SIDE_TEXT  200
static struct side_slot {
    int state;
    enum log_level level;
    u16 len;
    char text[SIDE_TEXT];
} side_slots[SIDE_SLOTS];
static bool side_used;

/* A panic must not hang on a lock whose holder was stopped. */
#define PANIC_LOCK_SPINS 1000000

/* Takes log_lock raw (the lock-order checker itself logs). False: this CPU holds it already. */
static bool ring_lock(unsigned long *flags)
{
    unsigned int self = smp_processor_id() + 1;

    *flags = local_irq_save();
    if (READ_ONCE(log_owner) == self) {
        local_irq_restore(*flags);
        return false;
    }
    if (unlikely(panic_in_progress())) {
        for (int i = 0; i < PANIC_LOCK_SPINS && !raw_spin_trylock(&log_lock); i++)
            cpu_relax();
    } else {
        raw_spin_lock(&log_lock);
    }
    WRITE_ONCE(log_owner, self);
    return true;
}

static void ring_unlock(unsigned long flags)
{
    WRITE_ONCE(log_owner, 0);
    raw_spin_unlock(&log_lock);
    local_irq_restore(flags);
}

static void side_add(enum log_level level, const char *text, size_t len)
{
    for (int i = 0; i < SIDE_SLOTS; i++) {
        struct side_slot *slot = &side_slots[i];
        int empty = 0;

        if (!try_cmpxchg(&slot->state, &empty, 1))
            continue;
        slot->level = level;
        slot->len = min(len, sizeof(slot->text));
        memcpy(slot->text, text, slot->len);
        smp_store_release(&slot->state, 2);
        WRITE_ONCE(side_used, true);
        return;
    }
}

/* Moves the side buffer's messages into the ring; log_lock is held. */
static void side_empty(u64 now_ns)
{
    WRITE_ONCE(side_used, false);
    for (int i = 0; i < SIDE_SLOTS; i++) {
        struct side_slot *slot = &side_slots[i];

        if (smp_load_acquire(&slot->state) != 2)
            continue;
        log_ring_add(&ring,
                     (struct log_desc){.time_ns = now_ns, .len = slot->len, .level = slot->level},
                     slot->text);
        smp_store_release(&slot->state, 0);
    }
}

static void wake_readers(void)
{
    if (!wait_queue_active(&readers))
        return;
    if (preemptible() && !panic_in_progress())
        wake_up_all(&readers);
    else
        WRITE_ONCE(wake_wanted, true);
}

static void add(unsigned int facility, enum log_level level, const char *text, size_t len)
{
    u64 now_ns = ktime_ns();
    unsigned long flags;

    if (len && text[len - 1] == '\n')
        len--;
    if (!ring_lock(&flags)) {
        side_add(level, text, len);
        return;
    }
    if (unlikely(READ_ONCE(side_used)))
        side_empty(now_ns);
    log_ring_add(
        &ring,
        (struct log_desc){.time_ns = now_ns, .len = len, .level = level, .facility = facility},
        text);
    ring_unlock(flags);
    log_console_flush();
    wake_readers();
}

void vklog(enum log_level level, const char *fmt, va_list args)
{
    char text[LOG_TEXT_MAX + 1];
    int len = vscnprintf(text, sizeof(text), fmt, args);

    add(0, level, text, len);
}

void klog(enum log_level level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vklog(level, fmt, args);
    va_end(args);
}

void klog_user(unsigned int facility, enum log_level level, const char *text, size_t len)
{
    add(facility, level, text, min(len, (size_t)LOG_TEXT_MAX));
}

bool log_read(u64 seq, struct log_record *record)
{
    unsigned long flags;
    bool found;

    if (!ring_lock(&flags))
        return false;
    found = log_ring_read(&ring, seq, record);
    ring_unlock(flags);
    return found;
}

u64 log_first_seq(void)
{
    return READ_ONCE(ring.first_seq);
}

u64 log_next_seq(void)
{
    return READ_ONCE(ring.next_seq);
}

size_t log_buffer_size(void)
{
    return LOG_RING_TEXT;
}

int log_wait(u64 seq)
{
    return wait_event_interruptible(&readers, log_next_seq() > seq);
}

struct wait_queue *log_wait_queue(void)
{
    return &readers;
}

void log_wake_pending(void)
{
    if (unlikely(READ_ONCE(wake_wanted))) {
        WRITE_ONCE(wake_wanted, false);
        wake_up_all(&readers);
    }
    log_console_refresh(current->flags & TASKF_IDLE);
}

bool ratelimit_allow(struct ratelimit *limit, const char *what)
{
    u64 now_ns = ktime_ns(), start_ns = READ_ONCE(limit->window_start_ns);
    int missed;

    if (!start_ns || now_ns - start_ns >= limit->interval_ns) {
        /* One caller opens the new window and says what the old one swallowed. */
        if (!try_cmpxchg(&limit->window_start_ns, &start_ns, max(now_ns, 1ULL)))
            return false;
        __atomic_store_n(&limit->printed, 0, __ATOMIC_RELAXED);
        missed = __atomic_exchange_n(&limit->missed, 0, __ATOMIC_RELAXED);
        if (missed)
            pr_warn("%s: %d messages left out\n", what, missed);
    }
    if (__atomic_add_fetch(&limit->printed, 1, __ATOMIC_RELAXED) <= limit->burst)
        return true;
    __atomic_add_fetch(&limit->missed, 1, __ATOMIC_RELAXED);
    return false;
}
