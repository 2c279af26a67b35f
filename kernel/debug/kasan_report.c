// SPDX-License-Identifier: MIT
/*
 * What a report of a bad access says: who accessed what, what kind of memory that is and how it
 * came to be so, and the shadow around it. An instruction reports once.
 */
#include "kasan.h"

#include <kernel/debug/report.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/task.h>

#define PLACES 64

static const char *kind_of(const void *bad)
{
    u8 shadow = *shadow_of(bad);

    /* A partial granule: what follows says what it is the end of. */
    if (shadow < GRANULE)
        shadow = *(shadow_of(bad) + 1);
    switch (shadow) {
    case SHADOW_STACK_LEFT:
    case SHADOW_STACK_MIDDLE:
    case SHADOW_STACK_RIGHT: return "outside of a variable on the stack";
    case SHADOW_STACK_SCOPE: return "variable on the stack out of scope";
    case SHADOW_GLOBAL: return "outside of a global";
    case SHADOW_VMALLOC: return "not mapped by vmalloc";
    case SHADOW_SLAB_FREE: return "freed object";
    case SHADOW_SLAB_ZONE: return "outside of an object";
    case SHADOW_PAGE_FREE: return "free page";
    default: return "out of bounds";
    }
}

/* Whether this instruction has reported before. Interrupts may be on: at worst it reports twice. */
static bool seen(unsigned long ip)
{
    static unsigned long places[PLACES];
    static unsigned int next;

    for (unsigned int i = 0; i < PLACES; i++)
        if (places[i] == ip)
            return true;
    places[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % PLACES] = ip;
    return false;
}

static void report_shadow(const void *bad)
{
    const u8 *at = (const u8 *)ALIGN_DOWN((unsigned long)shadow_of(bad), 16) - 16;

    for (int row = 0; row < 3; row++, at += 16) {
        unsigned long address = ((unsigned long)at - SHADOW_OFFSET) << SHADOW_SHIFT;
        char text[80];
        int n = 0;

        for (int i = 0; i < 16; i++)
            n += scnprintf(text + n, sizeof(text) - n,
                           at + i == shadow_of(bad) ? "[%02x]" : " %02x ", at[i]);
        report_line("shadow of %016lx: %s", address, text);
    }
}

static void describe(const void *bad)
{
    unsigned long address = (unsigned long)bad, stack = (unsigned long)current->stack;

    if (address - stack < KERNEL_STACK_SIZE)
        report_line("%lu bytes from the top of this task's stack",
                    stack + KERNEL_STACK_SIZE - address);
    else if (!kasan_describe_slab(bad) && !kasan_describe_global(bad))
        report_line("no object is known there");
}

void kasan_report(const void *p, size_t size, bool write, unsigned long ip)
{
    const void *bad = kasan_find_bad(p, size) ?: p;
    struct trace trace;

    if (!report_is_expected(REPORT_MEMORY) && seen(ip))
        return;
    if (!report_begin(REPORT_MEMORY, "%s of %zu bytes at %p: %s, in %ps", write ? "write" : "read",
                      size, p, kind_of(bad), (void *)(ip - 1)))
        return;
    trace_take(&trace, ip);
    trace_report(&trace);
    describe(bad);
    report_shadow(bad);
    report_end();
}
