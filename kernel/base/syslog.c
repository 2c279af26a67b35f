// SPDX-License-Identifier: MIT
/*
 * Two readers of the log that the whole system shares: the consuming one (SYSLOG_READ, /proc/kmsg),
 * whose position moves on with each read, and the one that shows all (dmesg), which begins where
 * the log was last cleared. Both positions, and the buffers, are protected by syslog_lock.
 */
#include <kernel/base/syslog.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/sync/mutex.h>

/* A record in syslog's form, one prefix a line; a record of hundreds of lines is cut. */
#define FORMATTED_MAX 4096

static DEFINE_MUTEX(syslog_lock);
static u64 read_seq;       /* the record that SYSLOG_READ is in */
static size_t read_offset; /* bytes of it that were read already */
static u64 clear_seq;
static struct log_record record;
static char formatted[FORMATTED_MAX];

int dmesg_restrict = 1;

/* Formats the first record at or after *@seq; *@seq becomes its number. 0: there is none. */
static size_t format_next(u64 *seq)
{
    if (!log_read(*seq, &record))
        return 0;
    *seq = record.seq;
    return log_format_syslog(&record, formatted, sizeof(formatted));
}

/* One piece of at most @len bytes from where the last ended. */
static ssize_t read_piece(char __user *buf, size_t len)
{
    u64 seq = read_seq;
    size_t size = format_next(&seq), n;

    if (seq != read_seq)
        read_offset = 0; /* the record we were in was overwritten */
    read_seq = seq;
    if (!size)
        return 0;
    n = min(size - read_offset, len);
    if (copy_to_user(buf, formatted + read_offset, n))
        return -EFAULT;
    read_offset += n;
    if (read_offset == size) {
        read_seq++;
        read_offset = 0;
    }
    return n;
}

ssize_t syslog_read(char __user *buf, size_t len)
{
    size_t total = 0;
    ssize_t n;

    while (!total) {
        int error = log_wait(READ_ONCE(read_seq));

        if (error)
            return error;
        mutex_lock(&syslog_lock);
        do {
            n = read_piece(buf + total, len - total);
            total += max(n, (ssize_t)0);
        } while (n > 0 && total < len);
        mutex_unlock(&syslog_lock);
        if (n < 0 && !total)
            return n;
    }
    return total;
}

size_t syslog_unread(void)
{
    size_t total = 0, size;

    mutex_lock(&syslog_lock);
    for (u64 seq = read_seq; (size = format_next(&seq)); seq++)
        total += size - (seq == read_seq ? read_offset : 0);
    mutex_unlock(&syslog_lock);
    return total;
}

/* The first record since the last clearing from which all records up to @end fit in @len bytes. */
static u64 first_that_fits(size_t len, u64 end)
{
    size_t total = 0, size;
    u64 seq;

    for (seq = clear_seq; seq < end && (size = format_next(&seq)); seq++)
        total += size;
    for (seq = clear_seq; total > len && (size = format_next(&seq)); seq++)
        total -= min(size, total);
    return seq;
}

ssize_t syslog_read_all(char __user *buf, size_t len)
{
    u64 end = log_next_seq();
    size_t total = 0, size;
    bool fault = false;

    mutex_lock(&syslog_lock);
    for (u64 seq = first_that_fits(len, end); seq < end && !fault; seq++) {
        size = format_next(&seq);
        if (!size || size > len - total)
            break;
        fault = copy_to_user(buf + total, formatted, size);
        total += size;
    }
    mutex_unlock(&syslog_lock);
    return fault ? -EFAULT : (ssize_t)total;
}

void syslog_clear(void)
{
    mutex_lock(&syslog_lock);
    clear_seq = log_next_seq();
    mutex_unlock(&syslog_lock);
}
