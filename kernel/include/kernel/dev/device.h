/* SPDX-License-Identifier: MIT */
/*
 * The device model: devices hang on buses and in classes; drivers are bound to devices by their
 * bus. sysfs shows the tree; devtmpfs has a node for each device with a number.
 *
 * Locking: (t) the tree's lock, private to kernel/dev, never held while a driver or an observer is
 * called; (b) changed only by whoever has marked the device as binding; (c) set before the device
 * is registered and constant from then on. A driver's probe may register devices and drivers.
 * Task context, may sleep, unless said.
 */
#ifndef KERNEL_DEV_DEVICE_H
#define KERNEL_DEV_DEVICE_H

#include <kernel/base/registry.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/sync/mutex.h>
#include <kernel/types.h>

struct bus;
struct class;
struct device;
struct driver;
struct sysfs_dir; /* opaque; made by sysfs when it is there */

struct attribute {
    const char *name;
    umode_t mode;
    ssize_t (*show)(struct device *dev, const struct attribute *attr, char *buf); /* PAGE_SIZE */
    ssize_t (*store)(struct device *dev, const struct attribute *attr, const char *buf,
                     size_t count);
    /* Binary attributes: both take an offset; size is what stat shows. */
    ssize_t (*read)(struct device *dev, const struct attribute *attr, void *buf, loff_t off,
                    size_t count);
    ssize_t (*write)(struct device *dev, const struct attribute *attr, const void *buf, loff_t off,
                     size_t count);
    size_t size;
    unsigned long arg;
};

/* NULL-terminated array of attributes, in a subdirectory if named. */
struct attribute_group {
    const char *name;
    const struct attribute *const *attrs;
};

struct device {
    char name[48];                               /* c */
    struct device *parent;                       /* c; a reference is held */
    const struct bus *bus;                       /* c */
    const struct class *class;                   /* c */
    const struct driver *driver;                 /* b */
    const struct attribute_group *const *groups; /* c; NULL-terminated, may be NULL */
    dev_t devt;                                  /* c; 0: no node */
    bool block;                                  /* devt is a block device's */
    umode_t node_mode;                           /* 0: 0600 */
    const char *node_name;                       /* path under /dev if not name */
    u64 dma_mask;
    atomic_t refcount;
    void *private; /* the driver's */
    void (*release)(struct device *dev);
    struct list_head all_link, bus_link, class_link, child_link, children; /* t */
    struct sysfs_dir *sysfs;                                               /* the observer's */
    u64 seq;         /* t; order of registration */
    bool registered; /* t */
    bool binding;    /* t; somebody probes or removes a driver */
    bool announced;  /* observers have seen it */
};

struct bus {
    const char *name;
    bool (*match)(const struct device *dev, const struct driver *drv);
    int (*probe)(struct device *dev, const struct driver *drv);
    void (*remove)(struct device *dev);
    void (*shutdown)(struct device *dev); /* the machine goes; dev has a driver. May be NULL */
    int (*uevent)(const struct device *dev, char *buf, size_t size); /* KEY=value lines */
    const struct attribute_group *const *dev_groups;
    struct bus_state *state; /* set by bus_register */
};

struct driver {
    const char *name;
    const struct bus *bus;
    const void *bus_data; /* the bus's own driver structure */
    struct driver_state *state;
};

struct class
{
    const char *name;
    const char *dev_prefix; /* directory under /dev ("input/"), may be NULL */
    const struct attribute_group *const *dev_groups;
    struct class_state *state;
};

int __must_check bus_register(struct bus *bus);
int __must_check class_register(struct class *class);
/* Binds to every matching device, now and later. */
int __must_check driver_register(struct driver *drv);
void driver_unregister(struct driver *drv);

void device_init(struct device *dev); /* refcount 1 */
/* Adds to the tree, makes node and sysfs entries, tries drivers. */
int __must_check device_register(struct device *dev);
void device_unregister(struct device *dev);
struct device *device_get(struct device *dev);
void device_put(struct device *dev); /* last: dev->release */
/* A device of a class made on the spot (tty, mem...). ERR_PTR. */
struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *private,
                             const char *fmt, ...) __printf(5, 6);

/*
 * Walks, each in order of registration. fn may sleep, register and unregister; the object it gets
 * is referenced for the call. A value other than 0 ends the walk and is returned.
 */
int device_for_each(const struct bus *bus, int (*fn)(struct device *dev, void *arg), void *arg);
int class_for_each(const struct class *class, int (*fn)(struct device *dev, void *arg), void *arg);
int device_for_each_child(struct device *parent, int (*fn)(struct device *dev, void *arg),
                          void *arg);
/* All buses, all classes, a bus's drivers; these live for ever or, drivers, until unregistered. */
int bus_for_each(int (*fn)(const struct bus *bus, void *arg), void *arg);
int class_for_each_class(int (*fn)(const struct class *class, void *arg), void *arg);
int driver_for_each(const struct bus *bus, int (*fn)(const struct driver *drv, void *arg),
                    void *arg);

/* Takes the device's driver off, or tries all drivers that match (again). 0, -ENODEV, -EBUSY. */
int device_unbind(struct device *dev);
int device_bind(struct device *dev);

/*
 * Hooks by which sysfs and devtmpfs (file systems, above this layer) see devices come and go.
 * Registered once; called for every device registered before, too.
 */
struct device_observer {
    void (*added)(struct device *dev);
    void (*removed)(struct device *dev);
    /* A driver was bound (dev->driver) or is about to go; may be NULL. */
    void (*bound)(struct device *dev, bool bound);
    struct list_head link;
};
void device_observe(struct device_observer *observer);

/* "driver name: " prefixed log lines. */
void dev_log(const struct device *dev, int level, const char *fmt, ...) __printf(3, 4);
#define dev_err(dev, ...)  dev_log(dev, 3, __VA_ARGS__)
#define dev_warn(dev, ...) dev_log(dev, 4, __VA_ARGS__)
#define dev_info(dev, ...) dev_log(dev, 6, __VA_ARGS__)
#endif
