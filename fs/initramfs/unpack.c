// SPDX-License-Identifier: MIT
/*
 * The initrd becomes the contents of the root tmpfs: every entry of its archives is made through
 * the VFS, then the memory in which it lay is given back. Later entries replace earlier ones of the
 * same name (directories are merged), so that an archive appended to another can override it.
 *
 * What cannot be made is reported and ends the unpacking; start-up goes on with what there is, and
 * stops with a message of its own if that is no /init.
 */
#define LOG_PREFIX "initramfs: "
#include "cpio.h"
#include <abi/linux/fcntl.h>
#include <abi/linux/stat.h>
#include <kernel/arch/paging.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/list.h>
#include <kernel/lib/string.h>
#include <kernel/mm/init.h>
#include <kernel/mm/slab.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/namei.h>

/* The first name of a file that has several. */
struct first_name {
    struct list_head link;
    u64 id;
    char path[];
};

struct unpack {
    struct cpio_reader reader;
    struct list_head first_names;
    unsigned int nr_entries;
    char path[CPIO_NAME_MAX + 1];   /* of the entry at hand */
    char target[CPIO_NAME_MAX + 1]; /* of a symbolic link */
};

static const char *__init first_name_find(struct unpack *u, u64 id)
{
    struct first_name *first;

    list_for_each_entry (first, &u->first_names, link)
        if (first->id == id)
            return first->path;
    return NULL;
}

static int __init first_name_add(struct unpack *u, u64 id)
{
    size_t size = strlen(u->path) + 1;
    struct first_name *first = kmalloc(sizeof(*first) + size, GFP_KERNEL);

    if (!first)
        return -ENOMEM;
    first->id = id;
    memcpy(first->path, u->path, size);
    list_add(&first->link, &u->first_names);
    return 0;
}

static void __init first_names_free(struct unpack *u)
{
    struct first_name *first, *tmp;

    list_for_each_entry_safe (first, tmp, &u->first_names, link)
        kfree(first);
}

static int __init write_all(struct file *file, const u8 *data, size_t size)
{
    loff_t pos = 0;

    while ((size_t)pos < size) {
        ssize_t written = file_write_kernel(file, data + pos, size - pos, &pos);

        if (written <= 0)
            return written ? written : -EIO;
    }
    return 0;
}

static int __init write_file(const char *path, const struct cpio_entry *entry)
{
    struct file *file = file_open_name(path, O_WRONLY | O_CREAT | O_TRUNC, entry->mode & 07777);
    int error;

    if (IS_ERR(file))
        return PTR_ERR(file);
    error = write_all(file, entry->data, entry->size);
    file_put(file);
    return error;
}

/*
 * A regular file. Of several names of one file each may carry the data (usually the last does): a
 * further name is a link, and data that comes with it is written to the file both names mean.
 */
static int __init make_file(struct unpack *u, const struct cpio_entry *entry)
{
    const char *first = entry->nr_links > 1 ? first_name_find(u, entry->id) : NULL;
    int error = 0;

    kern_unlink(u->path);
    if (first) {
        error = kern_link(first, u->path);
        if (error || !entry->size)
            return error;
    } else if (entry->nr_links > 1) {
        error = first_name_add(u, entry->id);
        if (error)
            return error;
    }
    return write_file(u->path, entry);
}

static int __init make_symlink(struct unpack *u, const struct cpio_entry *entry)
{
    if (!entry->size || entry->size > CPIO_NAME_MAX)
        return -EINVAL;
    memcpy(u->target, entry->data, entry->size);
    u->target[entry->size] = '\0';
    kern_unlink(u->path);
    return kern_symlink(u->target, u->path);
}

static int __init make_directory(struct unpack *u)
{
    int error = kern_mkdir(u->path, 0755);

    /* The root is there before us, and so is what an earlier archive made. */
    return error == -EEXIST ? 0 : error;
}

