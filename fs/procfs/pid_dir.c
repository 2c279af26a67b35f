/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID and /proc/PID/task/TID: look-up, listing, and who may look.
 *
 * A dentry below a process stays valid as long as the struct pid in its inode still has a task.
 * Owner and group follow the task's credentials at each look-up; files that show what only a tracer
 * may see check that when they are opened and again when they are read.
 */
#include "procfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/namei.h>
#include <kernel/vfs/seq_file.h>

#define INO_OF_PIDS (1ULL << 32)
#define INO_PER_PID (1ULL << 24)
#define INO_THREAD  (1ULL << 23)
#define INO_FD      (1ULL << 8) /* entries are below, descriptors above */
#define STORE_MAX   256

/* --- tasks behind inodes --- */

struct task *proc_task_get(const struct inode *inode)
{
    const struct proc_ref *ref = proc_ref(inode);

    return pid_task_get(ref->pid, ref->is_thread ? PIDTYPE_PID : PIDTYPE_TGID);
}

static bool cred_covers(const struct cred *mine, const struct cred *theirs)
{
    return mine->fsuid == theirs->euid && mine->fsuid == theirs->suid &&
           mine->fsuid == theirs->uid && mine->fsgid == theirs->egid &&
           mine->fsgid == theirs->sgid && mine->fsgid == theirs->gid &&
           (theirs->cap_permitted & ~mine->cap_permitted) == 0;
}

bool proc_may_access(struct task *task)
{
    bool same, dumpable = true;
    struct mm *mm;

    if (task->signal == current->signal)
        return true;
    rcu_read_lock();
    same = cred_covers(current_cred(), rcu_dereference(task->cred));
    rcu_read_unlock();
    mm = same ? mm_of_task(task) : NULL;
    if (mm) {
        dumpable = mm->dumpable;
        mm_put(mm);
    }
    return (same && dumpable) || capable(CAP_SYS_PTRACE);
}

static void inode_own(struct inode *inode, const struct task *task)
{
    const struct cred *cred;

    rcu_read_lock();
    cred = rcu_dereference(task->cred);
    inode->uid = cred->euid;
    inode->gid = cred->egid;
    rcu_read_unlock();
}

/* --- inodes --- */

static const struct inode_operations pid_dir_iops, pid_link_iops, pid_file_iops;
static const struct file_operations pid_dir_fops, pid_show_fops;

static u64 ref_ino(const struct proc_ref *ref)
{
    u64 ino = INO_OF_PIDS + (u64)pid_nr(ref->pid) * INO_PER_PID;

    if (ref->is_thread)
        ino += INO_THREAD;
    if (ref->entry)
        ino += (u64)(ref->entry - proc_pid_entries) + 1;
    return ino + ref->fd * INO_FD;
}

static void inode_set_kind(struct inode *inode, const struct pid_entry *entry)
{
    if (!entry) {
        inode->mode = S_IFDIR | 0555;
        inode->ops = &pid_dir_iops;
        inode->fops = &pid_dir_fops;
        inode->nlink = 4;
        return;
    }
    inode->nlink = 1;
    switch (entry->kind) {
    case PID_DIR:
        inode->mode = S_IFDIR | entry->mode;
        inode->ops = entry->iops;
        inode->fops = entry->fops;
        inode->nlink = 2;
        break;
    case PID_LINK:
        inode->mode = S_IFLNK | 0777;
        inode->ops = &pid_link_iops;
        inode->opflags |= IOP_NOFOLLOW;
        break;
    default:
        inode->mode = S_IFREG | entry->mode;
        inode->ops = &pid_file_iops;
        inode->fops = entry->fops ? entry->fops : &pid_show_fops;
        break;
    }
}

struct inode *proc_pid_inode(struct super_block *sb, struct task *task,
                             const struct pid_entry *entry, bool is_thread, unsigned int fd)
{
    struct inode *inode = inode_new(sb);
    struct proc_ref *ref;

    if (!inode)
        return NULL;
    ref = proc_ref(inode);
    ref->pid = task_id_get(task, is_thread ? PIDTYPE_PID : PIDTYPE_TGID);
    ref->is_thread = is_thread;
    ref->entry = entry;
    ref->fd = fd;
    if (!ref->pid) {
        inode_put(inode);
        return NULL;
    }
    inode->ino = ref_ino(ref);
    inode->atime = inode->mtime = inode->ctime = ktime_real();
    inode_own(inode, task);
    inode_set_kind(inode, entry);
    return inode;
}

/* --- validity --- */

static int proc_revalidate(struct dentry *dentry, bool rcu)
{
    struct inode *inode = READ_ONCE(dentry->inode);
    const struct proc_ref *ref;
    struct task *task;

    if (!inode)
        return 0;
    ref = proc_ref(inode);
    if (!ref->pid)
        return 1;
    rcu_read_lock();
    task = pid_task(ref->pid, ref->is_thread ? PIDTYPE_PID : PIDTYPE_TGID);
    if (task)
        inode_own(inode, task);
    rcu_read_unlock();
    if (!task)
        return 0;
    /* Descriptors come and go: the name of each is looked up anew. */
    return ref->fd ? 0 : 1;
}

