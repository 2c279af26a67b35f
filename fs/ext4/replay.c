// SPDX-License-Identifier: MIT
/*
 * A dirty journal under a read-only mount. The disk may not be written, but the newest committed
 * version of some blocks is only in the journal. So the log is read as a replay would read it, and
 * instead of copying blocks home a table is made: home block -> block of the journal (or, for a
 * block that had to be changed on its way into the journal, its contents). All metadata and data
 * are then read through the table.
 *
 * Three walks over the log, from its tail: the first finds where it ends (the last transaction
 * whose commit block is there and whose checksums are right), the second collects the revocations
 * up to there, the third fills the table. A revocation in transaction N means that no version from
 * N or before may be used.
 *
 * The walk is bounded: it goes round the ring once at most.
 */
#include "ext4.h"
#include <ext4/jbd2.h>
#include <kernel/lib/crc32c.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

struct log {
    struct ext4_fs *fs;
    struct inode *inode;
    u32 first, end; /* the ring: blocks first .. end - 1 */
    u32 sequence, start;
    u32 incompat;
    u32 csum_seed;
    struct xarray revoked; /* block -> last transaction that revoked it */
};

static bool has_csum(const struct log *log)
{
    return log->incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3);
}

static bool is_64bit(const struct log *log)
{
    return log->incompat & JBD2_INCOMPAT_64BIT;
}

/* Sequence numbers wrap. */
static bool not_older(u32 a, u32 b)
{
    return (s32)(a - b) >= 0;
}

static u32 ring_next(const struct log *log, u32 block)
{
    return block + 1 >= log->end ? log->first : block + 1;
}

static struct ext4_buf *log_block(struct log *log, u32 block)
{
    struct ext4_buf *buf = ext4_file_block(log->inode, block);

    return buf ? buf : ERR_PTR(ext4_inode_corrupted(log->inode, "a hole in the journal"));
}

/* Bytes of a descriptor or revoke block that carry something. */
static u32 usable_size(const struct log *log)
{
    return log->fs->block_size - (has_csum(log) ? sizeof(struct jbd2_block_tail) : 0);
}

/* A checksum over a block in which the checksum itself, at `at`, counts as zero. */
static u32 csum_around(const struct log *log, const u8 *data, u32 at)
{
    be32 zero = 0;
    u32 crc = crc32c(log->csum_seed, data, at);

    crc = crc32c(crc, &zero, sizeof(zero));
    return crc32c(crc, data + at + 4, log->fs->block_size - (at + 4));
}

static bool tail_csum_ok(const struct log *log, const u8 *data)
{
    u32 at = log->fs->block_size - sizeof(struct jbd2_block_tail);

    return !has_csum(log) || csum_around(log, data, at) == get_unaligned_be32(data + at);
}

static bool commit_csum_ok(const struct log *log, const u8 *data)
{
    u32 at = offsetof(struct jbd2_commit, c_chksum);

    return !has_csum(log) || csum_around(log, data, at) == get_unaligned_be32(data + at);
}

/* One tag of a descriptor block. */
struct tag {
    u64 block;
    u32 flags, csum;
};

static u32 tag_size(const struct log *log)
{
    if (log->incompat & JBD2_INCOMPAT_CSUM_V3)
        return sizeof(struct jbd2_tag3);
    return sizeof(struct jbd2_tag) + (log->incompat & JBD2_INCOMPAT_CSUM_V2 ? 2 : 0) -
           (is_64bit(log) ? 0 : 4);
}

/* Takes the tag at *at apart and moves on; false behind the last. */
static bool tag_next(const struct log *log, const u8 *data, u32 *at, bool *last, struct tag *tag)
{
    u32 size = tag_size(log);
    const u8 *p = data + *at;

    if (*last || *at + size > usable_size(log))
        return false;
    tag->block = get_unaligned_be32(p);
    if (log->incompat & JBD2_INCOMPAT_CSUM_V3) {
        tag->flags = get_unaligned_be32(p + offsetof(struct jbd2_tag3, t_flags));
        tag->csum = get_unaligned_be32(p + offsetof(struct jbd2_tag3, t_checksum));
        if (is_64bit(log))
            tag->block |= (u64)get_unaligned_be32(p + offsetof(struct jbd2_tag3, t_blocknr_high))
                          << 32;
    } else {
        tag->csum = get_unaligned_be16(p + offsetof(struct jbd2_tag, t_checksum));
        tag->flags = get_unaligned_be16(p + offsetof(struct jbd2_tag, t_flags));
        if (is_64bit(log))
            tag->block |= (u64)get_unaligned_be32(p + offsetof(struct jbd2_tag, t_blocknr_high))
                          << 32;
    }
    *at += size + (tag->flags & JBD2_FLAG_SAME_UUID ? 0 : 16);
    *last = tag->flags & JBD2_FLAG_LAST_TAG;
    return true;
}

