/* SPDX-License-Identifier: MIT */
/* Birth and death of tasks. Task context, may sleep, unless said. */
#ifndef KERNEL_PROC_FORK_H
#define KERNEL_PROC_FORK_H

#include <kernel/proc/exit.h>
#include <kernel/sched/task.h>

/* clone(2) */
#define CSIGNAL              0x000000ffULL
#define CLONE_VM             0x00000100ULL
#define CLONE_FS             0x00000200ULL
#define CLONE_FILES          0x00000400ULL
#define CLONE_SIGHAND        0x00000800ULL
#define CLONE_PIDFD          0x00001000ULL
#define CLONE_PTRACE         0x00002000ULL
#define CLONE_VFORK          0x00004000ULL
#define CLONE_PARENT         0x00008000ULL
#define CLONE_THREAD         0x00010000ULL
#define CLONE_NEWNS          0x00020000ULL
#define CLONE_SYSVSEM        0x00040000ULL
#define CLONE_SETTLS         0x00080000ULL
#define CLONE_PARENT_SETTID  0x00100000ULL
#define CLONE_CHILD_CLEARTID 0x00200000ULL
#define CLONE_DETACHED       0x00400000ULL
#define CLONE_UNTRACED       0x00800000ULL
#define CLONE_CHILD_SETTID   0x01000000ULL
#define CLONE_NEWCGROUP      0x02000000ULL
#define CLONE_NEWUTS         0x04000000ULL
#define CLONE_NEWIPC         0x08000000ULL
#define CLONE_NEWUSER        0x10000000ULL
#define CLONE_NEWPID         0x20000000ULL
#define CLONE_NEWNET         0x40000000ULL
#define CLONE_IO             0x80000000ULL
#define CLONE_CLEAR_SIGHAND  0x100000000ULL
#define CLONE_INTO_CGROUP    0x200000000ULL
#define CLONE_NAMESPACES                                                                          \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
     CLONE_NEWNET)

struct fork_args {
    u64 flags; /* CLONE_*, without CSIGNAL */
    int exit_signal;
    unsigned long stack; /* 0: the parent's */
    unsigned long tls;
    u32 __user *parent_tid, *child_tid;
    int __user *pidfd;
};

/* A child of current, running. Its number, or -errno. */
long do_fork(const struct fork_args *args);
/* A kernel thread in state TASK_UNINTERRUPTIBLE, to be woken for its first run. ERR_PTR. */
struct task *fork_kernel_thread(void (*fn)(void *arg), void *arg);
/* An idle task for a CPU. */
struct task *fork_idle(unsigned int cpu);
/* The first user task: runs fn in the kernel, then execs. */
struct task *fork_init(void (*fn)(void *arg), void *arg);

/* Releases current's address space, waking a vfork() parent. */
void exec_mm_release(void);
void exit_mm_release(struct task *task);

/* execve(2) for path (kernel string) on current, which returns to the new program. 0 or -errno. */
int exec_kernel(const char *path, const char *const *argv, const char *const *envp);

/* Number of processes of a user (RLIMIT_NPROC). */
unsigned int nr_threads_total(void);
#endif
