/* SPDX-License-Identifier: MIT */
/*
 * ext4 on disk (ext2 and ext3 included): everything little endian. Names of fields and flags are
 * those of the ext4 documentation (Documentation/filesystems/ext4 of Linux, ext2fs manual pages),
 * so that the two can be read side by side. No code: shared with host tools.
 *
 * A file system is an array of blocks (1 KiB to 64 KiB) cut into groups of s_blocks_per_group. Each
 * group has a descriptor, which names its block bitmap, inode bitmap and inode table. The super
 * block is at byte 1024 whatever the block size.
 */
#ifndef FS_EXT4_FORMAT_H
#define FS_EXT4_FORMAT_H

#include <kernel/types.h>

#define EXT4_SUPER_MAGIC  0xef53
#define EXT4_SUPER_OFFSET 1024
#define EXT4_SUPER_SIZE   1024

#define EXT4_MIN_BLOCK_LOG   10
#define EXT4_MAX_BLOCK_LOG   16
#define EXT4_GOOD_OLD_REV    0
#define EXT4_DYNAMIC_REV     1
#define EXT4_OLD_INODE_SIZE  128
#define EXT4_OLD_FIRST_INO   11
#define EXT4_OLD_DESC_SIZE   32
#define EXT4_64BIT_DESC_SIZE 64

/* Reserved inodes. */
#define EXT4_BAD_INO     1
#define EXT4_ROOT_INO    2
#define EXT4_RESIZE_INO  7
#define EXT4_JOURNAL_INO 8

struct ext4_super_block {
    le32 s_inodes_count; /* 0x000 */
    le32 s_blocks_count_lo;
    le32 s_r_blocks_count_lo;
    le32 s_free_blocks_count_lo;
    le32 s_free_inodes_count; /* 0x010 */
    le32 s_first_data_block;
    le32 s_log_block_size; /* block size is 1024 << this */
    le32 s_log_cluster_size;
    le32 s_blocks_per_group; /* 0x020 */
    le32 s_clusters_per_group;
    le32 s_inodes_per_group;
    le32 s_mtime;
    le32 s_wtime; /* 0x030 */
    le16 s_mnt_count;
    le16 s_max_mnt_count;
    le16 s_magic;
    le16 s_state;
    le16 s_errors;
    le16 s_minor_rev_level;
    le32 s_lastcheck; /* 0x040 */
    le32 s_checkinterval;
    le32 s_creator_os;
    le32 s_rev_level;
    le16 s_def_resuid; /* 0x050 */
    le16 s_def_resgid;
    le32 s_first_ino;
    le16 s_inode_size;
    le16 s_block_group_nr;
    le32 s_feature_compat;
    le32 s_feature_incompat; /* 0x060 */
    le32 s_feature_ro_compat;
    u8 s_uuid[16];
    char s_volume_name[16];  /* 0x078 */
    char s_last_mounted[64]; /* 0x088 */
    le32 s_algorithm_usage_bitmap;
    u8 s_prealloc_blocks;
    u8 s_prealloc_dir_blocks;
    le16 s_reserved_gdt_blocks;
    u8 s_journal_uuid[16]; /* 0x0d0 */
    le32 s_journal_inum;
    le32 s_journal_dev;
    le32 s_last_orphan;
    le32 s_hash_seed[4];
    u8 s_def_hash_version; /* 0x0fc */
    u8 s_jnl_backup_type;
    le16 s_desc_size;
    le32 s_default_mount_opts; /* 0x100 */
    le32 s_first_meta_bg;
    le32 s_mkfs_time;
    le32 s_jnl_blocks[17];
    le32 s_blocks_count_hi; /* 0x150 */
    le32 s_r_blocks_count_hi;
    le32 s_free_blocks_count_hi;
    le16 s_min_extra_isize;
    le16 s_want_extra_isize;
    le32 s_flags; /* 0x160 */
    le16 s_raid_stride;
    le16 s_mmp_update_interval;
    le64 s_mmp_block;
    le32 s_raid_stripe_width; /* 0x170 */
    u8 s_log_groups_per_flex;
    u8 s_checksum_type;
    u8 s_encryption_level;
    u8 s_reserved_pad;
    le64 s_kbytes_written;
    le32 s_snapshot_inum; /* 0x180 */
    le32 s_snapshot_id;
    le64 s_snapshot_r_blocks_count;
    le32 s_snapshot_list; /* 0x190 */
    le32 s_error_count;
    le32 s_first_error_time;
    le32 s_first_error_ino;
    le64 s_first_error_block; /* 0x1a0 */
    u8 s_first_error_func[32];
    le32 s_first_error_line;
    le32 s_last_error_time;
    le32 s_last_error_ino; /* 0x1d0 */
    le32 s_last_error_line;
    le64 s_last_error_block;
    u8 s_last_error_func[32]; /* 0x1e0 */
    u8 s_mount_opts[64];      /* 0x200 */
    le32 s_usr_quota_inum;    /* 0x240 */
    le32 s_grp_quota_inum;
    le32 s_overhead_blocks;
    le32 s_backup_bgs[2];
    u8 s_encrypt_algos[4];
    u8 s_encrypt_pw_salt[16];
    le32 s_lpf_ino;
    le32 s_prj_quota_inum;
    le32 s_checksum_seed; /* 0x270 */
    u8 s_wtime_hi;
    u8 s_mtime_hi;
    u8 s_mkfs_time_hi;
    u8 s_lastcheck_hi;
    u8 s_first_error_time_hi;
    u8 s_last_error_time_hi;
    u8 s_first_error_errcode;
    u8 s_last_error_errcode;
    le16 s_encoding;
    le16 s_encoding_flags;
    le32 s_orphan_file_inum; /* 0x280 */
    le32 s_reserved[94];
    le32 s_checksum; /* 0x3fc: CRC-32C of everything before */
} __packed;
static_assert(sizeof(struct ext4_super_block) == EXT4_SUPER_SIZE, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_journal_uuid) == 0xd0, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_blocks_count_hi) == 0x150, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_mount_opts) == 0x200, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_checksum_seed) == 0x270, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_orphan_file_inum) == 0x280, "ext4 super block");
static_assert(offsetof(struct ext4_super_block, s_checksum) == 0x3fc, "ext4 super block");

