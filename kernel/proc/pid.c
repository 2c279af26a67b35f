/* SPDX-License-Identifier: MIT */
/*
 * Process identifiers: giving out numbers, and finding who has one.
 *
 * Numbers live in an xarray, number -> struct pid. They are given out going round from the last one
 * on, so that a number rests as long as possible before it comes back; after the first round those
 * below PID_RESERVED are left to what was started first.
 *
 * A struct pid is born with one reference, which belongs to "the number is taken". It is dropped,
 * and the number freed, when the last list empties. Others hold references longer (a tty's
 * foreground group, a pidfd): to them such a pid is one without tasks. Memory goes after a grace
 * period, so that pid_find() under RCU may look at what it found.
 *
 * Locking: table_lock protects the xarray and last_nr; inside tasklist_lock. The lists: see
 * <kernel/proc/pid.h>.
 */
#include <kernel/proc/pid.h>

#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/lib/xarray.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>

DEFINE_SPINLOCK(tasklist_lock);
static DEFINE_SPINLOCK(table_lock);
static DEFINE_XARRAY(table);
static pid_t last_nr;
int pid_max = PID_MAX_DEFAULT;

struct pid pid_zero = {
    .count = REFCOUNT_INIT(1),
    .nr = 0,
    .wait = WAIT_QUEUE_INIT(pid_zero.wait),
};

pid_t pid_last(void)
{
    return READ_ONCE(last_nr);
}

/* The next free number above the last, else the lowest that is not reserved. table_lock held. */
static int number_choose(u64 *nr)
{
    u64 top = (u64)READ_ONCE(pid_max) - 1, from = (u64)last_nr + 1;

    if (from <= top && xa_find_free(&table, nr, XA_LIMIT(from, top)) == 0)
        return 0;
    return xa_find_free(&table, nr, XA_LIMIT(PID_RESERVED, top));
}

/* Takes a number for @pid, with nodes from @pool when there is one. */
static int number_take(struct pid *pid, struct xa_prealloc *pool)
{
    void *old;
    u64 nr;
    int err;

    spin_lock(&table_lock);
    err = number_choose(&nr);
    if (err) {
        spin_unlock(&table_lock);
        return -EAGAIN;
    }
    pid->nr = (pid_t)nr;
    old = pool ? xa_store_prealloc(&table, nr, pid, pool) : xa_store(&table, nr, pid, GFP_NOWAIT);
    err = xa_err(old);
    if (!err)
        last_nr = pid->nr;
    spin_unlock(&table_lock);
    return err;
}

static int number_take_sleeping(struct pid *pid)
{
    struct xa_prealloc pool = {};
    int err = xa_prealloc(&pool, PID_MAX_LIMIT, GFP_KERNEL);

    if (!err)
        err = number_take(pid, &pool);
    xa_prealloc_free(&pool);
    return err;
}

struct pid *pid_alloc(void)
{
    struct pid *pid = kzalloc(sizeof(*pid), GFP_KERNEL);
    int err;

    if (!pid)
        return ERR_PTR(-ENOMEM);
    refcount_set(&pid->count, 1);
    wait_queue_init(&pid->wait);
    err = number_take(pid, NULL);
    if (err == -ENOMEM)
        err = number_take_sleeping(pid);
    if (err) {
        kfree(pid);
        return ERR_PTR(err);
    }
    return pid;
}

void pid_free(struct pid *pid)
{
    spin_lock(&table_lock);
    xa_erase(&table, (u64)pid->nr);
    spin_unlock(&table_lock);
    pid_put(pid);
}

void pid_put(struct pid *pid)
{
    if (pid && refcount_dec_and_test(&pid->count))
        kfree_rcu(pid, rcu);
}

struct pid *pid_find(pid_t nr)
{
    return nr > 0 ? xa_load(&table, (u64)nr) : NULL;
}

struct pid *pid_find_get(pid_t nr)
{
    struct pid *pid;

    rcu_read_lock();
    pid = pid_find(nr);
    if (pid && !refcount_inc_not_zero(&pid->count))
        pid = NULL;
    rcu_read_unlock();
    return pid;
}

static bool pid_in_use(const struct pid *pid)
{
    for (int type = 0; type < NR_PID_TYPES; type++) {
        if (!hlist_empty(&pid->tasks[type]))
            return true;
    }
    return false;
}

/* Where a task keeps what it is attached to. */
static struct pid **pid_slot(const struct task *task, enum pid_type type)
{
    return type == PIDTYPE_PID ? (struct pid **)&task->thread_pid : &task->signal->pids[type];
}

void pid_attach(struct task *task, enum pid_type type, struct pid *pid)
{
    rcu_assign_pointer(*pid_slot(task, type), pid);
    hlist_add_head_rcu(&task->pid_links[type], &pid->tasks[type]);
}

