// SPDX-License-Identifier: MIT
/*
 * A controller's life: from reset to live, the reset after trouble, and the orderly end.
 *
 * Start (Base 2.0, 3.5.1): disable and wait, admin queue, enable and wait, identify, number of
 * queues, I/O queues. Queues are allocated once, as many as there are processors and the
 * controller grants; a reset creates them anew in the same memory. While not live the driver takes
 * no requests, and what was in flight goes back to the block layer as -EAGAIN, which tries again a
 * bounded number of times. A controller that does not come back is given up: its disks fail.
 *
 * Locking: reset_lock over state changes and everything here.
 */
#include "nvme.h"

#include <kernel/arch/percpu.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>

#define READY_UNIT_NS       (500 * NSEC_PER_MSEC)
#define SHUTDOWN_TIMEOUT_NS (5 * NSEC_PER_SEC)

static u32 reg_read(struct nvme *nvme, u32 offset)
{
    return mmio_read32(nvme->regs + offset);
}

/* In two halves: not every controller takes 64 bits at once. */
static void reg_write64(struct nvme *nvme, u32 offset, u64 value)
{
    mmio_write32(nvme->regs + offset, value);
    mmio_write32(nvme->regs + offset + 4, value >> 32);
}

static int status_wait(struct nvme *nvme, u32 mask, u32 value, u64 timeout_ns)
{
    u64 deadline = ktime_ns() + timeout_ns;
    u32 status;

    while (((status = reg_read(nvme, NVME_CSTS)) & mask) != value) {
        if (status == ~0U)
            return -ENODEV;
        if (value == NVME_CSTS_READY && (status & NVME_CSTS_FATAL))
            return -EIO;
        if (ktime_ns() > deadline)
            return -ETIMEDOUT;
        msleep(1);
    }
    return 0;
}

static u64 ready_timeout(const struct nvme *nvme)
{
    return max(NVME_CAP_TIMEOUT(nvme->cap), 1U) * READY_UNIT_NS;
}

static int controller_disable(struct nvme *nvme)
{
    mmio_write32(nvme->regs + NVME_CC, reg_read(nvme, NVME_CC) & ~NVME_CC_ENABLE);
    return status_wait(nvme, NVME_CSTS_READY, 0, ready_timeout(nvme));
}

static int controller_enable(struct nvme *nvme)
{
    u32 entries = NVME_ADMIN_DEPTH - 1;

    nvme_queue_clear(&nvme->admin);
    for (unsigned int i = 0; i < NVME_ADMIN_DEPTH; i++)
        nvme->waiters[i].busy = false;
    mmio_write32(nvme->regs + NVME_AQA, entries << 16 | entries);
    reg_write64(nvme, NVME_ASQ, nvme->admin.sq_address);
    reg_write64(nvme, NVME_ACQ, nvme->admin.cq_address);
    mmio_write32(nvme->regs + NVME_CC, NVME_CC_ENABLE | NVME_CC_QUEUE_ENTRIES);
    return status_wait(nvme, NVME_CSTS_READY, NVME_CSTS_READY, ready_timeout(nvme));
}