static u32 tags_count(const struct log *log, const u8 *data)
{
    u32 at = sizeof(struct jbd2_header), count = 0;
    bool last = false;
    struct tag tag;

    while (tag_next(log, data, &at, &last, &tag))
        count++;
    return count;
}

static bool data_csum_ok(const struct log *log, u32 sequence, const struct tag *tag,
                         const void *data)
{
    be32 number = cpu_to_be32(sequence);
    u32 crc;

    if (!has_csum(log))
        return true;
    crc = crc32c(crc32c(log->csum_seed, &number, sizeof(number)), data, log->fs->block_size);
    return log->incompat & JBD2_INCOMPAT_CSUM_V3 ? crc == tag->csum : (crc & 0xffff) == tag->csum;
}

/* Only the newest version counts, so an older entry is replaced. */
static int table_set(struct ext4_fs *fs, u64 block, void *entry)
{
    void *old = xa_store(&fs->replay, block, entry, GFP_KERNEL);

    if (xa_is_err(old))
        return xa_err(old);
    if (old && !xa_is_value(old))
        kfree(old);
    return 0;
}

/* The block began with the journal's magic number, which was taken out so that it is not mistaken.
 */
static int table_set_escaped(struct ext4_fs *fs, u64 block, const void *data)
{
    void *copy = kmemdup(data, fs->block_size, GFP_KERNEL);
    int err;

    if (!copy)
        return -ENOMEM;
    put_unaligned_be32(JBD2_MAGIC, copy);
    err = table_set(fs, block, copy);
    if (err)
        kfree(copy);
    return err;
}

static bool is_revoked(struct log *log, u64 block, u32 sequence)
{
    void *entry = xa_load(&log->revoked, block);

    return entry && not_older(xa_to_value(entry), sequence);
}

/* Enters the block that `tag` names and that lies at log block `at`. */
static int tag_apply(struct log *log, u32 sequence, const struct tag *tag, u32 at)
{
    struct ext4_fs *fs = log->fs;
    struct ext4_buf *buf;
    int err;

    if (is_revoked(log, tag->block, sequence))
        return 0;
    if (tag->block >= fs->nr_blocks)
        return ext4_inode_corrupted(log->inode, "the journal holds block %llu", tag->block);
    buf = log_block(log, at);
    if (IS_ERR(buf))
        return PTR_ERR(buf);
    if (!data_csum_ok(log, sequence, tag, buf->data)) {
        ext4_inode_bad_csum(log->inode, "the journal", buf->block);
        err = -EFSBADCRC;
    } else if (tag->flags & JBD2_FLAG_ESCAPE) {
        err = table_set_escaped(fs, tag->block, buf->data);
    } else {
        err = table_set(fs, tag->block, xa_mk_value(buf->block));
    }
    ext4_buf_put(fs, buf);
    return err;
}

static int descriptor_apply(struct log *log, u32 sequence, const u8 *data, u32 at)
{
    u32 offset = sizeof(struct jbd2_header);
    bool last = false;
    struct tag tag;
    int err = 0;

    while (!err && tag_next(log, data, &offset, &last, &tag)) {
        at = ring_next(log, at);
        err = tag_apply(log, sequence, &tag, at);
    }
    return err;
}

static int revoke_collect(struct log *log, u32 sequence, const u8 *data)
{
    u32 size = is_64bit(log) ? 8 : 4;
    u32 end = get_unaligned_be32(data + offsetof(struct jbd2_revoke_header, r_count));

    if (end > usable_size(log))
        return ext4_inode_corrupted(log->inode, "impossible revoke block in the journal");
    for (u32 at = sizeof(struct jbd2_revoke_header); at + size <= end; at += size) {
        u64 block = is_64bit(log) ? get_unaligned_be64(data + at) : get_unaligned_be32(data + at);
        void *old = xa_load(&log->revoked, block);

        if (old && not_older(xa_to_value(old), sequence))
            continue;
        old = xa_store(&log->revoked, block, xa_mk_value(sequence), GFP_KERNEL);
        if (xa_is_err(old))
            return xa_err(old);
    }
    return 0;
}

enum pass { PASS_SCAN, PASS_REVOKE, PASS_APPLY };

