// SPDX-License-Identifier: MIT
/*
 * Power-off and reset through the FADT (ACPI 6.5, 4.8.3.6, 4.8.3.7 and 4.8.4).
 *
 * Off is sleep state S5: its type comes from \_S5_ in the DSDT or an SSDT, and is written with the
 * enable bit to the PM1 control registers, or to the sleep control register of machines without
 * the ACPI hardware. On a machine that firmware left in legacy mode ACPI is switched on first,
 * since such a machine ignores the write. Reset is one value written to one register.
 *
 * Registers in memory are mapped at start-up: a panic cannot map.
 */
#include <kernel/arch/io.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/reboot.h>
#include <kernel/dev/acpi.h>
#include <kernel/err.h>
#include <kernel/time/clock.h>

#define PM1_SCI_ENABLE   0x0001
#define PM1_SLEEP_TYPE   0x1c00
#define PM1_SLEEP_ENABLE 0x2000
#define SLEEP_ENABLE     0x20 /* of the sleep control register */
#define SLEEP_WAKE       0x80 /* of the sleep status register: write one to clear */
#define WAIT_US          1000000
#define STEP_US          1000
#define S5               5

static bool sleep_type_find(struct acpi_sleep_type *type)
{
    const struct acpi_header *table = acpi_table("DSDT", 0);

    if (table && aml_find_sleep_type(table, S5, type) == 0)
        return true;
    for (unsigned int i = 0; (table = acpi_table("SSDT", i)); i++)
        if (aml_find_sleep_type(table, S5, type) == 0)
            return true;
    return false;
}

static void acpi_mode_enable(const struct acpi_fadt *fadt)
{
    u64 control;

    if (acpi_gas_read(&fadt->pm1a_control, &control) != 0 || (control & PM1_SCI_ENABLE))
        return;
    if (!fadt->smi_command || fadt->smi_command > 0xffff || !fadt->acpi_enable)
        return;
    outb(fadt->acpi_enable, fadt->smi_command);
    for (unsigned int us = 0; us < WAIT_US; us += STEP_US) {
        if (acpi_gas_read(&fadt->pm1a_control, &control) == 0 && (control & PM1_SCI_ENABLE))
            return;
        udelay(STEP_US);
    }
}

static void pm1_write(const struct acpi_gas *reg, u8 type)
{
    u64 control;

    if (!reg->address || acpi_gas_read(reg, &control) != 0)
        return;
    control = (control & ~(u64)(PM1_SLEEP_TYPE | PM1_SLEEP_ENABLE)) | (u64)type << 10;
    acpi_gas_write(reg, control);
    acpi_gas_write(reg, control | PM1_SLEEP_ENABLE);
}

static void acpi_off(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    struct acpi_sleep_type type;

    if (!fadt || !sleep_type_find(&type))
        return;
    if (fadt->sleep_control.address) {
        acpi_gas_write(&fadt->sleep_status, SLEEP_WAKE);
        acpi_gas_write(&fadt->sleep_control, (u64)type.a << 2 | SLEEP_ENABLE);
    }
    if (!fadt->hardware_reduced) {
        acpi_mode_enable(fadt);
        pm1_write(&fadt->pm1a_control, type.a);
        pm1_write(&fadt->pm1b_control, type.b);
    }
    udelay(WAIT_US);
}

static void acpi_restart(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();

    if (!fadt || !fadt->has_reset)
        return;
    acpi_gas_write(&fadt->reset, fadt->reset_value);
    udelay(WAIT_US / 10);
}

static struct power_way acpi_way = {
    .name = "acpi", .order = POWER_ORDER_ACPI, .off = acpi_off, .restart = acpi_restart};

static void memory_register_map(const struct acpi_gas *reg)
{
    u64 ignored;

    if (reg->address && reg->space == ACPI_SPACE_MEMORY && acpi_gas_read(reg, &ignored) != 0)
        pr_warn("acpi: register at %#llx cannot be mapped\n", reg->address);
}

static int __init acpi_power_init(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();

    if (!fadt)
        return -ENODEV;
    memory_register_map(&fadt->reset);
    memory_register_map(&fadt->sleep_control);
    memory_register_map(&fadt->sleep_status);
    memory_register_map(&fadt->pm1a_control);
    memory_register_map(&fadt->pm1b_control);
    power_way_register(&acpi_way);
    return 0;
}
initcall(INIT_SUBSYS, acpi_power_init);
