/* SPDX-License-Identifier: MIT */
/* Open files and descriptor tables. */
#ifndef KERNEL_VFS_FILE_H
#define KERNEL_VFS_FILE_H

#include <kernel/vfs/fs.h>

struct task;

struct fd_table {
    unsigned int max;                    /* slots */
    struct file **slot;                  /* RCU */
    unsigned long *close_on_exec, *open; /* bitmaps, lock */
    struct rcu_head rcu;
};

/*
 * A descriptor table, shared by CLONE_FILES. Look-up takes no lock. Changes take lock, unless the
 * table has one user alone, who is then the only one to change it. Whoever looks at another task's
 * descriptors (/proc/PID/fd) does so under RCU and never counts itself as a user.
 */
#define FILES_INLINE 64
struct files {
    atomic_t count; /* tasks */
    spinlock_t lock;
    struct fd_table *table; /* RCU */
    unsigned int next_fd;   /* nothing below it is free; lock */
    struct fd_table inline_table;
    unsigned long inline_cloexec, inline_open;
    struct file *inline_slots[FILES_INLINE];
};
/* Another task's descriptors, for /proc: the file with a reference or NULL; the first descriptor at
 * or above *fd; its close-on-exec flag. */
struct file *task_file_get(struct task *task, unsigned int fd);
bool task_fd_next(struct task *task, unsigned int *fd);
bool task_fd_is_cloexec(struct task *task, unsigned int fd);

struct fs_info { /* root, cwd, umask; shared by CLONE_FS */
    atomic_t count;
    spinlock_t lock;
    seqcount_t seq;
    struct path root, cwd;
    umode_t umask;
};

struct files *files_create(void);
struct files *files_copy(struct files *old, int *error);
void files_put(struct files *files);                     /* last: closes everything */
void files_close_on_exec(struct files *files);           /* the caller is the only user */
struct files *files_unshare(struct files *files);        /* counted or a copy; NULL: no memory */
int files_unshare_current(void);                         /* current gets a table of its own */
struct fs_info *fs_info_create(const struct path *root); /* root also as cwd; umask 022 */
struct fs_info *fs_info_copy(struct fs_info *old);
void fs_info_put(struct fs_info *fs);

/*
 * Look-up. fd_get() gives a borrowed or counted file: keep the struct fd and fd_put() it before
 * returning to user space. A table used by one task alone costs no atomic operation.
 */
struct fd {
    struct file *file; /* NULL: EBADF */
    bool counted, pos_locked;
};
struct fd fd_get(unsigned int fd);     /* not O_PATH files */
struct fd fd_get_raw(unsigned int fd); /* also O_PATH */
struct fd fd_get_pos(unsigned int fd); /* and takes pos_lock if needed; fd_put_pos() */
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

int fd_alloc(unsigned int flags); /* lowest free; O_CLOEXEC. -EMFILE */
int fd_alloc_from(unsigned int start, unsigned int flags);
void fd_install(unsigned int fd, struct file *file); /* consumes the reference */
void fd_cancel(unsigned int fd);                     /* gives an fd_alloc()ed number back */
int fd_close(unsigned int fd);
/* dup2(2) without its special case, and F_DUPFD. The new descriptor or -errno. */
int fd_dup_to(unsigned int old_fd, unsigned int new_fd, unsigned int flags);
int fd_dup_from(unsigned int old_fd, unsigned int start, unsigned int flags);
int fd_close_range(unsigned int first, unsigned int last, bool cloexec_only);
int fd_set_cloexec(unsigned int fd, bool on); /* 0 or -EBADF */
unsigned long files_open_count(void);         /* of the whole system */

/* Opens by path from inside the kernel. ERR_PTR. */
struct file *file_open_path(const struct path *path, int flags, const struct cred *cred);
struct file *file_open_name(const char *name, int flags, umode_t mode);
/*
 * For execve(2): a regular file that current may execute, from a mount that allows it, whose
 * writers are locked out until allow_write_access(). file_open_exec() takes a path buffer from
 * path_name_get() and the flags of execveat(2). ERR_PTR.
 */
struct file *file_open_exec(int dfd, const char *name, int at_flags);
struct file *file_open_exec_name(const char *name);
/* A file without a name of its own (pipe, eventfd...). priv goes to file->private. */
struct file *file_open_anon(const char *class_name, const struct file_operations *fops, void *priv,
                            int flags);
ssize_t file_read_kernel(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t file_write_kernel(struct file *file, const void *buf, size_t count, loff_t *pos);
int deny_write_access(struct file *file);
void allow_write_access(struct file *file);
#endif
