// SPDX-License-Identifier: MIT
/*
 * Inodes from directory entries. What a FAT volume does not know (owner, mode) comes from the mount
 * options; times are in two-second steps of a clock that the options set against UTC.
 */
#include "fat.h"
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

static struct kmem_cache *node_cache;
static DEFINE_MUTEX(node_cache_lock);

/* Made at the first mount, kept for good. */
int fat_nodes_init(void)
{
    mutex_lock(&node_cache_lock);
    if (!node_cache)
        node_cache = kmem_cache_create("fat_inode", sizeof(struct fat_node), 0,
                                       SLAB_RECLAIMABLE | SLAB_ACCOUNT, NULL);
    mutex_unlock(&node_cache_lock);
    return node_cache ? 0 : -ENOMEM;
}

struct inode *fat_inode_alloc(struct super_block *sb)
{
    struct fat_node *node = kmem_cache_alloc(node_cache, GFP_NOFS | GFP_ZERO);

    if (!node)
        return NULL;
    mutex_init(&node->runs_lock);
    return &node->vfs;
}

void fat_inode_free(struct inode *inode)
{
    kmem_cache_free(node_cache, fat_node(inode));
}

void fat_inode_evict(struct inode *inode)
{
    truncate_pages(&inode->data, 0);
    inode_clear(inode);
    fat_chain_forget(inode);
}

/* Days since 1970 of a date of the Gregorian calendar from 1980 on. */
static s64 days_from_date(u32 year, u32 month, u32 day)
{
    static const u16 before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    s64 years = year - 1970;
    s64 leaps = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 - 477; /* since 1970 */

    return years * 365 + leaps + before[month - 1] + (leap && month > 2) + day - 1;
}

/* Impossible dates become the nearest possible one. */
static struct timespec64 time_from_disk(const struct fat_fs *fs, u16 date, u16 time, u8 cs)
{
    u32 month = clamp((date >> 5) & 15, 1, 12), day = max(date & 31, 1);
    s64 seconds = days_from_date(1980 + (date >> 9), month, day) * 86400;

    seconds += (time >> 11) * 3600 + ((time >> 5) & 63) * 60 + (time & 31) * 2 + cs / 100;
    return (struct timespec64){seconds - fs->options.time_offset_min * 60LL,
                               (cs % 100) * 10 * NSEC_PER_MSEC};
}

static void times_fill(struct inode *inode, const struct fat_dirent *de)
{
    const struct fat_fs *fs = fat_fs(inode->sb);
    u16 mdate = le16_to_cpu(de->date), adate = le16_to_cpu(de->adate);
    u16 cdate = le16_to_cpu(de->cdate);

    inode->mtime = time_from_disk(fs, mdate, le16_to_cpu(de->time), 0);
    inode->ctime = inode->mtime;
    inode->atime = adate ? time_from_disk(fs, adate, 0, 0) : inode->mtime;
    if (cdate)
        inode->btime =
            time_from_disk(fs, cdate, le16_to_cpu(de->ctime), min_t(u8, de->ctime_cs, 199));
    else
        inode->btime = inode->mtime;
}

static bool has_program_name(const u8 name[11])
{
    return memcmp(name + 8, "EXE", 3) == 0 || memcmp(name + 8, "COM", 3) == 0 ||
           memcmp(name + 8, "BAT", 3) == 0;
}

static umode_t mode_make(const struct fat_fs *fs, const struct fat_dirent *de)
{
    bool is_dir = de->attr & FAT_ATTR_DIR;
    umode_t mode = S_IRWXU | S_IRWXG | S_IRWXO;

    if (!is_dir && fs->options.showexec && !has_program_name(de->name))
        mode &= ~(S_IXUSR | S_IXGRP | S_IXOTH);
    if ((de->attr & FAT_ATTR_RO) && (!is_dir || fs->options.rodir))
        mode &= ~(S_IWUSR | S_IWGRP | S_IWOTH);
    if (is_dir)
        return S_IFDIR | (mode & ~fs->options.dmask);
    return S_IFREG | (mode & ~fs->options.fmask);
}

static const struct file_operations fat_file_fops = {
    .llseek = generic_file_llseek,
    .read_iter = filemap_read,
    .mmap = filemap_mmap,
};

static int fat_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
                       unsigned int flags)
{
    const struct inode *inode = path->dentry->inode;

    generic_fill_stat(path->dentry->inode, stat);
    stat->blksize = 1U << fat_fs(inode->sb)->cluster_bits;
    stat->result_mask |= STATX_BTIME;
    stat->btime = inode->btime;
    return 0;
}

static const struct inode_operations fat_file_iops = {
    .getattr = fat_getattr,
};

