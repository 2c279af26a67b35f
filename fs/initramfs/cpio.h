/* SPDX-License-Identifier: MIT */
/*
 * Reading cpio archives in the newc format from memory. Pure: no allocation, nothing outside the
 * buffer is touched, every length is checked before it is used. The archive comes from a boot
 * loader: it may be cut off or be something else altogether.
 */
#ifndef FS_INITRAMFS_CPIO_H
#define FS_INITRAMFS_CPIO_H

#include <kernel/types.h>

#define CPIO_NAME_MAX 4096 /* with the NUL, as PATH_MAX */

struct cpio_reader {
    const u8 *data;
    size_t size;
    size_t offset;       /* of the next header or padding */
    bool in_archive;     /* an entry came, and its archive's trailer not yet */
    const char *trouble; /* what is wrong, after an error */
};

struct cpio_entry {
    const char
        *name; /* in the buffer, NUL-terminated; no leading slashes; "" for the root itself */
    u32 mode;  /* file type and permissions, as stat(2) */
    u32 uid, gid;
    u32 nr_links;
    u32 mtime;
    u64 id; /* device and inode number: names with the same one are hard links */
    u32 rdev_major, rdev_minor;
    const u8 *data;
    u32 size;
};

static inline struct cpio_reader cpio_reader_init(const void *data, size_t size)
{
    return (struct cpio_reader){.data = data, .size = size};
}

/**
 * cpio_next() - reads the next entry; goes on into the next archive behind a trailer and zero
 * padding. Returns 1 and fills @entry; 0 at the end; -EINVAL (damaged, cut off), -EOPNOTSUPP
 * (compressed), with
 * @reader->trouble and @reader->offset saying what and where.
 */
int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

/** cpio_name_is_safe() - whether no component of @name is "..". */
bool cpio_name_is_safe(const char *name);

#endif