/* s_state */
#define EXT4_STATE_VALID  0x1
#define EXT4_STATE_ERRORS 0x2
#define EXT4_STATE_ORPHAN 0x4

/* s_flags */
#define EXT4_FLAGS_SIGNED_HASH   0x1
#define EXT4_FLAGS_UNSIGNED_HASH 0x2

#define EXT4_CHECKSUM_CRC32C 1

/* s_default_mount_opts */
#define EXT4_DEFM_XATTR_USER 0x0004
#define EXT4_DEFM_ACL        0x0008

#define EXT4_COMPAT_DIR_PREALLOC  0x0001
#define EXT4_COMPAT_IMAGIC_INODES 0x0002
#define EXT4_COMPAT_HAS_JOURNAL   0x0004
#define EXT4_COMPAT_EXT_ATTR      0x0008
#define EXT4_COMPAT_RESIZE_INODE  0x0010
#define EXT4_COMPAT_DIR_INDEX     0x0020
#define EXT4_COMPAT_SPARSE_SUPER2 0x0200
#define EXT4_COMPAT_FAST_COMMIT   0x0400
#define EXT4_COMPAT_STABLE_INODES 0x0800
#define EXT4_COMPAT_ORPHAN_FILE   0x1000

#define EXT4_RO_COMPAT_SPARSE_SUPER   0x00001
#define EXT4_RO_COMPAT_LARGE_FILE     0x00002
#define EXT4_RO_COMPAT_BTREE_DIR      0x00004
#define EXT4_RO_COMPAT_HUGE_FILE      0x00008
#define EXT4_RO_COMPAT_GDT_CSUM       0x00010
#define EXT4_RO_COMPAT_DIR_NLINK      0x00020
#define EXT4_RO_COMPAT_EXTRA_ISIZE    0x00040
#define EXT4_RO_COMPAT_QUOTA          0x00100
#define EXT4_RO_COMPAT_BIGALLOC       0x00200
#define EXT4_RO_COMPAT_METADATA_CSUM  0x00400
#define EXT4_RO_COMPAT_READONLY       0x01000
#define EXT4_RO_COMPAT_PROJECT        0x02000
#define EXT4_RO_COMPAT_VERITY         0x08000
#define EXT4_RO_COMPAT_ORPHAN_PRESENT 0x10000

