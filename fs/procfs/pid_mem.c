/* SPDX-License-Identifier: MIT */
/* What is in a process's memory: cmdline, environ, auxv, maps, mem, exe. */
#include "procfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/namei.h>
#include <kernel/vfs/seq_file.h>

#define STRINGS_MAX      (2UL << 20) /* what is shown of arguments and environment */
#define MAPS_NAME_COLUMN 73

/* --- strings of the program --- */

static char *page_get_buffer(void)
{
    return kmalloc(PAGE_SIZE, GFP_KERNEL);
}

/* Copies [start, end) of @mm, as far as it is there. The last byte, or -1 when nothing was copied.
 */
static int strings_copy(struct seq_file *m, struct mm *mm, unsigned long start, unsigned long end,
                        char *buf)
{
    int last = -1;

    end = min(end, start + STRINGS_MAX);
    while (start < end) {
        size_t want = min(end - start, PAGE_SIZE), got = mm_access(mm, start, buf, want, false);

        if (!got)
            break;
        seq_write(m, buf, got);
        last = (u8)buf[got - 1];
        start += got;
    }
    return last;
}

/*
 * A program that writes its title over its arguments may run over into the environment: then what
 * is there ends with the first NUL.
 */
static void title_rest(struct seq_file *m, struct mm *mm, char *buf)
{
    size_t want = min(mm->env_end - mm->env_start, PAGE_SIZE);
    size_t got = mm_access(mm, mm->env_start, buf, want, false);

    seq_write(m, buf, strnlen(buf, got));
}

int proc_pid_cmdline(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    char *buf;

    if (!mm)
        return 0;
    buf = page_get_buffer();
    if (buf) {
        int last = strings_copy(m, mm, mm->arg_start, mm->arg_end, buf);

        if (last > 0 && mm->env_start == mm->arg_end)
            title_rest(m, mm, buf);
    }
    kfree(buf);
    mm_put(mm);
    return buf ? 0 : -ENOMEM;
}

int proc_pid_environ(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    char *buf;

    if (!mm)
        return 0;
    buf = page_get_buffer();
    if (buf)
        strings_copy(m, mm, mm->env_start, mm->env_end, buf);
    kfree(buf);
    mm_put(mm);
    return buf ? 0 : -ENOMEM;
}

int proc_pid_auxv(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    size_t n = 0;

    if (!mm)
        return 0;
    /* Pairs up to and with AT_NULL. */
    do
        n += 2;
    while (n < ARRAY_SIZE(mm->auxv) && mm->auxv[n - 2]);
    seq_write(m, mm->auxv, n * sizeof(mm->auxv[0]));
    mm_put(mm);
    return 0;
}

/* --- maps --- */

/* What an area without a file is for; NULL: nothing in particular. */
static const char *area_name(const struct mm *mm, struct vm_area *vma)
{
    const char *name = vma->ops && vma->ops->name ? vma->ops->name(vma) : NULL;

    if (name)
        return name;
    if (vma->start <= mm->brk && vma->end >= mm->brk_start && mm->brk > mm->brk_start)
        return "[heap]";
    if (vma->start <= mm->stack_start && vma->end >= mm->stack_start)
        return "[stack]";
    return NULL;
}

static void maps_line(struct seq_file *m, const struct mm *mm, struct vm_area *vma)
{
    const struct inode *inode = vma->file ? vma->file->inode : NULL;
    dev_t dev = inode ? inode->sb->dev : 0;
    char text[128];
    int len = snprintf(
        text, sizeof(text), "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %llu ", vma->start, vma->end,
        vma->flags & VM_READ ? 'r' : '-', vma->flags & VM_WRITE ? 'w' : '-',
        vma->flags & VM_EXEC ? 'x' : '-', vma->flags & VM_MAYSHARE ? 's' : 'p',
        inode ? vma->pgoff << PAGE_SHIFT : 0ULL, MAJOR(dev), MINOR(dev), inode ? inode->ino : 0ULL);
    const char *name = inode ? NULL : area_name(mm, vma);

    seq_puts(m, text);
    if (inode || name) {
        for (; len < MAPS_NAME_COLUMN; len++)
            seq_putc(m, ' ');
        if (inode)
            seq_path(m, &vma->file->path, "\n");
        else
            seq_puts(m, name);
    }
    seq_putc(m, '\n');
}

