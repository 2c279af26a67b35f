/* SPDX-License-Identifier: MIT */
/* epoll(7), as the system calls ask for it. */
#ifndef VFS_EPOLL_H
#define VFS_EPOLL_H

#include <kernel/types.h>

struct epoll_event;

int epoll_create(int flags);
int epoll_control(int epfd, int op, int fd, struct epoll_event *event);
/* Number of events, 0 when the time came, -errno. */
int epoll_wait_events(int epfd, struct epoll_event __user *events, int max, u64 deadline_ns);
#endif
