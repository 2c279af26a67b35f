/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share. Who is who:
 *
 *   super.c      mount, options, statfs        inode.c    inodes in memory, file times, kinds
 *   features.c   the super block checked       extents.c  logical to physical blocks: extent trees
 *   group.c      group descriptors             indirect.c the same for ext2/ext3 block maps
 *   buf.c        metadata blocks in memory     map.c      which of the two, and holes
 *   csum.c       checksums                     file.c     regular files through the page cache
 *   replay.c     a dirty journal, read only    dir.c      directory blocks checked and searched
 *   readdir.c    order and positions           namei.c    lookup
 *   hash.c       names to htree hashes         htree.c    hashed look-up
 *   options.c    mount options                 symlink.c  links
 *   xattr.c      extended attributes           acl.c      the form of ACLs on disk
 *   inline.c     files and directories small enough to live in their inode
 *
 * Nothing read from the disk is believed: each structure is checked where it is read, once for as
 * long as its block stays in memory (struct ext4_buf remembers), and what fails gives EFSCORRUPTED,
 * or EFSBADCRC where a checksum is wrong, with one log line that names device, inode and reason.
 *
 * Locking: struct ext4_fs is constant once mounted, but for buf_lock (buf.c). An ext4_node is
 * constant once its inode is not I_NEW any more, but for the run cache under run_lock.
 */
#ifndef FS_EXT4_EXT4_H
#define FS_EXT4_EXT4_H

#include <abi/linux/dirent.h>
#include <ext4/format.h>
#include <kernel/base/log.h>
#include <kernel/block/blkdev.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/list.h>
#include <kernel/lib/xarray.h>
#include <kernel/vfs/blockmap.h>
#include <kernel/vfs/fs.h>

#define EFSCORRUPTED EUCLEAN
#define EFSBADCRC    EBADMSG

/* A block group, from its descriptor. */
struct ext4_group {
    u64 block_bitmap, inode_bitmap, inode_table;
    u32 free_clusters, free_inodes, used_dirs, itable_unused;
    u16 flags;
};

enum ext4_errors_mode { EXT4_ERRORS_CONTINUE, EXT4_ERRORS_RO, EXT4_ERRORS_PANIC };
enum ext4_data_mode { EXT4_DATA_ORDERED, EXT4_DATA_WRITEBACK, EXT4_DATA_JOURNAL };

struct ext4_options {
    enum ext4_errors_mode errors;
    enum ext4_data_mode data;
    bool noload;  /* leave a dirty journal alone */
    bool minixdf; /* statfs counts metadata as space */
    bool noacl, nouser_xattr;
    bool insist_rw;
};

#define EXT4_BUF_HASH_BITS 8

struct ext4_fs {
    struct super_block *sb;
    struct block_device *bdev;
    struct ext4_super_block *raw; /* copy */
    struct ext4_options options;
    u32 compat, incompat, ro_compat; /* features */
    u32 block_size;
    u8 block_bits, cluster_bits; /* cluster_bits: log2 of blocks in a cluster */
    u64 nr_blocks;
    u32 first_data_block, super_block_nr;
    u32 nr_inodes, first_ino, inode_size, inodes_per_block;
    u32 nr_groups, blocks_per_group, inodes_per_group, itable_blocks;
    u32 desc_size, descs_per_block, first_meta_bg;
    u32 csum_seed;
    u32 hash_seed[4];
    u8 hash_version;
    bool hash_unsigned;
    u64 overhead_blocks;
    struct ext4_group *groups;

    spinlock_t buf_lock; /* buf.c: the four below */
    struct hlist_head *buf_hash;
    struct list_head buf_idle;
    unsigned int nr_idle;

    struct xarray replay; /* blocks that a journal not replayed holds newer: replay.c */
    bool replay_active;
};

static inline struct ext4_fs *ext4_fs(const struct super_block *sb)
{
    return sb->private;
}

/* An inode in memory. */
struct ext4_node {
    le32 body[EXT4_N_BLOCKS]; /* i_block as on disk: extent root, block map, or link */
    u32 flags;                /* EXT4_*_FL */
    u32 csum_seed;
    u32 projid;
    u16 extra_isize;
    u64 file_acl;    /* attribute block, 0: none */
    char *link_copy; /* body of a link kept as inline data */
    spinlock_t run_lock;
    struct ext4_map {
        u32 lblk, len;
        u64 pblk;
        u32 flags;
    } run; /* last mapped run, run_lock; len 0: none */
    struct inode vfs;
};

