/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and polling a terminal.
 *
 * A read or a write is serialised by a mutex (so that lines do not mix), works on runs of bytes
 * under the line discipline's spinlock through a small buffer, and sleeps between runs. Everyone
 * who changes what a sleeper waits for wakes read_wait or write_wait afterwards: the port's worker,
 * the driver (tty_wakeup()), START, hangup.
 */
#include "tty_internal.h"

#include <abi/linux/fcntl.h>
#include <abi/linux/signal.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/poll.h>

#define RUN_BYTES        256
#define NSEC_PER_DECISEC (NSEC_PER_SEC / 10)
#define POLL_OUT_BELOW \
    256 /* bytes in the driver's buffer with which a terminal counts as writable */

/* --- what the line discipline calls --- */

static size_t line_output_room(struct line *line)
{
    struct tty *tty = line->owner;

    return READ_ONCE(tty->flow_stopped) ? 0 : tty->ops->write_room(tty);
}

static size_t line_output(struct line *line, const u8 *buf, size_t count)
{
    struct tty *tty = line->owner;

    return tty->ops->write(tty, buf, count);
}

static void line_signal(struct line *line, int sig)
{
    struct pid *pgrp = tty_pgrp_get(line->owner);

    if (pgrp) {
        kill_pgrp(pgrp, sig, true);
        pid_put(pgrp);
    }
}

