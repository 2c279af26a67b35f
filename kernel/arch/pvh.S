/* SPDX-License-Identifier: MIT */
/*
 * The PVH entry (Xen's x86/HVM direct boot ABI): 32-bit protected mode, paging off, EBX pointing
 * to struct hvm_start_info. The image lies at its p_paddr and is not slid.
 *
 * Builds the tables that BOOT.md asks of a starter: the first 4 GiB 1:1 (for these instructions)
 * and at the direct map (NX), and the image with each segment's permissions; goes to long mode and
 * lets C fill struct boot_info.
 */
#include "asm.h"

#define LOAD_OFFSET 0xffffffff7fe00000 /* BOOT_KERNEL_LINK_BASE - p_paddr of the image */
#define LOAD_BASE   0x200000

#define PTE_P   0x001
#define PTE_W   0x002
#define PTE_A   0x020
#define PTE_D   0x040
#define PTE_PS  0x080
#define PTE_NX_HIGH 0x80000000 /* bit 63, in the upper half */

#define NR_IMAGE_TABLES 16 /* of 2 MiB each */

/* 64-bit values, so that both 4- and 8-byte readers find the address. */
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad LOAD_BASE

/*
 * The linker puts this section first, so that the entry's physical address is a constant: 32-bit
 * code of a position independent image can know no other. Paging is off: it need not be executable.
 */
    .section .pvh, "a", @progbits
    .code32
    .globl pvh_entry
pvh_entry:
    cli
    cld
    movl $LOAD_BASE, %ebp
#define P(symbol) ((symbol) - pvh_entry)(%ebp)
    leal P(pvh_tables_end), %esp /* the last table is written after the last use of the stack */

    /* Level 4: 1:1, direct map, kernel window. */
    leal P(pvh_pml4), %edi
    leal P(pvh_pdpt_low), %eax
    orl $(PTE_P | PTE_W | PTE_A), %eax
    movl %eax, 0(%edi)
    movl %eax, (256 * 8)(%edi)
    movl $PTE_NX_HIGH, (256 * 8 + 4)(%edi)
    leal P(pvh_pdpt_kernel), %eax
    orl $(PTE_P | PTE_W | PTE_A), %eax
    movl %eax, (511 * 8)(%edi)

    /* 4 GiB in 2 MiB pages. */
    leal P(pvh_pdpt_low), %edi
    leal P(pvh_pd_low), %eax
    orl $(PTE_P | PTE_W | PTE_A), %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $4096, %eax
    loop 1b
    leal P(pvh_pd_low), %edi
    movl $(PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS), %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    loop 1b

    /* The image, page by page. */
    leal P(pvh_pdpt_kernel), %edi
    leal P(pvh_pd_kernel), %eax
    orl $(PTE_P | PTE_W | PTE_A), %eax
    movl %eax, (510 * 8)(%edi)
    leal P(pvh_pd_kernel), %edi
    leal P(pvh_pt_kernel), %eax
    orl $(PTE_P | PTE_W | PTE_A), %eax
    movl $NR_IMAGE_TABLES, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $4096, %eax
    loop 1b
    leal P(pvh_pt_kernel), %edi
    leal P(__image_start), %eax
2:  leal P(__image_end), %ecx
    cmpl %ecx, %eax
    jae 5f
    movl $(PTE_P | PTE_A), %edx /* read-only, not executable: */
    movl $PTE_NX_HIGH, 4(%edi)
    leal P(__text_start), %ecx
    cmpl %ecx, %eax
    jb 4f
    leal P(__init_text_end), %ecx
    cmpl %ecx, %eax
    jae 3f
    movl $0, 4(%edi) /* text */
    jmp 4f
3:  leal P(__bss_end), %ecx
    cmpl %ecx, %eax
    jae 4f
    movl $(PTE_P | PTE_W | PTE_A | PTE_D), %edx /* data */
4:  orl %eax, %edx
    movl %edx, (%edi)
    addl $8, %edi
    addl $4096, %eax
    jmp 2b

5:  movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    leal P(pvh_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x900, %eax /* LME, NXE */
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax /* PG, WP, PE */
    movl %eax, %cr0

    /* A far return into the 64-bit segment; the pointer of GDTR is position dependent. */
    leal P(pvh_gdt), %eax
    leal P(pvh_gdtr), %ecx
    movl %eax, 2(%ecx)
    lgdt (%ecx)
    leal P(pvh_long_mode), %eax
    pushl $0x08
    pushl %eax
    lret

    .code64
pvh_long_mode:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    leaq pvh_high(%rip), %rax
    movq $LOAD_OFFSET, %rcx
    addq %rcx, %rax
    jmp *%rax

    .section .init.text, "ax", @progbits
pvh_high:
    leaq init_stack + KERNEL_STACK_BYTES(%rip), %rsp
    movl %ebx, %edi
    movl $MSR_GS_BASE, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    xorl %ebp, %ebp
    call pvh_fill_boot_info
    movq %rax, %rdi
    jmp kernel_entry

    .section .init.data, "aw", @progbits
    .balign 8
pvh_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
pvh_gdtr:
    .word pvh_gdtr - pvh_gdt - 1
    .long 0

    .balign 4096
pvh_pml4:        .skip 4096
pvh_pdpt_low:    .skip 4096
pvh_pdpt_kernel: .skip 4096
pvh_pd_kernel:   .skip 4096
pvh_pd_low:      .skip 4 * 4096
pvh_pt_kernel:   .skip NR_IMAGE_TABLES * 4096
    .skip 256
pvh_tables_end:

    .section .note.GNU-stack, "", @progbits
