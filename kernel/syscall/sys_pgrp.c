/* SPDX-License-Identifier: MIT */
/* Process groups and sessions: setpgid(2), setsid(2), credentials(7). */
#include <kernel/syscall/syscalls.h>

#include <kernel/err.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/tty/tty.h>

/* Whether current may move @task. tasklist_lock held. */
static int setpgid_permitted(struct task *task)
{
    struct task *me = current->group_leader;

    if (!task)
        return -ESRCH;
    if (task->group_leader != task)
        return -EINVAL;
    if (task->real_parent->signal == me->signal) {
        if (task_session(task) != task_session(me))
            return -EPERM;
        if (!(task->flags & TASKF_FORKNOEXEC))
            return -EACCES;
    } else if (task != me) {
        return -ESRCH;
    }
    return task->signal->leader ? -EPERM : 0;
}

static int setpgid_locked(pid_t nr, pid_t pgid)
{
    struct task *task = task_find(nr), *member;
    struct pid *pgrp;
    int err = setpgid_permitted(task);

    if (err)
        return err;
    pgrp = task_pid(task);
    if (pgid != nr) {
        pgrp = pid_find(pgid);
        member = pid_task(pgrp, PIDTYPE_PGID);
        if (!member || task_session(member) != task_session(current))
            return -EPERM;
    }
    if (task_pgrp(task) != pgrp)
        pid_change(task, PIDTYPE_PGID, pgrp);
    return 0;
}

long sys_setpgid(int pid, int pgid)
{
    int err;

    if (!pid)
        pid = current->tgid;
    if (!pgid)
        pgid = pid;
    if (pgid < 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    err = setpgid_locked(pid, pgid);
    spin_unlock(&tasklist_lock);
    return err;
}

long sys_getpgrp(void)
{
    return task_pgrp_nr(current);
}

static long id_of(int nr, enum pid_type type)
{
    struct task *task = current;
    long result = -ESRCH;

    rcu_read_lock();
    if (nr)
        task = task_find(nr);
    if (task)
        result = type == PIDTYPE_PGID ? task_pgrp_nr(task) : task_session_nr(task);
    rcu_read_unlock();
    return result;
}

long sys_getpgid(int pid)
{
    return id_of(pid, PIDTYPE_PGID);
}

long sys_getsid(int pid)
{
    return id_of(pid, PIDTYPE_SID);
}

/* Nobody may be in a group of that number already: a session leader leads its group as well. */
static int setsid_locked(struct task *leader)
{
    struct pid *pid = task_pid(leader);

    if (leader->signal->leader || pid_task(pid, PIDTYPE_PGID))
        return -EPERM;
    leader->signal->leader = true;
    if (task_session(leader) != pid)
        pid_change(leader, PIDTYPE_SID, pid);
    if (task_pgrp(leader) != pid)
        pid_change(leader, PIDTYPE_PGID, pid);
    return 0;
}

long sys_setsid(void)
{
    struct task *leader = current->group_leader;
    int err;

    spin_lock(&tasklist_lock);
    err = setsid_locked(leader);
    spin_unlock(&tasklist_lock);
    if (err)
        return err;
    tty_detach_current();
    return leader->tgid;
}

/* The terminal of current's session is hung up: nobody who had it open can use it any more. */
long sys_vhangup(void)
{
    struct tty *tty;

    if (!capable(CAP_SYS_TTY_CONFIG))
        return -EPERM;
    tty = tty_current();
    if (tty)
        tty_hangup_now(tty);
    tty_put(tty);
    return 0;
}
