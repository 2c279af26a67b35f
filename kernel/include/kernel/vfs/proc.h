/* SPDX-License-Identifier: MIT */
/*
 * How any part of the kernel puts a file into /proc: it describes it here, and procfs, which stands
 * above the kernel, finds the description in a linker section.
 *
 *     static int slabinfo_show(struct seq_file *m, void *arg) { seq_printf(m, ...); return 0; }
 *     static const struct proc_file slabinfo = {.path = "slabinfo", .mode = 0400, .show =
 * slabinfo_show}; PROC_FILE(slabinfo);
 *
 * Directories on the way are made. Functions run in task context and may sleep.
 */
#ifndef KERNEL_VFS_PROC_H
#define KERNEL_VFS_PROC_H

#include <kernel/base/registry.h>
#include <kernel/types.h>

struct file_operations;
struct seq_file;
struct seq_operations;

/* One of show, seq, link and fops. */
struct proc_file {
    const char *path; /* below /proc: "tty/drivers" */
    umode_t mode;     /* permission bits; 0: 0444, of links 0777 */
    /* The whole text at once; 0 or -errno. */
    int (*show)(struct seq_file *m, void *arg);
    /* Record by record; arg is seq_file.private. */
    const struct seq_operations *seq;
    /* What was written, NUL-terminated and without the last newline: 0 or -errno. With show. */
    int (*store)(const char *text, size_t len, void *arg);
    const char *link; /* a symbolic link's body */
    const struct file_operations *fops;
    void *arg;
};
SECTION_ARRAY_DECLARE(const struct proc_file, proc_files);
#define PROC_FILE(var) SECTION_ARRAY_ADD(const struct proc_file, proc_files, var)

/* A value of /proc/sys, read and written as text. */
enum sysctl_type {
    SYSCTL_INT,    /* int, min..max */
    SYSCTL_UINT,   /* unsigned int */
    SYSCTL_ULONG,  /* unsigned long */
    SYSCTL_STRING, /* char[size] */
    SYSCTL_CALL,   /* get and set below */
};
struct sysctl {
    const char *path; /* below /proc/sys: "kernel/pid_max" */
    umode_t mode;     /* 0: 0644 */
    enum sysctl_type type;
    void *value;
    size_t size;    /* SYSCTL_STRING */
    long min, max;  /* of numbers, when max > min */
    unsigned int n; /* numbers in a row; 0: one */
    /* SYSCTL_CALL. get writes text with its newline, returns its length; set may be NULL. */
    ssize_t (*get)(const struct sysctl *entry, char *buf, size_t size);
    int (*set)(const struct sysctl *entry, const char *text);
};
SECTION_ARRAY_DECLARE(const struct sysctl, sysctls);
#define SYSCTL(var) SECTION_ARRAY_ADD(const struct sysctl, sysctls, var)

#endif
