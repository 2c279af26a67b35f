/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share:
 *
 *   super.c    mount, statfs           table.c   FAT entries, free clusters
 *   boot.c     the boot sector checked  chain.c   chains of clusters, files to sectors
 *   options.c  mount options           dir.c     directory entries, long names, readdir
 *   inode.c    inodes in memory        namei.c   lookup without regard to case
 *   name.c     code pages, short names, comparing
 *
 * An inode's number is the place of its short directory entry on the device, in units of 32 bytes;
 * the root's is 1. Nothing read from the disk is believed: cluster numbers are checked where they
 * are met, and no chain is followed further than there are clusters.
 */
#ifndef FS_FAT_FAT_H
#define FS_FAT_FAT_H

#include <abi/linux/dirent.h>
#include <fat/format.h>
#include <kernel/base/log.h>
#include <kernel/block/blkdev.h>
#include <kernel/lib/byteorder.h>
#include <kernel/sync/mutex.h>
#include <kernel/vfs/fs.h>

#define EFSCORRUPTED EUCLEAN
#define FAT_ROOT_INO 1

enum fat_shortname { FAT_SHORT_LOWER, FAT_SHORT_WIN95, FAT_SHORT_WINNT, FAT_SHORT_MIXED };

struct fat_options {
    uid_t uid;
    gid_t gid;
    u16 fmask, dmask;
    enum fat_shortname shortname;
    s32 time_offset_min; /* the disk's clock is ahead of UTC by so much */
    bool showexec, rodir;
};

struct fat_fs {
    struct super_block *sb;
    struct block_device *bdev;
    struct fat_options options;
    bool is_vfat; /* long names */
    u8 bits;      /* of a FAT entry: 12, 16, 32 */
    u32 sector_size;
    u8 sector_bits, cluster_bits; /* log2 of bytes */
    u32 nr_clusters;              /* entries 2 .. nr_clusters + 1 are clusters */
    u64 fat_start;                /* of the FAT in use, in bytes */
    u64 root_start;               /* FAT12/16: in bytes */
    u32 root_size;
    u32 root_cluster; /* FAT32 */
    u64 data_start;   /* cluster 2, in bytes */
    u32 fsinfo_sector;
    u32 serial;

    struct mutex free_lock; /* free_known, nr_free */
    bool free_known;
    u32 nr_free;
};

static inline struct fat_fs *fat_fs(const struct super_block *sb)
{
    return sb->private;
}

/* A run of clusters that lie one behind the other. */
struct fat_run {
    u32 first; /* in the file */
    u32 cluster, len;
};
#define FAT_RUNS_MAX 4096

struct fat_node {
    u32 start; /* first cluster, 0: none */
    u8 attr;
    struct mutex runs_lock; /* the three below: runs found so far, from the start on */
    struct fat_run *runs;
    u32 nr_runs, runs_room;
    struct inode vfs;
};

static inline struct fat_node *fat_node(const struct inode *inode)
{
    return container_of((struct inode *)inode, struct fat_node, vfs);
}

static inline bool fat_cluster_valid(const struct fat_fs *fs, u32 cluster)
{
    return cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < fs->nr_clusters;
}

static inline u64 fat_cluster_offset(const struct fat_fs *fs, u32 cluster)
{
    return fs->data_start + ((u64)(cluster - FAT_FIRST_CLUSTER) << fs->cluster_bits);
}

/* --- super.c --- */
void fat_message(const struct super_block *sb, enum log_level level, const char *format, ...)
    __printf(3, 4);
/* One log line; -EFSCORRUPTED. */
int fat_corrupted(const struct super_block *sb, u64 ino, const char *format, ...) __printf(3, 4);
extern const struct fs_type vfat_fs_type, msdos_fs_type;
extern const struct dentry_operations fat_dentry_ops;

/* --- boot.c, options.c --- */
int __must_check fat_boot_check(struct fat_fs *fs, const struct fat_boot_sector *boot, bool silent);
int __must_check fat_options_parse(struct fat_fs *fs, char *text, struct fat_options *options);
void fat_show_options(struct seq_file *m, struct dentry *root);

/* --- table.c --- */
/* Reads entries one after the other and keeps the sector it is in. */
struct fat_cursor {
    struct bdev_buf buf;
    u64 sector;
    bool held;
};
void fat_cursor_release(struct fat_cursor *cursor);
/* The entry of a valid cluster, widened (FAT_ENTRY_*). 0 or -errno. */
int __must_check fat_entry_read(struct fat_fs *fs, struct fat_cursor *cursor, u32 cluster,
                                u32 *entry);
/* Free clusters, from FSInfo or counted (once). */
int __must_check fat_free_count(struct fat_fs *fs, u32 *nr_free);

/* --- chain.c --- */
/* Where cluster `index` of the file is, and how many follow in one run. -EFSCORRUPTED beyond its
 * end. */
int __must_check fat_chain_find(struct inode *inode, u32 index, u32 *cluster, u32 *len);
/* How many clusters the chain has. */
int __must_check fat_chain_length(struct inode *inode, u32 *len);
void fat_chain_forget(struct inode *inode);
/* Byte `offset` of a directory on the device; *left: bytes that follow it in one piece. */
int __must_check fat_dir_place(struct inode *dir, u32 offset, u64 *place, u32 *left);

/* --- inode.c --- */
int fat_nodes_init(void);
struct inode *fat_inode_alloc(struct super_block *sb);
void fat_inode_free(struct inode *inode);
void fat_inode_evict(struct inode *inode);
struct inode *fat_root_get(struct super_block *sb);
/* The inode of the entry that lies at byte `place` of the device. ERR_PTR. */
struct inode *fat_inode_get(struct super_block *sb, u64 place, const struct fat_dirent *de);
extern const struct inode_operations fat_dir_iops;
extern const struct file_operations fat_dir_fops;
extern const struct address_space_operations fat_aops; /* chain.c */

/* --- name.c --- */
#define FAT_NAME_BYTES (FAT_LONG_MAX * 3 + 1) /* a name in UTF-8, with NUL */
/* The short name as UTF-8, by the rules of options.shortname; its length. */
u32 fat_short_text(const struct fat_fs *fs, const struct fat_dirent *de, char *text);
u8 fat_short_checksum(const u8 name[11]);
/* Without regard to case and to dots at the end. */
bool fat_names_equal(const char *a, u32 a_len, const char *b, u32 b_len);
/* The length without dots at the end. */
u32 fat_name_tail(const char *name, u32 len);

/* --- dir.c --- */
/* One name of a directory. */
struct fat_name {
    u32 offset; /* of its first slot */
    u32 next;   /* of what follows it */
    u64 place;  /* of the short entry on the device, bytes */
    struct fat_dirent de;
    u32 len, short_len;
    char text[FAT_NAME_BYTES]; /* long name, or the short one */
    char short_text[12 * 3 + 2];
};
/* The first name at or behind *offset: 1, 0 at the end, -errno. "." and ".." are left out. */
int __must_check fat_dir_next(struct inode *dir, u32 offset, struct fat_name *name);
/* How many directories are in it. */
int __must_check fat_dir_count_subdirs(struct inode *dir, u32 *nr);
#endif
