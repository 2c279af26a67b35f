// SPDX-License-Identifier: MIT
/*
 * Buses, classes and drivers: the registers of the device model. Buses and classes are static
 * objects that live for ever once registered; their state hangs on them and is made here. Locking
 * and numbering are those of device.c.
 */
#include <kernel/dev/device.h>

#include <kernel/err.h>
#include <kernel/lib/list.h>
#include <kernel/mm/slab.h>

#include "model.h"

static LIST_HEAD(buses);   /* device_tree_lock */
static LIST_HEAD(classes); /* device_tree_lock */

int bus_register(struct bus *bus)
{
    struct bus_state *state;

    if (bus->state)
        return -EEXIST;
    state = kzalloc(sizeof(*state), GFP_KERNEL);
    if (!state)
        return -ENOMEM;
    state->bus = bus;
    INIT_LIST_HEAD(&state->devices);
    INIT_LIST_HEAD(&state->drivers);
    bus->state = state;
    mutex_lock(&device_tree_lock);
    list_add_tail(&state->link, &buses);
    mutex_unlock(&device_tree_lock);
    return 0;
}

int class_register(struct class *class)
{
    struct class_state *state;

    if (class->state)
        return -EEXIST;
    state = kzalloc(sizeof(*state), GFP_KERNEL);
    if (!state)
        return -ENOMEM;
    state->class = class;
    INIT_LIST_HEAD(&state->devices);
    class->state = state;
    mutex_lock(&device_tree_lock);
    list_add_tail(&state->link, &classes);
    mutex_unlock(&device_tree_lock);
    return 0;
}

int driver_register(struct driver *drv)
{
    struct driver_state *state;

    if (!drv->bus || !drv->bus->state || drv->state)
        return -EINVAL;
    state = kzalloc(sizeof(*state), GFP_KERNEL);
    if (!state)
        return -ENOMEM;
    state->drv = drv;
    mutex_lock(&device_tree_lock);
    state->seq = device_seq_next_locked();
    drv->state = state;
    list_add_tail(&state->link, &drv->bus->state->drivers);
    mutex_unlock(&device_tree_lock);
    return device_for_each(drv->bus, device_offer, drv);
}

void driver_unregister(struct driver *drv)
{
    struct driver_state *state = drv->state;

    if (!state)
        return;
    mutex_lock(&device_tree_lock);
    list_del(&state->link);
    mutex_unlock(&device_tree_lock);
    device_for_each(drv->bus, device_withdraw, drv);
    drv->state = NULL;
    kfree(state);
}

const struct driver *driver_next(const struct bus *bus, u64 *after)
{
    const struct driver *found = NULL;
    struct driver_state *state;

    mutex_lock(&device_tree_lock);
    list_for_each_entry (state, &bus->state->drivers, link) {
        if (state->seq <= *after)
            continue;
        *after = state->seq;
        found = state->drv;
        break;
    }
    mutex_unlock(&device_tree_lock);
    return found;
}

int driver_for_each(const struct bus *bus, int (*fn)(const struct driver *drv, void *arg),
                    void *arg)
{
    const struct driver *drv;
    u64 after = 0;
    int result = 0;

    while (!result && bus->state && (drv = driver_next(bus, &after)))
        result = fn(drv, arg);
    return result;
}

/* Buses and classes are never taken off their lists, so the lock is needed only to step. */
static struct list_head *next_link(struct list_head *at)
{
    struct list_head *next;

    mutex_lock(&device_tree_lock);
    next = at->next;
    mutex_unlock(&device_tree_lock);
    return next;
}

int bus_for_each(int (*fn)(const struct bus *bus, void *arg), void *arg)
{
    int result = 0;

    for (struct list_head *at = next_link(&buses); at != &buses && !result; at = next_link(at))
        result = fn(list_entry(at, struct bus_state, link)->bus, arg);
    return result;
}

int class_for_each_class(int (*fn)(const struct class *class, void *arg), void *arg)
{
    int result = 0;

    for (struct list_head *at = next_link(&classes); at != &classes && !result; at = next_link(at))
        result = fn(list_entry(at, struct class_state, link)->class, arg);
    return result;
}
