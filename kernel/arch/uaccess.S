/* SPDX-License-Identifier: MIT */
/*
 * The instructions that touch user memory. Each has an entry in __ex_table: when the fault handler
 * cannot resolve a fault there it continues at the entry's fixup.
 *
 * STAC and CLAC are written as 3-byte NOPs, and patched in when the processor has SMAP.
 */
    .macro USER_ACCESS_BEGIN
900:
    .byte 0x0f, 0x1f, 0x00
    .pushsection .registry.stac_sites.1, "a"
    .quad 900b
    .popsection
    .endm

    .macro USER_ACCESS_END
901:
    .byte 0x0f, 0x1f, 0x00
    .pushsection .registry.clac_sites.1, "a"
    .quad 901b
    .popsection
    .endm

    .macro FAULTS_TO insn, fixup
    .pushsection __ex_table, "a"
    .balign 4
    .long \insn - .
    .long \fixup - .
    .popsection
    .endm

    .section .registry.stac_sites.0, "a"
    .globl stac_sites
stac_sites:
    .section .registry.stac_sites.2, "a"
    .globl stac_sites_end
stac_sites_end:
    .section .registry.clac_sites.0, "a"
    .globl clac_sites
clac_sites:
    .section .registry.clac_sites.2, "a"
    .globl clac_sites_end
clac_sites_end:

    .text
/* size_t user_copy(void *to, const void *from, size_t size): bytes not copied. */
    .globl user_copy
    .type user_copy, @function
    .balign 16
user_copy:
    USER_ACCESS_BEGIN
    cmpq $64, %rdx
    jb 3f
    movq %rdx, %rcx
    andl $7, %edx
    shrq $3, %rcx
1:  rep movsq
2:  movl %edx, %ecx
4:  rep movsb
    movl %ecx, %eax
    USER_ACCESS_END
    ret
3:  cmpl $8, %edx
    jb 6f
5:  movq (%rsi), %rax
51: movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
    subl $8, %edx
    cmpl $8, %edx
    jae 5b
6:  testl %edx, %edx
    jz 8f
7:  movb (%rsi), %al
71: movb %al, (%rdi)
    incq %rsi
    incq %rdi
    decl %edx
    jnz 7b
8:  xorl %eax, %eax
    USER_ACCESS_END
    ret
    /* After a fault among whole words: byte by byte up to the faulting one. */
91: leaq (%rdx, %rcx, 8), %rcx
92: rep movsb
93: movq %rcx, %rax
    USER_ACCESS_END
    ret
94: movl %edx, %ecx
    jmp 92b
95: movl %edx, %eax
    USER_ACCESS_END
    ret
    FAULTS_TO 1b, 91b
    FAULTS_TO 4b, 93b
    FAULTS_TO 5b, 94b
    FAULTS_TO 51b, 94b
    FAULTS_TO 7b, 95b
    FAULTS_TO 71b, 95b
    FAULTS_TO 92b, 93b
    .size user_copy, . - user_copy

/* size_t user_clear(void *to, size_t size): bytes not cleared. */
    .globl user_clear
    .type user_clear, @function
user_clear:
    USER_ACCESS_BEGIN
    movq %rsi, %rcx
    movl %esi, %edx
    andl $7, %edx
    shrq $3, %rcx
    xorl %eax, %eax
1:  rep stosq
    movl %edx, %ecx
2:  rep stosb
3:  movq %rcx, %rax
    USER_ACCESS_END
    ret
4:  leaq (%rdx, %rcx, 8), %rcx
5:  rep stosb
    jmp 3b
    FAULTS_TO 1b, 4b
    FAULTS_TO 2b, 3b
    FAULTS_TO 5b, 3b
    .size user_clear, . - user_clear

/* ssize_t user_string_copy(char *to, const char *from, size_t size): length, size, or -EFAULT. */
    .globl user_string_copy
    .type user_string_copy, @function
user_string_copy:
    USER_ACCESS_BEGIN
    xorl %eax, %eax
1:  cmpq %rdx, %rax
    jae 3f
2:  movb (%rsi, %rax), %cl
    movb %cl, (%rdi, %rax)
    testb %cl, %cl
    jz 3f
    incq %rax
    jmp 1b
3:  USER_ACCESS_END
    ret
4:  movq $-14, %rax
    jmp 3b
    FAULTS_TO 2b, 4b
    .size user_string_copy, . - user_string_copy

/* size_t user_string_length(const char *s, size_t max): with the NUL; max + 1: longer; 0: fault. */
    .globl user_string_length
    .type user_string_length, @function
user_string_length:
    USER_ACCESS_BEGIN
    xorl %eax, %eax
1:  cmpq %rsi, %rax
    jae 3f
2:  cmpb $0, (%rdi, %rax)
    leaq 1(%rax), %rax
    jne 1b
    jmp 4f
3:  incq %rax
4:  USER_ACCESS_END
    ret
5:  xorl %eax, %eax
    jmp 4b
    FAULTS_TO 2b, 5b
    .size user_string_length, . - user_string_length

/* int user_cmpxchg32(u32 *p, u32 *old, u32 new): 0 or -EFAULT. */
    .globl user_cmpxchg32
    .type user_cmpxchg32, @function
user_cmpxchg32:
    USER_ACCESS_BEGIN
    movl (%rsi), %eax
1:  lock cmpxchgl %edx, (%rdi)
    movl %eax, (%rsi)
    xorl %eax, %eax
2:  USER_ACCESS_END
    ret
3:  movl $-14, %eax
    jmp 2b
    FAULTS_TO 1b, 3b
    .size user_cmpxchg32, . - user_cmpxchg32

    .section .note.GNU-stack, "", @progbits
