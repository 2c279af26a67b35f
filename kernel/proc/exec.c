// SPDX-License-Identifier: MIT
/*
 * execve(2). In two halves. The first opens and checks the program, follows `#!` lines, makes a new
 * address space and copies the strings into its stack; whatever fails there is an errno and the
 * caller is as it was. The second (begin_new_program) ends the other threads and replaces the
 * address space; what fails after that kills the task, since there is nothing to go back to.
 */
#include <kernel/proc/fork.h>

#include "binprm.h"

#include <abi/linux/errno.h>
#include <abi/linux/fcntl.h>
#include <abi/linux/mman.h>
#include <abi/linux/stat.h>
#include <kernel/arch/context.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/fpu.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/random.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/mmap.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/futex.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>
#include <kernel/syscall/syscalls.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/namei.h>

#define MAX_ARG_STRLEN    131072
#define MAX_ARG_STRINGS   0x7fffffff
#define SCRIPT_DEPTH_MAX  5
#define STACK_RANDOM      (1UL << 22) /* pages */
#define MMAP_RANDOM       (1UL << 28)
#define STACK_FIRST_SIZE  (132 * 1024UL)
#define STACK_SPARE       (16 * 1024UL) /* auxiliary vector, random offset */
#define ADDR_NO_RANDOMIZE 0x0040000

/* Strings of the caller: from user memory, or the kernel's own for the first program. */
struct string_vector {
    const char __user *const __user *user;
    const char *const *kernel;
};

/* The i-th pointer; NULL at the end; ERR_PTR. */
static const char *vector_get(const struct string_vector *v, int i)
{
    const char __user *p;

    if (v->kernel)
        return v->kernel[i];
    if (!v->user)
        return NULL;
    return get_user(p, v->user + i) ? ERR_PTR(-EFAULT) : p;
}

