/* SPDX-License-Identifier: MIT */
/* wait4(2), waitid(2). */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/signal.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/pidfd.h>
#include <kernel/proc/signal.h>
#include <kernel/proc/wait.h>
#include <kernel/vfs/file.h>

#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_OPTIONS \
    (WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

long sys_wait4(int pid, int __user *status, int options, struct linux_rusage __user *rusage)
{
    struct wait_request request = {.options = (unsigned int)options | WEXITED};
    long result;

    if ((unsigned int)options & ~WAIT4_OPTIONS)
        return -EINVAL;
    if (pid == (int)0x80000000)
        return -ESRCH;
    if (pid == -1) {
        request.type = P_ALL;
    } else if (pid > 0) {
        request.type = P_PID;
        request.pid = pid_find_get(pid);
    } else {
        request.type = P_PGID;
        request.pid = pid ? pid_find_get(-pid) : task_id_get(current, PIDTYPE_PGID);
    }
    result = wait_for_child(&request);
    pid_put(request.pid);
    if (result)
        return result;
    if (!request.found)
        return 0;
    if (status && put_user(request.wait_status, status))
        return -EFAULT;
    if (rusage && copy_to_user(rusage, &request.rusage, sizeof(request.rusage)))
        return -EFAULT;
    return request.found;
}

/* The process behind a descriptor; one opened O_NONBLOCK never waits. */
static int waitid_choose_pidfd(int id, struct wait_request *request)
{
    struct fd f = fd_get((unsigned int)id);
    struct pid *pid;

    if (!f.file)
        return -EBADF;
    pid = pidfd_pid(f.file);
    if (!IS_ERR(pid)) {
        request->type = P_PID;
        request->pid = pid_get(pid);
        request->again = f.file->flags & O_NONBLOCK && !(request->options & WNOHANG);
        if (request->again)
            request->options |= WNOHANG;
    }
    fd_put(f);
    return PTR_ERR_OR_ZERO(pid);
}

static int waitid_choose(int which, int id, struct wait_request *request)
{
    request->type = which;
    switch (which) {
    case P_ALL: return 0;
    case P_PID:
        if (id <= 0)
            return -EINVAL;
        request->pid = pid_find_get(id);
        return 0;
    case P_PGID:
        if (id < 0)
            return -EINVAL;
        request->pid = id ? pid_find_get(id) : task_id_get(current, PIDTYPE_PGID);
        return 0;
    case P_PIDFD: return id < 0 ? -EINVAL : waitid_choose_pidfd(id, request);
    default: return -EINVAL;
    }
}

static int waitid_report(const struct wait_request *request, void __user *uinfo,
                         struct linux_rusage __user *rusage)
{
    struct siginfo info = {};

    if (request->found) {
        info.si_signo = SIGCHLD;
        info.si_code = request->cause;
        info.si_chld_pid = request->found;
        info.si_chld_uid = request->uid;
        info.si_status = request->status;
        if (rusage && copy_to_user(rusage, &request->rusage, sizeof(request->rusage)))
            return -EFAULT;
    }
    /* Only these fields are written, as Linux does. */
    if (uinfo && copy_to_user(uinfo, &info, offsetofend(struct siginfo, si_status)))
        return -EFAULT;
    return 0;
}

long sys_waitid(int which, int id, void __user *uinfo, int options,
                struct linux_rusage __user *rusage)
{
    struct wait_request request = {.options = (unsigned int)options};
    int err;

    if ((unsigned int)options & ~WAITID_OPTIONS)
        return -EINVAL;
    if (!((unsigned int)options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    err = waitid_choose(which, id, &request);
    if (err)
        return err;
    err = wait_for_child(&request);
    pid_put(request.pid);
    if (!err && !request.found && request.again)
        return -EAGAIN;
    return err ? err : waitid_report(&request, uinfo, rusage);
}
