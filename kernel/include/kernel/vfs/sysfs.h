/* SPDX-License-Identifier: MIT */
/*
 * How parts of the kernel that are no devices put a value into /sys (for devices see
 * <kernel/dev/device.h>). As with PROC_FILE, the description is found in a linker section.
 *
 *     static ssize_t online_show(const struct sysfs_file *file, char *buf) { return ... }
 *     static const struct sysfs_file cpu_online = {"devices/system/cpu/online", 0444, online_show};
 *     SYSFS_FILE(cpu_online);
 */
#ifndef KERNEL_VFS_SYSFS_H
#define KERNEL_VFS_SYSFS_H

#include <kernel/base/registry.h>
#include <kernel/types.h>

struct sysfs_file {
    const char *path; /* below /sys; directories on the way are made. Ends with '/': a directory */
    umode_t mode;
    /* Writes up to PAGE_SIZE bytes, with the newline; their number or -errno. May sleep. */
    ssize_t (*show)(const struct sysfs_file *file, char *buf);
    /* Text, NUL-terminated; count or -errno. */
    ssize_t (*store)(const struct sysfs_file *file, const char *buf, size_t count);
    unsigned long arg;
};
SECTION_ARRAY_DECLARE(const struct sysfs_file, sysfs_files);
#define SYSFS_FILE(var) SECTION_ARRAY_ADD(const struct sysfs_file, sysfs_files, var)

#endif
