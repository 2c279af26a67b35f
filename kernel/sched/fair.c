// SPDX-License-Identifier: MIT
/*
 * The fair class: EEVDF, earliest eligible virtual deadline first (Stoica and Abdel-Wahab, 1995).
 *
 * Virtual time advances for each entity at 1/weight of real time. V is the average of all
 * entities' vruntimes by weight: where an ideal, infinitely divisible processor would have
 * everyone. lag = (V - vruntime) * weight is the service owed. An entity is eligible when its lag
 * is not negative; among the eligible the one with the earliest virtual deadline (vruntime at the
 * start of its slice plus slice/weight) runs.
 *
 * V is kept as sum((v_i - base) * w_i) / sum(w_i) around a moving zero point, so that numbers stay
 * small. Eligibility of i is then sum >= (v_i - base) * load, without a division. The tree is
 * ordered by deadline and augmented with the least vruntime below each node, which lets the
 * search skip subtrees without an eligible entity: O(log n).
 *
 * Lag is kept across sleep (vlag) and, because joining moves V, inflated on return so that what is
 * left after the join is the lag that was had.
 */
#include "rq.h"

#include <kernel/base/panic.h>
#include <kernel/time/clock.h>

#define SLICE_NS 3000000ULL

static struct task *task_of(struct sched_entity *se)
{
    return container_of(se, struct task, se);
}

static u64 to_virtual(u64 ns, u32 weight)
{
    return weight == NICE_0_WEIGHT ? ns : ns * NICE_0_WEIGHT / weight;
}

static s64 key_of(const struct fair_queue *fq, const struct sched_entity *se)
{
    return (s64)(se->vruntime - fq->base_vruntime);
}

/* --- the average --- */

static void avg_add(struct fair_queue *fq, const struct sched_entity *se)
{
    fq->avg_vruntime += key_of(fq, se) * (s64)se->weight;
    fq->avg_load += se->weight;
}

static void avg_sub(struct fair_queue *fq, const struct sched_entity *se)
{
    fq->avg_vruntime -= key_of(fq, se) * (s64)se->weight;
    fq->avg_load -= se->weight;
}

/* V, the running entity counted in. */
static u64 avg_vruntime(const struct fair_queue *fq)
{
    s64 sum = fq->avg_vruntime;
    s64 load = (s64)fq->avg_load;

    if (fq->curr && fq->curr->on_rq) {
        sum += key_of(fq, fq->curr) * (s64)fq->curr->weight;
        load += fq->curr->weight;
    }
    if (load) {
        if (sum < 0)
            sum -= load - 1; /* round down, so that V is never ahead of itself */
        sum /= load;
    }
    return fq->base_vruntime + sum;
}

static bool is_eligible(const struct fair_queue *fq, u64 vruntime)
{
    s64 sum = fq->avg_vruntime;
    s64 load = (s64)fq->avg_load;

    if (fq->curr && fq->curr->on_rq) {
        sum += key_of(fq, fq->curr) * (s64)fq->curr->weight;
        load += fq->curr->weight;
    }
    return sum >= (s64)(vruntime - fq->base_vruntime) * load;
}

/* Moves the zero point up to the least vruntime, so that keys stay small. */
static void base_advance(struct fair_queue *fq)
{
    struct rb_node *root = fq->root.rb_root.rb_node;
    u64 least = fq->base_vruntime;
    bool any = false;

    if (fq->curr && fq->curr->on_rq) {
        least = fq->curr->vruntime;
        any = true;
    }
    if (root) {
        u64 tree = rb_entry(root, struct sched_entity, node)->min_vruntime;

        if (!any || (s64)(tree - least) < 0)
            least = tree;
        any = true;
    }
    if (any && (s64)(least - fq->base_vruntime) > 0) {
        s64 delta = (s64)(least - fq->base_vruntime);

        fq->avg_vruntime -= (s64)fq->avg_load * delta;
        fq->base_vruntime = least;
    }
}

/* --- the tree --- */

