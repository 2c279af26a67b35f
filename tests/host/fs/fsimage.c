// SPDX-License-Identifier: MIT
/* The tests' view of a mounted image: see fsimage.h. */
#include "fsimage.h"
#include "shim.h"
#include "../shim/slab.h"
#include <kernel/base/panic.h>
#include <kernel/vfs/seq_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fsimage {
    struct super_block *sb;
    struct block_device *bdev;
    char options[512];
};

static long kmalloc_before = -1;

struct fsimage *fsimage_mount(const struct fs_type *type, void *image, size_t size,
                              const char *options, unsigned long flags, int *error)
{
    struct fsimage *fs = calloc(1, sizeof(*fs));
    struct fs_context fc = {.type = type, .source = "image", .sb_flags = flags};
    struct dentry *root;

    kmalloc_before = shim_kmalloc_live();
    fs->bdev = shim_bdev_create(image, size);
    shim_bdev_set(fs->bdev);
    fc.options = options ? strdup(options) : NULL;
    root = type->mount(&fc);
    free(fc.options);
    *error = PTR_ERR_OR_ZERO(root);
    if (!*error) {
        fs->sb = shim_super(root);
        return fs;
    }
    shim_bdev_destroy(fs->bdev);
    free(fs);
    ASSERT(shim_pages_live() == 0 && shim_bios_live() == 0);
    ASSERT(shim_kmalloc_live() == kmalloc_before);
    return NULL;
}

void fsimage_umount(struct fsimage *fs)
{
    shim_super_kill(fs->sb);
    shim_bdev_destroy(fs->bdev);
    free(fs);
    ASSERT(shim_pages_live() == 0 && shim_bios_live() == 0);
    ASSERT(shim_kmalloc_live() == kmalloc_before);
}

/* One component. */
static struct dentry *step(struct dentry *dir, const char *name, size_t len)
{
    struct dentry *dentry, *other;

    if (!dir->inode)
        return ERR_PTR(-ENOENT);
    if (!S_ISDIR(dir->inode->mode))
        return ERR_PTR(-ENOTDIR);
    dentry = dentry_alloc(dir, &(struct qstr){.len = len, .name = name});
    other = dir->inode->ops->lookup(dir->inode, dentry, 0);
    if (other) {
        dentry_put(dentry);
        return other;
    }
    return dentry;
}

static struct dentry *path_find(struct fsimage *fs, const char *path)
{
    struct dentry *at = fs->sb->root, *next;

    at->refcount++;
    while (*path) {
        size_t len;

        path += strspn(path, "/");
        len = strcspn(path, "/");
        if (!len)
            break;
        next = step(at, path, len);
        dentry_put(at);
        if (IS_ERR(next))
            return next;
        at = next;
        path += len;
    }
    if (at->inode)
        return at;
    dentry_put(at);
    return ERR_PTR(-ENOENT);
}

static int64_t ns(struct timespec64 t)
{
    return timespec64_to_ns(&t);
}

static int dentry_stat(struct dentry *dentry, struct fsimage_stat *st)
{
    struct path path = {.dentry = dentry};
    struct kstat k;
    int err = 0;

    if (dentry->inode->ops->getattr)
        err = dentry->inode->ops->getattr(&path, &k, 0, 0);
    else
        generic_fill_stat(dentry->inode, &k);
    *st = (struct fsimage_stat){
        .ino = k.ino,
        .size = k.size,
        .blocks = k.blocks,
        .nlink = k.nlink,
        .mode = k.mode,
        .uid = k.uid,
        .gid = k.gid,
        .rdev_major = MAJOR(k.rdev),
        .rdev_minor = MINOR(k.rdev),
        .atime = ns(k.atime),
        .mtime = ns(k.mtime),
        .ctime = ns(k.ctime),
        .btime = k.result_mask & STATX_BTIME ? ns(k.btime) : 0,
    };
    return err;
}

