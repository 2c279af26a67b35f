/* SPDX-License-Identifier: MIT */
/* The rest of the fixed files: who the kernel is, what it was told, what it knows. */
#include "procfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/base/boot_account.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/base/syslog.h>
#include <kernel/block/blkdev.h>
#include <kernel/err.h>
#include <kernel/init/version.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/proc/cred.h>
#include <kernel/syscall/unimplemented.h>
#include <kernel/time/time64.h>
#include <kernel/tty/tty.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

/* --- version, cmdline --- */

static int version_show(struct seq_file *m, void *arg)
{
    seq_printf(m, "%s version %s (lintel@localhost) (%s) %s\n", VERSION_SYSNAME, VERSION_RELEASE,
               version_banner, version_text);
    return 0;
}
static const struct proc_file proc_version = {.path = "version", .show = version_show};
PROC_FILE(proc_version);

static int cmdline_show(struct seq_file *m, void *arg)
{
    seq_printf(m, "%s\n", params_cmdline());
    return 0;
}
static const struct proc_file proc_cmdline = {.path = "cmdline", .show = cmdline_show};
PROC_FILE(proc_cmdline);

/* --- file systems and devices --- */

static void filesystem_line(struct seq_file *m, const char *name, bool nodev)
{
    seq_printf(m, "%s\t%s\n", nodev ? "nodev" : "", name);
}

static int filesystems_show(struct seq_file *m, void *arg)
{
    fs_types_show(m, filesystem_line);
    return 0;
}
static const struct proc_file proc_filesystems = {.path = "filesystems", .show = filesystems_show};
PROC_FILE(proc_filesystems);

static int block_major_line(struct block_device *bdev, const char *name, void *arg)
{
    struct seq_file *m = arg;

    if (bdev->partno == 0)
        seq_printf(m, "%3u %s\n", MAJOR(bdev->devt), name);
    return 0;
}

static int devices_show(struct seq_file *m, void *arg)
{
    seq_puts(m, "Character devices:\n");
    chrdevs_show(m);
    seq_puts(m, "\nBlock devices:\n");
    return bdev_for_each(block_major_line, m);
}
static const struct proc_file proc_devices = {.path = "devices", .show = devices_show};
PROC_FILE(proc_devices);

static int partition_line(struct block_device *bdev, const char *name, void *arg)
{
    seq_printf(arg, "%4u  %7u %10llu %s\n", MAJOR(bdev->devt), MINOR(bdev->devt),
               bdev->nr_sectors / 2, name);
    return 0;
}

static int partitions_show(struct seq_file *m, void *arg)
{
    seq_puts(m, "major minor  #blocks  name\n\n");
    return bdev_for_each(partition_line, m);
}
static const struct proc_file proc_partitions = {.path = "partitions", .show = partitions_show};
PROC_FILE(proc_partitions);

static int diskstats_line(struct block_device *bdev, const char *name, void *arg)
{
    seq_printf(arg, "%4u %7u %s", MAJOR(bdev->devt), MINOR(bdev->devt), name);
    for (unsigned int i = 0; i < NR_BDEV_STATS; i++)
        seq_printf(arg, " %llu", bdev_stat_shown(bdev, (enum bdev_stat)i));
    seq_putc(arg, '\n');
    return 0;
}

static int diskstats_show(struct seq_file *m, void *arg)
{
    return bdev_for_each(diskstats_line, m);
}
static const struct proc_file proc_diskstats = {.path = "diskstats", .show = diskstats_show};
PROC_FILE(proc_diskstats);

/* --- terminals and consoles --- */

static const char *tty_type_text(enum tty_driver_type type)
{
    switch (type) {
    case TTY_DRIVER_SYSTEM: return "system";
    case TTY_DRIVER_CONSOLE: return "console";
    case TTY_DRIVER_SERIAL: return "serial";
    case TTY_DRIVER_PTY_MASTER: return "pty:master";
    case TTY_DRIVER_PTY_SLAVE: return "pty:slave";
    }
    return "unknown";
}

