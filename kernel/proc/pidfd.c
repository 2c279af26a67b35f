// SPDX-License-Identifier: MIT
/* Process descriptors: a file that holds a struct pid and becomes readable when the process ends.
 */
#include <kernel/proc/pidfd.h>

#include <abi/linux/errno.h>
#include <abi/linux/fcntl.h>
#include <kernel/err.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/syscall/syscalls.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

static u32 pidfd_poll(struct file *file, struct poll_table *table)
{
    struct pid *pid = file->private;
    struct task *task;
    u32 events = 0;

    poll_wait(file, &pid->wait, table);
    rcu_read_lock();
    task = pid_task(pid, PIDTYPE_TGID);
    if (!task || (READ_ONCE(task->exit_state) && thread_group_empty(task)))
        events = EPOLLIN | EPOLLRDNORM;
    rcu_read_unlock();
    return events;
}

static int pidfd_release(struct inode *inode, struct file *file)
{
    pid_put(file->private);
    return 0;
}

static void pidfd_show(struct seq_file *m, struct file *file)
{
    struct pid *pid = file->private;

    seq_printf(m, "Pid:\t%d\nNSpid:\t%d\n", pid_nr(pid), pid_nr(pid));
}

static const struct file_operations pidfd_fops = {
    .poll = pidfd_poll,
    .release = pidfd_release,
    .show_fdinfo = pidfd_show,
};

struct pid *pidfd_pid(const struct file *file)
{
    return file->ops == &pidfd_fops ? file->private : ERR_PTR(-EBADF);
}

int pidfd_create(struct pid *pid, unsigned int flags)
{
    int fd = fd_alloc(O_CLOEXEC);
    struct file *file;

    if (fd < 0)
        return fd;
    file = file_open_anon("[pidfd]", &pidfd_fops, pid_get(pid), (int)(O_RDWR | flags));
    if (IS_ERR(file)) {
        pid_put(pid);
        fd_cancel((unsigned int)fd);
        return (int)PTR_ERR(file);
    }
    fd_install((unsigned int)fd, file);
    return fd;
}

long sys_pidfd_open(int nr, unsigned int flags)
{
    struct pid *pid;
    struct task *leader;
    long result;

    if (flags & ~(unsigned int)O_NONBLOCK || nr <= 0)
        return -EINVAL;
    pid = pid_find_get(nr);
    if (!pid)
        return -ESRCH;
    rcu_read_lock();
    leader = pid_task(pid, PIDTYPE_TGID);
    rcu_read_unlock();
    result = leader ? pidfd_create(pid, flags) : -EINVAL;
    pid_put(pid);
    return result;
}

/* What @user says, or that current's kill(2) it is. Nobody pretends to others to be the kernel. */
static int siginfo_for_pidfd(struct siginfo *info, const void __user *user, int sig,
                             const struct pid *to)
{
    int error;

    if (!user) {
        *info = (struct siginfo){.si_signo = sig, .si_code = SI_USER};
        info->si_pid = current->tgid;
        info->si_uid = current_cred()->uid;
        return 0;
    }
    error = siginfo_from_user(info, user);
    if (error)
        return error;
    if (info->si_signo != sig)
        return -EINVAL;
    if ((info->si_code >= 0 || info->si_code == SI_TKILL) && to != task_tgid(current))
        return -EPERM;
    if (info->si_code == SI_TIMER)
        info->si_sys_private = 0;
    return 0;
}

long sys_pidfd_send_signal(int fd, int sig, const void __user *uinfo, unsigned int flags)
{
    struct fd f = fd_get((unsigned int)fd);
    struct siginfo info;
    struct task *task;
    struct pid *pid;
    long error;

    if (flags) {
        fd_put(f);
        return -EINVAL;
    }
    if (!f.file)
        return -EBADF;
    pid = pidfd_pid(f.file);
    error = PTR_ERR_OR_ZERO(pid);
    if (!error)
        error = siginfo_for_pidfd(&info, uinfo, sig, pid);
    if (!error) {
        task = pid_task_get(pid, PIDTYPE_TGID);
        error = task ? signal_send_checked(sig, &info, task, PIDTYPE_TGID) : -ESRCH;
        if (task)
            task_put(task);
    }
    fd_put(f);
    return error;
}
