/* SPDX-License-Identifier: MIT */
/*
 * Call chains. The debug kernel keeps frame pointers and the chain is exact. The release kernel has
 * none: the stack is scanned for values that point behind a call instruction in the kernel's code;
 * they are shown with "?", because an old one may have been left lying there.
 */
#ifndef KERNEL_BASE_BACKTRACE_H
#define KERNEL_BASE_BACKTRACE_H

#include <kernel/types.h>

struct pt_regs;

struct stack_range {
    unsigned long low, high;
};

/* A return address found; @sure: by frame pointer. Returns false to stop. */
typedef bool (*backtrace_fn)(void *arg, unsigned long address, bool sure);

/**
 * backtrace_walk() - walks from frame @rbp and stack pointer @rsp inside @stack. Reads nothing
 * outside of it, and ends after a bounded number of steps whatever the stack holds. Any context.
 */
void backtrace_walk(unsigned long rsp, unsigned long rbp, struct stack_range stack, backtrace_fn fn,
                    void *arg);
/** backtrace_collect() - up to @max return addresses of the caller; how many. */
unsigned int backtrace_collect(unsigned long *addresses, unsigned int max);
/** backtrace_print() - logs the caller's chain, or that of @regs (which may be NULL). */
void backtrace_print(int level, const struct pt_regs *regs);

/**
 * The architecture tells which memory around @rsp is stack (task, interrupt or exception stack).
 * Set once; until then the page of @rsp is taken.
 */
typedef bool (*stack_range_fn)(unsigned long rsp, struct stack_range *range);
void backtrace_set_stack_range(stack_range_fn fn);

#endif
