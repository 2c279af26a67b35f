/* SPDX-License-Identifier: MIT */
/*
 * Terminals and job control (POSIX, General Terminal Interface; credentials(7), ioctl_tty(2)).
 *
 * A session has at most one controlling terminal: signal->tty of each of its thread groups. The
 * terminal knows its session and its foreground process group (ctrl_lock). Who is in the background
 * and reads gets SIGTTIN, and who writes (with TOSTOP) or changes settings SIGTTOU, unless nobody
 * could ever continue it again.
 *
 * Order: tty_mutex > tasklist_lock > signal->lock > ctrl_lock.
 */
#include "tty_internal.h"

#include <abi/linux/ioctls.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/signal.h>

struct pid *tty_pgrp_get(struct tty *tty)
{
    struct pid *pgrp;
    unsigned long flags;

    spin_lock_irqsave(&tty->ctrl_lock, flags);
    pgrp = pid_get(tty->pgrp);
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    return pgrp;
}

static struct pid *tty_session_get(struct tty *tty)
{
    struct pid *session;
    unsigned long flags;

    spin_lock_irqsave(&tty->ctrl_lock, flags);
    session = pid_get(tty->session);
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    return session;
}

/* Consumes both references. */
static void tty_ids_set(struct tty *tty, struct pid *pgrp, struct pid *session)
{
    unsigned long flags;

    spin_lock_irqsave(&tty->ctrl_lock, flags);
    swap(tty->pgrp, pgrp);
    swap(tty->session, session);
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    pid_put(pgrp);
    pid_put(session);
}

struct tty *tty_current(void)
{
    struct signal_state *signal = current->signal;
    struct tty *tty;

    spin_lock_irq(&signal->lock);
    tty = tty_get(signal->tty);
    spin_unlock_irq(&signal->lock);
    return tty;
}

/* The group's terminal becomes @tty (consumed; NULL: none). */
static void signal_tty_set(struct signal_state *signal, struct tty *tty)
{
    struct pid *old_pgrp;

    spin_lock_irq(&signal->lock);
    swap(signal->tty, tty);
    old_pgrp = signal->tty_old_pgrp;
    signal->tty_old_pgrp = NULL;
    spin_unlock_irq(&signal->lock);
    pid_put(old_pgrp);
    tty_put(tty);
}

/* --- the background --- */

static bool current_is_orphaned(void)
{
    bool orphaned;

    spin_lock(&tasklist_lock);
    orphaned = pgrp_is_orphaned(task_pgrp(current));
    spin_unlock(&tasklist_lock);
    return orphaned;
}

static int background_access(int sig)
{
    if (signal_is_blocked_or_ignored(sig))
        return sig == SIGTTIN ? -EIO : 0;
    if (current_is_orphaned())
        return -EIO;
    kill_pgrp(task_pgrp(current), sig, true);
    return -ERESTARTSYS;
}

int tty_check_change(struct tty *tty, int sig)
{
    unsigned long flags;
    bool background;

    if (READ_ONCE(current->signal->tty) != tty)
        return 0;
    rcu_read_lock();
    spin_lock_irqsave(&tty->ctrl_lock, flags);
    background = tty->pgrp && tty->pgrp != task_pgrp(current);
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    rcu_read_unlock();
    return background ? background_access(sig) : 0;
}

/* --- getting a controlling terminal --- */

static void controlling_set(struct tty *tty)
{
    tty_ids_set(tty, task_id_get(current, PIDTYPE_PGID), task_id_get(current, PIDTYPE_SID));
    signal_tty_set(current->signal, tty_get(tty));
}

void tty_open_controlling(struct tty *tty, struct file *file)
{
    if (!current->signal->leader || READ_ONCE(current->signal->tty) || tty->session)
        return;
    /* Who can only write to it must not get the right to read. */
    if (file->mode & FMODE_READ)
        controlling_set(tty);
}

