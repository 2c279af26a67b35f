/* SPDX-License-Identifier: MIT */
/* Moving data between files inside the kernel. Files have been checked for mode and kind. */
#ifndef VFS_SPLICE_H
#define VFS_SPLICE_H

#include "internal.h"

/* Bytes, or -errno when none was moved. */
ssize_t file_copy(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t count);
ssize_t splice_file_to_pipe(struct file *in, loff_t *pos, struct file *out, size_t len,
                            unsigned int flags);
ssize_t splice_pipe_to_file(struct file *in, struct file *out, loff_t *pos, size_t len,
                            unsigned int flags);
/* copy: tee(2), which leaves the data in the first pipe, too. */
ssize_t splice_pipe_to_pipe(struct file *in, struct file *out, size_t len, unsigned int flags,
                            bool copy);
ssize_t splice_user_to_pipe(struct iov_iter *from, struct file *file, unsigned int flags);
#endif