static void line_flush_output(struct line *line)
{
    struct tty *tty = line->owner;

    if (tty->ops->flush_buffer)
        tty->ops->flush_buffer(tty);
    tty_packet_note(tty, 0, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
}

static void line_hold(struct line *line, bool hold)
{
    tty_hold(line->owner, hold, false);
}

static bool line_held(struct line *line)
{
    return READ_ONCE(((struct tty *)line->owner)->flow_stopped);
}

const struct line_ops tty_line_ops = {
    .output = line_output,
    .output_room = line_output_room,
    .signal = line_signal,
    .flush_output = line_flush_output,
    .hold = line_hold,
    .held = line_held,
};

/* --- waking --- */

void tty_input_wake(struct tty *tty)
{
    bool readable;

    spin_lock(&tty->line_lock);
    readable = line_readable(tty->line, 1);
    spin_unlock(&tty->line_lock);
    if (readable)
        wake_up_key(&tty->read_wait, TASK_NORMAL, 0,
                    (void *)(unsigned long)(EPOLLIN | EPOLLRDNORM));
}

void tty_wakeup(struct tty *tty)
{
    wake_up_key(&tty->write_wait, TASK_NORMAL, 0, (void *)(unsigned long)(EPOLLOUT | EPOLLWRNORM));
}

/* --- stopping and starting output --- */

void tty_hold(struct tty *tty, bool hold, bool by_ioctl)
{
    unsigned long flags;
    bool changed = false;

    spin_lock_irqsave(&tty->flow_lock, flags);
    if (by_ioctl)
        tty->tco_stopped = hold;
    if (tty->flow_stopped != hold && (hold || !tty->tco_stopped)) {
        tty->flow_stopped = hold;
        changed = true;
        if (hold && tty->ops->stop)
            tty->ops->stop(tty);
        if (!hold && tty->ops->start)
            tty->ops->start(tty);
    }
    spin_unlock_irqrestore(&tty->flow_lock, flags);
    if (!changed)
        return;
    tty_packet_note(tty, hold ? TIOCPKT_START : TIOCPKT_STOP, hold ? TIOCPKT_STOP : TIOCPKT_START);
    if (!hold)
        tty_wakeup(tty);
}

/* --- flushing and draining --- */

void tty_flush_input(struct tty *tty)
{
    spin_lock(&tty->line_lock);
    if (tty->port)
        tty_port_flush(tty->port);
    line_flush_input(tty->line);
    spin_unlock(&tty->line_lock);
    tty_packet_note(tty, 0, TIOCPKT_FLUSHREAD);
    /* A pty's other side has room again. */
    if (tty->link)
        tty_wakeup(tty->link);
}

void tty_flush_output(struct tty *tty)
{
    spin_lock(&tty->line_lock);
    tty->line->echo_tail = tty->line->echo_head;
    if (tty->ops->flush_buffer)
        tty->ops->flush_buffer(tty);
    spin_unlock(&tty->line_lock);
    tty_packet_note(tty, 0, TIOCPKT_FLUSHWRITE);
    tty_wakeup(tty);
}

static bool tty_is_sent(struct tty *tty)
{
    return tty_flag(tty, TTY_HUNG_UP) || !tty->ops->chars_in_buffer ||
           tty->ops->chars_in_buffer(tty) == 0;
}

int tty_wait_sent(struct tty *tty, u64 deadline_ns)
{
    return wait_event_interruptible_until(&tty->write_wait, tty_is_sent(tty), deadline_ns);
}

/* --- reading --- */

/* How long a read waits and for how much, by VMIN and VTIME (termios(3)). */
struct read_plan {
    unsigned int min; /* bytes with which it may return */
    u64 first_ns;     /* wait for the first byte at most so long; TIMEOUT_NONE; 0: not at all */
    u64 next_ns;      /* and between bytes */
};

static void read_plan_make(struct tty *tty, struct read_plan *plan)
{
    const u8 *cc = tty->line->termios.c_cc;
    u64 time_ns = cc[VTIME] * (u64)NSEC_PER_DECISEC;

    *plan = (struct read_plan){.min = 1, .first_ns = TIMEOUT_NONE, .next_ns = TIMEOUT_NONE};
    if (tty->line->canonical)
        return;
    if (cc[VMIN]) {
        plan->min = cc[VMIN];
        if (time_ns)
            plan->next_ns = time_ns;
    } else {
        plan->first_ns = time_ns;
    }
}

/* A run out of the line discipline. -EFAULT, or bytes; *complete as line_read(). */
static ssize_t read_run(struct tty *tty, char __user *buf, size_t count, bool *complete)
{
    u8 run[RUN_BYTES];
    size_t got;

    spin_lock(&tty->line_lock);
    got = line_read(tty->line, run, min(count, sizeof(run)), complete);
    spin_unlock(&tty->line_lock);
    if (got && copy_to_user(buf, run, got))
        return -EFAULT;
    return (ssize_t)got;
}

static bool tty_readable(struct tty *tty, unsigned int min)
{
    bool readable;

    if (tty->packet && READ_ONCE(tty->packet_status))
        return true;
    spin_lock(&tty->line_lock);
    readable = line_readable(tty->line, min);
    spin_unlock(&tty->line_lock);
    return readable;
}

/* Everything that was written before the other side closed has arrived. */
static bool tty_drained_and_closed(struct tty *tty)
{
    return tty_flag(tty, TTY_OTHER_CLOSED) && (!tty->port || tty_port_is_empty(tty->port));
}

/* Sleeps until there is something. 0, or what the read ends with: 1 for "with what it has". */
static int read_wait_for_input(struct tty *tty, struct file *file, u64 wait_ns)
{
    u64 deadline = wait_ns == TIMEOUT_NONE ? TIMEOUT_NONE : ktime_ns() + wait_ns;
    int err;

    if (file_hung_up(file))
        return 1;
    if (tty_drained_and_closed(tty))
        return tty_readable(tty, 1) ? 0 : -EIO;
    if (!wait_ns)
        return 1;
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;
    err = wait_event_interruptible_until(
        &tty->read_wait, tty_readable(tty, 1) || file_hung_up(file) || tty_drained_and_closed(tty),
        deadline);
    return err == -ETIMEDOUT ? 1 : err;
}

/* Takes what is there. True when the read is complete. */
static bool read_available(struct tty *tty, char __user *buf, size_t count, size_t *done, int *err)
{
    bool complete = false;

    while (*done < count && !complete) {
        ssize_t got = read_run(tty, buf + *done, count - *done, &complete);

        if (got < 0) {
            *err = (int)got;
            return true;
        }
        *done += (size_t)got;
        if (!got)
            break;
    }
    tty_port_kick(tty->port);
    return complete || *done == count;
}

static ssize_t read_locked(struct tty *tty, struct file *file, char __user *buf, size_t count)
{
    struct read_plan plan;
    size_t done = 0;
    int err = 0;

    read_plan_make(tty, &plan);
    for (;;) {
        if (tty_readable(tty, 1)) {
            if (read_available(tty, buf, count, &done, &err) || done >= plan.min)
                break;
            if (tty->line->canonical && done)
                break;
            continue;
        }
        err = read_wait_for_input(tty, file, done ? plan.next_ns : plan.first_ns);
        if (err)
            break;
    }
    if (done || err > 0)
        return (ssize_t)done;
    return err;
}

/* What happened at the other side since the last read of a pty master with TIOCPKT. */
static u8 packet_take_status(struct tty *tty)
{
    unsigned long flags;
    u8 status;

    spin_lock_irqsave(&tty->ctrl_lock, flags);
    status = tty->packet_status;
    tty->packet_status = 0;
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    return status;
}

/* Each read gives one byte of status, and data only when that byte is TIOCPKT_DATA. */
static ssize_t packet_read(struct tty *tty, struct file *file, char __user *buf, size_t count)
{
    size_t done = 0;
    u8 status;
    int err;

    for (;;) {
        status = packet_take_status(tty);
        if (status || tty_readable(tty, 1))
            break;
        err = read_wait_for_input(tty, file, TIMEOUT_NONE);
        if (err)
            return err > 0 ? 0 : err;
    }
    if (put_user(status, (u8 __user *)buf))
        return -EFAULT;
    if (status)
        return 1;
    err = 0;
    (void)read_available(tty, buf + 1, count - 1, &done, &err);
    return err ? err : (ssize_t)done + 1;
}

ssize_t tty_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct tty *tty = file_tty(file);
    ssize_t result;
    int err;

    if (file_hung_up(file))
        return 0;
    if (tty_flag(tty, TTY_IO_ERROR))
        return -EIO;
    err = tty_check_change(tty, SIGTTIN);
    if (err)
        return err;
    if (!count)
        return 0;
    if (file->flags & O_NONBLOCK) {
        if (!mutex_trylock(&tty->read_mutex))
            return -EAGAIN;
    } else if (mutex_lock_interruptible(&tty->read_mutex)) {
        return -ERESTARTSYS;
    }
    result = tty->packet ? packet_read(tty, file, buf, count) : read_locked(tty, file, buf, count);
    mutex_unlock(&tty->read_mutex);
    return result;
}

