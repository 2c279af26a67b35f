/* SPDX-License-Identifier: MIT */
/* What the parts of procfs share. */
#ifndef FS_PROCFS_PROCFS_H
#define FS_PROCFS_PROCFS_H

#include <abi/linux/dirent.h>
#include <kernel/vfs/fs.h>
#include <kernel/vfs/proc.h>

struct pid;
struct seq_file;
struct sysctl;
struct task;

/* --- the fixed part: a tree made once, at start --- */

struct proc_node {
    const char *name;
    struct proc_node *parent;
    struct list_head children;    /* of directories, in order of registration */
    struct list_head link;        /* parent->children */
    const struct proc_file *file; /* NULL: a directory, or a sysctl */
    const struct sysctl *sysctl;
    u64 ino;
    u32 nr_dirs; /* among the children */
};

extern struct proc_node proc_root;
/** proc_tree_build() - from the registries. 0 or -ENOMEM. */
int proc_tree_build(void);
/** proc_node_find() - the child of that name, or NULL. */
struct proc_node *proc_node_find(struct proc_node *dir, const struct qstr *name);
static inline bool proc_node_is_dir(const struct proc_node *node)
{
    return !node->file && !node->sysctl;
}
/** proc_node_inode() - a new inode for a node, or NULL. */
struct inode *proc_node_inode(struct super_block *sb, struct proc_node *node);
extern const struct inode_operations proc_node_dir_iops;
extern const struct file_operations proc_node_dir_fops;
/* Emits the node's children from ctx->pos - 2 on; false: the buffer is full. */
bool proc_node_emit(struct proc_node *dir, struct dir_context *ctx, loff_t base);
extern const struct file_operations proc_sysctl_fops;

/* --- processes --- */

/* What an inode below /proc/PID is about. */
struct proc_ref {
    struct pid *pid; /* counted: of the thread group, or of the thread below task/ */
    bool is_thread;
    const struct pid_entry *entry; /* NULL: the directory itself */
    unsigned int fd;               /* below fd/ and fdinfo/ */
};

enum pid_kind { PID_SHOW, PID_DIR, PID_LINK, PID_FOPS };

/* A name below /proc/PID. */
struct pid_entry {
    const char *name;
    enum pid_kind kind;
    umode_t mode; /* permission bits */
    int (*show)(struct seq_file *m, struct task *task);
    int (*thread_show)(struct seq_file *m, struct task *task); /* of one thread; NULL: show */
    int (*store)(struct task *task, const char *text, size_t len);
    /* Where a link leads; the path has references. */
    int (*path)(struct task *task, struct path *path);
    const struct file_operations *fops;
    const struct inode_operations *iops; /* of directories */
    bool thread_too;                     /* also below task/TID */
    bool private;                        /* reading it takes the right to trace */
};

struct proc_inode {
    struct inode inode;
    struct proc_node *node; /* of the fixed part, else NULL */
    struct proc_ref ref;    /* of a process, when ref.pid */
};

static inline struct proc_inode *proc_inode_of(const struct inode *inode)
{
    return container_of((struct inode *)inode, struct proc_inode, inode);
}
static inline struct proc_ref *proc_ref(const struct inode *inode)
{
    return &proc_inode_of(inode)->ref;
}
static inline struct proc_node *proc_node(const struct inode *inode)
{
    return proc_inode_of(inode)->node;
}
/** proc_task_get() - the task behind an inode, counted, or NULL when it has gone. */
struct task *proc_task_get(const struct inode *inode);
/** proc_may_access() - whether current may look into @task as if tracing it. */
bool proc_may_access(struct task *task);
/**
 * proc_pid_inode() - a new inode for @task, or for @entry below it. NULL: no memory, or it has
 * gone.
 */
struct inode *proc_pid_inode(struct super_block *sb, struct task *task,
                             const struct pid_entry *entry, bool is_thread, unsigned int fd);
/** proc_pid_lookup() - the number @dentry in /proc, or in a task directory (@is_thread). */
struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *dentry, struct task *group);
/** proc_pids_emit() - every thread group. False: the buffer is full. */
bool proc_pids_emit(struct dir_context *ctx, loff_t base);
extern const struct pid_entry proc_pid_entries[];
extern const unsigned int proc_nr_pid_entries;
extern const struct inode_operations proc_fd_iops, proc_fdinfo_iops, proc_task_iops;
extern const struct file_operations proc_fd_fops, proc_fdinfo_fops, proc_task_fops;
extern const struct dentry_operations proc_dentry_ops;
/** proc_name_to_number() - "0", "17", not "017" or "+1"; -1: none. */
long proc_name_to_number(const struct qstr *name);

/** proc_jump() - ends a get_link() at @path, whose references it takes. */
int proc_jump(struct path *path);
/** proc_path_readlink() - readlink(2) of a link that leads to @path. */
int proc_path_readlink(const struct path *path, char __user *buf, int size);

/* Files of processes, by what they show. */
int proc_pid_stat(struct seq_file *m, struct task *task);
int proc_tid_stat(struct seq_file *m, struct task *task);
int proc_pid_statm(struct seq_file *m, struct task *task);
int proc_pid_status(struct seq_file *m, struct task *task);
int proc_pid_comm(struct seq_file *m, struct task *task);
int proc_pid_comm_store(struct task *task, const char *text, size_t len);
int proc_pid_limits(struct seq_file *m, struct task *task);
int proc_pid_io(struct seq_file *m, struct task *task);
int proc_pid_sched(struct seq_file *m, struct task *task);
int proc_pid_schedstat(struct seq_file *m, struct task *task);
int proc_pid_wchan(struct seq_file *m, struct task *task);
int proc_pid_personality(struct seq_file *m, struct task *task);
int proc_pid_oom_score(struct seq_file *m, struct task *task);
int proc_pid_oom_adj(struct seq_file *m, struct task *task);
int proc_pid_oom_score_adj(struct seq_file *m, struct task *task);
int proc_pid_oom_score_adj_store(struct task *task, const char *text, size_t len);
int proc_pid_cgroup(struct seq_file *m, struct task *task);
int proc_pid_timerslack(struct seq_file *m, struct task *task);
int proc_pid_cmdline(struct seq_file *m, struct task *task);
int proc_pid_environ(struct seq_file *m, struct task *task);
int proc_pid_auxv(struct seq_file *m, struct task *task);
int proc_pid_maps(struct seq_file *m, struct task *task);
int proc_pid_cwd(struct task *task, struct path *path);
int proc_pid_root(struct task *task, struct path *path);
int proc_pid_exe(struct task *task, struct path *path);
extern const struct file_operations proc_pid_mem_fops;
extern const struct file_operations proc_pid_mounts_fops, proc_pid_mountinfo_fops,
    proc_pid_mountstats_fops;

#endif
