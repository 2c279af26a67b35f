// SPDX-License-Identifier: MIT
/* The mounts of a name space as text: /proc/PID/mounts, mountinfo, mountstats (proc(5)). */
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/seq_file.h>

#include "mount_internal.h"

#define MANGLED " \t\n\\#"

struct flag_name {
    unsigned long flag;
    const char *text;
};

static void show_flags(struct seq_file *m, unsigned long flags, const struct flag_name *names,
                       unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (flags & names[i].flag)
            seq_puts(m, names[i].text);
    }
}

static void show_super_flags(struct seq_file *m, const struct super_block *sb)
{
    static const struct flag_name names[] = {
        {SB_SYNCHRONOUS, ",sync"}, {SB_DIRSYNC, ",dirsync"}, {SB_LAZYTIME, ",lazytime"}};

    show_flags(m, sb->flags, names, ARRAY_SIZE(names));
}

static void show_mount_flags(struct seq_file *m, const struct mount *mnt)
{
    static const struct flag_name names[] = {
        {MNT_NOSUID, ",nosuid"},          {MNT_NODEV, ",nodev"},
        {MNT_NOEXEC, ",noexec"},          {MNT_NOATIME, ",noatime"},
        {MNT_NODIRATIME, ",nodiratime"},  {MNT_RELATIME, ",relatime"},
        {MNT_NOSYMFOLLOW, ",nosymfollow"}};

    show_flags(m, mnt->flags, names, ARRAY_SIZE(names));
}

static void show_super_options(struct seq_file *m, struct mount *mnt)
{
    if (mnt->sb->ops->show_options)
        mnt->sb->ops->show_options(m, mnt->root);
}

static void show_table_line(struct seq_file *m, struct mount *mnt, const char *where)
{
    seq_escape(m, mnt->source, MANGLED);
    seq_putc(m, ' ');
    seq_escape(m, where, MANGLED);
    seq_putc(m, ' ');
    seq_escape(m, mnt->sb->type->name, MANGLED);
    seq_puts(m, mount_is_readonly(mnt) ? " ro" : " rw");
    show_super_flags(m, mnt->sb);
    show_mount_flags(m, mnt);
    show_super_options(m, mnt);
    seq_puts(m, " 0 0\n");
}

/* What of the file system is mounted: the path inside it. */
static void show_root_inside(struct seq_file *m, struct mount *mnt, char *buf)
{
    char *text = dentry_text(mnt->root, buf, PATH_MAX);

    seq_escape(m, IS_ERR(text) ? "/" : text, MANGLED);
}

static void show_info_line(struct seq_file *m, struct mount *mnt, const char *where, char *buf)
{
    struct super_block *sb = mnt->sb;

    seq_printf(m, "%u %u %u:%u ", mnt->id, mnt->parent->id, MAJOR(sb->dev), MINOR(sb->dev));
    show_root_inside(m, mnt, buf);
    seq_putc(m, ' ');
    seq_escape(m, where, MANGLED);
    seq_puts(m, mnt->flags & MNT_READONLY ? " ro" : " rw");
    show_mount_flags(m, mnt);
    if (mnt->flags & MNT_UNBINDABLE)
        seq_puts(m, " unbindable");
    seq_puts(m, " - ");
    seq_escape(m, sb->type->name, MANGLED);
    seq_putc(m, ' ');
    seq_escape(m, mnt->source, MANGLED);
    seq_puts(m, sb->flags & SB_RDONLY ? " ro" : " rw");
    show_super_flags(m, sb);
    show_super_options(m, mnt);
    seq_putc(m, '\n');
}

static void show_stats_line(struct seq_file *m, struct mount *mnt, const char *where)
{
    seq_puts(m, "device ");
    seq_escape(m, mnt->source, MANGLED);
    seq_puts(m, " mounted on ");
    seq_escape(m, where, MANGLED);
    seq_puts(m, " with fstype ");
    seq_escape(m, mnt->sb->type->name, MANGLED);
    seq_putc(m, '\n');
}

/* buf has room for two paths. */
static void show_mount(struct seq_file *m, struct mount *mnt, const struct path *root,
                       enum mounts_format format, char *buf)
{
    const struct path path = {.mnt = mnt, .dentry = mnt->root};
    bool reachable;
    char *where = path_text_reachable(&path, root, buf, PATH_MAX, &reachable);

    if (IS_ERR(where) || !reachable)
        return; /* not below the root of whoever asks */
    switch (format) {
    case MOUNTS_TABLE: show_table_line(m, mnt, where); break;
    case MOUNTS_INFO: show_info_line(m, mnt, where, buf + PATH_MAX); break;
    case MOUNTS_STATS: show_stats_line(m, mnt, where); break;
    }
}

int mounts_show_for(struct seq_file *m, enum mounts_format format, struct fs_info *fs)
{
    char *buf = kmalloc(2 * PATH_MAX, GFP_KERNEL);
    struct mnt_namespace *ns;
    struct mount *mnt;
    struct path root;

    if (!buf)
        return -ENOMEM;
    fs_info_get_root(fs, &root);
    rwsem_read_lock(&namespace_sem);
    ns = root.mnt->ns;
    if (ns) {
        list_for_each_entry (mnt, &ns->mounts, ns_link)
            show_mount(m, mnt, &root, format, buf);
    }
    rwsem_read_unlock(&namespace_sem);
    path_put(&root);
    kfree(buf);
    return 0;
}

int mounts_show(struct seq_file *m, enum mounts_format format)
{
    return mounts_show_for(m, format, current->fs);
}
