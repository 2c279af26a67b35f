/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables without an AML interpreter: found through the RSDP, checked by length and checksum,
 * mapped for good. A table that does not pass is named once in the log and skipped.
 * Context: any after acpi_tables_init(), unless said. Specification: ACPI 6.5, chapter 5.
 */
#ifndef KERNEL_DEV_ACPI_H
#define KERNEL_DEV_ACPI_H

#include <kernel/types.h>

struct acpi_header {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem_id[6], oem_table_id[8];
    u32 oem_revision;
    char creator_id[4];
    u32 creator_revision;
} __packed;

static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.5, table 5.4");

/**
 * acpi_tables_init() - walks the tables once. @rsdp: where the firmware left the RSDP, 0: nowhere.
 * Tables inside the direct map are used in place; for others ioremap() must work already, or they
 * are skipped. Context: early boot, the boot processor alone.
 */
void acpi_tables_init(paddr_t rsdp);

/** acpi_table() - the @instance-th valid table with this signature ("APIC", "FACP"), or NULL. */
const struct acpi_header *acpi_table(const char signature[4], unsigned int instance);

/** acpi_table_at() - the @index-th table of all, DSDT and FACS too; NULL past the last. */
const struct acpi_header *acpi_table_at(unsigned int index, paddr_t *phys);

/* Where a register is (ACPI 6.5, 5.2.3.2). */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI_CONFIG = 2 };
struct acpi_gas {
    u8 space; /* enum acpi_space */
    u8 bit_width, bit_offset;
    u8 access_size; /* 0: undefined, 1: byte, 2: word, 3: dword, 4: qword */
    u64 address;    /* 0: no such register */
} __packed;

static_assert(sizeof(struct acpi_gas) == 12, "ACPI 6.5, table 5.1");

/** acpi_gas_write() - writes @value to a register. 0, or -EINVAL for one that cannot be reached. */
int acpi_gas_write(const struct acpi_gas *reg, u64 value);
/** acpi_gas_read() - reads a register into *@value. 0 or -EINVAL. */
int acpi_gas_read(const struct acpi_gas *reg, u64 *value);

/* What of the FADT the kernel uses, in one form for all revisions. */
struct acpi_fadt {
    u8 revision;
    u8 century; /* index into CMOS, 0: none */
    u16 sci;
    u32 smi_command; /* I/O port, 0: none */
    u8 acpi_enable;  /* written to smi_command to leave legacy mode */
    bool hardware_reduced;
    bool timer_is_32bit;
    bool has_8042, has_cmos_rtc, has_vga, has_msi;
    bool has_reset;
    u8 reset_value;
    struct acpi_gas reset;
    struct acpi_gas pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm_timer;
    struct acpi_gas sleep_control, sleep_status;
    u8 pm1_event_length;
    u64 dsdt, facs; /* physical */
};

/** acpi_fadt_parse() - 0, or -EINVAL when the table is too short to mean anything. Pure. */
int acpi_fadt_parse(const struct acpi_header *table, struct acpi_fadt *fadt);
/** acpi_fadt() - the machine's, NULL when it has none. */
const struct acpi_fadt *acpi_fadt(void);

/* MADT entries (ACPI 6.5, 5.2.12). */
enum acpi_madt_type {
    ACPI_MADT_LAPIC = 0,
    ACPI_MADT_IOAPIC = 1,
    ACPI_MADT_OVERRIDE = 2, /* of an ISA interrupt */
    ACPI_MADT_NMI_SOURCE = 3,
    ACPI_MADT_LAPIC_NMI = 4,
    ACPI_MADT_LAPIC_ADDRESS = 5,
    ACPI_MADT_X2APIC = 9,
    ACPI_MADT_X2APIC_NMI = 10,
    ACPI_MADT_WAKEUP = 16,
};

#define ACPI_CPU_ENABLED        0x1
#define ACPI_CPU_ONLINE_CAPABLE 0x2
#define ACPI_MADT_PCAT_COMPAT   0x1

