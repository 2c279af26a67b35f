/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove, memset. Up to 32 bytes go through registers with two overlapping pieces,
 * everything being loaded before anything is stored, so that memcpy and memmove share the code.
 * Longer runs use the string instructions by 8 bytes, whose start-up cost is then worth it, and
 * finish the odd end with one overlapping store.
 *
 * In assembly, because the compiler would turn a loop in C into a call of the very function.
 *
 * System V ABI: rdi = to, rsi = from (or esi = byte), rdx = count; rax = to on return.
 */
#if CONFIG_KASAN
/* The names are those of functions that check first (kernel/debug/kasan.c). */
#define memcpy  memcpy_unchecked
#define memmove memmove_unchecked
#define memset  memset_unchecked
#endif

    .text
    .globl memcpy, memmove, memset
    .type memcpy, @function
    .type memmove, @function
    .type memset, @function
    .hidden memcpy, memmove, memset

    .balign 16
memmove:
    mov %rdi, %rcx
    sub %rsi, %rcx
    cmp %rdx, %rcx /* unsigned: below the count only when `to` lies inside `from` */
    jb copy_backward
    .balign 16
memcpy:
    mov %rdi, %rax
    cmp $32, %rdx
    ja 1f
copy_small:
    cmp $16, %edx
    jae 2f
    cmp $8, %edx
    jae 3f
    cmp $4, %edx
    jae 4f
    test %edx, %edx
    jz 5f
    /* 1 to 3 bytes: first, middle (count / 2) and last, which may be the same */
    mov %edx, %r10d
    shr $1, %r10d
    movzbl (%rsi), %ecx
    movzbl (%rsi, %r10), %r9d
    movzbl -1(%rsi, %rdx), %r8d
    mov %cl, (%rdi)
    mov %r9b, (%rdi, %r10)
    mov %r8b, -1(%rdi, %rdx)
5:  ret
4:  mov (%rsi), %ecx
    mov -4(%rsi, %rdx), %r8d
    mov %ecx, (%rdi)
    mov %r8d, -4(%rdi, %rdx)
    ret
3:  mov (%rsi), %rcx
    mov -8(%rsi, %rdx), %r8
    mov %rcx, (%rdi)
    mov %r8, -8(%rdi, %rdx)
    ret
2:  mov (%rsi), %rcx
    mov 8(%rsi), %r8
    mov -16(%rsi, %rdx), %r9
    mov -8(%rsi, %rdx), %r10
    mov %rcx, (%rdi)
    mov %r8, 8(%rdi)
    mov %r9, -16(%rdi, %rdx)
    mov %r10, -8(%rdi, %rdx)
    ret

/* Forwards, more than 32 bytes. The last 8 are loaded first: they may be overwritten on the way. */
1:  mov -8(%rsi, %rdx), %r8
    lea -8(%rdi, %rdx), %r9
    lea -1(%rdx), %rcx
    shr $3, %rcx
    rep movsq
    mov %r8, (%r9)
    ret
    .size memcpy, . - memcpy

/* From the end, in blocks of 32 bytes; what is left at the front is at most 32. */
copy_backward:
    mov %rdi, %rax
    cmp $32, %rdx
    jbe copy_small
7:  mov -8(%rsi, %rdx), %rcx
    mov -16(%rsi, %rdx), %r8
    mov -24(%rsi, %rdx), %r9
    mov -32(%rsi, %rdx), %r10
    mov %rcx, -8(%rdi, %rdx)
    mov %r8, -16(%rdi, %rdx)
    mov %r9, -24(%rdi, %rdx)
    mov %r10, -32(%rdi, %rdx)
    sub $32, %rdx
    cmp $32, %rdx
    ja 7b
    jmp copy_small
    .size memmove, . - memmove

    .balign 16
memset:
    movzbl %sil, %esi
    movabs $0x0101010101010101, %rcx
    imul %rcx, %rsi
    mov %rdi, %r8
    cmp $16, %rdx
    jb 1f
    cmp $64, %rdx
    ja 3f
    /* 16 to 64 bytes: two pieces of 16 from each end cover it */
    mov %rsi, (%rdi)
    mov %rsi, 8(%rdi)
    mov %rsi, -16(%rdi, %rdx)
    mov %rsi, -8(%rdi, %rdx)
    cmp $32, %edx
    jbe 2f
    mov %rsi, 16(%rdi)
    mov %rsi, 24(%rdi)
    mov %rsi, -32(%rdi, %rdx)
    mov %rsi, -24(%rdi, %rdx)
2:  mov %r8, %rax
    ret
3:  mov %rsi, %rax
    mov %rsi, -8(%rdi, %rdx)
    lea -1(%rdx), %rcx
    shr $3, %rcx
    rep stosq
    mov %r8, %rax
    ret
1:  cmp $8, %edx
    jae 4f
    cmp $4, %edx
    jae 5f
    test %edx, %edx
    jz 2b
    mov %edx, %r10d
    shr $1, %r10d
    mov %sil, (%rdi)
    mov %sil, (%rdi, %r10)
    mov %sil, -1(%rdi, %rdx)
    jmp 2b
4:  mov %rsi, (%rdi)
    mov %rsi, -8(%rdi, %rdx)
    jmp 2b
5:  mov %esi, (%rdi)
    mov %esi, -4(%rdi, %rdx)
    jmp 2b
    .size memset, . - memset

    .section .note.GNU-stack, "", @progbits
