/* SPDX-License-Identifier: MIT */
/* Private to kernel/proc: a program on its way to be started. */
#ifndef PROC_BINPRM_H
#define PROC_BINPRM_H

#include <abi/linux/elf.h>
#include <kernel/types.h>

struct cred;
struct file;
struct mm;
struct pt_regs;

#define BINPRM_HEAD_SIZE 256
#define BINPRM_MAX_PHDRS (65536 / sizeof(struct elf64_phdr))

/* An ELF file whose header and program headers have been read and checked. */
struct elf_file {
    struct file *file;
    struct elf64_header header;
    struct elf64_phdr *phdrs; /* kmalloc'ed */
    bool exec_stack;
    u64 span_start, span_end; /* of the PT_LOAD segments, page aligned */
};

struct binprm {
    struct file *file;    /* the program, or the script's interpreter */
    const char *filename; /* as the caller named it */
    char head[BINPRM_HEAD_SIZE];
    struct mm *mm;     /* the space being made */
    struct cred *cred; /* what it will have */
    bool secure;       /* AT_SECURE */
    int argc, envc;
    unsigned long sp; /* next free byte (downwards) of the new stack */
    unsigned long arg_start, env_start, strings_end, filename_at;
    struct elf_file elf, interp;
};

/* Reads and checks (ENOEXEC, EIO, ENOMEM...). file's reference is the caller's. */
int elf_open(struct elf_file *elf, struct file *file, bool is_interp);
void elf_close(struct elf_file *elf);
/* Path of PT_INTERP into buf, or 0 length. Length or -errno. */
ssize_t elf_interp_path(const struct elf_file *elf, char *buf, size_t size);
/* Maps program and interpreter into current's (new, empty but for the stack) space, writes the
 * vectors onto the stack and sets the registers. Errors are fatal to the task. */
int elf_start(struct binprm *bprm, struct pt_regs *regs);
#endif
