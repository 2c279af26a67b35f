/* SPDX-License-Identifier: MIT */
/* /proc/PID/stat, statm, status: the formats are proc(5)'s, and programs parse them to the byte. */
#include "procfs.h"

#include <kernel/lib/bitmap.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/page.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>
#include <kernel/proc/user.h>
#include <kernel/sched/sched.h>
#include <kernel/time/time64.h>
#include <kernel/tty/tty.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/seq_file.h>

#define NSEC_PER_TICK (NSEC_PER_SEC / 100)
#define PAGE_KIB      (PAGE_SIZE / 1024)

/* --- state --- */

static const struct task_state_name {
    char letter;
    const char *name;
} states[] = {
    {'R', "running"},      {'S', "sleeping"}, {'D', "disk sleep"}, {'T', "stopped"},
    {'t', "tracing stop"}, {'X', "dead"},     {'Z', "zombie"},     {'I', "idle"},
};

static const struct task_state_name *state_of(const struct task *task)
{
    u32 state = READ_ONCE(task->state);

    if (task->exit_state == EXIT_ZOMBIE)
        return &states[6];
    if (task->exit_state || (state & TASK_DEAD))
        return &states[5];
    if (state & TASK_TRACED)
        return &states[4];
    if ((state & TASK_STOPPED) || (task->jobctl & JOBCTL_STOPPED))
        return &states[3];
    if ((state & TASK_IDLE) == TASK_IDLE)
        return &states[7];
    if (state & TASK_UNINTERRUPTIBLE)
        return &states[2];
    return state & TASK_INTERRUPTIBLE ? &states[1] : &states[0];
}

/* task.flags in Linux's bits (PF_*), of which some programs know a few. */
static u32 flags_of(const struct task *task)
{
    static const struct {
        u32 ours, theirs;
    } map[] = {
        {TASKF_KTHREAD, 0x00200000},    {TASKF_EXITING, 0x00000004},
        {TASKF_FORKNOEXEC, 0x00000040}, {TASKF_IDLE, 0x00000002},
        {TASKF_MEMALLOC, 0x00000800},   {TASKF_RANDOMIZE, 0x00400000},
        {TASKF_SUPERPRIV, 0x00000100},  {TASKF_WQ_WORKER, 0x00000020},
        {TASKF_SIGNALED, 0x00000400},   {TASKF_NO_AFFINITY, 0x04000000},
    };
    u32 flags = 0;

    for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
        if (task->flags & map[i].ours)
            flags |= map[i].theirs;
    }
    return flags;
}

/* --- what is collected under locks --- */

struct identity {
    pid_t ppid, pgrp, session, tpgid;
    u32 tty_nr;
    int nr_threads;
};

static u32 devt_encode(dev_t devt)
{
    return (MINOR(devt) & 0xff) | (MAJOR(devt) << 8) | ((MINOR(devt) & ~0xffU) << 12);
}

static void identity_get(struct task *task, struct identity *id)
{
    struct tty *tty;

    rcu_read_lock();
    id->ppid = task->real_parent ? READ_ONCE(task->real_parent)->tgid : 0;
    id->pgrp = task_pgrp_nr(task);
    id->session = task_session_nr(task);
    rcu_read_unlock();
    id->nr_threads = READ_ONCE(task->signal->nr_threads);
    id->tty_nr = 0;
    id->tpgid = -1;
    spin_lock_irq(&task->signal->lock);
    tty = tty_get(task->signal->tty);
    spin_unlock_irq(&task->signal->lock);
    if (tty) {
        spin_lock_irq(&tty->ctrl_lock);
        id->tpgid = pid_nr(tty->pgrp);
        spin_unlock_irq(&tty->ctrl_lock);
        id->tty_nr = devt_encode(tty_devt(tty));
        tty_put(tty);
    }
}

struct signals {
    u64 pending, shared, blocked, ignored, caught;
    unsigned long limit;
};

static void signals_get(struct task *task, struct signals *set)
{
    struct signal_state *signal = task->signal;

    *set = (struct signals){};
    spin_lock_irq(&signal->lock);
    set->pending = task->pending.set.bits;
    set->shared = signal->shared.set.bits;
    set->blocked = task->blocked.bits;
    for (int sig = 1; sig <= NSIG; sig++) {
        unsigned long handler = signal->sighand->action[sig - 1].handler;

        if (handler == SIG_IGN)
            set->ignored |= sigmask(sig);
        else if (handler != SIG_DFL)
            set->caught |= sigmask(sig);
    }
    spin_unlock_irq(&signal->lock);
    set->limit = rlimit_get(task, RLIMIT_SIGPENDING);
}

static unsigned int queued_signals_of(const struct task *task)
{
    struct user_account *user;
    unsigned int count;
    uid_t uid;

    rcu_read_lock();
    uid = rcu_dereference(task->cred)->uid;
    rcu_read_unlock();
    user = user_account_get(uid);
    if (!user)
        return 0;
    count = (unsigned int)atomic_read(&user->nr_sigpending);
    user_account_put(user);
    return count;
}

struct memory {
    unsigned long size_pages, rss_pages, shared_pages, text_pages, data_pages;
};

