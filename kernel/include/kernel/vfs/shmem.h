/* SPDX-License-Identifier: MIT */
/*
 * Files that live in memory: shared anonymous mappings, memfd_create(2), System V shared memory.
 * They are files of a tmpfs that is mounted nowhere. Task context, may sleep.
 */
#ifndef KERNEL_VFS_SHMEM_H
#define KERNEL_VFS_SHMEM_H

#include <kernel/types.h>

struct file;
struct vm_area;

#define SHMEM_ALLOW_SEALS 0x1 /* else F_ADD_SEALS is refused */
#define SHMEM_NORESERVE   0x2

/* An open read-write file of size bytes; name is what /proc/PID/maps shows. ERR_PTR. */
struct file *shmem_file_create(const char *name, loff_t size, unsigned int flags);
/* Gives a shared mapping without a file (or of /dev/zero) such a file. 0 or -errno. */
int shmem_zero_setup(struct vm_area *vma);
/* F_ADD_SEALS and F_GET_SEALS; -EINVAL for other files. */
long shmem_fcntl(struct file *file, unsigned int cmd, unsigned int arg);
bool file_is_shmem(const struct file *file);
#endif
