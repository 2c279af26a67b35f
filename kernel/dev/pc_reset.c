// SPDX-License-Identifier: MIT
/*
 * How a PC restarts when the firmware's ways fail: the chipset's reset control register, the
 * keyboard controller's reset line, and at last a triple fault, which the processor itself answers
 * with a shutdown that boards wire to reset.
 */
#include <kernel/arch/cpu.h>
#include <kernel/arch/io.h>
#include <kernel/base/initcall.h>
#include <kernel/base/reboot.h>
#include <kernel/dev/acpi.h>
#include <kernel/time/clock.h>

#define RESET_CONTROL    0xcf9
#define RESET_SYSTEM     0x02 /* hard reset, not only the processor */
#define RESET_CPU        0x04
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_BUSY    0x02
#define KEYBOARD_RESET   0xfe
#define KEYBOARD_TRIES   10
#define KEYBOARD_WAIT_US 10000

static void chipset_restart(void)
{
    u8 control = inb(RESET_CONTROL) & ~(RESET_SYSTEM | RESET_CPU);

    outb(control | RESET_SYSTEM, RESET_CONTROL);
    udelay(50);
    outb(control | RESET_SYSTEM | RESET_CPU, RESET_CONTROL);
    udelay(50000);
}

static void keyboard_restart(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();

    if (fadt && !fadt->has_8042)
        return;
    for (unsigned int i = 0; i < KEYBOARD_TRIES; i++) {
        for (unsigned int us = 0; us < KEYBOARD_WAIT_US; us += 10) {
            if (!(inb(KEYBOARD_COMMAND) & KEYBOARD_BUSY))
                break;
            udelay(10);
        }
        outb(KEYBOARD_RESET, KEYBOARD_COMMAND);
        udelay(KEYBOARD_WAIT_US);
    }
}

/* An exception without an interrupt table, and another while that is handled. */
static void cpu_restart(void)
{
    const struct {
        u16 limit;
        u64 base;
    } __packed no_table = {};

    asm volatile("lidt %0; int3" : : "m"(no_table));
}

static struct power_way chipset_way = {
    .name = "pci", .order = POWER_ORDER_CHIPSET, .restart = chipset_restart};
static struct power_way keyboard_way = {
    .name = "kbd", .order = POWER_ORDER_KEYBOARD, .restart = keyboard_restart};
static struct power_way cpu_way = {
    .name = "triple", .order = POWER_ORDER_CPU, .restart = cpu_restart};

static int __init pc_reset_init(void)
{
    power_way_register(&chipset_way);
    power_way_register(&keyboard_way);
    power_way_register(&cpu_way);
    return 0;
}
initcall(INIT_SUBSYS, pc_reset_init);
