// SPDX-License-Identifier: MIT
/*
 * sendfile(2), splice(2), tee(2), vmsplice(2), copy_file_range(2).
 *
 * Data travels through pages of the kernel's own: read into them by read_iter, written from them by
 * write_iter. Into a pipe, the pages themselves are handed over; tee shares them between two pipes.
 */
#include "splice.h"

#include <kernel/errno_internal.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

#include "pipe.h"

#define COPY_CHUNK 65536UL

/* --- file to file --- */

/* Writes all of buf. Bytes written, or -errno if none. */
static ssize_t write_all(struct file *out, const char *buf, size_t size, loff_t *pos)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = file_write_kernel(out, buf + done, size - done, pos);

        if (n <= 0)
            return done ? (ssize_t)done : n;
        done += n;
    }
    return done;
}

ssize_t file_copy(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t count)
{
    size_t chunk = min_t(size_t, COPY_CHUNK, max_t(size_t, count, 1));
    char *buf = kvmalloc(chunk, GFP_KERNEL);
    ssize_t done = 0, n = 0;

    if (!buf)
        return -ENOMEM;
    while ((size_t)done < count) {
        loff_t start = *in_pos;
        ssize_t written;

        n = file_read_kernel(in, buf, min(chunk, count - done), in_pos);
        if (n <= 0)
            break;
        written = write_all(out, buf, n, out_pos);
        if (written < n) {
            *in_pos = start + max(written, (ssize_t)0); /* what was not written was not read */
            n = written;
        }
        if (n > 0)
            done += n;
        if (written < 0 || signal_pending(current))
            break;
        cond_resched();
    }
    kvfree(buf);
    return done ?: n;
}

/* --- file to pipe --- */

/* Appends a page to the ring. mutex held, the ring not full. */
static void pipe_push(struct pipe *pipe, struct page *page, u32 offset, u32 len, u32 flags)
{
    *pipe_buffer_at(pipe, pipe->head) =
        (struct pipe_buffer){.page = page, .offset = offset, .len = len, .flags = flags};
    WRITE_ONCE(pipe->head, pipe->head + 1);
}

/* Waits for room unless that is not wanted. mutex held. */
static int wait_room(struct pipe *pipe, bool nonblock)
{
    while (pipe_is_full(pipe)) {
        int error;

        if (!pipe->readers)
            return pipe_broken();
        if (nonblock)
            return -EAGAIN;
        error = pipe_wait_writable(pipe);
        if (error)
            return error;
    }
    return pipe->readers ? 0 : pipe_broken();
}

/* One page's worth from the file into the pipe. */
static ssize_t splice_page_in(struct file *in, loff_t *pos, struct pipe *pipe, size_t len,
                              bool nonblock)
{
    struct page *page;
    ssize_t n;
    int error;

    mutex_lock(&pipe->mutex);
    error = wait_room(pipe, nonblock);
    mutex_unlock(&pipe->mutex);
    if (error)
        return error;
    page = page_alloc(GFP_USER, 0);
    if (!page)
        return -ENOMEM;
    n = file_read_kernel(in, page_address(page), min(len, PAGE_SIZE), pos);
    if (n <= 0) {
        page_put(page);
        return n;
    }
    mutex_lock(&pipe->mutex);
    error = wait_room(pipe, false); /* read already: it must go in */
    if (!error)
        pipe_push(pipe, page, 0, n, PIPE_BUF_CAN_MERGE);
    mutex_unlock(&pipe->mutex);
    if (error) {
        page_put(page);
        return error;
    }
    pipe_wake_readers(pipe);
    return n;
}

ssize_t splice_file_to_pipe(struct file *in, loff_t *pos, struct file *out, size_t len,
                            unsigned int flags)
{
    struct pipe *pipe = file_pipe(out);
    bool nonblock = (flags & SPLICE_F_NONBLOCK) || (out->flags & O_NONBLOCK);
    ssize_t done = 0, n;

    while ((size_t)done < len) {
        n = splice_page_in(in, pos, pipe, len - done, nonblock || done);
        if (n <= 0)
            return done ?: n;
        done += n;
        /* A short read is all that there is now. */
        if ((size_t)n < min(PAGE_SIZE, len - (done - n)))
            break;
    }
    return done;
}

/* --- pipe to file, pipe to pipe --- */

/* Waits for data: 1 there is some, 0 end of file, -errno. mutex held. */
static int wait_data(struct pipe *pipe, bool nonblock)
{
    while (pipe_is_empty(pipe)) {
        int error;

        if (!pipe->writers)
            return 0;
        if (nonblock)
            return -EAGAIN;
        error = pipe_wait_readable(pipe);
        if (error)
            return error;
    }
    return 1;
}

/* Takes up to len bytes off the front: the page is the caller's. mutex held, the ring not empty. */
static struct pipe_buffer pipe_shift(struct pipe *pipe, size_t len)
{
    struct pipe_buffer *buf = pipe_buffer_at(pipe, pipe->tail), taken = *buf;

