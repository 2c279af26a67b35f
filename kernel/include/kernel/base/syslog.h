/* SPDX-License-Identifier: MIT */
/* The log as syslog(2) and /proc/kmsg give it. Task context, may sleep. */
#ifndef KERNEL_BASE_SYSLOG_H
#define KERNEL_BASE_SYSLOG_H

#include <kernel/compiler.h>
#include <kernel/types.h>

/* syslog(2), "The action argument". */
enum syslog_action {
    SYSLOG_CLOSE = 0,
    SYSLOG_OPEN = 1,
    SYSLOG_READ = 2,
    SYSLOG_READ_ALL = 3,
    SYSLOG_READ_CLEAR = 4,
    SYSLOG_CLEAR = 5,
    SYSLOG_CONSOLE_OFF = 6,
    SYSLOG_CONSOLE_ON = 7,
    SYSLOG_CONSOLE_LEVEL = 8,
    SYSLOG_SIZE_UNREAD = 9,
    SYSLOG_SIZE_BUFFER = 10,
};

/**
 * syslog_read() - takes up to @len bytes of what was not read yet; waits until there is something.
 * All readers share one position. Returns bytes, -ERESTARTSYS or -EFAULT.
 */
ssize_t syslog_read(char __user *buf, size_t len);
/** syslog_unread() - bytes that syslog_read() would give now. */
size_t syslog_unread(void);
/** syslog_read_all() - the newest records since the last syslog_clear() that fit in @len bytes. */
ssize_t syslog_read_all(char __user *buf, size_t len);
/** syslog_clear() - syslog_read_all() begins here from now on. */
void syslog_clear(void);

/* /proc/sys/kernel/dmesg_restrict: reading the log takes CAP_SYSLOG. */
extern int dmesg_restrict;

#endif
