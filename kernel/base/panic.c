// SPDX-License-Identifier: MIT
/*
 * The end: panic, and its smaller kin. The first CPU that panics speaks; it stops the others, then
 * says why, shows registers, call chain and held locks, and stops or restarts as panic= says. A
 * second panic (the report itself failed) gets one line and no more; other CPUs that panic
 * meanwhile are halted.
 *
 * Nothing here takes a lock or allocates. What the architecture can add comes through panic_ops.
 */
#include <kernel/base/panic.h>
#include <kernel/arch/cpu.h>
#include <kernel/arch/percpu.h>
#include <kernel/base/backtrace.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/printf.h>
#include <kernel/sync/lockclass.h>
#include <kernel/time/clock.h>

#define NS_PER_SECOND 1000000000ULL

static unsigned int panic_cpu; /* CPU number + 1 of the one that panics */
static const struct panic_ops *ops;
static struct panic_notifier *notifiers;
static int panic_timeout_s; /* 0: stop; below 0: restart at once */
static bool panic_on_warn;
static atomic_t warnings = ATOMIC_INIT(0);
static unsigned long taints;

void panic_set_ops(const struct panic_ops *panic_ops)
{
    ops = panic_ops;
}

void panic_notifier_register(struct panic_notifier *notifier)
{
    notifier->next = notifiers;
    notifiers = notifier;
}

bool panic_in_progress(void)
{
    return READ_ONCE(panic_cpu) != 0;
}

unsigned int warn_count(void)
{
    return atomic_read(&warnings);
}

void taint_add(unsigned int bit)
{
    __atomic_fetch_or(&taints, 1UL << bit, __ATOMIC_RELAXED);
}

unsigned long taint_mask(void)
{
    return READ_ONCE(taints);
}

static void __noreturn stop_here(void)
{
    for (;;)
        cpu_halt();
}

/* Makes this CPU the one that reports, or does not return. True the first time. */
static bool claim_panic(void)
{
    unsigned int self = smp_processor_id() + 1, none = 0;

    if (try_cmpxchg(&panic_cpu, &none, self))
        return true;
    if (none != self)
        stop_here();
    return false;
}

static void show_held_locks(void)
{
#if CONFIG_DEBUG
    lock_order_print_held();
#endif
}

static void restart_or_stop(void)
{
    if (panic_timeout_s > 0) {
        u64 until_ns = ktime_ns() + panic_timeout_s * NS_PER_SECOND;

        pr_emerg("restarting in %d seconds\n", panic_timeout_s);
        while (ktime_ns() < until_ns)
            cpu_relax();
    }
    if (panic_timeout_s && ops && ops->reboot)
        ops->reboot();
    pr_emerg("lintel: stopped\n");
    stop_here();
}

static void __noreturn panic_report(const struct pt_regs *regs, const char *fmt, va_list args)
{
    static char reason[512];

    local_irq_disable();
    if (!claim_panic()) {
        pr_emerg("lintel: panic while panicking\n");
        restart_or_stop();
    }
    if (ops && ops->stop_other_cpus)
        ops->stop_other_cpus();
    log_panic_begin();
    vsnprintf(reason, sizeof(reason), fmt, args);
    pr_emerg("lintel: panic: %s\n", reason);
    if (ops && ops->show_context)
        ops->show_context();
    if (regs && ops && ops->show_regs)
        ops->show_regs(regs);
    backtrace_print(LOG_LEVEL_EMERG, regs);
    show_held_locks();
    for (struct panic_notifier *n = notifiers; n; n = n->next)
        n->call(n);
    restart_or_stop();
    stop_here();
}

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    panic_report(NULL, fmt, args);
}

void panic_regs(const struct pt_regs *regs, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    panic_report(regs, fmt, args);
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic("assertion failed: %s (%s:%d)", condition, file, line);
}

void warn_count_one(void)
{
    atomic_inc(&warnings);
    taint_add(TAINT_WARN);
    if (panic_on_warn)
        panic("panic_on_warn");
}

/* What follows the first line of a warning. */
static void warn_details(void)
{
    if (ops && ops->show_context)
        ops->show_context();
    backtrace_print(LOG_LEVEL_WARNING, NULL);
    show_held_locks();
    warn_count_one();
}

void warn_report(const char *condition, const char *file, int line)
{
    pr_warn("lintel: warning: %s (%s:%d)\n", condition, file, line);
    warn_details();
}

void warn_report_fmt(const char *file, int line, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pr_warn("lintel: warning: %s (%s:%d)\n", text, file, line);
    warn_details();
}

static int __init set_panic_timeout(const char *value)
{
    return value ? kstrtoint(value, 10, &panic_timeout_s) : -EINVAL;
}
EARLY_PARAM("panic", set_panic_timeout);

static int __init set_panic_on_warn(const char *value)
{
    panic_on_warn = true;
    return value ? kstrtobool(value, &panic_on_warn) : 0;
}
EARLY_PARAM("panic_on_warn", set_panic_on_warn);
