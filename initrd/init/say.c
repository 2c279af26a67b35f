// SPDX-License-Identifier: MIT
#include "init.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is written to /dev/kmsg stands in the log between the kernel's own messages. */
static bool write_to_log(const char *text)
{
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    bool written;

    if (fd < 0)
        return false;
    written = dprintf(fd, "<6>init: %s\n", text) > 0;
    close(fd);
    return written;
}

void say(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!write_to_log(text))
        dprintf(STDERR_FILENO, "init: %s\n", text);
}

void complain(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    dprintf(STDERR_FILENO, "init: %s\n", text);
}
