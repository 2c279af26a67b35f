// SPDX-License-Identifier: MIT
/*
 * What the bytes of ACPI tables mean: pure functions over memory that holds a whole table, whose
 * length and checksum have been checked. Every field is read only when the table is long enough
 * to have it; older revisions end earlier. Also compiled for the host.
 */
#include <kernel/dev/acpi.h>

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>

/* Offsets in the FADT (ACPI 6.5, table 5.9). */
enum {
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_SCI = 46,
    FADT_SMI_COMMAND = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_EVENT = 56,
    FADT_PM1B_EVENT = 60,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_PM1_EVENT_LENGTH = 88,
    FADT_PM1_CONTROL_LENGTH = 89,
    FADT_PM_TIMER_LENGTH = 91,
    FADT_CENTURY = 108,
    FADT_BOOT_FLAGS = 109,
    FADT_FLAGS = 112,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_FACS = 132,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_EVENT = 148,
    FADT_X_PM1B_EVENT = 160,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_X_PM_TIMER = 208,
    FADT_SLEEP_CONTROL = 244,
    FADT_SLEEP_STATUS = 256,
};

#define FADT_FLAG_TIMER_32BIT      (1U << 8)
#define FADT_FLAG_RESET            (1U << 10)
#define FADT_FLAG_HARDWARE_REDUCED (1U << 20)
#define FADT_BOOT_LEGACY           (1U << 0)
#define FADT_BOOT_8042             (1U << 1)
#define FADT_BOOT_NO_VGA           (1U << 2)
#define FADT_BOOT_NO_MSI           (1U << 3)
#define FADT_BOOT_NO_RTC           (1U << 5)
#define FADT_SIZE_REV1             116

bool acpi_checksum_ok(const void *p, size_t size)
{
    const u8 *bytes = p;
    u8 sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum == 0;
}

int acpi_rsdp_parse(const void *rsdp, size_t size, struct acpi_root *root)
{
    const u8 *p = rsdp;
    u32 length;

    memset(root, 0, sizeof(*root));
    if (size < 20 || memcmp(p, "RSD PTR ", 8) != 0 || !acpi_checksum_ok(p, 20))
        return -EINVAL;
    root->revision = p[15];
    root->rsdt = get_unaligned_le32(p + 16);
    if (root->revision < 2 || size < ACPI_RSDP_SIZE)
        return root->rsdt ? 0 : -EINVAL;
    length = get_unaligned_le32(p + 20);
    if (length >= ACPI_RSDP_SIZE && length <= size && acpi_checksum_ok(p, length))
        root->xsdt = get_unaligned_le64(p + 24);
    return root->rsdt || root->xsdt ? 0 : -EINVAL;
}

/* Fields that a table is too short to have read as zero. */
static u64 table_field(const struct acpi_header *table, size_t offset, size_t size)
{
    u64 value = 0;

    if (offset + size <= table->length)
        memcpy(&value, (const u8 *)table + offset, size);
    return value;
}

static struct acpi_gas table_gas(const struct acpi_header *table, size_t offset)
{
    struct acpi_gas gas = {};

    if (offset + sizeof(gas) <= table->length)
        memcpy(&gas, (const u8 *)table + offset, sizeof(gas));
    return gas;
}

/* The extended description of a register, or one made of its old I/O port and length. */
static struct acpi_gas fadt_register(const struct acpi_header *table, size_t extended, size_t port,
                                     u8 length)
{
    struct acpi_gas gas = table_gas(table, extended);

    if (gas.address)
        return gas;
    gas = (struct acpi_gas){
        .space = ACPI_SPACE_IO,
        .bit_width = length * 8,
        .address = table_field(table, port, 4),
    };
    return gas;
}

