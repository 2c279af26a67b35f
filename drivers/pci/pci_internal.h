/* SPDX-License-Identifier: MIT */
/* What the files of the PCI bus driver share. */
#ifndef DRIVERS_PCI_INTERNAL_H
#define DRIVERS_PCI_INTERNAL_H

#include <pci/pci.h>

#include <kernel/lib/bitmap.h>
#include <kernel/lib/list.h>

/* How configuration space of a segment is reached. size is 1, 2 or 4, offset aligned to it. */
struct pci_config_ops {
    u32 (*read)(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size);
    void (*write)(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size,
                  u32 value);
    u16 config_size;
};

/* A segment: the buses of one root. */
struct pci_host {
    const struct pci_config_ops *ops;
    u16 segment;
    u8 first_bus, last_bus;
    u64 ecam_address;              /* of bus 0 */
    void __iomem *ecam_bus[256];   /* mapped on first use */
    DECLARE_BITMAP(bus_used, 256); /* numbers taken, while enumerating */
    struct pci_bus *root;
    struct device dev; /* pciSSSS:BB */
    struct list_head link;
};

struct pci_bus {
    struct pci_host *host;
    struct pci_dev *bridge; /* NULL: root bus */
    u8 number, subordinate;
    struct list_head devices; /* by pci_dev.bus_link */
};

extern struct bus pci_bus_type;
/* By what the configuration space has: 256 bytes, or 4096. */
extern const struct attribute_group *const pci_dev_groups[];
extern const struct attribute_group *const pci_express_groups[];

/* The hosts of the machine: from MCFG, or one by ports 0xcf8/0xcfc. Registers each by found(). */
int pci_hosts_find(int (*found)(struct pci_host *host));
/* Walks a host's buses and registers its devices. */
int pci_host_enumerate(struct pci_host *host);
/* Reads and sizes all BARs. Decoding is off afterwards unless it was on before. */
void pci_bars_read(struct pci_dev *pdev);
/* Writes a BAR's address, decoding off. */
void pci_bar_write(struct pci_dev *pdev, unsigned int bar);
/* Gives addresses to BARs that have none. */
void pci_bars_place(struct pci_host *host);
#endif
