/* SPDX-License-Identifier: MIT */
/*
 * The virtual file system's nouns: super_block (a mounted file system), inode (a file), dentry (a
 * name), file (an open file), mount (a file system at a place). File systems fill the operation
 * tables; everything about paths, descriptors and permissions is done above them.
 *
 * Locking (outer to inner): s_umount > inode->rwsem (parent before child) > mapping's locks.
 * d_lock and i_lock are spinlocks, innermost. Path walk runs under RCU and validates d_seq;
 * inodes and dentries are freed after a grace period.
 */
#ifndef KERNEL_VFS_FS_H
#define KERNEL_VFS_FS_H

#include <abi/linux/fcntl.h>
#include <abi/linux/stat.h>
#include <kernel/base/registry.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/err.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/proc/cred.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/rcu.h>
#include <kernel/sync/rwsem.h>
#include <kernel/sync/seqlock.h>
#include <kernel/time/time64.h>

struct block_device;
struct dentry;
struct dir_context;
struct file;
struct file_lock_context;
struct file_operations;
struct inode;
struct inode_operations;
struct kstat;
struct kstatfs;
struct mount;
struct poll_table;
struct seq_file;
struct super_block;
struct super_operations;
struct vm_area;

#define NAME_MAX         255
#define PATH_MAX         4096
#define MAX_LFS_FILESIZE 0x7fffffffffffffffLL

struct qstr {
    u32 hash;
    u32 len;
    const char *name;
};

struct path {
    struct mount *mnt;
    struct dentry *dentry;
};

struct inode {
    umode_t mode;
    u16 opflags;
    u32 flags; /* S_* below */
    uid_t uid;
    gid_t gid;
    const struct inode_operations *ops;
    union {
        const struct file_operations *fops;   /* given to files opened on it */
        void (*free_fn)(struct inode *inode); /* while it waits for its grace period */
    };
    struct super_block *sb;
    struct address_space *mapping; /* usually &data; block devices: the device's */
    u64 ino;
    u32 nlink;
    dev_t rdev;
    loff_t size;
    struct timespec64 atime, mtime, ctime, btime;
    u64 blocks; /* of 512 bytes */
    u8 blkbits;
    spinlock_t lock;    /* flags, state, blocks */
    u32 state;          /* I_* below, lock */
    struct rwsem rwsem; /* directories: names; files: size and contents */
    atomic_t refcount;
    atomic_t writers; /* open for write; negative: denied (running executable) */
    u64 version;
    struct hlist_node hash_node;
    struct list_head sb_link, lru_link, dirty_link;
    struct hlist_head aliases; /* dentries, lock */
    struct address_space data;
    union {
        struct pipe *pipe;
        struct block_device *bdev;
        const struct file_operations *chr_fops;
        char *link; /* fast symlink body */
    };
    struct file_lock_context *locks;  /* set once, under lock */
    struct inotify_mark_list *notify; /* set once, under lock */
    void *private;                    /* the file system's */
    u32 generation;
    u32 seals; /* F_SEAL_* of memfd_create(2); rwsem */
    struct rcu_head rcu;
};

/* inode.flags */
#define S_SYNC      0x0001
#define S_NOATIME   0x0002
#define S_APPEND    0x0004
#define S_IMMUTABLE 0x0008
#define S_DEAD      0x0010 /* removed directory */
#define S_SWAPFILE  0x0100
#define S_PRIVATE   0x0200

/* inode.state */
#define I_NEW         0x01 /* being read; wait */
#define I_DIRTY_INODE 0x02
#define I_DIRTY_TIME  0x04
#define I_DIRTY_PAGES 0x08
#define I_FREEING     0x10
#define I_SYNC        0x20
#define I_HASHED      0x40
#define I_LRU         0x80
#define I_LINKABLE    0x100 /* made by O_TMPFILE: linkat() may give it a first name */

