// SPDX-License-Identifier: MIT
/* Undefined behaviour of C is reported, with the values. */
#include <kernel/base/ktest.h>
#include <kernel/debug/report.h>

static void expect_report(struct ktest *t, const char *text)
{
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    KTEST_EXPECT(t, report_last_has(text));
}

static void an_index_outside_its_array_is_reported(struct ktest *t)
{
    static int table[2][4]; /* the access stays inside the whole */
    volatile int index = 5;

    report_expect(REPORT_UNDEFINED);
    KTEST_EXPECT_EQ(t, table[0][index], 0);
    expect_report(t, "index 5 is outside of type 'int [4]'");
}

static void a_shift_by_too_much_is_reported(struct ktest *t)
{
    volatile unsigned int one = 1, bits = 33;
    volatile unsigned int result;

    report_expect(REPORT_UNDEFINED);
    result = one << bits;
    (void)result;
    expect_report(t, "1 shifted by 33 bits");
}

static void a_bool_that_is_neither_is_reported(struct ktest *t)
{
    union {
        volatile unsigned char byte;
        volatile bool truth;
    } u = {.byte = 7};

    report_expect(REPORT_UNDEFINED);
    KTEST_EXPECT(t, u.truth || !u.byte);
    KTEST_EXPECT(t, report_expected() >= 1);
    KTEST_EXPECT(t, report_last_has("7 is no value of type '_Bool'"));
}

static void a_place_reports_once(struct ktest *t)
{
    volatile unsigned int one = 1, bits = 40, result;

    report_expect(REPORT_UNDEFINED);
    for (int i = 0; i < 3; i++)
        result = one << bits;
    (void)result;
    KTEST_EXPECT_EQ(t, report_expected(), 1);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(an_index_outside_its_array_is_reported),
    KTEST_CASE(a_shift_by_too_much_is_reported),
    KTEST_CASE(a_bool_that_is_neither_is_reported),
    KTEST_CASE(a_place_reports_once),
    {},
};
KTEST_SUITE(debug_undefined, cases);
