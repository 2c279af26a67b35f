/* SPDX-License-Identifier: MIT */
/* The inside of a pipe, for pipe.c and splice.c. */
#ifndef VFS_PIPE_H
#define VFS_PIPE_H

#include <kernel/sync/wait.h>

#include "internal.h"

/* A run of bytes in a page. Buffers of one pipe may share a page (tee). */
struct pipe_buffer {
    struct page *page;
    u32 offset, len;
    u32 flags;
};
#define PIPE_BUF_PACKET    0x1 /* one write(2) with O_DIRECT: read(2) takes no more than it */
#define PIPE_BUF_CAN_MERGE 0x2 /* the page is the pipe's alone: writers may fill it up */

/*
 * head and tail run freely; head - tail buffers are in use, at index & (size - 1). Everything is
 * protected by mutex; readers and writers are counted there too, so that opens of a FIFO can wait.
 */
struct pipe {
    struct mutex mutex;
    struct wait_queue readers_wait, writers_wait;
    u32 head, tail, size;
    u32 readers, writers;           /* open files */
    u32 reader_opens, writer_opens; /* so far: FIFO opens wait for a change */
    u32 files;                      /* inode->lock */
    bool polled;                    /* somebody polls: wake for each change */
    struct page *spare;             /* for the next write */
    struct pipe_buffer *buffers;
};

static inline bool pipe_is_empty(const struct pipe *pipe)
{
    return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

static inline bool pipe_is_full(const struct pipe *pipe)
{
    return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) >= READ_ONCE(pipe->size);
}

static inline struct pipe_buffer *pipe_buffer_at(struct pipe *pipe, u32 index)
{
    return &pipe->buffers[index & (pipe->size - 1)];
}

/* mutex held. */
void pipe_buffer_release(struct pipe *pipe, struct pipe_buffer *buf);
/* Sleep until there is something, or room. The mutex is dropped meanwhile. 0 or -ERESTARTSYS. */
int pipe_wait_readable(struct pipe *pipe);
int pipe_wait_writable(struct pipe *pipe);
/* After a change, without the mutex. */
void pipe_wake_readers(struct pipe *pipe);
void pipe_wake_writers(struct pipe *pipe);
int pipe_broken(void); /* SIGPIPE and -EPIPE */
#endif
