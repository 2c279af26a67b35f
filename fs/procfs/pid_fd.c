/* SPDX-License-Identifier: MIT */
/* /proc/PID/fd and fdinfo: open files; cwd and root; the mount table. */
#include "procfs.h"

#include <abi/linux/fcntl.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/pid.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/mount.h>
#include <kernel/vfs/namei.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

/* proc_ref.fd is the number plus one: 0 is for what is not a descriptor. */
#define FD_OF(ref) ((ref)->fd - 1)

/* --- cwd and root --- */

static int fs_path(struct task *task, struct path *path, bool root)
{
    int err = -ENOENT;

    spin_lock(&task->alloc_lock);
    if (task->fs) {
        spin_lock(&task->fs->lock);
        *path = root ? task->fs->root : task->fs->cwd;
        path_get(path);
        spin_unlock(&task->fs->lock);
        err = 0;
    }
    spin_unlock(&task->alloc_lock);
    return err;
}

int proc_pid_cwd(struct task *task, struct path *path)
{
    return fs_path(task, path, false);
}

int proc_pid_root(struct task *task, struct path *path)
{
    return fs_path(task, path, true);
}

/* --- descriptors --- */

/* The file behind an inode of fd/ or fdinfo/, counted. */
static struct file *ref_file_get(const struct inode *inode)
{
    struct task *task = proc_task_get(inode);
    struct file *file;

    if (!task)
        return NULL;
    file = task_file_get(task, FD_OF(proc_ref(inode)));
    task_put(task);
    return file;
}

static int fd_link_path(struct inode *inode, struct path *path)
{
    struct file *file = ref_file_get(inode);

    if (!file)
        return -ENOENT;
    *path = file->path;
    path_get(path);
    file_put(file);
    return 0;
}

static const char *fd_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                               void **cookie)
{
    struct path path;
    int err;

    if (!dentry)
        return ERR_PTR(-ECHILD);
    err = fd_link_path(inode, &path);
    return ERR_PTR(err ? err : proc_jump(&path));
}

static int fd_readlink(struct dentry *dentry, char __user *buf, int size)
{
    struct path path;
    int result = fd_link_path(dentry->inode, &path);

    if (result)
        return result;
    result = proc_path_readlink(&path, buf, size);
    path_put(&path);
    return result;
}

static const struct inode_operations fd_link_iops = {
    .get_link = fd_get_link,
    .readlink = fd_readlink,
};

static int fdinfo_show(struct seq_file *m, void *v)
{
    struct inode *inode = m->private;
    struct file *file = ref_file_get(inode);
    struct task *task = proc_task_get(inode);
    u32 flags;

    if (file && task) {
        flags = file->flags;
        if (task_fd_is_cloexec(task, FD_OF(proc_ref(inode))))
            flags |= O_CLOEXEC;
        seq_printf(m, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n", file->pos, flags,
                   file->path.mnt->id, file->inode->ino);
        if (file->ops->show_fdinfo)
            file->ops->show_fdinfo(m, file);
    }
    if (task)
        task_put(task);
    if (!file)
        return -ENOENT;
    file_put(file);
    return 0;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
    return single_open(file, fdinfo_show, inode);
}

static const struct inode_operations fdinfo_file_iops = {};
static const struct file_operations fdinfo_file_fops = {
    .llseek = seq_lseek,
    .read = seq_read,
    .open = fdinfo_open,
    .release = single_release,
};

/* --- the two directories --- */

static struct inode *fd_inode(struct inode *dir, struct task *task, unsigned int fd, bool info)
{
    struct file *file = task_file_get(task, fd);
    struct inode *inode;

    if (!file)
        return ERR_PTR(-ENOENT);
    inode = proc_pid_inode(dir->sb, task, proc_ref(dir)->entry, proc_ref(dir)->is_thread, fd + 1);
    if (inode && info) {
        inode->mode = S_IFREG | 0444;
        inode->ops = &fdinfo_file_iops;
        inode->fops = &fdinfo_file_fops;
        inode->nlink = 1;
    } else if (inode) {
        inode->mode =
            S_IFLNK | (file->mode & FMODE_READ ? 0500 : 0) | (file->mode & FMODE_WRITE ? 0300 : 0);
        inode->ops = &fd_link_iops;
        inode->opflags |= IOP_NOFOLLOW;
        inode->nlink = 1;
        inode->size = 64;
    }
    file_put(file);
    return inode ? inode : ERR_PTR(-ENOMEM);
}

