/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: two ttys back to back. What is written to one is received by the other.
 *
 * Opening /dev/ptmx makes a pair with a number; the opener has the master, and the slave is the
 * terminal /dev/pts/N (fs/devpts shows it). The slave may be opened and closed many times; when the
 * master is closed it is hung up, and the pair is gone. Each side has a port whose ring holds what
 * was written and not yet taken, so that a writer waits when the other side does not read.
 *
 * Both struct tty are memory of one pair: it is freed when the last reference to either has gone,
 * so that tty->link may be followed by whoever has one of the two.
 */
#include <kernel/tty/pty.h>

#include "tty_internal.h"

#include <abi/linux/fcntl.h>
#include <abi/linux/ioctls.h>
#include <abi/linux/signal.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/initcall.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/signal.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/poll.h>

#define PTY_MASTER_MAJOR 128
#define PTY_MODE_DEFAULT 0600

struct pty {
    atomic_t users; /* of the two ttys, those with references */
    struct tty *master, *slave;
    struct tty_port master_port, slave_port;
    struct pty_node node; /* tty_mutex */
    struct work free_work;
};

static struct tty_driver ptm_driver, pts_driver;
static u64 pty_last_id; /* tty_mutex */
static struct {         /* tty_mutex */
    bool has_uid, has_gid;
    uid_t uid;
    gid_t gid;
    umode_t mode;
} pty_defaults = {.mode = PTY_MODE_DEFAULT};

static struct pty *tty_pty(const struct tty *tty)
{
    return tty->driver_data;
}

/* --- packets (ioctl_tty(2), TIOCPKT) --- */

void tty_packet_note(struct tty *tty, u8 clear, u8 set)
{
    struct tty *master = tty->link;
    unsigned long flags;

    if (!master || tty->driver != &pts_driver || !READ_ONCE(master->packet))
        return;
    spin_lock_irqsave(&master->ctrl_lock, flags);
    master->packet_status = (u8)((master->packet_status & ~clear) | set);
    spin_unlock_irqrestore(&master->ctrl_lock, flags);
    wake_up_key(&master->read_wait, TASK_NORMAL, 0,
                (void *)(unsigned long)(EPOLLIN | EPOLLRDNORM | EPOLLPRI));
}

/* --- data --- */

static size_t pty_write_room(struct tty *tty)
{
    return READ_ONCE(tty->flow_stopped) ? 0 : tty_receive_room(tty->link->port);
}

static size_t pty_write(struct tty *tty, const u8 *buf, size_t count)
{
    count = min(count, pty_write_room(tty));
    return count ? tty_receive(tty->link->port, buf, count) : 0;
}

static void pty_flush_buffer(struct tty *tty)
{
    tty_port_flush_later(tty->link->port);
}

static void pty_set_termios(struct tty *tty, const struct linux_termios2 *old)
{
    tty->termios.c_cflag = (tty->termios.c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
}

/* --- open and close. tty_mutex held --- */

static void pty_wake(struct tty *tty)
{
    void *key = (void *)(unsigned long)(EPOLLIN | EPOLLHUP | EPOLLOUT);

    wake_up_key(&tty->read_wait, TASK_NORMAL, 0, key);
    wake_up_key(&tty->write_wait, TASK_NORMAL, 0, key);
}

static int slave_open(struct tty *tty)
{
    if (tty_flag(tty, TTY_OTHER_CLOSED))
        return -EIO;
    clear_bit(TTY_OTHER_CLOSED, &tty->link->flags);
    return 0;
}

static void slave_close(struct tty *tty)
{
    set_bit(TTY_OTHER_CLOSED, &tty->link->flags);
    /* What was written before is read first: the master's worker may still be at it. */
    tty_port_kick(tty->link->port);
    pty_wake(tty->link);
}

static void master_close(struct tty *tty)
{
    struct tty *slave = tty->link;

    set_bit(TTY_OTHER_CLOSED, &slave->flags);
    tty->packet = false;
    ptm_driver.ports[tty->index] = NULL;
    pts_driver.ports[tty->index] = NULL;
    tty_hangup_locked(slave, false);
    set_bit(TTY_HUNG_UP, &slave->flags);
    tty_detach(slave);
    /* The pair's own reference. */
    tty_put(slave);
}

/* --- the master's ioctls --- */

static long master_lock_ioctl(struct tty *slave, unsigned int cmd, int __user *arg)
{
    int value;

    if (cmd == TIOCGPTLCK)
        return put_user(tty_flag(slave, TTY_PTY_LOCK) ? 1 : 0, arg);
    if (get_user(value, arg))
        return -EFAULT;
    if (value)
        set_bit(TTY_PTY_LOCK, &slave->flags);
    else
        clear_bit(TTY_PTY_LOCK, &slave->flags);
    return 0;
}

static long master_packet_ioctl(struct tty *tty, unsigned int cmd, int __user *arg)
{
    unsigned long flags;
    int value;

    if (cmd == TIOCGPKT)
        return put_user(tty->packet ? 1 : 0, arg);
    if (get_user(value, arg))
        return -EFAULT;
    spin_lock_irqsave(&tty->ctrl_lock, flags);
    if (value && !tty->packet)
        tty->packet_status = 0;
    tty->packet = value != 0;
    spin_unlock_irqrestore(&tty->ctrl_lock, flags);
    return 0;
}

/* TIOCSIG: as if the key had been typed. */
static long master_signal(struct tty *slave, unsigned long sig)
{
    struct pid *pgrp;

    if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
        return -EINVAL;
    pgrp = tty_pgrp_get(slave);
    if (pgrp)
        kill_pgrp(pgrp, (int)sig, true);
    pid_put(pgrp);
    return 0;
}

static long master_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg)
{
    void __user *user = (void __user *)arg;

    switch (cmd) {
    case TIOCGPTN: return put_user(tty->index, (unsigned int __user *)user);
    case TIOCSPTLCK:
    case TIOCGPTLCK: return master_lock_ioctl(tty->link, cmd, user);
    case TIOCPKT:
    case TIOCGPKT: return master_packet_ioctl(tty, cmd, user);
    case TIOCSIG: return master_signal(tty->link, arg);
    default: return -ENOIOCTLCMD;
    }
}

