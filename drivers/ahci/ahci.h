/* SPDX-License-Identifier: MIT */
/*
 * AHCI: registers, structures in memory, and what the driver's files share (Serial ATA AHCI
 * 1.3.1, ATA8-ACS).
 */
#ifndef DRIVERS_AHCI_H
#define DRIVERS_AHCI_H

#include <kernel/arch/io.h>
#include <kernel/block/blkdev.h>
#include <kernel/irq/workqueue.h>
#include <kernel/mm/dma.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/spinlock.h>

#include <pci/pci.h>

#define AHCI_PORTS_MAX 32
#define AHCI_SLOTS_MAX 32
#define AHCI_SEGMENTS  56 /* of a command table: 1 KiB in all */

/* HBA registers (3.1). */
#define HBA_CAP            0x00
#define HBA_CAP_SLOTS(cap) ((((cap) >> 8) & 0x1f) + 1)
#define HBA_CAP_NCQ        (1U << 30)
#define HBA_CAP_64BIT      (1U << 31)
#define HBA_CAP_STAGGERED  (1U << 27)
#define HBA_GHC            0x04
#define HBA_GHC_RESET      (1U << 0)
#define HBA_GHC_IRQ        (1U << 1)
#define HBA_GHC_AHCI       (1U << 31)
#define HBA_IS             0x08
#define HBA_PI             0x0c
#define HBA_CAP2           0x24
#define HBA_CAP2_HANDOFF   (1U << 0)
#define HBA_BOHC           0x28
#define HBA_BOHC_BIOS      (1U << 0)
#define HBA_BOHC_OS        (1U << 1)
#define HBA_BOHC_BUSY      (1U << 4)
#define HBA_PORT(n)        (0x100 + 0x80 * (n))

/* Port registers (3.3). */
#define PORT_CLB         0x00
#define PORT_FB          0x08
#define PORT_IS          0x10
#define PORT_IE          0x14
#define PORT_CMD         0x18
#define PORT_CMD_START   (1U << 0)
#define PORT_CMD_SPIN_UP (1U << 1)
#define PORT_CMD_POWER   (1U << 2)
#define PORT_CMD_CLO     (1U << 3)
#define PORT_CMD_FRE     (1U << 4)
#define PORT_CMD_FR      (1U << 14)
#define PORT_CMD_CR      (1U << 15)
#define PORT_TFD         0x20
#define PORT_SIG         0x24
#define PORT_SSTS        0x28
#define PORT_SCTL        0x2c
#define PORT_SERR        0x30
#define PORT_SACT        0x34
#define PORT_CI          0x38

#define PORT_IRQ_D2H       (1U << 0)
#define PORT_IRQ_SDB       (1U << 3)
#define PORT_IRQ_CONNECT   (1U << 6)
#define PORT_IRQ_PHY       (1U << 22)
#define PORT_IRQ_FATAL     (1U << 27 | 1U << 28 | 1U << 29) /* interface, bus data, bus */
#define PORT_IRQ_TASK_FILE (1U << 30)
#define PORT_IRQ_ERRORS    (PORT_IRQ_FATAL | PORT_IRQ_TASK_FILE)
#define PORT_IRQ_HOTPLUG   (PORT_IRQ_CONNECT | PORT_IRQ_PHY)

#define SSTS_DETECT(ssts)   ((ssts)&0xf)
#define SSTS_DETECT_PRESENT 3 /* and communication established */
#define SIGNATURE_ATA       0x00000101
#define SIGNATURE_ATAPI     0xeb140101
#define SIGNATURE_PM        0x96690101

/* ATA status and commands. */
#define ATA_STATUS_ERROR  0x01
#define ATA_STATUS_DRQ    0x08
#define ATA_STATUS_BUSY   0x80
#define ATA_READ_DMA_EXT  0x25
#define ATA_WRITE_DMA_EXT 0x35
#define ATA_WRITE_FUA_EXT 0x3d
#define ATA_READ_FPDMA    0x60
#define ATA_WRITE_FPDMA   0x61
#define ATA_DATA_SET      0x06
#define ATA_FLUSH_EXT     0xea
#define ATA_IDENTIFY      0xec
#define ATA_DEVICE_LBA    0x40
#define ATA_FPDMA_FUA     0x80

/* A command's head, in the port's list (4.2.2). */
struct ahci_command_header {
    u16 flags; /* dwords of the FIS, write, ... */
    u16 nr_regions;
    u32 transferred;
    u64 table;
    u32 reserved[4];
};
static_assert(sizeof(struct ahci_command_header) == 32, "AHCI 1.3.1, 4.2.2");
#define HEADER_FIS_DWORDS 5
#define HEADER_WRITE      (1U << 6)

struct ahci_region {
    u64 address;
    u32 reserved;
    u32 count; /* bytes less one; bit 31: interrupt */
};
#define REGION_SIZE_MAX (4U << 20)

