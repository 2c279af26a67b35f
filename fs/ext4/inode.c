// SPDX-License-Identifier: MIT
/*
 * Inodes from the disk into memory. An inode is found through its group's descriptor; its checksum
 * is verified, then each field that anything is computed from is checked: kind, size, block count,
 * the root of its block map, the place of its attributes. What passes is what the rest of the
 * folder relies on.
 */
#include "ext4.h"
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/mutex.h>

static struct kmem_cache *node_cache;
static DEFINE_MUTEX(node_cache_lock);

/* Made at the first mount, kept for good. */
int ext4_nodes_init(void)
{
    mutex_lock(&node_cache_lock);
    if (!node_cache)
        node_cache = kmem_cache_create("ext4_inode", sizeof(struct ext4_node), 0,
                                       SLAB_RECLAIMABLE | SLAB_ACCOUNT, NULL);
    mutex_unlock(&node_cache_lock);
    return node_cache ? 0 : -ENOMEM;
}

struct inode *ext4_inode_alloc(struct super_block *sb)
{
    struct ext4_node *node = kmem_cache_alloc(node_cache, GFP_NOFS | GFP_ZERO);

    if (!node)
        return NULL;
    spin_lock_init(&node->run_lock);
    return &node->vfs;
}

void ext4_inode_free(struct inode *inode)
{
    kfree(ext4_node(inode)->link_copy);
    kmem_cache_free(node_cache, ext4_node(inode));
}

void ext4_inode_evict(struct inode *inode)
{
    truncate_pages(&inode->data, 0);
    inode_clear(inode);
}

struct ext4_inode *ext4_inode_raw(struct ext4_fs *fs, u64 ino, struct ext4_buf **buf)
{
    u32 group, index;
    u64 block;

    if (ino == 0 || ino > fs->nr_inodes)
        return ERR_PTR(ext4_corrupted(fs->sb, "there is no inode %llu", ino));
    group = (ino - 1) / fs->inodes_per_group;
    index = (ino - 1) % fs->inodes_per_group;
    block = fs->groups[group].inode_table + index / fs->inodes_per_block;
    *buf = ext4_buf_read(fs, block);
    if (IS_ERR(*buf))
        return ERR_CAST(*buf);
    return (struct ext4_inode *)((u8 *)(*buf)->data +
                                 (index % fs->inodes_per_block) * fs->inode_size);
}

/* Whether the field lies inside what this inode has beyond the first 128 bytes. */
#define EXTRA_HAS(node, field) \
    (EXT4_OLD_INODE_SIZE + (node)->extra_isize >= offsetofend(struct ext4_inode, field))

/* A field that this inode may not have: then it counts as 0. */
#define EXTRA_FIELD(node, raw, field) (EXTRA_HAS(node, field) ? (raw)->field : 0)

static struct timespec64 time_from_disk(le32 seconds, le32 extra)
{
    struct timespec64 ts = {(s32)le32_to_cpu(seconds), 0};

    ts.tv_sec += (u64)(le32_to_cpu(extra) & EXT4_EPOCH_MASK) << 32;
    ts.tv_nsec = le32_to_cpu(extra) >> EXT4_EPOCH_BITS;
    if (ts.tv_nsec >= NSEC_PER_SEC)
        ts.tv_nsec = 0;
    return ts;
}

static void times_fill(struct inode *inode, const struct ext4_inode *raw)
{
    const struct ext4_node *node = ext4_node(inode);

    inode->atime = time_from_disk(raw->i_atime, EXTRA_FIELD(node, raw, i_atime_extra));
    inode->mtime = time_from_disk(raw->i_mtime, EXTRA_FIELD(node, raw, i_mtime_extra));
    inode->ctime = time_from_disk(raw->i_ctime, EXTRA_FIELD(node, raw, i_ctime_extra));
    inode->btime =
        time_from_disk(EXTRA_FIELD(node, raw, i_crtime), EXTRA_FIELD(node, raw, i_crtime_extra));
}

static u64 blocks_from_disk(const struct ext4_fs *fs, const struct ext4_node *node,
                            const struct ext4_inode *raw)
{
    u64 blocks = le32_to_cpu(raw->i_blocks_lo);

    if (!EXT4_HAS_RO_COMPAT(fs, HUGE_FILE))
        return blocks;
    blocks |= (u64)le16_to_cpu(raw->i_blocks_high) << 32;
    if (node->flags & EXT4_HUGE_FILE_FL)
        blocks <<= fs->block_bits - SECTOR_SHIFT;
    return blocks;
}