static bool proc_delete_now(const struct dentry *dentry)
{
    return dentry->inode && proc_ref(dentry->inode)->pid;
}

const struct dentry_operations proc_dentry_ops = {
    .revalidate = proc_revalidate,
    .delete_now = proc_delete_now,
};

/* --- files --- */

static int show_task(struct seq_file *m, void *v)
{
    const struct proc_ref *ref = proc_ref(m->private);
    const struct pid_entry *entry = ref->entry;
    struct task *task = proc_task_get(m->private);
    int err = -EACCES;

    if (!task)
        return -ESRCH;
    if (!entry->private || proc_may_access(task))
        err = ref->is_thread && entry->thread_show ? entry->thread_show(m, task)
                                                   : entry->show(m, task);
    task_put(task);
    return err;
}

static int pid_show_open(struct inode *inode, struct file *file)
{
    const struct pid_entry *entry = proc_ref(inode)->entry;

    if (entry->private) {
        struct task *task = proc_task_get(inode);
        bool ok = task && proc_may_access(task);

        if (!task)
            return -ESRCH;
        task_put(task);
        if (!ok)
            return -EACCES;
    }
    return single_open(file, show_task, inode);
}

static ssize_t pid_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    const struct pid_entry *entry = proc_ref(file->inode)->entry;
    char text[STORE_MAX];
    struct task *task;
    size_t len = min(count, sizeof(text) - 1);
    int err;

    if (!entry->store)
        return -EIO;
    if (copy_from_user(text, buf, len))
        return -EFAULT;
    if (len && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    task = proc_task_get(file->inode);
    if (!task)
        return -ESRCH;
    err = entry->store(task, text, len);
    task_put(task);
    return err ? err : (ssize_t)count;
}

static const struct file_operations pid_show_fops = {
    .llseek = seq_lseek,
    .read = seq_read,
    .read_iter = seq_read_iter,
    .write = pid_write,
    .open = pid_show_open,
    .release = single_release,
};

static int pid_setattr(struct dentry *dentry, struct iattr *attr)
{
    if (attr->valid & ~(u32)(ATTR_SIZE | ATTR_MTIME | ATTR_CTIME))
        return -EPERM;
    return setattr_prepare(dentry, attr);
}

static const struct inode_operations pid_file_iops = {.setattr = pid_setattr};

/* --- links that lead to objects, not names --- */

static int link_path(struct inode *inode, struct path *path)
{
    const struct pid_entry *entry = proc_ref(inode)->entry;
    struct task *task = proc_task_get(inode);
    int err;

    if (!task)
        return -ENOENT;
    err = proc_may_access(task) ? entry->path(task, path) : -EACCES;
    task_put(task);
    return err;
}

int proc_jump(struct path *path)
{
    int err = nd_jump_link(path);

    path_put(path);
    return err;
}

/* What a path is called as seen from current's root, as readlink(2) gives it. */
int proc_path_readlink(const struct path *path, char __user *to, int size)
{
    char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;
    struct path root;
    int len;

    if (!buf)
        return -ENOMEM;
    len = proc_pid_root(current, &root);
    if (!len) {
        text = path_text(path, &root, buf, PATH_MAX);
        path_put(&root);
        len = IS_ERR(text) ? (int)PTR_ERR(text) : (int)min(strlen(text), (size_t)size);
        if (len > 0 && copy_to_user(to, text, (size_t)len))
            len = -EFAULT;
    }
    kfree(buf);
    return len;
}

static int pid_readlink(struct dentry *dentry, char __user *buf, int size)
{
    struct path path;
    int result = link_path(dentry->inode, &path);

    if (result)
        return result;
    result = proc_path_readlink(&path, buf, size);
    path_put(&path);
    return result;
}

static const char *pid_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                                void **cookie)
{
    struct path path;
    int err;

    if (!dentry)
        return ERR_PTR(-ECHILD);
    err = link_path(inode, &path);
    if (!err)
        err = proc_jump(&path);
    return ERR_PTR(err);
}

static const struct inode_operations pid_link_iops = {
    .get_link = pid_get_link,
    .readlink = pid_readlink,
    .setattr = pid_setattr,
};

/* --- directories --- */

static const struct pid_entry *entry_find(const struct qstr *name, bool is_thread)
{
    for (unsigned int i = 0; i < proc_nr_pid_entries; i++) {
        const struct pid_entry *entry = &proc_pid_entries[i];

        if (strlen(entry->name) == name->len && memcmp(entry->name, name->name, name->len) == 0)
            return is_thread && !entry->thread_too ? NULL : entry;
    }
    return NULL;
}

static struct dentry *pid_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    bool is_thread = proc_ref(dir)->is_thread;
    const struct pid_entry *entry = entry_find(&dentry->name, is_thread);
    struct task *task = entry ? proc_task_get(dir) : NULL;
    struct inode *inode;

    if (!task)
        return ERR_PTR(-ENOENT);
    inode = proc_pid_inode(dir->sb, task, entry, is_thread, 0);
    task_put(task);
    return inode ? dentry_splice_alias(inode, dentry) : ERR_PTR(-ENOMEM);
}

