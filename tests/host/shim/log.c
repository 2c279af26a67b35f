// SPDX-License-Identifier: MIT
/* The log as KTAP notes. */
#include <kernel/base/log.h>
#include <kernel/lib/printf.h>
#include "log.h"

static char last[1024];
static unsigned int troubles;

const char *shim_log_last(void)
{
    return last;
}

unsigned int shim_log_troubles(void)
{
    return troubles;
}

void vklog(enum log_level level, const char *fmt, va_list args)
{
    int len = vscnprintf(last, sizeof(last), fmt, args);

    if (len && last[len - 1] == '\n')
        last[len - 1] = '\0';
    if (level <= LOG_LEVEL_WARNING)
        troubles++;
    /* A few thousand lines of a fuzzed parser help nobody. */
    if (troubles < 200)
        printf("# log: %s\n", last);
}

void klog(enum log_level level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vklog(level, fmt, args);
    va_end(args);
}

bool ratelimit_allow(struct ratelimit *limit, const char *what)
{
    return true;
}
