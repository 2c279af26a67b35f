// SPDX-License-Identifier: MIT
/*
 * Mounting: super block, descriptors, journal, root inode, in that order, each checked before the
 * next is reached through it.
 *
 * Everything is read-only so far. A mount that asks for more is made read-only and says so; one
 * that insists (the word rw, or a remount) gets EROFS. A journal that was left dirty is read into
 * memory (replay.c), so that what is seen is what a replay would have produced; the super block and
 * the descriptors are then read once more, because the journal may hold newer ones.
 */
#include "ext4.h"
#include <kernel/base/panic.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

void ext4_message(const struct super_block *sb, enum log_level level, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vscnprintf(text, sizeof(text), format, args);
    va_end(args);
    klog(level, "ext4 (%s): %s", sb->id, text);
}

/* Damage is reported as often as it is met, but not faster than a log can be read. */
static void report(const struct super_block *sb, const char *where, const char *format,
                   va_list args)
{
    static struct ratelimit limit = RATELIMIT_INIT(5000000000ULL, 20);
    const struct ext4_fs *fs = ext4_fs(sb);
    char text[200];

    vscnprintf(text, sizeof(text), format, args);
    if (ratelimit_allow(&limit, "ext4"))
        ext4_message(sb, LOG_LEVEL_ERR, "%s%s", where, text);
    if (fs && fs->options.errors == EXT4_ERRORS_PANIC)
        panic("ext4 (%s): %s%s (errors=panic)", sb->id, where, text);
}

int ext4_corrupted(const struct super_block *sb, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(sb, "damaged: ", format, args);
    va_end(args);
    return -EFSCORRUPTED;
}

int ext4_inode_corrupted(const struct inode *inode, const char *format, ...)
{
    char where[48];
    va_list args;

    scnprintf(where, sizeof(where), "damaged: inode %llu: ", inode->ino);
    va_start(args, format);
    report(inode->sb, where, format, args);
    va_end(args);
    return -EFSCORRUPTED;
}

int ext4_inode_bad_csum(const struct inode *inode, const char *what, u64 block)
{
    ext4_inode_corrupted(inode, "wrong checksum of %s in block %llu", what, block);
    return -EFSBADCRC;
}

/* Free space as the descriptors have it. */
static void count_free(const struct ext4_fs *fs, u64 *blocks, u64 *inodes)
{
    *blocks = *inodes = 0;
    for (u32 i = 0; i < fs->nr_groups; i++) {
        *blocks += fs->groups[i].free_clusters;
        *inodes += fs->groups[i].free_inodes;
    }
    *blocks <<= fs->cluster_bits;
}

/* Blocks that are not for ordinary users, and those kept back for delayed metadata. */
static u64 reserved_blocks(const struct ext4_fs *fs)
{
    u64 reserved = le32_to_cpu(fs->raw->s_r_blocks_count_lo), held = 0;

    if (EXT4_HAS_INCOMPAT(fs, 64BIT))
        reserved |= (u64)le32_to_cpu(fs->raw->s_r_blocks_count_hi) << 32;
    if (EXT4_HAS_INCOMPAT(fs, EXTENTS))
        held = min_t(u64, (fs->nr_blocks >> fs->cluster_bits) / 50, 4096) << fs->cluster_bits;
    return reserved + held;
}

static int ext4_statfs(struct dentry *dentry, struct kstatfs *st)
{
    const struct ext4_fs *fs = ext4_fs(dentry->sb);
    u64 fsid = get_unaligned_le64(fs->raw->s_uuid) ^ get_unaligned_le64(fs->raw->s_uuid + 8);
    u64 reserved = reserved_blocks(fs);

    st->type = EXT4_SUPER_MAGIC;
    st->bsize = st->frsize = fs->block_size;
    st->blocks = fs->nr_blocks - (fs->options.minixdf ? 0 : fs->overhead_blocks);
    count_free(fs, &st->bfree, &st->ffree);
    st->bavail = st->bfree > reserved ? st->bfree - reserved : 0;
    st->files = fs->nr_inodes;
    st->namelen = EXT4_NAME_LEN;
    st->fsid[0] = (u32)fsid;
    st->fsid[1] = fsid >> 32;
    return 0;
}

