/* SPDX-License-Identifier: MIT */
/* The registers saved on entry to the kernel, as Linux lays them out (ptrace, core files). */
#ifndef KERNEL_ARCH_PTRACE_H
#define KERNEL_ARCH_PTRACE_H

#ifndef __ASSEMBLER__
#include <kernel/types.h>

struct pt_regs {
    u64 r15, r14, r13, r12, rbp, rbx; /* callee-saved */
    u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u64 orig_rax; /* system call number, or -1 outside a call; error code in exceptions */
    u64 rip, cs, rflags, rsp, ss;
};

static_assert(sizeof(struct pt_regs) == 168, "entry.S counts on it");

#define USER_CS   0x33
#define USER_DS   0x2b
#define USER32_CS 0x23
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18

static inline bool user_mode(const struct pt_regs *regs)
{
    return (regs->cs & 3) == 3;
}
#endif
#endif
