// SPDX-License-Identifier: MIT
/* NVMe controllers on PCI Express: found, set up, taken away, brought to rest at power-off. */
#include "nvme.h"

#include <kernel/arch/percpu.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>

#define REGS_SIZE_MAX 0x10000UL

static atomic_t next_index;

static void reset_work(struct work *work)
{
    nvme_reset(container_of(work, struct nvme, reset_work));
}

static int regs_map(struct nvme *nvme)
{
    struct pci_dev *pdev = nvme->pdev;

    nvme->regs_size = min(pdev->bars[0].size, (u64)REGS_SIZE_MAX);
    if (nvme->regs_size <= NVME_DOORBELLS)
        return -ENODEV;
    nvme->regs = pci_bar_map(pdev, 0, 0, nvme->regs_size, CACHE_UC);
    if (!nvme->regs)
        return -ENODEV;
    nvme->cap = mmio_read32(nvme->regs + NVME_CAP) | (u64)mmio_read32(nvme->regs + NVME_CAP + 4)
                                                         << 32;
    if (nvme->cap == ~0ULL || !NVME_CAP_NVM(nvme->cap) || NVME_CAP_PAGE_MIN(nvme->cap) != 0 ||
        NVME_CAP_ENTRIES(nvme->cap) < NVME_ADMIN_DEPTH) {
        dev_err(&pdev->dev, "capabilities %#llx cannot be used\n", nvme->cap);
        return -ENODEV;
    }
    return 0;
}

static int admin_setup(struct nvme *nvme)
{
    unsigned int wanted = hweight64(READ_ONCE(cpu_online_mask)) + 1;
    int nr = pci_vectors_alloc(nvme->pdev, 1, wanted), error;

    if (nr < 0)
        return nr;
    nvme->nr_irqs = nr;
    error = nvme_queue_alloc(nvme, &nvme->admin, 0, NVME_ADMIN_DEPTH);
    if (error)
        return error;
    return irq_request(pci_vector_irq(nvme->pdev, 0), nvme_irq, NULL, IRQF_SHARED, "nvme",
                       &nvme->admin);
}

static void queues_release(struct nvme *nvme, bool admin_irq)
{
    for (unsigned int i = 0; i < nvme->nr_io_max; i++) {
        unsigned int vector = nvme->nr_irqs > 1 ? 1 + i % (nvme->nr_irqs - 1) : 0;

        irq_free(pci_vector_irq(nvme->pdev, vector), &nvme->io[i]);
    }
    if (admin_irq)
        irq_free(pci_vector_irq(nvme->pdev, 0), &nvme->admin);
    pci_vectors_free(nvme->pdev);
    work_cancel_sync(&nvme->reset_work);
    for (unsigned int i = 0; i < nvme->nr_io; i++)
        nvme_queue_free(&nvme->io[i]);
    nvme_queue_free(&nvme->admin);
    kfree(nvme->io);
}

static struct nvme *nvme_create(struct pci_dev *pdev)
{
    struct nvme *nvme = kzalloc(sizeof(*nvme), GFP_KERNEL);

    if (!nvme)
        return NULL;
    nvme->pdev = pdev;
    nvme->admin.nvme = nvme;
    nvme->index = atomic_fetch_inc(&next_index);
    nvme->state = NVME_STARTING;
    mutex_init(&nvme->reset_lock);
    INIT_LIST_HEAD(&nvme->namespaces);
    work_init(&nvme->reset_work, reset_work);
    return nvme;
}

static int nvme_probe(struct pci_dev *pdev, const struct pci_id *id)
{
    struct nvme *nvme = nvme_create(pdev);
    bool admin_irq = false;
    int error;

    if (!nvme)
        return -ENOMEM;
    error = pci_device_enable(pdev);
    if (error)
        goto free;
    error = regs_map(nvme);
    if (error)
        goto disable;
    error = admin_setup(nvme);
    admin_irq = !error;
    if (!error)
        error = nvme_controller_start(nvme);
    if (!error)
        error = nvme_namespaces_scan(nvme);
    if (error)
        goto release;
    pdev->dev.private = nvme;
    return 0;
release:
    nvme_controller_stop(nvme, false);
    queues_release(nvme, admin_irq);
disable:
    if (nvme->regs)
        iounmap(nvme->regs);
    pci_device_disable(pdev);
free:
    kfree(nvme);
    return error;
}

static void nvme_remove(struct pci_dev *pdev)
{
    struct nvme *nvme = pdev->dev.private;

    nvme_controller_stop(nvme, true);
    nvme_namespaces_remove(nvme);
    queues_release(nvme, true);
    iounmap(nvme->regs);
    pci_device_disable(pdev);
    kfree(nvme);
}

/* So that the controller saves what it must, and does not count an unsafe shutdown. */
static void nvme_shutdown(struct pci_dev *pdev)
{
    nvme_controller_stop(pdev->dev.private, true);
}

static const struct pci_id nvme_ids[] = {
    PCI_ID_CLASS(PCI_CLASS_STORAGE_NVME, 0xffffff),
    {},
};

static struct pci_driver nvme_driver = {
    .drv = {.name = "nvme"},
    .ids = nvme_ids,
    .probe = nvme_probe,
    .remove = nvme_remove,
    .shutdown = nvme_shutdown,
};
PCI_DRIVER(nvme_driver);
