// SPDX-License-Identifier: MIT
/*
 * Serial ports as terminals: ttyS0...
 *
 * Output goes through a ring of one page. A write fills it and, while the transmitter is empty,
 * sends FIFO fulls at once, so that short output costs no interrupt; what is left goes out by
 * transmitter interrupts. Input is read as long as the tty core has room for it. When it has none
 * the receive interrupt is turned off and bytes stay in the FIFO, where the other side sees RTS
 * (or, in a virtual machine, a device that takes no more): nothing is lost. A timer looks again
 * until there is room. The same timer serves ports whose interrupt does not exist, by polling.
 *
 * Everything under "(p)" is protected by port->lock, which the log's console takes as well;
 * the tty core is never called with it held.
 */
#include "port.h"

#include <kernel/base/initcall.h>
#include <kernel/err.h>
#include <kernel/irq/irq.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>
#include <kernel/time/timer.h>
#include <kernel/tty/tty.h>
#include <kernel/vfs/seq_file.h>

#define RING_SIZE      PAGE_SIZE
#define WAKE_LEVEL     (RING_SIZE / 2)
#define IRQ_ROUNDS_MAX 256
#define DIRECT_BURSTS  64
#define POLL_NS        (10 * NSEC_PER_MSEC)
#define DRAIN_TRIES    50 /* of 1 ms, before the frame is changed under what is being sent */
#define PORT_16450     2
#define PORT_16550A    4

struct serial_tty {
    struct tty_port tport; /* first: see to_serial_tty() */
    struct serial_port *port;
    int irq;           /* -errno: none, polled */
    u8 *ring;          /* (p) RING_SIZE bytes to send */
    unsigned int head; /* (p) free-running: next byte in */
    unsigned int tail; /* (p) next byte out */
    int xchar;         /* (p) goes out before the ring; -1: none */
    bool open;         /* (p) */
    bool tx_stopped;   /* (p) flow control by the line discipline */
    bool rx_paused;    /* (p) no room above */
    bool cts_stopped;  /* (p) the other side dropped CTS */
    u8 mcr;            /* (p) */
    bool configured;   /* opened before */
    struct timer timer;
    struct linux_serial_icounter counts; /* (p) */
};

static struct serial_tty *to_serial_tty(struct tty_port *tport)
{
    return container_of(tport, struct serial_tty, tport);
}

static struct serial_tty *tty_serial(struct tty *tty)
{
    return to_serial_tty(tty->port);
}

/* Sets IER from what is wanted now. Lock held. */
static void ier_update(struct serial_tty *st, bool tx)
{
    struct serial_port *port = st->port;
    u8 ier = 0;

    if (st->open && st->irq >= 0) {
        ier = UART_IER_LINE | UART_IER_MODEM;
        if (!st->rx_paused)
            ier |= UART_IER_RX;
        if (tx)
            ier |= UART_IER_TX;
    }
    if (ier != port->ier) {
        port->ier = ier;
        uart_write(&port->uart, UART_IER, ier);
    }
}

static bool tx_blocked(const struct serial_tty *st)
{
    return st->tx_stopped || st->cts_stopped;
}

/* One FIFO full to a transmitter that is empty. Lock held. */
static void burst_send(struct serial_tty *st)
{
    struct uart *uart = &st->port->uart;
    unsigned int room = uart->fifo_size, at, n;

    if (st->xchar >= 0) {
        uart_write(uart, UART_TX, st->xchar);
        st->xchar = -1;
        st->counts.tx++;
        room--;
    }
    if (tx_blocked(st))
        return;
    while (room && st->tail != st->head) {
        at = st->tail % RING_SIZE;
        n = min3(room, st->head - st->tail, (unsigned int)RING_SIZE - at);
        uart_send(uart, st->ring + at, n);
        st->tail += n;
        st->counts.tx += n;
        room -= n;
    }
}

static bool tx_pending(const struct serial_tty *st)
{
    return st->xchar >= 0 || (st->head != st->tail && !tx_blocked(st));
}

/* Sends what the transmitter takes at once, and leaves the rest to interrupts. Lock held. */
static void tx_start(struct serial_tty *st)
{
    struct uart *uart = &st->port->uart;
    unsigned int bursts = DIRECT_BURSTS;

    while (tx_pending(st) && bursts-- && (uart_read(uart, UART_LSR) & UART_LSR_EMPTY))
        burst_send(st);
    ier_update(st, tx_pending(st));
}

