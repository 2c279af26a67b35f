/* SPDX-License-Identifier: MIT */
/*
 * Terminals: what a driver gives and gets. Everything a user program sees (line editing, job
 * control, ioctls) is done above this.
 *
 * A driver describes a family of lines (struct tty_driver: "ttyS", major, minors, operations), and
 * has one struct tty_port per line, which lives as long as the hardware. A struct tty exists while
 * the line is open. Input: tty_receive() from any context, most of all the interrupt; a worker
 * takes it to the line discipline. Output: ops->write() takes what fits into the driver's own
 * buffer and sends it in the background; tty_wakeup() says that there is room again.
 *
 * A driver, in short:
 *
 *     static struct tty_driver uart_driver = {.name = "ttyS", .major = 4, .minor_first = 64,
 * .nr_lines = 4, .type = TTY_DRIVER_SERIAL, .ops = &uart_ops, .init_termios = ...};
 *     tty_driver_register(&uart_driver);               once
 *     tty_port_init(&line->port); tty_port_register(&uart_driver, index, &line->port,
 * parent_device); container_of(tty->port, struct line, port)       in an operation
 */
#ifndef KERNEL_TTY_TTY_H
#define KERNEL_TTY_TTY_H

#include <abi/linux/termios.h>
#include <kernel/irq/workqueue.h>
#include <kernel/lib/list.h>
#include <kernel/lib/refcount.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/rcu.h>
#include <kernel/sync/rwsem.h>
#include <kernel/sync/spinlock.h>
#include <kernel/sync/wait.h>
#include <kernel/types.h>

struct device;
struct file;
struct line;
struct pid;
struct seq_file;
struct tty;
struct tty_driver;
struct tty_port;

/*
 * Operations. Those marked (nosleep) may be called with spinlocks held and interrupts off; the
 * others in task context. Optional unless said.
 */
struct tty_operations {
    /* First open and last close. open: 0 or -errno. */
    int (*open)(struct tty *tty);
    void (*close)(struct tty *tty);
    /* Required. Takes up to count bytes, returns how many (0: no room). (nosleep) */
    size_t (*write)(struct tty *tty, const u8 *buf, size_t count);
    /* Required. Bytes that write() would take now. (nosleep) */
    size_t (*write_room)(struct tty *tty);
    /* Bytes taken and not yet sent. (nosleep) */
    size_t (*chars_in_buffer)(struct tty *tty);
    /* Throws away what is not yet sent. (nosleep) */
    void (*flush_buffer)(struct tty *tty);
    /* tty->termios is new, *old was before. Adjusts tty->termios to what the hardware does. */
    void (*set_termios)(struct tty *tty, const struct linux_termios2 *old);
    /* Flow control of the output: hold and go on sending. (nosleep) */
    void (*stop)(struct tty *tty);
    void (*start)(struct tty *tty);
    /* Input buffers are filling: make the other side pause (RTS), and go on. */
    void (*throttle)(struct tty *tty);
    void (*unthrottle)(struct tty *tty);
    /* Sends one character before everything else (XON, XOFF). (nosleep) */
    void (*send_xchar)(struct tty *tty, u8 ch);
    /* The line was hung up: drop DTR, forget what is buffered. */
    void (*hangup)(struct tty *tty);
    /* Starts (on) or ends a break. */
    int (*break_ctl)(struct tty *tty, bool on);
    /* TIOCM_* lines. */
    int (*tiocmget)(struct tty *tty);
    int (*tiocmset)(struct tty *tty, unsigned int set, unsigned int clear);
    /* -ENOIOCTLCMD for what it does not know. */
    long (*ioctl)(struct tty *tty, unsigned int cmd, unsigned long arg);
    int (*get_serial)(struct tty *tty, struct linux_serial_struct *serial);
    int (*get_icount)(struct tty *tty, struct linux_serial_icounter *counts);
    void (*resize)(struct tty *tty, const struct linux_winsize *ws);
    /* One line of /proc/tty/driver/NAME for a port. */
    void (*show)(struct seq_file *m, struct tty_port *port);
    /* The last reference to the tty is gone. */
    void (*cleanup)(struct tty *tty);
};

