/* SPDX-License-Identifier: MIT */
/* Process descriptors (pidfd_open(2)). Task context, may sleep. */
#ifndef KERNEL_PROC_PIDFD_H
#define KERNEL_PROC_PIDFD_H

#include <kernel/types.h>

struct file;
struct pid;

/* A new descriptor of current's table for pid; flags: O_NONBLOCK. Number or -errno. */
int pidfd_create(struct pid *pid, unsigned int flags);
/* The pid behind an open pidfd, borrowed as long as the file; ERR_PTR(-EBADF) for other files. */
struct pid *pidfd_pid(const struct file *file);
#endif
