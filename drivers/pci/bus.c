// SPDX-License-Identifier: MIT
/*
 * PCI as a bus of the device model: which driver fits which device, probing, and start-up.
 */
#include "pci_internal.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>

static const struct pci_driver *to_pci_driver(const struct driver *drv)
{
    return drv->bus_data;
}

static bool id_is_end(const struct pci_id *id)
{
    return !id->vendor && !id->device && !id->class_mask;
}

static const struct pci_id *id_find(const struct pci_id *ids, const struct pci_dev *pdev)
{
    for (const struct pci_id *id = ids; !id_is_end(id); id++)
        if ((id->vendor == PCI_ANY || id->vendor == pdev->vendor) &&
            (id->device == PCI_ANY || id->device == pdev->device) &&
            !((id->class ^ pdev->class) & id->class_mask))
            return id;
    return NULL;
}

static bool pci_match(const struct device *dev, const struct driver *drv)
{
    return id_find(to_pci_driver(drv)->ids, to_pci_dev(dev)) != NULL;
}

static int pci_probe(struct device *dev, const struct driver *drv)
{
    struct pci_dev *pdev = to_pci_dev(dev);
    const struct pci_driver *driver = to_pci_driver(drv);

    return driver->probe(pdev, id_find(driver->ids, pdev));
}

static void pci_remove(struct device *dev)
{
    const struct pci_driver *driver = to_pci_driver(dev->driver);

    if (driver->remove)
        driver->remove(to_pci_dev(dev));
}

static void pci_shutdown(struct device *dev)
{
    const struct pci_driver *driver = to_pci_driver(dev->driver);

    if (driver->shutdown)
        driver->shutdown(to_pci_dev(dev));
}

static int pci_uevent(const struct device *dev, char *buf, size_t size)
{
    const struct pci_dev *pdev = to_pci_dev(dev);

    return scnprintf(buf, size,
                     "PCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n"
                     "PCI_SLOT_NAME=%s\n"
                     "MODALIAS=pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n",
                     pdev->class, pdev->vendor, pdev->device, pdev->subsystem_vendor,
                     pdev->subsystem_device, pdev->dev.name, pdev->vendor, pdev->device,
                     pdev->subsystem_vendor, pdev->subsystem_device, pdev->class >> 16,
                     (pdev->class >> 8) & 0xff, pdev->class & 0xff);
}

struct bus pci_bus_type = {
    .name = "pci",
    .match = pci_match,
    .probe = pci_probe,
    .remove = pci_remove,
    .shutdown = pci_shutdown,
    .uevent = pci_uevent,
};

int pci_driver_register(struct pci_driver *driver)
{
    driver->drv.bus = &pci_bus_type;
    driver->drv.bus_data = driver;
    return driver_register(&driver->drv);
}

void pci_driver_unregister(struct pci_driver *driver)
{
    driver_unregister(&driver->drv);
}

int pci_device_enable(struct pci_dev *pdev)
{
    u16 command = pci_read16(pdev, PCI_COMMAND), wanted = PCI_COMMAND_MASTER;

    if (command == 0xffff)
        return -ENODEV;
    for (unsigned int i = 0; i < PCI_NR_BARS; i++) {
        const struct pci_bar *bar = &pdev->bars[i];

        if (!bar->size || (bar->flags & PCI_BAR_UNPLACED))
            continue;
        wanted |= bar->flags & PCI_BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    }
    pci_write16(pdev, PCI_COMMAND, command | wanted);
    if ((pci_read16(pdev, PCI_COMMAND) & wanted) != wanted)
        return -EIO;
    pdev->enable_count++;
    return 0;
}

void pci_device_disable(struct pci_dev *pdev)
{
    u16 command = pci_read16(pdev, PCI_COMMAND);

    if (pdev->enable_count && --pdev->enable_count == 0 && command != 0xffff)
        pci_write16(pdev, PCI_COMMAND,
                    command & ~(PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_IO));
}

static int __init pci_bus_init(void)
{
    return bus_register(&pci_bus_type);
}
initcall(INIT_SUBSYS, pci_bus_init);

static int __init pci_init(void)
{
    int nr = pci_hosts_find(pci_host_enumerate);

    if (nr < 0)
        return nr;
    if (nr == 0)
        pr_info("pci: none\n");
    return 0;
}
initcall(INIT_DEVICE, pci_init);
