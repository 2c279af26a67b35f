// SPDX-License-Identifier: MIT
/* An overwritten canary and a stack that was nearly used up are reported. */
#include <kernel/base/ktest.h>
#include <kernel/debug/report.h>
#include <kernel/debug/stack.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>

/* Writes past the end of its array, over the canary. The address is hidden from the compiler. */
static noinline __no_access_checks int smash(void *arg)
{
    volatile char array[24];
    volatile char *p = array;

    asm volatile("" : "+r"(p));
    for (int i = 0; i < 40; i++)
        p[i] = 'x';
    return p[0];
}

static void an_overwritten_canary_is_reported(struct ktest *t)
{
    struct task *task;

    report_expect(REPORT_STACK);
    task = kthread_run(smash, NULL, "smash");
    KTEST_ASSERT(t, !IS_ERR(task));
    msleep(50);
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    KTEST_EXPECT(t, report_last_has("a canary was overwritten in smash"));
}

static void unused_stack_is_measured(struct ktest *t)
{
    char *stack = vmalloc(KERNEL_STACK_SIZE);

    KTEST_ASSERT(t, stack);
    stack_watch_begin(stack);
    KTEST_EXPECT_EQ(t, stack_unused(stack), KERNEL_STACK_SIZE);
    stack[5000] = 1;
    KTEST_EXPECT_EQ(t, stack_unused(stack), 5000);
    stack_watch_end(stack);
    stack[1000] = 1;
    report_expect(REPORT_STACK);
    stack_watch_end(stack);
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    vfree(stack);
}

static void no_task_came_near_the_end_of_its_stack(struct ktest *t)
{
    ktest_note(t, "%zu of %lu bytes were never used", stack_unused(current->stack),
               KERNEL_STACK_SIZE);
    KTEST_EXPECT(t, stack_unused(current->stack) > KERNEL_STACK_SIZE / 4);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(no_task_came_near_the_end_of_its_stack),
    KTEST_CASE(an_overwritten_canary_is_reported),
    KTEST_CASE(unused_stack_is_measured),
    {},
};
KTEST_SUITE(debug_stack, cases);
