/* SPDX-License-Identifier: MIT */
/*
 * struct task: one thread of execution, of a user program or of the kernel.
 *
 * Protection: (i) immutable after creation, (o) changed only by the task itself, (p) pi_lock,
 * (r) run queue lock, (t) tasklist_lock for writing / RCU for reading, (s) sighand lock
 * (signal->lock), (a) atomic, (l) alloc_lock.
 */
#ifndef KERNEL_SCHED_TASK_H
#define KERNEL_SCHED_TASK_H

#include <kernel/arch/percpu.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/lib/rbtree.h>
#include <kernel/proc/signal_types.h>
#include <kernel/sched/state.h>
#include <kernel/sync/rcu.h>
#include <kernel/sync/spinlock.h>
#include <kernel/time/timer.h>

struct blk_plug;
struct completion;
struct cred;
struct files;
struct fs_info;
struct mm;
struct mnt_namespace;
struct pid;
struct pt_regs;
struct sched_class;
struct signal_state;
struct walk;

#define TASK_COMM_LEN 16

/* task.work: looked at once on every way out to user mode (and at system call entry: WORK_SYSCALL).
 */
#define WORK_NEED_RESCHED  (1U << 0)
#define WORK_SIGPENDING    (1U << 1)
#define WORK_NOTIFY_RESUME (1U << 2) /* task_work to run: rseq, delayed fput */
#define WORK_NOTIFY_SIGNAL (1U << 3)
#define WORK_RSEQ          (1U << 4) /* preempted or moved: fix up rseq */
#define WORK_SYSCALL_TRACE (1U << 8) /* ptrace */
#define WORK_SINGLESTEP    (1U << 9)
#define WORK_EXIT_MASK     0x000000ffU
#define WORK_SYSCALL_MASK  0x0000ff00U

/* task.flags */
#define TASKF_KTHREAD            0x0001U
#define TASKF_EXITING            0x0002U
#define TASKF_FORKNOEXEC         0x0004U
#define TASKF_IDLE               0x0008U
#define TASKF_MEMALLOC           0x0010U /* reclaiming: may use the reserve */
#define TASKF_NOFS               0x0020U
#define TASKF_RANDOMIZE          0x0040U /* address space randomisation */
#define TASKF_SUPERPRIV          0x0080U
#define TASKF_WQ_WORKER          0x0100U
#define TASKF_SIGNALED           0x0200U
#define TASKF_DUMPCORE           0x0400U
#define TASKF_VFORK_PARENT_WAITS 0x0800U
#define TASKF_NO_AFFINITY        0x1000U

struct sched_entity {
    struct rb_node node; /* fair queue, by deadline (r) */
    u64 min_vruntime;    /* augmented: least vruntime of the subtree (r) */
    u64 vruntime, deadline;
    s64 vlag; /* kept across sleep */
    u64 slice_ns;
    u32 weight;
    bool on_rq;
    u64 exec_start_ns, sum_exec_ns, prev_sum_exec_ns;
};

struct sched_rt_entity {
    struct list_head link;
    u64 slice_left_ns;
};

/* What a thread saves when it is switched out, besides its stack. */
struct thread {
    u64 sp; /* kernel stack pointer */
    u64 fs_base, gs_base;
    u64 cr2, trap_nr, error_code; /* of the last user fault, for signal frames */
    void *fpu;                    /* XSAVE area, NULL for kernel threads */
    bool fpu_loaded;              /* registers hold it on fpu_cpu */
};

struct restart_block {
    long (*fn)(struct restart_block *rb);
    u64 args[6];
};

struct task {
    u32 work;          /* (a) WORK_*; first: entry code counts on it */
    u32 state;         /* (p) TASK_* */
    void *stack;       /* (i) lowest address */
    u32 flags;         /* (o) TASKF_* */
    atomic_t refcount; /* (a) */
    struct thread thread;

    /* Scheduling. */
    const struct sched_class *class; /* (r) */
    struct sched_entity se;
    struct sched_rt_entity rt;
    spinlock_t pi_lock;
    int cpu;         /* (r) */
    bool on_rq;      /* (r) */
    int on_cpu;      /* being run; cleared after the switch is complete */
    int policy;      /* (r) SCHED_* */
    int nice;        /* (r) */
    int rt_priority; /* (r) 1..99, 0: not real-time */
    bool reset_on_fork;
    u64 cpus_allowed;                                    /* (p) */
    u64 nr_voluntary, nr_involuntary;                    /* (r) context switches */
    u64 last_ran_ns, wait_start_ns, wait_sum_ns, nr_run; /* (r) schedstat */
    u64 utime_ns, stime_ns, mode_stamp_ns;               /* (o) */
    u64 start_ns, start_boot_ns;                         /* (i) */

    /* Memory. */
    struct mm *mm;              /* (l) NULL: kernel thread */
    struct mm *active_mm;       /* (o) whose tables are loaded */
    u64 min_faults, maj_faults; /* (o) */
    int pagefault_disabled;     /* (o) */

