/* SPDX-License-Identifier: MIT */
/* Interrupt descriptors, for those who make interrupts (I/O APIC, MSI) and those who show them. */
#ifndef KERNEL_IRQ_CHIP_H
#define KERNEL_IRQ_CHIP_H

#include <kernel/irq/irq.h>
#include <kernel/lib/list.h>
#include <kernel/sync/spinlock.h>
#include <kernel/types.h>

struct irq_action;
struct irq_desc;

struct irq_chip {
    const char *name;
    void (*mask)(struct irq_desc *desc, bool masked);
    /* Sends it to this CPU with this vector from now on. */
    void (*target)(struct irq_desc *desc, unsigned int cpu, u8 vector);
};

/* Everything under lock but the counts (each CPU its own) and what is set once. */
struct irq_desc {
    unsigned int irq;
    const struct irq_chip *chip;
    const char *chip_name;
    u32 hw_number;        /* GSI, or index among the owner's messages */
    unsigned int trigger; /* IRQ_TRIGGER_* */
    const struct msi_ops *msi_ops;
    void *owner;
    spinlock_t lock;
    struct irq_action *actions;
    unsigned int disabled; /* depth */
    bool in_progress;
    u8 vector; /* 0: none yet */
    unsigned int cpu;
    u64 affinity;
    unsigned int unhandled, unhandled_of; /* storm detection: of the last so many */
    u32 *counts;                          /* by CPU */
};

#define NR_IRQS 1024

/* The descriptor of a line; made on first use. irq or -errno. Task context. */
int irq_line_get(u32 gsi, const struct irq_chip *chip, unsigned int trigger);
/* A fresh irq number above those of lines. */
struct irq_desc *irq_desc_create(const struct irq_chip *chip, u32 hw_number);
void irq_desc_destroy(struct irq_desc *desc);
struct irq_desc *irq_desc_get(unsigned int irq); /* NULL */

/* For /proc/interrupts: names of the actions, comma separated. */
void irq_action_names(struct irq_desc *desc, char *buf, size_t size);
u64 irq_vector_count(unsigned int vector, unsigned int cpu);
const char *irq_vector_name(unsigned int vector); /* NULL: not a system vector */
u64 irq_total(void);
#endif
