// SPDX-License-Identifier: MIT
/*
 * What /sys/bus/pci/devices/ shows of a device, in the form that lspci and udev read. `config` is
 * the raw configuration space; writing it is left out on purpose (it can hang the machine), and
 * reading past the first 64 bytes touches only registers that reads do not change.
 */
#include "pci_internal.h"

#include <kernel/err.h>
#include <kernel/lib/printf.h>

enum field {
    FIELD_VENDOR,
    FIELD_DEVICE,
    FIELD_SUBSYSTEM_VENDOR,
    FIELD_SUBSYSTEM_DEVICE,
    FIELD_CLASS,
    FIELD_REVISION,
};

static ssize_t id_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct pci_dev *pdev = to_pci_dev(dev);

    switch ((enum field)attr->arg) {
    case FIELD_VENDOR: return scnprintf(buf, PAGE_SIZE, "0x%04x\n", pdev->vendor);
    case FIELD_DEVICE: return scnprintf(buf, PAGE_SIZE, "0x%04x\n", pdev->device);
    case FIELD_SUBSYSTEM_VENDOR:
        return scnprintf(buf, PAGE_SIZE, "0x%04x\n", pdev->subsystem_vendor);
    case FIELD_SUBSYSTEM_DEVICE:
        return scnprintf(buf, PAGE_SIZE, "0x%04x\n", pdev->subsystem_device);
    case FIELD_CLASS: return scnprintf(buf, PAGE_SIZE, "0x%06x\n", pdev->class);
    case FIELD_REVISION: return scnprintf(buf, PAGE_SIZE, "0x%02x\n", pdev->revision);
    }
    return -EINVAL;
}

static ssize_t irq_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct pci_dev *pdev = to_pci_dev(dev);
    u8 line = pdev->interrupt_pin ? pci_read8(pdev, PCI_INTERRUPT_LINE) : 0;

    return scnprintf(buf, PAGE_SIZE, "%u\n", line == 0xff ? 0 : line);
}

static ssize_t enable_show(struct device *dev, const struct attribute *attr, char *buf)
{
    return scnprintf(buf, PAGE_SIZE, "%u\n", to_pci_dev(dev)->enable_count);
}

static ssize_t numa_node_show(struct device *dev, const struct attribute *attr, char *buf)
{
    return scnprintf(buf, PAGE_SIZE, "-1\n");
}

static ssize_t modalias_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct pci_dev *pdev = to_pci_dev(dev);

    return scnprintf(buf, PAGE_SIZE, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", pdev->vendor,
                     pdev->device, pdev->subsystem_vendor, pdev->subsystem_device,
                     pdev->class >> 16, (pdev->class >> 8) & 0xff, pdev->class & 0xff);
}

/* Flags as programs know them from Linux: what kind of range, and the register's low bits. */
#define RESOURCE_IO       0x00040100
#define RESOURCE_MEMORY   0x00040200
#define RESOURCE_PREFETCH 0x00002008
#define RESOURCE_64BIT    0x00100004
#define RESOURCE_ROM      0x00046200
#define RESOURCE_UNSET    0x20000000

static u64 resource_flags(const struct pci_bar *bar, unsigned int index)
{
    u64 flags = bar->flags & PCI_BAR_IO ? RESOURCE_IO | 1 : RESOURCE_MEMORY;

    if (index == PCI_BAR_ROM)
        flags = RESOURCE_ROM;
    if (bar->flags & PCI_BAR_PREFETCH)
        flags |= RESOURCE_PREFETCH;
    if (bar->flags & PCI_BAR_64BIT)
        flags |= RESOURCE_64BIT;
    if (bar->flags & PCI_BAR_UNPLACED)
        flags |= RESOURCE_UNSET;
    return flags;
}

#define NR_RESOURCE_LINES_NORMAL 13

static ssize_t resource_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct pci_dev *pdev = to_pci_dev(dev);
    ssize_t len = 0;

    for (unsigned int i = 0; i < NR_RESOURCE_LINES_NORMAL; i++) {
        const struct pci_bar none = {}, *bar = i <= PCI_BAR_ROM ? &pdev->bars[i] : &none;

        len += scnprintf(buf + len, PAGE_SIZE - len, "0x%016llx 0x%016llx 0x%016llx\n",
                         bar->size ? bar->address : 0, bar->size ? bar->address + bar->size - 1 : 0,
                         bar->size ? resource_flags(bar, i) : 0);
    }
    return len;
}

static ssize_t config_read(struct device *dev, const struct attribute *attr, void *buf, loff_t off,
                           size_t count)
{
    const struct pci_dev *pdev = to_pci_dev(dev);
    u8 *out = buf;

    if (off < 0 || off >= pdev->config_size)
        return 0;
    count = min_t(size_t, count, pdev->config_size - off);
    for (size_t i = 0; i < count; i++)
        out[i] = pci_read8(pdev, off + i);
    return count;
}

#define ID_ATTRIBUTE(attribute_name, field)                 \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = id_show, .arg = (field)}
#define SHOW_ATTRIBUTE(attribute_name)                      \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = attribute_name##_show}

ID_ATTRIBUTE(vendor, FIELD_VENDOR);
ID_ATTRIBUTE(device, FIELD_DEVICE);
ID_ATTRIBUTE(subsystem_vendor, FIELD_SUBSYSTEM_VENDOR);
ID_ATTRIBUTE(subsystem_device, FIELD_SUBSYSTEM_DEVICE);
ID_ATTRIBUTE(class, FIELD_CLASS);
ID_ATTRIBUTE(revision, FIELD_REVISION);
SHOW_ATTRIBUTE(irq);
SHOW_ATTRIBUTE(enable);
SHOW_ATTRIBUTE(numa_node);
SHOW_ATTRIBUTE(modalias);
SHOW_ATTRIBUTE(resource);
static const struct attribute config_attr = {
    .name = "config", .mode = 0444, .read = config_read, .size = 256};
static const struct attribute express_config_attr = {
    .name = "config", .mode = 0444, .read = config_read, .size = 4096};

static const struct attribute *const common_attrs[] = {
    &vendor_attr,   &device_attr, &subsystem_vendor_attr, &subsystem_device_attr, &class_attr,
    &revision_attr, &irq_attr,    &enable_attr,           &numa_node_attr,        &modalias_attr,
    &resource_attr, NULL,
};
static const struct attribute *const config_attrs[] = {&config_attr, NULL};
static const struct attribute *const express_config_attrs[] = {&express_config_attr, NULL};
static const struct attribute_group common_group = {.attrs = common_attrs};
static const struct attribute_group config_group = {.attrs = config_attrs};
static const struct attribute_group express_config_group = {.attrs = express_config_attrs};

const struct attribute_group *const pci_dev_groups[] = {&common_group, &config_group, NULL};
const struct attribute_group *const pci_express_groups[] = {&common_group, &express_config_group,
                                                            NULL};
