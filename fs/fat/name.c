// SPDX-License-Identifier: MIT
/*
 * Names. Long ones are UTF-16 on the disk; short ones (8.3) are bytes of code page 437, in
 * capitals, with two bits that say whether base or extension is meant in small letters. Everything
 * above this file is UTF-8.
 */
#include "fat.h"
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>
#include <kernel/lib/utf.h>

/* Bytes 0x80 to 0xff of code page 437. */
static const u16 cp437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

u8 fat_short_checksum(const u8 name[11])
{
    u8 sum = 0;

    for (int i = 0; i < 11; i++)
        sum = (u8)((sum & 1) << 7) + (sum >> 1) + name[i];
    return sum;
}

/* Appends bytes of the short name; what no name may contain becomes '_'. */
static u32 short_part(const u8 *from, u32 len, bool lower, char *to)
{
    u32 used = 0;

    while (len > 0 && from[len - 1] == ' ')
        len--;
    for (u32 i = 0; i < len; i++) {
        u32 cp = from[i] < 0x80 ? from[i] : cp437[from[i] - 0x80];

        if (cp < ' ' || cp == '/')
            cp = '_';
        if (lower && cp < 0x80)
            cp = tolower(cp);
        used += utf8_encode(cp, to + used);
    }
    return used;
}

static bool shows_lower(const struct fat_fs *fs, const struct fat_dirent *de, u8 flag)
{
    if (!fs->is_vfat || fs->options.shortname == FAT_SHORT_LOWER)
        return true;
    return fs->options.shortname != FAT_SHORT_WIN95 && (de->lcase & flag);
}

u32 fat_short_text(const struct fat_fs *fs, const struct fat_dirent *de, char *text)
{
    u8 name[11];
    u32 len, ext;

    memcpy(name, de->name, sizeof(name));
    if (name[0] == FAT_KANJI_E5)
        name[0] = FAT_DELETED;
    len = short_part(name, 8, shows_lower(fs, de, FAT_LCASE_BASE), text);
    text[len] = '.';
    ext = short_part(name + 8, 3, shows_lower(fs, de, FAT_LCASE_EXT), text + len + 1);
    return ext ? len + 1 + ext : len;
}

u32 fat_name_tail(const char *name, u32 len)
{
    while (len > 0 && name[len - 1] == '.')
        len--;
    return len;
}

/* One character without its case; a byte that is no UTF-8 stands for itself. */
static u32 next_folded(const char **name, u32 *len)
{
    u32 cp;
    int used = utf8_decode(*name, *len, &cp);

    if (used <= 0) {
        cp = 0x110000 + (u8) * *name;
        used = 1;
    }
    *name += used;
    *len -= used;
    return utf_upcase(cp);
}

bool fat_names_equal(const char *a, u32 a_len, const char *b, u32 b_len)
{
    a_len = fat_name_tail(a, a_len);
    b_len = fat_name_tail(b, b_len);
    while (a_len > 0 && b_len > 0)
        if (next_folded(&a, &a_len) != next_folded(&b, &b_len))
            return false;
    return a_len == 0 && b_len == 0;
}

/* Names that are equal without regard to case have one hash. */
static int dentry_hash(const struct dentry *parent, struct qstr *name)
{
    const char *at = name->name;
    u32 left = fat_name_tail(name->name, name->len), hash = 0x811c9dc5;

    while (left > 0)
        hash = (hash ^ next_folded(&at, &left)) * 0x01000193;
    name->hash = hash;
    return 0;
}

static int dentry_compare(const struct dentry *dentry, unsigned int len, const char *str,
                          const struct qstr *name)
{
    return !fat_names_equal(str, len, name->name, name->len);
}

const struct dentry_operations fat_dentry_ops = {
    .hash = dentry_hash,
    .compare = dentry_compare,
};
