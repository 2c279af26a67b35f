/* SPDX-License-Identifier: MIT */
/* Between the tree of mounts (mount.c) and the calls that change it (mount_calls.c). */
#ifndef VFS_MOUNT_INTERNAL_H
#define VFS_MOUNT_INTERNAL_H

#include "internal.h"

extern struct wait_queue mounts_wq;

struct mnt_namespace *mnt_namespace_create(struct mount *root);
struct mnt_namespace *current_mnt_ns(void);
/* Makes (or finds) the file system and a mount of it, not yet attached. ERR_PTR. */
struct mount *mount_new(struct fs_context *fc, u32 flags);

/* All of these: namespace_sem held for writing. */
int mount_attach_locked(struct mount *mnt, const struct path *target);
int mount_attach_clone(struct mount *clone, struct mount *parent, struct dentry *mountpoint);
void mount_detach(struct mount *mnt);
/* Takes a whole tree out of the name space and drops its references. */
void mount_tree_remove(struct mount *top);
/* Takes out a mount without children and with at most so many references; false: busy. */
bool mount_try_remove(struct mount *mnt, int references);
int mounts_pivot(struct mount *new_mnt, struct mount *root_mnt, struct path *put_old);
int mount_set_flags(struct mount *mnt, u32 flags);

/* The tree in preorder; namespace_sem or mount_lock held. */
struct mount *mount_next_in_tree(struct mount *mnt, const struct mount *top);
bool mount_is_below(const struct mount *mnt, const struct mount *ancestor);
#endif