static inline struct ext4_node *ext4_node(const struct inode *inode)
{
    return container_of((struct inode *)inode, struct ext4_node, vfs);
}

static inline struct ext4_fs *ext4_inode_fs(const struct inode *inode)
{
    return ext4_fs(inode->sb);
}

#define EXT4_HAS_COMPAT(fs, name)    ((fs)->compat & EXT4_COMPAT_##name)
#define EXT4_HAS_RO_COMPAT(fs, name) ((fs)->ro_compat & EXT4_RO_COMPAT_##name)
#define EXT4_HAS_INCOMPAT(fs, name)  ((fs)->incompat & EXT4_INCOMPAT_##name)

static inline bool ext4_has_csum(const struct ext4_fs *fs)
{
    return EXT4_HAS_RO_COMPAT(fs, METADATA_CSUM);
}

static inline bool ext4_block_valid(const struct ext4_fs *fs, u64 block)
{
    return block > fs->first_data_block && block < fs->nr_blocks;
}

/* All of [block, block + len) inside the file system, super block excluded. */
static inline bool ext4_run_valid(const struct ext4_fs *fs, u64 block, u64 len)
{
    return ext4_block_valid(fs, block) && len <= fs->nr_blocks - block;
}

/* --- super.c: messages --- */
/* One log line "ext4 (vda2): ..."; the second form returns -EFSCORRUPTED and names the inode. */
void ext4_message(const struct super_block *sb, enum log_level level, const char *format, ...)
    __printf(3, 4);
int ext4_corrupted(const struct super_block *sb, const char *format, ...) __printf(2, 3);
int ext4_inode_corrupted(const struct inode *inode, const char *format, ...) __printf(2, 3);
int ext4_inode_bad_csum(const struct inode *inode, const char *what, u64 block);
extern const struct fs_type ext4_fs_type, ext3_fs_type, ext2_fs_type;

/* --- options.c --- */
int __must_check ext4_options_parse(struct super_block *sb, char *text,
                                    struct ext4_options *options);
void ext4_show_options(struct seq_file *m, struct dentry *root);

/* --- features.c --- */
/* Checks the copy of the super block in fs->raw and fills the geometry. 0 or -errno, said why. */
int __must_check ext4_super_check(struct ext4_fs *fs, bool silent);
/* Whether the features are ones that a file system of this type may have. */
bool ext4_features_fit_type(const struct ext4_fs *fs, const struct fs_type *type);

/* --- group.c --- */
int __must_check ext4_groups_load(struct ext4_fs *fs);
bool ext4_group_has_super(const struct ext4_fs *fs, u32 group);
u64 ext4_overhead(const struct ext4_fs *fs);

/* --- buf.c --- */
/*
 * A metadata block in memory, shared by all who have a reference. flags remember which check it has
 * passed, so that a block is verified once and not each time it is looked at.
 */
struct ext4_buf {
    u64 block;
    void *data;        /* block_size bytes */
    u32 flags;         /* EXT4_BUF_*, atomic */
    unsigned int refs; /* fs->buf_lock */
    struct hlist_node hash_node;
    struct list_head idle_link;
    struct bdev_buf view;
};
#define EXT4_BUF_EXTENT_OK 0x1
#define EXT4_BUF_LEAF_OK   0x2
#define EXT4_BUF_DX_OK     0x4
#define EXT4_BUF_XATTR_OK  0x8
#define EXT4_BUF_DIR_OK    0x10

int ext4_bufs_init(struct ext4_fs *fs);
/* All references are gone. */
void ext4_bufs_fini(struct ext4_fs *fs);
/* Drops idle blocks, so that they are read anew. */
void ext4_bufs_forget(struct ext4_fs *fs);
/* The block with a reference; ERR_PTR(-EFSCORRUPTED: outside the file system, -EIO, -ENOMEM). */
struct ext4_buf *ext4_buf_read(struct ext4_fs *fs, u64 block);
void ext4_buf_put(struct ext4_fs *fs, struct ext4_buf *buf);
static inline bool ext4_buf_is(const struct ext4_buf *buf, u32 flag)
{
    return READ_ONCE(buf->flags) & flag;
}
static inline void ext4_buf_mark(struct ext4_buf *buf, u32 flag)
{
    __atomic_fetch_or(&buf->flags, flag, __ATOMIC_RELAXED);
}

