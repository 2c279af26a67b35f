/* SPDX-License-Identifier: MIT */
/* The receiver of a file's SIGIO. */
#ifndef VFS_OWNER_H
#define VFS_OWNER_H

#include <kernel/irq/workqueue.h>
#include <kernel/proc/pid.h>
#include <kernel/sync/wait.h>

#include "internal.h"

struct file_owner {
    struct file *file;
    struct pid *pid; /* file->lock */
    enum pid_type type;
    uid_t uid, euid; /* of who set it */
    int sig;         /* 0: SIGIO */
    bool listening;
    struct wait_queue *wq;
    struct wait_entry entry;
    struct work work;
};

struct file_owner *file_owner_get(struct file *file); /* NULL: no memory */
int file_owner_set(struct file *file, struct pid *pid, enum pid_type type);
#endif