int proc_pid_maps(struct seq_file *m, struct task *task)
{
    struct mm *mm = mm_of_task(task);
    struct vm_area *vma;

    if (!mm)
        return 0;
    rwsem_read_lock(&mm->mmap_lock);
    for (vma = vma_first(mm); vma; vma = vma_next(vma))
        maps_line(m, mm, vma);
    rwsem_read_unlock(&mm->mmap_lock);
    mm_put(mm);
    return 0;
}

/* --- mem --- */

static int mem_open(struct inode *inode, struct file *file)
{
    struct task *task = proc_task_get(inode);
    struct mm *mm = NULL;
    int err = -ESRCH;

    if (task) {
        err = proc_may_access(task) ? 0 : -EACCES;
        mm = err ? NULL : mm_of_task(task);
        task_put(task);
    }
    if (err)
        return err;
    /* The structure is kept, not what is mapped: an open file does not keep a dead program's
     * memory. */
    if (mm) {
        mm_hold(mm);
        mm_put(mm);
    }
    file->private = mm;
    return 0;
}

static int mem_release(struct inode *inode, struct file *file)
{
    if (file->private)
        mm_drop(file->private);
    return 0;
}

/* One page at most of another's memory to or from current's. Bytes, or -errno. */
static ssize_t mem_copy(struct mm *mm, unsigned long at, char __user *user, size_t count, char *buf,
                        bool write)
{
    size_t got;

    if (write && copy_from_user(buf, user, count))
        return -EFAULT;
    got = mm_access(mm, at, buf, count, write);
    if (!got)
        return -EIO;
    if (!write && copy_to_user(user, buf, got))
        return -EFAULT;
    return (ssize_t)got;
}

static ssize_t mem_rw(struct file *file, char __user *user, size_t count, loff_t *pos, bool write)
{
    struct mm *mm = file->private;
    size_t done = 0;
    ssize_t got = 0;
    char *buf;

    if (!mm || !atomic_inc_not_zero(&mm->users))
        return 0;
    buf = page_get_buffer();
    while (buf && done < count) {
        size_t n = min(count - done, PAGE_SIZE);

        got = mem_copy(mm, (unsigned long)*pos, user + done, n, buf, write);
        if (got <= 0)
            break;
        done += (size_t)got;
        *pos += got;
    }
    kfree(buf);
    mm_put(mm);
    if (done)
        return (ssize_t)done;
    return buf ? got : -ENOMEM;
}

static ssize_t mem_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    return mem_rw(file, buf, count, pos, false);
}

static ssize_t mem_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    return mem_rw(file, (char __user *)buf, count, pos, true);
}

/* Positions are addresses: any is good. */
static loff_t mem_llseek(struct file *file, loff_t offset, int whence)
{
    switch (whence) {
    case SEEK_SET: file->pos = offset; break;
    case SEEK_CUR: file->pos += offset; break;
    default: return -EINVAL;
    }
    return file->pos;
}

const struct file_operations proc_pid_mem_fops = {
    .llseek = mem_llseek,
    .read = mem_read,
    .write = mem_write,
    .open = mem_open,
    .release = mem_release,
};

/* --- exe --- */

int proc_pid_exe(struct task *task, struct path *path)
{
    struct mm *mm = mm_of_task(task);
    struct file *exe;

    if (!mm)
        return -ENOENT;
    rcu_read_lock();
    exe = rcu_dereference(mm->exe_file);
    if (exe && !atomic64_inc_not_zero(&exe->refcount))
        exe = NULL;
    rcu_read_unlock();
    mm_put(mm);
    if (!exe)
        return -ENOENT;
    *path = exe->path;
    path_get(path);
    file_put(exe);
    return 0;
}
