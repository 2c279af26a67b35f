/* SPDX-License-Identifier: MIT */
/*
 * A kernel that only says what the time stamp counter is at the first instruction of a kernel that
 * is started through its PVH entry, in hexadecimal on COM1, and ends the machine. What the counter
 * of another kernel shows later, less this, is what that kernel used.
 */
    .section .note.pvh, "a", @note
    .long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long entry

    .text
    .code32
    .globl entry
entry:
    rdtsc
    movl %eax, %esi
    movl %edx, %edi
    movl $16, %ecx
digit:
    shldl $4, %edi, %ebx
    andl $15, %ebx
    shldl $4, %esi, %edi
    shll $4, %esi
    movb digits(%ebx), %al
    movw $0x3f8, %dx
    outb %al, %dx
    loop digit
    movb $'\n', %al
    outb %al, %dx
    movw $0xf4, %dx
    movb $0x10, %al
    outb %al, %dx
stop:
    hlt
    jmp stop

    .section .rodata
digits:
    .ascii "0123456789abcdef"
