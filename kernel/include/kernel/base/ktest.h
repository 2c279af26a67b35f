/* SPDX-License-Identifier: MIT */
/*
 * Tests inside the kernel. A suite is a file under tests/kernel/:
 *
 *     static void list_add_puts_first(struct ktest *t)
 *     {
 *         KTEST_EXPECT_EQ(t, 1, 1);
 *     }
 *     static const struct ktest_case cases[] = {KTEST_CASE(list_add_puts_first), {}};
 *     KTEST_SUITE(list, cases);
 *
 * With `ktest` on the command line all suites run after INIT_LATE, `ktest=list,atomic*` the named
 * ones; the result is KTAP on the consoles, and the machine powers off. Cases run in a kernel
 * thread and may sleep. KTEST_ASSERT leaves the case; KTEST_EXPECT notes the failure and goes on. A
 * WARN during a case fails it.
 */
#ifndef KERNEL_BASE_KTEST_H
#define KERNEL_BASE_KTEST_H

#include <kernel/base/registry.h>
#include <kernel/types.h>

struct ktest {
    const char *name;
    unsigned int failures;
    const char *skip_reason; /* set by ktest_skip() */
    void *data;              /* the suite's own: set by init */
};

struct ktest_case {
    const char *name;
    void (*run)(struct ktest *t);
};

struct ktest_suite {
    const char *name;
    const struct ktest_case *cases; /* ends with an empty one */
    int (*init)(struct ktest *t);   /* before each case; may be NULL; -errno skips the case */
    void (*exit)(struct ktest *t);  /* after each case */
};

SECTION_ARRAY_DECLARE(const struct ktest_suite, ktest_suites);

#define KTEST_CASE(function) \
    {                        \
#function, function  \
    }
#define KTEST_SUITE(suite_name, case_array) KTEST_SUITE_FIXTURE(suite_name, case_array, NULL, NULL)
#define KTEST_SUITE_FIXTURE(suite_name, case_array, init_fn, exit_fn)                \
    static const struct ktest_suite ktest_suite_##suite_name = {                     \
        .name = #suite_name, .cases = case_array, .init = init_fn, .exit = exit_fn}; \
    SECTION_ARRAY_ADD(const struct ktest_suite, ktest_suites, ktest_suite_##suite_name)

void ktest_fail(struct ktest *t, const char *file, int line, const char *fmt, ...) __printf(4, 5);
/** ktest_skip() - the case is reported as skipped, with the reason; return after it. */
void ktest_skip(struct ktest *t, const char *reason);
/** ktest_note() - a `# ` line under the case. */
void ktest_note(struct ktest *t, const char *fmt, ...) __printf(2, 3);

#define KTEST_EXPECT(t, condition)                                        \
    ({                                                                    \
        bool ok__ = !!(condition);                                        \
        if (!ok__)                                                        \
            ktest_fail(t, __FILE__, __LINE__, "expected %s", #condition); \
        ok__;                                                             \
    })
#define KTEST_EXPECT_EQ(t, left, right)                                                       \
    ({                                                                                        \
        __auto_type left__ = (left);                                                          \
        __auto_type right__ = (right);                                                        \
        bool ok__ = left__ == right__;                                                        \
        if (!ok__)                                                                            \
            ktest_fail(t, __FILE__, __LINE__,                                                 \
                       "expected %s == %s, got %lld (%#llx) and %lld (%#llx)", #left, #right, \
                       (long long)left__, (unsigned long long)left__, (long long)right__,     \
                       (unsigned long long)right__);                                          \
        ok__;                                                                                 \
    })
#define KTEST_EXPECT_STREQ(t, left, right)                                                       \
    ({                                                                                           \
        const char *left__ = (left), *right__ = (right);                                         \
        bool ok__ = __builtin_strcmp(left__, right__) == 0;                                      \
        if (!ok__)                                                                               \
            ktest_fail(t, __FILE__, __LINE__, "expected %s == %s, got \"%s\" and \"%s\"", #left, \
                       #right, left__, right__);                                                 \
        ok__;                                                                                    \
    })
#define KTEST_ASSERT(t, condition)       \
    do {                                 \
        if (!KTEST_EXPECT(t, condition)) \
            return;                      \
    } while (0)
#define KTEST_ASSERT_EQ(t, left, right)       \
    do {                                      \
        if (!KTEST_EXPECT_EQ(t, left, right)) \
            return;                           \
    } while (0)

/** ktest_requested() - whether `ktest` is on the command line. */
bool ktest_requested(void);
/** ktest_run() - runs what was asked for. Returns the number of cases that failed. */
unsigned int ktest_run(void);

#endif