static int size_fill(struct inode *inode, const struct ext4_inode *raw)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    u64 size = le32_to_cpu(raw->i_size_lo);

    if (!S_ISDIR(inode->mode) || EXT4_HAS_INCOMPAT(fs, LARGEDIR))
        size |= (u64)le32_to_cpu(raw->i_size_high) << 32;
    if (size > MAX_LFS_FILESIZE)
        return ext4_inode_corrupted(inode, "impossible size %llu", size);
    if (S_ISDIR(inode->mode) && !(ext4_node(inode)->flags & EXT4_INLINE_DATA_FL) &&
        ((size & (fs->block_size - 1)) || size == 0 || size >> fs->block_bits > EXT4_MAX_LBLK))
        return ext4_inode_corrupted(inode, "impossible size %llu of a directory", size);
    inode->size = size;
    return 0;
}

static int extra_fill(struct inode *inode, const struct ext4_inode *raw)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_node *node = ext4_node(inode);

    if (fs->inode_size == EXT4_OLD_INODE_SIZE)
        return 0;
    node->extra_isize = le16_to_cpu(raw->i_extra_isize);
    if (node->extra_isize > fs->inode_size - EXT4_OLD_INODE_SIZE || (node->extra_isize & 3)) {
        u16 wrong = node->extra_isize;

        node->extra_isize = 0;
        return ext4_inode_corrupted(inode, "impossible i_extra_isize %u", wrong);
    }
    if (EXTRA_HAS(node, i_projid))
        node->projid = le32_to_cpu(raw->i_projid);
    return 0;
}

static int acl_block_fill(struct inode *inode, const struct ext4_inode *raw)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_node *node = ext4_node(inode);

    node->file_acl = le32_to_cpu(raw->i_file_acl_lo);
    if (EXT4_HAS_INCOMPAT(fs, 64BIT))
        node->file_acl |= (u64)le16_to_cpu(raw->i_file_acl_high) << 32;
    if (node->file_acl && !ext4_block_valid(fs, node->file_acl))
        return ext4_inode_corrupted(inode, "attributes in impossible block %llu", node->file_acl);
    return 0;
}

/* i_flags of the disk as the VFS knows them. */
static void flags_fill(struct inode *inode)
{
    u32 flags = ext4_node(inode)->flags;

    inode->flags |= (flags & EXT4_SYNC_FL ? S_SYNC : 0) | (flags & EXT4_APPEND_FL ? S_APPEND : 0) |
                    (flags & EXT4_IMMUTABLE_FL ? S_IMMUTABLE : 0) |
                    (flags & EXT4_NOATIME_FL ? S_NOATIME : 0);
}

static int flags_check(struct inode *inode, unsigned int iget_flags)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    u32 flags = ext4_node(inode)->flags;
    bool is_ea = flags & EXT4_EA_INODE_FL;

    if (is_ea != !!(iget_flags & EXT4_IGET_EA))
        return ext4_inode_corrupted(inode, is_ea ? "an attribute value with a name"
                                                 : "not an attribute value");
    if (flags & EXT4_ENCRYPT_FL)
        return ext4_inode_corrupted(inode, "encrypted, which the file system does not know");
    if ((flags & EXT4_INLINE_DATA_FL) && !EXT4_HAS_INCOMPAT(fs, INLINE_DATA))
        return ext4_inode_corrupted(inode, "inline data, which the file system does not know");
    if ((flags & EXT4_EXTENTS_FL) && (flags & EXT4_INLINE_DATA_FL))
        return ext4_inode_corrupted(inode, "both inline data and extents");
    return 0;
}

/* The block map's root: where it is in use, it must be right. */
static int map_check(struct inode *inode)
{
    u32 flags = ext4_node(inode)->flags;

    if (flags & EXT4_INLINE_DATA_FL)
        return 0;
    if (flags & EXT4_EXTENTS_FL)
        return ext4_extent_check_root(inode);
    return ext4_indirect_check_root(inode);
}

/* Two ways of writing device numbers: 8:8 bits in the first word, or 12:20 in the second. */
static dev_t rdev_from_disk(const struct ext4_node *node)
{
    u32 old = le32_to_cpu(node->body[0]);

    if (old)
        return MKDEV((old >> 8) & 0xff, old & 0xff);
    return dev_decode(le32_to_cpu(node->body[1]));
}

static int kind_setup(struct inode *inode)
{
    switch (inode->mode & S_IFMT) {
    case S_IFREG:
        inode->ops = &ext4_file_iops;
        inode->fops = &ext4_file_fops;
        inode->data.ops = &ext4_aops;
        return map_check(inode);
    case S_IFDIR:
        inode->ops = &ext4_dir_iops;
        inode->fops = &ext4_dir_fops;
        return map_check(inode);
    case S_IFLNK: return ext4_symlink_setup(inode);
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        inode->ops = &ext4_special_iops;
        inode_init_special(inode, inode->mode, rdev_from_disk(ext4_node(inode)));
        return 0;
    }
    return ext4_inode_corrupted(inode, "impossible mode %#o", inode->mode);
}

