/* SPDX-License-Identifier: MIT */
/* Files that stand for events, as the system calls make them: a descriptor or -errno. */
#ifndef VFS_EVENTFD_H
#define VFS_EVENTFD_H

#include <kernel/proc/signal_types.h>
#include <kernel/types.h>

struct linux_itimerspec;

int eventfd_create(unsigned int count, int flags);
int timerfd_create(int clock, int flags);
int timerfd_settime(int fd, int flags, const struct linux_itimerspec *value,
                    struct linux_itimerspec *old);
int timerfd_gettime(int fd, struct linux_itimerspec *value);
/* CLOCK_REALTIME was set: absolute timers follow it. Task context. */
void timerfd_clock_was_set(void);
/* fd -1: a new one; else the mask of that one is replaced. */
int signalfd_set(int fd, sigset_t mask, int flags);
int inotify_create(int flags);
int inotify_add(int fd, const char *name, u32 mask); /* a watch descriptor */
int inotify_remove(int fd, int wd);
#endif
