/* SPDX-License-Identifier: MIT */
/* Private to kernel/irq. */
#ifndef IRQ_VECTORS_H
#define IRQ_VECTORS_H

#include <kernel/arch/percpu.h>

struct irq_desc;

/* irq numbers below are lines (global system interrupts), above messages. */
#define NR_IRQ_LINES 256

DECLARE_PER_CPU(struct irq_desc *, vector_desc[256]);
void irq_desc_handle(struct irq_desc *desc);
void softirq_run_pending(void);
bool softirq_pending(void);
#endif
