/* SPDX-License-Identifier: MIT */
/*
 * Turning the machine off and starting it anew. Ways to do so are registered by whoever knows
 * them (ACPI, firmware, chipset), and tried in order until one works: if it does, it does not
 * return.
 */
#ifndef KERNEL_BASE_REBOOT_H
#define KERNEL_BASE_REBOOT_H

#include <kernel/compiler.h>
#include <kernel/types.h>

/* Lower comes first. The order is what works on most machines without side effects. */
enum power_order {
    POWER_ORDER_ACPI,
    POWER_ORDER_EFI,
    POWER_ORDER_CHIPSET,  /* port 0xcf9 */
    POWER_ORDER_KEYBOARD, /* controller's reset line */
    POWER_ORDER_CPU,      /* triple fault */
};

struct power_way {
    const char *name; /* also for reboot=NAME on the command line, which puts it first */
    enum power_order order;
    /* NULL: cannot. Called with interrupts off, perhaps in a panic: no locks, bounded waits. They
     * return when it did not work. */
    void (*off)(void);
    void (*restart)(void);
    bool tried; /* a way that ended in a fault is not taken again */
    struct power_way *next;
};

/** power_way_register() - @way stays for good. Task context, during start-up. */
void power_way_register(struct power_way *way);

/* Called in reverse order of registration before the machine goes: devices come to rest. Task
 * context. */
struct shutdown_notifier {
    void (*call)(struct shutdown_notifier *self);
    struct shutdown_notifier *next;
};
void shutdown_notifier_register(struct shutdown_notifier *notifier);

/**
 * power_off(), power_restart(), power_halt() - bring devices to rest and end. When no way works the
 * machine is halted, with a message. Task context.
 */
void power_off(void) __noreturn;
void power_restart(void) __noreturn;
void power_halt(void) __noreturn;

/**
 * ctrl_alt_del_set() - what the three keys do: restart at once, or send SIGINT to init (the
 * default). ctrl_alt_del() - they were pressed. Any context.
 */
void ctrl_alt_del_set(bool restart_at_once);
void ctrl_alt_del(void);

/** power_restart_emergency() - at once, from any context; returns if no way works. */
void power_restart_emergency(void);
#endif
