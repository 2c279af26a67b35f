/* SPDX-License-Identifier: MIT */
/*
 * The page lock and waiting for writeback.
 *
 * Sleepers queue on one of a few wait queues, chosen by the page's address. PG_WAITERS says that
 * somebody may sleep for this page, so that unlocking an uncontended page is one atomic
 * instruction and a test.
 *
 * The sleeper queues itself, sets PG_WAITERS, and looks at the bit last. The waker clears the bit,
 * sees PG_WAITERS in the same instruction, and wakes under the queue's lock; it clears PG_WAITERS
 * there too, when nobody else in the queue means this page. The page may have been freed and reused
 * by then: what matters is only that a PG_WAITERS bit that somebody relies on is never cleared.
 */
#include "internal.h"

#include <kernel/base/panic.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/hash.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/wait.h>

#define QUEUE_BITS 7

static struct wait_queue queues[1 << QUEUE_BITS];

struct page_waiter {
    struct wait_entry entry;
    struct page *page;
    enum page_flag flag;
};

struct page_wake_key {
    struct page *page;
    enum page_flag flag;
    bool others; /* somebody waits for this page, but not for this flag */
};

static struct wait_queue *page_queue(const struct page *page)
{
    return &queues[hash_64((unsigned long)page, QUEUE_BITS)];
}

static int page_waiter_wake(struct wait_entry *entry, unsigned int mode, void *data)
{
    struct page_waiter *waiter = container_of(entry, struct page_waiter, entry);
    struct page_wake_key *key = data;

    if (waiter->page != key->page)
        return 0;
    if (waiter->flag != key->flag) {
        key->others = true;
        return 0;
    }
    return wait_autoremove(entry, mode, NULL);
}

static noinline void page_wake(struct page *page, enum page_flag flag)
{
    struct page_wake_key key = {.page = page, .flag = flag};
    struct wait_queue *wq = page_queue(page);
    unsigned long irq;

    spin_lock_irqsave(&wq->lock, irq);
    wake_up_key_locked(wq, TASK_NORMAL, 0, &key);
    if (!key.others)
        page_flag_clear(page, PG_WAITERS);
    spin_unlock_irqrestore(&wq->lock, irq);
}

/* Clears the flag and wakes who waits for it. */
static inline void page_flag_clear_wake(struct page *page, enum page_flag flag)
{
    u32 old = __atomic_fetch_and(&page->flags, ~(1U << flag), __ATOMIC_ACQ_REL);

    DEBUG_ASSERT(old & (1U << flag));
    if (unlikely(old & (1U << PG_WAITERS)))
        page_wake(page, flag);
}

/* Sleeps until the flag is clear, or (take) until this task has set it. 0 or -EINTR. */
static noinline int page_wait(struct page *page, enum page_flag flag, unsigned int state, bool take)
{
    struct page_waiter waiter = {.page = page, .flag = flag};
    struct wait_queue *wq = page_queue(page);
    int err;

    might_sleep();
    wait_entry_init(&waiter.entry, page_waiter_wake);
    for (;;) {
        err = prepare_to_wait(wq, &waiter.entry, state);
        page_flag_set(page, PG_WAITERS);
        if (take ? !page_flag_test_set(page, flag) : !page_flag_test(page, flag)) {
            err = 0;
            break;
        }
        if (err)
            break;
        io_schedule();
    }
    finish_wait(wq, &waiter.entry);
    return err ? -EINTR : 0;
}

void page_lock(struct page *page)
{
    if (unlikely(page_flag_test_set(page, PG_LOCKED)))
        (void)page_wait(page, PG_LOCKED, TASK_UNINTERRUPTIBLE, true);
}

int page_lock_killable(struct page *page)
{
    if (likely(!page_flag_test_set(page, PG_LOCKED)))
        return 0;
    return page_wait(page, PG_LOCKED, TASK_KILLABLE, true);
}

int page_wait_unlocked_killable(struct page *page)
{
    if (!page_flag_test(page, PG_LOCKED))
        return 0;
    return page_wait(page, PG_LOCKED, TASK_KILLABLE, false);
}

void page_unlock(struct page *page)
{
    page_flag_clear_wake(page, PG_LOCKED);
}

void page_wait_writeback(struct page *page)
{
    if (page_flag_test(page, PG_WRITEBACK))
        (void)page_wait(page, PG_WRITEBACK, TASK_UNINTERRUPTIBLE, false);
}

void page_writeback_done(struct page *page)
{
    page_flag_clear_wake(page, PG_WRITEBACK);
}

void __init page_wait_init(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(queues); i++)
        wait_queue_init(&queues[i]);
}
