// SPDX-License-Identifier: MIT
/*
 * The real-time class (sched(7)): SCHED_FIFO and SCHED_RR, one list for each of 99 priorities and
 * a bitmap of those in use. The running task stays at the head of its list.
 */
#include "rq.h"

#include <kernel/base/panic.h>
#include <kernel/lib/bitops.h>

#define RR_SLICE_NS 100000000ULL

static struct task *rt_task_of(struct list_head *link)
{
    return container_of(container_of(link, struct sched_rt_entity, link), struct task, rt);
}

/* Bit 0 is the highest priority (99). */
static unsigned int index_of(const struct task *task)
{
    return NR_RT_PRIORITIES - 1 - (unsigned int)task->rt_priority;
}

static void rt_enqueue(struct rq *rq, struct task *task, unsigned int flags)
{
    struct rt_queue *q = &rq->rt;
    unsigned int i = index_of(task);

    list_add_tail(&task->rt.link, &q->queue[i]);
    q->bitmap[i / 64] |= BIT_ULL(i % 64);
    q->nr++;
    if (!task->rt.slice_left_ns)
        task->rt.slice_left_ns = RR_SLICE_NS;
}

void rt_update_curr(struct rq *rq)
{
    struct task *task = rq->curr;
    s64 delta = (s64)(rq->clock_ns - task->se.exec_start_ns);

    if (task->class != &rt_class || delta <= 0)
        return;
    task->se.exec_start_ns = rq->clock_ns;
    task->se.sum_exec_ns += (u64)delta;
    task->rt.slice_left_ns -= min(task->rt.slice_left_ns, (u64)delta);
}

static void rt_dequeue(struct rq *rq, struct task *task, unsigned int flags)
{
    struct rt_queue *q = &rq->rt;
    unsigned int i = index_of(task);

    rt_update_curr(rq);
    list_del_init(&task->rt.link);
    if (list_empty(&q->queue[i]))
        q->bitmap[i / 64] &= ~BIT_ULL(i % 64);
    q->nr--;
}

static struct task *rt_pick(struct rq *rq)
{
    struct rt_queue *q = &rq->rt;
    unsigned int i;

    if (!q->nr)
        return NULL;
    i = q->bitmap[0] ? (unsigned int)__builtin_ctzll(q->bitmap[0])
                     : 64 + (unsigned int)__builtin_ctzll(q->bitmap[1]);
    return rt_task_of(q->queue[i].next);
}

static void rt_set_next(struct rq *rq, struct task *task)
{
    task->se.exec_start_ns = rq->clock_ns;
}

static void rt_put_prev(struct rq *rq, struct task *task)
{
    rt_update_curr(rq);
}

static void to_tail(struct rq *rq, struct task *task)
{
    list_move_tail(&task->rt.link, &rq->rt.queue[index_of(task)]);
}

static void rt_tick(struct rq *rq, struct task *task)
{
    rt_update_curr(rq);
    if (task->policy != SCHED_RR || task->rt.slice_left_ns)
        return;
    task->rt.slice_left_ns = RR_SLICE_NS;
    if (task->rt.link.next != task->rt.link.prev) { /* not alone */
        to_tail(rq, task);
        resched_curr(rq);
    }
}

static void rt_yield(struct rq *rq)
{
    to_tail(rq, rq->curr);
}

static bool rt_preempts(struct rq *rq, struct task *task)
{
    return task->rt_priority > rq->curr->rt_priority;
}

static struct task *rt_steal(struct rq *rq, unsigned int to_cpu)
{
    for (unsigned int i = 0; i < NR_RT_PRIORITIES; i++) {
        struct task *task;

        list_for_each_entry (task, &rq->rt.queue[i], rt.link) {
            if (task != rq->curr && task->cpus_allowed & BIT_ULL(to_cpu) &&
                !READ_ONCE(task->on_cpu))
                return task;
        }
    }
    return NULL;
}

static void rt_fork(struct task *child)
{
    INIT_LIST_HEAD(&child->rt.link);
    child->rt.slice_left_ns = RR_SLICE_NS;
}

const struct sched_class rt_class = {
    .name = "rt",
    .enqueue = rt_enqueue,
    .dequeue = rt_dequeue,
    .yield = rt_yield,
    .pick = rt_pick,
    .set_next = rt_set_next,
    .put_prev = rt_put_prev,
    .tick = rt_tick,
    .preempts = rt_preempts,
    .steal = rt_steal,
    .fork = rt_fork,
};
