/* SPDX-License-Identifier: MIT */
/* What the parts of the terminal code share. */
#ifndef KERNEL_TTY_TTY_INTERNAL_H
#define KERNEL_TTY_TTY_INTERNAL_H

#include <kernel/lib/bitops.h>
#include <kernel/tty/line.h>
#include <kernel/tty/tty.h>
#include <kernel/vfs/fs.h>

struct poll_table;

/* An open file on a terminal: file->private. */
struct tty_file {
    struct tty *tty; /* counted */
    struct file *file;
    struct list_head link; /* tty->files */
    bool hung_up;          /* dead for ever */
    bool is_console;       /* opened as /dev/console: survives a hangup */
};

#define TTYAUX_MAJOR      5
#define TTY_MINOR_CURRENT 0 /* /dev/tty */
#define TTY_MINOR_CONSOLE 1 /* /dev/console */
#define TTY_MINOR_PTMX    2 /* /dev/ptmx */

/* Outermost of all: drivers, ttys, opens and closes. */
extern struct mutex tty_mutex;
extern const struct file_operations tty_fops;
extern const struct line_ops tty_line_ops;

static inline struct tty *file_tty(const struct file *file)
{
    return ((struct tty_file *)file->private)->tty;
}
static inline bool file_hung_up(const struct file *file)
{
    return READ_ONCE(((struct tty_file *)file->private)->hung_up);
}
static inline bool tty_flag(const struct tty *tty, unsigned int flag)
{
    return test_bit(flag, &tty->flags);
}

/* --- drivers --- */
/** tty_driver_find() - the driver of a number and the line's index, or NULL. tty_mutex held. */
struct tty_driver *tty_driver_find(dev_t devt, unsigned int *index);

/** tty_device_create() - a node in class tty with permissions of its own. ERR_PTR. */
struct device *tty_device_create(dev_t devt, const char *name, umode_t mode);

/* --- life. tty_mutex held --- */
/** tty_create() - a new tty for a line, not yet opened. ERR_PTR. */
struct tty *tty_create(struct tty_driver *driver, unsigned int index);
/** tty_detach() - the line has no tty any more (its termios is kept). */
void tty_detach(struct tty *tty);
/** tty_open_line() - counts an opener; the first opens the driver. */
int tty_open_line(struct tty *tty);
/** tty_file_add() - @file is open on @tty, whose reference it takes. 0 or -ENOMEM. */
int tty_file_add(struct tty *tty, struct file *file);

/** tty_hangup_locked() - tty_mutex held. */
void tty_hangup_locked(struct tty *tty, bool session_exits);
/** tty_hangup_session() - as tty_hangup_now(), because the session's leader exits. */
void tty_hangup_session(struct tty *tty);

/* --- data --- */
ssize_t tty_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t tty_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
u32 tty_poll(struct file *file, struct poll_table *table);
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
/** tty_input_wake() - the line discipline got something: readers look. */
void tty_input_wake(struct tty *tty);
void tty_port_attach(struct tty_port *port, struct tty *tty);
/** tty_port_detach() - nothing is received any more, and the worker is not at it. May sleep. */
void tty_port_detach(struct tty_port *port);
/** tty_port_flush_later() - drops what is in the ring now, when the worker comes to it. Any
 * context. */
void tty_port_flush_later(struct tty_port *port);
static inline bool tty_port_is_empty(const struct tty_port *port)
{
    return READ_ONCE(port->head) == READ_ONCE(port->tail);
}
/** tty_port_flush() - drops what is in the ring. line_lock held. */
void tty_port_flush(struct tty_port *port);
/** tty_port_kick() - the line discipline has room again. */
void tty_port_kick(struct tty_port *port);
/** tty_wait_sent() - until the driver's buffer is empty. 0 or -ERESTARTSYS. */
int tty_wait_sent(struct tty *tty, u64 deadline_ns);
void tty_flush_output(struct tty *tty);
void tty_flush_input(struct tty *tty);
/** tty_hold() - stops or starts output; @by_ioctl: TCOOFF, TCOON. */
void tty_hold(struct tty *tty, bool hold, bool by_ioctl);
/** tty_set_termios() - 0 or -errno. Task context. */
int tty_set_termios(struct tty *tty, const struct linux_termios2 *termios);
void tty_resize(struct tty *tty, const struct linux_winsize *ws);
/** tty_packet_note() - TIOCPKT_* for the master of a pty. */
void tty_packet_note(struct tty *tty, u8 clear, u8 set);

/* --- job control --- */
/** tty_check_change() - current may use @tty now: 0, or -ERESTARTSYS after @sig was sent, -EIO. */
int tty_check_change(struct tty *tty, int sig);
/** tty_open_controlling() - a session leader without a terminal gets the one it opens. */
void tty_open_controlling(struct tty *tty, struct file *file);
/** tty_signal_hangup() - the session's processes lose @tty; its leader gets SIGHUP and SIGCONT. */
void tty_signal_hangup(struct tty *tty, bool session_exits);
/** tty_job_ioctl() - TIOCSCTTY and its kin; -ENOIOCTLCMD for others. */
long tty_job_ioctl(struct tty *tty, struct file *file, unsigned int cmd, unsigned long arg);
struct pid *tty_pgrp_get(struct tty *tty);

/* --- pty --- */
/** pty_tty_released() - nobody refers to this side of a pair any more. */
void pty_tty_released(struct tty *tty);
/** tty_memory_free() - of a tty without references. */
void tty_memory_free(struct tty *tty);
/** pty_peer() - the tty whose job control an ioctl on @tty means: a pty master's slave, else @tty.
 */
static inline struct tty *tty_real(struct tty *tty)
{
    return tty->driver->type == TTY_DRIVER_PTY_MASTER && tty->link ? tty->link : tty;
}

#endif
