/* SPDX-License-Identifier: MIT */
/* What was asked for and is not there. */
#ifndef KERNEL_SYSCALL_UNIMPLEMENTED_H
#define KERNEL_SYSCALL_UNIMPLEMENTED_H

/* How often call number nr was refused for not existing. */
unsigned int syscall_unimplemented_count(unsigned int nr);
/* Name of a Linux x86-64 call, implemented or not; "?" for no call. */
const char *syscall_name(unsigned int nr);
#define SYSCALL_NR_END 512
#endif
