// SPDX-License-Identifier: MIT
/* Calls about the system as a whole and the process's own settings. */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <abi/linux/resource.h>
#include <abi/linux/system.h>
#include <kernel/arch/uaccess.h>
#include <kernel/init/hostname.h>
#include <kernel/init/version.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/vmstat.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/itimer.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/proc/wait.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/mutex.h>
#include <kernel/time/clock.h>

/* --- names --- */

static DEFINE_MUTEX(name_mutex);
static char host_name[HOST_NAME_MAX + 1] = "(none)"; /* name_mutex */
static char domain_name[HOST_NAME_MAX + 1] = "(none)";

void hostname_get(char *buf, size_t size)
{
    mutex_lock(&name_mutex);
    strscpy(buf, host_name, size);
    mutex_unlock(&name_mutex);
}

void domainname_get(char *buf, size_t size)
{
    mutex_lock(&name_mutex);
    strscpy(buf, domain_name, size);
    mutex_unlock(&name_mutex);
}

static int name_store(char *name, const char *text, size_t len)
{
    if (len > HOST_NAME_MAX)
        return -EINVAL;
    mutex_lock(&name_mutex);
    memset(name, 0, HOST_NAME_MAX + 1);
    memcpy(name, text, len);
    mutex_unlock(&name_mutex);
    return 0;
}

int hostname_set(const char *text, size_t len)
{
    return name_store(host_name, text, len);
}

int domainname_set(const char *text, size_t len)
{
    return name_store(domain_name, text, len);
}

static long set_name(char *name, const char __user *user, int len)
{
    char fresh[HOST_NAME_MAX + 1] = {};

    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    if (len < 0 || len > HOST_NAME_MAX)
        return -EINVAL;
    if (copy_from_user(fresh, user, (size_t)len))
        return -EFAULT;
    return name_store(name, fresh, (size_t)len);
}

long sys_sethostname(const char __user *name, int len)
{
    return set_name(host_name, name, len);
}

long sys_setdomainname(const char __user *name, int len)
{
    return set_name(domain_name, name, len);
}

long sys_uname(struct linux_utsname __user *user)
{
    struct linux_utsname name = {
        .sysname = VERSION_SYSNAME, .release = VERSION_RELEASE, .machine = "x86_64"};

    hostname_get(name.nodename, sizeof(name.nodename));
    domainname_get(name.domainname, sizeof(name.domainname));
    strscpy(name.version, version_text, sizeof(name.version));
    return copy_to_user(user, &name, sizeof(name)) ? -EFAULT : 0;
}

/* --- load, memory, times --- */

long sys_sysinfo(struct linux_sysinfo __user *user)
{
    struct linux_sysinfo info = {.mem_unit = 1};
    struct vm_meminfo memory;
    unsigned long load[3];

    vm_meminfo_read(&memory);
    loadavg_get(load);
    info.uptime = (s64)(ktime_boot_ns() / NSEC_PER_SEC);
    for (int i = 0; i < 3; i++)
        info.loads[i] = load[i] << 5; /* 11 bits of fraction to 16 */
    info.totalram = memory.total << PAGE_SHIFT;
    info.freeram = memory.free << PAGE_SHIFT;
    info.sharedram = memory.shmem << PAGE_SHIFT;
    info.bufferram = memory.buffers << PAGE_SHIFT;
    info.procs = (u16)min(nr_threads_total(), 65535U);
    return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static s64 ticks(u64 ns)
{
    return (s64)(ns / 10000000);
}

long sys_times(struct linux_tms __user *user)
{
    struct linux_tms tms;
    u64 utime, stime;

    thread_group_times(current, &utime, &stime);
    tms = (struct linux_tms){ticks(utime), ticks(stime), ticks(current->signal->children.utime_ns),
                             ticks(current->signal->children.stime_ns)};
    if (user && copy_to_user(user, &tms, sizeof(tms)))
        return -EFAULT;
    return ticks(ktime_boot_ns());
}

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

long sys_getrusage(int who, struct linux_rusage __user *user)
{
    struct linux_rusage usage;
    struct cpu_totals totals = {};

    switch (who) {
    case RUSAGE_SELF: thread_group_totals(current, &totals); break;
    case RUSAGE_CHILDREN: totals = current->signal->children; break;
    case RUSAGE_THREAD:
        totals = (struct cpu_totals){
            .utime_ns = current->utime_ns,
            .stime_ns = current->stime_ns,
            .min_faults = current->min_faults,
            .maj_faults = current->maj_faults,
            .nr_voluntary = current->nr_voluntary,
            .nr_involuntary = current->nr_involuntary,
        };
        break;
    default: return -EINVAL;
    }
    rusage_fill(&usage, &totals);
    return copy_to_user(user, &usage, sizeof(usage)) ? -EFAULT : 0;
}

/* --- limits --- */

static int limit_set(struct task *task, unsigned int resource, const struct linux_rlimit *limit)
{
    struct linux_rlimit *slot = &task->signal->rlim[resource];
    int error = 0;

    if (limit->rlim_cur > limit->rlim_max)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && limit->rlim_max > 1048576)
        return -EPERM;
    spin_lock_irq(&task->signal->lock);
    if (limit->rlim_max > slot->rlim_max && !capable(CAP_SYS_RESOURCE))
        error = -EPERM;
    else
        *slot = *limit;
    spin_unlock_irq(&task->signal->lock);
    if (!error && resource == RLIMIT_CPU)
        cpu_limit_changed(task->signal);
    return error;
}

