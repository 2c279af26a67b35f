/* SPDX-License-Identifier: MIT */
/*
 * The journal (JBD2) on disk: everything big endian, unlike the file system around it. The journal
 * is a ring of blocks s_first .. s_maxlen-1 inside a file; block 0 of it is its super block. A
 * transaction is descriptor blocks, each followed by the blocks whose homes its tags name, revoke
 * blocks and one commit block, all with the transaction's number.
 */
#ifndef FS_EXT4_JBD2_H
#define FS_EXT4_JBD2_H

#include <kernel/types.h>

#define JBD2_MAGIC 0xc03b3998U

#define JBD2_DESCRIPTOR_BLOCK 1
#define JBD2_COMMIT_BLOCK     2
#define JBD2_SUPER_V1         3
#define JBD2_SUPER_V2         4
#define JBD2_REVOKE_BLOCK     5

struct jbd2_header {
    be32 h_magic;
    be32 h_blocktype;
    be32 h_sequence;
} __packed;
static_assert(sizeof(struct jbd2_header) == 12, "jbd2 header");

struct jbd2_super_block {
    struct jbd2_header s_header;
    be32 s_blocksize;
    be32 s_maxlen;
    be32 s_first;
    be32 s_sequence; /* first transaction expected in the log */
    be32 s_start;    /* its block; 0: the log is empty */
    be32 s_errno;
    be32 s_feature_compat;
    be32 s_feature_incompat;
    be32 s_feature_ro_compat;
    u8 s_uuid[16];
    be32 s_nr_users;
    be32 s_dynsuper;
    be32 s_max_transaction;
    be32 s_max_trans_data;
    u8 s_checksum_type;
    u8 s_padding2[3];
    be32 s_num_fc_blks;
    be32 s_head;
    be32 s_padding[40];
    be32 s_checksum;
    u8 s_users[16 * 48];
} __packed;
static_assert(sizeof(struct jbd2_super_block) == 1024, "jbd2 super block");
static_assert(offsetof(struct jbd2_super_block, s_checksum) == 0xfc, "jbd2 super block");

#define JBD2_CHECKSUM_CRC32C 4

#define JBD2_COMPAT_CHECKSUM       0x01
#define JBD2_INCOMPAT_REVOKE       0x01
#define JBD2_INCOMPAT_64BIT        0x02
#define JBD2_INCOMPAT_ASYNC_COMMIT 0x04
#define JBD2_INCOMPAT_CSUM_V2      0x08
#define JBD2_INCOMPAT_CSUM_V3      0x10
#define JBD2_INCOMPAT_FAST_COMMIT  0x20
#define JBD2_INCOMPAT_KNOWN        0x3f

#define JBD2_DEFAULT_FC_BLOCKS 256

/* A tag with csum_v3. */
struct jbd2_tag3 {
    be32 t_blocknr;
    be32 t_flags;
    be32 t_blocknr_high;
    be32 t_checksum;
} __packed;
static_assert(sizeof(struct jbd2_tag3) == 16, "jbd2 tag");

/* A tag without: t_blocknr_high only with 64bit; two more bytes with csum_v2. */
struct jbd2_tag {
    be32 t_blocknr;
    be16 t_checksum;
    be16 t_flags;
    be32 t_blocknr_high;
} __packed;
static_assert(sizeof(struct jbd2_tag) == 12, "jbd2 tag");

#define JBD2_FLAG_ESCAPE    1 /* the block began with JBD2_MAGIC, which was zeroed */
#define JBD2_FLAG_SAME_UUID 2 /* no 16 bytes of UUID follow the tag */
#define JBD2_FLAG_DELETED   4
#define JBD2_FLAG_LAST_TAG  8

/* At the end of descriptor and revoke blocks with csum_v2 or csum_v3. */
struct jbd2_block_tail {
    be32 t_checksum;
} __packed;

struct jbd2_revoke_header {
    struct jbd2_header r_header;
    be32 r_count; /* bytes used, this header included */
} __packed;
static_assert(sizeof(struct jbd2_revoke_header) == 16, "jbd2 revoke block");

struct jbd2_commit {
    struct jbd2_header c_header;
    u8 c_chksum_type;
    u8 c_chksum_size;
    u8 c_padding[2];
    be32 c_chksum[8];
    be64 c_sec;
    be32 c_nsec;
} __packed;
static_assert(sizeof(struct jbd2_commit) == 60, "jbd2 commit block");

/* First tag of the fast-commit area when there is something in it (little endian). */
#define EXT4_FC_TAG_HEAD 0x0009
#endif