#define WITH_DENTRY(fs, path, dentry, result, expression) \
    do {                                                  \
        struct dentry *dentry = path_find(fs, path);      \
        if (IS_ERR(dentry))                               \
            return PTR_ERR(dentry);                       \
        result = (expression);                            \
        dentry_put(dentry);                               \
    } while (0)

int fsimage_stat(struct fsimage *fs, const char *path, struct fsimage_stat *st)
{
    int err;

    WITH_DENTRY(fs, path, dentry, err, dentry_stat(dentry, st));
    return err;
}

ssize_t fsimage_read(struct fsimage *fs, const char *path, uint64_t offset, void *buf, size_t size)
{
    ssize_t got;

    WITH_DENTRY(fs, path, dentry, got,
                S_ISREG(dentry->inode->mode) ? shim_read(dentry->inode, offset, buf, size, 64)
                                             : -EINVAL);
    return got;
}

static ssize_t dentry_readlink(struct dentry *dentry, char *buf, size_t size)
{
    void (*done)(void *) = NULL;
    void *cookie = NULL;
    const char *text;
    size_t len;

    if (!dentry->inode->ops->get_link)
        return -EINVAL;
    text = dentry->inode->ops->get_link(dentry, dentry->inode, &done, &cookie);
    if (IS_ERR(text))
        return PTR_ERR(text);
    len = min(strlen(text), size);
    memcpy(buf, text, len);
    if (done)
        done(cookie);
    return len;
}

ssize_t fsimage_readlink(struct fsimage *fs, const char *path, char *buf, size_t size)
{
    ssize_t len;

    WITH_DENTRY(fs, path, dentry, len, dentry_readlink(dentry, buf, size));
    return len;
}

ssize_t fsimage_getxattr(struct fsimage *fs, const char *path, const char *name, void *value,
                         size_t size)
{
    ssize_t len;

    WITH_DENTRY(fs, path, dentry, len,
                dentry->inode->ops->getxattr
                    ? dentry->inode->ops->getxattr(dentry->inode, name, value, size)
                    : -EOPNOTSUPP);
    return len;
}

ssize_t fsimage_listxattr(struct fsimage *fs, const char *path, char *list, size_t size)
{
    ssize_t len;

    WITH_DENTRY(fs, path, dentry, len,
                dentry->inode->ops->listxattr ? dentry->inode->ops->listxattr(dentry, list, size)
                                              : 0);
    return len;
}

static int64_t dentry_seek(struct dentry *dentry, int64_t offset, int whence)
{
    struct file file = {.inode = dentry->inode, .path = {.dentry = dentry}};

    return dentry->inode->fops->llseek(&file, offset, whence);
}

int64_t fsimage_seek(struct fsimage *fs, const char *path, int64_t offset, int whence)
{
    int64_t result;

    WITH_DENTRY(fs, path, dentry, result, dentry_seek(dentry, offset, whence));
    return result;
}

int fsimage_statfs(struct fsimage *fs, struct fsimage_statfs *st)
{
    struct kstatfs k = {0};
    int err = fs->sb->ops->statfs(fs->sb->root, &k);

    *st = (struct fsimage_statfs){k.bsize, k.blocks, k.bfree, k.bavail, k.files, k.ffree};
    return err;
}

const char *fsimage_options(struct fsimage *fs)
{
    struct seq_file m = {.buf = fs->options, .size = sizeof(fs->options)};

    fs->options[0] = '\0';
    if (fs->sb->ops->show_options)
        fs->sb->ops->show_options(&m, fs->sb->root);
    return fs->options;
}

bool fsimage_is_read_only(struct fsimage *fs)
{
    return fs->sb->flags & SB_RDONLY;
}

/* --- directories --- */
struct reader {
    struct dir_context ctx;
    fsimage_name_fn fn;
    void *arg;
    unsigned int left;
    unsigned long seen;
    bool full, stopped;
};

static bool reader_emit(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
                        unsigned int type)
{
    struct reader *r = container_of(ctx, struct reader, ctx);
    char text[NAME_MAX * 4 + 1];

    ASSERT(len > 0 && len < (int)sizeof(text));
    if (r->left == 0) {
        r->full = true;
        return false;
    }
    memcpy(text, name, len);
    text[len] = '\0';
    r->left--;
    r->seen++;
    if (!r->fn(r->arg, text, ino, type))
        r->stopped = true;
    return !r->stopped;
}

