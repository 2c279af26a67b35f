/* SPDX-License-Identifier: MIT */
/*
 * Process identifiers. A struct pid stands for one number as long as anything uses that number: as
 * a thread, a thread group, a process group or a session. Whoever keeps an identifier longer than a
 * lock keeps a reference to the struct pid, never the number, which may be given to another
 * process.
 *
 * Lists: tasks[PIDTYPE_PID] has at most the one thread, tasks[PIDTYPE_TGID] at most the group's
 * leader, tasks[PIDTYPE_PGID] and [PIDTYPE_SID] the leaders of the thread groups in them. They
 * change under tasklist_lock and are read under it or under RCU.
 *
 * tasklist_lock is the lock of the process tree: parent and child links, thread lists, these lists.
 * Taken in task context only, interrupts on. Order: tasklist_lock > signal->siglock > run queue.
 */
#ifndef KERNEL_PROC_PID_H
#define KERNEL_PROC_PID_H

#include <kernel/lib/list_rcu.h>
#include <kernel/lib/refcount.h>
#include <kernel/sync/rcu.h>
#include <kernel/sync/spinlock.h>
#include <kernel/sync/wait.h>
#include <kernel/types.h>

struct task;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, NR_PID_TYPES };

/* T: tasklist_lock to change, RCU to read. */
struct pid {
    refcount_t count;
    pid_t nr;
    struct hlist_head tasks[NR_PID_TYPES]; /* T: through task->pid_links[type] */
    struct wait_queue wait;                /* woken when the thread group has exited (pidfd poll) */
    struct rcu_head rcu;
};

/*
 * A task links itself into those lists by task->pid_links[]; what it is linked to is
 * task->thread_pid for PIDTYPE_PID, and task->signal->pids[type] for the rest, which the thread
 * group shares and by which only its leader is linked.
 */

/* Numbers below this are given out once, while starting. */
#define PID_RESERVED    300
#define PID_MAX_DEFAULT 32768
#define PID_MAX_LIMIT   (4 * 1024 * 1024)
#define PID_MAX_MINIMUM (PID_RESERVED + 1)

extern spinlock_t tasklist_lock;
/* Number 0: what the idle tasks and kernel threads have as process group and session. */
extern struct pid pid_zero;
/* Numbers are below this: /proc/sys/kernel/pid_max. */
extern int pid_max;
/* The last number given out: /proc/loadavg. */
pid_t pid_last(void);

/**
 * pid_alloc() - a number nobody uses, the one free for longest, with one reference that belongs to
 * the lists (given back by the last pid_detach()) until pid_free() gives it back unused.
 * Returns ERR_PTR(-EAGAIN) when all are taken, ERR_PTR(-ENOMEM). May sleep.
 */
struct pid *pid_alloc(void);
/** pid_free() - undoes pid_alloc() for a pid that was never attached. */
void pid_free(struct pid *pid);

/** pid_find() - what @nr stands for, or NULL. Context: RCU read section or tasklist_lock. */
struct pid *pid_find(pid_t nr);
/** pid_find_get() - the same with a reference, from anywhere. */
struct pid *pid_find_get(pid_t nr);

static inline struct pid *pid_get(struct pid *pid)
{
    if (pid)
        refcount_inc(&pid->count);
    return pid;
}
/** pid_put() - gives a reference back; NULL is fine. Any context. */
void pid_put(struct pid *pid);

static inline pid_t pid_nr(const struct pid *pid)
{
    return pid ? pid->nr : 0;
}

/* All four: tasklist_lock held. */
/** pid_attach() - @task has @pid as its @type from now on. */
void pid_attach(struct task *task, enum pid_type type, struct pid *pid);
/** pid_detach() - and no longer. The number is free when nothing else uses it. */
void pid_detach(struct task *task, enum pid_type type);
/** pid_change() - detaches from the old and attaches to @pid. */
void pid_change(struct task *task, enum pid_type type, struct pid *pid);
/** pid_transfer() - @to leads the thread group from now on: it takes @from's place in the lists of
 * @type, which is not PIDTYPE_PID. */
void pid_transfer(struct task *from, struct task *to, enum pid_type type);
/** pid_exchange() - the two threads swap their PIDTYPE_PID identifiers (exec by a thread that does
 * not lead its group takes the group's number). task->pid is the caller's. */
void pid_exchange(struct task *a, struct task *b);

/** pid_task() - the first task that has @pid (NULL is fine) as @type. RCU or tasklist_lock. */
struct task *pid_task(struct pid *pid, enum pid_type type);
/** pid_task_get() - the same with a reference (task_put()), from anywhere. */
struct task *pid_task_get(struct pid *pid, enum pid_type type);
/** task_find() - the thread with number @nr, or NULL. RCU or tasklist_lock. */
struct task *task_find(pid_t nr);
/** task_find_get() - the same with a reference, from anywhere. */
struct task *task_find_get(pid_t nr);

/* Every task that has @pid (not NULL) as @type; for groups and sessions these are group leaders. */
#define pid_for_each_task(task, pid, type) \
    hlist_for_each_entry_rcu (task, &(pid)->tasks[type], pid_links[type])

/*
 * The identifiers of a task; NULL (0) once it has been released. Borrowed: under RCU,
 * tasklist_lock, or for current's own.
 */
struct pid *task_pid(const struct task *task);
struct pid *task_tgid(const struct task *task);
struct pid *task_pgrp(const struct task *task);
struct pid *task_session(const struct task *task);
/* Numbers; take RCU themselves. */
pid_t task_pgrp_nr(const struct task *task);
pid_t task_session_nr(const struct task *task);
/** task_id_get() - a reference to one of the above, or NULL. Any context. */
struct pid *task_id_get(const struct task *task, enum pid_type type);

/** next_tgid() - the leader of the thread group with the lowest number >= *@nr, counted; sets *@nr.
 */
struct task *next_tgid(pid_t *nr);

#endif