static enum tty_flag byte_flag(struct serial_tty *st, u8 lsr)
{
    if (lsr & UART_LSR_OVER)
        st->counts.overrun++;
    if (lsr & UART_LSR_BREAK) {
        st->counts.brk++;
        return TTY_BREAK;
    }
    if (lsr & UART_LSR_PARITY) {
        st->counts.parity++;
        return TTY_PARITY;
    }
    if (lsr & UART_LSR_FRAME) {
        st->counts.frame++;
        return TTY_FRAME;
    }
    return TTY_NORMAL;
}

#define RX_BATCH 32

struct rx_batch {
    u8 bytes[RX_BATCH];
    unsigned int n;
    u8 odd_byte; /* one with an error, behind the others */
    enum tty_flag odd_flag;
    bool more; /* the FIFO was not emptied */
};

/* Takes bytes out of the FIFO, up to @room and up to the first error. Lock held. */
static void rx_take(struct serial_tty *st, struct rx_batch *batch, size_t room)
{
    struct uart *uart = &st->port->uart;
    u8 lsr = uart_read(uart, UART_LSR);

    batch->n = 0;
    batch->odd_flag = TTY_NORMAL;
    while ((lsr & UART_LSR_READY) && lsr != 0xff && batch->n < min(room, (size_t)RX_BATCH)) {
        u8 byte = uart_read(uart, UART_RX);

        st->counts.rx++;
        batch->odd_flag = byte_flag(st, lsr);
        if (batch->odd_flag != TTY_NORMAL) {
            batch->odd_byte = byte;
            batch->more = true;
            return;
        }
        batch->bytes[batch->n++] = byte;
        lsr = uart_read(uart, UART_LSR);
    }
    batch->more = (lsr & UART_LSR_READY) && lsr != 0xff;
    if (batch->more && room <= batch->n) {
        st->rx_paused = true;
        ier_update(st, st->port->ier & UART_IER_TX);
        timer_start(&st->timer, ktime_ns() + POLL_NS);
    }
}

static bool rx_service(struct serial_tty *st)
{
    struct rx_batch batch;
    unsigned long flags;
    bool any = false;

    do {
        size_t room = tty_receive_room(&st->tport);

        spin_lock_irqsave(&st->port->lock, flags);
        rx_take(st, &batch, room);
        spin_unlock_irqrestore(&st->port->lock, flags);
        if (batch.n)
            tty_receive(&st->tport, batch.bytes, batch.n);
        if (batch.odd_flag != TTY_NORMAL)
            tty_receive_flag(&st->tport, batch.odd_byte, batch.odd_flag);
        any |= batch.n || batch.odd_flag != TTY_NORMAL;
    } while (batch.more && !READ_ONCE(st->rx_paused));
    return any;
}

/* CTS and DCD. Lock held. Returns whether the line lost its carrier. */
static bool modem_service(struct serial_tty *st)
{
    u8 msr = uart_read(&st->port->uart, UART_MSR);
    bool had = st->tport.has_carrier;

    st->tport.has_carrier = msr & UART_MSR_DCD;
    st->cts_stopped = st->port->mode.hardware_flow && !(msr & UART_MSR_CTS);
    return had && !st->tport.has_carrier;
}

static bool tx_service(struct serial_tty *st, bool *wake, bool *hangup)
{
    unsigned int before;
    unsigned long flags;
    bool did;

    spin_lock_irqsave(&st->port->lock, flags);
    before = st->head - st->tail;
    *hangup = modem_service(st);
    did = tx_pending(st);
    tx_start(st);
    *wake = before > WAKE_LEVEL && st->head - st->tail <= WAKE_LEVEL;
    *wake |= before && st->head == st->tail;
    spin_unlock_irqrestore(&st->port->lock, flags);
    return did;
}

static bool port_clocal(struct serial_tty *st)
{
    struct tty *tty = tty_port_get(&st->tport);
    bool clocal = !tty || (tty->termios.c_cflag & CLOCAL);

    tty_put(tty);
    return clocal;
}

/* Everything the port may want. Any context. */
static bool port_service(struct serial_tty *st)
{
    bool wake, hangup, did = rx_service(st);

    did |= tx_service(st, &wake, &hangup);
    if (wake)
        tty_port_wakeup(&st->tport);
    if (hangup && !port_clocal(st))
        tty_port_hangup(&st->tport);
    return did;
}

static irq_return_t serial_irq(unsigned int irq, void *dev)
{
    struct serial_tty *st = dev;
    irq_return_t result = IRQ_NONE;

    for (unsigned int i = 0; i < IRQ_ROUNDS_MAX; i++) {
        if (uart_read(&st->port->uart, UART_IIR) & UART_IIR_NONE)
            break;
        result = IRQ_HANDLED;
        port_service(st);
    }
    return result;
}

