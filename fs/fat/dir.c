// SPDX-License-Identifier: MIT
/*
 * Directories: arrays of 32-byte entries. A file has one short entry; its long name stands in front
 * of it in slots of 13 characters, the last piece first, tied to it by a checksum of the short
 * name. Slots that are not complete, not in order or belong to another name are left behind by
 * programs that know nothing of them; they are passed over and the short name counts.
 *
 * Positions for readdir: 0 and 1 are "." and "..", then 2 + the offset of a name's first slot.
 */
#include "fat.h"
#include <kernel/lib/string.h>
#include <kernel/lib/utf.h>

#define FIRST_POSITION 2

/* A long name being put together. */
struct long_name {
    u16 units[FAT_SLOTS_MAX * FAT_SLOT_CHARS];
    u32 offset; /* of the first slot */
    u8 slots;   /* 0: none under way */
    u8 missing; /* slots still to come */
    u8 checksum;
};

/* A sector of the directory, held. */
struct window {
    struct bdev_buf buf;
    u64 sector;
    bool held;
};

static void window_close(struct window *w)
{
    if (w->held)
        bdev_release(&w->buf);
    w->held = false;
}

/* The entry at offset, which lies inside the directory. */
static int entry_read(struct inode *dir, struct window *w, u32 offset, const struct fat_dirent **de,
                      u64 *place)
{
    struct fat_fs *fs = fat_fs(dir->sb);
    u64 sector;
    u32 left;
    int err = fat_dir_place(dir, offset, place, &left);

    if (err)
        return err;
    sector = *place >> fs->sector_bits;
    if (!w->held || w->sector != sector) {
        window_close(w);
        err = bdev_read(fs->bdev, sector << fs->sector_bits, fs->sector_size, &w->buf);
        if (err)
            return err;
        w->held = true;
        w->sector = sector;
    }
    *de = (const void *)((const u8 *)w->buf.data + (*place & (fs->sector_size - 1)));
    return 0;
}

static void slot_units(const struct fat_slot *slot, u16 *units)
{
    for (int i = 0; i < 5; i++)
        units[i] = le16_to_cpu(slot->name0[i]);
    for (int i = 0; i < 6; i++)
        units[5 + i] = le16_to_cpu(slot->name5[i]);
    for (int i = 0; i < 2; i++)
        units[11 + i] = le16_to_cpu(slot->name11[i]);
}

/* Takes a slot in, or gives the name up when it does not continue it. */
static void slot_take(struct long_name *lname, const struct fat_slot *slot, u32 offset)
{
    u8 order = slot->order & ~FAT_SLOT_LAST;

    if (slot->order & FAT_SLOT_LAST) {
        lname->slots = order <= FAT_SLOTS_MAX ? order : 0;
        lname->missing = lname->slots;
        lname->checksum = slot->checksum;
        lname->offset = offset;
    }
    if (!lname->slots)
        return;
    if (order == 0 || order != lname->missing || slot->checksum != lname->checksum) {
        lname->slots = 0;
        return;
    }
    slot_units(slot, lname->units + (order - 1) * FAT_SLOT_CHARS);
    lname->missing--;
}

/* The text of a complete long name; 0: there is none that can be used. */
static u32 long_text(const struct long_name *lname, const struct fat_dirent *de, char *text)
{
    u32 len = 0;
    ssize_t bytes;

    if (!lname->slots || lname->missing || lname->checksum != fat_short_checksum(de->name))
        return 0;
    while (len < lname->slots * FAT_SLOT_CHARS && lname->units[len])
        len++;
    if (len == 0 || len > FAT_LONG_MAX)
        return 0;
    bytes = utf16_to_utf8(lname->units, len, text, FAT_NAME_BYTES - 1);
    if (bytes <= 0 || memchr(text, '/', bytes) || fat_name_tail(text, bytes) == 0)
        return 0;
    return bytes;
}

static bool is_dots(const struct fat_dirent *de)
{
    return memcmp(de->name, ".          ", 11) == 0 || memcmp(de->name, "..         ", 11) == 0;
}

/* Whether the entry is one that has a name here. */
static bool is_file(const struct fat_dirent *de)
{
    return !(de->attr & FAT_ATTR_VOLUME) && !is_dots(de) && de->name[0] != ' ';
}

static void name_fill(struct fat_fs *fs, const struct long_name *lname, const struct fat_dirent *de,
                      u32 offset, struct fat_name *name)
{
    name->de = *de;
    name->next = offset + FAT_DIRENT_SIZE;
    name->short_len = fat_short_text(fs, de, name->short_text);
    name->len = fs->is_vfat ? long_text(lname, de, name->text) : 0;
    name->offset = name->len ? lname->offset : offset;
    if (!name->len) {
        name->len = name->short_len;
        memcpy(name->text, name->short_text, name->len);
    }
}

int fat_dir_next(struct inode *dir, u32 offset, struct fat_name *name)
{
    struct long_name lname = {.slots = 0};
    struct window w = {.held = false};
    int err = 0;

    for (offset = ALIGN(offset, FAT_DIRENT_SIZE); offset < dir->size; offset += FAT_DIRENT_SIZE) {
        const struct fat_dirent *de;

        err = entry_read(dir, &w, offset, &de, &name->place);
        if (err || de->name[0] == 0)
            break;
        if (de->name[0] == FAT_DELETED) {
            lname.slots = 0;
        } else if ((de->attr & FAT_ATTR_MASK) == FAT_ATTR_LONG) {
            slot_take(&lname, (const struct fat_slot *)de, offset);
        } else if (is_file(de)) {
            name_fill(fat_fs(dir->sb), &lname, de, offset, name);
            err = 1;
            break;
        } else {
            lname.slots = 0;
        }
    }
    window_close(&w);
    return err;
}

int fat_dir_count_subdirs(struct inode *dir, u32 *nr)
{
    struct fat_name name;
    u32 offset = 0;
    int found;

    for (*nr = 0; (found = fat_dir_next(dir, offset, &name)) > 0; offset = name.next)
        *nr += !!(name.de.attr & FAT_ATTR_DIR);
    return found;
}

static int fat_iterate(struct file *file, struct dir_context *ctx)
{
    struct inode *dir = file_inode(file);
    struct fat_name name;
    int found;

    if (ctx->pos < FIRST_POSITION && !dir_emit_dots(file, ctx))
        return 0;
    if (ctx->pos - FIRST_POSITION >= dir->size)
        return 0;
    while ((found = fat_dir_next(dir, ctx->pos - FIRST_POSITION, &name)) > 0) {
        bool is_dir = name.de.attr & FAT_ATTR_DIR;

        ctx->pos = FIRST_POSITION + name.offset;
        if (!dir_emit(ctx, name.text, name.len, name.place / FAT_DIRENT_SIZE,
                      is_dir ? DT_DIR : DT_REG))
            return 0;
        ctx->pos = FIRST_POSITION + name.next;
    }
    return found;
}

const struct file_operations fat_dir_fops = {
    .llseek = generic_file_llseek,
    .read = generic_read_dir,
    .iterate = fat_iterate,
};
