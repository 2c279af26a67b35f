// SPDX-License-Identifier: MIT
/*
 * Consoles: who shows the log. Each remembers the next record it has to show. Records are written
 * out by one CPU at a time, the one that got `flushing`; others leave their record in the ring, and
 * the flusher looks again after it has let go, so no record stays behind. Interrupts are off for
 * one record at a time and preemption for the whole flush.
 *
 * In a panic the panicking CPU ignores `flushing`: the others have been stopped, perhaps inside it.
 */
#include <kernel/base/log.h>
#include "log_internal.h"
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/sync/preempt.h>

#define LOGLEVEL_DEFAULT 7
#define LOGLEVEL_QUIET   4
#define LOGLEVEL_DEBUG   8
#define LOGLEVEL_PANIC   15

/* So many records are shown again in a panic when `quiet` has hidden them. */
#define PANIC_REPLAY 30

int console_loglevel = LOGLEVEL_DEFAULT;

static struct console *consoles; /* changed by the holder of `flushing` only */
static bool flushing;
static bool panicking;

/* The flusher's own. */
static struct log_record record;
static char line[LOG_TEXT_MAX * 2];

/* What console= asked for, in order. */
#define MAX_WANTED 8
static struct wanted {
    char name[8];
    int index;
    const char *options;
} wanted[MAX_WANTED];
static unsigned int nr_wanted;

static bool refresh_wanted; /* some console has put work off */

static bool try_flushing(void)
{
    return READ_ONCE(panicking) || !__atomic_exchange_n(&flushing, true, __ATOMIC_ACQUIRE);
}

static void end_flushing(void)
{
    __atomic_store_n(&flushing, false, __ATOMIC_RELEASE);
}

static bool console_is_behind(const struct console *con)
{
    return (con->flags & CONSOLE_ENABLED) && con->next_seq < log_next_seq();
}

static bool any_behind(void)
{
    for (struct console *con = READ_ONCE(consoles); con; con = READ_ONCE(con->next))
        if (console_is_behind(con))
            return true;
    return false;
}

/* Shows one record; false when the console is up to date. */
static bool console_show_next(struct console *con)
{
    unsigned long flags;

    if (!console_is_behind(con) || !log_read(con->next_seq, &record))
        return false;
    con->next_seq = record.seq + 1;
    if (record.level >= console_loglevel)
        return true;
    flags = local_irq_save();
    con->write(con, line, log_format_console(&record, line, sizeof(line)));
    local_irq_restore(flags);
    return true;
}

/* Lets consoles do what they put off. The flusher's right is held. */
static void consoles_refresh(bool idle)
{
    bool left = false;

    for (struct console *con = consoles; con; con = con->next) {
        unsigned long flags;

        if (!con->refresh || !(con->flags & CONSOLE_ENABLED))
            continue;
        flags = local_irq_save();
        left |= !con->refresh(con, idle);
        local_irq_restore(flags);
    }
    WRITE_ONCE(refresh_wanted, left);
}

void log_console_refresh(bool idle)
{
    if (likely(!READ_ONCE(refresh_wanted)))
        return;
    preempt_disable();
    if (try_flushing()) {
        consoles_refresh(idle);
        end_flushing();
    }
    preempt_enable();
}

void log_console_flush(void)
{
    do {
        preempt_disable();
        if (!try_flushing()) {
            preempt_enable();
            return;
        }
        for (struct console *con = consoles; con; con = con->next)
            while (console_show_next(con))
                ;
        consoles_refresh(false);
        end_flushing();
        preempt_enable();
        smp_mb(); /* let go first, look second: a record that came meanwhile found us busy */
    } while (any_behind());
}

/* Waits for the flusher to finish. Not from interrupts. */
static void begin_flushing(void)
{
    preempt_disable();
    while (!try_flushing()) {
        preempt_enable();
        cpu_relax();
        preempt_disable();
    }
}

void console_print(const char *fmt, ...)
{
    static char text[512];
    unsigned long flags;
    va_list args;
    int len;

    log_console_flush();
    begin_flushing();
    va_start(args, fmt);
    len = vscnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    for (struct console *con = consoles; con; con = con->next) {
        if (!(con->flags & CONSOLE_ENABLED))
            continue;
        flags = local_irq_save();
        con->write(con, text, len);
        local_irq_restore(flags);
    }
    end_flushing();
    preempt_enable();
    log_console_flush();
}

static void unlink_console(struct console *con)
{
    for (struct console **link = &consoles; *link; link = &(*link)->next) {
        if (*link == con) {
            WRITE_ONCE(*link, con->next);
            con->flags &= ~CONSOLE_ENABLED;
            return;
        }
    }
}

