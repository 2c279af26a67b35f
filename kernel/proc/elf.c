// SPDX-License-Identifier: MIT
/*
 * ELF programs: checked as a whole before anything is changed (elf_open), then mapped (elf_start).
 * The kernel maps the program's segments and, if it names an interpreter (ld.so), that one too and
 * starts it; everything else of dynamic linking is user space's.
 */
#include "binprm.h"

#include <abi/linux/errno.h>
#include <abi/linux/mman.h>
#include <kernel/arch/context.h>
#include <kernel/arch/elf.h>
#include <kernel/arch/fpu.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/random.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/mmap.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/cred.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/file.h>

/* Where position-independent programs go: two thirds up, and up to 2^28 pages higher. */
#define PIE_BASE   0x555555554000UL
#define PIE_RANDOM (1UL << 28)

static int read_exact(struct file *file, void *buf, size_t size, u64 offset)
{
    loff_t pos = (loff_t)offset;
    ssize_t n;

    if (offset > INT64_MAX - size)
        return -ENOEXEC;
    n = file_read_kernel(file, buf, size, &pos);
    if (n < 0)
        return (int)n;
    return (size_t)n == size ? 0 : -ENOEXEC;
}

static bool header_ok(const struct elf64_header *h)
{
    return !memcmp(h->ident, ELF_MAGIC, 4) && h->ident[4] == ELF_CLASS64 &&
           h->ident[5] == ELF_DATA_LSB && (h->type == ELF_ET_EXEC || h->type == ELF_ET_DYN) &&
           h->machine == ELF_EM_X86_64 && h->phentsize == sizeof(struct elf64_phdr) &&
           h->phnum > 0 && h->phnum <= BINPRM_MAX_PHDRS;
}

static bool segment_ok(const struct elf64_phdr *p)
{
    return p->filesz <= p->memsz && p->vaddr + p->memsz >= p->vaddr &&
           p->vaddr + p->memsz <= USER_ADDR_MAX && p->offset + p->filesz >= p->offset &&
           ((p->vaddr ^ p->offset) & ~PAGE_MASK) == 0;
}

/* Checks the segments; finds their span and the stack's permission. */
static int survey(struct elf_file *elf)
{
    u64 last_end = 0;
    bool any = false;

    elf->exec_stack = false;
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct elf64_phdr *p = &elf->phdrs[i];

        if (p->type == ELF_PT_GNU_STACK)
            elf->exec_stack = p->flags & ELF_PF_X;
        if (p->type != ELF_PT_LOAD || !p->memsz)
            continue;
        if (!segment_ok(p) || (any && p->vaddr < last_end))
            return -ENOEXEC;
        if (!any)
            elf->span_start = p->vaddr & PAGE_MASK;
        any = true;
        last_end = p->vaddr + p->memsz;
        elf->span_end = ALIGN(last_end, PAGE_SIZE);
    }
    return any ? 0 : -ENOEXEC;
}

int elf_open(struct elf_file *elf, struct file *file, bool is_interp)
{
    size_t size;
    int error;

    elf->file = file;
    elf->phdrs = NULL;
    error = read_exact(file, &elf->header, sizeof(elf->header), 0);
    if (error)
        return is_interp && error == -ENOEXEC ? -ELIBBAD : error;
    if (!header_ok(&elf->header))
        return is_interp ? -ELIBBAD : -ENOEXEC;
    size = elf->header.phnum * sizeof(struct elf64_phdr);
    elf->phdrs = kmalloc(size, GFP_KERNEL);
    if (!elf->phdrs)
        return -ENOMEM;
    error = read_exact(file, elf->phdrs, size, elf->header.phoff);
    if (!error)
        error = survey(elf);
    if (error)
        elf_close(elf);
    return error;
}

void elf_close(struct elf_file *elf)
{
    kfree(elf->phdrs);
    elf->phdrs = NULL;
}

