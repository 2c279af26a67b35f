/* SPDX-License-Identifier: MIT */
/*
 * Ports: received bytes on their way from the interrupt to the line discipline.
 *
 * A port has a ring of bytes, each with a flag. Whoever receives puts them at the head under
 * port->lock, and schedules the port's work, which hands runs of bytes to the line discipline. The
 * tail moves under the tty's line_lock, and so under the same lock as the line discipline's own
 * buffer. When that has no room the work ends; a reader that makes room starts it again
 * (tty_port_kick()). When the ring fills up as well the other side is asked to pause (RTS, or XOFF
 * with IXOFF), and what comes all the same is lost and counted.
 */
#include "tty_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/slab.h>

#define RING_AT(position)   ((position) & (TTY_RING_SIZE - 1))
#define RING_THROTTLE_ABOVE (TTY_RING_SIZE / 4 * 3)
#define RING_THROTTLE_BELOW (TTY_RING_SIZE / 4)
#define RING_RUN_MAX        512 /* bytes given to the line discipline at once, its lock held */

static u8 *ring_flags(const struct tty_port *port)
{
    return port->ring + TTY_RING_SIZE;
}

static unsigned int ring_used(const struct tty_port *port)
{
    return READ_ONCE(port->head) - READ_ONCE(port->tail);
}

size_t tty_receive_room(struct tty_port *port)
{
    return TTY_RING_SIZE - ring_used(port);
}

size_t tty_receive(struct tty_port *port, const u8 *data, size_t n)
{
    unsigned long flags;
    size_t taken = 0;

    spin_lock_irqsave(&port->lock, flags);
    /* Nobody has it open: there is nobody to keep input for. */
    if (port->tty) {
        while (taken < n && ring_used(port) < TTY_RING_SIZE) {
            port->ring[RING_AT(port->head)] = data[taken++];
            ring_flags(port)[RING_AT(port->head)] = TTY_NORMAL;
            WRITE_ONCE(port->head, port->head + 1);
        }
        port->nr_overruns += n - taken;
    }
    spin_unlock_irqrestore(&port->lock, flags);
    if (taken)
        work_schedule(&port->work);
    return taken;
}

void tty_receive_flag(struct tty_port *port, u8 byte, enum tty_flag flag)
{
    unsigned long flags;

    spin_lock_irqsave(&port->lock, flags);
    if (port->tty && ring_used(port) < TTY_RING_SIZE) {
        port->ring[RING_AT(port->head)] = byte;
        ring_flags(port)[RING_AT(port->head)] = (u8)flag;
        WRITE_ONCE(port->head, port->head + 1);
    } else {
        port->nr_overruns++;
    }
    spin_unlock_irqrestore(&port->lock, flags);
    work_schedule(&port->work);
}

static void port_throttle(struct tty_port *port, struct tty *tty, bool throttle)
{
    u8 ch;

    if (port->throttled == throttle)
        return;
    port->throttled = throttle;
    rwsem_read_lock(&tty->termios_rwsem);
    ch = tty->termios.c_cc[throttle ? VSTOP : VSTART];
    if ((tty->termios.c_iflag & IXOFF) && tty->ops->send_xchar)
        tty->ops->send_xchar(tty, ch);
    rwsem_read_unlock(&tty->termios_rwsem);
    if (throttle && tty->ops->throttle)
        tty->ops->throttle(tty);
    if (!throttle && tty->ops->unthrottle)
        tty->ops->unthrottle(tty);
}

/* Skips what was there when tty_port_flush_later() was called. line_lock held. */
static void port_flush_asked(struct tty_port *port)
{
    unsigned long flags;

    if (likely(!READ_ONCE(port->flush_asked)))
        return;
    spin_lock_irqsave(&port->lock, flags);
    if ((int)(port->flush_to - port->tail) > 0)
        smp_store_release(&port->tail, port->flush_to);
    port->flush_asked = false;
    spin_unlock_irqrestore(&port->lock, flags);
}

void tty_port_flush_later(struct tty_port *port)
{
    unsigned long flags;

    spin_lock_irqsave(&port->lock, flags);
    port->flush_to = port->head;
    port->flush_asked = true;
    spin_unlock_irqrestore(&port->lock, flags);
    work_schedule(&port->work);
}

/* One run from the ring to the line discipline. False: nothing there, or no room. */
static bool port_deliver_run(struct tty_port *port, struct tty *tty)
{
    unsigned int at, count;
    size_t taken = 0;

    spin_lock(&tty->line_lock);
    port_flush_asked(port);
    at = RING_AT(port->tail);
    count = min3(ring_used(port), TTY_RING_SIZE - at, (unsigned int)RING_RUN_MAX);
    if (count) {
        smp_rmb();
        taken = line_receive(tty->line, port->ring + at, ring_flags(port) + at, count);
        smp_store_release(&port->tail, port->tail + (unsigned int)taken);
    }
    spin_unlock(&tty->line_lock);
    if (taken)
        tty_input_wake(tty);
    return taken > 0;
}

static void port_work(struct work *work)
{
    struct tty_port *port = container_of(work, struct tty_port, work);
    struct tty *tty = tty_port_get(port);

    if (!tty)
        return;
    if (ring_used(port) > RING_THROTTLE_ABOVE)
        port_throttle(port, tty, true);
    while (port_deliver_run(port, tty))
        ;
    if (ring_used(port) < RING_THROTTLE_BELOW)
        port_throttle(port, tty, false);
    /* The other side of a pty may write again. */
    if (tty->link)
        tty_wakeup(tty->link);
    tty_put(tty);
}

void tty_port_kick(struct tty_port *port)
{
    if (port && ring_used(port))
        work_schedule(&port->work);
}

struct tty *tty_port_get(struct tty_port *port)
{
    struct tty *tty;
    unsigned long flags;

    spin_lock_irqsave(&port->lock, flags);
    tty = tty_get(port->tty);
    spin_unlock_irqrestore(&port->lock, flags);
    return tty;
}

void tty_port_wakeup(struct tty_port *port)
{
    struct tty *tty = tty_port_get(port);

    if (tty) {
        tty_wakeup(tty);
        tty_put(tty);
    }
}

void tty_port_hangup(struct tty_port *port)
{
    struct tty *tty = tty_port_get(port);

    if (tty) {
        tty_hangup(tty);
        tty_put(tty);
    }
}

int tty_port_init(struct tty_port *port)
{
    *port = (struct tty_port){.has_carrier = true};
    spin_lock_init(&port->lock);
    work_init(&port->work, port_work);
    port->ring = kmalloc(2 * TTY_RING_SIZE, GFP_KERNEL);
    return port->ring ? 0 : -ENOMEM;
}

void tty_port_fini(struct tty_port *port)
{
    work_cancel_sync(&port->work);
    kfree(port->ring);
    port->ring = NULL;
}

void tty_port_attach(struct tty_port *port, struct tty *tty)
{
    unsigned long flags;

    spin_lock_irqsave(&port->lock, flags);
    port->tty = tty;
    spin_unlock_irqrestore(&port->lock, flags);
}

void tty_port_detach(struct tty_port *port)
{
    tty_port_attach(port, NULL);
    work_cancel_sync(&port->work);
    port->tail = port->head;
    port->throttled = false;
}

void tty_port_flush(struct tty_port *port)
{
    smp_store_release(&port->tail, READ_ONCE(port->head));
}
