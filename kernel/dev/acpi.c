// SPDX-License-Identifier: MIT
/*
 * Finding the ACPI tables of the machine.
 *
 * The RSDP leads to the XSDT (or, on old firmware or when the XSDT is damaged, to the RSDT), which
 * lists the tables; the FADT leads on to the DSDT. Each is mapped for good, checked, and entered
 * in `tables`, an array filled once before other processors run and never changed after, so that
 * readers need no lock. Everything read here is the firmware's word: an address, length or
 * checksum that cannot be right costs that table and one line in the log, nothing more.
 *
 * Tables usually lie in memory that the direct map covers. What does not is added to it, read-only.
 * Specification: ACPI 6.5, 5.2.5 to 5.2.9.
 */
#include <kernel/dev/acpi.h>

#include <kernel/arch/paging.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>

#define NR_TABLES_MAX  128
#define TABLE_SIZE_MAX (16U << 20) /* far beyond any DSDT seen */
#define PHYS_MAX       (1ULL << 52)

struct table_entry {
    const struct acpi_header *table;
    paddr_t phys;
};

static struct table_entry tables[NR_TABLES_MAX] __ro_after_init;
static unsigned int nr_tables __ro_after_init;
static struct acpi_fadt machine_fadt __ro_after_init;
static bool has_fadt __ro_after_init;

static bool direct_mapped(paddr_t phys, size_t size)
{
    paddr_t first = phys & PAGE_MASK, last = (phys + size - 1) & PAGE_MASK;

    for (paddr_t p = first; p <= last; p += PAGE_SIZE)
        if (kernel_virt_to_phys(phys_to_virt(p)) != p)
            return false;
    return true;
}

/* Mappings made here are never undone: they are few, and tables are used until the end. */
static const void *firmware_map(paddr_t phys, size_t size)
{
    if (!phys || phys >= PHYS_MAX || size > TABLE_SIZE_MAX)
        return NULL;
    if (phys + size > DIRECT_MAP_SIZE)
        return NULL;
    if (!direct_mapped(phys, size)) {
        paddr_t first = phys & PAGE_MASK;

        /* Firmware may keep tables in memory it calls reserved. The place in the direct map is
         * free. */
        if (kernel_map((unsigned long)phys_to_virt(first), first,
                       ALIGN(phys + size, PAGE_SIZE) - first, KMAP_RO, CACHE_WB))
            return NULL;
    }
    return phys_to_virt(phys);
}

static void table_refuse(const char *signature, paddr_t phys, const char *why)
{
    char name[5] = "????";

    for (int i = 0; signature && i < 4; i++)
        name[i] = signature[i] >= ' ' && signature[i] < 0x7f ? signature[i] : '?';
    pr_warn("acpi: table %s at %#llx %s, ignored\n", name, phys, why);
}

/* The FACS alone carries no checksum. */
static bool table_has_checksum(const struct acpi_header *table)
{
    return memcmp(table->signature, "FACS", 4) != 0;
}

/* Maps and checks the table; NULL (and a line in the log) when it is not one. */
static const struct acpi_header *table_map(paddr_t phys)
{
    const struct acpi_header *table = firmware_map(phys, sizeof(*table));
    u32 length;

    if (!table) {
        table_refuse(NULL, phys, "cannot be mapped");
        return NULL;
    }
    length = table->length;
    if (length < sizeof(*table) || length > TABLE_SIZE_MAX) {
        table_refuse(table->signature, phys, "has an impossible length");
        return NULL;
    }
    table = firmware_map(phys, length);
    if (!table) {
        table_refuse(NULL, phys, "cannot be mapped");
        return NULL;
    }
    if (table_has_checksum(table) && !acpi_checksum_ok(table, length)) {
        table_refuse(table->signature, phys, "has a wrong checksum");
        return NULL;
    }
    return table;
}

static bool table_known(paddr_t phys)
{
    for (unsigned int i = 0; i < nr_tables; i++)
        if (tables[i].phys == phys)
            return true;
    return false;
}

static const struct acpi_header *table_add(paddr_t phys)
{
    const struct acpi_header *table;

    if (!phys || table_known(phys))
        return NULL;
    if (nr_tables == NR_TABLES_MAX) {
        pr_warn_once("acpi: more than %u tables, the rest is ignored\n", NR_TABLES_MAX);
        return NULL;
    }
    table = table_map(phys);
    if (table)
        tables[nr_tables++] = (struct table_entry){table, phys};
    return table;
}

/* Enters every table that the XSDT (entries of 8 bytes) or RSDT (4 bytes) lists. */
static bool root_walk(paddr_t phys, const char *signature, size_t entry_size)
{
    const struct acpi_header *root = phys ? table_map(phys) : NULL;
    const u8 *entry, *end;

    if (!root)
        return false;
    if (memcmp(root->signature, signature, 4) != 0) {
        table_refuse(root->signature, phys, "is not the root table it should be");
        return false;
    }
    end = (const u8 *)root + root->length;
    for (entry = (const u8 *)(root + 1); entry + entry_size <= end; entry += entry_size)
        table_add(entry_size == 8 ? get_unaligned_le64(entry) : get_unaligned_le32(entry));
    return true;
}

static void fadt_follow(void)
{
    const struct acpi_header *table = acpi_table("FACP", 0);

    if (!table)
        return;
    if (acpi_fadt_parse(table, &machine_fadt) != 0) {
        pr_warn("acpi: FADT of %u bytes is too short, ignored\n", table->length);
        return;
    }
    has_fadt = true;
    table_add(machine_fadt.dsdt);
    table_add(machine_fadt.facs);
}

void acpi_tables_init(paddr_t rsdp)
{
    struct acpi_root root;
    const void *p;

    nr_tables = 0;
    has_fadt = false;
    if (!rsdp) {
        pr_warn("acpi: no RSDP\n");
        return;
    }
    p = firmware_map(rsdp, ACPI_RSDP_SIZE);
    if (!p || acpi_rsdp_parse(p, ACPI_RSDP_SIZE, &root) != 0) {
        pr_warn("acpi: RSDP at %#llx is not valid\n", rsdp);
        return;
    }
    if (!root_walk(root.xsdt, "XSDT", 8) && !root_walk(root.rsdt, "RSDT", 4)) {
        pr_warn("acpi: no valid XSDT or RSDT\n");
        return;
    }
    fadt_follow();
    pr_info("acpi: revision %u, %u tables\n", root.revision, nr_tables);
}

const struct acpi_header *acpi_table(const char signature[4], unsigned int instance)
{
    for (unsigned int i = 0; i < nr_tables; i++)
        if (memcmp(tables[i].table->signature, signature, 4) == 0 && instance-- == 0)
            return tables[i].table;
    return NULL;
}

const struct acpi_header *acpi_table_at(unsigned int index, paddr_t *phys)
{
    if (index >= nr_tables)
        return NULL;
    if (phys)
        *phys = tables[index].phys;
    return tables[index].table;
}

const struct acpi_fadt *acpi_fadt(void)
{
    return has_fadt ? &machine_fadt : NULL;
}

int acpi_madt_for_each(acpi_madt_fn fn, void *arg)
{
    const struct acpi_header *madt = acpi_table("APIC", 0);

    return madt ? acpi_madt_walk(madt, fn, arg) : 0;
}
