/* SPDX-License-Identifier: MIT */
/*
 * Out of memory: when reclaim has nothing left, a process has to go.
 *
 * The one whose end gives most back: its resident pages and its page tables, shifted by
 * oom_score_adj thousandths of memory (-1000: never). Kernel threads and process 1 are spared. All
 * processes that share the victim's address space die with it. While a victim is still on its way
 * out nobody else is chosen: its memory is about to come; only when it does not leave within a
 * while is the next one taken.
 *
 * Locking: oom_lock keeps it to one choice at a time; tasks are walked under RCU.
 */
#define LOG_PREFIX ""

#include <kernel/mm/oom.h>

#include "internal.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/mm/mm.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/mutex.h>
#include <kernel/time/clock.h>

#define OOM_SCORE_ADJ_MIN -1000
#define VICTIM_GRACE_NS   (5 * NSEC_PER_SEC)

static DEFINE_MUTEX(oom_lock);
static pid_t victim_pid; /* oom_lock: who was killed last */
static u64 victim_ns;    /* oom_lock: when */

static s64 pages_of(const struct mm *mm)
{
    return atomic64_read(&mm->rss_anon) + atomic64_read(&mm->rss_file) +
           atomic64_read(&mm->rss_shmem) + atomic64_read(&mm->table_bytes) / (s64)PAGE_SIZE;
}

/* Points of a process; 0: not to be killed. RCU read section. */
static s64 badness(struct task *task, unsigned long total_pages)
{
    int adj = READ_ONCE(task->signal->oom_score_adj);
    s64 points = 0;

    if (task->flags & TASKF_KTHREAD || task->pid == 1 || adj == OOM_SCORE_ADJ_MIN)
        return 0;
    spin_lock(&task->alloc_lock);
    if (task->mm)
        points = pages_of(task->mm);
    spin_unlock(&task->alloc_lock);
    if (points == 0)
        return 0;
    points += (s64)adj * (s64)total_pages / 1000;
    return points > 0 ? points : 1;
}

#define for_each_process_rcu(task)                                                                 \
    for ((task) = list_entry(rcu_dereference(init_task.tasks_link.next), struct task, tasks_link); \
         (task) != &init_task;                                                                     \
         (task) = list_entry(rcu_dereference((task)->tasks_link.next), struct task, tasks_link))

/* The worst process, with a reference; NULL. *waiting: the last victim has not gone yet. */
static struct task *choose(bool *waiting)
{
    unsigned long total = nr_total_pages();
    struct task *task, *worst = NULL;
    s64 most = 0;

    *waiting = false;
    rcu_read_lock();
    for_each_process_rcu(task)
    {
        s64 points = badness(task, total);

        if (points && task->pid == victim_pid && ktime_ns() - victim_ns < VICTIM_GRACE_NS)
            *waiting = true;
        if (points > most && task->pid != victim_pid) {
            most = points;
            worst = task;
        }
    }
    if (worst)
        task_get(worst);
    rcu_read_unlock();
    return worst;
}

static void report(struct task *victim, const struct mm *mm)
{
    pr_warn("%s invoked oom-killer: gfp_mask=0x%x, order=0, oom_score_adj=%d\n", current->comm,
            GFP_USER, current->signal->oom_score_adj);
    pr_warn("Mem-Info: free:%lukB anon:%lukB file:%lukB slab:%lukB\n", nr_free_pages() * 4,
            vm_counter_read(NR_ANON_MAPPED) * 4, vm_counter_read(NR_FILE_PAGES) * 4,
            (vm_counter_read(NR_SLAB_UNRECLAIMABLE) + vm_counter_read(NR_SLAB_RECLAIMABLE)) * 4);
    pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%llukB, "
           "file-rss:%llukB, shmem-rss:%llukB, pgtables:%llukB oom_score_adj:%d\n",
           victim->pid, victim->comm, mm->total_pages * 4, atomic64_read(&mm->rss_anon) * 4,
           atomic64_read(&mm->rss_file) * 4, atomic64_read(&mm->rss_shmem) * 4,
           atomic64_read(&mm->table_bytes) >> 10, victim->signal->oom_score_adj);
}

static void kill_sharers(const struct mm *mm)
{
    struct task *task;

    rcu_read_lock();
    for_each_process_rcu(task) if (READ_ONCE(task->mm) == mm && task->pid != 1 &&
                                   !(task->flags & TASKF_KTHREAD))(void)
        signal_send(SIGKILL, SEND_SIG_PRIV, task, PIDTYPE_TGID);
    rcu_read_unlock();
}

static void kill_victim(struct task *victim)
{
    struct mm *mm = mm_of_task(victim);

    if (!mm)
        return; /* gone by itself */
    report(victim, mm);
    victim_pid = victim->pid;
    victim_ns = ktime_ns();
    vm_counter_inc(OOM_KILL);
    (void)signal_send(SIGKILL, SEND_SIG_PRIV, victim, PIDTYPE_TGID);
    kill_sharers(mm);
    mm_put(mm);
}

void oom_kill_someone(void)
{
    struct task *victim;
    bool waiting;

    /* Somebody else is choosing: wait for the effect rather than for the lock. */
    if (!mutex_trylock(&oom_lock)) {
        msleep(1);
        return;
    }
    victim = choose(&waiting);
    if (!victim && !waiting)
        panic("Out of memory and no killable processes");
    if (victim && !waiting)
        kill_victim(victim);
    mutex_unlock(&oom_lock);
    if (victim)
        task_put(victim);
    /* Give the victim the time to let go. */
    if (!fatal_signal_pending(current))
        msleep(waiting ? 10 : 1);
}