struct acpi_madt_entry {
    u8 type, length;
} __packed;
struct acpi_madt_lapic {
    struct acpi_madt_entry head;
    u8 processor_uid, apic_id;
    u32 flags; /* ACPI_CPU_* */
} __packed;
struct acpi_madt_ioapic {
    struct acpi_madt_entry head;
    u8 id, reserved;
    u32 address, gsi_base;
} __packed;
struct acpi_madt_override {
    struct acpi_madt_entry head;
    u8 bus, source;
    u32 gsi;
    u16 flags; /* bits 0-1 polarity, 2-3 trigger: 0 as the bus, 1 high/edge, 3 low/level */
} __packed;
struct acpi_madt_lapic_nmi {
    struct acpi_madt_entry head;
    u8 processor_uid; /* 0xff: all */
    u16 flags;
    u8 lint;
} __packed;
struct acpi_madt_lapic_address {
    struct acpi_madt_entry head;
    u16 reserved;
    u64 address;
} __packed;
struct acpi_madt_x2apic {
    struct acpi_madt_entry head;
    u16 reserved;
    u32 apic_id, flags, processor_uid;
} __packed;
struct acpi_madt_x2apic_nmi {
    struct acpi_madt_entry head;
    u16 flags;
    u32 processor_uid;
    u8 lint, reserved[3];
} __packed;

static_assert(sizeof(struct acpi_madt_lapic) == 8, "ACPI 6.5, table 5.21");
static_assert(sizeof(struct acpi_madt_ioapic) == 12, "ACPI 6.5, table 5.23");
static_assert(sizeof(struct acpi_madt_override) == 10, "ACPI 6.5, table 5.25");
static_assert(sizeof(struct acpi_madt_lapic_nmi) == 6, "ACPI 6.5, table 5.28");
static_assert(sizeof(struct acpi_madt_lapic_address) == 12, "ACPI 6.5, table 5.29");
static_assert(sizeof(struct acpi_madt_x2apic) == 16, "ACPI 6.5, table 5.34");
static_assert(sizeof(struct acpi_madt_x2apic_nmi) == 12, "ACPI 6.5, table 5.35");

/* Sees one entry, at least as long as its type's structure. A value other than 0 ends the walk. */
typedef int (*acpi_madt_fn)(const struct acpi_madt_entry *entry, void *arg);

/** acpi_madt_walk() - calls @fn for each sound entry of @madt. @fn's last value. Pure. */
int acpi_madt_walk(const struct acpi_header *madt, acpi_madt_fn fn, void *arg);
/** acpi_madt_for_each() - walks the machine's MADT; 0 when it has none. */
int acpi_madt_for_each(acpi_madt_fn fn, void *arg);
/** acpi_madt_lapic_address() - the 32-bit address in the table's head, flags into *@flags. */
u32 acpi_madt_lapic_address(const struct acpi_header *madt, u32 *flags);

/* One range of buses whose configuration space is memory-mapped. */
struct acpi_mcfg_range {
    u64 address; /* of bus 0 of the segment, even if first_bus is not 0 */
    u16 segment;
    u8 first_bus, last_bus;
};
/** acpi_mcfg_range() - the @index-th sound range of @mcfg; false past the last. Pure. */
bool acpi_mcfg_range(const struct acpi_header *mcfg, unsigned int index,
                     struct acpi_mcfg_range *range);

/* The serial console the firmware uses. */
struct acpi_spcr {
    u8 interface; /* 0 and 1, 0x12: 16550 compatible */
    struct acpi_gas base;
    u32 baud; /* 0: leave as it is */
    u8 isa_irq;
    bool has_isa_irq, has_gsi;
    u32 gsi;
    u16 pci_vendor, pci_device; /* 0xffff: not a PCI device */
};
/** acpi_spcr_parse() - 0 or -EINVAL. Pure. */
int acpi_spcr_parse(const struct acpi_header *table, struct acpi_spcr *spcr);

struct acpi_hpet {
    u32 id;
    struct acpi_gas base;
    u8 number;
    u16 min_tick;
};
/** acpi_hpet_parse() - 0 or -EINVAL. Pure. */
int acpi_hpet_parse(const struct acpi_header *table, struct acpi_hpet *hpet);

/* What the RSDP says (ACPI 6.5, 5.2.5.3). */
struct acpi_root {
    u8 revision;
    u64 rsdt, xsdt; /* physical; 0: none */
};
#define ACPI_RSDP_SIZE 36
/** acpi_rsdp_parse() - checks @rsdp of @size readable bytes (20 at least). 0 or -EINVAL. Pure. */
int acpi_rsdp_parse(const void *rsdp, size_t size, struct acpi_root *root);
/** acpi_checksum_ok() - whether @size bytes sum to 0. Pure. */
bool acpi_checksum_ok(const void *p, size_t size);

/* Values for the PM1 control registers' SLP_TYP of a sleep state. */
struct acpi_sleep_type {
    u8 a, b;
};
/**
 * aml_find_sleep_type() - looks for the package \_Sn_ in the AML of a DSDT or SSDT.
 * 0, or -ENOENT when there is none that can be read. Pure.
 */
int aml_find_sleep_type(const struct acpi_header *table, unsigned int state,
                        struct acpi_sleep_type *type);
#endif
