/* SPDX-License-Identifier: MIT */
/* poll(2), select(2), epoll(7). The EPOLL* event bits are in <kernel/vfs/poll.h>. */
#ifndef ABI_LINUX_POLL_H
#define ABI_LINUX_POLL_H

#define POLLIN     0x0001
#define POLLPRI    0x0002
#define POLLOUT    0x0004
#define POLLERR    0x0008
#define POLLHUP    0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLRDBAND 0x0080
#define POLLWRNORM 0x0100
#define POLLWRBAND 0x0200
#define POLLMSG    0x0400
#define POLLRDHUP  0x2000

struct pollfd {
    int fd;
    short events;
    short revents;
};

#define EPOLL_CLOEXEC 02000000
#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

struct epoll_event {
    unsigned int events;
    unsigned long long data;
} __attribute__((packed));
_Static_assert(sizeof(struct epoll_event) == 12, "struct epoll_event");

#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC   02000000
#define EFD_NONBLOCK  04000

#define TFD_TIMER_ABSTIME       1
#define TFD_TIMER_CANCEL_ON_SET 2
#define TFD_CLOEXEC             02000000
#define TFD_NONBLOCK            04000
#define TFD_IOC_SET_TICKS       0x40085400

#define SFD_CLOEXEC  02000000
#define SFD_NONBLOCK 04000

#endif
