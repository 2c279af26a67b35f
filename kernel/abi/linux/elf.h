/* SPDX-License-Identifier: MIT */
/* ELF64 as the loader of programs reads it (System V ABI, generic and x86-64 supplements). */
#ifndef ABI_LINUX_ELF_H
#define ABI_LINUX_ELF_H

#include <stdint.h>

struct elf64_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf64_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

#define ELF_MAGIC     "\177ELF"
#define ELF_CLASS64   2
#define ELF_DATA_LSB  1
#define ELF_ET_EXEC   2
#define ELF_ET_DYN    3
#define ELF_EM_X86_64 62

#define ELF_PT_LOAD      1
#define ELF_PT_INTERP    3
#define ELF_PT_GNU_STACK 0x6474e551
#define ELF_PF_X         1
#define ELF_PF_W         2
#define ELF_PF_R         4

/* The auxiliary vector (getauxval(3)). */
#define AT_NULL         0
#define AT_PHDR         3
#define AT_PHENT        4
#define AT_PHNUM        5
#define AT_PAGESZ       6
#define AT_BASE         7
#define AT_FLAGS        8
#define AT_ENTRY        9
#define AT_UID          11
#define AT_EUID         12
#define AT_GID          13
#define AT_EGID         14
#define AT_PLATFORM     15
#define AT_HWCAP        16
#define AT_CLKTCK       17
#define AT_SECURE       23
#define AT_RANDOM       25
#define AT_HWCAP2       26
#define AT_EXECFN       31
#define AT_SYSINFO_EHDR 33
#define AT_MINSIGSTKSZ  51
#endif