/* prlimit(2): all ids of the other process must be the caller's. */
static bool may_limit(const struct task *task)
{
    const struct cred *mine = current->cred, *its;
    bool same;

    if (task == current || task->signal == current->signal)
        return true;
    rcu_read_lock();
    its = rcu_dereference(task->cred);
    same = mine->uid == its->uid && mine->uid == its->euid && mine->uid == its->suid &&
           mine->gid == its->gid && mine->gid == its->egid && mine->gid == its->sgid;
    rcu_read_unlock();
    return same || capable(CAP_SYS_RESOURCE);
}

long sys_prlimit64(int pid, unsigned int resource, const struct linux_rlimit __user *new_limit,
                   struct linux_rlimit __user *old_limit)
{
    struct linux_rlimit fresh, old;
    struct task *task;
    int error = 0;

    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (new_limit && copy_from_user(&fresh, new_limit, sizeof(fresh)))
        return -EFAULT;
    task = pid ? task_find_get(pid) : task_get(current);
    if (!task)
        return -ESRCH;
    if (!may_limit(task))
        error = -EPERM;
    old = task->signal->rlim[resource];
    if (!error && new_limit)
        error = limit_set(task, resource, &fresh);
    task_put(task);
    if (!error && old_limit && copy_to_user(old_limit, &old, sizeof(old)))
        error = -EFAULT;
    return error;
}

long sys_getrlimit(unsigned int resource, struct linux_rlimit __user *limit)
{
    return sys_prlimit64(0, resource, NULL, limit);
}

long sys_setrlimit(unsigned int resource, const struct linux_rlimit __user *limit)
{
    return sys_prlimit64(0, resource, limit, NULL);
}

/* --- settings --- */

long sys_personality(unsigned int persona)
{
    long before = (long)current->personality;

    if (persona != 0xffffffffU)
        current->personality = persona;
    return before;
}

static long prctl_name(int option, char __user *user)
{
    char name[TASK_COMM_LEN] = {};

    if (option == PR_GET_NAME)
        return copy_to_user(user, current->comm, TASK_COMM_LEN) ? -EFAULT : 0;
    if (strncpy_from_user(name, user, TASK_COMM_LEN - 1) < 0)
        return -EFAULT;
    spin_lock(&current->alloc_lock);
    memcpy(current->comm, name, sizeof(name));
    spin_unlock(&current->alloc_lock);
    return 0;
}

static long drop_bounding(unsigned long cap)
{
    struct cred *cred;

    if (!capable(CAP_SETPCAP))
        return -EPERM;
    if (cap > CAP_LAST)
        return -EINVAL;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    cred->cap_bounding &= ~BIT_ULL(cap);
    cred_commit(cred);
    return 0;
}

