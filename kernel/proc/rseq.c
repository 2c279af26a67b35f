// SPDX-License-Identifier: MIT
/*
 * Restartable sequences: a thread registers an area in which the kernel keeps the number of its CPU
 * and finds a pointer to the description of the critical section the thread is in. Whenever the
 * thread has been interrupted in a way that its per-CPU work may have become invalid, it continues
 * at the section's abort address instead, in front of which its signature must stand.
 */
#include <kernel/proc/rseq.h>

#include <abi/linux/errno.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/syscall/syscalls.h>

#define RSEQ_FLAG_UNREGISTER  1
#define RSEQ_SIZE             32
#define RSEQ_CPU_UNREGISTERED (~0U)

struct rseq_area {
    u32 cpu_id_start, cpu_id;
    u64 section;
    u32 flags, node_id, mm_cid, padding;
};

struct rseq_section {
    u32 version, flags;
    u64 start, length, abort;
};

/* true when regs were redirected or nothing had to be done; false on a fault or nonsense. */
static bool abort_section(struct rseq_area __user *area, struct pt_regs *regs)
{
    struct rseq_section section;
    u64 pointer;
    u32 signature;

    if (get_user(pointer, &area->section))
        return false;
    if (!pointer)
        return true;
    if (copy_from_user(&section, (const void __user *)pointer, sizeof(section)))
        return false;
    if (section.version || section.start + section.length < section.start ||
        section.abort >= USER_ADDR_MAX || section.abort < 4)
        return false;
    if (regs->rip - section.start >= section.length)
        return !put_user(0ULL, &area->section); /* left it already */
    if (get_user(signature, (u32 __user *)(section.abort - 4)) || signature != current->rseq_sig)
        return false;
    if (put_user(0ULL, &area->section))
        return false;
    regs->rip = section.abort;
    return true;
}

void rseq_fix_up(struct pt_regs *regs)
{
    struct rseq_area __user *area = current->rseq;
    u32 cpu;

    if (!area)
        return;
    cpu = smp_processor_id();
    if (!abort_section(area, regs) || put_user(cpu, &area->cpu_id_start) ||
        put_user(cpu, &area->cpu_id) || put_user(0U, &area->node_id) || put_user(0U, &area->mm_cid))
        force_sigsegv(0);
}

long sys_rseq(void __user *area, unsigned int len, int flags, unsigned int sig)
{
    struct rseq_area __user *user = area;

    if (flags & RSEQ_FLAG_UNREGISTER) {
        if (flags & ~RSEQ_FLAG_UNREGISTER || !current->rseq || current->rseq != area ||
            len != current->rseq_len)
            return -EINVAL;
        if (current->rseq_sig != sig)
            return -EPERM;
        if (put_user(0U, &user->cpu_id_start) || put_user(RSEQ_CPU_UNREGISTERED, &user->cpu_id))
            return -EFAULT;
        current->rseq = NULL;
        return 0;
    }
    if (flags)
        return -EINVAL;
    if (current->rseq) {
        if (current->rseq != area || len != current->rseq_len)
            return -EINVAL;
        return current->rseq_sig != sig ? -EPERM : -EBUSY;
    }
    if (len != RSEQ_SIZE || (unsigned long)area & (RSEQ_SIZE - 1))
        return -EINVAL;
    if (!access_ok(area, len))
        return -EFAULT;
    current->rseq = area;
    current->rseq_len = len;
    current->rseq_sig = sig;
    task_work_set(current, WORK_RSEQ); /* the CPU number is there when this returns */
    return 0;
}
