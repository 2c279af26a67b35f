/* SPDX-License-Identifier: MIT */
/* The linked vDSO, page by page as it is mapped into programs. */
    .section .rodata, "a"
    .balign 4096
    .globl vdso_image, vdso_image_end
vdso_image:
    .incbin VDSO_FILE
    .balign 4096
vdso_image_end:

    .section .note.GNU-stack, "", @progbits
