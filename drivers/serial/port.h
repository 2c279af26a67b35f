/* SPDX-License-Identifier: MIT */
/* The machine's serial ports, as console and as tty see them. */
#ifndef DRIVERS_SERIAL_PORT_H
#define DRIVERS_SERIAL_PORT_H

#include <kernel/base/log.h>
#include <kernel/sync/spinlock.h>

#include "uart.h"

#define NR_SERIAL_PORTS   8
#define SERIAL_MAJOR      4
#define SERIAL_MINOR_BASE 64

struct serial_tty;

struct serial_port {
    unsigned int index; /* of ttyS */
    spinlock_t lock;    /* registers, ier, mode */
    struct uart uart;
    struct uart_mode mode;
    u8 ier; /* as it should be when nobody polls */
    bool present;
    int isa_irq; /* -1: none */
    struct console console;
    bool console_registered;
    struct serial_tty *tty; /* the interrupt-driven side, once it exists */
};

/** serial_port_get() - port ttyS@index, probed on first use; NULL when nothing answers there. */
struct serial_port *serial_port_get(unsigned int index);

/** serial_port_lock() - takes port->lock; during a panic it does not insist. Any context. */
bool serial_port_lock(struct serial_port *port, unsigned long *flags);
void serial_port_unlock(struct serial_port *port, bool locked, unsigned long flags);
#endif