static unsigned int entry_type(const struct pid_entry *entry)
{
    return entry->kind == PID_DIR ? DT_DIR : entry->kind == PID_LINK ? DT_LNK : DT_REG;
}

static int pid_dir_iterate(struct file *file, struct dir_context *ctx)
{
    struct proc_ref ref = *proc_ref(file->inode);

    if (!dir_emit_dots(file, ctx))
        return 0;
    for (; ctx->pos - 2 < proc_nr_pid_entries; ctx->pos++) {
        ref.entry = &proc_pid_entries[ctx->pos - 2];
        if (ref.is_thread && !ref.entry->thread_too)
            continue;
        if (!dir_emit(ctx, ref.entry->name, (int)strlen(ref.entry->name), ref_ino(&ref),
                      entry_type(ref.entry)))
            return 0;
    }
    return 0;
}

static const struct inode_operations pid_dir_iops = {
    .lookup = pid_dir_lookup,
    .setattr = pid_setattr,
};
static const struct file_operations pid_dir_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = pid_dir_iterate,
};

/* --- the numbers themselves --- */

long proc_name_to_number(const struct qstr *name)
{
    long number = 0;

    if (name->len == 0 || name->len > 9 || (name->name[0] == '0' && name->len > 1))
        return -1;
    for (u32 i = 0; i < name->len; i++) {
        if (name->name[i] < '0' || name->name[i] > '9')
            return -1;
        number = number * 10 + (name->name[i] - '0');
    }
    return number;
}

/* Any thread can be reached by its number, but as the group it belongs to. */
struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *dentry, struct task *group)
{
    long nr = proc_name_to_number(&dentry->name);
    struct task *task = nr > 0 ? task_find_get((pid_t)nr) : NULL;
    struct inode *inode;

    if (!task)
        return ERR_PTR(-ENOENT);
    if (group ? task->signal != group->signal : task->pid != task->tgid) {
        task_put(task);
        return ERR_PTR(-ENOENT);
    }
    inode = proc_pid_inode(dir->sb, task, NULL, group != NULL, 0);
    task_put(task);
    return inode ? dentry_splice_alias(inode, dentry) : ERR_PTR(-ENOENT);
}

static bool emit_number(struct dir_context *ctx, pid_t nr, u64 ino)
{
    char name[16];
    int len = snprintf(name, sizeof(name), "%d", nr);

    return dir_emit(ctx, name, len, ino, DT_DIR);
}

bool proc_pids_emit(struct dir_context *ctx, loff_t base)
{
    pid_t nr = (pid_t)(ctx->pos - base);
    struct task *task;

    while ((task = next_tgid(&nr)) != NULL) {
        task_put(task);
        ctx->pos = base + nr;
        if (!emit_number(ctx, nr, INO_OF_PIDS + (u64)nr * INO_PER_PID))
            return false;
        ctx->pos = base + ++nr;
    }
    return true;
}

/* --- task/ --- */

static struct dentry *task_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    struct task *group = proc_task_get(dir);
    struct dentry *result;

    if (!group)
        return ERR_PTR(-ENOENT);
    result = proc_pid_lookup(dir, dentry, group);
    task_put(group);
    return result;
}

/* The first thread whose number is at least @nr; 0: none. */
static pid_t next_thread(struct task *group, pid_t nr)
{
    struct task *thread;
    pid_t best = 0;

    rcu_read_lock();
    task_for_each_thread (thread, group) {
        if (thread->pid >= nr && (!best || thread->pid < best))
            best = thread->pid;
    }
    rcu_read_unlock();
    return best;
}

static int task_dir_iterate(struct file *file, struct dir_context *ctx)
{
    struct task *group = proc_task_get(file->inode);
    pid_t nr;

    if (!group)
        return -ENOENT;
    if (!dir_emit_dots(file, ctx))
        goto out;
    while ((nr = next_thread(group, (pid_t)(ctx->pos - 2))) != 0) {
        ctx->pos = nr + 2;
        if (!emit_number(ctx, nr, INO_OF_PIDS + (u64)nr * INO_PER_PID + INO_THREAD))
            break;
        ctx->pos = nr + 3;
    }
out:
    task_put(group);
    return 0;
}

/* As many links as threads: programs count them so. */
static int task_dir_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
                            unsigned int flags)
{
    struct task *group = proc_task_get(path->dentry->inode);

    generic_fill_stat(path->dentry->inode, stat);
    if (group) {
        stat->nlink += (u32)group->signal->nr_threads;
        task_put(group);
    }
    return 0;
}

const struct inode_operations proc_task_iops = {
    .lookup = task_dir_lookup,
    .getattr = task_dir_getattr,
    .setattr = pid_setattr,
};
const struct file_operations proc_task_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = task_dir_iterate,
};
