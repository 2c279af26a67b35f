// SPDX-License-Identifier: MIT
/*
 * Mounting FAT volumes: vfat, with long names, and msdos, without. Read-only so far: a mount that
 * asks for more is made read-only and says so.
 */
#include "fat.h"
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

void fat_message(const struct super_block *sb, enum log_level level, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vscnprintf(text, sizeof(text), format, args);
    va_end(args);
    klog(level, "fat (%s): %s", sb->id, text);
}

int fat_corrupted(const struct super_block *sb, u64 ino, const char *format, ...)
{
    static struct ratelimit limit = RATELIMIT_INIT(5000000000ULL, 20);
    char text[200];
    va_list args;

    va_start(args, format);
    vscnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (ratelimit_allow(&limit, "fat"))
        fat_message(sb, LOG_LEVEL_ERR, "damaged: inode %llu: %s", ino, text);
    return -EFSCORRUPTED;
}

static int fat_statfs(struct dentry *dentry, struct kstatfs *st)
{
    struct fat_fs *fs = fat_fs(dentry->sb);
    u32 nr_free;
    int err = fat_free_count(fs, &nr_free);

    if (err)
        return err;
    st->type = FAT_SUPER_MAGIC;
    st->bsize = st->frsize = 1U << fs->cluster_bits;
    st->blocks = fs->nr_clusters;
    st->bfree = st->bavail = nr_free;
    st->namelen = fs->is_vfat ? FAT_LONG_MAX * 3 : 12;
    st->fsid[0] = fs->sb->dev;
    return 0;
}

static int fat_remount(struct super_block *sb, unsigned long *flags, char *data)
{
    struct fat_fs *fs = fat_fs(sb);
    struct fat_options options = fs->options;
    int err = fat_options_parse(fs, data, &options);

    if (err)
        return err;
    if (!(*flags & SB_RDONLY)) {
        fat_message(sb, LOG_LEVEL_ERR, "cannot remount read-write: writing is not supported yet");
        return -EROFS;
    }
    return 0;
}

static void fat_put_super(struct super_block *sb)
{
    kfree(sb->private);
    sb->private = NULL;
}

static const struct super_operations fat_super_ops = {
    .alloc_inode = fat_inode_alloc,
    .free_inode = fat_inode_free,
    .evict_inode = fat_inode_evict,
    .put_super = fat_put_super,
    .statfs = fat_statfs,
    .remount = fat_remount,
    .show_options = fat_show_options,
};

static int boot_read(struct fat_fs *fs, bool silent)
{
    struct bdev_buf buf;
    int err = bdev_read(fs->bdev, 0, FAT_BOOT_SIZE, &buf);

    if (err) {
        fat_message(fs->sb, LOG_LEVEL_ERR, "the boot sector cannot be read (error %d)", -err);
        return err;
    }
    err = fat_boot_check(fs, buf.data, silent);
    bdev_release(&buf);
    return err;
}

static struct fat_fs *fs_create(struct super_block *sb, const struct fs_type *type)
{
    struct fat_fs *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

    if (!fs)
        return NULL;
    fs->sb = sb;
    fs->bdev = sb->bdev;
    fs->is_vfat = type == &vfat_fs_type;
    fs->options = (struct fat_options){.fmask = 0022, .dmask = 0022, .shortname = FAT_SHORT_MIXED};
    mutex_init(&fs->free_lock);
    return fs;
}

static void sb_fill(struct super_block *sb, const struct fat_fs *fs)
{
    sb->magic = FAT_SUPER_MAGIC;
    sb->maxbytes = 0xffffffffU;
    sb->time_gran_ns = 1;
    sb->time_min = 315532800;  /* 1980-01-01 */
    sb->time_max = 4354819198; /* 2107-12-31 23:59:58 */
    sb->dentry_ops = &fat_dentry_ops;
    memcpy(sb->uuid, &fs->serial, sizeof(fs->serial));
    if (!(sb->flags & SB_RDONLY))
        fat_message(sb, LOG_LEVEL_NOTICE, "mounted read-only: writing is not supported yet");
    sb->flags |= SB_RDONLY;
}

static int root_open(struct super_block *sb)
{
    struct inode *root = fat_root_get(sb);

    if (IS_ERR(root))
        return PTR_ERR(root);
    sb->root = dentry_make_root(root);
    return sb->root ? 0 : -ENOMEM;
}

static int volume_open(struct super_block *sb, struct fat_fs *fs, struct fs_context *fc)
{
    int err = fat_options_parse(fs, fc->options, &fs->options);

    if (!err)
        err = boot_read(fs, fc->sb_flags & SB_SILENT);
    if (err)
        return err;
    if (!super_set_blocksize(sb, fs->sector_size)) {
        fat_message(sb, LOG_LEVEL_ERR, "the device cannot do sectors of %u bytes", fs->sector_size);
        return -EINVAL;
    }
    sb_fill(sb, fs);
    return root_open(sb);
}

static int fat_fill_super(struct super_block *sb, struct fs_context *fc)
{
    struct fat_fs *fs;
    int err = fat_nodes_init();

    if (err)
        return err;
    fs = fs_create(sb, fc->type);
    if (!fs)
        return -ENOMEM;
    sb->private = fs;
    sb->ops = &fat_super_ops;
    err = volume_open(sb, fs, fc);
    if (err)
        fat_put_super(sb);
    return err;
}

static struct dentry *fat_mount(struct fs_context *fc)
{
    return super_mount_bdev(fc, fat_fill_super);
}

const struct fs_type vfat_fs_type = {
    .name = "vfat", .flags = FS_REQUIRES_DEV, .mount = fat_mount, .kill_super = super_kill_bdev};
FILE_SYSTEM(vfat_fs_type);
const struct fs_type msdos_fs_type = {
    .name = "msdos", .flags = FS_REQUIRES_DEV, .mount = fat_mount, .kill_super = super_kill_bdev};
FILE_SYSTEM(msdos_fs_type);
