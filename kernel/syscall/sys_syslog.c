// SPDX-License-Identifier: MIT
/* syslog(2): the kernel's log, not syslog(3). */
#include <kernel/syscall/syscalls.h>

#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/base/syslog.h>
#include <kernel/err.h>
#include <kernel/proc/cred.h>

/* The level that SYSLOG_CONSOLE_ON goes back to; negative while it is on. */
static int saved_loglevel = -1;

#define CONSOLE_LEVEL_LOWEST  1
#define CONSOLE_LEVEL_HIGHEST 8

static bool is_permitted(int type)
{
    bool harmless = type == SYSLOG_READ_ALL || type == SYSLOG_SIZE_BUFFER;

    return (harmless && !dmesg_restrict) || capable(CAP_SYSLOG);
}

static long read_log(int type, char __user *buf, int len)
{
    ssize_t n;

    if (!buf || len < 0)
        return -EINVAL;
    if (!len)
        return 0;
    if (!access_ok(buf, len))
        return -EFAULT;
    if (type == SYSLOG_READ)
        return syslog_read(buf, len);
    n = syslog_read_all(buf, len);
    if (n >= 0 && type == SYSLOG_READ_CLEAR)
        syslog_clear();
    return n;
}

static void console_off(void)
{
    if (saved_loglevel < 0)
        saved_loglevel = console_loglevel;
    console_loglevel = CONSOLE_LEVEL_LOWEST;
}

static void console_on(void)
{
    if (saved_loglevel < 0)
        return;
    console_loglevel = saved_loglevel;
    saved_loglevel = -1;
}

static long set_console_level(int level)
{
    if (level < CONSOLE_LEVEL_LOWEST || level > CONSOLE_LEVEL_HIGHEST)
        return -EINVAL;
    console_loglevel = level;
    saved_loglevel = -1;
    return 0;
}

long sys_syslog(int type, char __user *buf, int len)
{
    if (type < SYSLOG_CLOSE || type > SYSLOG_SIZE_BUFFER)
        return -EINVAL;
    if (!is_permitted(type))
        return -EPERM;
    switch (type) {
    case SYSLOG_READ:
    case SYSLOG_READ_ALL:
    case SYSLOG_READ_CLEAR: return read_log(type, buf, len);
    case SYSLOG_CLEAR: syslog_clear(); return 0;
    case SYSLOG_CONSOLE_OFF: console_off(); return 0;
    case SYSLOG_CONSOLE_ON: console_on(); return 0;
    case SYSLOG_CONSOLE_LEVEL: return set_console_level(len);
    case SYSLOG_SIZE_UNREAD: return syslog_unread();
    case SYSLOG_SIZE_BUFFER: return log_buffer_size();
    default: return 0; /* opening and closing do nothing */
    }
}
