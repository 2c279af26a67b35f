/* SPDX-License-Identifier: MIT */
/* File locks, as the system calls ask for them. */
#ifndef VFS_LOCKS_H
#define VFS_LOCKS_H

#include "internal.h"

long lock_fcntl_get(struct file *file, unsigned int cmd, struct flock __user *user);
long lock_fcntl_set(unsigned int fd, struct file *file, unsigned int cmd,
                    const struct flock __user *user);
long lock_flock(struct file *file, unsigned int cmd);
#endif