/* --- writing --- */

static bool tty_has_room(struct tty *tty, struct file *file)
{
    return file_hung_up(file) || tty_flag(tty, TTY_OTHER_CLOSED) ||
           (!READ_ONCE(tty->flow_stopped) && tty->ops->write_room(tty) >= OPOST_MAX);
}

/* A run into the line discipline: how many bytes it took. */
static size_t write_run(struct tty *tty, const u8 *run, size_t count)
{
    size_t done;

    spin_lock(&tty->line_lock);
    done = line_write(tty->line, run, count);
    spin_unlock(&tty->line_lock);
    return done;
}

/* All of a run, sleeping for room. 0 or -errno; *done counts what went. */
static int write_run_all(struct tty *tty, struct file *file, const u8 *run, size_t count,
                         size_t *done)
{
    size_t sent = 0;
    int err;

    for (;;) {
        if (file_hung_up(file) || tty_flag(tty, TTY_OTHER_CLOSED))
            return -EIO;
        size_t n = write_run(tty, run + sent, count - sent);

        sent += n;
        *done += n;
        if (sent == count)
            return 0;
        if (n)
            continue;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        err = wait_event_interruptible(&tty->write_wait, tty_has_room(tty, file));
        if (err)
            return err;
    }
}

static ssize_t write_locked(struct tty *tty, struct file *file, const char __user *buf,
                            size_t count)
{
    u8 run[RUN_BYTES];
    size_t done = 0;
    int err = 0;

    while (done < count && !err) {
        size_t n = min(count - done, sizeof(run));

        if (copy_from_user(run, buf + done, n)) {
            err = -EFAULT;
            break;
        }
        err = write_run_all(tty, file, run, n, &done);
    }
    return done ? (ssize_t)done : err;
}

ssize_t tty_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    struct tty *tty = file_tty(file);
    ssize_t result;
    int err;

    if (file_hung_up(file) || tty_flag(tty, TTY_IO_ERROR))
        return -EIO;
    if (READ_ONCE(tty->termios.c_lflag) & TOSTOP) {
        err = tty_check_change(tty, SIGTTOU);
        if (err)
            return err;
    }
    if (file->flags & O_NONBLOCK) {
        if (!mutex_trylock(&tty->write_mutex))
            return -EAGAIN;
    } else if (mutex_lock_interruptible(&tty->write_mutex)) {
        return -ERESTARTSYS;
    }
    result = write_locked(tty, file, buf, count);
    mutex_unlock(&tty->write_mutex);
    return result;
}

/* --- polling --- */

u32 tty_poll(struct file *file, struct poll_table *table)
{
    struct tty *tty = file_tty(file);
    const u8 *cc = tty->line->termios.c_cc;
    u32 events = 0;

    poll_wait(file, &tty->read_wait, table);
    poll_wait(file, &tty->write_wait, table);
    if (file_hung_up(file))
        return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM;
    if (tty_readable(tty, !cc[VTIME] && cc[VMIN] ? cc[VMIN] : 1))
        events |= EPOLLIN | EPOLLRDNORM;
    if (tty->packet && READ_ONCE(tty->packet_status))
        events |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
    if (tty_flag(tty, TTY_OTHER_CLOSED))
        events |= EPOLLHUP;
    if (!READ_ONCE(tty->flow_stopped) && tty->ops->write_room(tty) > 0 &&
        (!tty->ops->chars_in_buffer || tty->ops->chars_in_buffer(tty) < POLL_OUT_BELOW))
        events |= EPOLLOUT | EPOLLWRNORM;
    return events;
}
