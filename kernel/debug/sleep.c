// SPDX-License-Identifier: MIT
/*
 * Calls that may sleep, made where sleeping is not allowed: with preemption or interrupts off, in
 * an interrupt, in a softirq. Checked whether or not this call would have slept. Before the first
 * task runs nobody can sleep, and nothing is checked.
 */
#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/debug/report.h>
#include <kernel/sched/task.h>
#include <kernel/sync/lockclass.h>
#include <kernel/sync/preempt.h>

static bool checking;

void might_sleep_at(const char *file, int line)
{
    unsigned int count = preempt_count();
    bool off = irqs_disabled();
    struct trace trace;

    if (likely(!count && !off && !(current->flags & TASKF_IDLE)) || !READ_ONCE(checking))
        return;
    if (!report_begin(REPORT_SLEEP, "%s:%d may sleep, but preemption count is %#x, interrupts %s",
                      file, line, count, off ? "off" : "on"))
        return;
    lock_order_print_held();
    trace_take(&trace, (unsigned long)__builtin_return_address(0));
    trace_report(&trace);
    report_end();
}

static int __init sleep_check_start(void)
{
    WRITE_ONCE(checking, true);
    return 0;
}
initcall(INIT_CORE, sleep_check_start);