/* Softirq: polls a port without interrupt, or looks whether there is room again. */
static bool serial_timer(struct timer *timer)
{
    struct serial_tty *st = container_of(timer, struct serial_tty, timer);
    bool room = tty_receive_room(&st->tport) > 0, open;
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    open = st->open;
    if (open && st->rx_paused && room) {
        st->rx_paused = false;
        ier_update(st, tx_pending(st));
    }
    spin_unlock_irqrestore(&st->port->lock, flags);
    if (!open)
        return false;
    if (st->irq < 0 && !READ_ONCE(st->rx_paused))
        port_service(st);
    if (st->irq >= 0 && !READ_ONCE(st->rx_paused))
        return false;
    timer->expires_ns = ktime_ns() + POLL_NS;
    return true;
}

/* The first open takes over what console= said. */
static void termios_from_console(struct serial_tty *st, struct linux_termios2 *termios)
{
    const struct uart_mode *mode = &st->port->mode;

    termios->c_cflag &= ~(CSIZE | PARENB | PARODD | CRTSCTS);
    termios->c_cflag |= (unsigned int)(mode->data_bits - 5) << 4;
    if (mode->parity != 'n')
        termios->c_cflag |= PARENB;
    if (mode->parity == 'o')
        termios->c_cflag |= PARODD;
    if (mode->hardware_flow)
        termios->c_cflag |= CRTSCTS;
    tty_set_baud(termios, mode->baud);
}

static void serial_set_termios(struct tty *tty, const struct linux_termios2 *old);

static int serial_open(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;
    int error;

    if (!st->configured && st->port->console_registered)
        termios_from_console(st, &tty->termios);
    st->configured = true;
    if (st->irq >= 0) {
        error = irq_request(st->irq, serial_irq, NULL, IRQF_SHARED, "ttyS", st);
        if (error)
            st->irq = error;
    }
    serial_set_termios(tty, NULL);
    spin_lock_irqsave(&st->port->lock, flags);
    st->open = true;
    st->rx_paused = false;
    st->mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
    uart_write(&st->port->uart, UART_MCR, st->mcr);
    modem_service(st);
    ier_update(st, false);
    spin_unlock_irqrestore(&st->port->lock, flags);
    if (st->irq < 0)
        timer_start(&st->timer, ktime_ns() + POLL_NS);
    return 0;
}

static void serial_close(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->open = false;
    ier_update(st, false);
    st->head = st->tail;
    st->xchar = -1;
    if (tty->termios.c_cflag & HUPCL) {
        st->mcr &= ~(UART_MCR_DTR | UART_MCR_RTS);
        uart_write(&st->port->uart, UART_MCR, st->mcr);
    }
    spin_unlock_irqrestore(&st->port->lock, flags);
    timer_cancel(&st->timer);
    if (st->irq >= 0)
        irq_free(st->irq, st);
}

static size_t serial_write(struct tty *tty, const u8 *buf, size_t count)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;
    size_t taken, first;

    spin_lock_irqsave(&st->port->lock, flags);
    taken = min(count, (size_t)(RING_SIZE - (st->head - st->tail)));
    first = min(taken, (size_t)(RING_SIZE - st->head % RING_SIZE));
    memcpy(st->ring + st->head % RING_SIZE, buf, first);
    memcpy(st->ring, buf + first, taken - first);
    st->head += taken;
    tx_start(st);
    spin_unlock_irqrestore(&st->port->lock, flags);
    return taken;
}

static size_t serial_write_room(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);

    return RING_SIZE - (READ_ONCE(st->head) - READ_ONCE(st->tail));
}

static size_t serial_chars_in_buffer(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);

    return READ_ONCE(st->head) - READ_ONCE(st->tail);
}

