// SPDX-License-Identifier: MIT
/*
 * Mount options. Names are UTF-8 and short names code page 437, so that other character sets are
 * refused; words that tune writing are recognised and have nothing to do while nothing is written.
 */
#include "fat.h"
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/string.h>
#include <kernel/vfs/seq_file.h>

/* What changes nothing here. */
static const char *const accepted_words[] = {
    "ro",
    "quiet",
    "debug",
    "sys_immutable",
    "flush",
    "discard",
    "nodiscard",
    "utf8",
    "utf8=1",
    "utf8=yes",
    "utf8=true",
    "iocharset=utf8",
    "codepage=437",
    "tz=UTC",
    "nonumtail",
    "nonumtail=1",
    "nonumtail=0",
    "uni_xlate",
    "uni_xlate=0",
    "uni_xlate=1",
    "check=n",
    "check=r",
    "check=s",
    "check=normal",
    "check=relaxed",
    "check=strict",
    "errors=continue",
    "errors=remount-ro",
    "nfs",
    "nodots",
    "dotsOK=no",
    "usefree",
    "nocase",
};

static const char *const shortname_names[] = {"lower", "win95", "winnt", "mixed"};

static int number_set(const char *text, unsigned int base, u32 max, u32 *value)
{
    u32 number;

    if (kstrtou32(text, base, &number) || number > max)
        return -EINVAL;
    *value = number;
    return 0;
}

static int masks_set(const char *text, u16 *first, u16 *second)
{
    u32 mask;
    int err = number_set(text, 8, 0777, &mask);

    if (!err)
        *first = *second = mask;
    return err;
}

static int shortname_set(const char *text, struct fat_options *options)
{
    int i = match_string(shortname_names, ARRAY_SIZE(shortname_names), text);

    if (i >= 0)
        options->shortname = i;
    return min(i, 0);
}

static int time_offset_set(const char *text, struct fat_options *options)
{
    s32 minutes;

    if (kstrtos32(text, 10, &minutes) || minutes < -24 * 60 || minutes > 24 * 60)
        return -EINVAL;
    options->time_offset_min = minutes;
    return 0;
}

static int option_set(const char *word, struct fat_options *options)
{
    size_t n;

    if ((n = str_has_prefix(word, "uid=")))
        return number_set(word + n, 10, ~0U - 1, &options->uid);
    if ((n = str_has_prefix(word, "gid=")))
        return number_set(word + n, 10, ~0U - 1, &options->gid);
    if ((n = str_has_prefix(word, "umask=")))
        return masks_set(word + n, &options->fmask, &options->dmask);
    if ((n = str_has_prefix(word, "fmask=")))
        return masks_set(word + n, &options->fmask, &options->fmask);
    if ((n = str_has_prefix(word, "dmask=")))
        return masks_set(word + n, &options->dmask, &options->dmask);
    if ((n = str_has_prefix(word, "shortname=")))
        return shortname_set(word + n, options);
    if ((n = str_has_prefix(word, "time_offset=")))
        return time_offset_set(word + n, options);
    if (str_has_prefix(word, "allow_utime="))
        return 0;
    if (strcmp(word, "showexec") == 0)
        options->showexec = true;
    else if (strcmp(word, "rodir") == 0)
        options->rodir = true;
    else
        return -EINVAL;
    return 0;
}

int fat_options_parse(struct fat_fs *fs, char *text, struct fat_options *options)
{
    char *word;

    while ((word = strsep(&text, ","))) {
        if (!*word || match_string(accepted_words, ARRAY_SIZE(accepted_words), word) >= 0)
            continue;
        if (strcmp(word, "rw") == 0) {
            fat_message(fs->sb, LOG_LEVEL_ERR,
                        "cannot mount read-write: writing is not supported yet");
            return -EROFS;
        }
        if (option_set(word, options)) {
            fat_message(fs->sb, LOG_LEVEL_ERR, "unknown mount option or bad value: \"%.64s\"",
                        word);
            return -EINVAL;
        }
    }
    return 0;
}

void fat_show_options(struct seq_file *m, struct dentry *root)
{
    const struct fat_fs *fs = fat_fs(root->sb);
    const struct fat_options *o = &fs->options;

    if (o->uid)
        seq_printf(m, ",uid=%u", o->uid);
    if (o->gid)
        seq_printf(m, ",gid=%u", o->gid);
    seq_printf(m, ",fmask=%04o,dmask=%04o,codepage=437", o->fmask, o->dmask);
    if (fs->is_vfat)
        seq_printf(m, ",iocharset=utf8,shortname=%s,utf8", shortname_names[o->shortname]);
    if (o->time_offset_min)
        seq_printf(m, ",time_offset=%d", o->time_offset_min);
    if (o->showexec)
        seq_puts(m, ",showexec");
    if (o->rodir)
        seq_puts(m, ",rodir");
    seq_puts(m, ",errors=remount-ro");
}
