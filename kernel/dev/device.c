// SPDX-License-Identifier: MIT
/*
 * The tree of devices, and the binding of drivers to them.
 *
 * Nouns. A device is on the list of all devices, in its bus's or class's list and under its
 * parent, from registration to unregistration. Each gets a number (seq) that only grows, so a walk
 * can drop the lock for every step and still go on after the last one it saw, whatever came and
 * went meanwhile.
 *
 * Binding. Whoever sets dev->binding (tree_lock) owns dev->driver until it clears it. A device is
 * offered to the bus's drivers in their order; a driver that was registered while another one was
 * probing is later in that order, so it gets its turn in the same walk. Probes run without locks:
 * they may sleep, and register devices of their own.
 *
 * Observers (sysfs, devtmpfs) are called under observer_lock: each sees every device exactly once
 * come and once go, whenever it began to look.
 *
 * Lock order: observer_lock > tree_lock. Neither is held during probe, remove or release.
 */
#include <kernel/dev/device.h>

#include <kernel/base/log.h>
#include <kernel/base/initcall.h>
#include <kernel/base/panic.h>
#include <kernel/base/reboot.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/wait.h>

#include "model.h"

DEFINE_MUTEX(device_tree_lock);
static DEFINE_MUTEX(observer_lock);
static LIST_HEAD(observers);   /* observer_lock */
static LIST_HEAD(all_devices); /* device_tree_lock */
static u64 next_seq = 1;       /* device_tree_lock */
static DEFINE_WAIT_QUEUE(binding_done);

u64 device_seq_next_locked(void)
{
    return next_seq++;
}

void device_init(struct device *dev)
{
    atomic_set(&dev->refcount, 1);
    INIT_LIST_HEAD(&dev->all_link);
    INIT_LIST_HEAD(&dev->bus_link);
    INIT_LIST_HEAD(&dev->class_link);
    INIT_LIST_HEAD(&dev->child_link);
    INIT_LIST_HEAD(&dev->children);
}

struct device *device_get(struct device *dev)
{
    if (dev)
        atomic_inc(&dev->refcount);
    return dev;
}

void device_put(struct device *dev)
{
    struct device *parent;

    if (!dev || !atomic_dec_and_test(&dev->refcount))
        return;
    ASSERT(!dev->registered);
    parent = dev->parent;
    if (dev->release)
        dev->release(dev);
    device_put(parent);
}

/*
 * The walk: the first member of the list whose number is above @after, referenced, or NULL.
 * @offset is that of the link in struct device.
 */
static struct device *next_device(const struct list_head *head, size_t offset, u64 after)
{
    struct device *found = NULL;
    const struct list_head *at;

    mutex_lock(&device_tree_lock);
    for (at = head->next; at != head; at = at->next) {
        struct device *dev = (struct device *)((char *)at - offset);

        if (dev->seq > after) {
            found = device_get(dev);
            break;
        }
    }
    mutex_unlock(&device_tree_lock);
    return found;
}

static int walk_devices(const struct list_head *head, size_t offset,
                        int (*fn)(struct device *dev, void *arg), void *arg)
{
    struct device *dev;
    u64 after = 0;
    int result = 0;

    while (!result && (dev = next_device(head, offset, after))) {
        after = dev->seq;
        result = fn(dev, arg);
        device_put(dev);
    }
    return result;
}

int device_for_each(const struct bus *bus, int (*fn)(struct device *dev, void *arg), void *arg)
{
    if (!bus->state)
        return 0;
    return walk_devices(&bus->state->devices, offsetof(struct device, bus_link), fn, arg);
}

int class_for_each(const struct class *class, int (*fn)(struct device *dev, void *arg), void *arg)
{
    if (!class->state)
        return 0;
    return walk_devices(&class->state->devices, offsetof(struct device, class_link), fn, arg);
}

int device_for_each_child(struct device *parent, int (*fn)(struct device *dev, void *arg),
                          void *arg)
{
    return walk_devices(&parent->children, offsetof(struct device, child_link), fn, arg);
}

