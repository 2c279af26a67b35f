// SPDX-License-Identifier: MIT
/*
 * Stacks. The compiler puts a canary between a function's arrays and its return address and calls
 * __stack_chk_fail() when it has changed. A stack is filled with a pattern when a task gets it;
 * what is left of the pattern when the task is gone says how deep it was. Less than STACK_LOW left
 * is reported: the next interrupt at the wrong moment would have run into the page below.
 */
#include <kernel/debug/stack.h>

#include <kernel/arch/cpu.h>
#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/debug/report.h>
#include <kernel/lib/string.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/exit.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

#define PATTERN   0x57ac57ac57ac57acUL
#define STACK_LOW 2048

/* The lowest byte is 0: a string copied over it ends there. */
unsigned long __stack_chk_guard = 0x5d9e3c71a6b84f00UL;

static size_t least_unused = KERNEL_STACK_SIZE;

__attribute__((no_stack_protector)) void stack_guard_seed(const u8 *entropy)
{
    unsigned long value = tsc_read();

    for (unsigned int i = 0; i < sizeof(value); i++)
        value = value * 0x100000001b3UL ^ entropy[i];
    __stack_chk_guard ^= value << 8;
}

/* The frame cannot be left any more. A test's thread ends here; anything else is the end of all. */
void __stack_chk_fail(void)
{
    void *from = __builtin_return_address(0);

    if (report_is_expected(REPORT_STACK)) {
        if (report_begin(REPORT_STACK, "a canary was overwritten in %ps", from))
            report_end();
        do_exit(0);
    }
    panic("stack: a canary was overwritten in %ps", from);
}

void stack_watch_begin(void *stack)
{
    unsigned long *word = stack;

    kasan_unpoison(stack, KERNEL_STACK_SIZE);

    for (size_t i = 0; i < KERNEL_STACK_SIZE / sizeof(*word); i++)
        word[i] = PATTERN;
}

/* The first words may be a link: stacks that wait for a task are chained through them. */
size_t stack_unused(const void *stack)
{
    const unsigned long *word = stack;
    size_t i = 2;

    while (i < KERNEL_STACK_SIZE / sizeof(*word) && word[i] == PATTERN)
        i++;
    return i * sizeof(*word);
}

size_t stack_unused_least(void)
{
    return READ_ONCE(least_unused);
}

void stack_watch_end(const void *stack)
{
    size_t unused = stack_unused(stack);

    kasan_unpoison(stack, KERNEL_STACK_SIZE); /* frames that were never left */
    if (unused < READ_ONCE(least_unused))
        WRITE_ONCE(least_unused, unused);
    if (unused >= STACK_LOW)
        return;
    if (report_begin(REPORT_STACK, "a task that is gone left %zu of %lu bytes of its stack unused",
                     unused, KERNEL_STACK_SIZE))
        report_end();
}
