/* SPDX-License-Identifier: MIT */
/* The small files of a process: comm, limits, io, sched, oom_*, and their like. */
#include "procfs.h"

#include <kernel/err.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/page.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/time/time64.h>
#include <kernel/vfs/seq_file.h>

/* --- comm --- */

int proc_pid_comm(struct seq_file *m, struct task *task)
{
    char comm[TASK_COMM_LEN];

    spin_lock(&task->alloc_lock);
    memcpy(comm, task->comm, sizeof(comm));
    spin_unlock(&task->alloc_lock);
    seq_printf(m, "%s\n", comm);
    return 0;
}

int proc_pid_comm_store(struct task *task, const char *text, size_t len)
{
    if (task->signal != current->signal)
        return -EINVAL;
    spin_lock(&task->alloc_lock);
    memset(task->comm, 0, sizeof(task->comm));
    memcpy(task->comm, text, min(len, sizeof(task->comm) - 1));
    spin_unlock(&task->alloc_lock);
    return 0;
}

/* --- limits --- */

static const struct {
    const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
    [RLIMIT_CPU] = {"Max cpu time", "seconds"},
    [RLIMIT_FSIZE] = {"Max file size", "bytes"},
    [RLIMIT_DATA] = {"Max data size", "bytes"},
    [RLIMIT_STACK] = {"Max stack size", "bytes"},
    [RLIMIT_CORE] = {"Max core file size", "bytes"},
    [RLIMIT_RSS] = {"Max resident set", "bytes"},
    [RLIMIT_NPROC] = {"Max processes", "processes"},
    [RLIMIT_NOFILE] = {"Max open files", "files"},
    [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
    [RLIMIT_AS] = {"Max address space", "bytes"},
    [RLIMIT_LOCKS] = {"Max file locks", "locks"},
    [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
    [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
    [RLIMIT_NICE] = {"Max nice priority", ""},
    [RLIMIT_RTPRIO] = {"Max realtime priority", ""},
    [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

static void limit_value(struct seq_file *m, unsigned long value)
{
    if (value == RLIM_INFINITY)
        seq_printf(m, "%-20s ", "unlimited");
    else
        seq_printf(m, "%-20lu ", value);
}

int proc_pid_limits(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned int i = 0; i < RLIM_NLIMITS; i++) {
        seq_printf(m, "%-25s ", limit_names[i].name);
        limit_value(m, rlimit_get(task, i));
        limit_value(m, rlimit_get_max(task, i));
        seq_printf(m, "%-10s\n", limit_names[i].unit);
    }
    return 0;
}

/* --- io --- */

int proc_pid_io(struct seq_file *m, struct task *task)
{
    u64 rchar = 0, wchar = 0, syscr = 0, syscw = 0, read = 0, written = 0;
    struct task *thread;

    rcu_read_lock();
    task_for_each_thread (thread, task) {
        rchar += thread->io_rchar;
        wchar += thread->io_wchar;
        syscr += thread->io_syscr;
        syscw += thread->io_syscw;
        read += thread->io_read_bytes;
        written += thread->io_write_bytes;
    }
    rcu_read_unlock();
    read += task->signal->dead.read_bytes;
    written += task->signal->dead.write_bytes;
    seq_printf(m, "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: %llu\n", rchar, wchar, syscr,
               syscw);
    seq_printf(m, "read_bytes: %llu\nwrite_bytes: %llu\ncancelled_write_bytes: 0\n", read, written);
    return 0;
}

/* --- scheduling --- */

int proc_pid_schedstat(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%llu %llu %llu\n", task->se.sum_exec_ns, task->wait_sum_ns, task->nr_run);
    return 0;
}

static void sched_line_ns(struct seq_file *m, const char *name, u64 ns)
{
    seq_printf(m, "%-45s:%21llu.%06llu\n", name, ns / NSEC_PER_MSEC, ns % NSEC_PER_MSEC);
}

static void sched_line(struct seq_file *m, const char *name, s64 value)
{
    seq_printf(m, "%-45s:%21lld\n", name, value);
}

int proc_pid_sched(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%s (%d, #threads: %d)\n", task->comm, task->pid, task->signal->nr_threads);
    seq_puts(m, "-------------------------------------------------------------------\n");
    sched_line_ns(m, "se.exec_start", task->se.exec_start_ns);
    sched_line_ns(m, "se.vruntime", task->se.vruntime);
    sched_line_ns(m, "se.sum_exec_runtime", task->se.sum_exec_ns);
    sched_line(m, "nr_switches", (s64)(task->nr_voluntary + task->nr_involuntary));
    sched_line(m, "nr_voluntary_switches", (s64)task->nr_voluntary);
    sched_line(m, "nr_involuntary_switches", (s64)task->nr_involuntary);
    sched_line(m, "se.load.weight", task->se.weight);
    sched_line_ns(m, "se.deadline", task->se.deadline);
    sched_line_ns(m, "se.slice", task->se.slice_ns);
    sched_line(m, "policy", task->policy);
    sched_line(m, "prio", task->rt_priority ? 99 - task->rt_priority : 120 + task->nice);
    return 0;
}

int proc_pid_timerslack(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%llu\n", task->timer_slack_ns);
    return 0;
}

/* --- where it is --- */

/* Without symbols for unwinding other stacks: not known is 0, as when it runs. */
int proc_pid_wchan(struct seq_file *m, struct task *task)
{
    seq_putc(m, '0');
    return 0;
}

int proc_pid_personality(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%08lx\n", task->personality);
    return 0;
}

/* --- the out-of-memory killer --- */

/* A thousandth of memory is one point, and oom_score_adj adds. */
int proc_pid_oom_score(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    long pages = 0, total = (long)nr_total_pages(), points;

    if (mm) {
        pages = (long)(atomic64_read(&mm->rss_anon) + atomic64_read(&mm->rss_file) +
                       atomic64_read(&mm->rss_shmem) +
                       atomic64_read(&mm->table_bytes) / (s64)PAGE_SIZE);
        mm_put(mm);
    }
    points = max(pages * 1000 / max(total, 1L) + task->signal->oom_score_adj, 0L);
    seq_printf(m, "%ld\n", min(points, 2000L));
    return 0;
}

int proc_pid_oom_score_adj(struct seq_file *m, struct task *task)
{
    seq_printf(m, "%d\n", task->signal->oom_score_adj);
    return 0;
}

/* The old scale: -17 is never, -16 to 15 is the rest. */
int proc_pid_oom_adj(struct seq_file *m, struct task *task)
{
    int adj = task->signal->oom_score_adj;

    seq_printf(m, "%d\n", adj == 1000 ? 15 : adj * 17 / 1000);
    return 0;
}

int proc_pid_oom_score_adj_store(struct task *task, const char *text, size_t len)
{
    struct signal_state *signal = task->signal;
    int value, err = kstrtoint(text, 0, &value);

    if (err)
        return err;
    if (value < -1000 || value > 1000)
        return -EINVAL;
    if (value < signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
        return -EACCES;
    if (capable(CAP_SYS_RESOURCE))
        signal->oom_score_adj_min = (s16)value;
    signal->oom_score_adj = (s16)value;
    return 0;
}

/* --- groups --- */

int proc_pid_cgroup(struct seq_file *m, struct task *task)
{
    seq_puts(m, "0::/\n");
    return 0;
}