static u64 subtree_min(struct sched_entity *se)
{
    u64 least = se->vruntime;
    struct rb_node *child[2] = {se->node.rb_left, se->node.rb_right};

    for (int i = 0; i < 2; i++) {
        if (child[i]) {
            u64 v = rb_entry(child[i], struct sched_entity, node)->min_vruntime;

            if ((s64)(v - least) < 0)
                least = v;
        }
    }
    return least;
}

static bool update_min(struct rb_node *node)
{
    struct sched_entity *se = rb_entry(node, struct sched_entity, node);
    u64 old = se->min_vruntime;

    se->min_vruntime = subtree_min(se);
    return se->min_vruntime != old;
}

static void tree_insert(struct fair_queue *fq, struct sched_entity *se)
{
    struct rb_node **link = &fq->root.rb_root.rb_node, *parent = NULL;
    bool leftmost = true;

    avg_add(fq, se);
    while (*link) {
        parent = *link;
        if ((s64)(se->deadline - rb_entry(parent, struct sched_entity, node)->deadline) < 0) {
            link = &parent->rb_left;
        } else {
            link = &parent->rb_right;
            leftmost = false;
        }
    }
    rb_link_node(&se->node, parent, link);
    rb_insert_augmented_cached(&se->node, &fq->root, leftmost, update_min);
}

static void tree_erase(struct fair_queue *fq, struct sched_entity *se)
{
    rb_erase_augmented_cached(&se->node, &fq->root, update_min);
    avg_sub(fq, se);
}

static bool has_eligible(const struct fair_queue *fq, struct rb_node *node)
{
    return node && is_eligible(fq, rb_entry(node, struct sched_entity, node)->min_vruntime);
}

/* The leftmost (earliest deadline) eligible entity of the tree. */
static struct sched_entity *pick_tree(struct fair_queue *fq)
{
    struct rb_node *node = fq->root.rb_root.rb_node;
    struct sched_entity *best = NULL;

    while (node) {
        struct sched_entity *se = rb_entry(node, struct sched_entity, node);

        if (has_eligible(fq, node->rb_left)) {
            node = node->rb_left;
        } else if (is_eligible(fq, se->vruntime)) {
            best = se;
            break;
        } else {
            node = node->rb_right;
        }
    }
    return best;
}

static struct sched_entity *pick_entity(struct fair_queue *fq)
{
    struct sched_entity *best = pick_tree(fq), *curr = fq->curr;

    if (curr && !(curr->on_rq && is_eligible(fq, curr->vruntime)))
        curr = NULL;
    if (!best || (curr && (s64)(curr->deadline - best->deadline) < 0))
        best = curr;
    /* Rounding may leave nobody eligible: then the one with the earliest deadline. */
    if (!best && rb_first_cached(&fq->root))
        best = rb_entry(rb_first_cached(&fq->root), struct sched_entity, node);
    return best ? best : (fq->curr && fq->curr->on_rq ? fq->curr : NULL);
}

/* --- time --- */

static void new_deadline(struct sched_entity *se)
{
    se->deadline = se->vruntime + to_virtual(se->slice_ns, se->weight);
}

void fair_update_curr(struct rq *rq)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se = fq->curr;
    s64 delta;

    if (!se)
        return;
    delta = (s64)(rq->clock_ns - se->exec_start_ns);
    if (delta <= 0)
        return;
    se->exec_start_ns = rq->clock_ns;
    se->sum_exec_ns += (u64)delta;
    se->vruntime += to_virtual((u64)delta, se->weight);
    if ((s64)(se->vruntime - se->deadline) >= 0) {
        new_deadline(se);
        if (fq->nr > 1)
            resched_curr(rq);
    }
    base_advance(fq);
}

/* The service owed, bounded to what two slices and a tick can make of it. */
static s64 lag_of(struct fair_queue *fq, const struct sched_entity *se)
{
    s64 lag = (s64)(avg_vruntime(fq) - se->vruntime);
    s64 limit = (s64)to_virtual(max(2 * se->slice_ns, TICK_NS), se->weight);

    return clamp(lag, -limit, limit);
}