/* inode.opflags: what can be decided without looking at ops; set when a dentry gets the inode. */
#define IOP_PLAIN_PERMISSION 0x1 /* no ops->permission: mode bits alone decide */
#define IOP_PLAIN_GETATTR    0x2 /* no ops->getattr */
#define IOP_FAST_LINK        0x4 /* symlink body in inode->link for the inode's life */
#define IOP_NOFOLLOW         0x8 /* a magic link: LOOKUP_NO_MAGICLINKS refuses it */

#define DNAME_INLINE 40

struct dentry {
    u32 flags;                   /* DCACHE_*, d_lock */
    seqcount_t seq;              /* changes with name, parent, inode */
    struct hlist_node hash_node; /* RCU */
    struct dentry *parent;
    struct qstr name;
    struct inode *inode; /* NULL: negative */
    char inline_name[DNAME_INLINE];
    union {
        u64 lock_count; /* both at once: how the count changes without taking the lock */
        struct {
            spinlock_t lock;
            int refcount; /* negative: dead */
        };
    };
    const struct dentry_operations *ops;
    struct super_block *sb;
    u64 time;
    void *private;
    struct list_head lru_link;    /* LRU lock of the dentry cache */
    struct list_head child_link;  /* parent's d_lock */
    struct list_head children;    /* d_lock */
    struct hlist_node alias_link; /* inode->lock */
    struct rcu_head rcu;
};

#define DCACHE_MOUNTED    0x01 /* something is mounted here, in some namespace */
#define DCACHE_HASHED     0x02
#define DCACHE_LRU        0x04
#define DCACHE_REFERENCED 0x08
#define DCACHE_ROOT       0x10 /* root of a super block */
#define DCACHE_PINNED     0x20 /* tmpfs and friends: lives as long as the file */
#define DCACHE_DIR        0x40 /* kind of the inode, valid with it under d_seq */
#define DCACHE_SYMLINK    0x80
#define DCACHE_REVALIDATE 0x100

struct dentry_operations {
    /* 1 valid, 0 to drop it, -ECHILD under RCU when it must sleep. */
    int (*revalidate)(struct dentry *dentry, bool rcu);
    /* Case-insensitive file systems: both, or neither. */
    int (*hash)(const struct dentry *parent, struct qstr *name);
    int (*compare)(const struct dentry *dentry, unsigned int len, const char *str,
                   const struct qstr *name);
    /* Last reference went: true to drop it at once. */
    bool (*delete_now)(const struct dentry *dentry);
    void (*release)(struct dentry *dentry);
    /* Text for /proc/PID/fd and maps: "pipe:[5]". Writes into buf, returns length. */
    int (*name_text)(struct dentry *dentry, char *buf, size_t size);
};

struct iattr {
    u32 valid; /* ATTR_* */
    umode_t mode;
    uid_t uid;
    gid_t gid;
    loff_t size;
    struct timespec64 atime, mtime, ctime;
    struct file *file;
};
#define ATTR_MODE      0x001
#define ATTR_UID       0x002
#define ATTR_GID       0x004
#define ATTR_SIZE      0x008
#define ATTR_ATIME     0x010
#define ATTR_MTIME     0x020
#define ATTR_CTIME     0x040
#define ATTR_ATIME_SET 0x080
#define ATTR_MTIME_SET 0x100
#define ATTR_FORCE     0x200
#define ATTR_KILL_SUID 0x400
#define ATTR_KILL_SGID 0x800

struct kstatfs {
    u64 type, bsize, blocks, bfree, bavail, files, ffree, namelen, frsize, flags;
    u32 fsid[2];
};

struct kstat {
    u32 result_mask; /* STATX_* */
    umode_t mode;
    u32 nlink;
    u32 blksize;
    u64 attributes, attributes_mask;
    u64 ino;
    dev_t dev, rdev;
    uid_t uid;
    gid_t gid;
    loff_t size;
    struct timespec64 atime, mtime, ctime, btime;
    u64 blocks;
};

