// SPDX-License-Identifier: MIT
/* Calls about identity (credentials(7), capabilities(7)). Each makes a copy, checks, and publishes.
 */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <kernel/arch/uaccess.h>
#include <kernel/lib/sort.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/sched/task.h>

#define NO_CHANGE   ((uid_t)-1)
#define NGROUPS_MAX 65536

#define SECBIT_KEEP_CAPS BIT(4)

long sys_getuid(void)
{
    return current->cred->uid;
}

long sys_geteuid(void)
{
    return current->cred->euid;
}

long sys_getgid(void)
{
    return current->cred->gid;
}

long sys_getegid(void)
{
    return current->cred->egid;
}

/* What becomes of capabilities when user ids change (capabilities(7)). */
static void fix_capabilities(struct cred *new_cred, const struct cred *old)
{
    bool had_root = !old->uid || !old->euid || !old->suid;
    bool has_root = !new_cred->uid || !new_cred->euid || !new_cred->suid;

    if (had_root && !has_root) {
        if (!(old->securebits & SECBIT_KEEP_CAPS)) {
            new_cred->cap_permitted = 0;
            new_cred->cap_effective = 0;
        }
        new_cred->cap_ambient = 0;
    }
    if (!old->euid && new_cred->euid)
        new_cred->cap_effective = 0;
    if (old->euid && !new_cred->euid)
        new_cred->cap_effective = new_cred->cap_permitted;
}

static long commit_uids(struct cred *new_cred)
{
    new_cred->fsuid = new_cred->euid;
    fix_capabilities(new_cred, current->cred);
    cred_commit(new_cred);
    return 0;
}

long sys_setuid(uid_t uid)
{
    struct cred *cred;

    if (uid == NO_CHANGE)
        return -EINVAL;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (capable(CAP_SETUID)) {
        cred->uid = cred->suid = uid;
    } else if (uid != cred->uid && uid != cred->suid) {
        cred_abort(cred);
        return -EPERM;
    }
    cred->euid = uid;
    return commit_uids(cred);
}

long sys_setgid(gid_t gid)
{
    struct cred *cred;

    if (gid == NO_CHANGE)
        return -EINVAL;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (capable(CAP_SETGID)) {
        cred->gid = cred->sgid = gid;
    } else if (gid != cred->gid && gid != cred->sgid) {
        cred_abort(cred);
        return -EPERM;
    }
    cred->egid = cred->fsgid = gid;
    cred_commit(cred);
    return 0;
}

static bool one_of(u32 id, u32 a, u32 b, u32 c)
{
    return id == NO_CHANGE || id == a || id == b || id == c;
}

long sys_setreuid(uid_t ruid, uid_t euid)
{
    const struct cred *old = current->cred;
    struct cred *cred;

    if (!capable(CAP_SETUID) && (!one_of(ruid, old->uid, old->euid, old->uid) ||
                                 !one_of(euid, old->uid, old->euid, old->suid)))
        return -EPERM;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (ruid != NO_CHANGE)
        cred->uid = ruid;
    if (euid != NO_CHANGE)
        cred->euid = euid;
    if (ruid != NO_CHANGE || (euid != NO_CHANGE && euid != old->uid))
        cred->suid = cred->euid;
    return commit_uids(cred);
}

long sys_setregid(gid_t rgid, gid_t egid)
{
    const struct cred *old = current->cred;
    struct cred *cred;

    if (!capable(CAP_SETGID) && (!one_of(rgid, old->gid, old->egid, old->gid) ||
                                 !one_of(egid, old->gid, old->egid, old->sgid)))
        return -EPERM;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (rgid != NO_CHANGE)
        cred->gid = rgid;
    if (egid != NO_CHANGE)
        cred->egid = egid;
    if (rgid != NO_CHANGE || (egid != NO_CHANGE && egid != old->gid))
        cred->sgid = cred->egid;
    cred->fsgid = cred->egid;
    cred_commit(cred);
    return 0;
}

long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
    const struct cred *old = current->cred;
    struct cred *cred;

    if (!capable(CAP_SETUID) && (!one_of(ruid, old->uid, old->euid, old->suid) ||
                                 !one_of(euid, old->uid, old->euid, old->suid) ||
                                 !one_of(suid, old->uid, old->euid, old->suid)))
        return -EPERM;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (ruid != NO_CHANGE)
        cred->uid = ruid;
    if (euid != NO_CHANGE)
        cred->euid = euid;
    if (suid != NO_CHANGE)
        cred->suid = suid;
    return commit_uids(cred);
}

long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
    const struct cred *old = current->cred;
    struct cred *cred;

    if (!capable(CAP_SETGID) && (!one_of(rgid, old->gid, old->egid, old->sgid) ||
                                 !one_of(egid, old->gid, old->egid, old->sgid) ||
                                 !one_of(sgid, old->gid, old->egid, old->sgid)))
        return -EPERM;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (rgid != NO_CHANGE)
        cred->gid = rgid;
    if (egid != NO_CHANGE)
        cred->egid = egid;
    if (sgid != NO_CHANGE)
        cred->sgid = sgid;
    cred->fsgid = cred->egid;
    cred_commit(cred);
    return 0;
}

static long put_three(u32 a, u32 __user *pa, u32 b, u32 __user *pb, u32 c, u32 __user *pc)
{
    return put_user(a, pa) || put_user(b, pb) || put_user(c, pc) ? -EFAULT : 0;
}

long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid)
{
    const struct cred *cred = current->cred;

    return put_three(cred->uid, ruid, cred->euid, euid, cred->suid, suid);
}

long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid)
{
    const struct cred *cred = current->cred;

    return put_three(cred->gid, rgid, cred->egid, egid, cred->sgid, sgid);
}

