// SPDX-License-Identifier: MIT
/*
 * Text made on the fly: a buffer that holds one or more whole records, and an iterator that makes
 * them.
 *
 * A read fills the buffer with records until it has what the reader wants, and hands out from it. A
 * record that does not fit the buffer is made again in one twice as large. The position in bytes is
 * kept for lseek and pread: going back means making everything again from the start up to there.
 */
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/seq_file.h>

#include "internal.h"

#define SEQ_BUFFER_FIRST 4096
#define SEQ_BUFFER_MAX   (16UL << 20)

int seq_open(struct file *file, const struct seq_operations *ops, void *private)
{
    struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

    if (!m)
        return -ENOMEM;
    mutex_init(&m->lock);
    m->ops = ops;
    m->file = file;
    m->private = private;
    file->private = m;
    /* One buffer is one reader's: writing by pwrite makes no sense here. */
    file->mode &= ~FMODE_PWRITE;
    return 0;
}

int seq_release(struct inode *inode, struct file *file)
{
    struct seq_file *m = file->private;

    kvfree(m->buf);
    kfree(m);
    return 0;
}

static bool seq_overflowed(const struct seq_file *m)
{
    return m->count == m->size;
}

static int seq_grow(struct seq_file *m)
{
    size_t size = m->size ? m->size * 2 : SEQ_BUFFER_FIRST;

    kvfree(m->buf);
    m->count = m->from = m->size = 0;
    m->buf = size <= SEQ_BUFFER_MAX ? kvmalloc(size, GFP_KERNEL) : NULL;
    if (!m->buf)
        return -ENOMEM;
    m->size = size;
    return 0;
}

/* One record behind what the buffer holds. 0, SEQ_SKIP, -EOVERFLOW (does not fit), -errno. */
static int seq_show_one(struct seq_file *m, void *v)
{
    size_t before = m->count;
    int ret = m->ops->show(m, v);

    if (ret || seq_overflowed(m)) {
        bool full = seq_overflowed(m) && ret >= 0;

        m->count = before;
        return full ? -EOVERFLOW : ret;
    }
    return 0;
}

/* The first record from m->index on, in a buffer as large as it needs. */
static int seq_fill_first(struct seq_file *m, void **vp)
{
    int ret;

    m->from = m->count = 0;
    *vp = m->ops->start(m, &m->index);
    while (*vp && !IS_ERR(*vp)) {
        ret = m->size ? seq_show_one(m, *vp) : -EOVERFLOW;
        if (ret == -EOVERFLOW) {
            m->ops->stop(m, *vp);
            ret = seq_grow(m);
            if (ret) {
                *vp = NULL;
                return ret;
            }
            *vp = m->ops->start(m, &m->index);
            continue;
        }
        if (ret < 0)
            return ret;
        if (m->count)
            return 0;
        *vp = m->ops->next(m, *vp, &m->index);
    }
    return *vp ? PTR_ERR(*vp) : 0;
}

/* More records behind the first, as long as they fit and are wanted. */
static void seq_fill_more(struct seq_file *m, void **vp, size_t wanted)
{
    for (;;) {
        loff_t index = m->index;

        *vp = m->ops->next(m, *vp, &m->index);
        if (!*vp || IS_ERR(*vp) || m->count >= wanted) {
            if (m->index == index) /* an iterator that does not move would repeat the record */
                m->index++;
            return;
        }
        if (seq_show_one(m, *vp) < 0)
            return;
    }
}

static int seq_fill(struct seq_file *m, size_t wanted)
{
    void *v;
    int ret = seq_fill_first(m, &v);

    if (!ret && m->count)
        seq_fill_more(m, &v, wanted);
    m->ops->stop(m, IS_ERR(v) ? NULL : v);
    return ret;
}

/* Makes everything from the start again up to byte offset. */
static int seq_traverse(struct seq_file *m, loff_t offset)
{
    loff_t at = 0;

    m->index = 0;
    m->from = m->count = 0;
    while (at < offset) {
        int ret = seq_fill(m, 1);

        if (ret)
            return ret;
        if (!m->count)
            break;
        if (at + (loff_t)m->count > offset) {
            m->from = offset - at;
            m->count -= m->from;
            at = offset;
        } else {
            at += m->count;
            m->count = 0;
        }
    }
    m->read_pos = offset;
    return 0;
}

