/* SPDX-License-Identifier: MIT */
/* Memory that is shared through a file of tmpfs without a name: MAP_SHARED|MAP_ANONYMOUS, memfd. */
#ifndef KERNEL_MM_SHMEM_H
#define KERNEL_MM_SHMEM_H

#include <kernel/types.h>

struct file;

#define SHMEM_NORESERVE 0x4000 /* MAP_NORESERVE: pages are not promised */

/* A file of size bytes, readable and writable, that ends with its last reference. ERR_PTR. May
 * sleep. Implemented by the memory file system. */
struct file *shmem_file_create(const char *name, loff_t size, unsigned long flags);
#endif
