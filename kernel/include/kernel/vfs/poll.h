/* SPDX-License-Identifier: MIT */
/* How poll, select and epoll ask files, and how files tell them. */
#ifndef KERNEL_VFS_POLL_H
#define KERNEL_VFS_POLL_H

#include <kernel/sync/wait.h>

#define EPOLLIN        0x00000001U
#define EPOLLPRI       0x00000002U
#define EPOLLOUT       0x00000004U
#define EPOLLERR       0x00000008U
#define EPOLLHUP       0x00000010U
#define EPOLLNVAL      0x00000020U
#define EPOLLRDNORM    0x00000040U
#define EPOLLRDBAND    0x00000080U
#define EPOLLWRNORM    0x00000100U
#define EPOLLWRBAND    0x00000200U
#define EPOLLMSG       0x00000400U
#define EPOLLRDHUP     0x00002000U
#define EPOLLEXCLUSIVE (1U << 28)
#define EPOLLWAKEUP    (1U << 29)
#define EPOLLONESHOT   (1U << 30)
#define EPOLLET        (1U << 31)

struct file;
struct poll_table {
    /* Queues the poller on wq; NULL once the poller only wants to know the state. */
    void (*queue)(struct file *file, struct wait_queue *wq, struct poll_table *table);
    u32 key; /* events the poller is interested in */
};

static inline void poll_wait(struct file *file, struct wait_queue *wq, struct poll_table *table)
{
    if (table && table->queue && wq)
        table->queue(file, wq, table);
}
#endif
