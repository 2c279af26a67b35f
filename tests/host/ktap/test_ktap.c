// SPDX-License-Identifier: MIT
/* The test header's own test: each way to fail must fail, and each way to pass must pass. */
#include "ktap.h"

static void compare_unequal(void)
{
    EXPECT_EQ(1, 2);
}

static void leave_early(int *reached)
{
    ASSERT_TRUE(false);
    *reached = 1;
}

static void memory_unequal(void)
{
    EXPECT_MEMEQ("abc", "abd", 3);
}

/* Runs `body` and returns how many failures it noted, which do not count for this program. */
static int failures_of(void (*body)(void))
{
    int before = ktap_failures, noted;

    body();
    noted = ktap_failures - before;
    ktap_failures = before;
    return noted;
}

static void run_overflow(void)
{
    char *p = malloc(1);

    ((volatile char *)p)[1] = 1;
    free(p);
}

static void run_false(void)
{
    EXPECT_TRUE(false);
}

static void run_skip(void)
{
    SKIP("no reason");
}

static enum ktap_status status_of(void (*run)(void), char *reason, size_t size)
{
    struct ktap_test test = {"inner", run, NULL};

    return ktap_run_child(&test, reason, size);
}

TEST(a_failed_expectation_is_noted)
{
    EXPECT_EQ(failures_of(compare_unequal), 1);
    EXPECT_EQ(failures_of(memory_unequal), 1);
    EXPECT_EQ(failures_of(run_false), 1);
}

TEST(a_failed_assertion_leaves_the_function)
{
    int reached = 0;

    leave_early(&reached);
    EXPECT_EQ(ktap_failures, 1);
    ktap_failures = 0;
    EXPECT_EQ(reached, 0);
}

TEST(operands_are_evaluated_once)
{
    int n = 0;

    EXPECT_EQ(++n, 1);
    EXPECT_EQ(n, 1);
}

TEST(a_sanitizer_report_fails_the_test)
{
    char reason[8];

    EXPECT_EQ(status_of(run_overflow, reason, sizeof(reason)), KTAP_FAILED);
    EXPECT_DEATH(run_overflow());
}

TEST(a_skip_carries_its_reason)
{
    char reason[32];

    EXPECT_EQ(status_of(run_skip, reason, sizeof(reason)), KTAP_SKIPPED);
    EXPECT_STREQ(reason, "no reason");
}
