/* SPDX-License-Identifier: MIT */
/*
 * The life of a struct tty: made by the first open of a line, gone with the last close, or dead
 * from a hangup on.
 *
 * tty_mutex serialises opens, closes and hangups, and protects driver->ttys[]. References:
 * driver->ttys[] holds none; every open file holds one, every signal_state whose controlling
 * terminal it is holds one, and so does whoever works on it. The last close detaches it from the
 * line; memory goes with the last reference.
 */
#include "tty_internal.h"

#include <abi/linux/fcntl.h>
#include <abi/linux/signal.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/signal.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/poll.h>

#define CLOSE_DRAIN_NS (30 * NSEC_PER_SEC) /* as Linux's closing_wait */

DEFINE_MUTEX(tty_mutex);

/* --- memory --- */

void tty_memory_free(struct tty *tty)
{
    pid_put(tty->pgrp);
    pid_put(tty->session);
    kfree(tty->line);
    kfree_rcu(tty, rcu);
}

void tty_put(struct tty *tty)
{
    if (!tty || !refcount_dec_and_test(&tty->count))
        return;
    if (tty->ops->cleanup)
        tty->ops->cleanup(tty);
    if (tty->link)
        pty_tty_released(tty);
    else
        tty_memory_free(tty);
}

static void tty_hangup_work(struct work *work);

static void tty_init(struct tty *tty, struct tty_driver *driver, unsigned int index)
{
    refcount_set(&tty->count, 1);
    tty->driver = driver;
    tty->ops = driver->ops;
    tty->index = index;
    snprintf(tty->name, sizeof(tty->name), "%s%u", driver->name, index);
    INIT_LIST_HEAD(&tty->files);
    spin_lock_init(&tty->files_lock);
    rwsem_init(&tty->termios_rwsem);
    mutex_init(&tty->read_mutex);
    mutex_init(&tty->write_mutex);
    spin_lock_init(&tty->line_lock);
    wait_queue_init(&tty->read_wait);
    wait_queue_init(&tty->write_wait);
    spin_lock_init(&tty->ctrl_lock);
    spin_lock_init(&tty->flow_lock);
    work_init(&tty->hangup_work, tty_hangup_work);
}

static const struct linux_termios2 *first_termios(const struct tty_driver *driver,
                                                  unsigned int index)
{
    if (!(driver->flags & TTY_DRIVER_RESET_TERMIOS) && driver->saved_termios[index])
        return driver->saved_termios[index];
    return &driver->init_termios;
}

struct tty *tty_create(struct tty_driver *driver, unsigned int index)
{
    struct tty *tty = kzalloc(sizeof(*tty), GFP_KERNEL);

    if (!tty)
        return ERR_PTR(-ENOMEM);
    tty->line = kmalloc(sizeof(*tty->line), GFP_KERNEL);
    if (!tty->line) {
        kfree(tty);
        return ERR_PTR(-ENOMEM);
    }
    tty_init(tty, driver, index);
    tty->termios = *first_termios(driver, index);
    line_init(tty->line, &tty_line_ops, tty, &tty->termios);
    tty->port = driver->ports[index];
    driver->ttys[index] = tty;
    if (tty->port)
        tty_port_attach(tty->port, tty);
    return tty;
}

static void termios_save(struct tty *tty)
{
    struct linux_termios2 **saved = &tty->driver->saved_termios[tty->index];

    if (tty->driver->flags & TTY_DRIVER_RESET_TERMIOS)
        return;
    if (!*saved)
        *saved = kmalloc(sizeof(**saved), GFP_KERNEL);
    if (*saved)
        **saved = tty->termios;
}

void tty_detach(struct tty *tty)
{
    if (tty->driver->ttys[tty->index] != tty)
        return;
    termios_save(tty);
    tty->driver->ttys[tty->index] = NULL;
    if (tty->port)
        tty_port_detach(tty->port);
}

/* --- open --- */

int tty_open_line(struct tty *tty)
{
    int err;

    if (tty->nr_opens == 0 && tty->ops->open) {
        err = tty->ops->open(tty);
        if (err)
            return err;
    }
    tty->nr_opens++;
    return 0;
}

int tty_file_add(struct tty *tty, struct file *file)
{
    struct tty_file *tf = kzalloc(sizeof(*tf), GFP_KERNEL);

    if (!tf)
        return -ENOMEM;
    tf->tty = tty;
    tf->file = file;
    file->private = tf;
    spin_lock(&tty->files_lock);
    list_add_tail(&tf->link, &tty->files);
    spin_unlock(&tty->files_lock);
    return 0;
}

/* The tty of a line, made if need be. With a reference. */
static struct tty *tty_of_line(struct tty_driver *driver, unsigned int index)
{
    struct tty *tty = driver->ttys[index];

    if (!tty) {
        if (!driver->ports[index])
            return ERR_PTR(driver->type == TTY_DRIVER_PTY_SLAVE ? -EIO : -ENXIO);
        return tty_create(driver, index);
    }
    if (driver->type == TTY_DRIVER_PTY_MASTER)
        return ERR_PTR(-EIO);
    if (tty_flag(tty, TTY_PTY_LOCK))
        return ERR_PTR(-EIO);
    if (tty_flag(tty, TTY_EXCLUSIVE) && !capable(CAP_SYS_ADMIN))
        return ERR_PTR(-EBUSY);
    return tty_get(tty);
}

/* What the special numbers stand for: /dev/tty, /dev/console. *@noctty: it does not become
 * controlling. */
static struct tty *tty_of_number(dev_t devt, bool *noctty)
{
    struct tty_driver *driver;
    unsigned int index;