static int __init make_node(struct unpack *u, const struct cpio_entry *entry)
{
    if (entry->rdev_major > 0xfff || entry->rdev_minor > MINORMASK)
        return -EINVAL;
    kern_unlink(u->path);
    return kern_mknod(u->path, entry->mode, MKDEV(entry->rdev_major, entry->rdev_minor));
}

static int __init make_object(struct unpack *u, const struct cpio_entry *entry)
{
    switch (entry->mode & S_IFMT) {
    case S_IFDIR: return make_directory(u);
    case S_IFREG: return make_file(u, entry);
    case S_IFLNK: return make_symlink(u, entry);
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK: return make_node(u, entry);
    default: return -EINVAL;
    }
}

/* Owner first: changing it takes the set-user-ID bits away. A link has no permissions of its own.
 */
static int __init set_attributes(const char *path, const struct cpio_entry *entry)
{
    struct timespec64 mtime = {.tv_sec = entry->mtime};
    int error = 0;

    if (S_ISLNK(entry->mode))
        return 0;
    if (entry->uid || entry->gid)
        error = kern_chown(path, entry->uid, entry->gid);
    if (!error)
        error = kern_chmod(path, entry->mode & 07777);
    if (!error && !S_ISDIR(entry->mode))
        error = kern_utimes(path, &mtime);
    return error;
}

static void __init set_path(struct unpack *u, const struct cpio_entry *entry)
{
    size_t len;

    u->path[0] = '/';
    strscpy(u->path + 1, entry->name, sizeof(u->path) - 1);
    len = strlen(u->path);
    while (len > 1 && u->path[len - 1] == '/')
        u->path[--len] = '\0';
}

static int __init unpack_all(struct unpack *u)
{
    struct cpio_entry entry;
    int found, error;

    while ((found = cpio_next(&u->reader, &entry)) > 0) {
        set_path(u, &entry);
        error = make_object(u, &entry);
        if (!error)
            error = set_attributes(u->path, &entry);
        if (error) {
            pr_err("%s: error %d\n", u->path, error);
            return error;
        }
        u->nr_entries++;
    }
    if (found < 0)
        pr_err("%s, at byte %zu of %zu\n", u->reader.trouble, u->reader.offset, u->reader.size);
    return found;
}

/* A directory's time is set when nothing is made in it any more. */
static void __init set_directory_times(struct unpack *u)
{
    struct cpio_entry entry;

    u->reader = cpio_reader_init(u->reader.data, u->reader.size);
    while (cpio_next(&u->reader, &entry) > 0) {
        struct timespec64 mtime = {.tv_sec = entry.mtime};

        if (!S_ISDIR(entry.mode))
            continue;
        set_path(u, &entry);
        kern_utimes(u->path, &mtime);
    }
}

static int __init unpack_buffer(const void *data, size_t size)
{
    struct unpack *u = kmalloc(sizeof(*u), GFP_KERNEL);
    u64 start_ns = ktime_ns();
    int error;

    if (!u)
        return -ENOMEM;
    u->reader = cpio_reader_init(data, size);
    u->nr_entries = 0;
    INIT_LIST_HEAD(&u->first_names);
    error = unpack_all(u);
    if (!error)
        set_directory_times(u);
    pr_info("%u entries from %zu KiB in %llu us\n", u->nr_entries, size >> 10,
            (ktime_ns() - start_ns) / 1000);
    first_names_free(u);
    kfree(u);
    return error;
}

static int __init initramfs_init(void)
{
    const struct boot_info *bi = boot_info_get();
    int error;

    if (!bi->initrd || !bi->initrd_size) {
        pr_info("the starter gave none\n");
        return 0;
    }
    error = unpack_buffer(phys_to_virt(bi->initrd), bi->initrd_size);
    mm_free_range(bi->initrd, bi->initrd_size);
    return error;
}
initcall(INIT_DEVICE, initramfs_init);
