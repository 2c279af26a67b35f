// SPDX-License-Identifier: MIT
/* Kernel threads: tasks without a user address space that run one function. */
#include <kernel/sched/sched.h>

#include <abi/linux/errno.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/fork.h>
#include <kernel/sync/completion.h>

/* Lives until both sides are done with it: the thread (which ends), and kthread_stop(). */
struct kthread {
    int (*fn)(void *arg);
    void *arg;
    bool should_stop;
    int result;
    struct completion exited;
    atomic_t refs;
};

static void kthread_put(struct kthread *kt)
{
    if (atomic_dec_and_test(&kt->refs))
        kfree(kt);
}

static void kthread_main(void *arg)
{
    struct kthread *kt = arg;

    kt->result = kt->fn(kt->arg);
    complete_all(&kt->exited);
    current->kthread = NULL;
    kthread_put(kt);
    do_exit(0);
}

struct task *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...)
{
    struct kthread *kt = kzalloc(sizeof(*kt), GFP_KERNEL);
    struct task *task;
    va_list args;

    if (!kt)
        return ERR_PTR(-ENOMEM);
    kt->fn = fn;
    kt->arg = arg;
    atomic_set(&kt->refs, 1);
    completion_init(&kt->exited);
    task = fork_kernel_thread(kthread_main, kt);
    if (IS_ERR(task)) {
        kfree(kt);
        return task;
    }
    task->kthread = kt;
    va_start(args, fmt);
    vsnprintf(task->comm, sizeof(task->comm), fmt, args);
    va_end(args);
    return task;
}

void kthread_bind(struct task *task, unsigned int cpu)
{
    task->cpus_allowed = BIT_ULL(cpu);
    task->flags |= TASKF_NO_AFFINITY;
}

bool kthread_should_stop(void)
{
    return READ_ONCE(current->kthread->should_stop);
}

int kthread_stop(struct task *task)
{
    struct kthread *kt = task->kthread;
    int result;

    /* The caller must know that the thread has not ended by itself. */
    atomic_inc(&kt->refs);
    WRITE_ONCE(kt->should_stop, true);
    wake_up_task(task);
    wait_for_completion(&kt->exited);
    result = kt->result;
    kthread_put(kt);
    return result;
}