#define EXT4_INCOMPAT_COMPRESSION 0x00001
#define EXT4_INCOMPAT_FILETYPE    0x00002
#define EXT4_INCOMPAT_RECOVER     0x00004
#define EXT4_INCOMPAT_JOURNAL_DEV 0x00008
#define EXT4_INCOMPAT_META_BG     0x00010
#define EXT4_INCOMPAT_EXTENTS     0x00040
#define EXT4_INCOMPAT_64BIT       0x00080
#define EXT4_INCOMPAT_MMP         0x00100
#define EXT4_INCOMPAT_FLEX_BG     0x00200
#define EXT4_INCOMPAT_EA_INODE    0x00400
#define EXT4_INCOMPAT_DIRDATA     0x01000
#define EXT4_INCOMPAT_CSUM_SEED   0x02000
#define EXT4_INCOMPAT_LARGEDIR    0x04000
#define EXT4_INCOMPAT_INLINE_DATA 0x08000
#define EXT4_INCOMPAT_ENCRYPT     0x10000
#define EXT4_INCOMPAT_CASEFOLD    0x20000

/* The second half exists when the 64bit feature is on and s_desc_size says so. */
struct ext4_group_desc {
    le32 bg_block_bitmap_lo;
    le32 bg_inode_bitmap_lo;
    le32 bg_inode_table_lo;
    le16 bg_free_blocks_count_lo;
    le16 bg_free_inodes_count_lo;
    le16 bg_used_dirs_count_lo;
    le16 bg_flags;
    le32 bg_exclude_bitmap_lo;
    le16 bg_block_bitmap_csum_lo;
    le16 bg_inode_bitmap_csum_lo;
    le16 bg_itable_unused_lo;
    le16 bg_checksum;
    le32 bg_block_bitmap_hi;
    le32 bg_inode_bitmap_hi;
    le32 bg_inode_table_hi;
    le16 bg_free_blocks_count_hi;
    le16 bg_free_inodes_count_hi;
    le16 bg_used_dirs_count_hi;
    le16 bg_itable_unused_hi;
    le32 bg_exclude_bitmap_hi;
    le16 bg_block_bitmap_csum_hi;
    le16 bg_inode_bitmap_csum_hi;
    le32 bg_reserved;
} __packed;
static_assert(sizeof(struct ext4_group_desc) == EXT4_64BIT_DESC_SIZE, "ext4 group descriptor");
static_assert(offsetof(struct ext4_group_desc, bg_checksum) == 0x1e, "ext4 group descriptor");
static_assert(offsetof(struct ext4_group_desc, bg_block_bitmap_hi) == EXT4_OLD_DESC_SIZE,
              "ext4 group descriptor");

#define EXT4_BG_INODE_UNINIT 0x1
#define EXT4_BG_BLOCK_UNINIT 0x2
#define EXT4_BG_INODE_ZEROED 0x4

#define EXT4_NDIR_BLOCKS 12
#define EXT4_IND_BLOCK   12
#define EXT4_DIND_BLOCK  13
#define EXT4_TIND_BLOCK  14
#define EXT4_N_BLOCKS    15
#define EXT4_BODY_SIZE   (EXT4_N_BLOCKS * 4)

struct ext4_inode {
    le16 i_mode;
    le16 i_uid;
    le32 i_size_lo;
    le32 i_atime;
    le32 i_ctime;
    le32 i_mtime;
    le32 i_dtime;
    le16 i_gid;
    le16 i_links_count;
    le32 i_blocks_lo; /* 512-byte units, or blocks with EXT4_HUGE_FILE_FL */
    le32 i_flags;
    le32 i_version; /* l_i_version */
    le32 i_block[EXT4_N_BLOCKS];
    le32 i_generation;
    le32 i_file_acl_lo;
    le32 i_size_high;
    le32 i_obso_faddr;
    le16 i_blocks_high;
    le16 i_file_acl_high;
    le16 i_uid_high;
    le16 i_gid_high;
    le16 i_checksum_lo;
    le16 i_reserved;
    /* From here on only with inodes larger than 128 bytes, as far as i_extra_isize reaches. */
    le16 i_extra_isize;
    le16 i_checksum_hi;
    le32 i_ctime_extra;
    le32 i_mtime_extra;
    le32 i_atime_extra;
    le32 i_crtime;
    le32 i_crtime_extra;
    le32 i_version_hi;
    le32 i_projid;
} __packed;
static_assert(sizeof(struct ext4_inode) == 160, "ext4 inode");
static_assert(offsetof(struct ext4_inode, i_block) == 0x28, "ext4 inode");
static_assert(offsetof(struct ext4_inode, i_checksum_lo) == 0x7c, "ext4 inode");
static_assert(offsetof(struct ext4_inode, i_extra_isize) == EXT4_OLD_INODE_SIZE, "ext4 inode");
static_assert(offsetof(struct ext4_inode, i_checksum_hi) == 0x82, "ext4 inode");

