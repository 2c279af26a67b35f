/* SPDX-License-Identifier: MIT */
/*
 * The kernel's first instructions, in the state that BOOT.md describes. RDI: virtual address of
 * struct boot_info. GS base 0 makes per-CPU variables mean the image's own template until the boot
 * processor gets its area.
 */
#include "asm.h"

    .section .text.entry, "ax"
    .globl kernel_entry
    .type kernel_entry, @function
kernel_entry:
    cli
    cld
    leaq init_stack + KERNEL_STACK_BYTES(%rip), %rsp
    xorl %ebp, %ebp
    movl $MSR_GS_BASE, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
#if CONFIG_KASAN
    pushq %rdi
    pushq %rdi
    call kasan_early_init
    popq %rdi
    popq %rdi
#endif
    call start_kernel
    ud2
    .size kernel_entry, . - kernel_entry

    .section .note.GNU-stack, "", @progbits