static const struct tty_operations master_ops = {
    .close = master_close,
    .write = pty_write,
    .write_room = pty_write_room,
    .flush_buffer = pty_flush_buffer,
    .set_termios = pty_set_termios,
    .ioctl = master_ioctl,
};

static const struct tty_operations slave_ops = {
    .open = slave_open,
    .close = slave_close,
    .write = pty_write,
    .write_room = pty_write_room,
    .flush_buffer = pty_flush_buffer,
    .set_termios = pty_set_termios,
};

/* A master is a wire: nothing is edited, echoed or translated. */
static struct tty_driver ptm_driver = {
    .name = "ptm",
    .major = PTY_MASTER_MAJOR,
    .nr_lines = PTY_MAX,
    .type = TTY_DRIVER_PTY_MASTER,
    .flags = TTY_DRIVER_NO_NODES | TTY_DRIVER_RESET_TERMIOS,
    .ops = &master_ops,
    .init_termios = {.c_cflag = B38400 | CS8 | CREAD},
    .owner_name = "pty_master",
};

static struct tty_driver pts_driver = {
    .name = "pts/",
    .major = PTY_SLAVE_MAJOR,
    .nr_lines = PTY_MAX,
    .type = TTY_DRIVER_PTY_SLAVE,
    .flags = TTY_DRIVER_NO_NODES | TTY_DRIVER_RESET_TERMIOS,
    .ops = &slave_ops,
    .owner_name = "pty_slave",
};

/* --- pairs --- */

static void pty_free(struct pty *pty)
{
    tty_port_fini(&pty->master_port);
    tty_port_fini(&pty->slave_port);
    kfree(pty);
}

static void pty_free_work(struct work *work)
{
    struct pty *pty = container_of(work, struct pty, free_work);

    tty_memory_free(pty->master);
    tty_memory_free(pty->slave);
    pty_free(pty);
}

/* Any context; the ports' workers may still be about to find that there is nothing to do. */
void pty_tty_released(struct tty *tty)
{
    struct pty *pty = tty_pty(tty);

    if (atomic_dec_and_test(&pty->users))
        work_schedule(&pty->free_work);
}

static struct pty *pty_alloc(void)
{
    struct pty *pty = kzalloc(sizeof(*pty), GFP_KERNEL);

    if (!pty)
        return NULL;
    work_init(&pty->free_work, pty_free_work);
    if (tty_port_init(&pty->master_port)) {
        kfree(pty);
        return NULL;
    }
    if (tty_port_init(&pty->slave_port)) {
        tty_port_fini(&pty->master_port);
        kfree(pty);
        return NULL;
    }
    return pty;
}

static void pty_node_init(struct pty *pty)
{
    const struct cred *cred = current_cred();

    pty->node = (struct pty_node){
        .id = ++pty_last_id,
        .uid = pty_defaults.has_uid ? pty_defaults.uid : cred->fsuid,
        .gid = pty_defaults.has_gid ? pty_defaults.gid : cred->fsgid,
        .mode = pty_defaults.mode,
        .time = ktime_real(),
    };
}

