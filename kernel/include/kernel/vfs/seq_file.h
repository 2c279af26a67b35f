/* SPDX-License-Identifier: MIT */
/* Text files made on the fly (/proc, /sys): a buffer that grows, and an iterator over records. */
#ifndef KERNEL_VFS_SEQ_FILE_H
#define KERNEL_VFS_SEQ_FILE_H

#include <kernel/compiler.h>
#include <kernel/sync/mutex.h>
#include <kernel/types.h>
#include <stdarg.h>

struct file;
struct inode;
struct path;
struct seq_file;

struct seq_operations {
    void *(*start)(struct seq_file *m, loff_t *pos); /* NULL: end; ERR_PTR */
    void (*stop)(struct seq_file *m, void *v);
    void *(*next)(struct seq_file *m, void *v, loff_t *pos);
    int (*show)(struct seq_file *m, void *v); /* 0, -errno, SEQ_SKIP */
};
#define SEQ_SKIP        1
#define SEQ_START_TOKEN ((void *)1)

struct seq_file {
    char *buf;
    size_t size, from, count;
    loff_t index, read_pos;
    struct mutex lock;
    const struct seq_operations *ops;
    struct file *file;
    void *private;
};

int seq_open(struct file *file, const struct seq_operations *ops, void *private);
/* One show() call for the whole file. */
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *private);
ssize_t seq_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
struct iov_iter;
struct kiocb;
ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *to); /* for splice, sendfile */
loff_t seq_lseek(struct file *file, loff_t offset, int whence);
int seq_release(struct inode *inode, struct file *file);
int single_release(struct inode *inode, struct file *file);

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args) __printf(2, 0);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
void seq_put_u64(struct seq_file *m, const char *delimiter, u64 v);
/* Escapes characters of esc as \ooo. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
void seq_path(struct seq_file *m, const struct path *path,
              const char *esc); /* from current's root */
void seq_path_root(struct seq_file *m, const struct path *path, const struct path *root,
                   const char *esc);
#endif
