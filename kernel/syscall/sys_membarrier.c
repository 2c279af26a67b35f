// SPDX-License-Identifier: MIT
/*
 * membarrier(2): a memory barrier on every processor that runs the caller's threads (or anybody's),
 * so that their fast paths need none. An interrupt is such a barrier; a processor that is not
 * interrupted has switched to the thread after we looked, which is one too.
 *
 * The forms that also serialise the instruction stream (SYNC_CORE) are not offered: QUERY says so.
 */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <abi/linux/futex.h>
#include <kernel/arch/smp.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/task.h>
#include <kernel/sync/rcu.h>

#define REGISTRATIONS                                                                       \
    (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define SUPPORTED                                                                                 \
    (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
     MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ | MEMBARRIER_CMD_GET_REGISTRATIONS | REGISTRATIONS)

static void barrier_here(void *unused)
{
    smp_mb();
}

/* And what runs inside a restartable sequence starts it again. */
static void restart_sequence_here(void *unused)
{
    smp_mb();
    if (current->rseq)
        task_work_set(current, WORK_RSEQ);
}

static void on_cpus(u64 mask, void (*fn)(void *unused))
{
    smp_mb();
    preempt_disable();
    mask &= READ_ONCE(cpu_online_mask) & ~BIT_ULL(smp_processor_id());
    if (mask)
        smp_call_mask(mask, fn, NULL, true);
    preempt_enable();
    smp_mb();
}

static long private_expedited(void)
{
    if (!(READ_ONCE(current->mm->membarrier_state) & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED))
        return -EPERM;
    on_cpus(READ_ONCE(current->mm->cpu_mask), barrier_here);
    return 0;
}

static long private_rseq(unsigned int flags, int cpu)
{
    u64 mask = READ_ONCE(current->mm->cpu_mask);

    if (!(READ_ONCE(current->mm->membarrier_state) &
          MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ))
        return -EPERM;
    if (flags & MEMBARRIER_CMD_FLAG_CPU) {
        if (cpu < 0 || cpu >= NR_CPUS_MAX)
            return 0; /* no such processor: nothing runs there */
        mask &= BIT_ULL(cpu);
    }
    on_cpus(mask, restart_sequence_here);
    return 0;
}

static long registered(unsigned int command)
{
    __atomic_fetch_or(&current->mm->membarrier_state, command, __ATOMIC_SEQ_CST);
    return 0;
}

long sys_membarrier(int command, unsigned int flags, int cpu)
{
    if (flags &&
        (command != MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ || flags != MEMBARRIER_CMD_FLAG_CPU))
        return -EINVAL;
    switch (command) {
    case MEMBARRIER_CMD_QUERY: return SUPPORTED;
    case MEMBARRIER_CMD_GLOBAL: synchronize_rcu(); return 0;
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED: on_cpus(~0ULL, barrier_here); return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED: return private_expedited();
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ: return private_rseq(flags, cpu);
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ: return registered((unsigned int)command);
    case MEMBARRIER_CMD_GET_REGISTRATIONS: return current->mm->membarrier_state;
    default: return -EINVAL;
    }
}