static long set_securebits(unsigned long bits)
{
    struct cred *cred;

    if (bits & ~0xffUL)
        return -EPERM;
    if (!capable(CAP_SETPCAP))
        return -EPERM;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    cred->securebits = (u32)bits;
    cred_commit(cred);
    return 0;
}

#define SECBIT_KEEP_CAPS BIT(4)

static long keep_caps(unsigned long on)
{
    struct cred *cred;

    if (on > 1)
        return -EINVAL;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    cred->securebits =
        on ? cred->securebits | SECBIT_KEEP_CAPS : cred->securebits & ~(u32)SECBIT_KEEP_CAPS;
    cred_commit(cred);
    return 0;
}

#define PR_CAP_AMBIENT_IS_SET    1
#define PR_CAP_AMBIENT_RAISE     2
#define PR_CAP_AMBIENT_LOWER     3
#define PR_CAP_AMBIENT_CLEAR_ALL 4

static long ambient(unsigned long what, unsigned long cap)
{
    struct cred *cred;

    if (what == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST)
        return -EINVAL;
    if (what == PR_CAP_AMBIENT_IS_SET)
        return !!(current->cred->cap_ambient & BIT_ULL(cap));
    if (what < PR_CAP_AMBIENT_IS_SET || what > PR_CAP_AMBIENT_CLEAR_ALL)
        return -EINVAL;
    cred = cred_prepare();
    if (!cred)
        return -ENOMEM;
    if (what == PR_CAP_AMBIENT_RAISE &&
        !(cred->cap_permitted & cred->cap_inheritable & BIT_ULL(cap))) {
        cred_abort(cred);
        return -EPERM;
    }
    if (what == PR_CAP_AMBIENT_RAISE)
        cred->cap_ambient |= BIT_ULL(cap);
    else
        cred->cap_ambient =
            what == PR_CAP_AMBIENT_CLEAR_ALL ? 0 : cred->cap_ambient & ~BIT_ULL(cap);
    cred_commit(cred);
    return 0;
}

long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
               unsigned long arg5)
{
    switch (option) {
    case PR_SET_PDEATHSIG:
        if (arg2 > NSIG)
            return -EINVAL;
        current->pdeath_signal = (int)arg2;
        return 0;
    case PR_GET_PDEATHSIG: return put_user(current->pdeath_signal, (int __user *)arg2);
    case PR_GET_DUMPABLE: return current->mm->dumpable;
    case PR_SET_DUMPABLE:
        if (arg2 > 1)
            return -EINVAL;
        current->mm->dumpable = arg2;
        return 0;
    case PR_SET_NAME:
    case PR_GET_NAME: return prctl_name(option, (char __user *)arg2);
    case PR_GET_KEEPCAPS: return !!(current->cred->securebits & SECBIT_KEEP_CAPS);
    case PR_SET_KEEPCAPS: return keep_caps(arg2);
    case PR_CAPBSET_READ:
        return arg2 > CAP_LAST ? -EINVAL : (long)!!(current->cred->cap_bounding & BIT_ULL(arg2));
    case PR_CAPBSET_DROP: return drop_bounding(arg2);
    case PR_GET_SECUREBITS: return current->cred->securebits;
    case PR_SET_SECUREBITS: return set_securebits(arg2);
    case PR_CAP_AMBIENT: return arg4 || arg5 ? -EINVAL : ambient(arg2, arg3);
    case PR_SET_TIMERSLACK: current->timer_slack_ns = arg2 ? arg2 : 50000; return 0;
    case PR_GET_TIMERSLACK: return (long)current->timer_slack_ns;
    case PR_SET_CHILD_SUBREAPER: current->signal->is_child_subreaper = arg2; return 0;
    case PR_GET_CHILD_SUBREAPER:
        return put_user((int)current->signal->is_child_subreaper, (int __user *)arg2);
    case PR_SET_NO_NEW_PRIVS:
        if (arg2 != 1 || arg3 || arg4 || arg5)
            return -EINVAL;
        current->no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return arg2 || arg3 || arg4 || arg5 ? -EINVAL : (long)current->no_new_privs;
    case PR_GET_TID_ADDRESS: return put_user((u64)current->clear_child_tid, (u64 __user *)arg2);
    default: return -EINVAL;
    }
}