/* Where a walk over the log stands. */
struct walk {
    enum pass pass;
    u32 block, sequence;
    u32 left; /* blocks until it has been once round */
};

/*
 * Deals with one block of control (descriptor, revoke, commit) and steps behind it. 1: goes on, 0:
 * the log ends here, -errno.
 */
static int walk_step(struct log *log, struct walk *walk)
{
    struct ext4_buf *buf = log_block(log, walk->block);
    const u8 *data;
    u32 skip = 1;
    int more = 1;

    if (IS_ERR(buf))
        return PTR_ERR(buf);
    data = buf->data;
    if (get_unaligned_be32(data) != JBD2_MAGIC || get_unaligned_be32(data + 8) != walk->sequence) {
        ext4_buf_put(log->fs, buf);
        return 0;
    }
    switch (get_unaligned_be32(data + 4)) {
    case JBD2_DESCRIPTOR_BLOCK:
        if (!tail_csum_ok(log, data)) {
            more = 0;
            break;
        }
        skip += tags_count(log, data);
        if (walk->pass == PASS_APPLY)
            more = descriptor_apply(log, walk->sequence, data, walk->block) ?: 1;
        break;
    case JBD2_REVOKE_BLOCK:
        if (!tail_csum_ok(log, data))
            more = 0;
        else if (walk->pass == PASS_REVOKE)
            more = revoke_collect(log, walk->sequence, data) ?: 1;
        break;
    case JBD2_COMMIT_BLOCK:
        if (!commit_csum_ok(log, data))
            more = 0;
        else
            walk->sequence++;
        break;
    default: more = 0;
    }
    ext4_buf_put(log->fs, buf);
    if (more <= 0)
        return more;
    if (skip >= walk->left)
        return 0;
    walk->left -= skip;
    while (skip-- > 0)
        walk->block = ring_next(log, walk->block);
    return 1;
}

/* PASS_SCAN finds *end, the first transaction that is not complete; the others stop there. */
static int log_walk(struct log *log, enum pass pass, u32 *end)
{
    struct walk walk = {.pass = pass,
                        .block = log->start,
                        .sequence = log->sequence,
                        .left = log->end - log->first};
    int more = 1;

    while (more > 0 && (pass == PASS_SCAN || walk.sequence != *end))
        more = walk_step(log, &walk);
    if (pass == PASS_SCAN)
        *end = walk.sequence;
    return more < 0 ? more : 0;
}

static int journal_features(struct log *log, const struct jbd2_super_block *js)
{
    log->incompat = 0;
    if (be32_to_cpu(js->s_header.h_blocktype) == JBD2_SUPER_V2)
        log->incompat = be32_to_cpu(js->s_feature_incompat);
    if (log->incompat & ~JBD2_INCOMPAT_KNOWN) {
        ext4_message(log->fs->sb, LOG_LEVEL_ERR, "unknown features of the journal: %#x",
                     log->incompat & ~JBD2_INCOMPAT_KNOWN);
        return -EINVAL;
    }
    if (!has_csum(log))
        return 0;
    if (js->s_checksum_type != JBD2_CHECKSUM_CRC32C)
        return ext4_inode_corrupted(log->inode, "the journal's checksum type is %u",
                                    js->s_checksum_type);
    log->csum_seed = crc32c(~0U, js->s_uuid, sizeof(js->s_uuid));
    return 0;
}

static int journal_csum_check(struct log *log, const u8 *data)
{
    const u32 at = offsetof(struct jbd2_super_block, s_checksum);
    be32 zero = 0;
    u32 crc;

    if (!has_csum(log))
        return 0;
    crc = crc32c(crc32c(~0U, data, at), &zero, sizeof(zero));
    crc = crc32c(crc, data + at + 4, sizeof(struct jbd2_super_block) - (at + 4));
    if (crc == get_unaligned_be32(data + at))
        return 0;
    ext4_inode_corrupted(log->inode, "wrong checksum of the journal's super block");
    return -EFSBADCRC;
}

/* Changes in the fast-commit area cannot be followed here: only whole blocks can. */
static int fast_commit_check(struct log *log, const struct jbd2_super_block *js)
{
    u32 nr = be32_to_cpu(js->s_num_fc_blks) ?: JBD2_DEFAULT_FC_BLOCKS;
    struct ext4_buf *buf;
    bool used;

    if (!(log->incompat & JBD2_INCOMPAT_FAST_COMMIT))
        return 0;
    if (nr >= log->end - log->first)
        return ext4_inode_corrupted(log->inode, "%u blocks of fast commits", nr);
    log->end -= nr;
    buf = log_block(log, log->end);
    if (IS_ERR(buf))
        return PTR_ERR(buf);
    used = get_unaligned_le16(buf->data) == EXT4_FC_TAG_HEAD;
    ext4_buf_put(log->fs, buf);
    if (!used)
        return 0;
    ext4_message(log->fs->sb, LOG_LEVEL_ERR,
                 "cannot mount: the journal holds fast commits; run e2fsck first");
    return -EINVAL;
}

