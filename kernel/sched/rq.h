/* SPDX-License-Identifier: MIT */
/*
 * Private to kernel/sched: run queues and scheduler classes.
 *
 * A run queue belongs to one CPU; everything in it is protected by its lock (interrupts off). Two
 * run queues are locked in order of CPU number. Order: task->pi_lock > rq->lock.
 */
#ifndef SCHED_RQ_H
#define SCHED_RQ_H

#include <kernel/base/registry.h>
#include <kernel/lib/bitmap.h>
#include <kernel/sched/sched.h>
#include <kernel/time/timer.h>

#define NR_RT_PRIORITIES 100
#define TICK_NS          4000000ULL
#define NICE_0_WEIGHT    1024

struct fair_queue {
    struct rb_root_cached root; /* queued entities (not the running one), by deadline */
    struct sched_entity *curr;  /* the running one, if it is fair */
    unsigned int nr;            /* with curr */
    u64 load;                   /* sum of weights, with curr */
    s64 avg_vruntime;           /* sum of (vruntime - base) * weight of queued entities */
    u64 avg_load;               /* their weights */
    u64 base_vruntime;          /* zero point; never goes back */
};

struct rt_queue {
    u64 bitmap[2]; /* priorities with tasks */
    struct list_head queue[NR_RT_PRIORITIES];
    unsigned int nr;
};

struct rq {
    spinlock_t lock;
    unsigned int cpu;
    unsigned int nr_running;
    struct task *curr, *idle;
    struct fair_queue fair;
    struct rt_queue rt;
    struct timer tick;
    u64 clock_ns;
    u64 nr_switches;
    u64 next_balance_ns;
    long nr_uninterruptible; /* may be negative: wakers count elsewhere */
    atomic_t nr_iowait;
    struct cpu_times times;
    u64 times_stamp_ns;
};

DECLARE_PER_CPU(struct rq, runqueues);
#define cpu_rq(cpu) per_cpu_ptr(&runqueues, (cpu))
#define this_rq()   this_cpu_ptr(&runqueues)

/* One scheduling policy family. Classes are asked in order of rank, highest first. All with
 * rq->lock held. */
struct sched_class {
    const char *name;
    void (*enqueue)(struct rq *rq, struct task *task, unsigned int flags);
    void (*dequeue)(struct rq *rq, struct task *task, unsigned int flags);
    void (*yield)(struct rq *rq);
    /* The task to run next, or NULL. It stays enqueued. */
    struct task *(*pick)(struct rq *rq);
    void (*set_next)(struct rq *rq, struct task *task);
    void (*put_prev)(struct rq *rq, struct task *task);
    void (*tick)(struct rq *rq, struct task *task);
    /* A task of the same class woke: should it run now? */
    bool (*preempts)(struct rq *rq, struct task *task);
    /* A task to move to another CPU, or NULL. */
    struct task *(*steal)(struct rq *rq, unsigned int to_cpu);
    void (*fork)(struct task *child);
};

#define ENQUEUE_WAKEUP 0x1
#define ENQUEUE_NEW    0x2
#define ENQUEUE_MOVED  0x4
#define DEQUEUE_SLEEP  0x1
#define DEQUEUE_MOVED  0x2

extern const struct sched_class rt_class, fair_class, idle_class;
extern const struct sched_class *const sched_classes[3]; /* by rank */

void resched_curr(struct rq *rq);
void rq_clock_update(struct rq *rq);
/* Charges the running task up to now. */
void fair_update_curr(struct rq *rq);
void rt_update_curr(struct rq *rq);
u32 sched_weight(int nice);
void sched_balance_tick(struct rq *rq);
/* Tries to get work for a CPU about to idle. rq->lock held, may be dropped. true: got some. */
bool sched_balance_idle(struct rq *rq);
unsigned int sched_select_cpu(struct task *task);
void sched_account_tick(struct rq *rq, bool user);
void loadavg_tick(void);
void sched_move_queued(struct rq *from, struct rq *to, struct task *task);
#endif
