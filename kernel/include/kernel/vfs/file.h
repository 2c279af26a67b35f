/* SPDX-License-Identifier: MIT */
/* Open files and descriptor tables. */
#ifndef KERNEL_VFS_FILE_H
#define KERNEL_VFS_FILE_H

#include <kernel/vfs/fs.h>

struct task;

struct fd_table {
    unsigned int max;       /* slots */
    struct file **slot;     /* RCU */
    unsigned long *close_on_exec, *open; /* bitmaps, lock */
    struct rcu_head rcu;
};

/* A descriptor table, shared by CLONE_FILES. Look-up takes no lock; changes take lock. */
struct files {
    atomic_t count;
    struct fd_table *table; /* RCU */
    spinlock_t lock;
    unsigned int next_fd;
};

struct fs_info { /* root, cwd, umask; shared by CLONE_FS */
    atomic_t count;
    spinlock_t lock;
    seqcount_t seq;
    struct path root, cwd;
    umode_t umask;
};

struct files *files_create(void);
struct files *files_copy(struct files *old, int *error);
void files_put(struct files *files);          /* last: closes everything */
void files_close_on_exec(struct files *files); /* the caller is the only user */
struct files *files_unshare(struct files *files);
struct fs_info *fs_info_copy(struct fs_info *old);
void fs_info_put(struct fs_info *fs);

/*
 * Look-up. fd_get() gives a borrowed or counted file: keep the struct fd and fd_put() it before
 * returning to user space. A table used by one task alone costs no atomic operation.
 */
struct fd {
    struct file *file; /* NULL: EBADF */
    bool counted;
};
struct fd fd_get(unsigned int fd);      /* not O_PATH files */
struct fd fd_get_raw(unsigned int fd);  /* also O_PATH */
struct fd fd_get_pos(unsigned int fd);  /* and takes pos_lock if needed; fd_put_pos() */
void file_put(struct file *file);
static inline void fd_put(struct fd f)
{
    if (f.counted)
        file_put(f.file);
}
void fd_put_pos(struct fd f);
struct file *file_get_fd(unsigned int fd); /* counted, or NULL */
static inline struct file *file_get(struct file *file)
{
    atomic64_inc(&file->refcount);
    return file;
}

int fd_alloc(unsigned int flags);                   /* lowest free; O_CLOEXEC. -EMFILE */
int fd_alloc_from(unsigned int start, unsigned int flags);
void fd_install(unsigned int fd, struct file *file); /* consumes the reference */
void fd_cancel(unsigned int fd);                     /* gives an fd_alloc()ed number back */
int fd_close(unsigned int fd);

/* Opens by path from inside the kernel. ERR_PTR. */
struct file *file_open_path(const struct path *path, int flags, const struct cred *cred);
struct file *file_open_name(const char *name, int flags, umode_t mode);
/* A file without a name of its own (pipe, eventfd...). priv goes to file->private. */
struct file *file_open_anon(const char *class_name, const struct file_operations *fops, void *priv, int flags);
ssize_t file_read_kernel(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t file_write_kernel(struct file *file, const void *buf, size_t count, loff_t *pos);
int deny_write_access(struct file *file);
void allow_write_access(struct file *file);
#endif
