/* SPDX-License-Identifier: MIT */
/* mount(2), umount2(2), statfs(2) flags. */
#ifndef ABI_LINUX_MOUNT_H
#define ABI_LINUX_MOUNT_H

#define MS_RDONLY      (1UL << 0)
#define MS_NOSUID      (1UL << 1)
#define MS_NODEV       (1UL << 2)
#define MS_NOEXEC      (1UL << 3)
#define MS_SYNCHRONOUS (1UL << 4)
#define MS_REMOUNT     (1UL << 5)
#define MS_MANDLOCK    (1UL << 6)
#define MS_DIRSYNC     (1UL << 7)
#define MS_NOSYMFOLLOW (1UL << 8)
#define MS_NOATIME     (1UL << 10)
#define MS_NODIRATIME  (1UL << 11)
#define MS_BIND        (1UL << 12)
#define MS_MOVE        (1UL << 13)
#define MS_REC         (1UL << 14)
#define MS_SILENT      (1UL << 15)
#define MS_POSIXACL    (1UL << 16)
#define MS_UNBINDABLE  (1UL << 17)
#define MS_PRIVATE     (1UL << 18)
#define MS_SLAVE       (1UL << 19)
#define MS_SHARED      (1UL << 20)
#define MS_RELATIME    (1UL << 21)
#define MS_I_VERSION   (1UL << 23)
#define MS_STRICTATIME (1UL << 24)
#define MS_LAZYTIME    (1UL << 25)
#define MS_MGC_VAL     0xc0ed0000UL
#define MS_MGC_MSK     0xffff0000UL

#define MNT_FORCE       1
#define MNT_DETACH      2
#define MNT_EXPIRE      4
#define UMOUNT_NOFOLLOW 8

/* statfs.f_flags */
#define ST_RDONLY      0x0001
#define ST_NOSUID      0x0002
#define ST_NODEV       0x0004
#define ST_NOEXEC      0x0008
#define ST_SYNCHRONOUS 0x0010
#define ST_VALID       0x0020
#define ST_NOATIME     0x0400
#define ST_NODIRATIME  0x0800
#define ST_RELATIME    0x1000
#define ST_NOSYMFOLLOW 0x2000

/* statfs.f_type */
#define TMPFS_MAGIC         0x01021994
#define RAMFS_MAGIC         0x858458f6
#define PROC_SUPER_MAGIC    0x9fa0
#define SYSFS_MAGIC         0x62656572
#define EXT4_SUPER_MAGIC    0xef53
#define MSDOS_SUPER_MAGIC   0x4d44
#define PIPEFS_MAGIC        0x50495045
#define SOCKFS_MAGIC        0x534f434b
#define ANON_INODE_FS_MAGIC 0x09041934
#define DEVPTS_SUPER_MAGIC  0x1cd1
#define BDEVFS_MAGIC        0x62646576

#endif
