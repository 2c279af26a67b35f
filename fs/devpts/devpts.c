/* SPDX-License-Identifier: MIT */
/*
 * devpts: the slaves of pseudo-terminals as files, /dev/pts/N, and ptmx, which makes them (pts(4)).
 *
 * Nothing is kept here: the pseudo-terminals themselves know who owns them (<kernel/tty/pty.h>). A
 * dentry is valid as long as the pseudo-terminal of its number is the one that it was made for.
 * Every mount shows the same: there is one set of them.
 */
#include <abi/linux/dirent.h>
#include <abi/linux/mount.h>
#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/time/clock.h>
#include <kernel/tty/pty.h>
#include <kernel/vfs/fs.h>
#include <kernel/vfs/seq_file.h>

#define PTMX_DEVT    MKDEV(5, 2)
#define INO_ROOT     1
#define INO_PTMX     2
#define INO_FIRST    3
#define POS_PTMX     2
#define POS_FIRST    3
#define MODE_DEFAULT 0600

/* What was asked for at the last mount; for show_options(). Under s_umount of the one super block.
 */
static struct devpts_options {
    bool has_uid, has_gid;
    uid_t uid;
    gid_t gid;
    umode_t mode, ptmx_mode;
} options = {.mode = MODE_DEFAULT};

/* --- slaves --- */

static bool inode_is_slave(const struct inode *inode)
{
    return S_ISCHR(inode->mode) && inode->rdev != PTMX_DEVT;
}

static unsigned int slave_index(const struct inode *inode)
{
    return MINOR(inode->rdev);
}

static void slave_own(struct inode *inode, const struct pty_node *node)
{
    inode->uid = node->uid;
    inode->gid = node->gid;
    inode->mode = S_IFCHR | node->mode;
}

static int slave_setattr(struct dentry *dentry, struct iattr *attr)
{
    struct inode *inode = dentry->inode;
    struct pty_node node;
    int err = setattr_prepare(dentry, attr);

    if (err)
        return err;
    if (!inode_is_slave(inode)) {
        setattr_copy(inode, attr);
        return 0;
    }
    err = pty_node_get(slave_index(inode), &node);
    if (err || node.id != inode->version)
        return -ENOENT;
    setattr_copy(inode, attr);
    node.uid = inode->uid;
    node.gid = inode->gid;
    node.mode = inode->mode & 07777;
    return pty_node_set(slave_index(inode), &node);
}

static const struct inode_operations slave_iops = {.setattr = slave_setattr};

static struct inode *chr_inode(struct super_block *sb, u64 ino, umode_t mode, dev_t rdev)
{
    struct inode *inode = inode_new(sb);

    if (!inode)
        return NULL;
    inode->ino = ino;
    inode->nlink = 1;
    inode->ops = &slave_iops;
    inode_init_special(inode, S_IFCHR | mode, rdev);
    inode->mode = S_IFCHR | mode;
    inode->atime = inode->mtime = inode->ctime = ktime_real();
    return inode;
}

static struct inode *slave_inode(struct super_block *sb, unsigned int index)
{
    struct pty_node node;
    struct inode *inode;

    if (pty_node_get(index, &node))
        return ERR_PTR(-ENOENT);
    inode = chr_inode(sb, INO_FIRST + index, node.mode, MKDEV(PTY_SLAVE_MAJOR, index));
    if (!inode)
        return ERR_PTR(-ENOMEM);
    slave_own(inode, &node);
    inode->version = node.id;
    inode->atime = inode->mtime = inode->ctime = node.time;
    return inode;
}

/* --- the directory --- */

static struct dentry *root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
    char name[16];
    unsigned int index;

    if (dentry->name.len == 4 && memcmp(dentry->name.name, "ptmx", 4) == 0) {
        struct inode *inode = chr_inode(dir->sb, INO_PTMX, options.ptmx_mode, PTMX_DEVT);

        return inode ? dentry_splice_alias(inode, dentry) : ERR_PTR(-ENOMEM);
    }
    if (dentry->name.len >= sizeof(name))
        return ERR_PTR(-ENOENT);
    memcpy(name, dentry->name.name, dentry->name.len);
    name[dentry->name.len] = '\0';
    if (name[0] < '0' || name[0] > '9' || (name[0] == '0' && name[1]) ||
        kstrtouint(name, 10, &index))
        return ERR_PTR(-ENOENT);
    return dentry_splice_alias(slave_inode(dir->sb, index), dentry);
}

static int root_iterate(struct file *file, struct dir_context *ctx)
{
    char name[16];
    int index;

    if (!dir_emit_dots(file, ctx))
        return 0;
    if (ctx->pos == POS_PTMX) {
        if (!dir_emit(ctx, "ptmx", 4, INO_PTMX, DT_CHR))
            return 0;
        ctx->pos++;
    }
    while ((index = pty_next((unsigned int)(ctx->pos - POS_FIRST))) >= 0) {
        int len = snprintf(name, sizeof(name), "%d", index);

        ctx->pos = index + POS_FIRST;
        if (!dir_emit(ctx, name, len, INO_FIRST + (u64)index, DT_CHR))
            return 0;
        ctx->pos++;
    }
    return 0;
}

