// SPDX-License-Identifier: MIT
/*
 * SIGIO: who is told that a file became ready (F_SETOWN, F_SETSIG, O_ASYNC).
 *
 * A file's owner is made by the first F_SETOWN or O_ASYNC. Files that want the signal hang in the
 * list of whatever they wait for (struct fasync of the pipe, terminal...); since every kind of file
 * here already wakes its pollers through a wait queue, the list is an entry in that wait queue.
 */
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/poll.h>

#include "owner.h"

struct file_owner *file_owner_get(struct file *file)
{
    struct file_owner *owner = READ_ONCE(file->owner), *fresh;

    if (owner)
        return owner;
    fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
    if (!fresh)
        return NULL;
    fresh->file = file;
    spin_lock(&file->lock);
    owner = file->owner;
    if (!owner)
        smp_store_release(&file->owner, fresh);
    spin_unlock(&file->lock);
    if (owner)
        kfree(fresh);
    return owner ?: fresh;
}

int file_owner_set(struct file *file, struct pid *pid, enum pid_type type)
{
    struct file_owner *owner = file_owner_get(file);
    struct pid *old;

    if (!owner)
        return -ENOMEM;
    spin_lock(&file->lock);
    old = owner->pid;
    owner->pid = pid_get(pid);
    owner->type = type;
    owner->uid = current->cred->uid;
    owner->euid = current->cred->euid;
    spin_unlock(&file->lock);
    pid_put(old);
    return 0;
}

static void owner_signal(struct work *work)
{
    struct file_owner *owner = container_of(work, struct file_owner, work);
    int sig = READ_ONCE(owner->sig) ?: SIGIO;
    struct pid *pid;
    enum pid_type type;

    spin_lock(&owner->file->lock);
    pid = pid_get(owner->pid);
    type = owner->type;
    spin_unlock(&owner->file->lock);
    if (pid && type == PIDTYPE_PGID)
        (void)kill_pgrp(pid, sig, true);
    else if (pid)
        (void)kill_pid(pid, sig, true);
    pid_put(pid);
}

/* The queue's lock is held: the signal is sent from a work item. */
static int owner_wake(struct wait_entry *entry, unsigned int mode, void *key)
{
    struct file_owner *owner = container_of(entry, struct file_owner, entry);

    work_schedule(&owner->work);
    return 0;
}

struct owner_table {
    struct poll_table table;
    struct file_owner *owner;
};

static void owner_queue(struct file *file, struct wait_queue *wq, struct poll_table *table)
{
    struct file_owner *owner = container_of(table, struct owner_table, table)->owner;

    if (owner->wq)
        return; /* one queue is enough to hear of changes */
    owner->wq = wq;
    wait_queue_add(wq, &owner->entry);
}

int file_fasync(int fd, struct file *file, bool on)
{
    struct file_owner *owner = file_owner_get(file);
    struct owner_table t = {.table = {.queue = owner_queue, .key = ~0U}, .owner = owner};

    if (!owner)
        return -ENOMEM;
    if (on == owner->listening || !file->ops->poll)
        return 0;
    owner->listening = on;
    if (on) {
        wait_entry_init(&owner->entry, owner_wake);
        work_init(&owner->work, owner_signal);
        (void)file->ops->poll(file, &t.table);
    } else if (owner->wq) {
        wait_queue_remove(owner->wq, &owner->entry);
        owner->wq = NULL;
        (void)work_cancel_sync(&owner->work);
    }
    return 0;
}

void file_owner_free(struct file *file)
{
    pid_put(file->owner->pid);
    kfree(file->owner);
    file->owner = NULL;
}
