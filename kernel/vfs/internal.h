/* SPDX-License-Identifier: MIT */
/* What the files of kernel/vfs share among themselves and with the system call handlers. */
#ifndef VFS_INTERNAL_H
#define VFS_INTERNAL_H

#include <kernel/vfs/file.h>
#include <kernel/vfs/mount.h>
#include <kernel/vfs/namei.h>

/* --- dcache.c --- */
#define DENTRY_DEAD      (-128)
#define DCACHE_TYPE_MASK (DCACHE_DIR | DCACHE_SYMLINK)

void dcache_init(void);
void qstr_hash(const struct dentry *parent, struct qstr *name);
/* The hashed dentry of that name, or NULL. RCU section; *seq is its sequence when it matched. */
struct dentry *dcache_find_rcu(const struct dentry *parent, const struct qstr *name, u32 *seq);
/* The same with a reference. Any context that may take d_lock. */
struct dentry *dcache_lookup(struct dentry *parent, const struct qstr *name);
/* A reference unless the dentry is dead. */
bool dentry_try_get(struct dentry *dentry);
/* Kills a dentry that the caller has marked DENTRY_DEAD; returns the parent whose reference the
 * caller must drop, or NULL. May sleep. */
struct dentry *dentry_kill(struct dentry *dentry);
void dentry_unhash_locked(struct dentry *dentry); /* d_lock held */
void dentry_rehash(struct dentry *dentry);
/* Parts of a rename; see dcache_move.c. */
void dentry_name_copy(struct dentry *to, const struct dentry *from);
void dentry_name_swap(struct dentry *a, struct dentry *b);
void dentry_hash_locked(struct dentry *dentry);
static inline bool dentry_is_root(const struct dentry *dentry)
{
    return dentry->parent == dentry;
}
static inline bool dentry_is_unlinked(const struct dentry *dentry)
{
    return !(READ_ONCE(dentry->flags) & DCACHE_HASHED) && !dentry_is_root(dentry);
}

/* --- dcache_lru.c --- */
void dentry_lru_add_locked(struct dentry *dentry); /* d_lock held */
void dentry_lru_del_locked(struct dentry *dentry);
/* Kills every unused dentry below root; with kill_pinned those that only their pin keeps, too. */
void dcache_shrink_tree(struct dentry *root, bool kill_pinned);

/* --- dcache_move.c --- */
extern seqlock_t rename_lock;
/* dentry takes the place and name of target, which is unhashed. Directories' rwsems held. */
void dentry_move(struct dentry *dentry, struct dentry *target);
void dentry_exchange(struct dentry *a, struct dentry *b);
/* The path of a dentry inside its file system, at the end of buf. ERR_PTR. */
char *dentry_text(const struct dentry *dentry, char *buf, size_t size);
/* As path_text(), and whether root was met on the way up. */
char *path_text_reachable(const struct path *path, const struct path *root, char *buf, size_t size,
                          bool *reachable);
/* Whether ancestor is dentry or above it (in one file system). */
bool dentry_is_ancestor(const struct dentry *ancestor, const struct dentry *dentry);

/* --- inode.c --- */
void inode_cache_init(void);
/* Evicts every unused inode; how many are still in use. */
unsigned long inodes_evict_super(struct super_block *sb);
void inode_compute_opflags(struct inode *inode);
int inode_write_now(struct inode *inode, bool sync_all);

/* --- permission.c, attr.c --- */
int generic_permission(struct inode *inode, int mask);
/* Permission to look a name up in a directory: the common case inline. RCU safe with MAY_NOT_BLOCK.
 */
static inline int inode_may_search(struct inode *inode, int mask_extra)
{
    if (likely((inode->opflags & IOP_PLAIN_PERMISSION) && (inode->mode & S_IXUGO) == S_IXUGO))
        return 0;
    return inode_permission(inode, MAY_EXEC | mask_extra);
}
bool inode_owner_or_capable(const struct inode *inode);
int path_setattr(const struct path *path,
                 struct iattr *attr); /* mount's write access taken inside */
