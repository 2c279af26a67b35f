/* SPDX-License-Identifier: MIT */
/* What the files of the device model share. */
#ifndef KERNEL_DEV_MODEL_H
#define KERNEL_DEV_MODEL_H

#include <kernel/dev/device.h>

/* Over every list and number of the model; held shortly, nothing is called under it. */
extern struct mutex device_tree_lock;

struct bus_state {
    const struct bus *bus;
    struct list_head link;
    struct list_head devices; /* by device.bus_link, in order of seq */
    struct list_head drivers; /* by driver_state.link, in order of seq */
};

struct class_state {
    const struct class *class;
    struct list_head link;
    struct list_head devices;
};

struct driver_state {
    struct driver *drv;
    struct list_head link;
    u64 seq;
};

/* Numbers for devices and drivers alike; the first is 1. */
u64 device_seq_next_locked(void);
/* The bus's first driver numbered above *@after, which moves on to it; NULL at the end. */
const struct driver *driver_next(const struct bus *bus, u64 *after);
/* Walk functions over a bus's devices; @drv is a struct driver. */
int device_offer(struct device *dev, void *drv);
int device_withdraw(struct device *dev, void *drv);
#endif
