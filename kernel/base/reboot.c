// SPDX-License-Identifier: MIT
/*
 * The end of a session: shutdown notifiers, then the ways of turning off or restarting in order.
 * Ways and notifiers are registered during start-up only, by one thread, and read without a lock
 * from then on, also in a panic.
 */
#include <kernel/base/reboot.h>

#include <kernel/arch/cpu.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

static struct power_way *ways; /* in order */
static struct shutdown_notifier *notifiers;
static char first_way[16]; /* reboot= */

static int __init reboot_param(const char *value)
{
    if (!value || strscpy(first_way, value, sizeof(first_way)) < 0)
        return -EINVAL;
    return 0;
}
BOOT_PARAM("reboot", reboot_param);

void power_way_register(struct power_way *way)
{
    struct power_way **link = &ways;

    while (*link && (*link)->order <= way->order)
        link = &(*link)->next;
    way->next = *link;
    smp_store_release(link, way);
}

void shutdown_notifier_register(struct shutdown_notifier *notifier)
{
    notifier->next = notifiers;
    smp_store_release(&notifiers, notifier);
}

static void notifiers_call(void)
{
    for (struct shutdown_notifier *n = notifiers; n; n = n->next)
        n->call(n);
}

/* One letter is enough, as elsewhere: a for acpi, e for efi... */
static bool is_first_way(const struct power_way *way)
{
    size_t len = strlen(first_way);

    return len && strncmp(way->name, first_way, len) == 0;
}

static void ways_restart(bool first)
{
    for (struct power_way *way = ways; way; way = way->next) {
        if (!way->restart || way->tried || is_first_way(way) != first)
            continue;
        way->tried = true;
        way->restart();
    }
}

void power_restart_emergency(void)
{
    local_irq_disable();
    ways_restart(true);
    ways_restart(false);
}

void power_restart(void)
{
    notifiers_call();
    pr_info("reboot: restarting\n");
    log_console_flush();
    power_restart_emergency();
    pr_emerg("reboot: the machine does not restart\n");
    cpu_halt();
}

void power_off(void)
{
    notifiers_call();
    pr_info("reboot: power off\n");
    log_console_flush();
    local_irq_disable();
    for (struct power_way *way = ways; way; way = way->next)
        if (way->off)
            way->off();
    pr_emerg("reboot: the machine does not turn off: it can be switched off now\n");
    cpu_halt();
}

void power_halt(void)
{
    notifiers_call();
    pr_info("reboot: system halted\n");
    log_console_flush();
    cpu_halt();
}