static void serial_flush_buffer(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->tail = st->head;
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void mode_from_termios(const struct linux_termios2 *termios, struct uart_mode *mode)
{
    mode->baud = clamp(tty_baud_rate(termios), 50U, (unsigned int)UART_CLOCK_BAUD);
    mode->data_bits = 5 + ((termios->c_cflag & CSIZE) >> 4);
    mode->parity = 'n';
    if (termios->c_cflag & PARENB)
        mode->parity = termios->c_cflag & PARODD ? 'o' : 'e';
    mode->two_stop_bits = termios->c_cflag & CSTOPB;
    mode->hardware_flow = termios->c_cflag & CRTSCTS;
}

static bool mode_equal(const struct uart_mode *a, const struct uart_mode *b)
{
    return a->baud == b->baud && a->data_bits == b->data_bits && a->parity == b->parity &&
           a->two_stop_bits == b->two_stop_bits && a->hardware_flow == b->hardware_flow;
}

/* Until the shift register is empty, or long enough. */
static void transmitter_drain(struct serial_tty *st)
{
    for (unsigned int i = 0; i < DRAIN_TRIES; i++) {
        if (uart_read(&st->port->uart, UART_LSR) & UART_LSR_IDLE)
            return;
        msleep(1);
    }
}

static void serial_set_termios(struct tty *tty, const struct linux_termios2 *old)
{
    struct serial_tty *st = tty_serial(tty);
    struct serial_port *port = st->port;
    bool hang_up = tty_baud_rate(&tty->termios) == 0;
    struct uart_mode mode;
    unsigned long flags;

    mode_from_termios(&tty->termios, &mode);
    tty->termios.c_cflag &= ~CMSPAR;
    if (!hang_up && mode.baud != tty_baud_rate(&tty->termios))
        tty_set_baud(&tty->termios, mode.baud);
    if (!mode_equal(&mode, &port->mode))
        transmitter_drain(st);
    spin_lock_irqsave(&port->lock, flags);
    if (!mode_equal(&mode, &port->mode)) {
        port->mode = mode;
        uart_set_mode(&port->uart, &mode);
        st->mcr |= UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
    }
    if (hang_up) {
        st->mcr &= ~(UART_MCR_DTR | UART_MCR_RTS);
        uart_write(&port->uart, UART_MCR, st->mcr);
    }
    modem_service(st);
    spin_unlock_irqrestore(&port->lock, flags);
}

static void serial_stop(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->tx_stopped = true;
    ier_update(st, tx_pending(st));
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void serial_start(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->tx_stopped = false;
    tx_start(st);
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void mcr_change(struct serial_tty *st, u8 set, u8 clear)
{
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->mcr = (st->mcr & ~clear) | set;
    uart_write(&st->port->uart, UART_MCR, st->mcr);
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void serial_throttle(struct tty *tty)
{
    if (tty->termios.c_cflag & CRTSCTS)
        mcr_change(tty_serial(tty), 0, UART_MCR_RTS);
}

static void serial_unthrottle(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    if (tty->termios.c_cflag & CRTSCTS)
        mcr_change(st, UART_MCR_RTS, 0);
    spin_lock_irqsave(&st->port->lock, flags);
    st->rx_paused = false;
    ier_update(st, tx_pending(st));
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void serial_send_xchar(struct tty *tty, u8 ch)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    st->xchar = ch;
    tx_start(st);
    spin_unlock_irqrestore(&st->port->lock, flags);
}

static void serial_hangup(struct tty *tty)
{
    serial_flush_buffer(tty);
    mcr_change(tty_serial(tty), 0, UART_MCR_DTR | UART_MCR_RTS);
}

static int serial_break_ctl(struct tty *tty, bool on)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;
    u8 lcr;

    spin_lock_irqsave(&st->port->lock, flags);
    lcr = uart_read(&st->port->uart, UART_LCR) & ~UART_LCR_BREAK;
    uart_write(&st->port->uart, UART_LCR, on ? lcr | UART_LCR_BREAK : lcr);
    spin_unlock_irqrestore(&st->port->lock, flags);
    return 0;
}

/* Bits of MCR and MSR, and what programs call them. */
static const struct {
    u8 bit;
    unsigned int line;
} mcr_lines[] = {{UART_MCR_DTR, TIOCM_DTR}, {UART_MCR_RTS, TIOCM_RTS}, {0x10, TIOCM_LOOP}},
  msr_lines[] = {
      {UART_MSR_CTS, TIOCM_CTS}, {0x20, TIOCM_DSR}, {0x40, TIOCM_RNG}, {UART_MSR_DCD, TIOCM_CAR}};

static int serial_tiocmget(struct tty *tty)
{
    struct serial_tty *st = tty_serial(tty);
    u8 msr = uart_read(&st->port->uart, UART_MSR), mcr = READ_ONCE(st->mcr);
    int lines = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(mcr_lines); i++)
        lines |= mcr & mcr_lines[i].bit ? mcr_lines[i].line : 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(msr_lines); i++)
        lines |= msr & msr_lines[i].bit ? msr_lines[i].line : 0;
    return lines;
}

static int serial_tiocmset(struct tty *tty, unsigned int set, unsigned int clear)
{
    u8 set_bits = 0, clear_bits = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(mcr_lines); i++) {
        set_bits |= set & mcr_lines[i].line ? mcr_lines[i].bit : 0;
        clear_bits |= clear & mcr_lines[i].line ? mcr_lines[i].bit : 0;
    }
    mcr_change(tty_serial(tty), set_bits, clear_bits);
    return 0;
}