/* --- csum.c: the value a structure should carry --- */
u32 ext4_super_csum(const struct ext4_super_block *raw);
u16 ext4_group_csum(const struct ext4_fs *fs, u32 group, const void *desc);
u32 ext4_inode_csum(const struct ext4_fs *fs, u64 ino, const struct ext4_inode *raw);
u32 ext4_inode_seed(const struct ext4_fs *fs, u64 ino, u32 generation);
bool ext4_inode_csum_ok(const struct ext4_fs *fs, u64 ino, const struct ext4_inode *raw);
u32 ext4_extent_csum(const struct ext4_node *node, const struct ext4_extent_header *eh);
u32 ext4_leaf_csum(const struct ext4_node *node, const void *block, u32 block_size);
u32 ext4_dx_csum(const struct ext4_node *node, const void *block, u32 entries_offset, u32 count,
                 const struct ext4_dx_tail *tail);
u32 ext4_xattr_csum(const struct ext4_fs *fs, u64 block, const struct ext4_xattr_header *header);

/* --- inode.c --- */
#define EXT4_IGET_SPECIAL 0x1 /* the journal and other reserved inodes too */
#define EXT4_IGET_EA      0x2 /* must be (otherwise: must not be) an attribute value */
/* The inode with a reference, ERR_PTR(-EFSCORRUPTED, -EFSBADCRC, -EIO, -ENOMEM). */
struct inode *ext4_inode_get(struct super_block *sb, u64 ino, unsigned int flags);
/* The inode as it stands in its table, good until ext4_buf_put(*buf). ERR_PTR. */
struct ext4_inode *ext4_inode_raw(struct ext4_fs *fs, u64 ino, struct ext4_buf **buf);
struct inode *ext4_inode_alloc(struct super_block *sb);
void ext4_inode_free(struct inode *inode);
void ext4_inode_evict(struct inode *inode);
int ext4_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int flags);
int ext4_nodes_init(void);
extern const struct inode_operations ext4_special_iops;

/* --- map.c, extents.c, indirect.c --- */
#define EXT4_MAP_MAPPED    0x1 /* pblk is where the blocks are */
#define EXT4_MAP_UNWRITTEN 0x2 /* allocated, reads as zeroes */
/*
 * Where [map->lblk, +map->len) is: fills pblk and flags and shortens len to the run that begins at
 * lblk and is of one kind (0: a hole). 0 or -errno. len is at least 1 before and after.
 */
int __must_check ext4_map_blocks(struct inode *inode, struct ext4_map *map);
int __must_check ext4_extent_map(struct inode *inode, struct ext4_map *map);
int __must_check ext4_extent_check_root(struct inode *inode);
int __must_check ext4_indirect_map(struct inode *inode, struct ext4_map *map);
int __must_check ext4_indirect_check_root(struct inode *inode);
u64 ext4_indirect_max_blocks(const struct ext4_fs *fs);
/* Block lblk of a directory or other metadata file: NULL in a hole, ERR_PTR. */
struct ext4_buf *ext4_file_block(struct inode *inode, u32 lblk);

/* --- file.c --- */
extern const struct file_operations ext4_file_fops;
extern const struct inode_operations ext4_file_iops;
extern const struct address_space_operations ext4_aops;
long ext4_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* --- dir.c --- */
struct ext4_dir_slice { /* a run of directory entries in memory */
    const u8 *data;
    u32 size;     /* bytes */
    u64 position; /* offset of data in the directory */
};
u32 ext4_dir_blocks(const struct inode *dir);
/* Block lblk with its checksum and every entry verified. NULL: a hole; ERR_PTR. */
struct ext4_buf *ext4_dir_leaf(struct inode *dir, u32 lblk);
/* The same for the first block from *lblk on that is no hole; *lblk follows. NULL: none. */
struct ext4_buf *ext4_dir_next_block(struct inode *dir, u32 *lblk);
/* The entries of a block, without the checksum tail. */
void ext4_dir_slice_of(const struct inode *dir, u32 lblk, const struct ext4_buf *buf,
                       struct ext4_dir_slice *slice);