static void memory_get(struct mm *mm, struct memory *m)
{
    long file = (long)atomic64_read(&mm->rss_file), anon = (long)atomic64_read(&mm->rss_anon),
         shm = (long)atomic64_read(&mm->rss_shmem);

    m->size_pages = mm->total_pages;
    m->shared_pages = (unsigned long)max(file + shm, 0L);
    m->rss_pages = m->shared_pages + (unsigned long)max(anon, 0L);
    m->text_pages =
        (ALIGN(mm->code_end, PAGE_SIZE) - ALIGN_DOWN(mm->code_start, PAGE_SIZE)) / PAGE_SIZE;
    m->data_pages = mm->data_pages + mm->stack_pages;
}

/* --- stat --- */

static long priority_of(const struct task *task)
{
    return task->rt_priority ? -1 - task->rt_priority : 20 + task->nice;
}

static void stat_addresses(struct seq_file *m, struct mm *mm, bool visible)
{
    if (!mm || !visible) {
        seq_puts(m, " 0 0 0 0 0 0 0");
        return;
    }
    seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu", mm->data_start, mm->data_end, mm->brk_start,
               mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
}

static void totals_get(struct task *task, bool whole, struct cpu_totals *totals)
{
    if (whole) {
        thread_group_totals(task, totals);
        return;
    }
    *totals = (struct cpu_totals){
        .utime_ns = task->utime_ns,
        .stime_ns = task->stime_ns,
        .min_faults = task->min_faults,
        .maj_faults = task->maj_faults,
    };
}

static int show_stat(struct seq_file *m, struct task *task, bool whole)
{
    struct mm *mm = mm_of_task(task);
    bool visible = proc_may_access(task);
    struct cpu_totals own, *kids = &task->signal->children;
    struct memory mem = {};
    struct signals sigs;
    struct identity id;

    identity_get(task, &id);
    signals_get(task, &sigs);
    totals_get(task, whole, &own);
    if (mm)
        memory_get(mm, &mem);
    seq_printf(m, "%d (%s) %c %d %d %d %d %d %u", task->pid, task->comm, state_of(task)->letter,
               id.ppid, id.pgrp, id.session, (int)id.tty_nr, id.tpgid, flags_of(task));
    seq_printf(m, " %llu %llu %llu %llu", own.min_faults, kids->min_faults, own.maj_faults,
               kids->maj_faults);
    seq_printf(m, " %llu %llu %lld %lld", own.utime_ns / NSEC_PER_TICK,
               own.stime_ns / NSEC_PER_TICK, kids->utime_ns / NSEC_PER_TICK,
               kids->stime_ns / NSEC_PER_TICK);
    seq_printf(m, " %ld %d %d 0 %llu %lu %lu %lu", priority_of(task), task->nice, id.nr_threads,
               task->start_boot_ns / NSEC_PER_TICK, mem.size_pages * PAGE_SIZE, mem.rss_pages,
               rlimit_get(task, RLIMIT_RSS));
    seq_printf(m, " %lu %lu %lu 0 0",
               mm && visible ? mm->code_start
               : mm          ? 1UL
                             : 0UL,
               mm && visible ? mm->code_end
               : mm          ? 1UL
                             : 0UL,
               mm && visible ? mm->stack_start : 0UL);
    /* The old fields have 31 bits of signals. */
    seq_printf(m, " %llu %llu %llu %llu", sigs.pending & 0x7fffffff, sigs.blocked & 0x7fffffff,
               sigs.ignored & 0x7fffffff, sigs.caught & 0x7fffffff);
    seq_printf(m, " %d 0 0 %d %d %d %d 0 0 0", state_of(task)->letter != 'R', task->exit_signal,
               task->cpu, task->rt_priority, task->policy);
    stat_addresses(m, mm, visible);
    seq_printf(m, " %d\n", visible ? task->exit_code : 0);
    if (mm)
        mm_put(mm);
    return 0;
}

int proc_pid_stat(struct seq_file *m, struct task *task)
{
    return show_stat(m, task, true);
}

int proc_tid_stat(struct seq_file *m, struct task *task)
{
    return show_stat(m, task, false);
}

/* --- statm --- */

int proc_pid_statm(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    struct memory mem = {};

    if (mm) {
        memory_get(mm, &mem);
        mm_put(mm);
    }
    seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mem.size_pages, mem.rss_pages, mem.shared_pages,
               mem.text_pages, mem.data_pages);
    return 0;
}

/* --- status --- */

/* A name may contain anything: newlines and backslashes are escaped here. */
static void status_name(struct seq_file *m, const struct task *task)
{
    seq_puts(m, "Name:\t");
    seq_escape(m, task->comm, "\n\\");
    seq_putc(m, '\n');
}

static unsigned int umask_of(struct task *task)
{
    unsigned int umask = 0;

    spin_lock(&task->alloc_lock);
    if (task->fs)
        umask = task->fs->umask;
    spin_unlock(&task->alloc_lock);
    return umask;
}

