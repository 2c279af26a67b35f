/* SPDX-License-Identifier: MIT */
/*
 * Devices in /sys: an observer of the device model.
 *
 * A device's directory stands in its parent's. A device of a class whose parent is none of that
 * class stands in a directory named after the class ("net", "block") there; one without a parent in
 * devices/virtual/CLASS. From the directories of buses, classes and device numbers, links lead to
 * it. device->sysfs is its node.
 *
 * The device model calls added, removed and bound one at a time.
 */
#include "sysfs.h"

#include <kernel/base/log.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>

static struct sysfs_node *node_of(const struct device *dev)
{
    return (struct sysfs_node *)dev->sysfs;
}

static const char *subsystem_name(const struct device *dev)
{
    return dev->class ? dev->class->name : dev->bus ? dev->bus->name : NULL;
}

/* --- values that every device has --- */

static ssize_t dev_text(struct device *dev, char *buf)
{
    return scnprintf(buf, PAGE_SIZE, "%u:%u\n", MAJOR(dev->devt), MINOR(dev->devt));
}

static const char *node_name_of(const struct device *dev, char *buf, size_t size)
{
    const char *prefix = dev->class && dev->class->dev_prefix ? dev->class->dev_prefix : "";

    if (dev->node_name)
        return dev->node_name;
    snprintf(buf, size, "%s%s", prefix, dev->name);
    return buf;
}

static ssize_t uevent_text(struct device *dev, char *buf)
{
    char name[96];
    int n = 0;

    if (dev->devt)
        n += scnprintf(buf, PAGE_SIZE, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", MAJOR(dev->devt),
                       MINOR(dev->devt), node_name_of(dev, name, sizeof(name)));
    if (dev->node_mode && dev->devt)
        n += scnprintf(buf + n, PAGE_SIZE - (size_t)n, "DEVMODE=0%o\n", dev->node_mode);
    if (dev->block)
        n += scnprintf(buf + n, PAGE_SIZE - (size_t)n, "DEVTYPE=%s\n",
                       dev->parent && dev->parent->block ? "partition" : "disk");
    if (dev->driver)
        n += scnprintf(buf + n, PAGE_SIZE - (size_t)n, "DRIVER=%s\n", dev->driver->name);
    if (dev->bus && dev->bus->uevent) {
        int more = dev->bus->uevent(dev, buf + n, PAGE_SIZE - (size_t)n);

        n += max(more, 0);
    }
    return n;
}

/* --- where it stands --- */

/* A directory between a device and its parent, for the class. */
static bool wants_class_dir(const struct device *dev)
{
    return dev->class && dev->parent && dev->parent->class != dev->class;
}

static struct sysfs_node *device_place(const struct device *dev)
{
    struct sysfs_node *parent = dev->parent ? node_of(dev->parent) : NULL;
    char path[96];

    if (parent && wants_class_dir(dev))
        return sysfs_dir_add(parent, dev->class->name, NULL);
    if (parent)
        return parent;
    if (dev->class) {
        snprintf(path, sizeof(path), "devices/virtual/%s", dev->class->name);
        return sysfs_path_add(&sysfs_root, path);
    }
    return sysfs_path_add(&sysfs_root, "devices");
}

/* --- attributes --- */

static void group_add(struct sysfs_node *dir, struct device *dev,
                      const struct attribute_group *group)
{
    if (group->name)
        dir = sysfs_dir_add(dir, group->name, NULL);
    for (const struct attribute *const *attr = group->attrs; dir && *attr; attr++) {
        if (!sysfs_attr_add(dir, dev, *attr))
            pr_err("sysfs: %s: cannot add %s\n", dev->name, (*attr)->name);
    }
}

static void groups_add(struct sysfs_node *dir, struct device *dev,
                       const struct attribute_group *const *groups)
{
    for (; groups && *groups; groups++)
        group_add(dir, dev, *groups);
}

/* --- links to it --- */

static struct sysfs_node *subsystem_dir(const struct device *dev)
{
    char path[96];

    if (dev->class)
        snprintf(path, sizeof(path), "class/%s", dev->class->name);
    else if (dev->bus)
        snprintf(path, sizeof(path), "bus/%s", dev->bus->name);
    else
        return NULL;
    return sysfs_path_add(&sysfs_root, path);
}

static struct sysfs_node *driver_dir(const struct driver *driver)
{
    char path[128];

