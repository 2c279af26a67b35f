/* SPDX-License-Identifier: MIT */
/*
 * Every way into the kernel and out of it: SYSCALL, exceptions, interrupts, and the first steps of
 * a new task.
 *
 * All of them leave a complete struct pt_regs on the kernel stack. A system call returns by SYSRET
 * and restores only what C functions may change; it may do so because the handlers preserve the
 * other registers and because whoever edits the saved registers (signals, execve, ptrace) sets a
 * WORK_ bit, which leads to the full restore and IRETQ.
 *
 * GS: user and kernel bases are swapped at each border. Vectors that may hit between a border and
 * its SWAPGS (NMI, #DB, #DF, #MC) have stacks of their own, whose last word is the CPU's kernel GS
 * base.
 */
#include "asm.h"

#include <abi/boot.h>

#define ENOSYS 38
#define RFLAGS_IF 0x200

#define WORK_EXIT_MASK    0x000000ff
#define WORK_SYSCALL_MASK 0x0000ff00

    .macro PUSH_REGS_BELOW_RDI rax=%rax
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq \rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    .endm

    .macro POP_REGS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    .endm

    .section .text.entry, "ax"

/* SYSCALL: RCX = user RIP, R11 = user RFLAGS, interrupts off by the flag mask. */
    .globl syscall_entry
    .type syscall_entry, @function
    .balign 64
syscall_entry:
    swapgs
    movq %rsp, %gs:user_rsp_scratch(%rip)
    movq %gs:kernel_stack_top(%rip), %rsp
    pushq $0x2b /* USER_DS */
    pushq %gs:user_rsp_scratch(%rip)
    pushq %r11
    pushq $0x33 /* USER_CS */
    pushq %rcx
    pushq %rax
    pushq %rdi
    PUSH_REGS_BELOW_RDI rax=$-ENOSYS
    movq %rsp, %rdi
    sti
    movq %gs:current_task(%rip), %rcx
    testl $WORK_SYSCALL_MASK, TASK_WORK(%rcx)
    jnz syscall_traced
    cmpq nr_syscalls(%rip), %rax
    jae syscall_unknown
    leaq syscall_table(%rip), %rcx
    call *(%rcx, %rax, 8)
syscall_return:
    movq %rax, REGS_RAX(%rsp)
syscall_exit:
    cli
    movq %gs:current_task(%rip), %rcx
    testl $WORK_EXIT_MASK, TASK_WORK(%rcx)
    jnz syscall_exit_work
    movq REGS_RIP(%rsp), %rcx
    movq REGS_R11(%rsp), %r11
    movq REGS_R10(%rsp), %r10
    movq REGS_R9(%rsp), %r9
    movq REGS_R8(%rsp), %r8
    movq REGS_RDX(%rsp), %rdx
    movq REGS_RSI(%rsp), %rsi
    movq REGS_RDI(%rsp), %rdi
    movq REGS_RSP(%rsp), %rsp
    swapgs
    sysretq

syscall_unknown:
    movl %eax, %esi
    call syscall_not_implemented
    jmp syscall_return

syscall_traced:
    call syscall_dispatch_traced
    jmp syscall_exit

syscall_exit_work:
    movq %rsp, %rdi
    call exit_to_user
    jmp restore_user
    .size syscall_entry, . - syscall_entry

/* Interrupts are off and no work is left. */
    .globl return_to_user
    .type return_to_user, @function
return_to_user:
    cli
    movq %gs:current_task(%rip), %rcx
    testl $WORK_EXIT_MASK, TASK_WORK(%rcx)
    jz restore_user
    movq %rsp, %rdi
    call exit_to_user
restore_user:
    POP_REGS
    addq $8, %rsp
    swapgs
    iretq
    .size return_to_user, . - return_to_user

/* A stub has pushed the error code (or -1) and RDI, and put the vector into EDI. */
    .type common_trap, @function
common_trap:
    cld
    PUSH_REGS_BELOW_RDI
    movl %edi, %esi
    movq %rsp, %rdi
    testb $3, REGS_CS(%rsp)
    jz 1f
    swapgs
trap_from_user:
    call trap_dispatch
    jmp return_to_user
1:  call trap_dispatch
    cmpl $0, %gs:preempt_count_word(%rip)
    jne restore_kernel
    testl $RFLAGS_IF, REGS_RFLAGS(%rsp)
    jz restore_kernel
    call preempt_schedule_irq
restore_kernel:
    POP_REGS
    addq $8, %rsp
    iretq
    .size common_trap, . - common_trap

/* The same for vectors on stacks of their own. */
    .type paranoid_trap, @function
paranoid_trap:
    cld
    PUSH_REGS_BELOW_RDI
    movl %edi, %r12d
    testb $3, REGS_CS(%rsp)
    jnz paranoid_from_user
    movl $MSR_GS_BASE, %ecx
    rdmsr
    movl %eax, %ebx
    movl %edx, %ebp
    movq %rsp, %rdx
    orq $(IST_STACK_SIZE - 1), %rdx
    movq -7(%rdx), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    wrmsr
    movl %r12d, %esi
    movq %rsp, %rdi
    call trap_dispatch
    movl $MSR_GS_BASE, %ecx
    movl %ebx, %eax
    movl %ebp, %edx
    wrmsr
    jmp restore_kernel

paranoid_from_user:
    /* From user mode the task's own stack is empty: go on there like any exception. */
    swapgs
    movq %rsp, %rsi
    movq %gs:kernel_stack_top(%rip), %rdi
    subq $REGS_SIZE, %rdi
    movq %rdi, %rax
    movl $(REGS_SIZE / 8), %ecx
    rep movsq
    movq %rax, %rsp
    movl %r12d, %esi
    movq %rsp, %rdi
    jmp trap_from_user
    .size paranoid_trap, . - paranoid_trap

/* One stub a vector, TRAP_STUB_SIZE bytes apart. */
#define TRAP_STUB_SIZE 16
    .globl trap_stubs
    .balign 16
trap_stubs:
    .set vector, 0
    .rept 256
    .balign TRAP_STUB_SIZE
    .if !((vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21))
    pushq $-1
    .endif
    pushq %rdi
    movl $vector, %edi
    .if (vector == 1) || (vector == 2) || (vector == 8) || (vector == 18)
    jmp paranoid_trap
    .else
    jmp common_trap
    .endif
    .set vector, vector + 1
    .endr

/* struct task *switch_context(struct task *prev, struct task *next): returns prev, in next. */
    .globl switch_context
    .type switch_context, @function
switch_context:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, TASK_THREAD_SP(%rdi)
    movq TASK_THREAD_SP(%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    movq %rdi, %rax
    ret
    .size switch_context, . - switch_context

/* Where a new task begins: RBX = function or 0, R12 = its argument, RAX = the task before. */
    .globl new_task_entry
    .type new_task_entry, @function
new_task_entry:
    movq %rax, %rdi
    call schedule_tail
    testq %rbx, %rbx
    jz return_to_user
    movq %r12, %rdi
    call *%rbx
    /* A kernel thread returns from its function only to run a program (the first init). */
    jmp return_to_user
    .size new_task_entry, . - new_task_entry

    .section .note.GNU-stack, "", @progbits
