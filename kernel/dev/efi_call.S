/* SPDX-License-Identifier: MIT */
/*
 * u64 efi_call_on(u64 function, const u64 args[6], u64 root, u64 stack)
 *
 * Calls a firmware function in the firmware's own address space and on a stack of its own, by the
 * convention of UEFI 2.10, 2.3.4 (that of Windows): four arguments in registers, the others above
 * 32 bytes of room for the callee. It preserves rbx, rbp, rdi, rsi and r12 to r15. Interrupts are
 * off. The kernel half is mapped in both address spaces, so code and both stacks stay in reach.
 */
    .section .text
    .globl efi_call_on
    .type efi_call_on, @function
efi_call_on:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    movq %cr3, %rbx
    movq %rdi, %rax
    movq %rsi, %r10
    movq %rcx, %rsp
    andq $-16, %rsp
    subq $48, %rsp
    movq 32(%r10), %r11
    movq %r11, 32(%rsp)
    movq 40(%r10), %r11
    movq %r11, 40(%rsp)
    movq %rdx, %cr3
    movq 0(%r10), %rcx
    movq 8(%r10), %rdx
    movq 16(%r10), %r8
    movq 24(%r10), %r9
    cld
    call *%rax
    movq %rbx, %cr3
    leaq -8(%rbp), %rsp
    popq %rbx
    popq %rbp
    ret
    .size efi_call_on, . - efi_call_on
    .section .note.GNU-stack, "", @progbits
