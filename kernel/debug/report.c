// SPDX-License-Identifier: MIT
/*
 * How detectors report. A report's lines are not mixed with another processor's: begin takes a
 * lock, end gives it back; a second report from within the first (the report itself went wrong) is
 * dropped. Each kind stops after REPORTS_MAX reports: the first ones matter, and a machine that
 * does nothing but report cannot be looked at.
 */
#include <kernel/debug/report.h>

#include <kernel/arch/percpu.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/sections.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/task.h>

#define REPORTS_MAX 20
#define NOBODY      (-1)
#define FRAMES_MAX  (TRACE_DEPTH + 8)

#define EXCEPTION_STACK_SIZE 8192

static int owner = NOBODY; /* CPU number of who reports */
static unsigned int reports[NR_REPORT_KINDS];
static int expected_kind = NOBODY;
static unsigned int expected_count;
static enum report_kind current_kind; /* owner */
static unsigned long saved_flags;     /* owner */
static char last_heading[200];        /* owner; read by tests afterwards */

static const char *const kind_names[NR_REPORT_KINDS] = {
    [REPORT_LOCK_ORDER] = "lock order",
    [REPORT_SLEEP] = "sleeping",
    [REPORT_BALANCE] = "balance",
    [REPORT_UNDEFINED] = "undefined behaviour",
    [REPORT_MEMORY] = "memory",
    [REPORT_STACK] = "stack",
    [REPORT_LOCKUP] = "lockup",
    [REPORT_PAGE_TABLES] = "page tables",
    [REPORT_LEAK] = "leak",
};

bool report_is_expected(enum report_kind kind)
{
    return READ_ONCE(expected_kind) == (int)kind;
}

/* False when this processor is reporting already. Interrupts off. */
static bool owner_take(void)
{
    int self = (int)smp_processor_id(), none = NOBODY;

    while (!__atomic_compare_exchange_n(&owner, &none, self, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
        if (none == self || panic_in_progress())
            return false;
        none = NOBODY;
        cpu_relax();
    }
    return true;
}

bool report_begin(enum report_kind kind, const char *fmt, ...)
{
    unsigned long flags = local_irq_save();
    va_list args;

    if (panic_in_progress() ||
        (!report_is_expected(kind) && READ_ONCE(reports[kind]) >= REPORTS_MAX) || !owner_take()) {
        local_irq_restore(flags);
        return false;
    }
    saved_flags = flags;
    current_kind = kind;
    va_start(args, fmt);
    vsnprintf(last_heading, sizeof(last_heading), fmt, args);
    va_end(args);
    pr_err("lintel: %s%s: %s\n", report_is_expected(kind) ? "(a test provokes this) " : "",
           kind_names[kind], last_heading);
    if (current)
        report_line("by %s/%d on CPU %u", current->comm, current->pid, smp_processor_id());
    return true;
}

void report_line(const char *fmt, ...)
{
    char text[240];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pr_err("  %s\n", text);
}

void report_end(void)
{
    enum report_kind kind = current_kind;
    unsigned long flags = saved_flags;
    bool expected = report_is_expected(kind);

    if (expected)
        __atomic_fetch_add(&expected_count, 1, __ATOMIC_RELAXED);
    else if (__atomic_add_fetch(&reports[kind], 1, __ATOMIC_RELAXED) == REPORTS_MAX)
        report_line("no more reports of this kind");
    __atomic_store_n(&owner, NOBODY, __ATOMIC_RELEASE);
    if (!expected)
        warn_count_one();
    local_irq_restore(flags);
}

/* The end of the stack that @sp is on: the task's, or the exception stack around it. */
static unsigned long stack_end(unsigned long sp)
{
    unsigned long low = current ? (unsigned long)current->stack : 0;

    return sp - low < KERNEL_STACK_SIZE ? low + KERNEL_STACK_SIZE
                                        : ALIGN(sp + 1, EXCEPTION_STACK_SIZE);
}

/* By frame pointers, which the debug kernel keeps: this runs for each allocation. */
noinline void trace_take(struct trace *trace, unsigned long from)
{
    unsigned long rbp = (unsigned long)__builtin_frame_address(0), end = stack_end(rbp);
    unsigned long text_size = __init_text_end - __text_start;
    unsigned int kept = 0;

    for (int i = 0; i < FRAMES_MAX && kept < TRACE_DEPTH && rbp + 16 <= end; i++) {
        const unsigned long *frame = (const unsigned long *)rbp;

        if (frame[1] - (unsigned long)__text_start >= text_size)
            break;
        if (from && frame[1] == from)
            kept = 0; /* what came before is the detector's own */
        trace->at[kept++] = (u32)(frame[1] - (unsigned long)__image_start);
        if (frame[0] <= rbp || !IS_ALIGNED(frame[0], 8))
            break;
        rbp = frame[0];
    }
    if (kept < TRACE_DEPTH)
        trace->at[kept] = 0;
}

void trace_report(const struct trace *trace)
{
    for (unsigned int i = 0; i < TRACE_DEPTH && trace->at[i]; i++)
        report_line("    %ps", (void *)((unsigned long)__image_start + trace->at[i] - 1));
}

void report_expect(enum report_kind kind)
{
    __atomic_store_n(&expected_count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&expected_kind, (int)kind, __ATOMIC_RELEASE);
}

unsigned int report_expected(void)
{
    __atomic_store_n(&expected_kind, NOBODY, __ATOMIC_RELEASE);
    return READ_ONCE(expected_count);
}

bool report_last_has(const char *text)
{
    return strstr(last_heading, text) != NULL;
}