/* Every operation may sleep unless said otherwise. Names have been checked for length. */
struct inode_operations {
    /* dir->rwsem held (shared suffices). Finds the name: returns NULL after dentry_splice/
     * d_add(dentry, inode or NULL), another dentry to use instead, or ERR_PTR. */
    struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
    int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
    int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
    int (*unlink)(struct inode *dir, struct dentry *dentry);
    int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
    int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
    int (*rmdir)(struct inode *dir, struct dentry *dentry);
    int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t rdev);
    int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                  struct dentry *new, unsigned int flags);
    /* Gives file->path.dentry (which has no name and is not hashed) a new inode without links. */
    int (*tmpfile)(struct inode *dir, struct file *file, umode_t mode);
    /* Symlink body, valid until *done(*cookie) if done is set. NULL dentry: under RCU, must not
     * sleep (ERR_PTR(-ECHILD)). May instead jump (nd_jump_link) and return NULL. */
    const char *(*get_link)(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                            void **cookie);
    /* For links that have no body to walk (/proc/PID/exe): the text; NULL: get_link()'s. */
    int (*readlink)(struct dentry *dentry, char __user *buf, int size);
    int (*permission)(struct inode *inode, int mask); /* may not sleep if mask & MAY_NOT_BLOCK */
    int (*setattr)(struct dentry *dentry, struct iattr *attr);
    int (*getattr)(const struct path *path, struct kstat *stat, u32 request_mask,
                   unsigned int flags);
    /* size 0 asks for the size needed; else -ERANGE when it does not fit. -ENODATA, -EOPNOTSUPP. */
    ssize_t (*listxattr)(struct dentry *dentry, char *list, size_t size);
    ssize_t (*getxattr)(struct inode *inode, const char *name, void *value, size_t size);
    /* rwsem held for writing. value NULL removes. flags: XATTR_CREATE, XATTR_REPLACE. */
    int (*setxattr)(struct inode *inode, const char *name, const void *value, size_t size,
                    int flags);
    int (*update_time)(struct inode *inode, int which);
    int (*fiemap)(struct inode *inode, void *info, u64 start, u64 len);
};

#define MAY_EXEC      0x01
#define MAY_WRITE     0x02
#define MAY_READ      0x04
#define MAY_APPEND    0x08
#define MAY_ACCESS    0x10
#define MAY_OPEN      0x20
#define MAY_CHDIR     0x40
#define MAY_NOT_BLOCK 0x80

struct readahead_state {
    u64 start;
    u32 size, async_size, max_pages;
    u32 mmap_miss;
    loff_t prev_pos;
};

struct file {
    u32 mode;  /* FMODE_* */
    u32 flags; /* O_*, lock */
    atomic64_t refcount;
    struct path path;
    struct inode *inode;
    const struct file_operations *ops;
    struct address_space *mapping;
    spinlock_t lock;
    struct mutex pos_lock; /* pos, when the file is shared */
    loff_t pos;
    const struct cred *cred;
    struct readahead_state ra;
    struct list_head epoll_links; /* lock */
    struct fasync *fasync;
    struct file_owner *owner; /* F_SETOWN; lock */
    u64 version;
    u32 wb_err, sb_err;
    void *private;
    struct rcu_head rcu;
};

#define FMODE_READ       0x0001
#define FMODE_WRITE      0x0002
#define FMODE_LSEEK      0x0004
#define FMODE_PREAD      0x0008
#define FMODE_PWRITE     0x0010
#define FMODE_EXEC       0x0020
#define FMODE_PATH       0x0040
#define FMODE_ATOMIC_POS 0x0080 /* pos_lock is needed: regular files and directories */
#define FMODE_STREAM     0x0100 /* no position */
#define FMODE_NOWAIT     0x0200
#define FMODE_CAN_READ   0x0400
#define FMODE_CAN_WRITE  0x0800
#define FMODE_NONOTIFY   0x1000
#define FMODE_WRITER     0x2000 /* counted in inode->writers and the mount's */

struct kiocb {
    struct file *file;
    loff_t pos;
    u32 flags; /* IOCB_* */
};
#define IOCB_NOWAIT 0x01
#define IOCB_APPEND 0x02
#define IOCB_DSYNC  0x04
#define IOCB_SYNC   0x08
#define IOCB_DIRECT 0x10
#define IOCB_HIPRI  0x20