int dentry_setattr(struct dentry *dentry, struct iattr *attr); /* inode->rwsem held */
int path_truncate(const struct path *path, loff_t length, struct file *file);
int path_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);

/* --- super.c --- */
struct dentry *fs_mount(struct fs_context *fc); /* type->mount with the checks */
void super_put(struct super_block *sb);         /* drops one active reference */
int super_remount(struct super_block *sb, unsigned long sb_flags, char *data);
int super_sync(struct super_block *sb, bool wait);
void super_sync_all(void);
dev_t super_anon_dev(void);

/* --- mount.c --- */
extern seqlock_t mount_lock;
extern struct rwsem namespace_sem;
void mount_init(void);
/* The mount on (mnt, dentry), or NULL. RCU or mount_lock. */
struct mount *mount_find_rcu(const struct mount *mnt, const struct dentry *dentry);
/* Steps *path onto the root of what is mounted there. True if it moved. References are moved. */
bool path_follow_mount_one(struct path *path);
static inline void path_follow_mounts(struct path *path)
{
    while ((READ_ONCE(path->dentry->flags) & DCACHE_MOUNTED) && path_follow_mount_one(path))
        ;
}
/* From the root of a mount to where it is mounted, taking references. False at the top. */
bool path_up_one(const struct path *path, struct path *up);
/* 1 got a reference; 0 the mount is on its way out; -1 the same, and the reference taken must be
 * dropped outside the RCU section. */
int mount_legitimize(struct mount *mnt, u32 seq);
struct mount *mount_create(struct dentry *root, const char *source, u32 flags);
int mount_attach(struct mount *mnt, const struct path *target);

/* --- namei.c --- */
struct open_request {
    int flags;        /* O_*, checked and completed */
    umode_t mode;     /* type and permission bits for O_CREAT */
    u32 acc_mode;     /* MAY_* */
    u32 lookup_flags; /* LOOKUP_* */
};
void names_cache_init(void);
char *path_name_from_kernel(const char *text); /* free with path_name_put(); ERR_PTR */
char *path_name_buffer(void);                  /* PATH_MAX bytes, for results; NULL: no memory */
struct file *path_open(int dfd, const char *name, const struct open_request *req);
int path_lookup_at(int dfd, const char *name, unsigned int flags, struct path *path);
/* Looks one component up below a locked directory; ERR_PTR, or a dentry that may be negative. */
struct dentry *lookup_one_locked(struct dentry *dir, struct qstr *name, unsigned int flags);
/* Splits at the last component: *dir is the directory with references, *last the name in name's
 * buffer, *type what kind. */
enum last_type { LAST_NORMAL, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
int path_lookup_parent(int dfd, const char *name, unsigned int flags, struct path *dir,
                       struct qstr *last, enum last_type *type);

/* --- namei_change.c --- */
/* Finds the place for a new name: its directory locked, write access taken. ERR_PTR. */
struct dentry *path_create_begin(int dfd, const char *name, unsigned int flags, struct path *dir);
void path_create_end(struct path *dir, struct dentry *dentry);
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
               unsigned int flags);
int do_mkdirat(int dfd, const char *name, umode_t mode);
int do_mknodat(int dfd, const char *name, umode_t mode, dev_t dev);
int do_symlinkat(const char *target, int dfd, const char *name);
int do_linkat(int old_dfd, const char *old_name, int new_dfd, const char *new_name, int flags);
int do_unlinkat(int dfd, const char *name);
int do_rmdirat(int dfd, const char *name);
int do_renameat(int old_dfd, const char *old_name, int new_dfd, const char *new_name,
                unsigned int flags);
int dir_may_create(struct inode *dir, struct dentry *dentry);

