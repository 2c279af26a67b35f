// SPDX-License-Identifier: MIT
/*
 * 16550 registers: probing, line parameters, and output by polling.
 *
 * Output by polling serves the log from the first line on and in a panic, so it must end whatever
 * the hardware does. Each wait for the transmitter is bounded by a number of register reads, each
 * of which takes about a microsecond on a real bus: enough for 16 bytes at 1200 baud. When it runs
 * out the port counts as stuck and costs one read a burst until it shows signs of life.
 * Specification: National Semiconductor PC16550D.
 */
#include "uart.h"

#include <kernel/arch/cpu.h>
#include <kernel/err.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/kstrtox.h>

#define WAIT_READS_MAX 200000
#define FIFO_SIZE      16

/* Only bits 0-3 of IER exist; what does not keep them is no UART. */
static bool ier_keeps_bits(const struct uart *uart)
{
    u8 low, high;

    uart_write(uart, UART_IER, 0);
    low = uart_read(uart, UART_IER) & 0x0f;
    uart_write(uart, UART_IER, 0x0f);
    high = uart_read(uart, UART_IER) & 0x0f;
    uart_write(uart, UART_IER, 0);
    return low == 0 && high == 0x0f;
}

bool uart_probe(struct uart *uart)
{
    uart->stuck = false;
    uart->fifo_size = 1;
    if (uart_read(uart, UART_LSR) == 0xff && uart_read(uart, UART_IIR) == 0xff)
        return false;
    uart_write(uart, UART_LCR, 0x03);
    if (!ier_keeps_bits(uart))
        return false;
    uart_write(uart, UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR | UART_FCR_RX_8);
    if ((uart_read(uart, UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO)
        uart->fifo_size = FIFO_SIZE;
    else
        uart_write(uart, UART_FCR, 0);
    return true;
}

static u8 mode_lcr(const struct uart_mode *mode)
{
    u8 lcr = (mode->data_bits - 5) & 0x03;

    if (mode->two_stop_bits)
        lcr |= UART_LCR_STOP2;
    if (mode->parity != 'n')
        lcr |= UART_LCR_PARITY;
    if (mode->parity == 'e')
        lcr |= UART_LCR_EVEN;
    return lcr;
}

void uart_set_mode(struct uart *uart, const struct uart_mode *mode)
{
    u8 lcr = mode_lcr(mode), ier = uart_read(uart, UART_IER);
    u32 divisor = mode->baud ? (UART_CLOCK_BAUD + mode->baud / 2) / mode->baud : 1;

    if (divisor == 0)
        divisor = 1;
    if (divisor > 0xffff)
        divisor = 0xffff;
    uart_write(uart, UART_IER, 0);
    uart_write(uart, UART_LCR, lcr | UART_LCR_DLAB);
    uart_write(uart, UART_DIVISOR_LOW, divisor);
    uart_write(uart, UART_DIVISOR_HIGH, divisor >> 8);
    uart_write(uart, UART_LCR, lcr);
    uart_write(uart, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
    uart_write(uart, UART_IER, ier);
}

int uart_mode_parse(const char *options, struct uart_mode *mode)
{
    struct uart_mode parsed = *mode;
    char *at;
    unsigned long long baud = simple_strtoull(options, &at, 10);

    if (at != options) {
        if (baud < 50 || baud > UART_CLOCK_BAUD)
            return -EINVAL;
        parsed.baud = baud;
    }
    if (*at) {
        char parity = tolower(*at++);

        if (parity != 'n' && parity != 'o' && parity != 'e')
            return -EINVAL;
        parsed.parity = parity;
    }
    if (*at) {
        if (*at < '5' || *at > '8')
            return -EINVAL;
        parsed.data_bits = *at++ - '0';
    }
    if (*at == 'r') {
        parsed.hardware_flow = true;
        at++;
    }
    if (*at)
        return -EINVAL;
    *mode = parsed;
    return 0;
}

/* Whether the transmitter takes another burst. */
static bool transmitter_wait(struct uart *uart)
{
    unsigned int reads = uart->stuck ? 1 : WAIT_READS_MAX;

    while (reads--) {
        if (uart_read(uart, UART_LSR) & UART_LSR_EMPTY) {
            uart->stuck = false;
            return true;
        }
        cpu_relax();
    }
    uart->stuck = true;
    return false;
}

void uart_send(const struct uart *uart, const u8 *bytes, size_t len)
{
    if (!uart->mmio) {
        outsb(uart->port, bytes, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        uart_write(uart, UART_TX, bytes[i]);
}

static void burst_send(struct uart *uart, const u8 *burst, size_t len)
{
    if (transmitter_wait(uart))
        uart_send(uart, burst, len);
}

void uart_write_polled(struct uart *uart, const char *buf, size_t len)
{
    u8 burst[FIFO_SIZE];
    unsigned int n = 0;

    for (size_t i = 0; i < len; i++) {
        if (buf[i] == '\n') {
            burst[n++] = '\r';
            if (n == uart->fifo_size) {
                burst_send(uart, burst, n);
                n = 0;
            }
        }
        burst[n++] = buf[i];
        if (n == uart->fifo_size) {
            burst_send(uart, burst, n);
            n = 0;
        }
    }
    if (n)
        burst_send(uart, burst, n);
}