struct dir_context {
    /* False: the caller's buffer is full, stop. type: DT_*. */
    bool (*emit)(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
                 unsigned int type);
    loff_t pos; /* cookie of the next entry */
};

struct file_operations {
    loff_t (*llseek)(struct file *file, loff_t offset, int whence);
    /* Plain forms for devices and special files; read_iter/write_iter otherwise. */
    ssize_t (*read)(struct file *file, char __user *buf, size_t count, loff_t *pos);
    ssize_t (*write)(struct file *file, const char __user *buf, size_t count, loff_t *pos);
    ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
    ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
    int (*iterate)(struct file *file, struct dir_context *ctx); /* inode->rwsem held shared */
    /* EPOLL* events that hold now; registers the caller through poll_wait(). */
    u32 (*poll)(struct file *file, struct poll_table *table);
    long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
    int (*mmap)(struct file *file, struct vm_area *vma);
    unsigned long (*get_unmapped_area)(struct file *file, unsigned long addr, unsigned long len,
                                       u64 pgoff, unsigned long flags);
    int (*open)(struct inode *inode, struct file *file);
    int (*flush)(struct file *file);                        /* each close(2) */
    int (*release)(struct inode *inode, struct file *file); /* last close */
    int (*fsync)(struct file *file, loff_t start, loff_t end, bool datasync);
    int (*fasync)(int fd, struct file *file, bool on);
    long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
    ssize_t (*splice_read)(struct file *in, loff_t *pos, struct file *pipe, size_t len,
                           unsigned int flags);
    ssize_t (*splice_write)(struct file *pipe, struct file *out, loff_t *pos, size_t len,
                            unsigned int flags);
    void (*show_fdinfo)(struct seq_file *m, struct file *file);
};

struct super_operations {
    struct inode *(*alloc_inode)(struct super_block *sb); /* NULL op: plain struct inode */
    void (*free_inode)(struct inode *inode);              /* after a grace period */
    void (*dirty_inode)(struct inode *inode, int flags);
    int (*write_inode)(struct inode *inode, struct writeback_control *wbc);
    /* Last reference and nlink 0, or memory wanted: free what it holds (pages: truncate_pages). */
    void (*evict_inode)(struct inode *inode);
    bool (*drop_inode)(struct inode *inode); /* last put: true to evict at once */
    void (*put_super)(struct super_block *sb);
    int (*sync_fs)(struct super_block *sb, bool wait);
    int (*statfs)(struct dentry *dentry, struct kstatfs *st);
    int (*remount)(struct super_block *sb, unsigned long *flags, char *data);
    void (*show_options)(struct seq_file *m, struct dentry *root);
};

struct super_block {
    struct list_head link; /* all super blocks */
    const struct fs_type *type;
    const struct super_operations *ops;
    const struct dentry_operations *dentry_ops;
    struct dentry *root;
    struct block_device *bdev; /* NULL: none */
    dev_t dev;
    unsigned long flags; /* SB_* */
    u32 blocksize;
    u8 blocksize_bits;
    u64 maxbytes;
    u32 time_gran_ns;
    s64 time_min, time_max; /* seconds */
    u64 magic;
    char id[32]; /* device name for messages and /proc/mounts */
    u8 uuid[16];
    struct rwsem umount;
    atomic_t active;         /* mounts, and whoever else keeps it alive */
    struct list_head mounts; /* mount_lock */
    spinlock_t inode_lock;   /* inodes */
    struct list_head inodes;
    spinlock_t dirty_lock;
    struct list_head dirty_inodes; /* dirty_lock */
    struct mutex rename_mutex;     /* cross-directory renames */
    void *single_key;              /* super_mount_single() */
    void *private;
    struct rcu_head rcu;
};