/* --- open.c, file.c --- */
void file_cache_init(void);
struct file *file_alloc(int flags, const struct cred *cred);
/* A file that was never opened. */
void file_free_unopened(struct file *file);
/* Opens file (path set) on its inode: access mode, operations, write access. */
int file_open_finish(struct file *file);
int open_flags_check(const struct open_how *how, struct open_request *req);
int may_open(const struct path *path, int acc_mode, int flags);
int file_close(struct file *file, struct files *owner);
int inode_get_write(struct inode *inode); /* 0 or -ETXTBSY; atomic_dec(&inode->writers) undoes it */
void files_init(void);
/* owner.c: who gets SIGIO. */
void file_owner_free(struct file *file);

/* --- anon.c --- */
void anon_init(void);
/* A file of a file system that is not mounted: its inode (reference consumed) under a dentry of its
 * own, whose private is name. ERR_PTR. */
struct file *file_open_pseudo(struct mount *mnt, struct inode *inode, const void *name,
                              const struct file_operations *fops, int flags);
int file_open_pseudo_finish(struct file *file, const struct file_operations *fops);
int pseudo_fill_super(struct super_block *sb, u64 magic, const struct super_operations *ops,
                      const struct dentry_operations *dentry_ops);
/* file_open_anon() with a descriptor. */
int fd_open_anon(const char *class_name, const struct file_operations *fops, void *priv, int flags);

/* --- owner.c --- */
int file_fasync(int fd, struct file *file, bool on);

/* --- read_write.c --- */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_readv(struct file *file, struct iov_iter *iter, loff_t *pos, u32 rwf);
ssize_t vfs_writev(struct file *file, struct iov_iter *iter, loff_t *pos, u32 rwf);
/* Reads entries from the file's position on. */
int file_iterate(struct file *file, struct dir_context *ctx);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
int vfs_fsync(struct file *file, loff_t start, loff_t end, bool datasync);
int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);

/* --- fs_info.c --- */
void fs_info_get_root(struct fs_info *fs, struct path *path);
void fs_info_get_cwd(struct fs_info *fs, struct path *path);
void fs_info_get_both(struct fs_info *fs, struct path *root, struct path *cwd);
/* Every task whose root or working directory is old gets new instead (pivot_root). */
void fs_info_replace_all(const struct path *old, const struct path *new);
void fs_info_set_root(struct fs_info *fs, const struct path *path);
void fs_info_set_cwd(struct fs_info *fs, const struct path *path);

/* --- pipe.c --- */
void pipe_init(void);
extern const struct file_operations fifo_fops, pipe_fops;
struct pipe;
struct pipe *file_pipe(struct file *file); /* NULL: not a pipe */
int pipe_create(struct file *files[2], int flags);
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);

/* --- shmem.c --- */
void shmem_init(void);

/* --- chrdev.c --- */
extern const struct file_operations chrdev_fops;

/* --- locks.c --- */
void locks_remove_posix(struct file *file, struct files *owner);
void locks_remove_file(struct file *file);
void file_lock_context_free(struct inode *inode);

/* --- epoll.c --- */
void epoll_release_file(struct file *file);
void epoll_init(void);

/* --- inotify.c --- */
extern unsigned int inotify_nr_watches; /* 0: events need not be looked at */
void inotify_event_slow(struct inode *inode, struct dentry *dentry, u32 mask);
void inotify_move_event(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
                        struct dentry *moved, struct inode *replaced);
void inotify_inode_gone(struct inode *inode);         /* evicted: nobody watches it any more */
void inotify_inode_deleted_slow(struct inode *inode); /* its last name and user went */
void inotify_super_gone(struct super_block *sb);
static inline void inotify_inode_deleted(struct inode *inode)
{
    if (unlikely(inode->notify) && !inode->nlink)
        inotify_inode_deleted_slow(inode);
}
void inotify_name_event(struct inode *dir, const struct qstr *name, u32 mask, u32 cookie);
/* Something happened to dentry's file: tells watchers of it and of its directory. */
static inline void inotify_event(struct dentry *dentry, u32 mask)
{
    if (unlikely(READ_ONCE(inotify_nr_watches)))
        inotify_event_slow(NULL, dentry, mask);
}
#endif
