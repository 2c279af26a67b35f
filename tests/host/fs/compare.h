/* SPDX-License-Identifier: MIT */
/* A mounted image against the tree it was made from: names, stat fields, contents, links,
 * attributes. */
#ifndef TESTS_HOST_FS_COMPARE_H
#define TESTS_HOST_FS_COMPARE_H

#include "fsimage.h"
#include "image.h"
#include <errno.h>
#include "ktap.h"
#include <sys/xattr.h>

/* What a file system cannot keep and the comparison leaves out. */
#define COMPARE_NO_OWNER  0x1
#define COMPARE_NO_TIMES  0x2
#define COMPARE_NO_LINKS  0x4
#define COMPARE_NO_XATTRS 0x8
#define COMPARE_NO_MODE   0x10
#define COMPARE_SECONDS   0x20 /* the image was made with whole seconds */
#define COMPARE_FAT_TIMES \
    0x40 /* steps of two seconds; what directories have is the tool's choice */

struct comparison {
    struct fsimage *fs;
    unsigned int flags;
    unsigned long objects;
};

static void compare_times(struct comparison *c, const char *path, const struct stat *st,
                          const struct fsimage_stat *fst)
{
    int64_t want = st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec, got = fst->mtime;

    if (c->flags & COMPARE_NO_TIMES || (c->flags & COMPARE_FAT_TIMES && S_ISDIR(st->st_mode)))
        return;
    if (c->flags & COMPARE_FAT_TIMES)
        want = st->st_mtim.tv_sec / 2 * 2000000000LL;
    if (c->flags & COMPARE_SECONDS)
        want = st->st_mtim.tv_sec * 1000000000LL;
    if (want != got)
        KTAP_FAIL("%s: mtime %lld, expected %lld", path, (long long)got, (long long)want);
}

static void compare_stat(struct comparison *c, const char *path, const struct stat *st)
{
    struct fsimage_stat fst;
    int err = fsimage_stat(c->fs, path, &fst);

    if (err) {
        KTAP_FAIL("%s: stat gives %d", path, err);
        return;
    }
    if (c->flags & COMPARE_NO_MODE ? (st->st_mode ^ fst.mode) & S_IFMT : st->st_mode != fst.mode)
        KTAP_FAIL("%s: mode %o, expected %o", path, fst.mode, st->st_mode);
    if (!S_ISDIR(st->st_mode) && fst.size != (uint64_t)st->st_size)
        KTAP_FAIL("%s: size %llu, expected %llu", path, (unsigned long long)fst.size,
                  (unsigned long long)st->st_size);
    if (!(c->flags & COMPARE_NO_OWNER) && (fst.uid != st->st_uid || fst.gid != st->st_gid))
        KTAP_FAIL("%s: owner %u:%u, expected %u:%u", path, fst.uid, fst.gid, st->st_uid,
                  st->st_gid);
    if (!(c->flags & COMPARE_NO_LINKS) && !S_ISDIR(st->st_mode) && fst.nlink != st->st_nlink)
        KTAP_FAIL("%s: %llu links, expected %llu", path, (unsigned long long)fst.nlink,
                  (unsigned long long)st->st_nlink);
    if ((S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) &&
        (fst.rdev_major != major(st->st_rdev) || fst.rdev_minor != minor(st->st_rdev)))
        KTAP_FAIL("%s: device %u:%u", path, fst.rdev_major, fst.rdev_minor);
    compare_times(c, path, st, &fst);
}

static void compare_contents(struct comparison *c, const char *path, const char *source)
{
    static unsigned char want[300001], got[300001];
    int fd = open(source, O_RDONLY);
    off_t at = 0;
    ssize_t n, m;

    if (fd < 0) {
        KTAP_FAIL("%s: %s", source, strerror(errno));
        return;
    }
    do {
        /* Odd sizes, so that reads begin and end anywhere in pages. */
        size_t chunk = 1 + rng(sizeof(want) - 1);

        n = pread(fd, want, chunk, at);
        m = fsimage_read(c->fs, path, at, got, chunk);
        if (n != m || memcmp(want, got, n > 0 ? n : 0)) {
            KTAP_FAIL("%s: contents differ from offset %lld on (%zd, %zd)", path, (long long)at, n,
                      m);
            break;
        }
        at += n;
    } while (n > 0);
    close(fd);
}