static int vector_count(const struct string_vector *v)
{
    for (int i = 0; i < MAX_ARG_STRINGS; i++) {
        const char *p = vector_get(v, i);

        if (IS_ERR(p))
            return (int)PTR_ERR(p);
        if (!p)
            return i;
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return -E2BIG;
}

/* --- strings onto the new stack, downwards --- */

struct exec_limits {
    size_t room; /* bytes that strings and pointers may still take */
};

static int push_kernel_string(struct binprm *bprm, struct exec_limits *limits, const char *s)
{
    size_t size = strlen(s) + 1;

    if (size > MAX_ARG_STRLEN || size > limits->room)
        return -E2BIG;
    limits->room -= size;
    bprm->sp -= size;
    if (mm_stack_extend(bprm->mm, bprm->sp))
        return -ENOMEM;
    return mm_access(bprm->mm, bprm->sp, (void *)s, size, true) == size ? 0 : -ENOMEM;
}

static int push_user_string(struct binprm *bprm, struct exec_limits *limits, const char __user *s,
                            char *chunk)
{
    size_t size = strnlen_user(s, MAX_ARG_STRLEN), done = 0;

    if (!size)
        return -EFAULT;
    if (size > MAX_ARG_STRLEN || size > limits->room)
        return -E2BIG;
    limits->room -= size;
    bprm->sp -= size;
    if (mm_stack_extend(bprm->mm, bprm->sp))
        return -ENOMEM;
    while (done < size) {
        size_t n = min(size - done, PAGE_SIZE);

        if (copy_from_user(chunk, s + done, n))
            return -EFAULT;
        if (mm_access(bprm->mm, bprm->sp + done, chunk, n, true) != n)
            return -ENOMEM;
        done += n;
    }
    /* Another thread may have changed it since it was measured. */
    return mm_access(bprm->mm, bprm->sp + size - 1, "", 1, true) == 1 ? 0 : -ENOMEM;
}

static int push_vector(struct binprm *bprm, struct exec_limits *limits,
                       const struct string_vector *v, int first, int count)
{
    char *chunk = kmalloc(PAGE_SIZE, GFP_KERNEL);
    int error = chunk ? 0 : -ENOMEM;

    for (int i = count - 1; i >= first && !error; i--) {
        const char *p = vector_get(v, i);

        if (IS_ERR(p))
            error = (int)PTR_ERR(p);
        else if (!p)
            error = -EFAULT;
        else if (v->kernel)
            error = push_kernel_string(bprm, limits, p);
        else
            error = push_user_string(bprm, limits, p, chunk);
        if (!error && fatal_signal_pending(current))
            error = -EINTR;
    }
    kfree(chunk);
    return error;
}

/* --- the new address space --- */

static unsigned long random_pages(unsigned long limit)
{
    u64 value;

    if (!(current->flags & TASKF_RANDOMIZE))
        return 0;
    random_bytes(&value, sizeof(value));
    return (value & (limit - 1)) << PAGE_SHIFT;
}

/* The mapping area ends below the stack's largest extent. */
static void choose_layout(struct mm *mm, unsigned long stack_top)
{
    unsigned long gap = rlimit_get(current, RLIMIT_STACK);

    gap = clamp(gap, 128UL << 20, mm->task_size / 6 * 5);
    gap += (STACK_RANDOM << PAGE_SHIFT) + (256 << PAGE_SHIFT);
    mm->mmap_base = ALIGN_DOWN(mm->task_size - gap - random_pages(MMAP_RANDOM), PAGE_SIZE);
    mm->stack_start = stack_top;
}

static int make_space(struct binprm *bprm, bool exec_stack)
{
    unsigned long top = USER_ADDR_MAX - PAGE_SIZE - random_pages(STACK_RANDOM), mapped;
    unsigned long flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN;

    bprm->mm = mm_create();
    if (!bprm->mm)
        return -ENOMEM;
    choose_layout(bprm->mm, top);
    rwsem_write_lock(&bprm->mm->mmap_lock);
    mapped = mmap_region(bprm->mm, NULL, top - STACK_FIRST_SIZE, STACK_FIRST_SIZE,
                         flags | (exec_stack ? VM_EXEC : 0), 0);
    rwsem_write_unlock(&bprm->mm->mmap_lock);
    bprm->sp = top - sizeof(u64); /* a NULL word ends the stack */
    return IS_ERR_VALUE(mapped) ? (int)mapped : 0;
}

/* --- opening --- */

static struct file *open_program(const struct path *path)
{
    struct inode *inode = path->dentry->inode;
    struct file *file;
    int error;

    if (!S_ISREG(inode->mode) || path_noexec(path))
        return ERR_PTR(-EACCES);
    error = inode_permission(inode, MAY_EXEC | MAY_OPEN);
    if (error)
        return ERR_PTR(error);
    file = file_open_path(path, O_RDONLY | O_LARGEFILE | FMODE_EXEC, current_cred());
    if (IS_ERR(file))
        return file;
    error = deny_write_access(file);
    if (error) {
        file_put(file);
        return ERR_PTR(error);
    }
    return file;
}

static void close_program(struct file *file)
{
    allow_write_access(file);
    file_put(file);
}

static struct file *open_kernel_path(const char *name)
{
    struct path path;
    struct file *file;
    int error = path_lookup_kernel(name, LOOKUP_FOLLOW, &path);

    if (error)
        return ERR_PTR(error);
    file = open_program(&path);
    path_put(&path);
    return file;
}

static struct file *open_user_path(int dfd, const char __user *name, int flags)
{
    unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
    struct path path;
    struct file *file;
    int error;

    if (flags & AT_EMPTY_PATH)
        lookup |= LOOKUP_EMPTY;
    error = path_lookup_user(dfd, name, lookup, &path);
    if (error)
        return ERR_PTR(error);
    if (S_ISLNK(path.dentry->inode->mode))
        file = ERR_PTR(-ELOOP);
    else
        file = open_program(&path);
    path_put(&path);
    return file;
}

/* --- scripts --- */

/* What `#!` lines put before the arguments, in order. */
struct script {
    char *words[2 * SCRIPT_DEPTH_MAX + SCRIPT_DEPTH_MAX];
    int nr;
    int depth;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts interpreter and optional argument out of "#!..." in head, in place. */
static int parse_script(char *head, char **interp, char **argument)
{
    char *end = memchr(head, '\n', BINPRM_HEAD_SIZE), *p = head + 2, *word_end;

    if (!end) {
        /* Without a newline the interpreter's name at least must be complete. */
        end = head + strnlen(head, BINPRM_HEAD_SIZE - 1);
        for (word_end = p; is_blank(*word_end); word_end++)
            ;
        while (word_end < end && !is_blank(*word_end))
            word_end++;
        if (word_end == end && end == head + BINPRM_HEAD_SIZE - 1)
            return -ENOEXEC;
    }
    while (end > p && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*p))
        p++;
    if (!*p)
        return -ENOEXEC;
    *interp = p;
    while (*p && !is_blank(*p))
        p++;
    *argument = NULL;
    if (*p) {
        *p++ = '\0';
        while (is_blank(*p))
            p++;
        *argument = *p ? p : NULL;
    }
    return 0;
}

/* Words of an inner script come before those of the outer one. */
static int script_prepend(struct script *script, const char *const *words, int nr)
{
    for (int i = script->nr - 1; i >= 0; i--)
        script->words[i + nr] = script->words[i];
    for (int i = 0; i < nr; i++) {
        script->words[i] = kstrdup(words[i], GFP_KERNEL);
        if (!script->words[i])
            return -ENOMEM;
        if (i >= script->nr + nr)
            break;
    }
    script->nr += nr;
    return 0;
}

static int read_head(struct binprm *bprm)
{
    loff_t pos = 0;
    ssize_t n;

    memset(bprm->head, 0, sizeof(bprm->head));
    n = file_read_kernel(bprm->file, bprm->head, sizeof(bprm->head) - 1, &pos);
    return n < 0 ? (int)n : 0;
}

/* Follows `#!` lines until the file is none. name: what the script is called to its interpreter. */
static int resolve_scripts(struct binprm *bprm, struct script *script, const char *name)
{
    int error;

    for (;;) {
        const char *words[3];
        char *interp, *argument;
        struct file *next;
        int nr = 0;

        error = read_head(bprm);
        if (error || bprm->head[0] != '#' || bprm->head[1] != '!')
            return error;
        if (++script->depth > SCRIPT_DEPTH_MAX)
            return -ELOOP;
        error = parse_script(bprm->head, &interp, &argument);
        if (error)
            return error;
        words[nr++] = interp;
        if (argument)
            words[nr++] = argument;
        /* The outermost script's name takes the place of argv[0]; an inner one's is there already.
         */
        if (script->depth == 1)
            words[nr++] = name;
        error = script_prepend(script, words, nr);
        if (error)
            return error;
        next = open_kernel_path(script->words[0]);
        if (IS_ERR(next))
            return (int)PTR_ERR(next);
        close_program(bprm->file);
        bprm->file = next;
    }
}

/* --- credentials of the new program (execve(2), capabilities(7)) --- */

static void root_gets_capabilities(struct cred *cred, bool setuid_root)
{
    if (cred->euid == 0 || cred->uid == 0 || setuid_root) {
        cred->cap_permitted = cred->cap_bounding | cred->cap_inheritable;
        cred->cap_effective = cred->euid == 0 ? cred->cap_permitted : 0;
        return;
    }
    cred->cap_permitted = cred->cap_ambient;
    cred->cap_effective = cred->cap_ambient;
}

static int prepare_creds(struct binprm *bprm)
{
    struct inode *inode = bprm->file->inode;
    struct cred *cred = cred_prepare();
    const struct cred *old = current->cred;

    if (!cred)
        return -ENOMEM;
    bprm->cred = cred;
    if (!path_nosuid(&bprm->file->path) && !current->no_new_privs) {
        if (inode->mode & S_ISUID)
            cred->euid = inode->uid;
        if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
            cred->egid = inode->gid;
    }
    if (cred->euid != old->euid || cred->egid != old->egid)
        cred->cap_ambient = 0;
    root_gets_capabilities(cred, false);
    cred->suid = cred->fsuid = cred->euid;
    cred->sgid = cred->fsgid = cred->egid;
    bprm->secure = cred->euid != cred->uid || cred->egid != cred->gid;
    return 0;
}

/* --- the point of no return --- */

static void set_comm(const char *filename)
{
    const char *base = strrchr(filename, '/');

    spin_lock(&current->alloc_lock);
    strscpy(current->comm, base ? base + 1 : filename, sizeof(current->comm));
    spin_unlock(&current->alloc_lock);
}

static void replace_mm(struct mm *mm)
{
    struct mm *old = current->mm, *old_active = current->active_mm;

    exec_mm_release();
    spin_lock(&current->alloc_lock);
    local_irq_disable();
    current->mm = mm;
    current->active_mm = mm;
    arch_switch_mm(old_active, mm);
    local_irq_enable();
    spin_unlock(&current->alloc_lock);
    if (old)
        mm_put(old);
    else if (old_active)
        mm_drop(old_active);
}

/* 0, or -errno while nothing has been changed yet; later failures kill. */
static int begin_new_program(struct binprm *bprm, const char *comm)
{
    int error = signal_kill_other_threads();

    if (error)
        return error;
    futex_exit_robust(current);
    bprm->mm->exe_file = file_get(bprm->file);
    replace_mm(bprm->mm);
    bprm->mm = NULL;
    current->flags &= ~(TASKF_FORKNOEXEC | TASKF_KTHREAD);
    current->clear_child_tid = NULL;
    current->robust_list = NULL;
    current->rseq = NULL;
    current->personality &= ~0x0400000UL;
    set_comm(comm);
    if (signal_exec() || fpu_restore_from_user(NULL))
        return 1;
    files_close_on_exec(current->files);
    cred_commit(bprm->cred);
    bprm->cred = NULL;
    current->mm->dumpable = !bprm->secure;
    if (bprm->secure)
        current->pdeath_signal = 0;
    current->exit_signal = SIGCHLD;
    return 0;
}

/* --- the whole --- */

static int load_images(struct binprm *bprm)
{
    char *path;
    ssize_t len;
    int error = elf_open(&bprm->elf, bprm->file, false);

    if (error)
        return error;
    path = kmalloc(PATH_MAX, GFP_KERNEL);
    if (!path)
        return -ENOMEM;
    len = elf_interp_path(&bprm->elf, path, PATH_MAX);
    if (len > 0) {
        struct file *interp = open_kernel_path(path);

        error = IS_ERR(interp) ? (int)PTR_ERR(interp) : elf_open(&bprm->interp, interp, true);
        if (error && !IS_ERR(interp)) {
            close_program(interp);
            bprm->interp.file = NULL;
        }
    } else {
        error = (int)len;
    }
    kfree(path);
    return error;
}

static int copy_strings(struct binprm *bprm, const struct string_vector *argv,
                        const struct string_vector *envp, const struct script *script)
{
    struct exec_limits limits;
    int argc = vector_count(argv), envc = vector_count(envp), error, skip = script->nr ? 1 : 0;
    unsigned long stack_limit = rlimit_get(current, RLIMIT_STACK);
    size_t pointers;

    if (argc < 0 || envc < 0)
        return argc < 0 ? argc : envc;
    /* A quarter of the stack, at least 128 KiB, at most 6 MiB. */
    limits.room = clamp(stack_limit / 4, 131072UL, 6UL << 20);
    pointers = ((size_t)argc + (size_t)envc + (size_t)script->nr) * sizeof(u64);
    if (pointers > limits.room)
        return -E2BIG;
    limits.room -= pointers;
    error = push_kernel_string(bprm, &limits, bprm->filename);
    bprm->filename_at = bprm->sp;
    if (!error)
        error = push_vector(bprm, &limits, envp, 0, envc);
    bprm->env_start = bprm->sp;
    if (!error)
        error = push_vector(bprm, &limits, argv, skip, argc);
    for (int i = script->nr - 1; i >= 0 && !error; i--)
        error = push_kernel_string(bprm, &limits, script->words[i]);
    if (!error && !argc && !script->nr) {
        /* A program finds at least an empty argv[0]. */
        error = push_kernel_string(bprm, &limits, "");
        argc = 1;
    }
    bprm->arg_start = bprm->sp;
    bprm->argc = script->nr + max(argc - skip, 0);
    bprm->envc = envc;
    if (!error && mm_stack_extend(bprm->mm, bprm->sp - pointers - STACK_SPARE))
        error = -ENOMEM;
    return error;
}

static void binprm_release(struct binprm *bprm, struct script *script)
{
    for (int i = 0; i < script->nr; i++)
        kfree(script->words[i]);
    elf_close(&bprm->elf);
    elf_close(&bprm->interp);
    if (bprm->interp.file)
        close_program(bprm->interp.file);
    if (bprm->mm)
        mm_put(bprm->mm);
    if (bprm->cred)
        cred_abort(bprm->cred);
    if (bprm->file)
        close_program(bprm->file);
}

/* file's reference is consumed. */
static int exec_file(struct file *file, const char *filename, const struct string_vector *argv,
                     const struct string_vector *envp)
{
    struct binprm *bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
    struct script script = {};
    int error;

    if (!bprm) {
        close_program(file);
        return -ENOMEM;
    }
    bprm->file = file;
    bprm->filename = filename;
    if (current->personality & ADDR_NO_RANDOMIZE)
        current->flags &= ~TASKF_RANDOMIZE;
    else
        current->flags |= TASKF_RANDOMIZE;
    error = resolve_scripts(bprm, &script, filename);
    if (!error)
        error = load_images(bprm);
    if (!error)
        error = prepare_creds(bprm);
    if (!error)
        error = make_space(bprm, bprm->elf.exec_stack);
    if (!error)
        error = copy_strings(bprm, argv, envp, &script);
    if (!error)
        error = begin_new_program(bprm, filename);
    if (!error) {
        error = elf_start(bprm, task_regs(current));
        if (error)
            error = 1;
    }
    binprm_release(bprm, &script);
    kfree(bprm);
    if (error > 0) {
        force_fatal_sig(SIGSEGV);
        error = -ENOEXEC;
    }
    return error;
}

int exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
    struct string_vector args = {.kernel = argv}, env = {.kernel = envp};
    struct file *file = open_kernel_path(path);

    return IS_ERR(file) ? (int)PTR_ERR(file) : exec_file(file, path, &args, &env);
}

