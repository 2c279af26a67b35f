// SPDX-License-Identifier: MIT
/* The forms in which log records leave the kernel. */
#include <kernel/base/log.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

/* One character at buf[*len] while there is room for it and the NUL. */
static void put(char *buf, size_t size, size_t *len, char c)
{
    if (*len + 1 < size)
        buf[(*len)++] = c;
}

/* The text with @prefix before each of its lines. */
static size_t format_lines(const struct log_record *record, const char *prefix, char *buf,
                           size_t size)
{
    size_t len = 0, at = 0;

    if (!size)
        return 0;
    do {
        for (const char *p = prefix; *p; p++)
            put(buf, size, &len, *p);
        while (at < record->len && record->text[at] != '\n')
            put(buf, size, &len, record->text[at++]);
        put(buf, size, &len, '\n');
    } while (++at < record->len);
    buf[len] = '\0';
    return len;
}

size_t log_format_console(const struct log_record *record, char *buf, size_t size)
{
    unsigned long us = record->time_ns / 1000;
    char prefix[32];

    snprintf(prefix, sizeof(prefix), "[%5lu.%06lu] ", us / 1000000, us % 1000000);
    return format_lines(record, prefix, buf, size);
}

size_t log_format_syslog(const struct log_record *record, char *buf, size_t size)
{
    unsigned long us = record->time_ns / 1000;
    char prefix[40];

    snprintf(prefix, sizeof(prefix), "<%u>[%5lu.%06lu] ", record->facility << 3 | record->level,
             us / 1000000, us % 1000000);
    return format_lines(record, prefix, buf, size);
}

size_t log_format_kmsg(const struct log_record *record, char *buf, size_t size)
{
    size_t len;

    if (!size)
        return 0;
    len = scnprintf(buf, size, "%u,%llu,%llu,-;", record->facility << 3 | record->level,
                    record->seq, record->time_ns / 1000);
    for (size_t at = 0; at < record->len; at++) {
        u8 c = record->text[at];
        char escaped[5];

        if (c >= ' ' && c < 127 && c != '\\') {
            put(buf, size, &len, c);
            continue;
        }
        snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        for (int i = 0; i < 4; i++)
            put(buf, size, &len, escaped[i]);
    }
    put(buf, size, &len, '\n');
    buf[len] = '\0';
    return len;
}
