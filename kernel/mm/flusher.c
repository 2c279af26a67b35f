/* SPDX-License-Identifier: MIT */
/*
 * The flusher: a kernel thread that writes back what became dirty some seconds ago.
 *
 * Whoever makes something dirty arms it (one look at a flag when it is armed already); it then
 * waits for a while, so that what is changed again and again is written once, and starts writing
 * everything. When too much is dirty it is kicked and does not wait. With nothing dirty it sleeps
 * for good: an idle machine is not woken.
 *
 * Locking: the two flags are plain; a lost race costs one interval.
 */
#include <kernel/mm/writeback.h>

#include <kernel/base/initcall.h>
#include <kernel/block/blkdev.h>
#include <kernel/err.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/fs.h>

#define INTERVAL_NS (5 * NSEC_PER_SEC) /* Linux's dirty_writeback_centisecs */

static DEFINE_WAIT_QUEUE(flusher_wait);
static bool armed, kicked;

void flusher_arm(void)
{
    if (READ_ONCE(armed))
        return;
    WRITE_ONCE(armed, true);
    wake_up(&flusher_wait);
}

void flusher_kick(void)
{
    if (READ_ONCE(kicked))
        return;
    WRITE_ONCE(kicked, true);
    WRITE_ONCE(armed, true);
    wake_up(&flusher_wait);
}

static int flusher_run(void *arg)
{
    for (;;) {
        wait_event(&flusher_wait, READ_ONCE(armed));
        (void)wait_event_until(&flusher_wait, READ_ONCE(kicked), ktime_ns() + INTERVAL_NS);
        WRITE_ONCE(armed, false);
        WRITE_ONCE(kicked, false);
        super_write_back_all();
        bdev_write_back_all(false);
    }
    return 0;
}

static int __init flusher_start(void)
{
    struct task *task = kthread_run(flusher_run, NULL, "flusher");

    return PTR_ERR_OR_ZERO(task);
}
initcall(INIT_SUBSYS, flusher_start);