static struct dentry *fd_dir_lookup(struct inode *dir, struct dentry *dentry, bool info)
{
    long fd = proc_name_to_number(&dentry->name);
    struct task *task = fd >= 0 ? proc_task_get(dir) : NULL;
    struct inode *inode = ERR_PTR(-ENOENT);

    if (task && proc_may_access(task))
        inode = fd_inode(dir, task, (unsigned int)fd, info);
    if (task)
        task_put(task);
    return dentry_splice_alias(inode, dentry);
}

static struct dentry *fd_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    return fd_dir_lookup(dir, dentry, false);
}

static struct dentry *fdinfo_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    return fd_dir_lookup(dir, dentry, true);
}

static int fd_dir_iterate(struct file *file, struct dir_context *ctx, unsigned int type)
{
    struct task *task = proc_task_get(file->inode);
    unsigned int fd;
    char name[16];

    if (!task)
        return -ENOENT;
    if (!dir_emit_dots(file, ctx))
        goto out;
    for (fd = (unsigned int)(ctx->pos - 2); task_fd_next(task, &fd); fd++) {
        int len = snprintf(name, sizeof(name), "%u", fd);

        ctx->pos = (loff_t)fd + 2;
        if (!dir_emit(ctx, name, len, file->inode->ino + (fd + 1) * 256ULL, type))
            break;
        ctx->pos++;
    }
out:
    task_put(task);
    return 0;
}

static int fd_iterate(struct file *file, struct dir_context *ctx)
{
    return fd_dir_iterate(file, ctx, DT_LNK);
}

static int fdinfo_iterate(struct file *file, struct dir_context *ctx)
{
    return fd_dir_iterate(file, ctx, DT_REG);
}

/* A process may look at its own, whoever owns the inode: it may have changed its user. */
static int fd_permission(struct inode *inode, int mask)
{
    struct task *task;
    bool own;

    rcu_read_lock();
    task = pid_task(proc_ref(inode)->pid, proc_ref(inode)->is_thread ? PIDTYPE_PID : PIDTYPE_TGID);
    own = task && task->signal == current->signal;
    rcu_read_unlock();
    return own ? 0 : generic_permission(inode, mask);
}

const struct inode_operations proc_fd_iops = {.lookup = fd_lookup, .permission = fd_permission};
const struct inode_operations proc_fdinfo_iops = {
    .lookup = fdinfo_lookup,
    .permission = fd_permission,
};
const struct file_operations proc_fd_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = fd_iterate,
};
const struct file_operations proc_fdinfo_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = fdinfo_iterate,
};

/* --- mounts --- */

static int mounts_show_table(struct seq_file *m, void *v)
{
    return mounts_show(m, MOUNTS_TABLE);
}

static int mounts_show_info(struct seq_file *m, void *v)
{
    return mounts_show(m, MOUNTS_INFO);
}

static int mounts_show_stats(struct seq_file *m, void *v)
{
    return mounts_show(m, MOUNTS_STATS);
}

static int mounts_open(struct file *file, int (*show)(struct seq_file *m, void *v))
{
    file->version = mounts_event();
    return single_open(file, show, NULL);
}

static int mounts_open_table(struct inode *inode, struct file *file)
{
    return mounts_open(file, mounts_show_table);
}

static int mounts_open_info(struct inode *inode, struct file *file)
{
    return mounts_open(file, mounts_show_info);
}

static int mounts_open_stats(struct inode *inode, struct file *file)
{
    return mounts_open(file, mounts_show_stats);
}

/* A change since the last look is an exceptional condition (proc(5)). */
static u32 mounts_poll(struct file *file, struct poll_table *table)
{
    u64 event;

    poll_wait(file, mounts_wait_queue(), table);
    event = mounts_event();
    if (event == file->version)
        return EPOLLIN | EPOLLRDNORM;
    file->version = event;
    return EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLPRI;
}

#define MOUNTS_FOPS(open_fn)                                                                    \
    {                                                                                           \
        .llseek = seq_lseek, .read = seq_read, .read_iter = seq_read_iter, .poll = mounts_poll, \
        .open = (open_fn), .release = single_release,                                           \
    }

const struct file_operations proc_pid_mounts_fops = MOUNTS_FOPS(mounts_open_table);
const struct file_operations proc_pid_mountinfo_fops = MOUNTS_FOPS(mounts_open_info);
const struct file_operations proc_pid_mountstats_fops = MOUNTS_FOPS(mounts_open_stats);