static bool binding_try_begin(struct device *dev)
{
    bool mine;

    mutex_lock(&device_tree_lock);
    mine = !dev->binding;
    if (mine)
        dev->binding = true;
    mutex_unlock(&device_tree_lock);
    return mine;
}

static void binding_begin(struct device *dev)
{
    wait_event(&binding_done, binding_try_begin(dev));
}

static void binding_end(struct device *dev)
{
    mutex_lock(&device_tree_lock);
    dev->binding = false;
    mutex_unlock(&device_tree_lock);
    wake_up_all(&binding_done);
}

static void observers_bound(struct device *dev, bool bound)
{
    struct device_observer *observer;

    mutex_lock(&observer_lock);
    list_for_each_entry (observer, &observers, link)
        if (observer->bound && dev->announced)
            observer->bound(dev, bound);
    mutex_unlock(&observer_lock);
}

/* The caller is binding the device. Returns whether the driver took it. */
static bool driver_probe(struct device *dev, const struct driver *drv)
{
    int error;

    if (dev->bus->match && !dev->bus->match(dev, drv))
        return false;
    dev->driver = drv;
    error = dev->bus->probe ? dev->bus->probe(dev, drv) : 0;
    if (error) {
        dev->driver = NULL;
        if (error != -ENODEV && error != -ENXIO)
            pr_err("%s %s: probe failed: error %d\n", drv->name, dev->name, -error);
        return false;
    }
    observers_bound(dev, true);
    return true;
}

/* The caller is binding the device, which has a driver. */
static void driver_remove(struct device *dev)
{
    observers_bound(dev, false);
    if (dev->bus->remove)
        dev->bus->remove(dev);
    dev->driver = NULL;
}

static bool device_still_there(struct device *dev)
{
    bool there;

    mutex_lock(&device_tree_lock);
    there = dev->registered;
    mutex_unlock(&device_tree_lock);
    return there;
}

int device_bind(struct device *dev)
{
    const struct driver *drv;
    u64 after = 0;

    if (!dev->bus)
        return -ENODEV;
    if (!binding_try_begin(dev))
        return -EBUSY;
    while (!dev->driver && device_still_there(dev) && (drv = driver_next(dev->bus, &after)))
        driver_probe(dev, drv);
    binding_end(dev);
    return dev->driver ? 0 : -ENODEV;
}

int device_unbind(struct device *dev)
{
    bool had;

    if (!dev->bus)
        return -ENODEV;
    binding_begin(dev);
    had = dev->driver != NULL;
    if (had)
        driver_remove(dev);
    binding_end(dev);
    return had ? 0 : -ENODEV;
}

/* A new driver meets a device that was there before. */
int device_offer(struct device *dev, void *drv)
{
    /* Somebody else is binding it, and will come to this driver by himself. */
    if (!binding_try_begin(dev))
        return 0;
    if (!dev->driver && device_still_there(dev))
        driver_probe(dev, drv);
    binding_end(dev);
    return 0;
}

int device_withdraw(struct device *dev, void *drv)
{
    binding_begin(dev);
    if (dev->driver == drv)
        driver_remove(dev);
    binding_end(dev);
    return 0;
}

static void device_link_locked(struct device *dev)
{
    dev->seq = device_seq_next_locked();
    list_add_tail(&dev->all_link, &all_devices);
    if (dev->bus)
        list_add_tail(&dev->bus_link, &dev->bus->state->devices);
    if (dev->class)
        list_add_tail(&dev->class_link, &dev->class->state->devices);
    if (dev->parent)
        list_add_tail(&dev->child_link, &dev->parent->children);
    dev->registered = true;
}

static void device_unlink_locked(struct device *dev)
{
    list_del_init(&dev->all_link);
    list_del_init(&dev->bus_link);
    list_del_init(&dev->class_link);
    list_del_init(&dev->child_link);
    dev->registered = false;
}

static void observers_added(struct device *dev)
{
    struct device_observer *observer;

    mutex_lock(&observer_lock);
    dev->announced = true;
    list_for_each_entry (observer, &observers, link)
        if (observer->added)
            observer->added(dev);
    mutex_unlock(&observer_lock);
}

