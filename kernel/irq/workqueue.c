// SPDX-License-Identifier: MIT
/*
 * Work queues. A queue has a list of pending work under a lock and up to max_active worker
 * threads, started as they are needed: when work is queued and no worker is idle. A work item is
 * on the list at most once; PENDING is cleared before its function runs, so that it may queue
 * itself. The same item never runs twice at once: a worker skips an item that another one is
 * running.
 */
#include <kernel/irq/workqueue.h>

#include <abi/linux/errno.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/wait.h>
#include <kernel/time/clock.h>

#define WORK_PENDING 0x1

struct worker {
    struct list_head link; /* wq->workers */
    struct workqueue *wq;
    struct work *running; /* wq->lock */
    struct task *task;
};

struct workqueue {
    const char *name;
    spinlock_t lock;
    struct list_head pending; /* work.link */
    struct list_head workers;
    unsigned int nr_workers, nr_idle, max_active;
    bool stopping;
    struct wait_queue idle; /* workers waiting for work */
    struct wait_queue done; /* those who wait for an item or for all */
    struct work grow;       /* starts another worker, from task context */
};

struct workqueue *system_wq, *system_unbound_wq;

void work_init(struct work *work, work_fn_t fn)
{
    INIT_LIST_HEAD(&work->link);
    work->fn = fn;
    work->state = 0;
    work->wq = NULL;
}

static struct worker *worker_of(struct workqueue *wq, const struct work *work)
{
    struct worker *worker;

    list_for_each_entry (worker, &wq->workers, link) {
        if (worker->running == work)
            return worker;
    }
    return NULL;
}

/* The first item that nobody runs right now. lock held. */
static struct work *take_work(struct workqueue *wq)
{
    struct work *work;

    list_for_each_entry (work, &wq->pending, link) {
        if (!worker_of(wq, work)) {
            list_del_init(&work->link);
            return work;
        }
    }
    return NULL;
}

static void run_work(struct worker *worker, struct work *work)
{
    struct workqueue *wq = worker->wq;
    unsigned int count = preempt_count();
    work_fn_t fn = work->fn;

    worker->running = work;
    __atomic_fetch_and(&work->state, ~WORK_PENDING, __ATOMIC_RELEASE);
    spin_unlock_irq(&wq->lock);
    fn(work); /* may free the item */
    if (unlikely(preempt_count() != count - PREEMPT_OFFSET || irqs_disabled()))
        panic("work %ps left preemption count %x", fn, preempt_count());
    spin_lock_irq(&wq->lock);
    worker->running = NULL;
    wake_up_key(&wq->done, TASK_NORMAL, 0, NULL);
}

static int worker_main(void *arg)
{
    struct worker *worker = arg;
    struct workqueue *wq = worker->wq;

    current->flags |= TASKF_WQ_WORKER;
    spin_lock_irq(&wq->lock);
    for (;;) {
        struct work *work = take_work(wq);

        if (work) {
            run_work(worker, work);
            continue;
        }
        if (wq->stopping)
            break;
        wq->nr_idle++;
        spin_unlock_irq(&wq->lock);
        (void)__wait_event(&wq->idle, !list_empty(&wq->pending) || wq->stopping, TASK_IDLE, true,
                           TIMEOUT_NONE);
        spin_lock_irq(&wq->lock);
        wq->nr_idle--;
    }
    list_del(&worker->link);
    wq->nr_workers--;
    spin_unlock_irq(&wq->lock);
    wake_up_all(&wq->done);
    kfree(worker);
    return 0;
}

static int worker_start(struct workqueue *wq)
{
    struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);

    if (!worker)
        return -ENOMEM;
    worker->wq = wq;
    worker->task = kthread_create(worker_main, worker, "kworker/%s", wq->name);
    if (IS_ERR(worker->task)) {
        int error = PTR_ERR(worker->task);

        kfree(worker);
        return error;
    }
    spin_lock_irq(&wq->lock);
    list_add(&worker->link, &wq->workers);
    wq->nr_workers++;
    spin_unlock_irq(&wq->lock);
    wake_up_task(worker->task);
    return 0;
}

/* More work than workers: one more, as far as max_active. */
static void grow(struct work *work)
{
    struct workqueue *wq = container_of(work, struct workqueue, grow);

    if (wq->nr_workers < wq->max_active && worker_start(wq))
        pr_warn_ratelimited("workqueue %s: no memory for another worker\n", wq->name);
}

struct workqueue *workqueue_create(const char *name, unsigned int max_active)
{
    struct workqueue *wq = kzalloc(sizeof(*wq), GFP_KERNEL);