static unsigned int fd_slots_of(struct task *task)
{
    unsigned int max = 0;

    rcu_read_lock();
    spin_lock(&task->alloc_lock);
    if (task->files)
        max = rcu_dereference(task->files->table)->max;
    spin_unlock(&task->alloc_lock);
    rcu_read_unlock();
    return max;
}

static void status_groups(struct seq_file *m, const struct cred *cred)
{
    seq_puts(m, "Groups:\t");
    for (int i = 0; cred->groups && i < cred->groups->nr; i++)
        seq_printf(m, "%u ", cred->groups->gid[i]);
    seq_puts(m, cred->groups && cred->groups->nr ? "\n" : " \n");
}

static void status_identity(struct seq_file *m, struct task *task)
{
    const struct cred *cred;
    struct identity id;

    identity_get(task, &id);
    rcu_read_lock();
    cred = cred_get(rcu_dereference(task->cred));
    rcu_read_unlock();
    seq_printf(m, "Umask:\t%04o\nState:\t%c (%s)\n", umask_of(task), state_of(task)->letter,
               state_of(task)->name);
    seq_printf(m, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", task->tgid,
               task->pid, id.ppid);
    seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid, cred->suid,
               cred->fsuid, cred->gid, cred->egid, cred->sgid, cred->fsgid);
    seq_printf(m, "FDSize:\t%u\n", fd_slots_of(task));
    status_groups(m, cred);
    seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task->tgid, task->pid,
               id.pgrp, id.session);
    cred_put(cred);
}

static void status_memory(struct seq_file *m, struct mm *mm)
{
    struct memory mem;
    unsigned long anon, peak, rss_peak;

    memory_get(mm, &mem);
    anon = mem.rss_pages - mem.shared_pages;
    peak = max(mm->hiwater_vm, mem.size_pages);
    rss_peak = max(mm->hiwater_rss, mem.rss_pages);
    seq_printf(m, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmPin:\t       0 kB\n",
               peak * PAGE_KIB, mem.size_pages * PAGE_KIB, mm->locked_pages * PAGE_KIB);
    seq_printf(m, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\n", rss_peak * PAGE_KIB,
               mem.rss_pages * PAGE_KIB, anon * PAGE_KIB);
    seq_printf(m, "RssFile:\t%8lu kB\nRssShmem:\t%8lu kB\n",
               (unsigned long)max((long)atomic64_read(&mm->rss_file), 0L) * PAGE_KIB,
               (unsigned long)max((long)atomic64_read(&mm->rss_shmem), 0L) * PAGE_KIB);
    seq_printf(m, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmLib:\t%8lu kB\n",
               mm->data_pages * PAGE_KIB, mm->stack_pages * PAGE_KIB, mem.text_pages * PAGE_KIB,
               (mm->exec_pages - min(mm->exec_pages, mem.text_pages)) * PAGE_KIB);
    seq_printf(m, "VmPTE:\t%8lu kB\nVmSwap:\t       0 kB\nHugetlbPages:\t       0 kB\n",
               (unsigned long)atomic64_read(&mm->table_bytes) / 1024);
    seq_puts(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void status_signals(struct seq_file *m, struct task *task)
{
    struct signals sigs;

    signals_get(task, &sigs);
    seq_printf(m, "Threads:\t%d\nSigQ:\t%u/%lu\n", task->signal->nr_threads,
               queued_signals_of(task), sigs.limit);
    seq_printf(m, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n", sigs.pending,
               sigs.shared, sigs.blocked);
    seq_printf(m, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", sigs.ignored, sigs.caught);
}

static void status_rights(struct seq_file *m, struct task *task)
{
    const struct cred *cred;

    rcu_read_lock();
    cred = rcu_dereference(task->cred);
    seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n",
               cred->cap_inheritable, cred->cap_permitted, cred->cap_effective, cred->cap_bounding);
    seq_printf(m, "CapAmb:\t%016llx\n", cred->cap_ambient);
    rcu_read_unlock();
    seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n", task->no_new_privs);
    seq_puts(m, "Speculation_Store_Bypass:\tvulnerable\nSpeculationIndirectBranch:\tunknown\n");
}

static void status_cpus(struct seq_file *m, const struct task *task)
{
    unsigned long allowed = task->cpus_allowed & cpu_possible_mask;
    char text[256];

    bitmap_print_hex(text, sizeof(text), &allowed, nr_cpus);
    seq_printf(m, "Cpus_allowed:\t%s\n", text);
    bitmap_print_list(text, sizeof(text), &allowed, nr_cpus);
    seq_printf(m, "Cpus_allowed_list:\t%s\nMems_allowed:\t00000000,00000001\n", text);
    seq_printf(m, "Mems_allowed_list:\t0\nvoluntary_ctxt_switches:\t%llu\n", task->nr_voluntary);
    seq_printf(m, "nonvoluntary_ctxt_switches:\t%llu\n", task->nr_involuntary);
}

int proc_pid_status(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);

    status_name(m, task);
    status_identity(m, task);
    if (mm) {
        status_memory(m, mm);
        mm_put(mm);
    }
    status_signals(m, task);
    status_rights(m, task);
    status_cpus(m, task);
    return 0;
}