ssize_t elf_interp_path(const struct elf_file *elf, char *buf, size_t size)
{
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct elf64_phdr *p = &elf->phdrs[i];
        int error;

        if (p->type != ELF_PT_INTERP)
            continue;
        if (p->filesz < 2 || p->filesz > size)
            return -ENOEXEC;
        error = read_exact(elf->file, buf, p->filesz, p->offset);
        if (error)
            return error;
        if (buf[p->filesz - 1] != '\0')
            return -ENOEXEC;
        return (ssize_t)p->filesz - 1;
    }
    return 0;
}

/* --- mapping --- */

static unsigned long segment_flags(const struct elf64_phdr *p)
{
    return (p->flags & ELF_PF_R ? VM_READ : 0) | (p->flags & ELF_PF_W ? VM_WRITE : 0) |
           (p->flags & ELF_PF_X ? VM_EXEC : 0) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
}

/* The part of a segment that the file provides, and the zeroes behind it on its last page. */
static int map_file_part(struct elf_file *elf, const struct elf64_phdr *p, unsigned long bias)
{
    unsigned long start = (p->vaddr + bias) & PAGE_MASK, end = p->vaddr + bias + p->filesz;
    unsigned long mapped;

    if (!p->filesz)
        return 0;
    mapped = mmap_region(current->mm, elf->file, start, ALIGN(end, PAGE_SIZE) - start,
                         segment_flags(p), (p->offset & PAGE_MASK) >> PAGE_SHIFT);
    return IS_ERR_VALUE(mapped) ? (int)mapped : 0;
}

static int map_zero_part(const struct elf64_phdr *p, unsigned long bias)
{
    unsigned long start = ALIGN(p->vaddr + bias + p->filesz, PAGE_SIZE);
    unsigned long end = ALIGN(p->vaddr + bias + p->memsz, PAGE_SIZE), mapped;

    if (!p->filesz)
        start = (p->vaddr + bias) & PAGE_MASK;
    if (start >= end)
        return 0;
    mapped = mmap_region(current->mm, NULL, start, end - start, segment_flags(p), 0);
    return IS_ERR_VALUE(mapped) ? (int)mapped : 0;
}

static int map_segment(struct elf_file *elf, const struct elf64_phdr *p, unsigned long bias)
{
    unsigned long end = p->vaddr + bias + p->filesz, tail = ALIGN(end, PAGE_SIZE) - end;
    int error;

    rwsem_write_lock(&current->mm->mmap_lock);
    error = map_file_part(elf, p, bias);
    if (!error)
        error = map_zero_part(p, bias);
    rwsem_write_unlock(&current->mm->mmap_lock);
    if (error)
        return error;
    /* A segment that is not writable cannot have zeroes of its own on a file page. */
    if (p->memsz > p->filesz && p->filesz && tail && p->flags & ELF_PF_W &&
        clear_user((void __user *)end, tail))
        return -EFAULT;
    return 0;
}

static int map_all(struct elf_file *elf, unsigned long bias)
{
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        int error;

        if (elf->phdrs[i].type != ELF_PT_LOAD || !elf->phdrs[i].memsz)
            continue;
        error = map_segment(elf, &elf->phdrs[i], bias);
        if (error)
            return error;
    }
    return 0;
}

static unsigned long random_pages(unsigned long limit)
{
    u64 value;

    if (!(current->flags & TASKF_RANDOMIZE))
        return 0;
    random_bytes(&value, sizeof(value));
    return (value & (limit - 1)) << PAGE_SHIFT;
}

/* The largest power-of-two alignment a segment asks for. */
static unsigned long max_align(const struct elf_file *elf)
{
    unsigned long align = PAGE_SIZE;

    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        u64 a = elf->phdrs[i].align;

        if (elf->phdrs[i].type == ELF_PT_LOAD && is_power_of_2(a) && a > align && a <= PUD_SIZE)
            align = a;
    }
    return align;
}

