// SPDX-License-Identifier: MIT
#include "init.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_SIZE 512

/* One line in one write: each write to /dev/kmsg is a message of its own. */
static bool write_line(int fd, const char *prefix, const char *format, va_list args)
{
    char line[LINE_MAX_SIZE];
    size_t len = strlen(prefix);

    memcpy(line, prefix, len);
    len += vsnprintf(line + len, sizeof(line) - len - 1, format, args);
    if (len > sizeof(line) - 2)
        len = sizeof(line) - 2;
    line[len++] = '\n';
    return write(fd, line, len) == (ssize_t)len;
}

void say(const char *format, ...)
{
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    va_list args;
    bool written;

    va_start(args, format);
    written = fd >= 0 && write_line(fd, "<6>init: ", format, args);
    va_end(args);
    if (fd >= 0)
        close(fd);
    if (written)
        return;
    va_start(args, format);
    write_line(STDERR_FILENO, "init: ", format, args);
    va_end(args);
}

void complain(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(STDERR_FILENO, "init: ", format, args);
    va_end(args);
}