static void fadt_parse_flags(const struct acpi_header *table, struct acpi_fadt *fadt)
{
    u32 flags = table_field(table, FADT_FLAGS, 4);
    u16 boot = table_field(table, FADT_BOOT_FLAGS, 2);
    bool boot_valid = table->revision >= 3 && table->length >= FADT_BOOT_FLAGS + 2;

    fadt->timer_is_32bit = flags & FADT_FLAG_TIMER_32BIT;
    fadt->hardware_reduced = flags & FADT_FLAG_HARDWARE_REDUCED;
    fadt->has_reset = (flags & FADT_FLAG_RESET) && fadt->reset.address;
    /* Before revision 3 nothing could say that a PC lacks what every PC had. */
    fadt->has_8042 = !boot_valid || (boot & FADT_BOOT_8042);
    fadt->has_cmos_rtc = !boot_valid || !(boot & FADT_BOOT_NO_RTC);
    fadt->has_vga = !boot_valid || !(boot & FADT_BOOT_NO_VGA);
    fadt->has_msi = !boot_valid || !(boot & FADT_BOOT_NO_MSI);
}

int acpi_fadt_parse(const struct acpi_header *table, struct acpi_fadt *fadt)
{
    u8 control_length, timer_length;

    memset(fadt, 0, sizeof(*fadt));
    if (table->length < FADT_SIZE_REV1)
        return -EINVAL;
    fadt->revision = table->revision;
    fadt->century = table_field(table, FADT_CENTURY, 1);
    fadt->sci = table_field(table, FADT_SCI, 2);
    fadt->smi_command = table_field(table, FADT_SMI_COMMAND, 4);
    fadt->acpi_enable = table_field(table, FADT_ACPI_ENABLE, 1);
    fadt->pm1_event_length = table_field(table, FADT_PM1_EVENT_LENGTH, 1);
    control_length = table_field(table, FADT_PM1_CONTROL_LENGTH, 1);
    timer_length = table_field(table, FADT_PM_TIMER_LENGTH, 1);

    fadt->reset = table_gas(table, FADT_RESET);
    fadt->reset_value = table_field(table, FADT_RESET_VALUE, 1);
    fadt->pm1a_event =
        fadt_register(table, FADT_X_PM1A_EVENT, FADT_PM1A_EVENT, fadt->pm1_event_length);
    fadt->pm1b_event =
        fadt_register(table, FADT_X_PM1B_EVENT, FADT_PM1B_EVENT, fadt->pm1_event_length);
    fadt->pm1a_control =
        fadt_register(table, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL, control_length);
    fadt->pm1b_control =
        fadt_register(table, FADT_X_PM1B_CONTROL, FADT_PM1B_CONTROL, control_length);
    fadt->pm_timer = fadt_register(table, FADT_X_PM_TIMER, FADT_PM_TIMER, timer_length);
    fadt->sleep_control = table_gas(table, FADT_SLEEP_CONTROL);
    fadt->sleep_status = table_gas(table, FADT_SLEEP_STATUS);

    fadt->dsdt = table_field(table, FADT_X_DSDT, 8) ?: table_field(table, FADT_DSDT, 4);
    fadt->facs = table_field(table, FADT_X_FACS, 8) ?: table_field(table, FADT_FACS, 4);
    fadt_parse_flags(table, fadt);
    return 0;
}

/* The least that an entry of a type must have; 2 for those nobody looks into. */
static u8 madt_entry_size(u8 type)
{
    switch (type) {
    case ACPI_MADT_LAPIC: return sizeof(struct acpi_madt_lapic);
    case ACPI_MADT_IOAPIC: return sizeof(struct acpi_madt_ioapic);
    case ACPI_MADT_OVERRIDE: return sizeof(struct acpi_madt_override);
    case ACPI_MADT_LAPIC_NMI: return sizeof(struct acpi_madt_lapic_nmi);
    case ACPI_MADT_LAPIC_ADDRESS: return sizeof(struct acpi_madt_lapic_address);
    case ACPI_MADT_X2APIC: return sizeof(struct acpi_madt_x2apic);
    case ACPI_MADT_X2APIC_NMI: return sizeof(struct acpi_madt_x2apic_nmi);
    default: return sizeof(struct acpi_madt_entry);
    }
}

