/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: where tasks sleep until a condition holds. The waker changes the condition first
 * and wakes second; the sleeper queues itself first and looks at the condition second, so that no
 * wake-up is lost.
 */
#ifndef KERNEL_SYNC_WAIT_H
#define KERNEL_SYNC_WAIT_H

#include <kernel/err.h>
#include <kernel/lib/list.h>
#include <kernel/sched/state.h>
#include <kernel/sync/spinlock.h>

struct task;
struct wait_entry;

/*
 * Called under the queue's lock, interrupts off. key is what the waker passed (poll events, or
 * NULL). Returns > 0 when it woke somebody (counts against an exclusive wake-up), 0 when not.
 */
typedef int (*wait_fn_t)(struct wait_entry *entry, unsigned int mode, void *key);

#define WAIT_EXCLUSIVE 0x1

struct wait_queue {
    spinlock_t lock;
    struct list_head entries;
};

struct wait_entry {
    unsigned int flags;
    struct task *task;
    wait_fn_t fn;
    struct list_head link;
};

#define WAIT_QUEUE_INIT(n)                                                    \
    {                                                                         \
        .lock = SPINLOCK_INIT(n.lock), .entries = LIST_HEAD_INIT((n).entries) \
    }
#define DEFINE_WAIT_QUEUE(n) struct wait_queue n = WAIT_QUEUE_INIT(n)
#define wait_queue_init(wq)                                       \
    do {                                                          \
        static struct lock_class __class = {.name = #wq ".lock"}; \
        wait_queue_init_class((wq), &__class);                    \
    } while (0)
void wait_queue_init_class(struct wait_queue *wq, struct lock_class *class);

/* Wakes the entry's task and unlinks the entry. */
int wait_autoremove(struct wait_entry *entry, unsigned int mode, void *key);
/* Wakes the entry's task; the entry stays queued. */
int wait_default(struct wait_entry *entry, unsigned int mode, void *key);

void wait_entry_init(struct wait_entry *entry, wait_fn_t fn);
void wait_queue_add(struct wait_queue *wq, struct wait_entry *entry);
void wait_queue_add_exclusive(struct wait_queue *wq, struct wait_entry *entry);
void wait_queue_remove(struct wait_queue *wq, struct wait_entry *entry);

/* Queues the entry if it is not queued and sets the task's state. -ERESTARTSYS when a signal is
 * pending and state lets it interrupt (then nothing is queued and the state is running). */
int prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry, unsigned int state);
int prepare_to_wait_exclusive(struct wait_queue *wq, struct wait_entry *entry, unsigned int state);
void finish_wait(struct wait_queue *wq, struct wait_entry *entry);

/* Wakes every non-exclusive entry and nr_exclusive exclusive ones (0: all). Any context. */
void wake_up_key(struct wait_queue *wq, unsigned int mode, int nr_exclusive, void *key);
void wake_up_key_locked(struct wait_queue *wq, unsigned int mode, int nr_exclusive, void *key);
#define wake_up(wq)               wake_up_key((wq), TASK_NORMAL, 1, NULL)
#define wake_up_all(wq)           wake_up_key((wq), TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(wq) wake_up_key((wq), TASK_INTERRUPTIBLE, 1, NULL)
/* For poll: key carries the EPOLL* events that became true. */
#define wake_up_poll(wq, events) wake_up_key((wq), TASK_NORMAL, 1, (void *)(unsigned long)(events))

static inline bool wait_queue_active(struct wait_queue *wq)
{
    smp_mb();
    return !list_empty(&wq->entries);
}

void schedule(void);
/* Sleeps until woken or until ktime_ns() reaches deadline_ns; the state must have been set.
 * Returns true when woken before the deadline. */
bool schedule_until_ns(u64 deadline_ns);
u64 ktime_ns(void);

#define TIMEOUT_NONE (~0ULL)

/* Evaluates to 0, or -ERESTARTSYS (signal), or -ETIMEDOUT. */
#define __wait_event(wq, cond, state, exclusive, deadline_ns)                        \
    ({                                                                               \
        int __ret = 0;                                                               \
        u64 __deadline = (deadline_ns);                                              \
        struct wait_entry __entry;                                                   \
        might_sleep();                                                               \
        wait_entry_init(&__entry, wait_autoremove);                                  \
        for (;;) {                                                                   \
            __ret = (exclusive) ? prepare_to_wait_exclusive((wq), &__entry, (state)) \
                                : prepare_to_wait((wq), &__entry, (state));          \
            if (cond) {                                                              \
                __ret = 0;                                                           \
                break;                                                               \
            }                                                                        \
            if (__ret)                                                               \
                break;                                                               \
            if (__deadline == TIMEOUT_NONE) {                                        \
                schedule();                                                          \
            } else if (!schedule_until_ns(__deadline) && ktime_ns() >= __deadline) { \
                __ret = (cond) ? 0 : -ETIMEDOUT;                                     \
                break;                                                               \
            }                                                                        \
        }                                                                            \
        finish_wait((wq), &__entry);                                                 \
        __ret;                                                                       \
    })

#define wait_event(wq, cond) \
    ((void)((cond) || __wait_event((wq), cond, TASK_UNINTERRUPTIBLE, false, TIMEOUT_NONE)))
#define wait_event_interruptible(wq, cond) \
    ((cond) ? 0 : __wait_event((wq), cond, TASK_INTERRUPTIBLE, false, TIMEOUT_NONE))
#define wait_event_killable(wq, cond) \
    ((cond) ? 0 : __wait_event((wq), cond, TASK_KILLABLE, false, TIMEOUT_NONE))
#define wait_event_interruptible_exclusive(wq, cond) \
    ((cond) ? 0 : __wait_event((wq), cond, TASK_INTERRUPTIBLE, true, TIMEOUT_NONE))
/* 0 or -ETIMEDOUT; deadline_ns by ktime_ns(). */
#define wait_event_until(wq, cond, deadline_ns) \
    ((cond) ? 0 : __wait_event((wq), cond, TASK_UNINTERRUPTIBLE, false, deadline_ns))
#define wait_event_interruptible_until(wq, cond, deadline_ns) \
    ((cond) ? 0 : __wait_event((wq), cond, TASK_INTERRUPTIBLE, false, deadline_ns))
#endif
