/* SPDX-License-Identifier: MIT */
/* Constants that assembly needs; each is checked against its C definition in asm_check.c. */
#ifndef ARCH_ASM_H
#define ARCH_ASM_H

#define KERNEL_STACK_BYTES (16384 << CONFIG_DEBUG)

#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* struct pt_regs */
#define REGS_R15      0
#define REGS_RBX      40
#define REGS_R11      48
#define REGS_R10      56
#define REGS_R9       64
#define REGS_R8       72
#define REGS_RAX      80
#define REGS_RDX      96
#define REGS_RSI      104
#define REGS_RDI      112
#define REGS_ORIG_RAX 120
#define REGS_RIP      128
#define REGS_CS       136
#define REGS_RFLAGS   144
#define REGS_RSP      152
#define REGS_SIZE     168

/* struct task */
#define TASK_WORK      0
#define TASK_THREAD_SP 24

#define IST_STACK_SIZE 8192

#endif
