// SPDX-License-Identifier: MIT
/* Runs the start-up functions and checks that each leaves things as it found them. */
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/sync/preempt.h>
#include <kernel/time/clock.h>

SECTION_ARRAY_DEFINE(const struct initcall, initcalls_INIT_CORE);
SECTION_ARRAY_DEFINE(const struct initcall, initcalls_INIT_SUBSYS);
SECTION_ARRAY_DEFINE(const struct initcall, initcalls_INIT_FS);
SECTION_ARRAY_DEFINE(const struct initcall, initcalls_INIT_DEVICE);
SECTION_ARRAY_DEFINE(const struct initcall, initcalls_INIT_LATE);

#define LEVEL(level) [level] = {initcalls_##level##_section_start, initcalls_##level##_section_end}

static const struct {
    const struct initcall *const *start, *const *end;
} levels[NR_INIT_LEVELS] = {
    LEVEL(INIT_CORE), LEVEL(INIT_SUBSYS), LEVEL(INIT_FS), LEVEL(INIT_DEVICE), LEVEL(INIT_LATE),
};

static bool initcall_debug;

static void run_one(const struct initcall *call)
{
    unsigned int count = preempt_count();
    bool irqs_were_off = irqs_disabled();
    u64 start_ns = ktime_ns();
    int error = call->fn();

    if (preempt_count() != count)
        panic("%s left preemption count %#x, it was %#x", call->name, preempt_count(), count);
    if (irqs_disabled() != irqs_were_off)
        panic("%s left interrupts %s", call->name, irqs_were_off ? "on" : "off");
    if (error && error != -ENODEV)
        pr_err("%s failed: error %d\n", call->name, error);
    if (initcall_debug)
        pr_info("%s: %d after %llu us\n", call->name, error, (ktime_ns() - start_ns) / 1000);
}

void initcalls_run(enum init_level level)
{
    const struct initcall *const *end;

    ASSERT(level < NR_INIT_LEVELS);
    end = section_bound(levels[level].end);
    for (const struct initcall *const *it = levels[level].start; it != end; it++)
        run_one(*it);
}

static int __init set_initcall_debug(const char *value)
{
    initcall_debug = true;
    return value ? kstrtobool(value, &initcall_debug) : 0;
}
EARLY_PARAM("initcall_debug", set_initcall_debug);
