/* SPDX-License-Identifier: MIT */
/*
 * The fixed part of /proc: a tree of names, made once from the registries of <kernel/vfs/proc.h>.
 *
 * Nothing changes in it afterwards, so it is read without locks. Inodes are made on look-up and
 * stay with their dentries.
 */
#include "procfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/seq_file.h>

#define STORE_MAX 4096 /* bytes of one write */

SECTION_ARRAY_DEFINE(const struct proc_file, proc_files);
SECTION_ARRAY_DEFINE(const struct sysctl, sysctls);

struct proc_node proc_root = {
    .name = "",
    .parent = &proc_root,
    .children = LIST_HEAD_INIT(proc_root.children),
    .ino = 1,
};
static u64 last_ino = 1;

/* --- building --- */

static bool name_is(const struct proc_node *node, const char *name, size_t len)
{
    return strlen(node->name) == len && memcmp(node->name, name, len) == 0;
}

static struct proc_node *child_find(struct proc_node *dir, const char *name, size_t len)
{
    struct proc_node *node;

    list_for_each_entry (node, &dir->children, link) {
        if (name_is(node, name, len))
            return node;
    }
    return NULL;
}

struct proc_node *proc_node_find(struct proc_node *dir, const struct qstr *name)
{
    return child_find(dir, name->name, name->len);
}

static struct proc_node *node_add(struct proc_node *dir, const char *name, size_t len)
{
    struct proc_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

    if (!node)
        return NULL;
    node->name = kstrndup(name, len, GFP_KERNEL);
    if (!node->name) {
        kfree(node);
        return NULL;
    }
    node->parent = dir;
    node->ino = ++last_ino;
    INIT_LIST_HEAD(&node->children);
    list_add_tail(&node->link, &dir->children);
    return node;
}

/* The node for @path, with the directories on the way. NULL: no memory, or the name is taken. */
static struct proc_node *path_add(struct proc_node *dir, const char *path)
{
    for (;;) {
        size_t len = (size_t)(strchrnul(path, '/') - path);
        struct proc_node *node = child_find(dir, path, len);
        bool last = path[len] == '\0';

        if (node && (last || !proc_node_is_dir(node)))
            return NULL;
        if (!node) {
            node = node_add(dir, path, len);
            if (!node)
                return NULL;
            if (!last)
                dir->nr_dirs++;
        }
        if (last)
            return node;
        dir = node;
        path += len + 1;
    }
}

static struct proc_node *sys_dir(void)
{
    struct proc_node *node = child_find(&proc_root, "sys", 3);

    if (!node) {
        node = node_add(&proc_root, "sys", 3);
        if (node)
            proc_root.nr_dirs++;
    }
    return node;
}

int proc_tree_build(void)
{
    const struct proc_file *const *file;
    const struct sysctl *const *sysctl;
    struct proc_node *node, *sys;

    section_for_each (file, proc_files) {
        node = path_add(&proc_root, (*file)->path);
        if (node)
            node->file = *file;
        else
            pr_err("proc: cannot add %s\n", (*file)->path);
    }
    sys = sys_dir();
    if (!sys)
        return -ENOMEM;
    section_for_each (sysctl, sysctls) {
        node = path_add(sys, (*sysctl)->path);
        if (node)
            node->sysctl = *sysctl;
        else
            pr_err("proc: cannot add sys/%s\n", (*sysctl)->path);
    }
    return 0;
}

/* --- files --- */

static const struct proc_file *file_of(const struct inode *inode)
{
    return proc_node(inode)->file;
}

static int show_whole(struct seq_file *m, void *v)
{
    const struct proc_file *file = m->private;

    return file->show(m, file->arg);
}

static int node_open(struct inode *inode, struct file *file)
{
    const struct proc_file *pf = file_of(inode);

    if (pf->seq)
        return seq_open(file, pf->seq, pf->arg);
    return single_open(file, show_whole, (void *)pf);
}

static int node_release(struct inode *inode, struct file *file)
{
    return file_of(inode)->seq ? seq_release(inode, file) : single_release(inode, file);
}

