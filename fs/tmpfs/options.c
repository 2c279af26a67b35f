// SPDX-License-Identifier: MIT
/* The mount options of tmpfs(5). Pure: also compiled for the host. */
#include "tmpfs.h"

#include <kernel/lib/kstrtox.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>

/* "10m", "1g", or "50%" of memory: in pages, rounded up. */
static int parse_size(const char *value, u64 *pages)
{
    char *end;
    u64 size = memparse(value, &end);

    if (end == value)
        return -EINVAL;
    if (*end == '%') {
        if (size > 10000)
            return -EINVAL;
        size = (size << PAGE_SHIFT) * (nr_total_pages() / 100) +
               ((size * (nr_total_pages() % 100) / 100) << PAGE_SHIFT);
        end++;
    }
    if (*end || size > MAX_LFS_FILESIZE)
        return -EINVAL;
    *pages = DIV_ROUND_UP(size, PAGE_SIZE);
    return 0;
}

static int parse_count(const char *value, u64 *count)
{
    char *end;

    *count = memparse(value, &end);
    return end == value || *end ? -EINVAL : 0;
}

static int parse_mode(const char *value, umode_t *mode)
{
    unsigned int bits;

    if (kstrtouint(value, 8, &bits))
        return -EINVAL;
    *mode = bits & 07777;
    return 0;
}

static int parse_option(struct tmpfs *fs, const char *name, const char *value)
{
    if (!strcmp(name, "inode64") || !strcmp(name, "inode32") || !strcmp(name, "noswap"))
        return value ? -EINVAL : 0;
    if (!value)
        return -EINVAL;
    if (!strcmp(name, "size"))
        return parse_size(value, &fs->max_pages);
    if (!strcmp(name, "nr_blocks"))
        return parse_count(value, &fs->max_pages);
    if (!strcmp(name, "nr_inodes"))
        return parse_count(value, &fs->max_inodes);
    if (!strcmp(name, "mode"))
        return parse_mode(value, &fs->mode);
    if (!strcmp(name, "uid"))
        return kstrtouint(value, 0, &fs->uid);
    if (!strcmp(name, "gid"))
        return kstrtouint(value, 0, &fs->gid);
    if (!strcmp(name, "huge"))
        return strcmp(value, "never") ? -EINVAL : 0;
    return -EINVAL;
}

int tmpfs_parse_options(struct tmpfs *fs, char *options, bool remount)
{
    struct tmpfs wanted = *fs;
    char *word;

    while ((word = strsep(&options, ","))) {
        char *value = strchr(word, '=');
        int error;

        if (!*word)
            continue;
        if (value)
            *value++ = '\0';
        error = parse_option(&wanted, word, value);
        if (error)
            return -EINVAL;
    }
    if (remount && ((wanted.max_pages && wanted.max_pages < fs->used_pages) ||
                    (wanted.max_inodes && wanted.max_inodes < fs->used_inodes)))
        return -EINVAL;
    spin_lock(&fs->lock);
    fs->max_pages = wanted.max_pages;
    fs->max_inodes = wanted.max_inodes;
    spin_unlock(&fs->lock);
    if (!remount) {
        fs->mode = wanted.mode;
        fs->uid = wanted.uid;
        fs->gid = wanted.gid;
    }
    return 0;
}
