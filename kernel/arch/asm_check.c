// SPDX-License-Identifier: MIT
/* The assembly's view of C structures, checked where both are known. */
#include "asm.h"

#include <kernel/arch/ptrace.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/task.h>

static_assert(KERNEL_STACK_BYTES == KERNEL_STACK_SIZE, "stack size");
static_assert(offsetof(struct pt_regs, rbx) == REGS_RBX, "pt_regs");
static_assert(offsetof(struct pt_regs, r11) == REGS_R11, "pt_regs");
static_assert(offsetof(struct pt_regs, rax) == REGS_RAX, "pt_regs");
static_assert(offsetof(struct pt_regs, rdi) == REGS_RDI, "pt_regs");
static_assert(offsetof(struct pt_regs, orig_rax) == REGS_ORIG_RAX, "pt_regs");
static_assert(offsetof(struct pt_regs, rip) == REGS_RIP, "pt_regs");
static_assert(offsetof(struct pt_regs, rsp) == REGS_RSP, "pt_regs");
static_assert(sizeof(struct pt_regs) == REGS_SIZE, "pt_regs");
static_assert(offsetof(struct task, work) == TASK_WORK, "task");
static_assert(offsetof(struct task, thread.sp) == TASK_THREAD_SP, "task");
