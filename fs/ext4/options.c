// SPDX-License-Identifier: MIT
/*
 * Mount options. Words that only tune how files are written are recognised, because fstab carries
 * them, and have nothing to act on while the file system is read-only; a word that is not known
 * refuses the mount by name.
 */
#include "ext4.h"
#include <kernel/lib/string.h>
#include <kernel/vfs/seq_file.h>

/* No value, and nothing to do while nothing is written. */
static const char *const tuning_words[] = {
    "acl",
    "user_xattr",
    "barrier",
    "nobarrier",
    "delalloc",
    "nodelalloc",
    "discard",
    "nodiscard",
    "bsddf",
    "grpid",
    "nogrpid",
    "bsdgroups",
    "sysvgroups",
    "init_itable",
    "noinit_itable",
    "journal_checksum",
    "nojournal_checksum",
    "journal_async_commit",
    "auto_da_alloc",
    "noauto_da_alloc",
    "block_validity",
    "noblock_validity",
    "dioread_lock",
    "dioread_nolock",
    "nodioread_nolock",
    "i_version",
    "nombcache",
    "prefetch_block_bitmaps",
    "no_prefetch_block_bitmaps",
    "mblk_io_submit",
    "nomblk_io_submit",
    "oldalloc",
    "orlov",
    "ro",
    "nocheck",
    "noquota",
    "quota",
    "usrquota",
    "grpquota",
    "prjquota",
    "lazytime",
    "nolazytime",
};
/* The same with a value. */
static const char *const tuning_values[] = {
    "barrier=",         "commit=",           "stripe=",
    "resuid=",          "resgid=",           "inode_readahead_blks=",
    "init_itable=",     "max_batch_time=",   "min_batch_time=",
    "max_dir_size_kb=", "auto_da_alloc=",    "journal_ioprio=",
    "check=none",       "mb_optimize_scan=",
};

static const char *const errors_names[] = {"continue", "remount-ro", "panic"};
static const char *const data_names[] = {"ordered", "writeback", "journal"};

static bool is_tuning(const char *word)
{
    if (match_string(tuning_words, ARRAY_SIZE(tuning_words), word) >= 0)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(tuning_values); i++)
        if (str_has_prefix(word, tuning_values[i]))
            return true;
    return false;
}

/* False if the word is not one of these. */
static bool option_set(const char *word, struct ext4_options *options)
{
    size_t prefix;
    int value;

    if ((prefix = str_has_prefix(word, "errors="))) {
        value = match_string(errors_names, ARRAY_SIZE(errors_names), word + prefix);
        options->errors = value;
        return value >= 0;
    }
    if ((prefix = str_has_prefix(word, "data="))) {
        value = match_string(data_names, ARRAY_SIZE(data_names), word + prefix);
        options->data = value;
        return value >= 0;
    }
    if (strcmp(word, "noload") == 0 || strcmp(word, "norecovery") == 0)
        options->noload = true;
    else if (strcmp(word, "minixdf") == 0)
        options->minixdf = true;
    else if (strcmp(word, "noacl") == 0)
        options->noacl = true;
    else if (strcmp(word, "nouser_xattr") == 0)
        options->nouser_xattr = true;
    else if (strcmp(word, "rw") == 0)
        options->insist_rw = true;
    else
        return false;
    return true;
}

int ext4_options_parse(struct super_block *sb, char *text, struct ext4_options *options)
{
    char *word;

    while ((word = strsep(&text, ","))) {
        if (!*word || is_tuning(word) || option_set(word, options))
            continue;
        ext4_message(sb, LOG_LEVEL_ERR, "unknown mount option or bad value: \"%.64s\"", word);
        return -EINVAL;
    }
    return 0;
}

void ext4_show_options(struct seq_file *m, struct dentry *root)
{
    const struct ext4_options *options = &ext4_fs(root->sb)->options;

    if (options->errors != EXT4_ERRORS_CONTINUE)
        seq_printf(m, ",errors=%s", errors_names[options->errors]);
    if (options->data != EXT4_DATA_ORDERED)
        seq_printf(m, ",data=%s", data_names[options->data]);
    if (options->noload)
        seq_puts(m, ",norecovery");
    if (options->minixdf)
        seq_puts(m, ",minixdf");
    if (options->noacl)
        seq_puts(m, ",noacl");
    if (options->nouser_xattr)
        seq_puts(m, ",nouser_xattr");
}