static int file_fill(struct inode *inode, const struct fat_dirent *de)
{
    struct fat_fs *fs = fat_fs(inode->sb);
    struct fat_node *node = fat_node(inode);

    inode->ops = &fat_file_iops;
    inode->fops = &fat_file_fops;
    inode->data.ops = &fat_aops;
    inode->size = le32_to_cpu(de->size);
    inode_set_nlink(inode, 1);
    if (inode->size == 0)
        node->start = 0;
    else if (!fat_cluster_valid(fs, node->start))
        return fat_corrupted(inode->sb, inode->ino, "begins in cluster %u", node->start);
    if ((u64)inode->size > (u64)fs->nr_clusters << fs->cluster_bits)
        return fat_corrupted(inode->sb, inode->ino, "is larger than the volume");
    return 0;
}

/* Size and number of links of a directory are not on the disk. */
static int dir_fill(struct inode *inode)
{
    struct fat_fs *fs = fat_fs(inode->sb);
    u32 clusters, subdirs;
    int err;

    inode->ops = &fat_dir_iops;
    inode->fops = &fat_dir_fops;
    if (inode->ino == FAT_ROOT_INO && fs->bits != 32) {
        inode->size = fs->root_size;
    } else {
        err = fat_chain_length(inode, &clusters);
        if (err)
            return err;
        inode->size = min_t(u64, (u64)clusters << fs->cluster_bits, FAT_DIR_MAX);
    }
    err = fat_dir_count_subdirs(inode, &subdirs);
    if (err)
        return err;
    inode_set_nlink(inode, subdirs + 2);
    return 0;
}

static int subdir_fill(struct inode *inode)
{
    struct fat_fs *fs = fat_fs(inode->sb);
    u32 start = fat_node(inode)->start;

    if (!fat_cluster_valid(fs, start) || (fs->bits == 32 && start == fs->root_cluster))
        return fat_corrupted(inode->sb, inode->ino, "a directory begins in cluster %u", start);
    return dir_fill(inode);
}

static void common_fill(struct inode *inode, const struct fat_dirent *de)
{
    const struct fat_fs *fs = fat_fs(inode->sb);

    inode->mode = mode_make(fs, de);
    inode->uid = fs->options.uid;
    inode->gid = fs->options.gid;
    inode->blkbits = fs->sector_bits;
    fat_node(inode)->attr = de->attr;
    times_fill(inode, de);
}

static int inode_fill(struct inode *inode, const struct fat_dirent *de)
{
    const struct fat_fs *fs = fat_fs(inode->sb);
    struct fat_node *node = fat_node(inode);
    int err;

    common_fill(inode, de);
    node->start = le16_to_cpu(de->start);
    if (fs->bits == 32)
        node->start |= (u32)le16_to_cpu(de->start_hi) << 16;
    err = de->attr & FAT_ATTR_DIR ? subdir_fill(inode) : file_fill(inode, de);
    inode->blocks = ALIGN((u64)inode->size, 1ULL << fs->cluster_bits) >> SECTOR_SHIFT;
    return err;
}

static struct inode *inode_finish(struct inode *inode, int err)
{
    if (err) {
        inode_fail_new(inode);
        return ERR_PTR(err);
    }
    inode_unlock_new(inode);
    return inode;
}

struct inode *fat_inode_get(struct super_block *sb, u64 place, const struct fat_dirent *de)
{
    struct inode *inode = inode_get_locked(sb, place / FAT_DIRENT_SIZE);

    if (!inode)
        return ERR_PTR(-ENOMEM);
    if (!(inode->state & I_NEW))
        return inode;
    return inode_finish(inode, inode_fill(inode, de));
}

struct inode *fat_root_get(struct super_block *sb)
{
    struct fat_fs *fs = fat_fs(sb);
    const struct fat_dirent like = {.attr = FAT_ATTR_DIR, .date = cpu_to_le16(0x21)};
    struct inode *inode = inode_get_locked(sb, FAT_ROOT_INO);
    int err;

    if (!inode)
        return ERR_PTR(-ENOMEM);
    if (!(inode->state & I_NEW))
        return inode;
    common_fill(inode, &like);
    /* The root has no times: Linux shows the epoch. */
    inode->atime = inode->mtime = inode->ctime = inode->btime = (struct timespec64){0, 0};
    fat_node(inode)->start = fs->bits == 32 ? fs->root_cluster : 0;
    err = dir_fill(inode);
    inode->blocks = ALIGN((u64)inode->size, 1ULL << fs->cluster_bits) >> SECTOR_SHIFT;
    return inode_finish(inode, err);
}
