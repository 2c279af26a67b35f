// SPDX-License-Identifier: MIT
/*
 * The runner of the tests in tests/kernel/. Output is KTAP version 1, written to the consoles
 * without the log's prefix: each suite is a subtest with its cases indented, then its own result.
 */
#include <kernel/base/ktest.h>
#include "log_internal.h"
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/sync/preempt.h>

SECTION_ARRAY_DEFINE(const struct ktest_suite, ktest_suites);

static bool requested;
static const char *filter; /* NULL: all suites */

bool ktest_requested(void)
{
    return requested;
}

/* Whether @name is one of the comma-separated words of the filter; a word may end in *. */
static bool suite_is_wanted(const char *name)
{
    const char *word = filter;

    if (!filter || !*filter)
        return true;
    for (;;) {
        size_t len = strcspn(word, ",");

        if (len && word[len - 1] == '*' && strncmp(word, name, len - 1) == 0)
            return true;
        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return true;
        if (!word[len])
            return false;
        word += len + 1;
    }
}

void ktest_note(struct ktest *t, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    console_print("    # %s: %s\n", t->name, text);
}

void ktest_fail(struct ktest *t, const char *file, int line, const char *fmt, ...)
{
    char text[320];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    __atomic_fetch_add(&t->failures, 1, __ATOMIC_RELAXED);
    console_print("    # %s: %s:%d: %s\n", t->name, file, line, text);
}

void ktest_skip(struct ktest *t, const char *reason)
{
    t->skip_reason = reason;
}

/* Runs a case with its fixture, and checks what it left behind. */
static void case_run(const struct ktest_suite *suite, const struct ktest_case *test,
                     struct ktest *t)
{
    unsigned int warnings = warn_count(), count = preempt_count();
    int error = suite->init ? suite->init(t) : 0;

    if (error) {
        ktest_fail(t, suite->name, 0, "fixture: error %d", error);
        return;
    }
    test->run(t);
    if (suite->exit)
        suite->exit(t);
    if (warn_count() != warnings)
        ktest_fail(t, suite->name, 0, "%u warnings", warn_count() - warnings);
    if (preempt_count() != count || irqs_disabled())
        ktest_fail(t, suite->name, 0, "preemption count or interrupts left changed");
}

/* Returns whether the case passed (or was skipped). */
static bool case_report(const struct ktest *t, unsigned int number)
{
    if (t->skip_reason && !t->failures)
        console_print("    ok %u %s # SKIP %s\n", number, t->name, t->skip_reason);
    else
        console_print("    %s %u %s\n", t->failures ? "not ok" : "ok", number, t->name);
    return !t->failures;
}

static unsigned int suite_run(const struct ktest_suite *suite, unsigned int number)
{
    unsigned int count = 0, failed = 0;

    while (suite->cases[count].run)
        count++;
    console_print("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name, count);
    for (unsigned int i = 0; i < count; i++) {
        struct ktest t = {.name = suite->cases[i].name};

        case_run(suite, &suite->cases[i], &t);
        if (!case_report(&t, i + 1))
            failed++;
    }
    console_print("%s %u %s\n", failed ? "not ok" : "ok", number, suite->name);
    return failed;
}

unsigned int ktest_run(void)
{
    const struct ktest_suite *const *it;
    unsigned int wanted = 0, number = 0, failed = 0;

    section_for_each (it, ktest_suites)
        wanted += suite_is_wanted((*it)->name);
    console_print("KTAP version 1\n1..%u\n", wanted);
    section_for_each (it, ktest_suites) {
        if (suite_is_wanted((*it)->name))
            failed += suite_run(*it, ++number);
    }
    console_print("# ktest: done, %u cases failed\n", failed);
    return failed;
}

static int __init set_ktest(const char *value)
{
    requested = true;
    filter = value;
    return 0;
}
BOOT_PARAM("ktest", set_ktest);