static int ext4_remount(struct super_block *sb, unsigned long *flags, char *data)
{
    struct ext4_fs *fs = ext4_fs(sb);
    struct ext4_options options = fs->options;
    int err = ext4_options_parse(sb, data, &options);

    if (err)
        return err;
    if (!(*flags & SB_RDONLY) || options.insist_rw) {
        ext4_message(sb, LOG_LEVEL_ERR, "cannot remount read-write: writing is not supported yet");
        return -EROFS;
    }
    options.noload = fs->options.noload;
    fs->options = options;
    return 0;
}

static void fs_destroy(struct ext4_fs *fs)
{
    ext4_bufs_fini(fs);
    ext4_replay_free(fs);
    kvfree(fs->groups);
    kfree(fs->raw);
    kfree(fs);
}

/* Also for a mount that failed half way: then there may be nothing. */
static void ext4_put_super(struct super_block *sb)
{
    if (sb->private)
        fs_destroy(sb->private);
    sb->private = NULL;
}

static const struct super_operations ext4_super_ops = {
    .alloc_inode = ext4_inode_alloc,
    .free_inode = ext4_inode_free,
    .evict_inode = ext4_inode_evict,
    .put_super = ext4_put_super,
    .statfs = ext4_statfs,
    .remount = ext4_remount,
    .show_options = ext4_show_options,
};

/* Copies the super block as it stands on the disk. */
static int super_read(struct ext4_fs *fs)
{
    struct bdev_buf view;
    int err = bdev_read(fs->bdev, EXT4_SUPER_OFFSET, EXT4_SUPER_SIZE, &view);

    if (err) {
        ext4_message(fs->sb, LOG_LEVEL_ERR, "the super block cannot be read (error %d)", -err);
        return err;
    }
    memcpy(fs->raw, view.data, EXT4_SUPER_SIZE);
    bdev_release(&view);
    return 0;
}

/* Reads super block and descriptors again through the journal's newer blocks. */
static int super_reload(struct ext4_fs *fs)
{
    struct ext4_buf *buf;

    ext4_bufs_forget(fs);
    buf = ext4_buf_read(fs, fs->super_block_nr);
    if (IS_ERR(buf))
        return PTR_ERR(buf);
    memcpy(fs->raw, (const u8 *)buf->data + (EXT4_SUPER_OFFSET & (fs->block_size - 1)),
           EXT4_SUPER_SIZE);
    ext4_buf_put(fs, buf);
    kvfree(fs->groups);
    fs->groups = NULL;
    return ext4_super_check(fs, false);
}

static int journal_look(struct ext4_fs *fs)
{
    int err;

    if (!EXT4_HAS_INCOMPAT(fs, RECOVER))
        return 0;
    if (!EXT4_HAS_COMPAT(fs, HAS_JOURNAL))
        return ext4_corrupted(fs->sb, "needs recovery, but has no journal");
    if (fs->options.noload) {
        ext4_message(fs->sb, LOG_LEVEL_WARNING,
                     "the journal was not replayed (noload): contents may be stale");
        return 0;
    }
    err = ext4_replay_load(fs);
    if (err || !fs->replay_active)
        return err;
    err = super_reload(fs);
    return err ? err : ext4_groups_load(fs);
}

static void sb_fill(struct super_block *sb, const struct ext4_fs *fs)
{
    bool big_inodes = fs->inode_size > EXT4_OLD_INODE_SIZE;
    u64 max_blocks = EXT4_HAS_INCOMPAT(fs, EXTENTS) ? EXT4_MAX_LBLK : ext4_indirect_max_blocks(fs);

    sb->ops = &ext4_super_ops;
    sb->magic = EXT4_SUPER_MAGIC;
    sb->maxbytes = min_t(u64, max_blocks << fs->block_bits, MAX_LFS_FILESIZE);
    sb->time_gran_ns = big_inodes ? 1 : NSEC_PER_SEC;
    sb->time_min = -(1LL << 31);
    sb->time_max = big_inodes ? (1LL << 31) - 1 + (3LL << 32) : (1LL << 31) - 1;
    memcpy(sb->uuid, fs->raw->s_uuid, sizeof(sb->uuid));
    if (!fs->options.noacl)
        sb->flags |= SB_POSIXACL;
}