/* As /proc/tty/drivers shows them. */
enum tty_driver_type {
    TTY_DRIVER_SYSTEM = 1,
    TTY_DRIVER_CONSOLE = 2,
    TTY_DRIVER_SERIAL = 3,
    TTY_DRIVER_PTY_MASTER = 4,
    TTY_DRIVER_PTY_SLAVE = 5,
};

/* Nodes under /dev are not made (pty). */
#define TTY_DRIVER_NO_NODES 0x1
/* termios is as new at each first open. */
#define TTY_DRIVER_RESET_TERMIOS 0x2

struct tty_driver {
    const char *name; /* "ttyS": lines are ttyS0, ttyS1... */
    unsigned int major, minor_first, nr_lines;
    enum tty_driver_type type;
    unsigned int flags; /* TTY_DRIVER_* */
    const struct tty_operations *ops;
    struct linux_termios2 init_termios; /* c_cc of zeros: tty_std_termios' */
    const char *owner_name;             /* "serial" in /proc/tty/drivers; NULL: name */
    /* The tty core's. */
    struct tty **ttys;       /* tty_mutex */
    struct tty_port **ports; /* tty_mutex */
    struct linux_termios2 **saved_termios;
    struct list_head link;
};

/* 38400 8N1, canonical, echoing: what a terminal has when nobody said otherwise. */
extern const struct linux_termios2 tty_std_termios;

#define TTY_RING_SIZE 8192

/* What happened to a received byte. */
enum tty_flag { TTY_NORMAL, TTY_BREAK, TTY_FRAME, TTY_PARITY, TTY_OVERRUN };

/*
 * (p) lock, interrupts off; (l) the tty's line_lock; (w) the worker alone.
 */
struct tty_port {
    spinlock_t lock;
    struct tty *tty;       /* (p) NULL while closed */
    u8 *ring;              /* TTY_RING_SIZE bytes received, and as many flags behind them */
    unsigned int head;     /* (p) where the next byte goes; free-running */
    unsigned int tail;     /* (l) what the line discipline gets next */
    unsigned int flush_to; /* (p) skip to here when flush_asked */
    bool flush_asked;      /* (p) */
    bool throttled;        /* (p) */
    u64 nr_overruns;       /* (p) bytes lost because the ring was full */
    struct work work;
    struct tty_driver *driver;
    unsigned int index;
    struct device *device;
    bool has_carrier; /* (p) */
};

/*
 * An open line. It lives from the first open to the last close, or until it is hung up: then files
 * that are open are dead for ever, and the next open makes a new struct tty. (M) tty_mutex, (t)
 * termios_rwsem, (c) ctrl_lock, (f) flow_lock, (l) line_lock, (F) files_lock.
 */
struct tty {
    refcount_t count;
    struct tty_driver *driver;
    const struct tty_operations *ops;
    struct tty_port *port; /* NULL: none, a pty master before its slave... */
    unsigned int index;
    char name[32];
    void *driver_data; /* the driver's */

    int nr_opens;           /* (M) */
    struct list_head files; /* (F) struct tty_file */
    spinlock_t files_lock;
    unsigned long flags; /* atomic bits TTY_* */

    struct rwsem termios_rwsem;
    struct linux_termios2 termios; /* (t) */
    struct linux_winsize winsize;  /* (t) */

    struct mutex read_mutex;  /* one reader at a time */
    struct mutex write_mutex; /* one writer at a time */
    spinlock_t line_lock;     /* line; inside the two */
    struct line *line;        /* (l) line discipline */
    struct wait_queue read_wait, write_wait;

    spinlock_t ctrl_lock;
    struct pid *pgrp, *session; /* (c) counted */
    u8 packet_status;           /* (c) pty master: TIOCPKT_* to report */
    bool packet;                /* (c) */

