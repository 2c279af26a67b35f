// SPDX-License-Identifier: MIT
/*
 * Where tasks run. A waking task goes to the CPU it ran on if that idles, else to an idle one it
 * may use, else stays. A CPU about to idle takes a waiting task from the busiest; a busy one looks
 * every BALANCE_NS. The second run queue is only tried for, so that no order between the two is
 * needed.
 */
#include "rq.h"

#include <kernel/sched/idle.h>

#define BALANCE_NS 16000000ULL

static bool cpu_is_idle(unsigned int cpu)
{
    struct rq *rq = cpu_rq(cpu);

    return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_running);
}

static unsigned int least_loaded(u64 mask)
{
    unsigned int best = 0, best_nr = ~0U, cpu;

    for_each_cpu (cpu, mask) {
        unsigned int nr = READ_ONCE(cpu_rq(cpu)->nr_running);

        if (nr < best_nr) {
            best = cpu;
            best_nr = nr;
        }
    }
    return best;
}

/* pi_lock held. */
unsigned int sched_select_cpu(struct task *task)
{
    u64 mask = task->cpus_allowed & READ_ONCE(cpu_online_mask);
    unsigned int prev = (unsigned int)task->cpu, cpu;

    if (unlikely(!mask))
        mask = READ_ONCE(cpu_online_mask);
    if (is_power_of_2(mask))
        return (unsigned int)__builtin_ctzll(mask);
    if (task->state == TASK_RUNNING && !task->nr_run) /* new */
        return least_loaded(mask);
    if (mask & BIT_ULL(prev) && cpu_is_idle(prev))
        return prev;
    for_each_cpu (cpu, mask) {
        if (cpu_is_idle(cpu))
            return cpu;
    }
    return mask & BIT_ULL(prev) ? prev : least_loaded(mask);
}

static struct rq *busiest_rq(struct rq *here)
{
    struct rq *busiest = NULL;
    unsigned int most = 1, cpu;

    for_each_online_cpu (cpu) {
        unsigned int nr = READ_ONCE(cpu_rq(cpu)->nr_running);

        if (cpu != here->cpu && nr > most) {
            most = nr;
            busiest = cpu_rq(cpu);
        }
    }
    return busiest;
}

/* here->lock held. */
static bool pull_one(struct rq *here, struct rq *from)
{
    bool pulled = false;

    if (!spin_trylock(&from->lock))
        return false;
    for (unsigned int i = 0; i < ARRAY_SIZE(sched_classes) && !pulled; i++) {
        struct task *task = sched_classes[i]->steal(from, here->cpu);

        if (task) {
            sched_move_queued(from, here, task);
            pulled = true;
        }
    }
    spin_unlock(&from->lock);
    return pulled;
}

bool sched_balance_idle(struct rq *rq)
{
    struct rq *from;

    if (is_power_of_2(READ_ONCE(cpu_online_mask)))
        return false;
    from = busiest_rq(rq);
    return from && pull_one(rq, from);
}

void sched_balance_tick(struct rq *rq)
{
    struct rq *from;

    if (is_power_of_2(READ_ONCE(cpu_online_mask)) || rq->clock_ns < rq->next_balance_ns)
        return;
    rq->next_balance_ns = rq->clock_ns + BALANCE_NS;
    from = busiest_rq(rq);
    if (from && READ_ONCE(from->nr_running) >= rq->nr_running + 2)
        pull_one(rq, from);
}

/* A thread of the highest priority would do it from outside; current does it for itself by sleeping
 * for a moment: the wake-up places it where it may be. */
void sched_migrate_self(void)
{
    while (!(current->cpus_allowed & BIT_ULL(smp_processor_id()))) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule_until_ns(0);
    }
}