/* The two ttys of a new pair. 0 or -errno, nothing left. */
static int pty_make_ttys(struct pty *pty, unsigned int index)
{
    ptm_driver.ports[index] = &pty->master_port;
    pts_driver.ports[index] = &pty->slave_port;
    pty->master_port.driver = &ptm_driver;
    pty->slave_port.driver = &pts_driver;
    pty->master = tty_create(&ptm_driver, index);
    if (IS_ERR(pty->master))
        goto fail;
    pty->slave = tty_create(&pts_driver, index);
    if (IS_ERR(pty->slave)) {
        tty_detach(pty->master);
        tty_put(pty->master);
        goto fail;
    }
    atomic_set(&pty->users, 2);
    pty->master->driver_data = pty->slave->driver_data = pty;
    pty->master->link = pty->slave;
    pty->slave->link = pty->master;
    set_bit(TTY_PTY_LOCK, &pty->slave->flags);
    return 0;
fail:
    ptm_driver.ports[index] = NULL;
    pts_driver.ports[index] = NULL;
    return -ENOMEM;
}

static int pty_index_free(void)
{
    for (unsigned int i = 0; i < PTY_MAX; i++) {
        if (!pts_driver.ports[i] && !pts_driver.ttys[i])
            return (int)i;
    }
    return -ENOSPC;
}

static int ptmx_open_locked(struct file *file)
{
    int index = pty_index_free(), err;
    struct pty *pty;

    if (index < 0)
        return index;
    pty = pty_alloc();
    if (!pty)
        return -ENOMEM;
    err = pty_make_ttys(pty, (unsigned int)index);
    if (err) {
        pty_free(pty);
        return err;
    }
    pty_node_init(pty);
    err = tty_open_line(pty->master);
    if (!err)
        err = tty_file_add(pty->master, file);
    if (err) {
        master_close(pty->master);
        tty_detach(pty->master);
        tty_put(pty->master);
    }
    return err;
}

static int ptmx_open(struct inode *inode, struct file *file)
{
    int err;

    if (mutex_lock_interruptible(&tty_mutex))
        return -ERESTARTSYS;
    err = ptmx_open_locked(file);
    mutex_unlock(&tty_mutex);
    return err;
}

/* --- for devpts --- */

static struct pty *pty_find(unsigned int index)
{
    if (index >= PTY_MAX || !pts_driver.ports[index])
        return NULL;
    return container_of(pts_driver.ports[index], struct pty, slave_port);
}

int pty_node_get(unsigned int index, struct pty_node *node)
{
    struct pty *pty;

    mutex_lock(&tty_mutex);
    pty = pty_find(index);
    if (pty)
        *node = pty->node;
    mutex_unlock(&tty_mutex);
    return pty ? 0 : -ENOENT;
}

int pty_node_set(unsigned int index, const struct pty_node *node)
{
    struct pty *pty;

    mutex_lock(&tty_mutex);
    pty = pty_find(index);
    if (pty && pty->node.id != node->id)
        pty = NULL;
    if (pty)
        pty->node = *node;
    mutex_unlock(&tty_mutex);
    return pty ? 0 : -ENOENT;
}

int pty_next(unsigned int index)
{
    int found = -ENOENT;

    mutex_lock(&tty_mutex);
    for (; index < PTY_MAX && found < 0; index++) {
        if (pts_driver.ports[index])
            found = (int)index;
    }
    mutex_unlock(&tty_mutex);
    return found;
}

void pty_defaults_set(bool has_uid, uid_t uid, bool has_gid, gid_t gid, umode_t mode)
{
    mutex_lock(&tty_mutex);
    pty_defaults.has_uid = has_uid;
    pty_defaults.uid = uid;
    pty_defaults.has_gid = has_gid;
    pty_defaults.gid = gid;
    pty_defaults.mode = mode;
    mutex_unlock(&tty_mutex);
}

/* --- start --- */

static struct file_operations ptmx_fops;

static int pty_init(void)
{
    struct device *dev;
    int err;

    ptmx_fops = tty_fops;
    ptmx_fops.open = ptmx_open;
    err = tty_driver_register(&ptm_driver);
    if (!err)
        err = tty_driver_register(&pts_driver);
    if (!err)
        err = chrdev_register(MKDEV(TTYAUX_MAJOR, TTY_MINOR_PTMX), 1, "ptmx", &ptmx_fops);
    if (err)
        return err;
    dev = tty_device_create(MKDEV(TTYAUX_MAJOR, TTY_MINOR_PTMX), "ptmx", 0666);
    return PTR_ERR_OR_ZERO(dev);
}
initcall(INIT_FS, pty_init);
