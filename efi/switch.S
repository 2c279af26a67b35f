/* SPDX-License-Identifier: MIT */
/*
 * The last instructions of the loader: from the firmware's page tables to the kernel's.
 *
 * rdi: physical address of the new top table; rsi: kernel_entry and rdx: boot_info, both virtual.
 * This code is the only thing mapped 1:1 in the new tables, so from the load of CR3 on neither the
 * stack nor any data of the loader can be touched.
 */
#define MSR_EFER     0xc0000080
#define EFER_NXE_BIT 11
#define CR0_WP_BIT   16
#define CR4_PGE_BIT  7
#define CR4_PCIDE    17
#define CR4_CET_BIT  23

    .text
    .balign 64
    .globl handover_switch
    .type handover_switch, @function
handover_switch:
    cli
    cld
    mov %rdx, %r8

    /* Indirect branch tracking and shadow stacks end here, global translations are dropped. */
    mov %cr4, %rax
    btr $CR4_CET_BIT, %rax
    btr $CR4_PGE_BIT, %rax
    btr $CR4_PCIDE, %rax
    mov %rax, %cr4

    mov $MSR_EFER, %ecx
    rdmsr
    bts $EFER_NXE_BIT, %eax
    wrmsr

    mov %cr0, %rax
    bts $CR0_WP_BIT, %rax
    mov %rax, %cr0

    mov %rdi, %cr3
    mov %r8, %rdi
    xor %ebp, %ebp
    jmp *%rsi
    .globl handover_switch_end
handover_switch_end:
    .size handover_switch, . - handover_switch
    .section .note.GNU-stack, "", @progbits