/* i_flags */
#define EXT4_SYNC_FL         0x00000008
#define EXT4_IMMUTABLE_FL    0x00000010
#define EXT4_APPEND_FL       0x00000020
#define EXT4_NODUMP_FL       0x00000040
#define EXT4_NOATIME_FL      0x00000080
#define EXT4_ENCRYPT_FL      0x00000800
#define EXT4_INDEX_FL        0x00001000
#define EXT4_JOURNAL_DATA_FL 0x00004000
#define EXT4_DIRSYNC_FL      0x00010000
#define EXT4_TOPDIR_FL       0x00020000
#define EXT4_HUGE_FILE_FL    0x00040000
#define EXT4_EXTENTS_FL      0x00080000
#define EXT4_VERITY_FL       0x00100000
#define EXT4_EA_INODE_FL     0x00200000
#define EXT4_INLINE_DATA_FL  0x10000000
#define EXT4_PROJINHERIT_FL  0x20000000
#define EXT4_CASEFOLD_FL     0x40000000
/* What FS_IOC_GETFLAGS may show. */
#define EXT4_FL_USER_VISIBLE 0x705bdfff

/* Times beyond 2038: two more bits of seconds below thirty bits of nanoseconds. */
#define EXT4_EPOCH_BITS 2
#define EXT4_EPOCH_MASK ((1U << EXT4_EPOCH_BITS) - 1)

/* --- extent trees --- */
#define EXT4_EXTENT_MAGIC     0xf30a
#define EXT4_EXTENT_MAX_DEPTH 5
/* ee_len above this: allocated but not written yet, ee_len - this blocks long. */
#define EXT4_EXTENT_INIT_MAX 32768
#define EXT4_MAX_LBLK        0xffffffffU

struct ext4_extent_header {
    le16 eh_magic;
    le16 eh_entries;
    le16 eh_max;
    le16 eh_depth; /* 0: a leaf */
    le32 eh_generation;
} __packed;

struct ext4_extent {
    le32 ee_block;
    le16 ee_len;
    le16 ee_start_hi;
    le32 ee_start_lo;
} __packed;

struct ext4_extent_idx {
    le32 ei_block;
    le32 ei_leaf_lo;
    le16 ei_leaf_hi;
    le16 ei_unused;
} __packed;

/* Behind eh_max entries, in blocks (not in the inode). */
struct ext4_extent_tail {
    le32 et_checksum;
} __packed;
static_assert(sizeof(struct ext4_extent_header) == 12, "ext4 extent header");
static_assert(sizeof(struct ext4_extent) == 12, "ext4 extent");
static_assert(sizeof(struct ext4_extent_idx) == 12, "ext4 extent index");

/* --- directories --- */
#define EXT4_NAME_LEN    255
#define EXT4_DIRENT_HEAD 8

struct ext4_dirent {
    le32 inode; /* 0: unused */
    le16 rec_len;
    u8 name_len;
    u8 file_type; /* EXT4_FT_*, with the filetype feature; else high byte of name_len */
    char name[];
} __packed;
static_assert(sizeof(struct ext4_dirent) == EXT4_DIRENT_HEAD, "ext4 directory entry");

/* The last 12 bytes of a leaf block, dressed as an unused entry. */
struct ext4_dirent_tail {
    le32 det_reserved_zero1;
    le16 det_rec_len; /* 12 */
    u8 det_reserved_zero2;
    u8 det_reserved_ft; /* EXT4_FT_DIR_CSUM */
    le32 det_checksum;
} __packed;
static_assert(sizeof(struct ext4_dirent_tail) == 12, "ext4 directory tail");

