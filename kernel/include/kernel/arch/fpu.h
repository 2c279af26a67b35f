/* SPDX-License-Identifier: MIT */
/* Vector and x87 state of user programs (XSAVE, or FXSAVE where there is no XSAVE). */
#ifndef KERNEL_ARCH_FPU_H
#define KERNEL_ARCH_FPU_H

#include <kernel/types.h>

/* Bytes of the frame that a signal handler gets, 64-byte alignment wanted. */
size_t fpu_user_size(void);
/* Writes current's state in the layout of Linux's signal frames. 0 or -EFAULT. May sleep. */
int fpu_save_to_user(void __user *buf);
/* Loads it back after checking it; NULL: initial state. 0, -EFAULT, -EINVAL. May sleep. */
int fpu_restore_from_user(const void __user *buf);
#endif
