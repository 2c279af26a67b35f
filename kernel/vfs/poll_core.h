/* SPDX-License-Identifier: MIT */
/* Waiting for files, as poll(2) and select(2) do it. */
#ifndef VFS_POLL_CORE_H
#define VFS_POLL_CORE_H

#include <kernel/sync/wait.h>
#include <kernel/vfs/poll.h>

#include "internal.h"

/* What a file without poll always is. */
#define POLL_DEFAULT (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

static inline u32 file_poll(struct file *file, struct poll_table *table)
{
    return likely(file->ops->poll) ? file->ops->poll(file, table) : POLL_DEFAULT;
}

#define POLL_INLINE_ENTRIES 9

struct poll_entry {
    struct wait_entry wait;
    struct poll_wait *owner;
    struct wait_queue *wq;
    struct file *file;
    u32 key;
};

struct poll_entries_page;

/* One task's waiting; on its stack. */
struct poll_wait {
    struct poll_table table;
    struct task *task;
    bool triggered; /* a wake-up came since it was last cleared */
    int error;      /* -ENOMEM */
    unsigned int nr_inline;
    struct poll_entries_page *pages;
    struct poll_entry inline_entries[POLL_INLINE_ENTRIES];
};

void poll_wait_begin(struct poll_wait *pw);
void poll_wait_end(struct poll_wait *pw);
/* Sleeps until a wake-up, the deadline or a signal. False: the deadline has passed. */
bool poll_wait_sleep(struct poll_wait *pw, u64 deadline_ns);

struct pollfd;
/* Number of descriptors with events; -errno, -EINTR among them. */
int poll_fds(struct pollfd *fds, unsigned int nr, u64 deadline_ns);

/* Six bitmaps of nr bits: in, out, exceptions asked and found. */
struct select_sets {
    unsigned long *in, *out, *ex;
    unsigned long *res_in, *res_out, *res_ex;
};
int select_fds(unsigned int nr, struct select_sets *sets, u64 deadline_ns);
#endif