#define EXT4_FT_UNKNOWN  0
#define EXT4_FT_REG_FILE 1
#define EXT4_FT_DIR      2
#define EXT4_FT_CHRDEV   3
#define EXT4_FT_BLKDEV   4
#define EXT4_FT_FIFO     5
#define EXT4_FT_SOCK     6
#define EXT4_FT_SYMLINK  7
#define EXT4_FT_MAX      8
#define EXT4_FT_DIR_CSUM 0xde

/* --- hashed directories: block 0 is the root, made to look like "." and ".." to old readers --- */
#define EXT4_HASH_LEGACY            0
#define EXT4_HASH_HALF_MD4          1
#define EXT4_HASH_TEA               2
#define EXT4_HASH_LEGACY_UNSIGNED   3
#define EXT4_HASH_HALF_MD4_UNSIGNED 4
#define EXT4_HASH_TEA_UNSIGNED      5
#define EXT4_HASH_SIPHASH           6

struct ext4_dx_info {
    le32 reserved_zero;
    u8 hash_version;
    u8 info_length; /* 8 */
    u8 indirect_levels;
    u8 unused_flags;
} __packed;

struct ext4_dx_entry {
    le32 hash; /* of the first entry: limit (low 16 bits) and count (high) */
    le32 block;
} __packed;

struct ext4_dx_countlimit {
    le16 limit;
    le16 count;
} __packed;

struct ext4_dx_tail {
    le32 dt_reserved;
    le32 dt_checksum;
} __packed;
static_assert(sizeof(struct ext4_dx_info) == 8, "ext4 htree root");
static_assert(sizeof(struct ext4_dx_entry) == 8, "ext4 htree entry");
static_assert(sizeof(struct ext4_dx_tail) == 8, "ext4 htree tail");

#define EXT4_DX_ROOT_INFO    24 /* offset of ext4_dx_info in block 0 */
#define EXT4_DX_ROOT_ENTRIES 32
#define EXT4_DX_NODE_ENTRIES 8
#define EXT4_DX_BLOCK_MASK   0x0fffffffU
#define EXT4_DX_MAX_LEVELS   3 /* with large_dir; 2 without */
/* The hash that means "end" is never a name's. */
#define EXT4_DX_HASH_EOF 0x7fffffffU

/* --- extended attributes --- */
#define EXT4_XATTR_MAGIC 0xea020000U

#define EXT4_XATTR_INDEX_USER              1
#define EXT4_XATTR_INDEX_POSIX_ACL_ACCESS  2
#define EXT4_XATTR_INDEX_POSIX_ACL_DEFAULT 3
#define EXT4_XATTR_INDEX_TRUSTED           4
#define EXT4_XATTR_INDEX_SECURITY          6
#define EXT4_XATTR_INDEX_SYSTEM            7
#define EXT4_XATTR_INDEX_RICHACL           8

#define EXT4_XATTR_SIZE_MAX 65536

struct ext4_xattr_header { /* of an attribute block */
    le32 h_magic;
    le32 h_refcount;
    le32 h_blocks; /* 1 */
    le32 h_hash;
    le32 h_checksum;
    le32 h_reserved[3];
} __packed;
static_assert(sizeof(struct ext4_xattr_header) == 32, "ext4 attribute block");

struct ext4_xattr_ibody_header { /* in the inode, behind i_extra_isize */
    le32 h_magic;
} __packed;

struct ext4_xattr_entry {
    u8 e_name_len;
    u8 e_name_index;
    le16 e_value_offs;
    le32 e_value_inum; /* with the ea_inode feature: the value is that inode's contents */
    le32 e_value_size;
    le32 e_hash;
    char e_name[];
} __packed;
static_assert(sizeof(struct ext4_xattr_entry) == 16, "ext4 attribute entry");

/* POSIX ACLs are kept more tightly than setxattr(2) passes them. */
#define EXT4_ACL_VERSION 1
struct ext4_acl_header {
    le32 a_version;
} __packed;
struct ext4_acl_entry {
    le16 e_tag;
    le16 e_perm;
    le32 e_id; /* only with ACL_USER and ACL_GROUP */
} __packed;
#define EXT4_ACL_SHORT_SIZE 4

/* --- the orphan file --- */
#define EXT4_ORPHAN_BLOCK_MAGIC 0x0b10ca04
struct ext4_orphan_block_tail {
    le32 ob_magic;
    le32 ob_checksum;
} __packed;
#endif
