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

size_t log_format_console(const struct log_record *record, char *buf, size_t size)
{
    char prefix[32];
    size_t len = 0, at = 0;
    unsigned long us = record->time_ns / 1000;
    int prefix_len = scnprintf(prefix, sizeof(prefix), "[%5lu.%06lu] ", us / 1000000, us % 1000000);

    if (!size)
        return 0;
    do {
        for (int i = 0; i < prefix_len; i++)
            put(buf, size, &len, prefix[i]);
        while (at < record->len && record->text[at] != '\n')
            put(buf, size, &len, record->text[at++]);
        put(buf, size, &len, '\n');
    } while (++at < record->len);
    buf[len] = '\0';
    return len;
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