/* What the buffer holds, to the reader. Bytes not copied. */
static size_t seq_hand_out(struct seq_file *m, struct iov_iter *to, size_t n)
{
    size_t copied = copy_to_iter(m->buf + m->from, n, to);

    m->from += copied;
    m->count -= copied;
    return n - copied;
}

static ssize_t seq_read_locked(struct seq_file *m, loff_t pos, struct iov_iter *to)
{
    size_t done = 0;
    int ret = pos != m->read_pos ? seq_traverse(m, pos) : 0;

    while (!ret && to->count) {
        size_t n;

        if (!m->count) {
            ret = done ? 0 : seq_fill(m, to->count);
            if (ret || !m->count)
                break;
        }
        n = min(m->count, to->count);
        if (seq_hand_out(m, to, n)) {
            ret = done ? 0 : -EFAULT;
            break;
        }
        done += n;
    }
    m->read_pos = pos + done;
    return done ? (ssize_t)done : ret;
}

ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
    struct seq_file *m = iocb->file->private;
    ssize_t ret;

    mutex_lock(&m->lock);
    ret = seq_read_locked(m, iocb->pos, to);
    mutex_unlock(&m->lock);
    if (ret > 0)
        iocb->pos += ret;
    return ret;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct kiocb iocb = {.file = file, .pos = *pos};
    struct iov_iter iter;
    ssize_t ret;

    iov_iter_ubuf(&iter, false, buf, count);
    ret = seq_read_iter(&iocb, &iter);
    *pos = iocb.pos;
    return ret;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
    if (whence == SEEK_CUR)
        offset += file->pos;
    else if (whence != SEEK_SET)
        return -EINVAL;
    if (offset < 0)
        return -EINVAL;
    file->pos = offset;
    return offset;
}

/* --- one record for the whole file --- */

struct single {
    struct seq_operations ops;
};

static void *single_start(struct seq_file *m, loff_t *pos)
{
    return *pos ? NULL : SEQ_START_TOKEN;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
    ++*pos;
    return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *private)
{
    struct single *single = kmalloc(sizeof(*single), GFP_KERNEL);
    int error;

    if (!single)
        return -ENOMEM;
    single->ops = (struct seq_operations){
        .start = single_start, .stop = single_stop, .next = single_next, .show = show};
    error = seq_open(file, &single->ops, private);
    if (error)
        kfree(single);
    return error;
}

int single_release(struct inode *inode, struct file *file)
{
    struct seq_file *m = file->private;
    const struct seq_operations *ops = m->ops;

    seq_release(inode, file);
    kfree(container_of(ops, const struct single, ops));
    return 0;
}

/* --- writing into the buffer; what does not fit makes it overflow --- */

static void seq_set_overflow(struct seq_file *m)
{
    m->count = m->size;
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
    if (len >= m->size - m->count) {
        seq_set_overflow(m);
        return;
    }
    memcpy(m->buf + m->count, data, len);
    m->count += len;
}

void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
    size_t room = m->size - m->count;
    int len = vsnprintf(m->buf + m->count, room, fmt, args);

    if ((size_t)len < room)
        m->count += len;
    else
        seq_set_overflow(m);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    seq_vprintf(m, fmt, args);
    va_end(args);
}

void seq_puts(struct seq_file *m, const char *s)
{
    seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
    seq_write(m, &c, 1);
}

void seq_put_u64(struct seq_file *m, const char *delimiter, u64 v)
{
    char digits[20];
    unsigned int at = sizeof(digits);

    do {
        digits[--at] = '0' + v % 10;
        v /= 10;
    } while (v);
    seq_puts(m, delimiter);
    seq_write(m, digits + at, sizeof(digits) - at);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
    for (; *s; s++) {
        u8 c = *s;

        if (strchr(esc, c)) {
            char octal[4] = {'\\', '0' + (c >> 6), '0' + (c >> 3 & 7), '0' + (c & 7)};

            seq_write(m, octal, sizeof(octal));
        } else {
            seq_putc(m, c);
        }
    }
}

void seq_path_root(struct seq_file *m, const struct path *path, const struct path *root,
                   const char *esc)
{
    char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;

    if (!buf)
        return;
    text = path_text(path, root, buf, PATH_MAX);
    seq_escape(m, IS_ERR(text) ? "?" : text, esc);
    kfree(buf);
}

void seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
    struct path root;

    fs_info_get_root(current->fs, &root);
    seq_path_root(m, path, &root, esc);
    path_put(&root);
}
