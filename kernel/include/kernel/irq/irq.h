/* SPDX-License-Identifier: MIT */
/*
 * Interrupts for drivers. An irq is a number of ours that stands for a line or a message; its
 * handler runs with interrupts off and does little: the rest goes to a softirq, a work queue or a
 * thread.
 */
#ifndef KERNEL_IRQ_IRQ_H
#define KERNEL_IRQ_IRQ_H

#include <kernel/types.h>

typedef enum irq_return { IRQ_NONE, IRQ_HANDLED, IRQ_WAKE_THREAD } irq_return_t;
typedef irq_return_t (*irq_handler_t)(unsigned int irq, void *dev);

#define IRQF_SHARED  0x1
#define IRQF_ONESHOT 0x2 /* masked until the thread is done */
#define IRQF_PERCPU  0x4
#define IRQF_TIMER   0x8

/* 0 or -errno. thread_fn may be NULL; else handler may be NULL. Task context. */
int __must_check irq_request(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
                             unsigned int flags, const char *name, void *dev);
void irq_free(unsigned int irq, void *dev);
void irq_disable(unsigned int irq);
void irq_enable(unsigned int irq);
void irq_synchronize(unsigned int irq); /* waits for running handlers */
int irq_set_affinity(unsigned int irq, u64 cpu_mask);

/* Messages: allocates nr irqs with a vector each, targeting cpu. First irq or -ENOSPC. */
struct msi_msg {
    u64 address;
    u32 data;
};
/* How the owner of the message (PCI) writes it to the device; called on allocation and when
 * affinity moves. */
struct msi_ops {
    void (*write_msg)(void *owner, unsigned int index, const struct msi_msg *msg);
    void (*mask)(void *owner, unsigned int index, bool masked);
};
int irq_msi_alloc(const struct msi_ops *ops, void *owner, unsigned int index, unsigned int cpu,
                  const char *chip_name);
void irq_msi_free(unsigned int irq);

/* A global system interrupt (ACPI): irq number for it, with its trigger set. -errno. */
#define IRQ_TRIGGER_EDGE  0x1
#define IRQ_TRIGGER_LEVEL 0x2
#define IRQ_ACTIVE_LOW    0x4
int irq_from_gsi(u32 gsi, unsigned int trigger);
/* As an ISA interrupt, through the MADT's overrides. */
int irq_from_isa(unsigned int isa_irq);
#endif