static int tty_driver_line(struct tty_driver *driver, void *arg)
{
    struct seq_file *m = arg;
    char node[40];

    /* ps finds the names of terminals by this file: "pts/" lines are in /dev/pts. */
    snprintf(node, sizeof(node), "/dev/%s", driver->name);
    if (node[strlen(node) - 1] == '/')
        node[strlen(node) - 1] = '\0';
    seq_printf(m, "%-20s %-8s %3u ", driver->owner_name ? driver->owner_name : driver->name, node,
               driver->major);
    if (driver->nr_lines > 1)
        seq_printf(m, "%u-%u ", driver->minor_first, driver->minor_first + driver->nr_lines - 1);
    else
        seq_printf(m, "%3u ", driver->minor_first);
    seq_printf(m, "%s\n", tty_type_text(driver->type));
    return 0;
}

static int tty_drivers_show(struct seq_file *m, void *arg)
{
    seq_printf(m, "%-20s %-8s %3d %7d %s\n", "/dev/tty", "/dev/tty", 5, 0, "system:/dev/tty");
    seq_printf(m, "%-20s %-8s %3d %7d %s\n", "/dev/console", "/dev/console", 5, 1,
               "system:console");
    seq_printf(m, "%-20s %-8s %3d %7d %s\n", "/dev/ptmx", "/dev/ptmx", 5, 2, "system");
    return tty_drivers_for_each(tty_driver_line, m);
}
static const struct proc_file proc_tty_drivers = {.path = "tty/drivers", .show = tty_drivers_show};
PROC_FILE(proc_tty_drivers);

static int tty_ldiscs_show(struct seq_file *m, void *arg)
{
    seq_puts(m, "n_tty       0\n");
    return 0;
}
static const struct proc_file proc_tty_ldiscs = {.path = "tty/ldiscs", .show = tty_ldiscs_show};
PROC_FILE(proc_tty_ldiscs);

static int consoles_show(struct seq_file *m, void *arg)
{
    for (struct console *con = console_first(); con; con = con->next) {
        char name[16];

        if (!(con->flags & CONSOLE_ENABLED))
            continue;
        snprintf(name, sizeof(name), "%s%d", con->name, con->index);
        seq_printf(m, "%-21s -W- (E%c%c )", name, con->flags & CONSOLE_PREFERRED ? 'C' : ' ',
                   con->flags & CONSOLE_BOOT ? 'B' : ' ');
        if (con->device)
            seq_printf(m, " %4u:%u", MAJOR(con->device), MINOR(con->device));
        seq_putc(m, '\n');
    }
    return 0;
}
static const struct proc_file proc_consoles = {.path = "consoles", .show = consoles_show};
PROC_FILE(proc_consoles);

/* --- links --- */

static const struct proc_file proc_mounts = {.path = "mounts", .link = "self/mounts"};
PROC_FILE(proc_mounts);

/* --- kmsg --- */

static int kmsg_open(struct inode *inode, struct file *file)
{
    return capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    if ((file->flags & O_NONBLOCK) && !syslog_unread())
        return -EAGAIN;
    return syslog_read(buf, count);
}

static u32 kmsg_poll(struct file *file, struct poll_table *table)
{
    poll_wait(file, log_wait_queue(), table);
    return syslog_unread() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations kmsg_fops = {
    .llseek = no_llseek,
    .read = kmsg_read,
    .poll = kmsg_poll,
    .open = kmsg_open,
};
static const struct proc_file proc_kmsg = {.path = "kmsg", .mode = 0400, .fops = &kmsg_fops};
PROC_FILE(proc_kmsg);

/* --- what is Lintel's own --- */

/* Where the time from power-on to init went. */
static int boot_show(struct seq_file *m, void *arg)
{
    u64 start_ns, duration_ns;
    const char *name;

    seq_puts(m, "#       start_ns     duration_ns phase\n");
    for (unsigned int i = 0; boot_account_get(i, &name, &start_ns, &duration_ns); i++)
        seq_printf(m, "%16llu %15llu %s\n", start_ns, duration_ns, name);
    return 0;
}
static const struct proc_file proc_boot = {.path = "lintel/boot", .show = boot_show};
PROC_FILE(proc_boot);

/* System calls that programs made and that are not there. */
static int unimplemented_show(struct seq_file *m, void *arg)
{
    seq_puts(m, "#    count number name\n");
    for (unsigned int nr = 0; nr < SYSCALL_NR_END; nr++) {
        unsigned int count = syscall_unimplemented_count(nr);

        if (count)
            seq_printf(m, "%10u %6u %s\n", count, nr, syscall_name(nr));
    }
    return 0;
}
static const struct proc_file proc_unimplemented = {.path = "lintel/unimplemented",
                                                    .show = unimplemented_show};
PROC_FILE(proc_unimplemented);
