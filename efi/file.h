/* SPDX-License-Identifier: MIT */
#ifndef EFI_FILE_H
#define EFI_FILE_H

#include "uefi.h"

/** struct file_buffer - a file in memory, in whole pages, so that the kernel can have it. */
struct file_buffer {
    uint8_t *data; /* NULL if the file is empty */
    size_t size;
};

/** volume_open() - the root directory of the file system on @handle, or NULL. */
EFI_FILE *volume_open(EFI_HANDLE handle);

/**
 * file_read() - read a whole file of at most @max_size bytes.
 *
 * @path: from the volume's root; '/' and '\' both separate. Returns 0 (release with file_free()),
 * -ENOENT, -EFBIG, -ENOMEM or -EIO with a reason like "cannot be read (device error)", to which the
 * caller adds the name.
 */
int file_read(EFI_FILE *root, const char *path, uint64_t max_size, struct file_buffer *file,
              struct reason *why);

/** file_free() - give back what file_read() allocated. */
void file_free(struct file_buffer *file);

/** directory_open() - open a directory; NULL if there is none. Close with directory_close(). */
EFI_FILE *directory_open(EFI_FILE *root, const char *path);

void directory_close(EFI_FILE *directory);

/**
 * directory_next() - the name of the next file (not directory).
 * Returns 1 with the name, 0 at the end, -EIO. Names that do not fit are passed over.
 */
int directory_next(EFI_FILE *directory, char *name, size_t name_size);

/** file_rename() - give the file @from in @directory the name @to. Returns 0 or -EIO with a reason.
 */
int file_rename(EFI_FILE *directory, const char *from, const char *to, struct reason *why);

#endif