static void compare_link(struct comparison *c, const char *path, const char *source)
{
    char want[4096], got[4096];
    ssize_t n = readlink(source, want, sizeof(want));
    ssize_t m = fsimage_readlink(c->fs, path, got, sizeof(got));

    if (n != m || memcmp(want, got, n))
        KTAP_FAIL("%s: link %.*s, expected %.*s", path, (int)(m < 0 ? 0 : m), got, (int)n, want);
}

static void compare_xattrs(struct comparison *c, const char *path, const char *source)
{
    static char list[65536], want[65536], got[65536];
    ssize_t len = llistxattr(source, list, sizeof(list)), mine;
    size_t total = 0;

    if (len < 0 || (c->flags & COMPARE_NO_XATTRS))
        return;
    for (ssize_t at = 0; at < len; at += strlen(list + at) + 1) {
        ssize_t n = lgetxattr(source, list + at, want, sizeof(want));
        ssize_t m = fsimage_getxattr(c->fs, path, list + at, got, sizeof(got));

        total += strlen(list + at) + 1;
        if (n != m || memcmp(want, got, n))
            KTAP_FAIL("%s: attribute %s differs (%zd, %zd)", path, list + at, n, m);
    }
    mine = fsimage_listxattr(c->fs, path, NULL, 0);
    if (mine != (ssize_t)total)
        KTAP_FAIL("%s: attribute list of %zd bytes, expected %zu", path, mine, total);
}

static void compare_tree(struct comparison *c, const char *path, const char *source);

struct name_list {
    char (*names)[256];
    unsigned int nr, room;
};

static bool name_collect(void *arg, const char *name, uint64_t ino, unsigned int type)
{
    struct name_list *list = arg;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (list->nr == list->room) {
        list->room = list->room * 2 + 64;
        list->names = realloc(list->names, list->room * sizeof(*list->names));
    }
    snprintf(list->names[list->nr++], sizeof(*list->names), "%s", name);
    return true;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void names_sort(struct name_list *list)
{
    if (list->nr)
        qsort(list->names, list->nr, sizeof(*list->names), name_order);
}

/* The names in the image, sorted; with small batches, so that positions are put to use. */
static void names_of_image(struct comparison *c, const char *path, struct name_list *list)
{
    unsigned int batches[] = {0, 1, 7, 100};
    int err = fsimage_readdir(c->fs, path, batches[rng(4)], name_collect, list);

    if (err)
        KTAP_FAIL("%s: readdir gives %d", path, err);
    names_sort(list);
}

static void names_of_source(const char *source, struct name_list *list)
{
    DIR *dir = opendir(source);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        name_collect(list, entry->d_name, 0, 0);
    if (dir)
        closedir(dir);
    names_sort(list);
}

static void compare_dir(struct comparison *c, const char *path, const char *source)
{
    struct name_list want = {0}, got = {0};
    char child[4096], child_source[4096];
    unsigned int i = 0, j = 0;

    names_of_source(source, &want);
    names_of_image(c, path, &got);
    while (i < want.nr || j < got.nr) {
        int order = i == want.nr ? 1 : j == got.nr ? -1 : strcmp(want.names[i], got.names[j]);

        if (order > 0) {
            if (strcmp(got.names[j], "lost+found"))
                KTAP_FAIL("%s: has %s, which is not in the source", path, got.names[j]);
            j++;
            continue;
        }
        if (order < 0)
            KTAP_FAIL("%s: readdir misses %s", path, want.names[i]);
        else
            j++;
        snprintf(child, sizeof(child), "%s/%s", path, want.names[i]);
        snprintf(child_source, sizeof(child_source), "%s/%s", source, want.names[i]);
        compare_tree(c, child, child_source);
        i++;
    }
    free(want.names);
    free(got.names);
}

static void compare_tree(struct comparison *c, const char *path, const char *source)
{
    struct stat st;

    if (lstat(source, &st)) {
        KTAP_FAIL("%s: %s", source, strerror(errno));
        return;
    }
    c->objects++;
    if (path[0]) {
        compare_stat(c, path, &st);
        compare_xattrs(c, path, source);
    }
    if (S_ISREG(st.st_mode))
        compare_contents(c, path, source);
    else if (S_ISLNK(st.st_mode))
        compare_link(c, path, source);
    else if (S_ISDIR(st.st_mode))
        compare_dir(c, path, source);
}
#endif