/* Strings in the identify data are padded with spaces, not ended. */
static void text_copy(char *to, const u8 *from, size_t len)
{
    memcpy(to, from, len);
    to[len] = '\0';
    while (len && (to[len - 1] == ' ' || to[len - 1] == '\0'))
        to[--len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (to[i] < ' ' || to[i] > '~')
            to[i] = '?';
}

/* Offsets in the identify controller data (Base 2.0, figure 275). */
enum { ID_SERIAL = 4, ID_MODEL = 24, ID_FIRMWARE = 64, ID_MDTS = 77, ID_ONCS = 520, ID_VWC = 525 };
#define ONCS_DATASET      0x4
#define ONCS_WRITE_ZEROES 0x8

static void controller_describe(struct nvme *nvme, const u8 *id)
{
    unsigned int mdts = id[ID_MDTS];
    u16 oncs = id[ID_ONCS] | id[ID_ONCS + 1] << 8;

    text_copy(nvme->serial, id + ID_SERIAL, 20);
    text_copy(nvme->model, id + ID_MODEL, 40);
    text_copy(nvme->firmware, id + ID_FIRMWARE, 8);
    nvme->max_pages = NVME_PAGES_MAX;
    if (mdts && mdts < 16)
        nvme->max_pages = min(nvme->max_pages, 1U << mdts);
    nvme->has_dataset = oncs & ONCS_DATASET;
    nvme->has_write_zeroes = oncs & ONCS_WRITE_ZEROES;
    nvme->volatile_cache = id[ID_VWC] & 1;
}

static int controller_identify(struct nvme *nvme)
{
    dma_addr_t address;
    void *page = dma_alloc_coherent(&nvme->pdev->dev, PAGE_SIZE, &address, GFP_KERNEL);
    int status;

    if (!page)
        return -ENOMEM;
    status = nvme_identify(nvme, 0, NVME_IDENTIFY_CONTROLLER, page, address);
    if (!status)
        controller_describe(nvme, page);
    if (status != -ETIMEDOUT)
        dma_free_coherent(&nvme->pdev->dev, PAGE_SIZE, page, address);
    return status;
}

static unsigned int io_vector(const struct nvme *nvme, unsigned int index)
{
    return nvme->nr_irqs > 1 ? 1 + index % (nvme->nr_irqs - 1) : 0;
}

static int io_queues_alloc(struct nvme *nvme)
{
    unsigned int wanted = hweight64(READ_ONCE(cpu_online_mask)), got;
    int status = nvme_set_queue_count(nvme, wanted, &got);

    if (status)
        return status;
    if (nvme->io)
        return got >= nvme->nr_io ? 0 : -EIO;
    nvme->io = kcalloc(got, sizeof(*nvme->io), GFP_KERNEL);
    if (!nvme->io)
        return -ENOMEM;
    nvme->io_depth = min_t(u32, NVME_CAP_ENTRIES(nvme->cap), NVME_IO_DEPTH_MAX);
    for (; nvme->nr_io < got; nvme->nr_io++) {
        status = nvme_queue_alloc(nvme, &nvme->io[nvme->nr_io], nvme->nr_io + 1, nvme->io_depth);
        if (status) {
            nvme_queue_free(&nvme->io[nvme->nr_io]);
            return nvme->nr_io ? 0 : status;
        }
    }
    return 0;
}

/* Handlers are installed once: queue memory stays the same over resets. */
static int irqs_request(struct nvme *nvme)
{
    unsigned int flags = pci_vector_is_shared(nvme->pdev) ? IRQF_SHARED : 0;

    /* Vector 0 was the admin queue's from the start; with it alone everything shares it. */
    for (unsigned int i = 0; i < nvme->nr_io; i++) {
        unsigned int vector = io_vector(nvme, i);
        int error = irq_request(pci_vector_irq(nvme->pdev, vector), nvme_irq, NULL,
                                flags | IRQF_SHARED, "nvme", &nvme->io[i]);

        if (error)
            return error;
        nvme->nr_io_max = i + 1;
    }
    return 0;
}

static int io_queues_create(struct nvme *nvme)
{
    int status = nvme->nr_io_max ? 0 : irqs_request(nvme);

    for (unsigned int i = 0; i < nvme->nr_io && !status; i++) {
        nvme_queue_clear(&nvme->io[i]);
        status = nvme_create_io_queue(nvme, &nvme->io[i], io_vector(nvme, i));
    }
    return status;
}

/* A positive status is the controller's refusal. */
static int step(struct nvme *nvme, const char *what, int status)
{
    if (status)
        dev_err(&nvme->pdev->dev, "%s: %s %d\n", what, status < 0 ? "error" : "status",
                status < 0 ? -status : status);
    return status > 0 ? -EIO : status;
}

static int controller_bring_up(struct nvme *nvme)
{
    int error = step(nvme, "disabling", controller_disable(nvme));

    if (!error)
        error = step(nvme, "enabling", controller_enable(nvme));
    if (!error)
        error = step(nvme, "identifying", controller_identify(nvme));
    if (!error)
        error = step(nvme, "number of queues", io_queues_alloc(nvme));
    if (!error)
        error = step(nvme, "creating queues", io_queues_create(nvme));
    return error;
}

int nvme_controller_start(struct nvme *nvme)
{
    int error;

    mutex_lock(&nvme->reset_lock);
    error = controller_bring_up(nvme);
    nvme->state = error ? NVME_DEAD : NVME_LIVE;
    mutex_unlock(&nvme->reset_lock);
    return error;
}

/* From here on nobody submits: who saw the old state has finished with the queue. */
static void state_set(struct nvme *nvme, enum nvme_state state)
{
    WRITE_ONCE(nvme->state, state);
    for (unsigned int i = 0; i < nvme->nr_io; i++) {
        spin_lock_irq(&nvme->io[i].sq_lock);
        spin_unlock_irq(&nvme->io[i].sq_lock);
    }
}

static void disks_kick(struct nvme *nvme)
{
    struct nvme_namespace *ns;

    list_for_each_entry (ns, &nvme->namespaces, link)
        for (unsigned int i = 0; ns->disk && i < nvme->nr_io; i++)
            hw_queue_kick(disk_hw_queue(ns->disk, i));
}

static void inflight_fail(struct nvme *nvme, int status)
{
    for (unsigned int i = 0; i < nvme->nr_io; i++)
        nvme_queue_fail_all(&nvme->io[i], status);
}

void nvme_reset(struct nvme *nvme)
{
    u16 command;
    bool back;

    mutex_lock(&nvme->reset_lock);
    if (nvme->state != NVME_LIVE) {
        mutex_unlock(&nvme->reset_lock);
        return;
    }
    state_set(nvme, NVME_RESETTING);
    dev_warn(&nvme->pdev->dev, "resetting the controller\n");
    /* A controller that does not even disable may still write: bus mastering ends that. */
    command = pci_read16(nvme->pdev, PCI_COMMAND);
    if (controller_disable(nvme) != 0)
        pci_write16(nvme->pdev, PCI_COMMAND, command & ~PCI_COMMAND_MASTER);
    back = reg_read(nvme, NVME_CSTS) != ~0U;
    if (back) {
        pci_write16(nvme->pdev, PCI_COMMAND, command | PCI_COMMAND_MASTER);
        back = controller_bring_up(nvme) == 0;
    }
    inflight_fail(nvme, back ? -EAGAIN : -EIO);
    state_set(nvme, back ? NVME_LIVE : NVME_DEAD);
    if (!back)
        dev_err(&nvme->pdev->dev, "taken out of service\n");
    disks_kick(nvme);
    mutex_unlock(&nvme->reset_lock);
}

void nvme_controller_stop(struct nvme *nvme, bool orderly)
{
    u32 control;

    mutex_lock(&nvme->reset_lock);
    state_set(nvme, NVME_DEAD);
    if (orderly && reg_read(nvme, NVME_CSTS) != ~0U) {
        control = reg_read(nvme, NVME_CC) & ~NVME_CC_SHUTDOWN_MASK;
        mmio_write32(nvme->regs + NVME_CC, control | NVME_CC_SHUTDOWN_NORMAL);
        status_wait(nvme, NVME_CSTS_SHUTDOWN_MASK, NVME_CSTS_SHUTDOWN_DONE, SHUTDOWN_TIMEOUT_NS);
    }
    controller_disable(nvme);
    inflight_fail(nvme, -EIO);
    mutex_unlock(&nvme->reset_lock);
}