static const struct inode_operations root_iops = {.lookup = root_lookup};
static const struct file_operations root_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = root_iterate,
};

/* --- validity --- */

static int devpts_revalidate(struct dentry *dentry, bool rcu)
{
    struct inode *inode = READ_ONCE(dentry->inode);
    struct pty_node node;

    if (!inode)
        return 0;
    if (!inode_is_slave(inode))
        return 1;
    if (rcu)
        return -ECHILD;
    if (pty_node_get(slave_index(inode), &node) || node.id != inode->version)
        return 0;
    slave_own(inode, &node);
    return 1;
}

static const struct dentry_operations devpts_dentry_ops = {.revalidate = devpts_revalidate};

/* --- options --- */

static int option_number(const char *word, const char *name, unsigned int base, unsigned int *value)
{
    size_t len = strlen(name);

    if (strncmp(word, name, len) != 0)
        return 1;
    return kstrtouint(word + len, base, value);
}

/* 0, 1: none of ours, -EINVAL. */
static int option_parse(const char *word, struct devpts_options *o)
{
    unsigned int value;
    int err;

    if ((err = option_number(word, "uid=", 10, &value)) <= 0) {
        o->has_uid = true;
        o->uid = value;
    } else if ((err = option_number(word, "gid=", 10, &value)) <= 0) {
        o->has_gid = true;
        o->gid = value;
    } else if ((err = option_number(word, "ptmxmode=", 8, &value)) <= 0) {
        o->ptmx_mode = value & 0777;
    } else if ((err = option_number(word, "mode=", 8, &value)) <= 0) {
        o->mode = value & 0777;
    } else if ((err = option_number(word, "max=", 10, &value)) <= 0) {
        err = err == 0 && value >= PTY_MAX ? 0 : -EINVAL;
    } else if (strcmp(word, "newinstance") == 0) {
        err = 0;
    }
    return err;
}

static int options_parse(char *text, struct devpts_options *o)
{
    char *word;

    while (text && (word = strsep(&text, ",")) != NULL) {
        if (*word && option_parse(word, o))
            return -EINVAL;
    }
    return 0;
}

static int options_take(char *text)
{
    struct devpts_options fresh = {.mode = MODE_DEFAULT};
    int err = options_parse(text, &fresh);

    if (err)
        return err;
    options = fresh;
    pty_defaults_set(fresh.has_uid, fresh.uid, fresh.has_gid, fresh.gid, fresh.mode);
    return 0;
}

static int devpts_remount(struct super_block *sb, unsigned long *flags, char *data)
{
    return options_take(data);
}

static void devpts_show_options(struct seq_file *m, struct dentry *root)
{
    if (options.has_uid)
        seq_printf(m, ",uid=%u", options.uid);
    if (options.has_gid)
        seq_printf(m, ",gid=%u", options.gid);
    seq_printf(m, ",mode=%03o,ptmxmode=%03o", options.mode, options.ptmx_mode);
}

/* --- the file system --- */

static bool devpts_drop_inode(struct inode *inode)
{
    return true;
}

static void devpts_evict_inode(struct inode *inode)
{
    inode_clear(inode);
}

static const struct super_operations devpts_super_ops = {
    .evict_inode = devpts_evict_inode,
    .drop_inode = devpts_drop_inode,
    .statfs = simple_statfs,
    .remount = devpts_remount,
    .show_options = devpts_show_options,
};

static int devpts_fill_super(struct super_block *sb, struct fs_context *fc)
{
    struct inode *root;

    sb->magic = DEVPTS_SUPER_MAGIC;
    sb->ops = &devpts_super_ops;
    root = inode_new(sb);
    if (!root)
        return -ENOMEM;
    root->ino = INO_ROOT;
    root->mode = S_IFDIR | 0755;
    root->nlink = 2;
    root->ops = &root_iops;
    root->fops = &root_fops;
    root->atime = root->mtime = root->ctime = ktime_real();
    sb->root = dentry_make_root(root);
    sb->dentry_ops = &devpts_dentry_ops;
    return sb->root ? 0 : -ENOMEM;
}

static struct dentry *devpts_mount(struct fs_context *fc)
{
    int err = options_take(fc->options);

    return err ? ERR_PTR(err) : super_mount_single(fc, devpts_fill_super);
}

static const struct fs_type devpts_fs_type = {
    .name = "devpts",
    .flags = FS_USERNS_MOUNT,
    .mount = devpts_mount,
    .kill_super = super_kill_anon,
};
FILE_SYSTEM(devpts_fs_type);
