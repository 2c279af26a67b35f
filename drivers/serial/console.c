// SPDX-License-Identifier: MIT
/*
 * Serial ports as consoles of the kernel log.
 *
 * A port named by console=ttySn is probed and registered while the command line's early words are
 * read, before memory is set up, so that the log is visible from nearly the first line; it then
 * shows what was logged before. Without console=, the port that the firmware's SPCR table names
 * (else ttyS0) is offered once the log can choose. Output polls; when the tty side works with
 * interrupts on the same port, they are off for the time of a write, and port->lock keeps the two
 * from mixing bytes inside a burst. In a panic the lock is not waited for.
 */
#include "port.h"

#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/dev/acpi.h>
#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/string.h>

/* Where PCs have their ports, and the interrupts they use. */
static const struct {
    u16 port;
    u8 irq;
} isa_ports[] = {{0x3f8, 4}, {0x2f8, 3}, {0x3e8, 4}, {0x2e8, 3}};

/* Filled on first use: by the boot processor early, then by init alone. */
static struct serial_port ports[NR_SERIAL_PORTS];
static bool probed[NR_SERIAL_PORTS];

struct serial_port *serial_port_get(unsigned int index)
{
    struct serial_port *port;

    if (index >= ARRAY_SIZE(isa_ports))
        return NULL;
    port = &ports[index];
    if (!probed[index]) {
        probed[index] = true;
        spin_lock_init(&port->lock);
        port->index = index;
        port->uart.port = isa_ports[index].port;
        port->isa_irq = isa_ports[index].irq;
        port->mode = (struct uart_mode){.baud = 115200, .data_bits = 8, .parity = 'n'};
        port->present = uart_probe(&port->uart);
    }
    return port->present ? port : NULL;
}

bool serial_port_lock(struct serial_port *port, unsigned long *flags)
{
    if (!panic_in_progress()) {
        spin_lock_irqsave(&port->lock, *flags);
        return true;
    }
    *flags = local_irq_save();
    return spin_trylock(&port->lock);
}

void serial_port_unlock(struct serial_port *port, bool locked, unsigned long flags)
{
    if (locked)
        spin_unlock_irqrestore(&port->lock, flags);
    else
        local_irq_restore(flags);
}

static struct serial_port *console_port(struct console *con)
{
    return container_of(con, struct serial_port, console);
}

static void serial_console_write(struct console *con, const char *buf, size_t len)
{
    struct serial_port *port = console_port(con);
    unsigned long flags;
    bool locked = serial_port_lock(port, &flags);

    if (port->ier)
        uart_write(&port->uart, UART_IER, 0);
    uart_write_polled(&port->uart, buf, len);
    if (port->ier)
        uart_write(&port->uart, UART_IER, port->ier);
    serial_port_unlock(port, locked, flags);
}

static int serial_console_setup(struct console *con, const char *options)
{
    struct serial_port *port = console_port(con);
    unsigned long flags;
    bool locked;
    int error = options ? uart_mode_parse(options, &port->mode) : 0;

    locked = serial_port_lock(port, &flags);
    uart_set_mode(&port->uart, &port->mode);
    serial_port_unlock(port, locked, flags);
    return error;
}

static int serial_console_register(unsigned int index)
{
    struct serial_port *port = serial_port_get(index);

    if (!port)
        return -ENODEV;
    if (port->console_registered)
        return 0;
    port->console_registered = true;
    port->console = (struct console){
        .name = "ttyS",
        .index = index,
        .flags = CONSOLE_REPLAY,
        .write = serial_console_write,
        .setup = serial_console_setup,
        .device = MKDEV(SERIAL_MAJOR, SERIAL_MINOR_BASE + index),
    };
    uart_set_mode(&port->uart, &port->mode);
    return console_register(&port->console);
}

/* console=ttyS0,115200n8: the options come back through setup. */
static int __init serial_console_param(const char *value)
{
    size_t prefix = value ? str_has_prefix(value, "ttyS") : 0;
    char *end;
    unsigned long long index;

    if (!prefix)
        return 0;
    index = simple_strtoull(value + prefix, &end, 10);
    if (end == value + prefix || (*end && *end != ',') || index >= NR_SERIAL_PORTS)
        return 0;
    /* A port that is not there is no error of the command line: other consoles may be. */
    serial_console_register(index);
    return 0;
}
EARLY_PARAM("console", serial_console_param);

/* The port that the firmware talks through, if it is one of ours; ttyS0 when it does not say. */
static unsigned int __init firmware_port(void)
{
    const struct acpi_header *table = acpi_table("SPCR", 0);
    struct acpi_spcr spcr;

    if (!table || acpi_spcr_parse(table, &spcr) != 0 || spcr.base.space != ACPI_SPACE_IO)
        return 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(isa_ports); i++)
        if (spcr.base.address == isa_ports[i].port)
            return i;
    return 0;
}

/* The log takes it only if the command line names no console. */
static int __init serial_console_default(void)
{
    int error = serial_console_register(firmware_port());

    return error == -EINVAL ? 0 : error;
}
initcall(INIT_CORE, serial_console_default);
