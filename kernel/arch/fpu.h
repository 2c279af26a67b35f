/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: whose vector state is in the registers. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <kernel/types.h>

struct task;

void fpu_init(void);
void fpu_switch(struct task *prev, struct task *next);
int fpu_fork(struct task *child); /* a copy of current's; 0 or -ENOMEM */
void fpu_free(struct task *task);
int fpu_reset(void);
u64 fpu_xfeatures(void);
#endif
