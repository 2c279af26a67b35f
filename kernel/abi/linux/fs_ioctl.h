/* SPDX-License-Identifier: MIT */
/* ioctls that regular files and directories answer (ioctl_iflags(2)). */
#ifndef ABI_LINUX_FS_IOCTL_H
#define ABI_LINUX_FS_IOCTL_H

#ifndef FS_IOC_GETFLAGS
#define FS_IOC_GETFLAGS   0x80086601U
#define FS_IOC_SETFLAGS   0x40086602U
#define FS_IOC_GETVERSION 0x80087601U
#define FS_IOC_SETVERSION 0x40087602U
#endif

#endif