/* Checks every entry. */
int __must_check ext4_dir_slice_check(struct inode *dir, const struct ext4_dir_slice *slice);
/* The entry at an offset of a checked slice; NULL if it does not lie in the slice after all. */
const struct ext4_dirent *ext4_dirent_at(const struct ext4_dir_slice *slice, u32 at);
unsigned int ext4_dirent_type(const struct ext4_fs *fs, const struct ext4_dirent *de); /* DT_* */
/* Looks through a slice for a name: its inode number, 0 if it is not there, -errno. */
s64 ext4_dir_search(struct inode *dir, const struct ext4_dir_slice *slice, const struct qstr *name);

/* --- readdir.c, namei.c --- */
extern const struct file_operations ext4_dir_fops;
extern const struct inode_operations ext4_dir_iops;

/* --- hash.c --- */
struct ext4_hash {
    u32 major, minor;
};
/* False if the version is unknown. */
bool ext4_name_hash(const struct ext4_fs *fs, u8 version, const char *name, u32 len,
                    struct ext4_hash *hash);

/* --- htree.c --- */
struct ext4_dx_frame {
    struct ext4_buf *buf;
    const struct ext4_dx_entry *entries;
    u32 count, at;
};
struct ext4_dx_path {
    struct ext4_dx_frame frames[EXT4_DX_MAX_LEVELS];
    unsigned int nr;
    u32 steps;  /* leaves that were stepped over */
    u8 version; /* of the hash */
};
bool ext4_dir_is_indexed(const struct inode *dir);
/* Hash version of an indexed directory. -ENOENT: an index of unknown kind, search linearly. */
int __must_check ext4_dx_version(struct inode *dir, u8 *version);
/* The path to the leaf where hash belongs. 0 (then ext4_dx_release()) or as above. */
int __must_check ext4_dx_probe(struct inode *dir, u32 hash, struct ext4_dx_path *path);
void ext4_dx_release(struct ext4_fs *fs, struct ext4_dx_path *path);
u32 ext4_dx_leaf(const struct ext4_dx_path *path);
/* The hash of the next leaf's index entry (bit 0: goes on from this leaf); false at the end. */
bool ext4_dx_peek(const struct ext4_dx_path *path, u32 *hash);
/* Steps to the next leaf: 1, 0 at the end, -errno. */
int __must_check ext4_dx_next(struct inode *dir, struct ext4_dx_path *path);
/* Inode number, 0 if the name is not there, -ENOENT as above, other -errno. */
s64 ext4_dx_search(struct inode *dir, const struct qstr *name);

/* --- symlink.c --- */
extern const struct inode_operations ext4_fast_symlink_iops, ext4_symlink_iops;
int __must_check ext4_symlink_setup(struct inode *inode);

/* --- xattr.c, acl.c --- */
ssize_t ext4_getxattr(struct inode *inode, const char *name, void *value, size_t size);
ssize_t ext4_listxattr(struct dentry *dentry, char *list, size_t size);
/* By index and bare name; the value's size when size is 0. -ENODATA, -ERANGE. */
ssize_t ext4_xattr_get(struct inode *inode, u8 index, const char *name, void *value, size_t size);
/* Offset and size of an attribute's value inside the raw inode (inline data). -ENODATA. */
int __must_check ext4_xattr_ibody_place(struct inode *inode, const struct ext4_inode *raw, u8 index,
                                        const char *name, u32 *offset, u32 *size);
ssize_t ext4_acl_from_disk(const void *disk, size_t disk_size, void *value, size_t size);

/* --- inline.c --- */
int __must_check ext4_inline_read_page(struct inode *inode, struct page *page);
s64 ext4_inline_dir_search(struct inode *dir, const struct qstr *name);
int ext4_inline_iterate(struct inode *dir, struct dir_context *ctx);
ssize_t ext4_inline_read(struct inode *inode, void *to, size_t size);

/* --- replay.c --- */
/* Reads a journal that was not replayed, so that newer blocks are seen. Nothing is written. */
int __must_check ext4_replay_load(struct ext4_fs *fs);
void ext4_replay_free(struct ext4_fs *fs);
/* Cuts a run of file blocks at the first that the journal holds newer, or points it there. */
void ext4_replay_redirect(const struct ext4_fs *fs, u64 block, struct block_run *run);
#endif