    if (devt == MKDEV(TTYAUX_MAJOR, TTY_MINOR_CURRENT)) {
        struct tty *tty = tty_current();

        *noctty = true;
        return tty ? tty : ERR_PTR(-ENXIO);
    }
    if (devt == MKDEV(TTYAUX_MAJOR, TTY_MINOR_CONSOLE)) {
        *noctty = true;
        devt = console_device();
        if (!devt)
            return ERR_PTR(-ENODEV);
    }
    driver = tty_driver_find(devt, &index);
    return driver ? tty_of_line(driver, index) : ERR_PTR(-ENODEV);
}

static void tty_close_line(struct tty *tty)
{
    if (--tty->nr_opens == 0) {
        if (tty->ops->close)
            tty->ops->close(tty);
        /* A pty's slave can be opened again as long as its master is there. */
        if (tty->driver->type != TTY_DRIVER_PTY_SLAVE)
            tty_detach(tty);
    }
}

static int tty_open_locked(struct inode *inode, struct file *file)
{
    bool noctty = file->flags & O_NOCTTY;
    struct tty *tty = tty_of_number(inode->rdev, &noctty);
    int err;

    if (IS_ERR(tty))
        return (int)PTR_ERR(tty);
    if (tty_flag(tty, TTY_HUNG_UP)) {
        tty_put(tty);
        return -EIO;
    }
    err = tty_open_line(tty);
    if (!err) {
        err = tty_file_add(tty, file);
        if (err)
            tty_close_line(tty);
    } else if (!tty->nr_opens && tty->driver->type != TTY_DRIVER_PTY_SLAVE) {
        tty_detach(tty);
    }
    if (err) {
        tty_put(tty);
        return err;
    }
    ((struct tty_file *)file->private)->is_console =
        inode->rdev == MKDEV(TTYAUX_MAJOR, TTY_MINOR_CONSOLE);
    if (!noctty)
        tty_open_controlling(tty, file);
    return 0;
}

static int tty_open(struct inode *inode, struct file *file)
{
    int err;

    if (mutex_lock_interruptible(&tty_mutex))
        return -ERESTARTSYS;
    err = tty_open_locked(inode, file);
    mutex_unlock(&tty_mutex);
    return err;
}

/* --- close --- */

static void tty_file_remove(struct tty_file *tf)
{
    spin_lock(&tf->tty->files_lock);
    list_del(&tf->link);
    spin_unlock(&tf->tty->files_lock);
    kfree(tf);
}

/* Output that was accepted is sent before the line goes down, within reason. */
static void tty_drain(struct tty *tty)
{
    if (tty->driver->type != TTY_DRIVER_PTY_MASTER && tty->driver->type != TTY_DRIVER_PTY_SLAVE)
        (void)tty_wait_sent(tty, ktime_ns() + CLOSE_DRAIN_NS);
}

static int tty_release(struct inode *inode, struct file *file)
{
    struct tty *tty = file_tty(file);

    if (READ_ONCE(tty->nr_opens) == 1 && !file_hung_up(file))
        tty_drain(tty);
    mutex_lock(&tty_mutex);
    if (!file_hung_up(file))
        tty_close_line(tty);
    tty_file_remove(file->private);
    file->private = NULL;
    mutex_unlock(&tty_mutex);
    tty_put(tty);
    return 0;
}

/* --- hangup --- */

static void tty_wake_everybody(struct tty *tty)
{
    void *key = (void *)(unsigned long)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM |
                                        EPOLLWRNORM);

    wake_up_key(&tty->read_wait, TASK_NORMAL, 0, key);
    wake_up_key(&tty->write_wait, TASK_NORMAL, 0, key);
}

/* Every file but those on /dev/console is dead. How many are left. */
static int tty_files_kill(struct tty *tty)
{
    struct tty_file *tf;
    int left = 0;

    spin_lock(&tty->files_lock);
    list_for_each_entry (tf, &tty->files, link) {
        if (tf->is_console)
            left++;
        else
            WRITE_ONCE(tf->hung_up, true);
    }
    spin_unlock(&tty->files_lock);
    return left;
}

void tty_hangup_locked(struct tty *tty, bool session_exits)
{
    int left;

    if (tty_flag(tty, TTY_HUNG_UP))
        return;
    left = tty_files_kill(tty);
    if (!left && tty->driver->type != TTY_DRIVER_PTY_SLAVE)
        set_bit(TTY_HUNG_UP, &tty->flags);
    tty_flush_input(tty);
    tty_flush_output(tty);
    tty_signal_hangup(tty, session_exits);
    if (tty->nr_opens && !left) {
        if (tty->ops->hangup)
            tty->ops->hangup(tty);
        if (tty->ops->close)
            tty->ops->close(tty);
    }
    tty->nr_opens = left;
    if (tty_flag(tty, TTY_HUNG_UP))
        tty_detach(tty);
    tty_wake_everybody(tty);
}

void tty_hangup_now(struct tty *tty)
{
    mutex_lock(&tty_mutex);
    tty_hangup_locked(tty, false);
    mutex_unlock(&tty_mutex);
}

void tty_hangup_session(struct tty *tty)
{
    mutex_lock(&tty_mutex);
    tty_hangup_locked(tty, true);
    mutex_unlock(&tty_mutex);
}

static void tty_hangup_work(struct work *work)
{
    struct tty *tty = container_of(work, struct tty, hangup_work);

    tty_hangup_now(tty);
    tty_put(tty);
}

void tty_hangup(struct tty *tty)
{
    tty_get(tty);
    if (!work_schedule(&tty->hangup_work))
        tty_put(tty);
}

const struct file_operations tty_fops = {
    .llseek = no_llseek,
    .read = tty_read,
    .write = tty_write,
    .poll = tty_poll,
    .ioctl = tty_ioctl,
    .open = tty_open,
    .release = tty_release,
};
