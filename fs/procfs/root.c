/* SPDX-License-Identifier: MIT */
/*
 * procfs: processes and the kernel's state as files (proc(5)).
 *
 * Everything is made up when it is read. The tree has a fixed part (tree.c), and a directory for
 * each process (pid_dir.c), whose inodes hold a reference to the process's struct pid and find the
 * task anew at each use: a file that was opened outlives its process and then gives ESRCH.
 */
#include "procfs.h"

#include <abi/linux/mount.h>
#include <kernel/base/initcall.h>
#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/pid.h>
#include <kernel/sched/task.h>
#include <kernel/time/clock.h>

#define POS_SELF        0x10000 /* of readdir: behind the fixed part */
#define POS_THREAD_SELF 0x10001
#define POS_PIDS        0x10002
#define INO_SELF        0xf0000001ULL
#define INO_THREAD_SELF 0xf0000002ULL
#define SELF_TEXT_MAX   32

/* --- self and thread-self --- */

static void text_free(void *text)
{
    kfree(text);
}

static const char *self_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                                 void **cookie)
{
    char *text;

    if (!dentry)
        return ERR_PTR(-ECHILD);
    text = kmalloc(SELF_TEXT_MAX, GFP_KERNEL);
    if (!text)
        return ERR_PTR(-ENOMEM);
    if (inode->ino == INO_SELF)
        snprintf(text, SELF_TEXT_MAX, "%d", current->tgid);
    else
        snprintf(text, SELF_TEXT_MAX, "%d/task/%d", current->tgid, current->pid);
    *done = text_free;
    *cookie = text;
    return text;
}

static const struct inode_operations self_iops = {.get_link = self_get_link};

static struct dentry *self_lookup(struct inode *dir, struct dentry *dentry, u64 ino)
{
    struct inode *inode = inode_new(dir->sb);

    if (!inode)
        return ERR_PTR(-ENOMEM);
    inode->ino = ino;
    inode->mode = S_IFLNK | 0777;
    inode->nlink = 1;
    inode->atime = inode->mtime = inode->ctime = ktime_real();
    inode->ops = &self_iops;
    return dentry_splice_alias(inode, dentry);
}

/* --- the root --- */

static bool name_is(const struct qstr *name, const char *s)
{
    return name->len == strlen(s) && memcmp(name->name, s, name->len) == 0;
}

static struct dentry *root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    if (proc_name_to_number(&dentry->name) > 0)
        return proc_pid_lookup(dir, dentry, NULL);
    if (name_is(&dentry->name, "self"))
        return self_lookup(dir, dentry, INO_SELF);
    if (name_is(&dentry->name, "thread-self"))
        return self_lookup(dir, dentry, INO_THREAD_SELF);
    return proc_node_dir_iops.lookup(dir, dentry, flags);
}

static int root_iterate(struct file *file, struct dir_context *ctx)
{
    if (!dir_emit_dots(file, ctx))
        return 0;
    if (ctx->pos < POS_SELF) {
        if (!proc_node_emit(&proc_root, ctx, 2))
            return 0;
        ctx->pos = POS_SELF;
    }
    if (ctx->pos == POS_SELF) {
        if (!dir_emit(ctx, "self", 4, INO_SELF, DT_LNK))
            return 0;
        ctx->pos++;
    }
    if (ctx->pos == POS_THREAD_SELF) {
        if (!dir_emit(ctx, "thread-self", 11, INO_THREAD_SELF, DT_LNK))
            return 0;
        ctx->pos++;
    }
    proc_pids_emit(ctx, POS_PIDS);
    return 0;
}

static int root_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
                        unsigned int flags)
{
    generic_fill_stat(path->dentry->inode, stat);
    return 0;
}

static const struct inode_operations root_iops = {.lookup = root_lookup, .getattr = root_getattr};
static const struct file_operations root_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = root_iterate,
};

/* --- the file system --- */

static struct inode *proc_alloc_inode(struct super_block *sb)
{
    struct proc_inode *pi = kzalloc(sizeof(*pi), GFP_KERNEL);

    return pi ? &pi->inode : NULL;
}

static void proc_free_inode(struct inode *inode)
{
    kfree(proc_inode_of(inode));
}

static void proc_evict_inode(struct inode *inode)
{
    inode_clear(inode);
    pid_put(proc_ref(inode)->pid);
}

/* Nothing is worth keeping that is not in use. */
static bool proc_drop_inode(struct inode *inode)
{
    return true;
}

/* Mount options are accepted as far as they ask for what is the case. */
static int options_check(char *options)
{
    char *word;

    while (options && (word = strsep(&options, ",")) != NULL) {
        if (*word && strcmp(word, "hidepid=0") != 0 && strcmp(word, "hidepid=off") != 0)
            return -EINVAL;
    }
    return 0;
}

static const struct super_operations proc_super_ops = {
    .alloc_inode = proc_alloc_inode,
    .free_inode = proc_free_inode,
    .evict_inode = proc_evict_inode,
    .drop_inode = proc_drop_inode,
    .statfs = simple_statfs,
};

static int proc_fill_super(struct super_block *sb, struct fs_context *fc)
{
    struct inode *root;
    int err = options_check(fc->options);

    if (err)
        return err;
    sb->magic = PROC_SUPER_MAGIC;
    sb->ops = &proc_super_ops;
    root = proc_node_inode(sb, &proc_root);
    if (!root)
        return -ENOMEM;
    root->ops = &root_iops;
    root->fops = &root_fops;
    sb->root = dentry_make_root(root);
    sb->dentry_ops = &proc_dentry_ops;
    return sb->root ? 0 : -ENOMEM;
}

static struct dentry *proc_mount(struct fs_context *fc)
{
    return super_mount_single(fc, proc_fill_super);
}

static const struct fs_type proc_fs_type = {
    .name = "proc",
    .flags = FS_USERNS_MOUNT,
    .mount = proc_mount,
    .kill_super = super_kill_anon,
};
FILE_SYSTEM(proc_fs_type);

static int procfs_init(void)
{
    return proc_tree_build();
}
initcall(INIT_FS, procfs_init);
