/* SPDX-License-Identifier: MIT */
/* From the architecture's vectors to the interrupt layer. */
#ifndef KERNEL_IRQ_DISPATCH_H
#define KERNEL_IRQ_DISPATCH_H

#include <kernel/types.h>

struct pt_regs;

/* Runs what belongs to the vector (32..255), then pending softirqs. Interrupts off. */
void irq_dispatch(struct pt_regs *regs, unsigned int vector);
/* The registers of the innermost interrupt on this CPU, or NULL. */
struct pt_regs *irq_regs(void);

/* Vectors that do not belong to devices. fn runs in hard interrupt context. */
void vector_set_handler(unsigned int vector, void (*fn)(void), const char *name);
#endif