    if (len >= buf->len) {
        WRITE_ONCE(pipe->tail, pipe->tail + 1);
        return taken;
    }
    page_get(buf->page);
    taken.len = len;
    taken.flags = 0;
    buf->offset += len;
    buf->len -= len;
    buf->flags &= ~PIPE_BUF_CAN_MERGE; /* the page is shared now */
    return taken;
}

/* What could not be written goes back to the front. mutex held; the place it came from is free. */
static void pipe_unshift(struct pipe *pipe, struct pipe_buffer *rest)
{
    if (pipe_is_full(pipe)) {
        page_put(rest->page); /* writers were faster: it is lost with the error */
        return;
    }
    WRITE_ONCE(pipe->tail, pipe->tail - 1);
    *pipe_buffer_at(pipe, pipe->tail) = *rest;
}

static ssize_t splice_one_out(struct pipe *pipe, struct file *out, loff_t *pos, size_t len,
                              bool nonblock)
{
    struct pipe_buffer buf;
    ssize_t n;
    int ready;

    mutex_lock(&pipe->mutex);
    ready = wait_data(pipe, nonblock);
    if (ready > 0)
        buf = pipe_shift(pipe, len);
    mutex_unlock(&pipe->mutex);
    if (ready <= 0)
        return ready;
    n = write_all(out, (char *)page_address(buf.page) + buf.offset, buf.len, pos);
    if (n < (ssize_t)buf.len) {
        buf.offset += max(n, (ssize_t)0);
        buf.len -= max(n, (ssize_t)0);
        mutex_lock(&pipe->mutex);
        pipe_unshift(pipe, &buf);
        mutex_unlock(&pipe->mutex);
    } else {
        page_put(buf.page);
    }
    pipe_wake_writers(pipe);
    return n;
}

ssize_t splice_pipe_to_file(struct file *in, struct file *out, loff_t *pos, size_t len,
                            unsigned int flags)
{
    struct pipe *pipe = file_pipe(in);
    bool nonblock = (flags & SPLICE_F_NONBLOCK) || (in->flags & O_NONBLOCK);
    ssize_t done = 0, n;

    while ((size_t)done < len) {
        /* Once something has moved, what is not there yet is not waited for. */
        n = splice_one_out(pipe, out, pos, len - done, nonblock || done);
        if (n <= 0)
            return done ?: n;
        done += n;
    }
    return done;
}

/* Both pipes' mutexes, in one order for everybody. */
static void pipes_lock(struct pipe *a, struct pipe *b)
{
    mutex_lock(a < b ? &a->mutex : &b->mutex);
    mutex_lock_nested(a < b ? &b->mutex : &a->mutex, 1);
}

static void pipes_unlock(struct pipe *a, struct pipe *b)
{
    mutex_unlock(&a->mutex);
    mutex_unlock(&b->mutex);
}

/* Moves (or with copy shares) buffers as long as there are some and room. Both locked. */
static ssize_t link_buffers(struct pipe *in, struct pipe *out, size_t len, bool copy)
{
    ssize_t done = 0;
    u32 at = in->tail;

    while ((size_t)done < len && at != in->head && !pipe_is_full(out)) {
        struct pipe_buffer buf;

        if (copy) {
            buf = *pipe_buffer_at(in, at);
            page_get(buf.page);
            buf.len = min_t(size_t, buf.len, len - done);
            pipe_buffer_at(in, at)->flags &= ~PIPE_BUF_CAN_MERGE;
            at++;
        } else {
            buf = pipe_shift(in, len - done);
            at = in->tail;
        }
        pipe_push(out, buf.page, buf.offset, buf.len, buf.flags & PIPE_BUF_PACKET);
        done += buf.len;
    }
    return done;
}

ssize_t splice_pipe_to_pipe(struct file *in_file, struct file *out_file, size_t len,
                            unsigned int flags, bool copy)
{
    struct pipe *in = file_pipe(in_file), *out = file_pipe(out_file);
    bool nonblock =
        (flags & SPLICE_F_NONBLOCK) || ((in_file->flags | out_file->flags) & O_NONBLOCK);
    ssize_t done = 0;

    while (!done) {
        int ready;

        mutex_lock(&in->mutex);
        ready = wait_data(in, nonblock);
        mutex_unlock(&in->mutex);
        if (ready <= 0)
            return ready;
        mutex_lock(&out->mutex);
        ready = wait_room(out, nonblock);
        mutex_unlock(&out->mutex);
        if (ready)
            return ready;
        pipes_lock(in, out);
        done = link_buffers(in, out, len, copy);
        pipes_unlock(in, out);
    }
    pipe_wake_readers(out);
    if (!copy)
        pipe_wake_writers(in);
    return done;
}

/* --- user memory to pipe --- */

ssize_t splice_user_to_pipe(struct iov_iter *from, struct file *file, unsigned int flags)
{
    struct kiocb iocb = {.file = file, .flags = flags & SPLICE_F_NONBLOCK ? IOCB_NOWAIT : 0};

    return file->ops->write_iter(&iocb, from);
}