static void observers_removed(struct device *dev)
{
    struct device_observer *observer;

    mutex_lock(&observer_lock);
    dev->announced = false;
    list_for_each_entry (observer, &observers, link)
        if (observer->removed)
            observer->removed(dev);
    mutex_unlock(&observer_lock);
}

int device_register(struct device *dev)
{
    if (!dev->name[0] || (dev->bus && !dev->bus->state) || (dev->class && !dev->class->state))
        return -EINVAL;
    device_get(dev);
    device_get(dev->parent);
    mutex_lock(&device_tree_lock);
    device_link_locked(dev);
    mutex_unlock(&device_tree_lock);
    observers_added(dev);
    device_bind(dev);
    return 0;
}

void device_unregister(struct device *dev)
{
    bool was;

    mutex_lock(&device_tree_lock);
    was = dev->registered;
    dev->registered = false;
    mutex_unlock(&device_tree_lock);
    if (!was)
        return;
    device_unbind(dev);
    observers_removed(dev);
    mutex_lock(&device_tree_lock);
    device_unlink_locked(dev);
    mutex_unlock(&device_tree_lock);
    device_put(dev);
}

static int observer_catch_up(struct device *dev, void *arg)
{
    struct device_observer *observer = arg;

    if (!dev->announced)
        return 0;
    if (observer->added)
        observer->added(dev);
    if (observer->bound && dev->driver)
        observer->bound(dev, true);
    return 0;
}

void device_observe(struct device_observer *observer)
{
    mutex_lock(&observer_lock);
    list_add_tail(&observer->link, &observers);
    walk_devices(&all_devices, offsetof(struct device, all_link), observer_catch_up, observer);
    mutex_unlock(&observer_lock);
}

/* The last registered before number @before, referenced. */
static struct device *previous_device(u64 before)
{
    struct device *dev, *found = NULL;

    mutex_lock(&device_tree_lock);
    list_for_each_entry_reverse (dev, &all_devices, all_link) {
        if (dev->seq < before) {
            found = device_get(dev);
            break;
        }
    }
    mutex_unlock(&device_tree_lock);
    return found;
}

/* Children before their parents, since these were registered first. */
static void devices_shutdown(struct shutdown_notifier *self)
{
    struct device *dev;
    u64 before = ~0ULL;

    while ((dev = previous_device(before))) {
        before = dev->seq;
        if (dev->bus && dev->bus->shutdown && binding_try_begin(dev)) {
            if (dev->driver)
                dev->bus->shutdown(dev);
            binding_end(dev);
        }
        device_put(dev);
    }
}

static struct shutdown_notifier shutdown = {.call = devices_shutdown};

static int __init device_shutdown_init(void)
{
    shutdown_notifier_register(&shutdown);
    return 0;
}
initcall(INIT_SUBSYS, device_shutdown_init);

static void created_release(struct device *dev)
{
    kfree(dev);
}

struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *private,
                             const char *fmt, ...)
{
    struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
    va_list args;
    int error;

    if (!dev)
        return ERR_PTR(-ENOMEM);
    device_init(dev);
    dev->class = class;
    dev->parent = parent;
    dev->devt = devt;
    dev->private = private;
    dev->release = created_release;
    va_start(args, fmt);
    vsnprintf(dev->name, sizeof(dev->name), fmt, args);
    va_end(args);
    error = device_register(dev);
    if (error) {
        kfree(dev);
        return ERR_PTR(error);
    }
    /* Registration holds the only reference: unregistering frees it. */
    device_put(dev);
    return dev;
}

void dev_log(const struct device *dev, int level, const char *fmt, ...)
{
    char text[256];
    va_list args;
    const char *owner = "";

    if (dev->driver)
        owner = dev->driver->name;
    else if (dev->bus)
        owner = dev->bus->name;
    else if (dev->class)
        owner = dev->class->name;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    klog(level, "%s%s%s: %s", owner, owner[0] ? " " : "", dev->name, text);
}