static int make_read_only(struct super_block *sb, const struct ext4_fs *fs)
{
    if (fs->options.insist_rw) {
        ext4_message(sb, LOG_LEVEL_ERR, "cannot mount read-write: writing is not supported yet");
        return -EROFS;
    }
    if (!(sb->flags & SB_RDONLY))
        ext4_message(sb, LOG_LEVEL_NOTICE, "mounted read-only: writing is not supported yet");
    sb->flags |= SB_RDONLY;
    return 0;
}

static int root_open(struct super_block *sb)
{
    struct inode *root = ext4_inode_get(sb, EXT4_ROOT_INO, 0);

    if (IS_ERR(root))
        return PTR_ERR(root);
    if (!S_ISDIR(root->mode)) {
        int err = ext4_inode_corrupted(root, "the root is not a directory");

        inode_put(root);
        return err;
    }
    sb->root = dentry_make_root(root);
    return sb->root ? 0 : -ENOMEM;
}

/* Everything between the super block's copy and the root. */
static int fs_open(struct super_block *sb, struct ext4_fs *fs, struct fs_context *fc)
{
    int err = super_read(fs);

    if (!err)
        err = ext4_super_check(fs, fc->sb_flags & SB_SILENT);
    if (err)
        return err;
    if (!ext4_features_fit_type(fs, fc->type)) {
        if (!(fc->sb_flags & SB_SILENT))
            ext4_message(sb, LOG_LEVEL_ERR, "has features beyond %s", fc->type->name);
        return -EINVAL;
    }
    if (!super_set_blocksize(sb, fs->block_size)) {
        ext4_message(sb, LOG_LEVEL_ERR, "the device cannot do blocks of %u bytes", fs->block_size);
        return -EINVAL;
    }
    err = ext4_groups_load(fs);
    if (!err)
        err = journal_look(fs);
    if (err)
        return err;
    fs->overhead_blocks = ext4_overhead(fs);
    if (le16_to_cpu(fs->raw->s_state) & EXT4_STATE_ERRORS)
        ext4_message(sb, LOG_LEVEL_WARNING, "errors were noted earlier: run e2fsck");
    return 0;
}

static struct ext4_fs *fs_create(struct super_block *sb)
{
    struct ext4_fs *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

    if (!fs)
        return NULL;
    fs->sb = sb;
    fs->bdev = sb->bdev;
    xa_init(&fs->replay);
    fs->raw = kzalloc(sizeof(*fs->raw), GFP_KERNEL);
    if (!fs->raw || ext4_bufs_init(fs)) {
        fs_destroy(fs);
        return NULL;
    }
    return fs;
}

static int ext4_fill_super(struct super_block *sb, struct fs_context *fc)
{
    struct ext4_fs *fs;
    int err = ext4_nodes_init();

    if (err)
        return err;
    fs = fs_create(sb);
    if (!fs)
        return -ENOMEM;
    sb->private = fs;
    sb->ops = &ext4_super_ops;
    err = ext4_options_parse(sb, fc->options, &fs->options);
    if (!err)
        err = fs_open(sb, fs, fc);
    if (!err)
        err = make_read_only(sb, fs);
    if (!err) {
        sb_fill(sb, fs);
        err = root_open(sb);
    }
    if (err)
        ext4_put_super(sb);
    return err;
}

static struct dentry *ext4_mount(struct fs_context *fc)
{
    return super_mount_bdev(fc, ext4_fill_super);
}

const struct fs_type ext4_fs_type = {
    .name = "ext4", .flags = FS_REQUIRES_DEV, .mount = ext4_mount, .kill_super = super_kill_bdev};
FILE_SYSTEM(ext4_fs_type);
const struct fs_type ext3_fs_type = {
    .name = "ext3", .flags = FS_REQUIRES_DEV, .mount = ext4_mount, .kill_super = super_kill_bdev};
FILE_SYSTEM(ext3_fs_type);
const struct fs_type ext2_fs_type = {
    .name = "ext2", .flags = FS_REQUIRES_DEV, .mount = ext4_mount, .kill_super = super_kill_bdev};
FILE_SYSTEM(ext2_fs_type);