/* These two return the value before, whether or not they changed it. */
long sys_setfsuid(uid_t uid)
{
    const struct cred *old = current->cred;
    long before = old->fsuid;
    struct cred *cred;

    if (uid == old->fsuid ||
        !(one_of(uid, old->uid, old->euid, old->suid) || capable(CAP_SETUID)) || uid == NO_CHANGE)
        return before;
    cred = cred_prepare();
    if (!cred)
        return before;
    cred->fsuid = uid;
    cred_commit(cred);
    return before;
}

long sys_setfsgid(gid_t gid)
{
    const struct cred *old = current->cred;
    long before = old->fsgid;
    struct cred *cred;

    if (gid == old->fsgid ||
        !(one_of(gid, old->gid, old->egid, old->sgid) || capable(CAP_SETGID)) || gid == NO_CHANGE)
        return before;
    cred = cred_prepare();
    if (!cred)
        return before;
    cred->fsgid = gid;
    cred_commit(cred);
    return before;
}

/* --- supplementary groups --- */

long sys_getgroups(int size, gid_t __user *list)
{
    const struct group_info *groups = current->cred->groups;

    if (size < 0)
        return -EINVAL;
    if (size && size < groups->nr)
        return -EINVAL;
    if (size && copy_to_user(list, groups->gid, (size_t)groups->nr * sizeof(gid_t)))
        return -EFAULT;
    return groups->nr;
}

static int compare_gids(const void *a, const void *b)
{
    gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

    return x < y ? -1 : x > y;
}

long sys_setgroups(int size, gid_t __user *list)
{
    struct group_info *groups;
    struct cred *cred;

    if (!capable(CAP_SETGID))
        return -EPERM;
    if (size < 0 || size > NGROUPS_MAX)
        return -EINVAL;
    groups = kvmalloc(sizeof(*groups) + (size_t)size * sizeof(gid_t), GFP_KERNEL);
    if (!groups)
        return -ENOMEM;
    atomic_set(&groups->count, 1);
    groups->nr = size;
    if (copy_from_user(groups->gid, list, (size_t)size * sizeof(gid_t))) {
        group_info_put(groups);
        return -EFAULT;
    }
    sort(groups->gid, (size_t)size, sizeof(gid_t), compare_gids);
    cred = cred_prepare();
    if (!cred) {
        group_info_put(groups);
        return -ENOMEM;
    }
    group_info_put(cred->groups);
    cred->groups = groups;
    cred_commit(cred);
    return 0;
}

/* --- capabilities --- */

#define CAPABILITY_VERSION_1 0x19980330U
#define CAPABILITY_VERSION_2 0x20071026U
#define CAPABILITY_VERSION_3 0x20080522U

struct cap_header {
    u32 version;
    int pid;
};
struct cap_data {
    u32 effective, permitted, inheritable;
};

/* Number of 32-bit halves in the caller's version; an unknown one is answered with ours. */
static int check_version(struct cap_header __user *user, struct cap_header *header)
{
    if (copy_from_user(header, user, sizeof(*header)))
        return -EFAULT;
    switch (header->version) {
    case CAPABILITY_VERSION_1: return 1;
    case CAPABILITY_VERSION_2:
    case CAPABILITY_VERSION_3: return 2;
    default: return put_user(CAPABILITY_VERSION_3, &user->version) ? -EFAULT : -EINVAL;
    }
}

long sys_capget(void __user *user_header, void __user *user_data)
{
    struct cap_data data[2];
    struct cap_header header;
    int halves = check_version(user_header, &header);
    struct task *task;

    if (halves < 0)
        return !user_data && halves == -EINVAL ? 0 : halves;
    if (header.pid < 0)
        return -EINVAL;
    task = header.pid ? task_find_get(header.pid) : task_get(current);
    if (!task)
        return -ESRCH;
    rcu_read_lock();
    for (int i = 0; i < 2; i++) {
        const struct cred *cred = rcu_dereference(task->cred);

        data[i] = (struct cap_data){(u32)(cred->cap_effective >> 32 * i),
                                    (u32)(cred->cap_permitted >> 32 * i),
                                    (u32)(cred->cap_inheritable >> 32 * i)};
    }
    rcu_read_unlock();
    task_put(task);
    return user_data && copy_to_user(user_data, data, (size_t)halves * sizeof(data[0])) ? -EFAULT
                                                                                        : 0;
}

long sys_capset(void __user *user_header, const void __user *user_data)
{
    struct cap_data data[2] = {};
    struct cap_header header;
    int halves = check_version(user_header, &header);
    u64 effective, permitted, inheritable;
    struct cred *cred;

    if (halves < 0)
        return halves;
    if (header.pid && header.pid != current->pid)
        return -EPERM;
    if (copy_from_user(data, user_data, (size_t)halves * sizeof(data[0])))
        return -EFAULT;
    effective = (data[0].effective | (u64)data[1].effective << 32) & CAP_FULL_SET;
    permitted = (data[0].permitted | (u64)data[1].permitted << 32) & CAP_FULL_SET;
    inheritable = (data[0].inheritable | (u64)data[1].inheritable << 32) & CAP_FULL_SET;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (permitted & ~cred->cap_permitted || effective & ~permitted ||
        inheritable & ~(cred->cap_inheritable | cred->cap_bounding) ||
        (inheritable & ~(cred->cap_inheritable | cred->cap_permitted) && !capable(CAP_SETPCAP))) {
        cred_abort(cred);
        return -EPERM;
    }
    cred->cap_effective = effective;
    cred->cap_permitted = permitted;
    cred->cap_inheritable = inheritable;
    cred->cap_ambient &= permitted & inheritable;
    cred_commit(cred);
    return 0;
}