/* Everybody in @session who has a terminal has none any more. tasklist_lock not held. */
static void session_clear_tty(struct pid *session)
{
    struct task *task;

    if (!session)
        return;
    spin_lock(&tasklist_lock);
    pid_for_each_task(task, session, PIDTYPE_SID) signal_tty_set(task->signal, NULL);
    spin_unlock(&tasklist_lock);
}

/* TIOCSCTTY. tty_mutex held. */
static int controlling_take(struct tty *tty, struct file *file, bool steal)
{
    struct pid *session = tty_session_get(tty);
    int err = 0;

    if (current->signal->leader && session == task_session(current))
        goto out;
    err = -EPERM;
    if (!current->signal->leader || READ_ONCE(current->signal->tty))
        goto out;
    if (session && !(steal && capable(CAP_SYS_ADMIN)))
        goto out;
    if (!(file->mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
        goto out;
    session_clear_tty(session);
    controlling_set(tty);
    err = 0;
out:
    pid_put(session);
    return err;
}

/* --- losing it --- */

/* What a process group that is not attended to any more gets. */
static void pgrp_hangup(struct pid *pgrp, bool also_continue)
{
    if (!pgrp)
        return;
    kill_pgrp(pgrp, SIGHUP, true);
    if (also_continue)
        kill_pgrp(pgrp, SIGCONT, true);
}

void tty_detach_current(void)
{
    signal_tty_set(current->signal, NULL);
}

/* The session gives up @tty. */
static void session_leave_tty(struct tty *tty)
{
    struct pid *session = task_id_get(current, PIDTYPE_SID);

    tty_ids_set(tty, NULL, NULL);
    session_clear_tty(session);
    pid_put(session);
}

/* The foreground group of a terminal that was hung up earlier. */
static void old_pgrp_hangup(void)
{
    struct signal_state *signal = current->signal;
    struct pid *pgrp;

    spin_lock_irq(&signal->lock);
    pgrp = signal->tty_old_pgrp;
    signal->tty_old_pgrp = NULL;
    spin_unlock_irq(&signal->lock);
    pgrp_hangup(pgrp, true);
    pid_put(pgrp);
}

void tty_session_exit(void)
{
    struct tty *tty;
    struct pid *pgrp;

    if (!current->signal->leader)
        return;
    tty = tty_current();
    if (!tty) {
        old_pgrp_hangup();
        return;
    }
    pgrp = tty_pgrp_get(tty);
    if (tty->driver->type == TTY_DRIVER_PTY_SLAVE) {
        pgrp_hangup(pgrp, false);
    } else {
        tty_hangup_session(tty);
    }
    pid_put(pgrp);
    session_leave_tty(tty);
    tty_put(tty);
}

/* TIOCNOTTY: a leader takes the terminal from its whole session. */
static int controlling_give_up(struct tty *tty)
{
    struct pid *pgrp;

    if (READ_ONCE(current->signal->tty) != tty)
        return -ENOTTY;
    if (!current->signal->leader) {
        tty_detach_current();
        return 0;
    }
    pgrp = tty_pgrp_get(tty);
    pgrp_hangup(pgrp, true);
    pid_put(pgrp);
    session_leave_tty(tty);
    return 0;
}

static void leader_hangup(struct task *leader, struct tty *tty)
{
    struct signal_state *signal = leader->signal;
    struct pid *old, *pgrp = tty_pgrp_get(tty);

    (void)signal_send(SIGHUP, SEND_SIG_PRIV, leader, PIDTYPE_TGID);
    (void)signal_send(SIGCONT, SEND_SIG_PRIV, leader, PIDTYPE_TGID);
    spin_lock_irq(&signal->lock);
    old = signal->tty_old_pgrp;
    signal->tty_old_pgrp = pgrp;
    spin_unlock_irq(&signal->lock);
    pid_put(old);
}

void tty_signal_hangup(struct tty *tty, bool session_exits)
{
    struct pid *session = tty_session_get(tty), *pgrp = tty_pgrp_get(tty);
    struct task *task;

    if (session) {
        spin_lock(&tasklist_lock);
        pid_for_each_task(task, session, PIDTYPE_SID)
        {
            if (READ_ONCE(task->signal->tty) == tty)
                signal_tty_set(task->signal, NULL);
            if (task->signal->leader)
                leader_hangup(task, tty);
        }
        spin_unlock(&tasklist_lock);
    }
    if (session_exits)
        pgrp_hangup(pgrp, false);
    tty_ids_set(tty, NULL, NULL);
    pid_put(session);
    pid_put(pgrp);
}

/* --- ioctls --- */

static long pgrp_get_ioctl(struct tty *tty, struct tty *real, int __user *arg)
{
    struct pid *pgrp;
    pid_t nr;

    if (tty == real && READ_ONCE(current->signal->tty) != real)
        return -ENOTTY;
    pgrp = tty_pgrp_get(real);
    nr = pid_nr(pgrp);
    pid_put(pgrp);
    return put_user(nr, arg);
}

/* Finds the group; it must be in current's session. tasklist_lock held. */
static int pgrp_choose(pid_t nr, struct pid **pgrp)
{
    struct task *member;

    *pgrp = pid_find(nr);
    if (!*pgrp)
        return -ESRCH;
    member = pid_task(*pgrp, PIDTYPE_PGID);
    if (!member || task_session(member) != task_session(current))
        return -EPERM;
    pid_get(*pgrp);
    return 0;
}

static bool is_session_tty(struct tty *real)
{
    struct pid *session = tty_session_get(real);
    bool same = session && session == task_session(current);

    pid_put(session);
    return same;
}

static long pgrp_set_ioctl(struct tty *tty, struct tty *real, const int __user *arg)
{
    struct pid *pgrp;
    unsigned long flags;
    int nr, err = tty_check_change(real, SIGTTOU);

    if (err)
        return err == -EIO ? -ENOTTY : err;
    if (READ_ONCE(current->signal->tty) != real || !is_session_tty(real))
        return -ENOTTY;
    if (get_user(nr, arg))
        return -EFAULT;
    if (nr < 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    err = pgrp_choose(nr, &pgrp);
    spin_unlock(&tasklist_lock);
    if (err)
        return err;
    spin_lock_irqsave(&real->ctrl_lock, flags);
    swap(real->pgrp, pgrp);
    spin_unlock_irqrestore(&real->ctrl_lock, flags);
    pid_put(pgrp);
    return 0;
}

static long session_get_ioctl(struct tty *tty, struct tty *real, int __user *arg)
{
    struct pid *session;
    pid_t nr;

    if (tty == real && READ_ONCE(current->signal->tty) != real)
        return -ENOTTY;
    session = tty_session_get(real);
    if (!session)
        return -ENOTTY;
    nr = pid_nr(session);
    pid_put(session);
    return put_user(nr, arg);
}

static long controlling_take_ioctl(struct tty *tty, struct file *file, unsigned long arg)
{
    int err;

    mutex_lock(&tty_mutex);
    err = controlling_take(tty, file, arg == 1);
    mutex_unlock(&tty_mutex);
    return err;
}

long tty_job_ioctl(struct tty *tty, struct file *file, unsigned int cmd, unsigned long arg)
{
    struct tty *real = tty_real(tty);
    int __user *word = (int __user *)arg;

    switch (cmd) {
    case TIOCSCTTY: return controlling_take_ioctl(real, file, arg);
    case TIOCNOTTY: return controlling_give_up(tty);
    case TIOCGPGRP: return pgrp_get_ioctl(tty, real, word);
    case TIOCSPGRP: return pgrp_set_ioctl(tty, real, word);
    case TIOCGSID: return session_get_ioctl(tty, real, word);
    default: return -ENOIOCTLCMD;
    }
}