    /* Identity and family. */
    pid_t pid, tgid;                    /* (i) */
    struct pid *thread_pid;             /* (t) */
    struct hlist_node pid_links[4];     /* (t) by enum pid_type */
    struct task *group_leader;          /* (t) */
    struct list_head thread_link;       /* (t) signal->threads */
    struct task *parent;                /* (t) who gets SIGCHLD */
    struct task *real_parent;           /* (t) */
    struct list_head children, sibling; /* (t) */
    struct list_head tasks_link;        /* (t) all thread group leaders, from init_task */
    char comm[TASK_COMM_LEN];           /* (l) */
    const struct cred *cred;            /* (o), RCU for readers */
    struct cred *real_cred_unused;

    /* Resources. */
    struct files *files; /* (l) */
    struct fs_info *fs;  /* (l) */
    struct mnt_namespace *mnt_ns;
    struct walk *walk;        /* (o) innermost path walk under way */
    unsigned int epoll_depth; /* (o) epoll instances being asked, one inside the other */
    struct blk_plug *plug;    /* (o) */
    void *journal;            /* (o) running file-system transaction */

    /* Signals. */
    struct signal_state *signal;  /* (t), stays until release */
    struct sigpending pending;    /* (s) */
    sigset_t blocked, saved_mask; /* (s)/(o) */
    sigset_t real_blocked; /* (s) what rt_sigtimedwait() waits for: blocked, were it not waiting */
    bool restore_mask;     /* (o) put saved_mask back on the way out */
    struct altstack altstack; /* (o) */
    u32 jobctl;               /* (s) */
    u32 ptrace;               /* (t) */
    void *last_siginfo;
    struct restart_block restart; /* (o) */

    /* Life's end. */
    int exit_state;  /* (t) 0, EXIT_ZOMBIE, EXIT_DEAD */
    int exit_code;   /* as wait4() gives it */
    int exit_signal; /* to the parent; -1: a thread that is not the leader */
    int pdeath_signal;
    struct completion *vfork_done;
    u32 __user *clear_child_tid, *set_child_tid;
    void __user *robust_list;
    void __user *rseq;
    u32 rseq_len, rseq_sig;
    unsigned long personality;
    u64 timer_slack_ns;
    struct task_work *works; /* (a) */
    struct kthread *kthread; /* (o) kernel threads */
    spinlock_t alloc_lock;
    int nr_syscall; /* (o) for /proc/PID/syscall */
    u64 io_rchar, io_wchar, io_syscr, io_syscw, io_read_bytes, io_write_bytes; /* (o) */
    u64 link_count; /* (o) symlinks followed */
    bool no_new_privs;
#if CONFIG_DEBUG
    struct {
        const void *lock;
        unsigned long ip; /* who took it */
        u16 node;         /* of the graph; 0: none */
        u8 context;       /* task, softirq or interrupt */
        u8 shared;
    } held[48]; /* (o) */
    int nr_held;
#endif
    struct rcu_head rcu;
};

#define EXIT_ZOMBIE 0x10
#define EXIT_DEAD   0x20

DECLARE_PER_CPU(struct task *, current_task);
#define current this_cpu_read_stable(current_task)

extern struct task init_task; /* the boot processor's idle task, root of all lists */

/* The registers the task entered the kernel with from user mode. */
#define task_regs(task) ((struct pt_regs *)((char *)(task)->stack + KERNEL_STACK_SIZE) - 1)

static inline struct task *task_get(struct task *task)
{
    atomic_inc(&task->refcount);
    return task;
}
void task_free(struct task *task);
static inline void task_put(struct task *task)
{
    if (atomic_dec_and_test(&task->refcount))
        task_free(task);
}

static inline void task_work_set(struct task *task, u32 bits)
{
    __atomic_fetch_or(&task->work, bits, __ATOMIC_RELEASE);
}
static inline void task_work_clear(struct task *task, u32 bits)
{
    __atomic_fetch_and(&task->work, ~bits, __ATOMIC_RELEASE);
}
static inline bool signal_pending(const struct task *task)
{
    return READ_ONCE(task->work) & (WORK_SIGPENDING | WORK_NOTIFY_SIGNAL);
}
bool fatal_signal_pending(const struct task *task);
/* Whether a sleep in this state must end because of signals. */
bool signal_pending_state(unsigned int state, const struct task *task);

static inline void set_current_state(unsigned int state)
{
    __atomic_store_n(&current->state, state, __ATOMIC_SEQ_CST);
}

/* Called once on the way out to user mode, in the task. */
struct task_work {
    struct task_work *next;
    void (*fn)(struct task_work *work);
};
/* 0, or -ESRCH if the task is past running any. Any context. */
int task_work_add(struct task *task, struct task_work *work);
#endif
