/* SPDX-License-Identifier: MIT */
/* Credentials: immutable once published, counted, replaced as a whole (credentials(7)). */
#ifndef KERNEL_PROC_CRED_H
#define KERNEL_PROC_CRED_H

#include <kernel/lib/atomic.h>
#include <kernel/sync/rcu.h>
#include <kernel/types.h>

struct group_info {
    atomic_t count;
    int nr;
    gid_t gid[]; /* sorted */
};

struct cred {
    atomic_t count;
    uid_t uid, euid, suid, fsuid;
    gid_t gid, egid, sgid, fsgid;
    u64 cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
    u32 securebits;
    struct group_info *groups;
    struct rcu_head rcu;
};

#define CAP_CHOWN            0
#define CAP_DAC_OVERRIDE     1
#define CAP_DAC_READ_SEARCH  2
#define CAP_FOWNER           3
#define CAP_FSETID           4
#define CAP_KILL             5
#define CAP_SETGID           6
#define CAP_SETUID           7
#define CAP_SETPCAP          8
#define CAP_LINUX_IMMUTABLE  9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN        12
#define CAP_NET_RAW          13
#define CAP_IPC_LOCK         14
#define CAP_IPC_OWNER        15
#define CAP_SYS_MODULE       16
#define CAP_SYS_RAWIO        17
#define CAP_SYS_CHROOT       18
#define CAP_SYS_PTRACE       19
#define CAP_SYS_PACCT        20
#define CAP_SYS_ADMIN        21
#define CAP_SYS_BOOT         22
#define CAP_SYS_NICE         23
#define CAP_SYS_RESOURCE     24
#define CAP_SYS_TIME         25
#define CAP_SYS_TTY_CONFIG   26
#define CAP_MKNOD            27
#define CAP_LEASE            28
#define CAP_SETFCAP          31
#define CAP_SYSLOG           34
#define CAP_LAST             40
#define CAP_FULL_SET         ((1ULL << (CAP_LAST + 1)) - 1)

struct task;
extern struct cred init_cred;

static inline struct cred *cred_get(const struct cred *cred)
{
    struct cred *c = (struct cred *)cred;

    atomic_inc(&c->count);
    return c;
}
void cred_put(const struct cred *cred);
/* A private copy of current's to change and publish; NULL on no memory. */
struct cred *cred_prepare(void);
void cred_commit(struct cred *new_cred); /* consumes it */
void cred_abort(struct cred *new_cred);
const struct cred *current_cred(void);
bool capable(int cap); /* current, effective */
bool cred_has_cap(const struct cred *cred, int cap);
bool in_group(gid_t gid); /* fsgid or supplementary */
bool group_info_has(const struct group_info *groups, gid_t gid);
void group_info_put(struct group_info *groups);
#endif
