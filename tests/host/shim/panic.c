// SPDX-License-Identifier: MIT
/* A broken invariant ends the test; so does a warning, unless the test says that it expects one. */
#include <kernel/base/panic.h>
#include "panic.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int warnings, expected;

void shim_expect_warnings(unsigned int count)
{
    expected = warnings + count;
}

void panic(const char *fmt, ...)
{
    va_list args;

    printf("# panic: ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    abort();
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic("assertion failed: %s (%s:%d)", condition, file, line);
}

void warn_report(const char *condition, const char *file, int line)
{
    if (++warnings > expected)
        panic("warning: %s (%s:%d)", condition, file, line);
}

void warn_report_fmt(const char *file, int line, const char *fmt, ...)
{
    if (++warnings > expected)
        panic("warning: %s (%s:%d)", fmt, file, line);
}

unsigned int warn_count(void)
{
    return warnings;
}

bool panic_in_progress(void)
{
    return false;
}