    if (!wq)
        return NULL;
    wq->name = name;
    wq->max_active = max_active ? max_active : 1;
    spin_lock_init(&wq->lock);
    INIT_LIST_HEAD(&wq->pending);
    INIT_LIST_HEAD(&wq->workers);
    wait_queue_init(&wq->idle);
    wait_queue_init(&wq->done);
    work_init(&wq->grow, grow);
    if (worker_start(wq)) {
        kfree(wq);
        return NULL;
    }
    return wq;
}

static bool wq_quiet(struct workqueue *wq)
{
    struct worker *worker;
    bool quiet;

    spin_lock_irq(&wq->lock);
    quiet = list_empty(&wq->pending);
    list_for_each_entry (worker, &wq->workers, link)
        quiet &= !worker->running;
    spin_unlock_irq(&wq->lock);
    return quiet;
}

void workqueue_flush(struct workqueue *wq)
{
    wait_event(&wq->done, wq_quiet(wq));
}

void workqueue_destroy(struct workqueue *wq)
{
    workqueue_flush(wq);
    spin_lock_irq(&wq->lock);
    wq->stopping = true;
    spin_unlock_irq(&wq->lock);
    wake_up_all(&wq->idle);
    wait_event(&wq->done, READ_ONCE(wq->nr_workers) == 0);
    kfree(wq);
}

static void insert_work(struct workqueue *wq, struct work *work)
{
    work->wq = wq;
    list_add_tail(&work->link, &wq->pending);
}

bool work_queue(struct workqueue *wq, struct work *work)
{
    unsigned long flags;
    bool crowded;

    if (__atomic_fetch_or(&work->state, WORK_PENDING, __ATOMIC_ACQ_REL) & WORK_PENDING)
        return false;
    spin_lock_irqsave(&wq->lock, flags);
    insert_work(wq, work);
    crowded = !wq->nr_idle && wq->nr_workers < wq->max_active;
    spin_unlock_irqrestore(&wq->lock, flags);
    wake_up(&wq->idle);
    /* The system queue grows by work of its own, run by the worker that is there. */
    if (crowded && work != &wq->grow)
        work_queue(wq == system_wq ? wq : system_wq, &wq->grow);
    return true;
}

static bool delayed_work_due(struct timer *timer)
{
    struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);

    __atomic_fetch_and(&dwork->work.state, ~WORK_PENDING, __ATOMIC_RELEASE);
    work_queue(dwork->wq, &dwork->work);
    return false;
}

void delayed_work_init(struct delayed_work *dwork, work_fn_t fn)
{
    work_init(&dwork->work, fn);
    timer_init(&dwork->timer, delayed_work_due, 0);
    dwork->wq = NULL;
}

bool delayed_work_queue(struct workqueue *wq, struct delayed_work *dwork, u64 delay_ns)
{
    if (__atomic_fetch_or(&dwork->work.state, WORK_PENDING, __ATOMIC_ACQ_REL) & WORK_PENDING)
        return false;
    dwork->wq = wq;
    timer_start(&dwork->timer, ktime_ns() + delay_ns);
    return true;
}

static bool work_idle(struct work *work)
{
    struct workqueue *wq = READ_ONCE(work->wq);
    bool idle;

    if (!wq)
        return true;
    spin_lock_irq(&wq->lock);
    idle = list_empty(&work->link) && !worker_of(wq, work);
    spin_unlock_irq(&wq->lock);
    return idle;
}

void work_flush(struct work *work)
{
    struct workqueue *wq = READ_ONCE(work->wq);

    if (wq)
        wait_event(&wq->done, work_idle(work));
}

bool work_cancel_sync(struct work *work)
{
    struct workqueue *wq = READ_ONCE(work->wq);
    bool was_pending = false;

    if (!wq)
        return false;
    spin_lock_irq(&wq->lock);
    if (!list_empty(&work->link)) {
        list_del_init(&work->link);
        __atomic_fetch_and(&work->state, ~WORK_PENDING, __ATOMIC_RELEASE);
        was_pending = true;
    }
    spin_unlock_irq(&wq->lock);
    work_flush(work);
    return was_pending;
}

bool delayed_work_cancel_sync(struct delayed_work *dwork)
{
    bool was_waiting = timer_cancel(&dwork->timer);

    if (was_waiting)
        __atomic_fetch_and(&dwork->work.state, ~WORK_PENDING, __ATOMIC_RELEASE);
    return work_cancel_sync(&dwork->work) || was_waiting;
}

static int __init workqueue_init(void)
{
    system_wq = workqueue_create("events", 16);
    system_unbound_wq = workqueue_create("unbound", 16);
    if (!system_wq || !system_unbound_wq)
        panic("no memory for the system work queues");
    return 0;
}
initcall(INIT_CORE, workqueue_init);
