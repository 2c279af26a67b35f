/* SPDX-License-Identifier: MIT */
/*
 * Drivers of terminals and their lines: numbers, nodes under /dev, /proc/tty.
 */
#include "tty_internal.h"

#include <abi/linux/signal.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/vfs/chrdev.h>

static LIST_HEAD(tty_drivers); /* tty_mutex */

static struct class tty_class = {.name = "tty"};

const struct linux_termios2 tty_std_termios = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD | HUPCL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc =
        {
            [VINTR] = 'C' - 0100,
            [VQUIT] = '\\' - 0100,
            [VERASE] = 0177,
            [VKILL] = 'U' - 0100,
            [VEOF] = 'D' - 0100,
            [VMIN] = 1,
            [VSTART] = 'Q' - 0100,
            [VSTOP] = 'S' - 0100,
            [VSUSP] = 'Z' - 0100,
            [VREPRINT] = 'R' - 0100,
            [VDISCARD] = 'O' - 0100,
            [VWERASE] = 'W' - 0100,
            [VLNEXT] = 'V' - 0100,
        },
    .c_ispeed = 38400,
    .c_ospeed = 38400,
};

dev_t tty_devt(const struct tty *tty)
{
    return MKDEV(tty->driver->major, tty->driver->minor_first + tty->index);
}

struct tty_driver *tty_driver_find(dev_t devt, unsigned int *index)
{
    struct tty_driver *driver;

    list_for_each_entry (driver, &tty_drivers, link) {
        if (MAJOR(devt) != driver->major || MINOR(devt) < driver->minor_first)
            continue;
        *index = MINOR(devt) - driver->minor_first;
        if (*index < driver->nr_lines)
            return driver;
    }
    return NULL;
}

static void driver_tables_free(struct tty_driver *driver)
{
    for (unsigned int i = 0; driver->saved_termios && i < driver->nr_lines; i++)
        kfree(driver->saved_termios[i]);
    kfree(driver->saved_termios);
    kfree(driver->ports);
    kfree(driver->ttys);
}

static int driver_tables_alloc(struct tty_driver *driver)
{
    driver->ttys = kcalloc(driver->nr_lines, sizeof(*driver->ttys), GFP_KERNEL);
    driver->ports = kcalloc(driver->nr_lines, sizeof(*driver->ports), GFP_KERNEL);
    driver->saved_termios = kcalloc(driver->nr_lines, sizeof(*driver->saved_termios), GFP_KERNEL);
    if (driver->ttys && driver->ports && driver->saved_termios)
        return 0;
    driver_tables_free(driver);
    return -ENOMEM;
}

static bool has_control_chars(const struct linux_termios2 *termios)
{
    for (unsigned int i = 0; i < NCCS; i++) {
        if (termios->c_cc[i])
            return true;
    }
    return false;
}

static void driver_termios_complete(struct linux_termios2 *termios)
{
    if (!termios->c_cflag && !termios->c_lflag)
        *termios = tty_std_termios;
    if (!has_control_chars(termios))
        __builtin_memcpy(termios->c_cc, tty_std_termios.c_cc, NCCS);
    if (!termios->c_ospeed)
        termios->c_ospeed = tty_baud_rate(termios);
    if (!termios->c_ispeed)
        termios->c_ispeed = termios->c_ospeed;
}

int tty_driver_register(struct tty_driver *driver)
{
    int err = driver_tables_alloc(driver);

    if (err)
        return err;
    driver_termios_complete(&driver->init_termios);
    err = chrdev_register(MKDEV(driver->major, driver->minor_first), driver->nr_lines, driver->name,
                          &tty_fops);
    if (err) {
        driver_tables_free(driver);
        return err;
    }
    mutex_lock(&tty_mutex);
    list_add_tail(&driver->link, &tty_drivers);
    mutex_unlock(&tty_mutex);
    return 0;
}

void tty_driver_unregister(struct tty_driver *driver)
{
    mutex_lock(&tty_mutex);
    list_del(&driver->link);
    mutex_unlock(&tty_mutex);
    chrdev_unregister(MKDEV(driver->major, driver->minor_first), driver->nr_lines);
    driver_tables_free(driver);
}

int tty_port_register(struct tty_driver *driver, unsigned int index, struct tty_port *port,
                      struct device *parent)
{
    if (index >= driver->nr_lines)
        return -EINVAL;
    port->driver = driver;
    port->index = index;
    if (!(driver->flags & TTY_DRIVER_NO_NODES)) {
        port->device =
            device_create(&tty_class, parent, MKDEV(driver->major, driver->minor_first + index),
                          port, "%s%u", driver->name, index);
        if (IS_ERR(port->device))
            return (int)PTR_ERR(port->device);
    }
    mutex_lock(&tty_mutex);
    driver->ports[index] = port;
    mutex_unlock(&tty_mutex);
    return 0;
}

void tty_port_unregister(struct tty_port *port)
{
    struct tty *tty;

    mutex_lock(&tty_mutex);
    port->driver->ports[port->index] = NULL;
    mutex_unlock(&tty_mutex);
    tty = tty_port_get(port);
    if (tty) {
        set_bit(TTY_IO_ERROR, &tty->flags);
        tty_hangup_now(tty);
        tty_put(tty);
    }
    if (port->device)
        device_unregister(port->device);
    port->device = NULL;
}

int tty_drivers_for_each(int (*fn)(struct tty_driver *driver, void *arg), void *arg)
{
    struct tty_driver *driver;
    int result = 0;

    mutex_lock(&tty_mutex);
    list_for_each_entry (driver, &tty_drivers, link) {
        result = fn(driver, arg);
        if (result)
            break;
    }
    mutex_unlock(&tty_mutex);
    return result;
}

static void tty_device_release(struct device *dev)
{
    kfree(dev);
}

struct device *tty_device_create(dev_t devt, const char *name, umode_t mode)
{
    struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
    int err;

    if (!dev)
        return ERR_PTR(-ENOMEM);
    device_init(dev);
    strscpy(dev->name, name, sizeof(dev->name));
    dev->class = &tty_class;
    dev->devt = devt;
    dev->node_mode = mode;
    dev->release = tty_device_release;
    err = device_register(dev);
    if (err) {
        device_put(dev);
        return ERR_PTR(err);
    }
    return dev;
}

static int tty_core_init(void)
{
    struct device *dev;
    int err = class_register(&tty_class);

    if (!err)
        err = chrdev_register(MKDEV(TTYAUX_MAJOR, TTY_MINOR_CURRENT), 2, "tty", &tty_fops);
    if (err)
        return err;
    dev = tty_device_create(MKDEV(TTYAUX_MAJOR, TTY_MINOR_CURRENT), "tty", 0666);
    if (IS_ERR(dev))
        return (int)PTR_ERR(dev);
    dev = tty_device_create(MKDEV(TTYAUX_MAJOR, TTY_MINOR_CONSOLE), "console", 0600);
    return PTR_ERR_OR_ZERO(dev);
}
initcall(INIT_SUBSYS, tty_core_init);
