// SPDX-License-Identifier: MIT
/*
 * The system call table, made from syscalls.tbl: a typed wrapper for each handler takes its
 * arguments out of the saved registers. entry.S calls through the table; a number without a handler
 * is counted by name (/proc/lintel/unimplemented) and logged once.
 */
#include <kernel/arch/ptrace.h>
#include <kernel/base/log.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/bitops.h>
#include <kernel/sched/task.h>
#include <kernel/syscall/return.h>
#include <kernel/syscall/syscalls.h>
#include <kernel/syscall/unimplemented.h>

#include <abi/linux/errno.h>

typedef long (*syscall_fn_t)(const struct pt_regs *regs);

static long call_unimplemented(const struct pt_regs *regs)
{
    return syscall_not_implemented(regs, (u32)regs->orig_rax);
}

#include "syscall_table.h"

const u64 nr_syscalls = NR_SYSCALLS;

#define COUNTED 512
static atomic_t unimplemented_counts[COUNTED];

unsigned int syscall_unimplemented_count(unsigned int nr)
{
    return nr < COUNTED ? (unsigned int)atomic_read(&unimplemented_counts[nr]) : 0;
}

long syscall_not_implemented(const struct pt_regs *regs, u32 nr)
{
    if (nr < COUNTED && atomic_fetch_add(1, &unimplemented_counts[nr]) == 0)
        pr_info("syscall: %s (%u) is not implemented, first called by %s/%d\n", syscall_name(nr),
                nr, current->comm, current->pid);
    return -ENOSYS;
}

/* With something that watches calls (ptrace): the slow way round. */
void syscall_dispatch_traced(struct pt_regs *regs)
{
    u64 nr = regs->orig_rax;

    regs->rax =
        (u64)(nr < NR_SYSCALLS ? syscall_table[nr](regs) : syscall_not_implemented(regs, (u32)nr));
}