    snprintf(path, sizeof(path), "bus/%s/drivers/%s", driver->bus->name, driver->name);
    return sysfs_path_add(&sysfs_root, path);
}

/* The directory where all devices of the subsystem are linked. */
static struct sysfs_node *members_dir(const struct device *dev)
{
    struct sysfs_node *subsystem = subsystem_dir(dev);

    return dev->class || !subsystem ? subsystem : sysfs_dir_add(subsystem, "devices", NULL);
}

static bool is_whole_disk(const struct device *dev)
{
    return dev->block && !(dev->parent && dev->parent->block);
}

static void number_text(const struct device *dev, char *buf, size_t size)
{
    snprintf(buf, size, "%u:%u", MAJOR(dev->devt), MINOR(dev->devt));
}

static struct sysfs_node *numbers_dir(const struct device *dev)
{
    return sysfs_path_add(&sysfs_root, dev->block ? "dev/block" : "dev/char");
}

static void links_add(struct sysfs_node *node, struct device *dev)
{
    struct sysfs_node *subsystem = subsystem_dir(dev), *members = members_dir(dev);
    char number[24];

    if (subsystem)
        sysfs_link_add(node, "subsystem", subsystem);
    if (members)
        sysfs_link_add(members, dev->name, node);
    if (wants_class_dir(dev) && node_of(dev->parent))
        sysfs_link_add(node, "device", node_of(dev->parent));
    if (is_whole_disk(dev))
        sysfs_link_add(sysfs_path_add(&sysfs_root, "block"), dev->name, node);
    if (dev->devt) {
        number_text(dev, number, sizeof(number));
        sysfs_link_add(numbers_dir(dev), number, node);
    }
}

static void links_remove(struct device *dev)
{
    struct sysfs_node *members = members_dir(dev);
    char number[24];

    if (members)
        sysfs_remove_name(members, dev->name);
    if (is_whole_disk(dev))
        sysfs_remove_name(sysfs_path_add(&sysfs_root, "block"), dev->name);
    if (dev->devt) {
        number_text(dev, number, sizeof(number));
        sysfs_remove_name(numbers_dir(dev), number);
    }
}

/* --- the observer --- */

static void device_bound(struct device *dev, bool bound)
{
    struct sysfs_node *node = node_of(dev), *drivers;

    if (!node || !dev->driver)
        return;
    drivers = driver_dir(dev->driver);
    if (!drivers)
        return;
    if (bound) {
        sysfs_link_add(node, "driver", drivers);
        sysfs_link_add(drivers, dev->name, node);
    } else {
        sysfs_remove_name(node, "driver");
        sysfs_remove_name(drivers, dev->name);
    }
}

static void device_added(struct device *dev)
{
    struct sysfs_node *place = device_place(dev), *node;

    node = place ? sysfs_dir_add(place, dev->name, dev) : NULL;
    if (!node) {
        pr_err("sysfs: cannot add device %s of %s\n", dev->name,
               subsystem_name(dev) ? subsystem_name(dev) : "none");
        return;
    }
    /* A reference of its own: the parent's removal may take the directory out of the tree first. */
    dev->sysfs = (struct sysfs_dir *)sysfs_node_get(node);
    sysfs_text_add(node, "uevent", dev, uevent_text);
    if (dev->devt)
        sysfs_text_add(node, "dev", dev, dev_text);
    if (dev->class)
        groups_add(node, dev, dev->class->dev_groups);
    if (dev->bus)
        groups_add(node, dev, dev->bus->dev_groups);
    groups_add(node, dev, dev->groups);
    links_add(node, dev);
    if (dev->driver)
        device_bound(dev, true);
}

static void device_removed(struct device *dev)
{
    struct sysfs_node *node = node_of(dev), *place;

    if (!node)
        return;
    links_remove(dev);
    place = node->parent;
    dev->sysfs = NULL;
    sysfs_remove(node);
    if (wants_class_dir(dev) && place)
        sysfs_remove_if_empty(place);
    sysfs_node_put(node);
}

static struct device_observer observer = {
    .added = device_added,
    .removed = device_removed,
    .bound = device_bound,
};

int sysfs_devices_start(void)
{
    if (!sysfs_path_add(&sysfs_root, "devices/virtual"))
        return -ENOMEM;
    device_observe(&observer);
    return 0;
}
