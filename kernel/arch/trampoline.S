/* SPDX-License-Identifier: MIT */
/*
 * Where a starting processor begins: real mode, CS:IP = page << 8 : 0 (SDM vol. 3A, 9.4). The code
 * is copied to a page below 1 MiB; the words that need absolute addresses are patched there
 * (smp_boot.c). Goes to long mode with tables that map this page 1:1 and the kernel, takes its GS
 * base and stack, and jumps to C.
 */
#include "asm.h"

    .section .init.rodata, "a", @progbits
    .balign 16
    .globl trampoline_start
trampoline_start:
    .code16
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl (trampoline_gdtr - trampoline_start)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl *(trampoline_far32 - trampoline_start)

    .code32
    .globl trampoline_32
trampoline_32:
    movw $0x18, %ax
    movw %ax, %ds
    movw %ax, %ss
    /* EBX: where the page is, patched. */
    .byte 0xbb
    .globl trampoline_base
trampoline_base:
    .long 0
    movl (trampoline_cr4 - trampoline_start)(%ebx), %eax
    movl %eax, %cr4
    movl (trampoline_cr3 - trampoline_start)(%ebx), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl (trampoline_efer - trampoline_start)(%ebx), %eax
    wrmsr
    movl $0x80010001, %eax /* PG, WP, PE */
    movl %eax, %cr0
    ljmpl *(trampoline_far64 - trampoline_start)(%ebx)

    .code64
    .globl trampoline_64
trampoline_64:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $MSR_GS_BASE, %ecx
    movl trampoline_gs(%rip), %eax
    movl (trampoline_gs + 4)(%rip), %edx
    wrmsr
    movq trampoline_stack(%rip), %rsp
    movq trampoline_entry(%rip), %rax
    xorl %ebp, %ebp
    pushq $0
    jmp *%rax

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 08: 64-bit code */
    .quad 0x00cf9b000000ffff /* 10: 32-bit code */
    .quad 0x00cf93000000ffff /* 18: data */
    .globl trampoline_gdtr
trampoline_gdtr:
    .word trampoline_gdtr - trampoline_gdt - 1
    .globl trampoline_gdt_base
trampoline_gdt_base:
    .long trampoline_gdt - trampoline_start
    .word 0
    .globl trampoline_far32
trampoline_far32:
    .long trampoline_32 - trampoline_start
    .word 0x10, 0
    .globl trampoline_far64
trampoline_far64:
    .long trampoline_64 - trampoline_start
    .word 0x08, 0
    .globl trampoline_cr3, trampoline_cr4, trampoline_efer
trampoline_cr3:  .long 0
trampoline_cr4:  .long 0
trampoline_efer: .long 0
    .balign 8
    .globl trampoline_gs, trampoline_stack, trampoline_entry
trampoline_gs:    .quad 0
trampoline_stack: .quad 0
trampoline_entry: .quad 0
    .globl trampoline_end
trampoline_end:

    .section .note.GNU-stack, "", @progbits
