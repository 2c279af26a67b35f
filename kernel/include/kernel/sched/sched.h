/* SPDX-License-Identifier: MIT */
/* The scheduler's public face. */
#ifndef KERNEL_SCHED_SCHED_H
#define KERNEL_SCHED_SCHED_H

#include <kernel/sched/task.h>

#define SCHED_OTHER 0
#define SCHED_FIFO  1
#define SCHED_RR    2
#define SCHED_BATCH 3
#define SCHED_IDLE  5

/* Gives the CPU away. In a state other than running the task sleeps until woken. Task context,
 * preemption on (but for the caller's own count of zero). */
void schedule(void);
/* Sleeps until woken or until the deadline (ktime_ns()); false when the time came first. */
bool schedule_until_ns(u64 deadline_ns);
void yield_cpu(void);
void io_schedule(void); /* counted as waiting for I/O */

static inline bool need_resched(void)
{
    return READ_ONCE(current->work) & WORK_NEED_RESCHED;
}
/* In long loops: lets others run if they must. */
#define cond_resched()                \
    do {                              \
        might_sleep();                \
        if (unlikely(need_resched())) \
            schedule();               \
    } while (0)

/* Makes a sleeping task run if its state is in mask. true if it was sleeping. Any context. */
bool wake_up_state(struct task *task, unsigned int mask);
static inline bool wake_up_task(struct task *task)
{
    return wake_up_state(task, TASK_NORMAL);
}
/* First run of a forked task. */
void wake_up_new_task(struct task *task);
/* Sends the task's CPU through the exit path soon (signals). */
void kick_task(struct task *task);

/* Kernel threads. ERR_PTR(-ENOMEM). The thread runs at once with kthread_run(). */
struct task *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...) __printf(3, 4);
#define kthread_run(fn, arg, ...)                                    \
    ({                                                               \
        struct task *__t = kthread_create((fn), (arg), __VA_ARGS__); \
        if (!IS_ERR(__t))                                            \
            wake_up_task(__t);                                       \
        __t;                                                         \
    })
void kthread_bind(struct task *task, unsigned int cpu); /* before its first run */
bool kthread_should_stop(void);
int kthread_stop(struct task *task); /* its result; may sleep */

int task_set_affinity(struct task *task, u64 mask);
int task_set_scheduler(struct task *task, int policy, int nice, int rt_priority);

/* Load averages, 11-bit fixed point, and counts for /proc/stat, /proc/loadavg. */
void loadavg_get(unsigned long load[3]);
unsigned int nr_running_tasks(void);
u64 nr_context_switches(void);
unsigned int nr_iowait_tasks(void);
struct cpu_times {
    u64 user_ns, nice_ns, system_ns, idle_ns, iowait_ns, irq_ns, softirq_ns, steal_ns;
};
void cpu_times_get(unsigned int cpu, struct cpu_times *out);
u64 nr_forks(void);
#endif
