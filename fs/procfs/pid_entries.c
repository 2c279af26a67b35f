/* SPDX-License-Identifier: MIT */
/* The names below /proc/PID, in the order in which they are listed. */
#include "procfs.h"

#define SHOW(n, m, fn)                                                               \
    {                                                                                \
        .name = (n), .kind = PID_SHOW, .mode = (m), .show = (fn), .thread_too = true \
    }
#define SHOW_STORE(n, m, fn, st)                                                 \
    {                                                                            \
        .name = (n), .kind = PID_SHOW, .mode = (m), .show = (fn), .store = (st), \
        .thread_too = true                                                       \
    }
#define PRIVATE(n, m, fn)                                                             \
    {                                                                                 \
        .name = (n), .kind = PID_SHOW, .mode = (m), .show = (fn), .thread_too = true, \
        .private = true                                                               \
    }
#define LINK(n, fn)                                                     \
    {                                                                   \
        .name = (n), .kind = PID_LINK, .path = (fn), .thread_too = true \
    }
#define FILE_OPS(n, m, f)                                                            \
    {                                                                                \
        .name = (n), .kind = PID_FOPS, .mode = (m), .fops = &(f), .thread_too = true \
    }
#define DIR(n, m, i, f, t)                                                                       \
    {                                                                                            \
        .name = (n), .kind = PID_DIR, .mode = (m), .iops = &(i), .fops = &(f), .thread_too = (t) \
    }

const struct pid_entry proc_pid_entries[] = {
    DIR("task", 0555, proc_task_iops, proc_task_fops, false),
    DIR("fd", 0500, proc_fd_iops, proc_fd_fops, true),
    DIR("fdinfo", 0555, proc_fdinfo_iops, proc_fdinfo_fops, true),
    PRIVATE("environ", 0400, proc_pid_environ),
    PRIVATE("auxv", 0400, proc_pid_auxv),
    SHOW("status", 0444, proc_pid_status),
    PRIVATE("personality", 0400, proc_pid_personality),
    SHOW("limits", 0444, proc_pid_limits),
    SHOW("sched", 0444, proc_pid_sched),
    SHOW_STORE("comm", 0644, proc_pid_comm, proc_pid_comm_store),
    SHOW("cmdline", 0444, proc_pid_cmdline),
    {.name = "stat",
     .kind = PID_SHOW,
     .mode = 0444,
     .show = proc_pid_stat,
     .thread_show = proc_tid_stat,
     .thread_too = true},
    SHOW("statm", 0444, proc_pid_statm),
    PRIVATE("maps", 0444, proc_pid_maps),
    FILE_OPS("mem", 0600, proc_pid_mem_fops),
    LINK("cwd", proc_pid_cwd),
    LINK("root", proc_pid_root),
    LINK("exe", proc_pid_exe),
    FILE_OPS("mounts", 0444, proc_pid_mounts_fops),
    FILE_OPS("mountinfo", 0444, proc_pid_mountinfo_fops),
    FILE_OPS("mountstats", 0400, proc_pid_mountstats_fops),
    SHOW("wchan", 0444, proc_pid_wchan),
    SHOW("schedstat", 0444, proc_pid_schedstat),
    SHOW("cgroup", 0444, proc_pid_cgroup),
    SHOW("oom_score", 0444, proc_pid_oom_score),
    SHOW("oom_adj", 0444, proc_pid_oom_adj),
    SHOW_STORE("oom_score_adj", 0644, proc_pid_oom_score_adj, proc_pid_oom_score_adj_store),
    PRIVATE("io", 0400, proc_pid_io),
    SHOW("timerslack_ns", 0444, proc_pid_timerslack),
};
const unsigned int proc_nr_pid_entries = sizeof(proc_pid_entries) / sizeof(proc_pid_entries[0]);
