/* SPDX-License-Identifier: MIT */
/* Choosing a disk's I/O scheduler while it runs: the queue is frozen for the change. */
#include "internal.h"

#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

#define NONE "none"

static const struct elevator *elevator_find(const char *name)
{
    const struct elevator *const *it;

    section_for_each (it, elevators)
        if (!strcmp((*it)->name, name))
            return *it;
    return NULL;
}

const char *disk_elevator_name(struct disk *disk)
{
    const struct elevator *elevator = READ_ONCE(disk->queue->elevator);

    return elevator ? elevator->name : NONE;
}

int disk_elevator_set(struct disk *disk, const char *name)
{
    struct blk_queue *queue = disk->queue;
    const struct elevator *elevator = NULL;
    void *data = NULL, *old_data;
    const struct elevator *old;
    int err = 0;

    if (strcmp(name, NONE)) {
        elevator = elevator_find(name);
        if (!elevator)
            return -EINVAL;
    }
    blk_queue_freeze(queue);
    if (elevator)
        err = elevator->init(queue, &data);
    if (!err) {
        old = queue->elevator;
        old_data = queue->elevator_data;
        queue->elevator_data = data;
        WRITE_ONCE(queue->elevator, elevator);
        if (old)
            old->exit(old_data);
    }
    blk_queue_thaw(queue);
    return err;
}

size_t disk_elevators_show(struct disk *disk, char *buf, size_t size)
{
    const char *current_name = disk_elevator_name(disk);
    const struct elevator *const *it;
    size_t n;

    n = scnprintf(buf, size, strcmp(current_name, NONE) ? "%s" : "[%s]", NONE);
    section_for_each (it, elevators)
        n += scnprintf(buf + n, size - n, strcmp(current_name, (*it)->name) ? " %s" : " [%s]",
                       (*it)->name);
    return n;
}