static long exec_user(int dfd, const char __user *uname, const char __user *const __user *argv,
                      const char __user *const __user *envp, int flags)
{
    struct string_vector args = {.user = argv}, env = {.user = envp};
    struct file *file = open_user_path(dfd, uname, flags);
    char *name;
    long error;

    if (IS_ERR(file))
        return PTR_ERR(file);
    name = path_name_get(uname, flags & AT_EMPTY_PATH);
    if (IS_ERR(name)) {
        close_program(file);
        return PTR_ERR(name);
    }
    if (!*name || (dfd != AT_FDCWD && *name != '/')) {
        char *text = kmalloc(PATH_MAX, GFP_KERNEL);

        error = -ENOMEM;
        if (text) {
            snprintf(text, PATH_MAX, *name ? "/dev/fd/%d/%s" : "/dev/fd/%d", dfd, name);
            error = exec_file(file, text, &args, &env);
            kfree(text);
        } else {
            close_program(file);
        }
    } else {
        error = exec_file(file, name, &args, &env);
    }
    path_name_put(name);
    return error;
}

long sys_execve(const char __user *path, const char __user *const __user *argv,
                const char __user *const __user *envp)
{
    return exec_user(AT_FDCWD, path, argv, envp, 0);
}

long sys_execveat(int dfd, const char __user *path, const char __user *const __user *argv,
                  const char __user *const __user *envp, int flags)
{
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    return exec_user(dfd, path, argv, envp, flags);
}
