/* SPDX-License-Identifier: MIT */
/*
 * NVMe: registers, commands, and what the driver's files share (NVM Express Base 2.0, NVM Command
 * Set 1.0).
 */
#ifndef DRIVERS_NVME_H
#define DRIVERS_NVME_H

#include <kernel/block/blkdev.h>
#include <kernel/irq/workqueue.h>
#include <kernel/mm/dma.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/spinlock.h>

#include <pci/pci.h>

/* Controller registers (Base 2.0, 3.1.3). */
#define NVME_CAP       0x00
#define NVME_VS        0x08
#define NVME_CC        0x14
#define NVME_CSTS      0x1c
#define NVME_AQA       0x24
#define NVME_ASQ       0x28
#define NVME_ACQ       0x30
#define NVME_DOORBELLS 0x1000

#define NVME_CAP_ENTRIES(cap)   ((u32)((cap)&0xffff) + 1)
#define NVME_CAP_TIMEOUT(cap)   ((u32)((cap) >> 24) & 0xff) /* of 500 ms */
#define NVME_CAP_STRIDE(cap)    ((u32)((cap) >> 32) & 0xf)
#define NVME_CAP_NVM(cap)       (((cap) >> 37) & 1)
#define NVME_CAP_PAGE_MIN(cap)  ((u32)((cap) >> 48) & 0xf)
#define NVME_CC_ENABLE          0x1
#define NVME_CC_SHUTDOWN_NORMAL (1U << 14)
#define NVME_CC_SHUTDOWN_MASK   (3U << 14)
#define NVME_CC_QUEUE_ENTRIES   (6U << 16 | 4U << 20) /* 64 and 16 bytes */
#define NVME_CSTS_READY         0x1
#define NVME_CSTS_FATAL         0x2
#define NVME_CSTS_SHUTDOWN_MASK 0xc
#define NVME_CSTS_SHUTDOWN_DONE 0x8

/* Opcodes: admin (Base 2.0, figure 138), and of the NVM command set. */
enum nvme_admin_opcode {
    NVME_ADMIN_CREATE_SQ = 0x01,
    NVME_ADMIN_CREATE_CQ = 0x05,
    NVME_ADMIN_IDENTIFY = 0x06,
    NVME_ADMIN_SET_FEATURES = 0x09,
};
enum nvme_opcode {
    NVME_FLUSH = 0x00,
    NVME_WRITE = 0x01,
    NVME_READ = 0x02,
    NVME_WRITE_ZEROES = 0x08,
    NVME_DATASET = 0x09,
};

#define NVME_IDENTIFY_NAMESPACE  0
#define NVME_IDENTIFY_CONTROLLER 1
#define NVME_IDENTIFY_LIST       2
#define NVME_FEATURE_NR_QUEUES   7
#define NVME_RW_FUA              (1U << 30) /* dword 12 */
#define NVME_WRITE_ZEROES_UNMAP  (1U << 25) /* dword 12 */
#define NVME_DATASET_DEALLOCATE  (1U << 2)  /* dword 11 */

struct nvme_command {
    u8 opcode, flags;
    u16 id;
    u32 namespace;
    u32 dword2, dword3;
    u64 metadata, prp1, prp2;
    u32 dword10, dword11, dword12, dword13, dword14, dword15;
};
static_assert(sizeof(struct nvme_command) == 64, "Base 2.0, figure 86");

struct nvme_completion {
    u32 result, reserved;
    u16 sq_head, sq_id;
    u16 command_id;
    u16 status; /* bit 0: phase */
};
static_assert(sizeof(struct nvme_completion) == 16, "Base 2.0, figure 89");

#define NVME_STATUS(raw)     ((raw) >> 1)
#define NVME_STATUS_TYPE(s)  (((s) >> 8) & 7)
#define NVME_STATUS_CODE(s)  ((s)&0xff)
#define NVME_STATUS_NO_RETRY 0x4000

struct nvme_range {
    u32 attributes, nr_blocks;
    u64 block;
};
static_assert(sizeof(struct nvme_range) == 16, "NVM 1.0, figure 41");

#define NVME_ADMIN_DEPTH    32
#define NVME_IO_DEPTH_MAX   128 /* entries of an I/O queue; one stays empty */
#define NVME_PAGES_MAX      128 /* a request's data: its list fits into 1 KiB */
#define NVME_IO_TIMEOUT_NS  (30 * NSEC_PER_SEC)
#define NVME_NAMESPACES_MAX 64

struct nvme;

/*
 * A submission queue and its completion queue. sq_lock: submission side; cq_lock: completion side.
 * Order: neither inside the other.
 */
