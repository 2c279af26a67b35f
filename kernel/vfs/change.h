/* SPDX-License-Identifier: MIT */
/* Shared by those who change directories. */
#ifndef VFS_CHANGE_H
#define VFS_CHANGE_H

#include "internal.h"

/* Subclasses of inode->rwsem, in the order in which they are taken. */
#define INODE_LOCK_PARENT  0
#define INODE_LOCK_PARENT2 1
#define INODE_LOCK_CHILD   2
#define INODE_LOCK_CHILD2  3

int dir_may_delete(struct inode *dir, struct dentry *victim, bool is_dir);
void inode_set_dead(struct inode *inode);
#endif
