/* SPDX-License-Identifier: MIT */
/* Extended attributes, as the system calls ask for them. */
#ifndef VFS_XATTR_H
#define VFS_XATTR_H

#include "internal.h"

/* value NULL: removes. */
int vfs_setxattr(const struct path *path, const char *name, const void *value, size_t size,
                 int flags);
ssize_t vfs_getxattr(const struct path *path, const char *name, void *value, size_t size);
ssize_t vfs_listxattr(const struct path *path, char *list, size_t size);
#endif