#define SB_RDONLY      0x0001UL
#define SB_NOSUID      0x0002UL
#define SB_NODEV       0x0004UL
#define SB_NOEXEC      0x0008UL
#define SB_SYNCHRONOUS 0x0010UL
#define SB_DIRSYNC     0x0080UL
#define SB_NOATIME     0x0400UL
#define SB_NODIRATIME  0x0800UL
#define SB_SILENT      0x8000UL
#define SB_POSIXACL    (1UL << 16)
#define SB_LAZYTIME    (1UL << 25)
#define SB_ACTIVE      (1UL << 30)

/* What a mount asks of a file system. */
struct fs_context {
    const struct fs_type *type;
    const char *source; /* device path or any string */
    char *options;      /* comma separated, may be NULL; the file system checks every word */
    unsigned long sb_flags;
};

#define FS_REQUIRES_DEV 0x1
#define FS_USERNS_MOUNT 0x2

struct fs_type {
    const char *name;
    unsigned int flags; /* FS_* */
    /*
     * Makes (or finds) the super block and returns its root with a reference; ERR_PTR(-EINVAL:
     * not this format or bad option; -EROFS: can only be read and SB_RDONLY was not given...). One
     * log line says why. Helpers: super_get_bdev(), super_get_nodev(), super_get_single().
     */
    struct dentry *(*mount)(struct fs_context *fc);
    /* Called when the last mount went: usually super_kill_bdev or super_kill_anon. */
    void (*kill_super)(struct super_block *sb);
};
SECTION_ARRAY_DECLARE(const struct fs_type, fs_types);
/* At file scope, for a file-scope const struct fs_type: makes it known to mount(2). */
#define FILE_SYSTEM(var) SECTION_ARRAY_ADD(const struct fs_type, fs_types, var)

/* The registered type of that name, or NULL. */
const struct fs_type *fs_type_find(const char *name);
struct seq_file;
/* For /proc/filesystems: line() for each type. */
void fs_types_show(struct seq_file *m,
                   void (*line)(struct seq_file *m, const char *name, bool nodev));

/* Makes the super block for a block device: fill() reads the disk. One per device. */
struct dentry *super_mount_bdev(struct fs_context *fc,
                                int (*fill)(struct super_block *sb, struct fs_context *fc));
/* A new super block without device each time, or one for all. */
struct dentry *super_mount_nodev(struct fs_context *fc,
                                 int (*fill)(struct super_block *sb, struct fs_context *fc));
struct dentry *super_mount_single(struct fs_context *fc,
                                  int (*fill)(struct super_block *sb, struct fs_context *fc));
void super_kill_bdev(struct super_block *sb);
void super_kill_anon(struct super_block *sb);
/* Sets bdev block size and sb->blocksize; false if unsupported. */
bool super_set_blocksize(struct super_block *sb, u32 size);

/* --- inodes: hashed by (sb, ino) --- */
struct inode *inode_new(struct super_block *sb); /* unhashed, refcount 1 */
/* Finds or makes: I_NEW set in a new one (fill it, then inode_unlock_new or inode_fail_new). NULL:
 * no memory. */
struct inode *inode_get_locked(struct super_block *sb, u64 ino);
void inode_unlock_new(struct inode *inode);
void inode_fail_new(struct inode *inode); /* unhashes, wakes and drops */
void inode_hash_insert(struct inode *inode);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);   /* may sleep: eviction */
void inode_clear(struct inode *inode); /* end of evict_inode: truncates leftovers */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
void inode_init_special(struct inode *inode, umode_t mode, dev_t rdev); /* chr, blk, fifo, sock */
u64 inode_next_ino(void);
void inode_mark_dirty(struct inode *inode, int flags);
struct timespec64 inode_now(const struct inode *inode); /* granular */
void inode_touch_atime(const struct path *path);
static inline void file_touch_atime(struct file *file);
/* The file's contents changed: mtime and ctime now, set-id bits off (file_remove_privs). rwsem
 * held. */
int file_touch_mtime(struct file *file);
void inode_set_nlink(struct inode *inode, u32 nlink);
void inode_inc_nlink(struct inode *inode);
void inode_drop_nlink(struct inode *inode);
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask); /* by owner, group and mode */
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
void generic_fill_stat(struct inode *inode, struct kstat *stat);

