/* SPDX-License-Identifier: MIT */
/*
 * A UART of the 16550 family: its registers, without any notion of tty or interrupt. Registers are
 * reached through I/O ports or memory. Context of everything here: any; the caller serialises.
 */
#ifndef DRIVERS_SERIAL_UART_H
#define DRIVERS_SERIAL_UART_H

#include <kernel/arch/io.h>
#include <kernel/types.h>

/* Register numbers (PC16550D data sheet, table II). With LCR_DLAB, 0 and 1 are the divisor. */
enum uart_register {
    UART_RX = 0,
    UART_TX = 0,
    UART_DIVISOR_LOW = 0,
    UART_IER = 1,
    UART_DIVISOR_HIGH = 1,
    UART_IIR = 2,
    UART_FCR = 2,
    UART_LCR = 3,
    UART_MCR = 4,
    UART_LSR = 5,
    UART_MSR = 6,
};

#define UART_IER_RX     0x01
#define UART_IER_TX     0x02
#define UART_IER_LINE   0x04
#define UART_IER_MODEM  0x08
#define UART_IIR_NONE   0x01
#define UART_IIR_FIFO   0xc0
#define UART_FCR_ENABLE 0x01
#define UART_FCR_CLEAR  0x06
#define UART_FCR_RX_8   0x80 /* interrupt at 8 of 16 bytes, or after a pause of four */
#define UART_LCR_STOP2  0x04
#define UART_LCR_PARITY 0x08
#define UART_LCR_EVEN   0x10
#define UART_LCR_BREAK  0x40
#define UART_LCR_DLAB   0x80
#define UART_MCR_DTR    0x01
#define UART_MCR_RTS    0x02
#define UART_MCR_OUT2   0x08 /* gates the interrupt line on PCs */
#define UART_LSR_READY  0x01
#define UART_LSR_OVER   0x02
#define UART_LSR_PARITY 0x04
#define UART_LSR_FRAME  0x08
#define UART_LSR_BREAK  0x10
#define UART_LSR_EMPTY  0x20 /* transmitter takes a FIFO full of bytes */
#define UART_LSR_IDLE   0x40
#define UART_MSR_CTS    0x10
#define UART_MSR_DCD    0x80

#define UART_CLOCK_BAUD 115200 /* divisor 1 */

struct uart {
    u16 port; /* I/O ports, if mmio is NULL */
    void __iomem *mmio;
    u8 shift;     /* registers are 1 << shift bytes apart */
    u8 fifo_size; /* 1: no FIFO */
    bool stuck;   /* the transmitter did not empty in time; until it does */
};

/* The frame on the wire. */
struct uart_mode {
    u32 baud;
    u8 data_bits; /* 5 to 8 */
    char parity;  /* 'n', 'o', 'e' */
    bool two_stop_bits, hardware_flow;
};

static inline u8 uart_read(const struct uart *uart, enum uart_register reg)
{
    if (uart->mmio)
        return mmio_read8((u8 *)uart->mmio + ((size_t)reg << uart->shift));
    return inb(uart->port + (reg << uart->shift));
}

static inline void uart_write(const struct uart *uart, enum uart_register reg, u8 value)
{
    if (uart->mmio)
        mmio_write8((u8 *)uart->mmio + ((size_t)reg << uart->shift), value);
    else
        outb(value, uart->port + (reg << uart->shift));
}

/**
 * uart_probe() - whether a UART answers; finds its FIFO, leaves interrupts off and the FIFO on. A
 * port where nothing is reads 0xff, or does not keep what is written.
 */
bool uart_probe(struct uart *uart);

/** uart_set_mode() - programs speed and frame, raises DTR and RTS. */
void uart_set_mode(struct uart *uart, const struct uart_mode *mode);

/**
 * uart_mode_parse() - "115200n8r" as in console=; missing parts keep their value in *@mode.
 * 0 or -EINVAL (then *@mode is unchanged). Pure.
 */
int uart_mode_parse(const char *options, struct uart_mode *mode);

/** uart_send() - @len bytes, at most a FIFO full, to a transmitter that is empty. */
void uart_send(const struct uart *uart, const u8 *bytes, size_t len);

/**
 * uart_write_polled() - sends @len bytes, \n as \r\n, waiting for the transmitter each FIFO full
 * but never for long: what a dead line does not take is dropped.
 */
void uart_write_polled(struct uart *uart, const char *buf, size_t len);
#endif