static ssize_t node_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    const struct proc_file *pf = file_of(file->inode);
    size_t len = count;
    char *text;
    int err;

    if (!pf->store)
        return -EIO;
    if (count >= STORE_MAX)
        return -EINVAL;
    text = kmalloc(count + 1, GFP_KERNEL);
    if (!text)
        return -ENOMEM;
    err = copy_from_user(text, buf, count) ? -EFAULT : 0;
    if (!err) {
        if (len && text[len - 1] == '\n')
            len--;
        text[len] = '\0';
        err = pf->store(text, len, pf->arg);
    }
    kfree(text);
    if (err)
        return err;
    *pos += (loff_t)count;
    return (ssize_t)count;
}

static const struct file_operations proc_node_fops = {
    .llseek = seq_lseek,
    .read = seq_read,
    .read_iter = seq_read_iter,
    .write = node_write,
    .open = node_open,
    .release = node_release,
};

static const char *node_get_link(struct dentry *dentry, struct inode *inode, void (**done)(void *),
                                 void **cookie)
{
    return file_of(inode)->link;
}

static const struct inode_operations node_link_iops = {.get_link = node_get_link};

/* What these files say cannot be set from outside: owner and mode stay. */
static int node_setattr(struct dentry *dentry, struct iattr *attr)
{
    /* open(O_TRUNC) of a file that can be written. */
    if (attr->valid & ~(u32)(ATTR_SIZE | ATTR_MTIME | ATTR_CTIME))
        return -EPERM;
    return setattr_prepare(dentry, attr);
}

static const struct inode_operations node_file_iops = {.setattr = node_setattr};

static void node_inode_fill(struct inode *inode, struct proc_node *node)
{
    const struct proc_file *file = node->file;

    inode->ops = &node_file_iops;
    if (node->sysctl) {
        inode->mode = S_IFREG | (node->sysctl->mode ? node->sysctl->mode : 0644);
        inode->fops = &proc_sysctl_fops;
    } else if (!file) {
        inode->mode = S_IFDIR | 0555;
        inode->ops = &proc_node_dir_iops;
        inode->fops = &proc_node_dir_fops;
        inode->nlink = 2 + node->nr_dirs;
    } else if (file->link) {
        inode->mode = S_IFLNK | 0777;
        inode->ops = &node_link_iops;
    } else {
        inode->mode = S_IFREG | (file->mode ? file->mode : 0444);
        inode->fops = file->fops ? file->fops : &proc_node_fops;
    }
}

struct inode *proc_node_inode(struct super_block *sb, struct proc_node *node)
{
    struct inode *inode = inode_new(sb);

    if (!inode)
        return NULL;
    inode->ino = node->ino;
    proc_inode_of(inode)->node = node;
    inode->nlink = 1;
    inode->atime = inode->mtime = inode->ctime = ktime_real();
    node_inode_fill(inode, node);
    return inode;
}

/* --- directories --- */

static struct dentry *node_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    struct proc_node *node = proc_node_find(proc_node(dir), &dentry->name);
    struct inode *inode;

    if (!node)
        return ERR_PTR(-ENOENT);
    inode = proc_node_inode(dir->sb, node);
    if (!inode)
        return ERR_PTR(-ENOMEM);
    return dentry_splice_alias(inode, dentry);
}

static unsigned int node_type(const struct proc_node *node)
{
    if (proc_node_is_dir(node))
        return DT_DIR;
    return node->file && node->file->link ? DT_LNK : DT_REG;
}

bool proc_node_emit(struct proc_node *dir, struct dir_context *ctx, loff_t base)
{
    struct proc_node *node;
    loff_t at = base;

    list_for_each_entry (node, &dir->children, link) {
        if (at++ < ctx->pos)
            continue;
        if (!dir_emit(ctx, node->name, (int)strlen(node->name), node->ino, node_type(node)))
            return false;
        ctx->pos++;
    }
    return true;
}

static int node_iterate(struct file *file, struct dir_context *ctx)
{
    if (dir_emit_dots(file, ctx))
        proc_node_emit(proc_node(file->inode), ctx, 2);
    return 0;
}

const struct inode_operations proc_node_dir_iops = {.lookup = node_lookup, .setattr = node_setattr};
const struct file_operations proc_node_dir_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = node_iterate,
};