static int serial_get_serial(struct tty *tty, struct linux_serial_struct *serial)
{
    struct serial_tty *st = tty_serial(tty);

    serial->type = st->port->uart.fifo_size > 1 ? PORT_16550A : PORT_16450;
    serial->line = st->port->index;
    serial->port = st->port->uart.port;
    serial->irq = st->irq >= 0 ? st->port->isa_irq : 0;
    serial->xmit_fifo_size = st->port->uart.fifo_size;
    serial->baud_base = UART_CLOCK_BAUD;
    return 0;
}

static int serial_get_icount(struct tty *tty, struct linux_serial_icounter *counts)
{
    struct serial_tty *st = tty_serial(tty);
    unsigned long flags;

    spin_lock_irqsave(&st->port->lock, flags);
    *counts = st->counts;
    spin_unlock_irqrestore(&st->port->lock, flags);
    return 0;
}

static void serial_show(struct seq_file *m, struct tty_port *tport)
{
    struct serial_tty *st = to_serial_tty(tport);

    seq_printf(m, "%u: uart:%s port:%08X irq:%d tx:%d rx:%d", st->port->index,
               st->port->uart.fifo_size > 1 ? "16550A" : "16450", st->port->uart.port,
               st->irq >= 0 ? st->port->isa_irq : 0, st->counts.tx, st->counts.rx);
    if (st->mcr & UART_MCR_RTS)
        seq_puts(m, " RTS");
    if (st->mcr & UART_MCR_DTR)
        seq_puts(m, "|DTR");
    seq_putc(m, '\n');
}

static const struct tty_operations serial_ops = {
    .open = serial_open,
    .close = serial_close,
    .write = serial_write,
    .write_room = serial_write_room,
    .chars_in_buffer = serial_chars_in_buffer,
    .flush_buffer = serial_flush_buffer,
    .set_termios = serial_set_termios,
    .stop = serial_stop,
    .start = serial_start,
    .throttle = serial_throttle,
    .unthrottle = serial_unthrottle,
    .send_xchar = serial_send_xchar,
    .hangup = serial_hangup,
    .break_ctl = serial_break_ctl,
    .tiocmget = serial_tiocmget,
    .tiocmset = serial_tiocmset,
    .get_serial = serial_get_serial,
    .get_icount = serial_get_icount,
    .show = serial_show,
};

static struct tty_driver serial_driver = {
    .name = "ttyS",
    .major = SERIAL_MAJOR,
    .minor_first = SERIAL_MINOR_BASE,
    .nr_lines = NR_SERIAL_PORTS,
    .type = TTY_DRIVER_SERIAL,
    .ops = &serial_ops,
    .owner_name = "serial",
};

static int __init serial_tty_add(unsigned int index, struct serial_port *port)
{
    struct serial_tty *st = kzalloc(sizeof(*st), GFP_KERNEL);
    int error = -ENOMEM;

    if (!st)
        return -ENOMEM;
    st->ring = page_alloc_address(GFP_KERNEL, 0);
    if (!st->ring)
        goto free;
    st->port = port;
    st->xchar = -1;
    st->irq = port->isa_irq >= 0 ? irq_from_isa(port->isa_irq) : -ENODEV;
    timer_init(&st->timer, serial_timer, 0);
    error = tty_port_init(&st->tport);
    if (error)
        goto free_ring;
    port->tty = st;
    error = tty_port_register(&serial_driver, index, &st->tport, NULL);
    if (!error)
        return 0;
    port->tty = NULL;
    tty_port_fini(&st->tport);
free_ring:
    page_free(virt_to_page(st->ring), 0);
free:
    kfree(st);
    return error;
}

static int __init serial_tty_init(void)
{
    int error;

    serial_driver.init_termios = tty_std_termios;
    serial_driver.init_termios.c_cflag = B9600 | CS8 | CREAD | HUPCL | CLOCAL;
    serial_driver.init_termios.c_ispeed = serial_driver.init_termios.c_ospeed = 9600;
    error = tty_driver_register(&serial_driver);
    for (unsigned int i = 0; i < NR_SERIAL_PORTS && !error; i++) {
        struct serial_port *port = serial_port_get(i);

        if (port)
            error = serial_tty_add(i, port);
    }
    return error;
}
initcall(INIT_DEVICE, serial_tty_init);
