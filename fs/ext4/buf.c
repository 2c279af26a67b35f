// SPDX-License-Identifier: MIT
/*
 * Metadata blocks in memory. The bytes are those of the block device's page cache; a struct
 * ext4_buf adds which block they are, how many use it, and which checks the block has passed. It is
 * found by block number in a hash table.
 *
 * States: referenced (refs > 0), or idle (refs 0, on fs->buf_idle, oldest first). Idle blocks keep
 * their page pinned, so only EXT4_BUF_IDLE_MAX are kept; the page itself stays in the page cache
 * for as long as reclaim lets it.
 *
 * Two tasks that want an absent block both read it (the page lock makes it one transfer), and
 * whoever comes second to the hash table uses what the first put there.
 *
 * A block that a journal not replayed holds newer (replay.c) comes from there.
 */
#include "ext4.h"
#include <kernel/base/panic.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

/* 2 MiB of blocks of 4 KiB: the upper levels of what is being worked on. */
#define EXT4_BUF_IDLE_MAX 512

int ext4_bufs_init(struct ext4_fs *fs)
{
    spin_lock_init(&fs->buf_lock);
    INIT_LIST_HEAD(&fs->buf_idle);
    fs->buf_hash = kcalloc(1U << EXT4_BUF_HASH_BITS, sizeof(*fs->buf_hash), GFP_KERNEL);
    return fs->buf_hash ? 0 : -ENOMEM;
}

static struct hlist_head *bucket_of(struct ext4_fs *fs, u64 block)
{
    return &fs->buf_hash[hash_64(block, EXT4_BUF_HASH_BITS)];
}

/* The block if it is known, with a reference. buf_lock held. */
static struct ext4_buf *find_locked(struct ext4_fs *fs, u64 block)
{
    struct ext4_buf *buf;

    hlist_for_each_entry (buf, bucket_of(fs, block), hash_node) {
        if (buf->block != block)
            continue;
        if (buf->refs++ == 0) {
            list_del(&buf->idle_link);
            fs->nr_idle--;
        }
        return buf;
    }
    return NULL;
}

static void buf_free(struct ext4_buf *buf)
{
    if (buf->view.page)
        bdev_release(&buf->view);
    kfree(buf);
}

/* Where the newest contents are: at home, in the journal, or (escaped) in memory already. */
static int buf_fill(struct ext4_fs *fs, struct ext4_buf *buf)
{
    u64 place = buf->block;
    int err;

    if (fs->replay_active) {
        void *newer = xa_load(&fs->replay, buf->block);

        if (newer && !xa_is_value(newer)) {
            buf->data = newer;
            return 0;
        }
        if (newer)
            place = xa_to_value(newer);
    }
    err = bdev_read(fs->bdev, place << fs->block_bits, fs->block_size, &buf->view);
    if (err) {
        buf->view.page = NULL;
        ext4_message(fs->sb, LOG_LEVEL_ERR, "block %llu cannot be read (error %d)", place, -err);
        return err;
    }
    buf->data = buf->view.data;
    return 0;
}

/* Takes the oldest idle block out if there are too many. buf_lock held. */
static struct ext4_buf *shrink_locked(struct ext4_fs *fs)
{
    struct ext4_buf *oldest;

    if (fs->nr_idle <= EXT4_BUF_IDLE_MAX)
        return NULL;
    oldest = list_first_entry(&fs->buf_idle, struct ext4_buf, idle_link);
    list_del(&oldest->idle_link);
    hlist_del(&oldest->hash_node);
    fs->nr_idle--;
    return oldest;
}

static struct ext4_buf *buf_make(struct ext4_fs *fs, u64 block)
{
    struct ext4_buf *buf = kzalloc(sizeof(*buf), GFP_NOFS), *other;
    int err;

    if (!buf)
        return ERR_PTR(-ENOMEM);
    buf->block = block;
    buf->refs = 1;
    err = buf_fill(fs, buf);
    if (err) {
        buf_free(buf);
        return ERR_PTR(err);
    }
    spin_lock(&fs->buf_lock);
    other = find_locked(fs, block);
    if (!other)
        hlist_add_head(&buf->hash_node, bucket_of(fs, block));
    spin_unlock(&fs->buf_lock);
    if (!other)
        return buf;
    buf_free(buf);
    return other;
}

struct ext4_buf *ext4_buf_read(struct ext4_fs *fs, u64 block)
{
    struct ext4_buf *buf;

    if (block >= fs->nr_blocks)
        return ERR_PTR(ext4_corrupted(fs->sb, "block %llu is outside the file system", block));
    spin_lock(&fs->buf_lock);
    buf = find_locked(fs, block);
    spin_unlock(&fs->buf_lock);
    return buf ? buf : buf_make(fs, block);
}

void ext4_buf_put(struct ext4_fs *fs, struct ext4_buf *buf)
{
    struct ext4_buf *old = NULL;

    spin_lock(&fs->buf_lock);
    ASSERT(buf->refs > 0);
    if (--buf->refs == 0) {
        list_add_tail(&buf->idle_link, &fs->buf_idle);
        fs->nr_idle++;
        old = shrink_locked(fs);
    }
    spin_unlock(&fs->buf_lock);
    if (old)
        buf_free(old);
}

void ext4_bufs_forget(struct ext4_fs *fs)
{
    struct ext4_buf *buf;

    for (;;) {
        spin_lock(&fs->buf_lock);
        buf = list_first_entry_or_null(&fs->buf_idle, struct ext4_buf, idle_link);
        if (buf) {
            list_del(&buf->idle_link);
            hlist_del(&buf->hash_node);
            fs->nr_idle--;
        }
        spin_unlock(&fs->buf_lock);
        if (!buf)
            return;
        buf_free(buf);
    }
}

void ext4_bufs_fini(struct ext4_fs *fs)
{
    if (!fs->buf_hash)
        return;
    ext4_bufs_forget(fs);
    for (u32 i = 0; i < 1U << EXT4_BUF_HASH_BITS; i++)
        WARN_ON(!hlist_empty(&fs->buf_hash[i]));
    kfree(fs->buf_hash);
    fs->buf_hash = NULL;
}