/* --- dentries --- */
struct dentry *dentry_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *dentry_make_root(struct inode *inode); /* consumes the inode, also on failure */
void dentry_instantiate(struct dentry *dentry, struct inode *inode); /* gives it the inode */
void dentry_add(struct dentry *dentry,
                struct inode *inode); /* instantiate (NULL: negative) and hash */
/* lookup()'s usual end: directories get their one dentry. Returns NULL or the dentry to use. */
struct dentry *dentry_splice_alias(struct inode *inode, struct dentry *dentry);
void dentry_drop(struct dentry *dentry);
void dentry_delete(struct dentry *dentry); /* after unlink: negative or unhashed */
struct dentry *dentry_get(struct dentry *dentry);
void dentry_put(struct dentry *dentry); /* may sleep; NULL is fine */
struct dentry *dentry_get_parent(struct dentry *dentry);

/* --- generic operations --- */
extern const struct file_operations simple_dir_fops;
extern const struct inode_operations simple_symlink_iops; /* inode->link */
const char *simple_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                            void **cookie);
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry,
                             unsigned int flags); /* negative dentry */
int simple_statfs(struct dentry *dentry, struct kstatfs *st);
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t max,
                                loff_t size);
/* Files in the page cache: the usual read_iter and write_iter, and their parts. */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
/* Position, limits: bytes that may be written, 0, -errno. inode->rwsem held for writing. */
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);
/* After the write, without the lock: what O_SYNC and its kin want. Returns written or -errno. */
ssize_t generic_write_sync(struct kiocb *iocb, ssize_t written);
int nonseekable_open(struct inode *inode, struct file *file);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
ssize_t generic_read_dir(struct file *file, char __user *buf, size_t count,
                         loff_t *pos); /* EISDIR */
bool dir_emit_dots(struct file *file, struct dir_context *ctx);
/* Copies a slice of a kernel buffer to or from user space, moving *pos. */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
                                size_t available);
ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
                               size_t count);
/* For file systems whose names live in the dentry cache alone (DCACHE_PINNED). */
/* The name (dentry, negative so far) gets the inode, whose reference it takes over, and a pin. */
void simple_name_add(struct dentry *dentry, struct inode *inode);
void simple_name_remove(struct dentry *dentry);
int simple_fsync(struct file *file, loff_t start, loff_t end, bool datasync);
int simple_unlink(struct inode *dir, struct dentry *dentry);
int simple_rmdir(struct inode *dir, struct dentry *dentry);
bool simple_dir_empty(struct dentry *dentry);
int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                  struct dentry *new, unsigned int flags);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int simple_setattr(struct dentry *dentry, struct iattr *attr);
int generic_fsync(struct file *file, loff_t start, loff_t end, bool datasync);
/* S_IFMT bits to DT_*. */
static inline unsigned int mode_to_dt(umode_t mode)
{
    return (mode >> 12) & 15;
}

static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
                            unsigned int type)
{
    return ctx->emit(ctx, name, len, ctx->pos, ino, type);
}

static inline struct inode *file_inode(const struct file *file)
{
    return file->inode;
}

static inline void file_touch_atime(struct file *file)
{
    if (!(file->flags & O_NOATIME))
        inode_touch_atime(&file->path);
}

static inline bool dentry_is_negative(const struct dentry *dentry)
{
    return !READ_ONCE(dentry->inode);
}

/* Memory pressure: frees up to nr unused dentries or inodes; returns how many. May sleep. */
/* Starts writing what is dirty in every file system. Task context. */
void super_write_back_all(void);
unsigned long dcache_shrink(unsigned long nr);
unsigned long icache_shrink(unsigned long nr);
unsigned long dcache_nr_unused(void);
void dcache_stat(unsigned long *nr, unsigned long *nr_unused);
void icache_stat(unsigned long *nr, unsigned long *nr_unused);

/* Start-up: caches and built-in file systems; then the root tmpfs as the first name space. */
void vfs_init(void);
void vfs_mount_root(void);
#endif