/* Gives a joining entity the vruntime at which its lag will be what it was. */
static void place(struct fair_queue *fq, struct sched_entity *se, unsigned int flags)
{
    u64 v = avg_vruntime(fq);
    s64 lag = 0;

    if (fq->nr && !(flags & ENQUEUE_NEW)) {
        u64 load = fq->avg_load + (fq->curr && fq->curr->on_rq ? fq->curr->weight : 0);

        lag = se->vlag * (s64)(load + se->weight);
        lag = load ? lag / (s64)load : 0;
    }
    se->vruntime = v - lag;
    new_deadline(se);
    if (flags & ENQUEUE_NEW) /* half a slice in: new tasks do not jump the queue */
        se->deadline = se->vruntime + to_virtual(se->slice_ns, se->weight) / 2;
}

static void fair_enqueue(struct rq *rq, struct task *task, unsigned int flags)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se = &task->se;

    fair_update_curr(rq);
    place(fq, se, flags);
    se->on_rq = true;
    if (fq->curr != se)
        tree_insert(fq, se);
    fq->nr++;
    fq->load += se->weight;
    base_advance(fq);
}

static void fair_dequeue(struct rq *rq, struct task *task, unsigned int flags)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se = &task->se;

    fair_update_curr(rq);
    se->vlag = lag_of(fq, se);
    if (fq->curr != se)
        tree_erase(fq, se);
    se->on_rq = false;
    fq->nr--;
    fq->load -= se->weight;
    base_advance(fq);
}

static struct task *fair_pick(struct rq *rq)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se;

    if (!fq->nr)
        return NULL;
    fair_update_curr(rq);
    se = pick_entity(fq);
    ASSERT(se);
    return task_of(se);
}

static void fair_set_next(struct rq *rq, struct task *task)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se = &task->se;

    if (se->on_rq)
        tree_erase(fq, se);
    fq->curr = se;
    se->exec_start_ns = rq->clock_ns;
    se->prev_sum_exec_ns = se->sum_exec_ns;
}

static void fair_put_prev(struct rq *rq, struct task *task)
{
    struct fair_queue *fq = &rq->fair;
    struct sched_entity *se = &task->se;

    fair_update_curr(rq);
    fq->curr = NULL;
    if (se->on_rq)
        tree_insert(fq, se);
}

static void fair_tick(struct rq *rq, struct task *task)
{
    fair_update_curr(rq);
    if (rq->fair.nr > 1 && pick_entity(&rq->fair) != &task->se)
        resched_curr(rq);
}

static bool fair_preempts(struct rq *rq, struct task *task)
{
    fair_update_curr(rq);
    if (task->policy == SCHED_BATCH || task->policy == SCHED_IDLE)
        return false;
    return pick_entity(&rq->fair) == &task->se;
}

static void fair_yield(struct rq *rq)
{
    struct sched_entity *se = &rq->curr->se;

    fair_update_curr(rq);
    /* Gives its slice up: the next one begins where this one would have ended. */
    se->deadline += to_virtual(se->slice_ns, se->weight);
}

static bool may_move(const struct task *task, unsigned int to_cpu)
{
    return task->cpus_allowed & BIT_ULL(to_cpu) && !READ_ONCE(task->on_cpu);
}

static struct task *fair_steal(struct rq *rq, unsigned int to_cpu)
{
    for (struct rb_node *node = rb_last(&rq->fair.root.rb_root); node; node = rb_prev(node)) {
        struct task *task = task_of(rb_entry(node, struct sched_entity, node));

        if (may_move(task, to_cpu))
            return task;
    }
    return NULL;
}

static void fair_fork(struct task *child)
{
    child->se.on_rq = false;
    child->se.slice_ns = SLICE_NS;
    child->se.sum_exec_ns = child->se.prev_sum_exec_ns = 0;
    child->se.vlag = 0;
    child->se.weight = child->policy == SCHED_IDLE ? 3 : sched_weight(child->nice);
}

const struct sched_class fair_class = {
    .name = "fair",
    .enqueue = fair_enqueue,
    .dequeue = fair_dequeue,
    .yield = fair_yield,
    .pick = fair_pick,
    .set_next = fair_set_next,
    .put_prev = fair_put_prev,
    .tick = fair_tick,
    .preempts = fair_preempts,
    .steal = fair_steal,
    .fork = fair_fork,
};
