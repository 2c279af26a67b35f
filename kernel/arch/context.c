// SPDX-License-Identifier: MIT
/* Tasks as the processor knows them: first frame, switch, FS and GS base, program start. */
#include <kernel/arch/context.h>

#include "cpu.h"
#include "fpu.h"
#include "msr.h"
#include "paging.h"

#include <abi/linux/errno.h>
#include <kernel/arch/pgtable.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sched/sched.h>

/* What switch_context() pops, and where it returns to. */
struct switch_frame {
    u64 r15, r14, r13, r12, rbx, rbp;
    u64 rip;
};

void new_task_entry(void);

static u64 fs_base_read(void)
{
    u64 v;

    if (!cpu_has(CPU_FSGSBASE))
        return current->thread.fs_base; /* only arch_prctl() changes it */
    asm volatile("rdfsbase %0" : "=r"(v));
    return v;
}

static void fs_base_write(u64 v)
{
    if (cpu_has(CPU_FSGSBASE))
        asm volatile("wrfsbase %0" : : "r"(v));
    else
        wrmsr(MSR_FS_BASE, v);
}

/* In the kernel the user's GS base waits in the other register. */
static void switch_bases(struct task *prev, struct task *next)
{
    if (prev->thread.fpu) {
        prev->thread.fs_base = fs_base_read();
        if (cpu_has(CPU_FSGSBASE))
            prev->thread.gs_base = rdmsr(MSR_KERNEL_GS_BASE);
    }
    if (next->thread.fpu) {
        fs_base_write(next->thread.fs_base);
        wrmsr(MSR_KERNEL_GS_BASE, next->thread.gs_base);
    }
}

void arch_switch_prepare(struct task *prev, struct task *next)
{
    switch_bases(prev, next);
    fpu_switch(prev, next);
    kernel_stack_set((unsigned long)next->stack + KERNEL_STACK_SIZE);
}

void arch_switch_mm(struct mm *prev, struct mm *next)
{
    u64 bit = BIT_ULL(smp_processor_id());

    if (prev == next)
        return;
    /* In the mask before the tables are used (tlb.c). */
    __atomic_fetch_or(&next->cpu_mask, bit, __ATOMIC_SEQ_CST);
    write_cr3(virt_to_phys(next->pgd));
    if (prev)
        __atomic_fetch_and(&prev->cpu_mask, ~bit, __ATOMIC_SEQ_CST);
}

static struct switch_frame *first_frame(struct task *task)
{
    struct switch_frame *frame = (struct switch_frame *)task_regs(task) - 1;

    *frame = (struct switch_frame){.rip = (u64)new_task_entry};
    task->thread.sp = (u64)frame;
    return frame;
}

void arch_task_setup(struct task *task, void (*fn)(void *arg), void *arg)
{
    struct switch_frame *frame = first_frame(task);

    *task_regs(task) = (struct pt_regs){};
    frame->rbx = (u64)fn;
    frame->r12 = (u64)arg;
}

int arch_task_fork(struct task *child, const struct pt_regs *regs, unsigned long sp, bool set_tls,
                   unsigned long tls)
{
    struct pt_regs *child_regs = task_regs(child);
    int error = fpu_fork(child);

    if (error)
        return error;
    first_frame(child);
    *child_regs = *regs;
    child_regs->rax = 0;
    if (sp)
        child_regs->rsp = sp;
    child->thread.fs_base = set_tls ? tls : fs_base_read();
    child->thread.gs_base = rdmsr(MSR_KERNEL_GS_BASE);
    return 0;
}

void arch_task_free(struct task *task)
{
    fpu_free(task);
}

void arch_start_program(struct pt_regs *regs, unsigned long entry, unsigned long sp)
{
    *regs = (struct pt_regs){
        .orig_rax = ~0ULL,
        .rip = entry,
        .cs = USER_CS,
        .rflags = X86_EFLAGS_IF,
        .rsp = sp,
        .ss = USER_DS,
    };
    preempt_disable();
    current->thread.fs_base = current->thread.gs_base = 0;
    fs_base_write(0);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    preempt_enable();
    task_work_set(current, WORK_NOTIFY_RESUME); /* full restore on the way out */
}

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

long arch_prctl(struct task *task, int option, unsigned long arg)
{
    switch (option) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (arg >= USER_ADDR_MAX)
            return -EPERM;
        preempt_disable();
        if (option == ARCH_SET_FS) {
            task->thread.fs_base = arg;
            fs_base_write(arg);
        } else {
            task->thread.gs_base = arg;
            wrmsr(MSR_KERNEL_GS_BASE, arg);
        }
        preempt_enable();
        return 0;
    case ARCH_GET_FS: return put_user(fs_base_read(), (u64 __user *)arg);
    case ARCH_GET_GS: return put_user(rdmsr(MSR_KERNEL_GS_BASE), (u64 __user *)arg);
    default: return -EINVAL;
    }
}
