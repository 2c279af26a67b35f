/* SPDX-License-Identifier: MIT */
/* Paths to objects, and the name space of mounts. Task context, may sleep. */
#ifndef KERNEL_VFS_NAMEI_H
#define KERNEL_VFS_NAMEI_H

#include <kernel/vfs/fs.h>

#define LOOKUP_FOLLOW        0x0001 /* follow a symlink at the end */
#define LOOKUP_DIRECTORY     0x0002
#define LOOKUP_AUTOMOUNT     0x0004
#define LOOKUP_EMPTY         0x0008 /* "" means dfd itself */
#define LOOKUP_PARENT        0x0010
#define LOOKUP_CREATE        0x0020
#define LOOKUP_EXCL          0x0040
#define LOOKUP_OPEN          0x0080
#define LOOKUP_RENAME_TARGET 0x0100
#define LOOKUP_NO_SYMLINKS   0x0200
#define LOOKUP_NO_MAGICLINKS 0x0400
#define LOOKUP_NO_XDEV       0x0800
#define LOOKUP_BENEATH       0x1000
#define LOOKUP_IN_ROOT       0x2000
#define LOOKUP_CACHED        0x4000 /* -EAGAIN rather than asking the file system */
#define LOOKUP_MASK          0xffff

void path_get(const struct path *path);
void path_put(const struct path *path);
/* User path relative to dfd (AT_FDCWD). 0 or -errno; *path holds references. */
int path_lookup_user(int dfd, const char __user *name, unsigned int flags, struct path *path);
int path_lookup_kernel(const char *name, unsigned int flags, struct path *path);
/* Whether the mount or the file system there forbids programs, or set-user-ID. */
bool path_noexec(const struct path *path);
bool path_nosuid(const struct path *path);
/* Copies a user path in; free with path_name_put(). ERR_PTR(-ENAMETOOLONG, -ENOENT for "" ,
 * -EFAULT). */
char *path_name_get(const char __user *name, bool empty_ok);
void path_name_put(char *name);
/* Kernel forms of the calls, used by initramfs and devtmpfs. Paths are absolute. */
int kern_mkdir(const char *path, umode_t mode);
int kern_mknod(const char *path, umode_t mode, dev_t dev);
int kern_symlink(const char *target, const char *path);
int kern_link(const char *old_path, const char *new_path);
int kern_unlink(const char *path);
int kern_chown(const char *path, uid_t uid, gid_t gid);
int kern_chmod(const char *path, umode_t mode);
int kern_utimes(const char *path, const struct timespec64 *mtime);
int kern_mount(const char *source, const char *target, const char *type, unsigned long flags,
               void *data);
/* The same below the root of a mount that may be the kernel's own (devtmpfs): path is relative,
 * missing directories on the way are made. */
struct mount;
int mount_make_node(struct mount *mnt, const char *path, umode_t mode, dev_t dev);
int mount_remove_node(struct mount *mnt, const char *path);

/* Text of a path as seen from root; "(unreachable)..." or " (deleted)" as Linux shows them.
 * Written to the end of buf; ERR_PTR(-ENAMETOOLONG). */
char *path_text(const struct path *path, const struct path *root, char *buf, size_t size);
char *file_path_text(struct file *file, char *buf, size_t size); /* from current's root */
/* Used by get_link of /proc magic links. */
int nd_jump_link(const struct path *path);
#endif