    spinlock_t flow_lock;
    bool flow_stopped; /* (f) by STOP or TCOOFF */
    bool tco_stopped;  /* (f) by TCOOFF: START does not end it */

    struct tty *link; /* (M) the other side of a pty */
    struct work hangup_work;
    struct rcu_head rcu;
};

/* tty.flags: bit numbers. */
#define TTY_HUNG_UP      0 /* files opened before are dead */
#define TTY_OTHER_CLOSED 1 /* pty: the other side has no opener */
#define TTY_EXCLUSIVE    2
#define TTY_PTY_LOCK     3 /* the slave cannot be opened yet */
#define TTY_IO_ERROR     4 /* the hardware is gone */
#define TTY_CLOSING      5
#define TTY_HUPPING      6

/* --- drivers --- */

/** tty_driver_register() - 0, -EBUSY, -ENOMEM. @driver stays. Task context. */
int __must_check tty_driver_register(struct tty_driver *driver);
void tty_driver_unregister(struct tty_driver *driver);
/** tty_port_init() - before anything else is done with @port. 0 or -ENOMEM. */
int __must_check tty_port_init(struct tty_port *port);
/** tty_port_fini() - after tty_port_unregister(). */
void tty_port_fini(struct tty_port *port);
/** tty_port_register() - line @index exists: it has a node and can be opened. @parent may be NULL.
 */
int __must_check tty_port_register(struct tty_driver *driver, unsigned int index,
                                   struct tty_port *port, struct device *parent);
/** tty_port_unregister() - the hardware goes: hangs up who has it open and waits until they are
 * out. */
void tty_port_unregister(struct tty_port *port);

/** tty_receive() - @n bytes arrived. Returns how many there was room for. Any context. */
size_t tty_receive(struct tty_port *port, const u8 *data, size_t n);
/** tty_receive_flag() - one byte with an error or a break. Any context. */
void tty_receive_flag(struct tty_port *port, u8 byte, enum tty_flag flag);
/** tty_receive_room() - bytes that tty_receive() would take. Any context. */
size_t tty_receive_room(struct tty_port *port);
/** tty_port_wakeup() - the driver has room for output again. Any context. */
void tty_port_wakeup(struct tty_port *port);
/** tty_port_hangup() - carrier lost: hangs up, later. Any context. */
void tty_port_hangup(struct tty_port *port);
/** tty_port_get() - the open tty with a reference, or NULL. Any context. */
struct tty *tty_port_get(struct tty_port *port);

/* --- for all --- */

static inline struct tty *tty_get(struct tty *tty)
{
    if (tty)
        refcount_inc(&tty->count);
    return tty;
}
void tty_put(struct tty *tty); /* NULL is fine. Any context */
/** tty_wakeup() - writers and pollers look again. Any context. */
void tty_wakeup(struct tty *tty);
/** tty_hangup() - hangs up later, from a worker. Any context. */
void tty_hangup(struct tty *tty);
/** tty_hangup_now() - and now. Task context. */
void tty_hangup_now(struct tty *tty);
dev_t tty_devt(const struct tty *tty);
/** tty_baud_rate() - bits a second that a termios asks for. */
unsigned int tty_baud_rate(const struct linux_termios2 *termios);
/** tty_set_baud() - writes @rate into c_cflag and the speeds (BOTHER where there is no B*). */
void tty_set_baud(struct linux_termios2 *termios, unsigned int rate);

/** tty_drivers_for_each() - in order of registration until fn() returns other than 0: that. May
 * sleep. */
int tty_drivers_for_each(int (*fn)(struct tty_driver *driver, void *arg), void *arg);

/* Job control, called by exit and setsid. */
/** tty_session_exit() - current leads a session and exits: SIGHUP and SIGCONT to the foreground,
 * and the session loses its terminal. Task context. */
void tty_session_exit(void);
/** tty_detach_current() - current's group has no controlling terminal any more (setsid). */
void tty_detach_current(void);
/** tty_current() - the controlling terminal with a reference, or NULL. */
struct tty *tty_current(void);

#endif
