/* SPDX-License-Identifier: MIT */
/* The payload's entry, as BOOT.md has it: no stack is passed, rdi is the virtual boot_info. */
    .text
    .globl kernel_entry
kernel_entry:
    lea stack_top(%rip), %rsp
    xor %ebp, %ebp
    pushfq
    pop %rsi
    call payload_main
1:  hlt
    jmp 1b

    .bss
    .balign 16
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
