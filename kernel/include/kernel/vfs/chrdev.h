/* SPDX-License-Identifier: MIT */
/* Character devices by number. */
#ifndef KERNEL_VFS_CHRDEV_H
#define KERNEL_VFS_CHRDEV_H

#include <kernel/types.h>

struct file_operations;

/* fops for opens of any of count numbers from first on. 0, -EBUSY, -ENOMEM. May sleep. */
int __must_check chrdev_register(dev_t first, unsigned int count, const char *name,
                                 const struct file_operations *fops);
void chrdev_unregister(dev_t first, unsigned int count);
/* The operations for a number, or NULL. RCU read section. */
const struct file_operations *chrdev_lookup(dev_t devt);
/* A free major from 234 downwards, or -EBUSY. */
int chrdev_major_alloc(const char *name);
/* The block layer's operations for opened block devices; once, at start. */
void bdev_fops_register(const struct file_operations *fops);
/* Lines of /proc/devices: "  1 mem". */
struct seq_file;
void chrdevs_show(struct seq_file *m);
#endif