static void pid_unlink(struct task *task, enum pid_type type, struct pid *successor)
{
    struct pid *pid = *pid_slot(task, type);

    ASSERT(pid);
    hlist_del_rcu(&task->pid_links[type]);
    rcu_assign_pointer(*pid_slot(task, type), successor);
    if (pid != &pid_zero && !pid_in_use(pid))
        pid_free(pid);
}

void pid_detach(struct task *task, enum pid_type type)
{
    pid_unlink(task, type, NULL);
}

/* Readers of the pointer never see the task without one. */
void pid_change(struct task *task, enum pid_type type, struct pid *pid)
{
    pid_unlink(task, type, pid);
    hlist_add_head_rcu(&task->pid_links[type], &pid->tasks[type]);
}

void pid_transfer(struct task *from, struct task *to, enum pid_type type)
{
    ASSERT(type != PIDTYPE_PID);
    hlist_add_head_rcu(&to->pid_links[type], &from->signal->pids[type]->tasks[type]);
    hlist_del_rcu(&from->pid_links[type]);
}

void pid_exchange(struct task *a, struct task *b)
{
    struct pid *pid_a = a->thread_pid, *pid_b = b->thread_pid;

    hlist_del_rcu(&a->pid_links[PIDTYPE_PID]);
    hlist_del_rcu(&b->pid_links[PIDTYPE_PID]);
    hlist_add_head_rcu(&a->pid_links[PIDTYPE_PID], &pid_b->tasks[PIDTYPE_PID]);
    hlist_add_head_rcu(&b->pid_links[PIDTYPE_PID], &pid_a->tasks[PIDTYPE_PID]);
    rcu_assign_pointer(a->thread_pid, pid_b);
    rcu_assign_pointer(b->thread_pid, pid_a);
}

struct task *pid_task(struct pid *pid, enum pid_type type)
{
    struct hlist_node *first;

    if (!pid)
        return NULL;
    first = rcu_dereference(pid->tasks[type].first);
    if (!first)
        return NULL;
    return hlist_entry(first, struct task, pid_links[type]);
}

struct task *pid_task_get(struct pid *pid, enum pid_type type)
{
    struct task *task;

    rcu_read_lock();
    task = pid_task(pid, type);
    if (task)
        task_get(task);
    rcu_read_unlock();
    return task;
}

struct task *task_find(pid_t nr)
{
    return pid_task(pid_find(nr), PIDTYPE_PID);
}

struct task *task_find_get(pid_t nr)
{
    struct task *task;

    rcu_read_lock();
    task = task_find(nr);
    if (task)
        task_get(task);
    rcu_read_unlock();
    return task;
}

struct pid *task_pid(const struct task *task)
{
    return rcu_dereference(task->thread_pid);
}

struct pid *task_tgid(const struct task *task)
{
    return rcu_dereference(task->signal->pids[PIDTYPE_TGID]);
}

struct pid *task_pgrp(const struct task *task)
{
    return rcu_dereference(task->signal->pids[PIDTYPE_PGID]);
}

struct pid *task_session(const struct task *task)
{
    return rcu_dereference(task->signal->pids[PIDTYPE_SID]);
}

static pid_t group_id_nr(const struct task *task, enum pid_type type)
{
    pid_t nr;

    rcu_read_lock();
    nr = pid_nr(rcu_dereference(task->signal->pids[type]));
    rcu_read_unlock();
    return nr;
}

pid_t task_pgrp_nr(const struct task *task)
{
    return group_id_nr(task, PIDTYPE_PGID);
}

pid_t task_session_nr(const struct task *task)
{
    return group_id_nr(task, PIDTYPE_SID);
}

struct pid *task_id_get(const struct task *task, enum pid_type type)
{
    struct pid *pid;

    rcu_read_lock();
    pid = rcu_dereference(*pid_slot(task, type));
    if (pid && !refcount_inc_not_zero(&pid->count))
        pid = NULL;
    rcu_read_unlock();
    return pid;
}

struct task *next_tgid(pid_t *nr)
{
    struct task *task = NULL;
    u64 index = (u64)max(*nr, 1);
    struct pid *pid;

    rcu_read_lock();
    for (pid = xa_find(&table, &index, PID_MAX_LIMIT, XA_PRESENT); pid;
         pid = xa_find_after(&table, &index, PID_MAX_LIMIT, XA_PRESENT)) {
        task = pid_task(pid, PIDTYPE_TGID);
        if (task) {
            task_get(task);
            *nr = (pid_t)index;
            break;
        }
    }
    rcu_read_unlock();
    return task;
}