/* What to add to the file's addresses. */
static int choose_bias(const struct elf_file *elf, bool has_interp, unsigned long *bias)
{
    unsigned long span = elf->span_end - elf->span_start, base, align = max_align(elf);

    *bias = 0;
    if (elf->header.type == ELF_ET_EXEC)
        return elf->span_start < 65536 && !capable(CAP_SYS_RAWIO) ? -EPERM : 0;
    if (has_interp) {
        base = PIE_BASE + random_pages(PIE_RANDOM);
    } else {
        rwsem_read_lock(&current->mm->mmap_lock);
        base = mmap_find_free(current->mm, 0, span + align - PAGE_SIZE);
        rwsem_read_unlock(&current->mm->mmap_lock);
        if (IS_ERR_VALUE(base))
            return (int)base;
    }
    *bias = ALIGN(base, align) - ALIGN_DOWN(elf->span_start, align);
    return 0;
}

/* Where the program headers are in memory, for AT_PHDR; 0: in no segment. */
static unsigned long phdr_address(const struct elf_file *elf, unsigned long bias)
{
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct elf64_phdr *p = &elf->phdrs[i];

        if (p->type == ELF_PT_LOAD && elf->header.phoff >= p->offset &&
            elf->header.phoff - p->offset < p->filesz)
            return elf->header.phoff - p->offset + p->vaddr + bias;
    }
    return 0;
}

/* Code, data and break of the program, as /proc/PID/stat shows them. */
static void note_layout(const struct elf_file *elf, unsigned long bias)
{
    struct mm *mm = current->mm;

    mm->code_start = mm->data_start = ~0UL;
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct elf64_phdr *p = &elf->phdrs[i];
        unsigned long start = p->vaddr + bias, end = start + p->filesz;

        if (p->type != ELF_PT_LOAD)
            continue;
        mm->code_start = min(mm->code_start, start);
        if (p->flags & ELF_PF_X)
            mm->code_end = max(mm->code_end, end);
        if (mm->data_start == ~0UL || mm->data_start < start)
            mm->data_start = start;
        mm->data_end = max(mm->data_end, end);
    }
    mm->brk_start = elf->span_end + bias;
    if (current->flags & TASKF_RANDOMIZE)
        mm->brk_start += random_pages(
            elf->header.type == ELF_ET_EXEC || elf->header.type == ELF_ET_DYN ? 8192 : 1);
    mm->brk = mm->brk_start;
}

/* --- the stack a program finds (System V ABI x86-64, 3.4.1) --- */

struct stack_builder {
    unsigned long sp;
    bool fault;
};

static void push_bytes(struct stack_builder *b, const void *data, size_t size)
{
    b->sp -= size;
    if (copy_to_user((void __user *)b->sp, data, size))
        b->fault = true;
}

static unsigned int fill_auxv(u64 *aux, struct binprm *bprm, unsigned long bias,
                              unsigned long interp_base, unsigned long platform,
                              unsigned long random)
{
    const struct cred *cred = current->cred;
    u64 pairs[][2] = {
        {AT_SYSINFO_EHDR, current->mm->vdso},
        {AT_HWCAP, arch_hwcap()},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, 100},
        {AT_PHDR, phdr_address(&bprm->elf, bias)},
        {AT_PHENT, sizeof(struct elf64_phdr)},
        {AT_PHNUM, bprm->elf.header.phnum},
        {AT_BASE, interp_base},
        {AT_FLAGS, 0},
        {AT_ENTRY, bprm->elf.header.entry + bias},
        {AT_UID, cred->uid},
        {AT_EUID, cred->euid},
        {AT_GID, cred->gid},
        {AT_EGID, cred->egid},
        {AT_SECURE, bprm->secure},
        {AT_RANDOM, random},
        {AT_HWCAP2, arch_hwcap2()},
        {AT_EXECFN, bprm->filename_at},
        {AT_PLATFORM, platform},
        {AT_MINSIGSTKSZ, arch_min_sigstack()},
        {AT_NULL, 0},
    };
    unsigned int n = 0;

    static_assert(sizeof(pairs) <= sizeof(current->mm->auxv), "auxv");
    for (unsigned int i = 0; i < ARRAY_SIZE(pairs); i++) {
        if (pairs[i][0] == AT_SYSINFO_EHDR && !pairs[i][1])
            continue;
        aux[n++] = pairs[i][0];
        aux[n++] = pairs[i][1];
    }
    return n;
}