static int journal_geometry(struct log *log, const struct jbd2_super_block *js)
{
    u32 type = be32_to_cpu(js->s_header.h_blocktype);

    if (be32_to_cpu(js->s_header.h_magic) != JBD2_MAGIC ||
        (type != JBD2_SUPER_V1 && type != JBD2_SUPER_V2))
        return ext4_inode_corrupted(log->inode, "no journal in the journal's inode");
    log->first = be32_to_cpu(js->s_first);
    log->end = be32_to_cpu(js->s_maxlen);
    log->sequence = be32_to_cpu(js->s_sequence);
    log->start = be32_to_cpu(js->s_start);
    if (be32_to_cpu(js->s_blocksize) != log->fs->block_size || log->first == 0 ||
        log->first >= log->end || log->end > (u64)log->inode->size >> log->fs->block_bits)
        return ext4_inode_corrupted(log->inode, "impossible journal: blocks %u to %u", log->first,
                                    log->end);
    return 0;
}

/* Reads the journal's super block. */
static int log_open(struct log *log)
{
    struct ext4_buf *buf = log_block(log, 0);
    const struct jbd2_super_block *js;
    int err;

    if (IS_ERR(buf))
        return PTR_ERR(buf);
    js = buf->data;
    err = journal_geometry(log, js);
    if (!err)
        err = journal_features(log, js);
    if (!err)
        err = journal_csum_check(log, buf->data);
    if (!err && log->start)
        err = fast_commit_check(log, js);
    if (!err && log->start && (log->start < log->first || log->start >= log->end))
        err = ext4_inode_corrupted(log->inode, "the journal begins at block %u", log->start);
    ext4_buf_put(log->fs, buf);
    return err;
}

static int log_load(struct log *log)
{
    u32 end;
    int err = log_open(log);

    if (err || !log->start)
        return err;
    err = log_walk(log, PASS_SCAN, &end);
    if (!err)
        err = log_walk(log, PASS_REVOKE, &end);
    if (!err)
        err = log_walk(log, PASS_APPLY, &end);
    if (err)
        return err;
    if (end != log->sequence)
        ext4_message(log->fs->sb, LOG_LEVEL_NOTICE,
                     "the journal is dirty: %u transactions are read from it", end - log->sequence);
    log->fs->replay_active = !xa_empty(&log->fs->replay);
    return 0;
}

int ext4_replay_load(struct ext4_fs *fs)
{
    struct log log = {.fs = fs, .revoked = XARRAY_INIT};
    u32 ino = le32_to_cpu(fs->raw->s_journal_inum);
    int err;

    if (!ino) {
        ext4_message(fs->sb, LOG_LEVEL_ERR,
                     "cannot mount: needs recovery from a journal on another device");
        return -EINVAL;
    }
    log.inode = ext4_inode_get(fs->sb, ino, EXT4_IGET_SPECIAL);
    if (IS_ERR(log.inode))
        return PTR_ERR(log.inode);
    if (S_ISREG(log.inode->mode) && log.inode->nlink)
        err = log_load(&log);
    else
        err = ext4_inode_corrupted(log.inode, "not a journal");
    xa_destroy(&log.revoked);
    inode_put(log.inode);
    return err;
}

void ext4_replay_free(struct ext4_fs *fs)
{
    u64 index = 0;
    void *entry;

    xa_for_each (&fs->replay, index, entry)
        if (!xa_is_value(entry))
            kfree(entry);
    xa_destroy(&fs->replay);
    fs->replay_active = false;
}

void ext4_replay_redirect(const struct ext4_fs *fs, u64 block, struct block_run *run)
{
    u64 at = block;
    void *entry = xa_find(&fs->replay, &at, block + run->nr_blocks - 1, XA_PRESENT);

    if (!entry)
        return;
    if (at > block) {
        run->nr_blocks = at - block;
        return;
    }
    run->nr_blocks = 1;
    if (xa_is_value(entry))
        run->sector = (u64)xa_to_value(entry) << (fs->block_bits - SECTOR_SHIFT);
    else
        run->data = entry;
}
