// SPDX-License-Identifier: MIT
/*
 * Walks over a stack that may be damaged: every address is checked against the range of the stack
 * before it is read, and a frame must lie above the one before it.
 */
#include <kernel/base/backtrace.h>
#include <kernel/arch/ptrace.h>
#include <kernel/base/log.h>
#include <kernel/base/symbols.h>
#include <kernel/compiler.h>
#include <kernel/lib/printf.h>

#define STACK_GUESS 4096
#define MAX_FRAMES  64
#define MAX_GUESSES 48

static stack_range_fn stack_range_of;

void backtrace_set_stack_range(stack_range_fn fn)
{
    stack_range_of = fn;
}

static struct stack_range range_around(unsigned long rsp)
{
    struct stack_range range;

    if (!stack_range_of || !stack_range_of(rsp, &range)) {
        range.low = rsp;
        range.high = ALIGN(rsp + 1, STACK_GUESS);
    }
    return range;
}

/* Length of an indirect near call (FF /2) whose ModRM byte is at @p. SDM vol. 2A, 2.1.5. */
static unsigned int indirect_call_length(const u8 *p)
{
    unsigned int mod = *p >> 6, rm = *p & 7, length = 2;

    if ((*p >> 3 & 7) != 2)
        return 0;
    if (mod == 3)
        return length;
    if (rm == 4)
        length++; /* SIB */
    if (mod == 1)
        return length + 1;
    if (mod == 2 || rm == 5 || (rm == 4 && (p[1] & 7) == 5))
        return length + 4;
    return length;
}

/* Whether the instruction that ends at @address is a call. */
static bool follows_call(unsigned long address)
{
    const u8 *p = (const u8 *)address;

    if (!is_kernel_text(address) || !is_kernel_text(address - 7))
        return false;
    if (p[-5] == 0xe8)
        return true;
    for (unsigned int length = 2; length <= 7; length++)
        if (p[-(int)length] == 0xff && indirect_call_length(p - length + 1) == length)
            return true;
    return false;
}

/* The chain of saved frame pointers. Returns how many frames it had. */
static unsigned int walk_frames(unsigned long rbp, struct stack_range stack, backtrace_fn fn,
                                void *arg)
{
    unsigned int frames = 0;

    while (frames < MAX_FRAMES && rbp >= stack.low && rbp + 16 <= stack.high &&
           IS_ALIGNED(rbp, 8)) {
        const unsigned long *frame = (const unsigned long *)rbp;

        if (!is_kernel_text(frame[1]))
            break;
        frames++;
        if (!fn(arg, frame[1], true) || frame[0] <= rbp)
            break;
        rbp = frame[0];
    }
    return frames;
}

static void scan_stack(unsigned long rsp, struct stack_range stack, backtrace_fn fn, void *arg)
{
    unsigned int found = 0;

    for (unsigned long at = ALIGN(rsp, 8); at + 8 <= stack.high && found < MAX_GUESSES; at += 8) {
        unsigned long value = *(const unsigned long *)at;

        if (!follows_call(value))
            continue;
        found++;
        if (!fn(arg, value, false))
            return;
    }
}

void backtrace_walk(unsigned long rsp, unsigned long rbp, struct stack_range stack, backtrace_fn fn,
                    void *arg)
{
    if (rsp < stack.low || rsp >= stack.high)
        return;
    if (CONFIG_DEBUG && walk_frames(rbp, stack, fn, arg))
        return;
    scan_stack(rsp, stack, fn, arg);
}

struct collected {
    unsigned long *addresses;
    unsigned int count, max;
};

static bool collect_one(void *arg, unsigned long address, bool sure)
{
    struct collected *c = arg;

    c->addresses[c->count++] = address;
    return c->count < c->max;
}

/*
 * Where a scan may begin without finding what it has just collected: above the caller's array, when
 * that lies on the stack. Return addresses into the caller itself lie below and are not seen.
 */
static unsigned long scan_start(unsigned long rsp, const struct collected *c,
                                struct stack_range stack)
{
    unsigned long end = (unsigned long)(c->addresses + c->max);

    return end > rsp && end < stack.high ? end : rsp;
}

noinline unsigned int backtrace_collect(unsigned long *addresses, unsigned int max)
{
    unsigned long rbp = (unsigned long)__builtin_frame_address(0), rsp;
    struct collected c = {addresses, 0, max};
    struct stack_range stack;

    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
    stack = range_around(rsp);
    if (!max)
        return 0;
    if (CONFIG_DEBUG && walk_frames(rbp, stack, collect_one, &c))
        return c.count;
    if (collect_one(&c, (unsigned long)__builtin_return_address(0), true))
        scan_stack(scan_start(rsp, &c, stack), stack, collect_one, &c);
    return c.count;
}

static bool print_one(void *arg, unsigned long address, bool sure)
{
    /* A return address may be the first byte of the next function: the call is one before. */
    klog(*(int *)arg, " %s %ps\n", sure ? " " : "?", (void *)(address - 1));
    return true;
}

noinline void backtrace_print(int level, const struct pt_regs *regs)
{
    unsigned long rbp = (unsigned long)__builtin_frame_address(0), rsp;

    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
    printf_set_symbol_hook(symbol_format); /* a panic may come before symbols_init */
    klog(level, "Call chain:\n");
    if (regs && !user_mode(regs)) {
        klog(level, "   %ps\n", (void *)regs->rip);
        rsp = regs->rsp;
        rbp = regs->rbp;
    }
    backtrace_walk(rsp, rbp, range_around(rsp), print_one, &level);
}