/* Writes count pointers to the strings that begin at *at, and a NULL; *at moves behind them. */
static bool put_pointers(u64 __user **slot, unsigned long *at, int count)
{
    while (count-- > 0) {
        size_t len;

        if (put_user((u64)*at, *slot))
            return false;
        (*slot)++;
        len = strnlen_user((const char __user *)*at, 131072);
        if (!len || len > 131072)
            return false;
        *at += len;
    }
    return !put_user(0ULL, (*slot)++);
}

static int build_stack(struct binprm *bprm, unsigned long bias, unsigned long interp_base)
{
    struct stack_builder b = {.sp = bprm->sp};
    struct mm *mm = current->mm;
    unsigned long platform, random_at, at;
    unsigned int nr_aux;
    u8 random[16];
    u64 __user *slot;

    b.sp = ALIGN_DOWN(b.sp, 16);
    if (current->flags & TASKF_RANDOMIZE) { /* 0 to 8 KiB further down */
        u64 r;

        random_bytes(&r, sizeof(r));
        b.sp -= r % 8192 & ~15UL;
    }
    push_bytes(&b, "x86_64", 7);
    platform = b.sp;
    random_bytes(random, sizeof(random));
    push_bytes(&b, random, sizeof(random));
    random_at = b.sp;
    memset(mm->auxv, 0, sizeof(mm->auxv));
    nr_aux = fill_auxv(mm->auxv, bprm, bias, interp_base, platform, random_at);
    b.sp = ALIGN_DOWN(b.sp, 16);
    /* argc, argv, NULL, envp, NULL, auxv: the end result is 16-byte aligned. */
    if ((nr_aux + (unsigned int)bprm->argc + (unsigned int)bprm->envc + 3) & 1)
        b.sp -= 8;
    push_bytes(&b, mm->auxv, nr_aux * sizeof(u64));
    b.sp -= ((unsigned long)bprm->argc + (unsigned long)bprm->envc + 3) * sizeof(u64);
    if (b.fault || put_user((u64)bprm->argc, (u64 __user *)b.sp))
        return -EFAULT;
    slot = (u64 __user *)b.sp + 1;
    at = bprm->arg_start;
    mm->arg_start = at;
    if (!put_pointers(&slot, &at, bprm->argc))
        return -EFAULT;
    mm->arg_end = mm->env_start = at;
    if (!put_pointers(&slot, &at, bprm->envc))
        return -EFAULT;
    mm->env_end = at;
    mm->stack_start = bprm->sp = b.sp;
    return 0;
}

int elf_start(struct binprm *bprm, struct pt_regs *regs)
{
    unsigned long bias, interp_bias = 0, entry, interp_base = 0;
    int error = choose_bias(&bprm->elf, bprm->interp.file, &bias);

    if (error)
        return error;
    error = map_all(&bprm->elf, bias);
    if (error)
        return error;
    note_layout(&bprm->elf, bias);
    entry = bprm->elf.header.entry + bias;
    if (bprm->interp.file) {
        error = choose_bias(&bprm->interp, false, &interp_bias);
        if (!error)
            error = map_all(&bprm->interp, interp_bias);
        if (error)
            return error;
        entry = bprm->interp.header.entry + interp_bias;
        interp_base = interp_bias + bprm->interp.span_start;
    }
    error = arch_map_vdso(current->mm);
    if (error)
        return error;
    if (entry >= USER_ADDR_MAX)
        return -ENOEXEC;
    error = build_stack(bprm, bias, interp_base);
    if (error)
        return error;
    arch_start_program(regs, entry, bprm->sp);
    return 0;
}