struct nvme_queue {
    struct nvme *nvme;
    u16 id, depth;
    spinlock_t sq_lock, cq_lock;
    struct nvme_command *sq;
    volatile struct nvme_completion *cq;
    dma_addr_t sq_address, cq_address;
    u32 __iomem *sq_doorbell, *cq_doorbell;
    u16 sq_tail, sq_rung;      /* sq_lock; the device knows of those before sq_rung */
    u16 cq_head;               /* cq_lock */
    u16 phase;                 /* cq_lock; of entries that are new */
    struct request **inflight; /* by command id; exchanged atomically. NULL: admin queue */
    struct nvme_prp_list {
        u64 *entries; /* made on first use, kept */
        dma_addr_t address;
    } * lists;   /* by command id */
    bool broken; /* completions that cannot be: a reset is wanted */
};

/* One that is waited for. Only the admin queue has such. */
struct nvme_waiter {
    struct completion done;
    u16 status;
    u32 result;
    bool busy;
};

struct nvme_namespace {
    struct list_head link;
    struct nvme *nvme;
    u32 id;
    u8 block_shift;
    u16 first_command; /* ids of its commands: this and up, one a tag */
    struct disk *disk;
    /* The disk's hardware queues' driver_data: one for each of the controller's queues. */
    struct nvme_hctx {
        struct nvme_namespace *ns;
        struct nvme_queue *queue;
    } * hctxs;
};

enum nvme_state { NVME_STARTING, NVME_LIVE, NVME_RESETTING, NVME_DEAD };

struct nvme {
    struct pci_dev *pdev;
    u8 __iomem *regs;
    size_t regs_size;
    u64 cap;
    unsigned int index;    /* nvmeN */
    enum nvme_state state; /* written under reset_lock */
    struct nvme_queue admin;
    struct nvme_waiter waiters[NVME_ADMIN_DEPTH]; /* by command id; admin.sq_lock over busy */
    struct nvme_queue *io;                        /* nr_io */
    unsigned int nr_io, nr_io_max;
    u16 io_depth;
    unsigned int nr_irqs;
    u32 max_pages; /* of one transfer */
    bool volatile_cache, has_dataset, has_write_zeroes;
    char serial[21], model[41], firmware[9];
    struct mutex reset_lock;
    struct list_head namespaces;
    struct work reset_work;
};

/* controller.c */
int nvme_controller_start(struct nvme *nvme);
void nvme_controller_stop(struct nvme *nvme, bool orderly);
/* Fails what is in flight and starts the controller anew, or gives it up. Task context. */
void nvme_reset(struct nvme *nvme);

/* queue.c */
int nvme_queue_alloc(struct nvme *nvme, struct nvme_queue *queue, u16 id, u16 depth);
void nvme_queue_free(struct nvme_queue *queue);
void nvme_queue_clear(struct nvme_queue *queue); /* as new, before the controller gets it */
/* False while the controller takes no I/O (never for the admin queue). */
bool nvme_queue_submit(struct nvme_queue *queue, const struct nvme_command *command, bool ring);
void nvme_queue_ring(struct nvme_queue *queue);
/* Takes completions; how many there were. Any context. */
unsigned int nvme_queue_poll(struct nvme_queue *queue);
/* Gives every request in flight back with @status. The controller is stopped. */
void nvme_queue_fail_all(struct nvme_queue *queue, int status);
irq_return_t nvme_irq(unsigned int irq, void *queue);

/* admin.c: 0, -errno, or a positive NVMe status */
int nvme_admin(struct nvme *nvme, struct nvme_command *command, u32 *result);
int nvme_identify(struct nvme *nvme, u32 namespace, u8 what, void *page, dma_addr_t address);
int nvme_set_queue_count(struct nvme *nvme, unsigned int wanted, unsigned int *got);
int nvme_create_io_queue(struct nvme *nvme, struct nvme_queue *queue, u16 vector);

/* prp.c */
/* 1 KiB of memory that the controller reaches, kept for a command id. NULL: none now. */
struct nvme_prp_list *nvme_list_get(struct nvme_queue *queue, u16 id);
/**
 * nvme_prp_build() - the request's memory as the command's two PRP fields. 0; -ENOMEM (try again);
 * -EIO for memory that the block layer promised not to give.
 */
int nvme_prp_build(struct nvme_queue *queue, struct request *rq, struct nvme_command *command);

/* namespace.c */
int nvme_namespaces_scan(struct nvme *nvme);
void nvme_namespaces_remove(struct nvme *nvme);
extern const struct blk_ops nvme_blk_ops;
int nvme_status_to_errno(u16 status);
#endif