/* A real console takes over from the boot consoles of its name, and goes on where they stopped. */
static void replace_boot_consoles(struct console *con)
{
    struct console *next;

    for (struct console *old = consoles; old; old = next) {
        next = old->next;
        if (!(old->flags & CONSOLE_BOOT) || strcmp(old->name, con->name) != 0 ||
            old->index != con->index)
            continue;
        if (old->flags & CONSOLE_ENABLED)
            con->next_seq = max(con->next_seq, old->next_seq);
        unlink_console(old);
    }
}

/* What console= says of @con: its place in the list, or -1. */
static int find_wanted(const struct console *con)
{
    for (int i = nr_wanted - 1; i >= 0; i--)
        if (wanted[i].index == con->index && strcmp(wanted[i].name, con->name) == 0)
            return i;
    return -1;
}

/* Decides whether @con is enabled. 0, or the error of its set-up. */
static int console_choose(struct console *con)
{
    int at = find_wanted(con), error = 0;

    if (con->setup)
        error = con->setup(con, at >= 0 ? wanted[at].options : NULL);
    if (error)
        return error;
    if ((con->flags & CONSOLE_BOOT) || at >= 0 || !nr_wanted)
        con->flags |= CONSOLE_ENABLED;
    if (at >= 0 && at == (int)nr_wanted - 1)
        con->flags |= CONSOLE_PREFERRED;
    return 0;
}

int console_register(struct console *con)
{
    int error = console_choose(con);

    if (error)
        return error;
    con->next_seq = con->flags & CONSOLE_REPLAY ? log_first_seq() : log_next_seq();
    begin_flushing();
    if (!(con->flags & CONSOLE_BOOT))
        replace_boot_consoles(con);
    con->next = consoles;
    WRITE_ONCE(consoles, con);
    end_flushing();
    preempt_enable();
    log_console_flush();
    return 0;
}

void console_unregister(struct console *con)
{
    begin_flushing();
    unlink_console(con);
    end_flushing();
    preempt_enable();
}

struct console *console_first(void)
{
    return READ_ONCE(consoles);
}

/* How well @con serves as /dev/console: what was asked for, else a screen, else what there is. */
static int console_rank(const struct console *con)
{
    if (!con->device || !(con->flags & CONSOLE_ENABLED) || (con->flags & CONSOLE_BOOT))
        return 0;
    if (nr_wanted)
        return 2 + find_wanted(con);
    return strcmp(con->name, "tty") == 0 ? 2 : 1;
}

dev_t console_device(void)
{
    const struct console *best = NULL;

    for (const struct console *con = console_first(); con; con = READ_ONCE(con->next))
        if (console_rank(con) > (best ? console_rank(best) : 0))
            best = con;
    return best ? best->device : 0;
}

void log_panic_begin(void)
{
    u64 next = log_next_seq(), from = max(log_first_seq(), next - min(next, (u64)PANIC_REPLAY));
    bool hidden = console_loglevel < LOGLEVEL_DEFAULT;

    WRITE_ONCE(panicking, true);
    console_loglevel = LOGLEVEL_PANIC;
    for (struct console *con = consoles; con && hidden; con = con->next)
        con->next_seq = min(con->next_seq, from);
}

/* console=ttyS0,115200n8: a name, an index, options. */
static int __init set_console(const char *value)
{
    const char *options, *digits;
    size_t name_len;
    struct wanted *w;

    if (!value || !*value)
        return -EINVAL;
    options = strchrnul(value, ',');
    for (digits = options; digits > value && isdigit((u8)digits[-1]); digits--)
        ;
    name_len = digits - value;
    if (!name_len || name_len >= sizeof(w->name) || options - digits > 4)
        return -EINVAL;
    if (nr_wanted == MAX_WANTED)
        return -ENOSPC;
    w = &wanted[nr_wanted++];
    memcpy(w->name, value, name_len);
    w->name[name_len] = '\0';
    w->index = simple_strtoull(digits, NULL, 10);
    w->options = *options ? options + 1 : NULL;
    return 0;
}
EARLY_PARAM("console", set_console);

static int __init set_loglevel(const char *value)
{
    int level, error = value ? kstrtoint(value, 10, &level) : -EINVAL;

    if (!error)
        console_loglevel = clamp(level, 1, 15);
    return error;
}
EARLY_PARAM("loglevel", set_loglevel);

static int __init set_quiet(const char *value)
{
    console_loglevel = LOGLEVEL_QUIET;
    return value ? -EINVAL : 0;
}
EARLY_PARAM("quiet", set_quiet);

static int __init set_debug(const char *value)
{
    console_loglevel = LOGLEVEL_DEBUG;
    return value ? -EINVAL : 0;
}
EARLY_PARAM("debug", set_debug);