static int dentry_readdir(struct dentry *dentry, unsigned int batch, fsimage_name_fn fn, void *arg)
{
    struct inode *inode = dentry->inode;
    struct file file = {.inode = inode, .path = {.dentry = dentry}};
    struct reader r = {.ctx.emit = reader_emit, .fn = fn, .arg = arg};
    unsigned long before;
    int err = 0;

    if (!S_ISDIR(inode->mode))
        return -ENOTDIR;
    if (inode->fops->open)
        err = inode->fops->open(inode, &file);
    if (err)
        return err;
    do {
        before = r.seen;
        r.left = batch ? batch : ~0U;
        r.full = false;
        r.ctx.pos = file.pos;
        err = inode->fops->iterate(&file, &r.ctx);
        file.pos = r.ctx.pos;
    } while (!err && r.full && r.seen > before && !r.stopped);
    if (inode->fops->release)
        inode->fops->release(inode, &file);
    return err;
}

int fsimage_readdir(struct fsimage *fs, const char *path, unsigned int batch, fsimage_name_fn fn,
                    void *arg)
{
    int err;

    WITH_DENTRY(fs, path, dentry, err, dentry_readdir(dentry, batch, fn, arg));
    return err;
}

/* --- everything --- */
struct walker {
    unsigned long seen, max, errors;
    struct dentry *dir;
    unsigned int depth;
};

static void walk(struct walker *w, struct dentry *dentry);

static bool walk_name(void *arg, const char *name, uint64_t ino, unsigned int type)
{
    struct walker *w = arg;
    struct dentry *dir = w->dir, *child;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    child = step(dir, name, strlen(name));
    if (IS_ERR(child)) {
        w->errors++;
    } else {
        if (child->inode)
            walk(w, child);
        dentry_put(child);
    }
    w->dir = dir;
    return w->seen < w->max;
}

static void walk_attributes(struct walker *w, struct dentry *dentry)
{
    static char list[65536], value[65536];
    ssize_t len;

    if (!dentry->inode->ops->listxattr)
        return;
    len = dentry->inode->ops->listxattr(dentry, list, sizeof(list));
    w->errors += len < 0;
    for (ssize_t at = 0; at < len; at += strlen(list + at) + 1)
        w->errors +=
            dentry->inode->ops->getxattr(dentry->inode, list + at, value, sizeof(value)) < 0;
}

/* The start, the middle and the end of a file: sizes on a damaged disk may be anything. */
static void walk_contents(struct walker *w, struct inode *inode)
{
    static char buf[65536];
    loff_t places[] = {0, inode->size / 2, inode->size > 8192 ? inode->size - 8192 : 0};

    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        w->errors += shim_read(inode, places[i], buf, sizeof(buf), 16) < 0;
}

static void walk(struct walker *w, struct dentry *dentry)
{
    struct inode *inode = dentry->inode;
    struct fsimage_stat st;
    char link[4096];

    w->seen++;
    w->errors += dentry_stat(dentry, &st) != 0;
    walk_attributes(w, dentry);
    if (S_ISREG(inode->mode)) {
        walk_contents(w, inode);
    } else if (S_ISLNK(inode->mode)) {
        w->errors += dentry_readlink(dentry, link, sizeof(link)) < 0;
    } else if (S_ISDIR(inode->mode) && w->depth < 32) {
        w->depth++;
        w->dir = dentry;
        w->errors += dentry_readdir(dentry, 5, walk_name, w) != 0;
        w->depth--;
    }
}

unsigned long fsimage_walk(struct fsimage *fs, unsigned long max_objects, unsigned long *errors)
{
    struct walker w = {.max = max_objects};
    struct fsimage_statfs st;

    walk(&w, fs->sb->root);
    fsimage_statfs(fs, &st);
    *errors = w.errors;
    return w.seen;
}
