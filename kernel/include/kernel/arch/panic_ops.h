/* SPDX-License-Identifier: MIT */
/* What a panic shows of the processor. */
#ifndef KERNEL_ARCH_PANIC_OPS_H
#define KERNEL_ARCH_PANIC_OPS_H

/* From now on panics show registers and stop other CPUs. Boot processor, early. */
void panic_ops_init(void);
#endif