/* Register host-to-device FIS (SATA 3.x, 10.5.5). */
struct ahci_fis {
    u8 type, control_flags, command, feature;
    u8 lba0, lba1, lba2, device;
    u8 lba3, lba4, lba5, feature_high;
    u8 count, count_high, icc, control;
    u8 reserved[4];
};
static_assert(sizeof(struct ahci_fis) == 20, "SATA 3, register host to device");
#define FIS_HOST_TO_DEVICE 0x27
#define FIS_IS_COMMAND     0x80

struct ahci_command_table {
    struct ahci_fis fis;
    u8 fis_room[44];
    u8 atapi[16], reserved[48];
    struct ahci_region regions[AHCI_SEGMENTS];
};
static_assert(sizeof(struct ahci_command_table) == 1024, "AHCI 1.3.1, 4.2.3");

struct ahci;

/* One transfer in the form the command table wants. */
struct ata_command {
    u8 command, feature, device;
    u16 count;
    u64 lba;
    bool write, queued; /* queued: by SACT */
    u8 fua;             /* or'ed into device of queued commands */
};

/* What IDENTIFY DEVICE said, checked. */
struct ata_identity {
    u64 nr_sectors; /* of logical blocks */
    u32 block_size, physical_block_size;
    u8 queue_depth; /* 1: no NCQ */
    bool lba48, ncq, write_cache, flush_ext, fua, trim, rotational;
    char model[41], serial[21], firmware[9];
};

enum ahci_port_state { PORT_EMPTY, PORT_LIVE, PORT_RECOVERING, PORT_DEAD };

struct ahci_port {
    struct ahci *ahci;
    unsigned int number;
    u8 __iomem *regs;
    /* Order: plug_lock (over making and removing the disk, which does I/O) > lock (over the port's
     * engine and state). */
    struct mutex plug_lock, lock;
    enum ahci_port_state state; /* lock; read anywhere */
    spinlock_t issue_lock;      /* issued, queued_issued, inflight */
    u32 issued;                 /* slots that the device has */
    u32 queued_issued;          /* of these, by SACT */
    struct request *inflight[AHCI_SLOTS_MAX];
    bool internal_busy; /* slot 0 belongs to ahci_exec() */
    struct ahci_command_header *headers;
    struct ahci_command_table *tables; /* one a slot */
    void *received;                    /* FIS area */
    dma_addr_t headers_address, tables_address, received_address;
    struct completion internal_done;
    int internal_status;
    u32 error_irq; /* PORT_IRQ_* that made recovery necessary; issue_lock */
    bool hotplug;  /* issue_lock */
    struct work recover_work, plug_work;
    struct ata_identity id;
    struct disk *disk;
    char name[8];
};

struct ahci {
    struct pci_dev *pdev;
    u8 __iomem *regs;
    size_t regs_size;
    u32 cap;
    unsigned int nr_slots;
    struct work start_work;
    struct ahci_port *ports[AHCI_PORTS_MAX];
};

static inline u32 port_read(const struct ahci_port *port, u32 offset)
{
    return mmio_read32(port->regs + offset);
}

static inline void port_write(const struct ahci_port *port, u32 offset, u32 value)
{
    mmio_write32(port->regs + offset, value);
}

/* identify.c */
/** ata_identify_parse() - 512 bytes of IDENTIFY DEVICE. 0 or -EINVAL: no disk to use. Pure. */
int ata_identify_parse(const u16 data[256], struct ata_identity *id);

/* port.c */
int ahci_port_alloc(struct ahci_port *port);
void ahci_port_free(struct ahci_port *port);
/* Resets the link and starts the port; 0 when a disk answers, -ENODEV when nothing is there. */
int ahci_port_start(struct ahci_port *port);
void ahci_port_stop(struct ahci_port *port);
/* Fills slot's table and header. buffers: what request_iter gives; returns -EIO if too many. */
void ahci_slot_fill(struct ahci_port *port, unsigned int slot, const struct ata_command *command,
                    unsigned int nr_regions);
/* Sends a command with one buffer and waits. The port has no other in flight. Task context. */
int ahci_exec(struct ahci_port *port, const struct ata_command *command, dma_addr_t buffer,
              u32 size);
/* The port's part of the interrupt. */
void ahci_port_interrupt(struct ahci_port *port);
/* Takes what the device has finished. Any context. */
void ahci_port_poll(struct ahci_port *port);

/* disk.c */
/* Takes the disk away if there is none any more, and makes one if there is. Task context. */
void ahci_port_plug(struct ahci_port *port);
/* For good: the controller goes. */
void ahci_port_unplug(struct ahci_port *port);
/* Something went wrong: restarts the port. Task context. */
void ahci_port_recover(struct ahci_port *port);
#endif
