/* SPDX-License-Identifier: MIT */
/* Waiting for children: wait4(2), waitid(2). */
#ifndef KERNEL_PROC_WAIT_H
#define KERNEL_PROC_WAIT_H

#include <abi/linux/resource.h>
#include <abi/linux/wait.h>
#include <kernel/types.h>

struct cpu_totals;
struct pid;

struct wait_request {
    int type;        /* P_ALL, P_PID, P_PGID */
    struct pid *pid; /* for the last two; NULL: there is no such child */
    unsigned int options;
    bool again; /* nothing found is -EAGAIN */
    /* What was found. */
    pid_t found; /* 0: nothing, with WNOHANG */
    uid_t uid;
    int cause;       /* CLD_* */
    int status;      /* waitid's: the exit status or the signal */
    int wait_status; /* wait4's */
    struct linux_rusage rusage;
};

/**
 * wait_for_child() - sleeps until a child that fits has something to tell. 0, -ECHILD (none fits),
 * -ERESTARTSYS. Task context.
 */
int wait_for_child(struct wait_request *request);

/** rusage_fill() - what getrusage(2) shows of @totals. */
void rusage_fill(struct linux_rusage *rusage, const struct cpu_totals *totals);

#endif
