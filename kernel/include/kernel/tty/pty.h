/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals as devpts shows them (pts(4)). Task context, may sleep. */
#ifndef KERNEL_TTY_PTY_H
#define KERNEL_TTY_PTY_H

#include <kernel/time/time64.h>
#include <kernel/types.h>

#define PTY_MAX         1024
#define PTY_SLAVE_MAJOR 136

/* The node of a slave: what chown(2) and chmod(2) on /dev/pts/N change. */
struct pty_node {
    u64 id; /* of this pty; another one with the same number has another */
    uid_t uid;
    gid_t gid;
    umode_t mode; /* permission bits */
    struct timespec64 time;
};

/** pty_node_get() - of pty @index. 0 or -ENOENT. */
int pty_node_get(unsigned int index, struct pty_node *node);
/** pty_node_set() - its owner and mode, if it is still the same. 0 or -ENOENT. */
int pty_node_set(unsigned int index, const struct pty_node *node);
/** pty_next() - the lowest number >= @index that is a pty, or -ENOENT. */
int pty_next(unsigned int index);
/** pty_defaults_set() - for ptys opened from now on: the options of the devpts mount. */
void pty_defaults_set(bool has_uid, uid_t uid, bool has_gid, gid_t gid, umode_t mode);

#endif
