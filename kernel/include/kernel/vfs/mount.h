/* SPDX-License-Identifier: MIT */
/*
 * Mounts: a file system (or a subtree of one) seen at a place of the name space.
 *
 * Protection: (i) immutable once attached; (m) mount_lock, a seqlock: readers under RCU re-check
 * its count; (n) namespace_sem; (a) atomic.
 *
 * References: an attached mount is kept by its name space (one count), by every struct path that
 * names it, and by each mount on top of it. A mount whose count is 0 is gone for good.
 */
#ifndef KERNEL_VFS_MOUNT_H
#define KERNEL_VFS_MOUNT_H

#include <kernel/vfs/fs.h>

struct mountpoint;
struct seq_file;

struct mnt_namespace {
    atomic_t count;
    struct mount *root;      /* (m) */
    struct list_head mounts; /* (n) in order of mounting */
    u64 id;
    u64 event;              /* (n) number of changes, for poll on /proc/mounts */
    unsigned int nr_mounts; /* (n) */
};

struct mount {
    struct hlist_node hash_node; /* (m) by (parent, mountpoint), RCU */
    struct mount *parent;        /* (m) itself: not attached below another */
    struct dentry *mountpoint;   /* (m) in parent */
    struct dentry *root;         /* (i) */
    struct super_block *sb;      /* (i) */
    u32 flags;                   /* (m) MNT_* */
    atomic_t count;              /* (a) */
    atomic_t writers;            /* (a) files open for writing and changes under way */
    u32 id;                      /* (i) as /proc/self/mountinfo shows it */
    struct list_head children;   /* (m) */
    struct list_head child_link; /* (m) */
    struct list_head ns_link;    /* (n) */
    struct list_head sb_link;    /* sb->mounts, (m) */
    struct mnt_namespace *ns;    /* (m) NULL: detached */
    struct mountpoint *mp;       /* (m) */
    struct hlist_node mp_link;   /* (m) */
    char *source;                /* (i) what mount(2) was given */
    struct rcu_head rcu;
};

#define MNT_NOSUID      0x01U
#define MNT_NODEV       0x02U
#define MNT_NOEXEC      0x04U
#define MNT_NOATIME     0x08U
#define MNT_NODIRATIME  0x10U
#define MNT_RELATIME    0x20U
#define MNT_READONLY    0x40U
#define MNT_NOSYMFOLLOW 0x80U
#define MNT_USER_FLAGS  0xffU
#define MNT_SHARED      0x100U
#define MNT_UNBINDABLE  0x200U
#define MNT_SLAVE       0x400U
#define MNT_INTERNAL    0x1000U /* made by the kernel for itself, never attached */
#define MNT_EXPIRE_MARK 0x2000U /* umount2(MNT_EXPIRE) once, unused since */

void mount_release(struct mount *mnt); /* of the last reference */
static inline struct mount *mount_get(struct mount *mnt)
{
    atomic_inc(&mnt->count);
    return mnt;
}
/* May sleep: the last reference unmounts the file system. */
static inline void mount_put(struct mount *mnt)
{
    if (atomic_dec_and_test(&mnt->count))
        mount_release(mnt);
}

/* A change of the file system through this mount begins: 0 or -EROFS; ends with mount_drop_write().
 */
int __must_check mount_want_write(struct mount *mnt);
static inline void mount_drop_write(struct mount *mnt)
{
    atomic_dec(&mnt->writers);
}
bool mount_is_readonly(const struct mount *mnt);

/* A private mount of a file system for the kernel's own use (pipes, shared memory). ERR_PTR. */
struct mount *mount_internal(const struct fs_type *type, void *options);

/* Text of all mounts that a task sees from its root: /proc/PID/mounts, mountinfo, mountstats. */
enum mounts_format { MOUNTS_TABLE, MOUNTS_INFO, MOUNTS_STATS };
struct fs_info;
int mounts_show(struct seq_file *m, enum mounts_format format); /* current */
int mounts_show_for(struct seq_file *m, enum mounts_format format, struct fs_info *fs);
u64 mounts_event(void);
struct wait_queue *mounts_wait_queue(void); /* woken when a name space changed */

/* What pivot_root, umount and friends act on; called by the system calls and the kernel itself. */
int do_mount(const char *source, const struct path *target, const char *type, unsigned long flags,
             char *data);
int do_umount(const struct path *path, int flags);
int do_pivot_root(const struct path *new_root, const struct path *put_old);
#endif
