/* SPDX-License-Identifier: MIT */
/*
 * Reports of the debug kernel's detectors. A detector says once what it found between begin and
 * end; a report counts as a warning, and so fails a test run, unless a test has said that it is
 * about to provoke one of that kind.
 *
 * Only in the debug kernel. Context of everything: any, unless said otherwise.
 */
#ifndef KERNEL_DEBUG_REPORT_H
#define KERNEL_DEBUG_REPORT_H

#include <kernel/compiler.h>
#include <kernel/types.h>

enum report_kind {
    REPORT_LOCK_ORDER,  /* locks taken in two orders, twice, or from interrupts and outside */
    REPORT_SLEEP,       /* might sleep where it must not */
    REPORT_BALANCE,     /* locks, preemption or interrupts not as they were before */
    REPORT_UNDEFINED,   /* undefined behaviour of C (UBSAN) */
    REPORT_MEMORY,      /* access to memory that is not allocated (KASAN) */
    REPORT_STACK,       /* nearly out of stack */
    REPORT_LOCKUP,      /* a task or processor that makes no progress */
    REPORT_PAGE_TABLES, /* page tables that break a rule */
    REPORT_LEAK,        /* more in use after than before */
    NR_REPORT_KINDS,
};

/* report_begin() - prints the heading. False: this kind has reported too often, say no more (and do
 * not call report_end()). */
bool report_begin(enum report_kind kind, const char *fmt, ...) __printf(2, 3);
/* report_line() - one more line, with what is between begin and end. */
void report_line(const char *fmt, ...) __printf(1, 2);
/* report_end() - counts the report. */
void report_end(void);

/* A call chain, short enough to keep many of them. */
#define TRACE_DEPTH 10
struct trace {
    u32 at[TRACE_DEPTH]; /* from the image's first byte; 0 ends */
};
/* trace_take() - the caller's chain, from return address @from outwards (0: all of it). */
void trace_take(struct trace *trace, unsigned long from);
void trace_report(const struct trace *trace);

/* For tests: the next reports of @kind are wanted. Task context, one test at a time. */
void report_expect(enum report_kind kind);
/* Whether one of @kind is wanted now. */
bool report_is_expected(enum report_kind kind);
/* report_expected() - ends that; how many there were since. */
unsigned int report_expected(void);
/* Whether the last report's heading contains @text. */
bool report_last_has(const char *text);

#endif