static void owner_fill(struct inode *inode, const struct ext4_inode *raw)
{
    inode->mode = le16_to_cpu(raw->i_mode);
    inode->uid = le16_to_cpu(raw->i_uid) | (u32)le16_to_cpu(raw->i_uid_high) << 16;
    inode->gid = le16_to_cpu(raw->i_gid) | (u32)le16_to_cpu(raw->i_gid_high) << 16;
    inode->generation = le32_to_cpu(raw->i_generation);
}

static int inode_fill(struct inode *inode, const struct ext4_inode *raw, unsigned int iget_flags)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_node *node = ext4_node(inode);
    u32 nlink = le16_to_cpu(raw->i_links_count);
    int err;

    if (!ext4_inode_csum_ok(fs, inode->ino, raw)) {
        ext4_inode_corrupted(inode, "wrong checksum");
        return -EFSBADCRC;
    }
    if (nlink == 0 && !(iget_flags & EXT4_IGET_SPECIAL))
        return ext4_inode_corrupted(inode, "deleted, but still in use");
    owner_fill(inode, raw);
    node->flags = le32_to_cpu(raw->i_flags);
    node->csum_seed = ext4_inode_seed(fs, inode->ino, inode->generation);
    memcpy(node->body, raw->i_block, sizeof(node->body));
    inode->blkbits = fs->block_bits;
    inode->blocks = blocks_from_disk(fs, node, raw);
    inode_set_nlink(inode, nlink);
    err = flags_check(inode, iget_flags);
    if (!err)
        err = extra_fill(inode, raw);
    if (!err)
        err = size_fill(inode, raw);
    if (!err)
        err = acl_block_fill(inode, raw);
    if (err)
        return err;
    times_fill(inode, raw);
    flags_fill(inode);
    return kind_setup(inode);
}

static int inode_read(struct inode *inode, unsigned int iget_flags)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_buf *buf;
    struct ext4_inode *raw = ext4_inode_raw(fs, inode->ino, &buf);
    int err;

    if (IS_ERR(raw))
        return PTR_ERR(raw);
    err = inode_fill(inode, raw, iget_flags);
    ext4_buf_put(fs, buf);
    return err;
}

/* Whether a directory may name this inode. */
static bool is_ordinary(const struct ext4_fs *fs, u64 ino)
{
    return ino == EXT4_ROOT_INO || ino >= fs->first_ino;
}

struct inode *ext4_inode_get(struct super_block *sb, u64 ino, unsigned int flags)
{
    struct ext4_fs *fs = ext4_fs(sb);
    struct inode *inode;
    int err;

    if (ino == 0 || ino > fs->nr_inodes || (!(flags & EXT4_IGET_SPECIAL) && !is_ordinary(fs, ino)))
        return ERR_PTR(ext4_corrupted(sb, "impossible inode number %llu", ino));
    inode = inode_get_locked(sb, ino);
    if (!inode)
        return ERR_PTR(-ENOMEM);
    if (!(inode->state & I_NEW)) {
        err = flags_check(inode, flags);
        if (!err)
            return inode;
        inode_put(inode);
        return ERR_PTR(err);
    }
    err = inode_read(inode, flags);
    if (err) {
        inode_fail_new(inode);
        return ERR_PTR(err);
    }
    inode_unlock_new(inode);
    return inode;
}

int ext4_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int flags)
{
    struct inode *inode = path->dentry->inode;
    const struct ext4_node *node = ext4_node(inode);

    generic_fill_stat(inode, stat);
    if (EXTRA_HAS(node, i_crtime)) {
        stat->result_mask |= STATX_BTIME;
        stat->btime = inode->btime;
    }
    stat->attributes_mask |= STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE | STATX_ATTR_NODUMP;
    if (node->flags & EXT4_APPEND_FL)
        stat->attributes |= STATX_ATTR_APPEND;
    if (node->flags & EXT4_IMMUTABLE_FL)
        stat->attributes |= STATX_ATTR_IMMUTABLE;
    if (node->flags & EXT4_NODUMP_FL)
        stat->attributes |= STATX_ATTR_NODUMP;
    return 0;
}

/* Special files: everything but their names is elsewhere. */
const struct inode_operations ext4_special_iops = {
    .getattr = ext4_getattr,
    .getxattr = ext4_getxattr,
    .listxattr = ext4_listxattr,
};