#define MADT_ENTRIES 44 /* header, LAPIC address, flags */

int acpi_madt_walk(const struct acpi_header *madt, acpi_madt_fn fn, void *arg)
{
    const u8 *base = (const u8 *)madt;
    u32 offset = MADT_ENTRIES;

    while (offset + sizeof(struct acpi_madt_entry) <= madt->length) {
        const struct acpi_madt_entry *entry = (const void *)(base + offset);
        int result;

        if (entry->length < sizeof(*entry) || entry->length > madt->length - offset) {
            pr_warn_once("acpi: MADT: entry at %u has length %u, the rest is ignored\n", offset,
                         entry->length);
            return 0;
        }
        offset += entry->length;
        if (entry->length < madt_entry_size(entry->type)) {
            pr_warn_once("acpi: MADT: entry of type %u is too short (%u bytes), ignored\n",
                         entry->type, entry->length);
            continue;
        }
        result = fn(entry, arg);
        if (result)
            return result;
    }
    return 0;
}

u32 acpi_madt_lapic_address(const struct acpi_header *madt, u32 *flags)
{
    if (flags)
        *flags = table_field(madt, 40, 4);
    return table_field(madt, 36, 4);
}

#define MCFG_RANGES     44 /* header, 8 reserved bytes */
#define MCFG_RANGE_SIZE 16

bool acpi_mcfg_range(const struct acpi_header *mcfg, unsigned int index,
                     struct acpi_mcfg_range *range)
{
    for (size_t offset = MCFG_RANGES; offset + MCFG_RANGE_SIZE <= mcfg->length;
         offset += MCFG_RANGE_SIZE) {
        range->address = table_field(mcfg, offset, 8);
        range->segment = table_field(mcfg, offset + 8, 2);
        range->first_bus = table_field(mcfg, offset + 10, 1);
        range->last_bus = table_field(mcfg, offset + 11, 1);
        if (!range->address || (range->address & 0xfffff) || range->first_bus > range->last_bus)
            continue;
        if (index-- == 0)
            return true;
    }
    return false;
}

#define SPCR_SIZE_REV1 80

int acpi_spcr_parse(const struct acpi_header *table, struct acpi_spcr *spcr)
{
    static const u32 bauds[] = {[3] = 9600, [4] = 19200, [6] = 57600, [7] = 115200};
    u8 interrupts, code;

    memset(spcr, 0, sizeof(*spcr));
    if (table->length < SPCR_SIZE_REV1)
        return -EINVAL;
    spcr->interface = table_field(table, 36, 1);
    spcr->base = table_gas(table, 40);
    interrupts = table_field(table, 52, 1);
    spcr->has_isa_irq = interrupts & 1;
    spcr->isa_irq = table_field(table, 53, 1);
    spcr->has_gsi = interrupts & 2;
    spcr->gsi = table_field(table, 54, 4);
    code = table_field(table, 58, 1);
    spcr->baud = code < sizeof(bauds) / sizeof(bauds[0]) ? bauds[code] : 0;
    spcr->pci_device = table_field(table, 64, 2);
    spcr->pci_vendor = table_field(table, 66, 2);
    return spcr->base.address ? 0 : -EINVAL;
}

#define HPET_SIZE 56

int acpi_hpet_parse(const struct acpi_header *table, struct acpi_hpet *hpet)
{
    memset(hpet, 0, sizeof(*hpet));
    if (table->length < HPET_SIZE)
        return -EINVAL;
    hpet->id = table_field(table, 36, 4);
    hpet->base = table_gas(table, 40);
    hpet->number = table_field(table, 52, 1);
    hpet->min_tick = table_field(table, 53, 2);
    return hpet->base.address ? 0 : -EINVAL;
}
